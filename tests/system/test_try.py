"""packaging/try: shows a moving world, ends by itself or on Ctrl-C, leaves nothing behind."""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.request

import pytest

import credd_browser
from credd_testing import BUILD, PATIENCE, ROOT, die_with_parent

TRY = ROOT / "packaging" / "try"
pytestmark = pytest.mark.skipif(BUILD.name != "gcc", reason="once is enough: it builds for itself")


def processes(word):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass
    return found


def run_try(folder, *args):
    return subprocess.Popen([TRY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, env={**os.environ, "TMPDIR": str(folder)}, preexec_fn=lambda: (
                                os.setsid(), die_with_parent()))


def page_of(lines):
    return next(line.split()[-1] for line in lines if line.startswith("The live page: http://127.0.0.1:"))


@pytest.mark.parametrize("options", ((), ("--mariadb",)))
def test_ends_by_itself_with_a_summary(folder, figures, options):
    process = run_try(folder, "--for", "6s", *options)
    out, _ = process.communicate(timeout=400 * PATIENCE)
    assert process.returncode == 0, out[-3000:]
    found = re.search(r"^ +all +(\d+) rows", out, re.M)
    assert found, out[-3000:]
    figures("rows that came in within 6 s", found.group(1))
    assert int(found.group(1)) > 20
    assert not processes(str(folder)) and not list(folder.glob("credd-try.*"))


def test_later_runs_start_within_seconds(folder, figures):
    began = time.monotonic()
    process = run_try(folder, "--for", "1s")
    out, _ = process.communicate(timeout=400 * PATIENCE)
    took = time.monotonic() - began - 1
    figures("seconds that a later run needs besides", round(took, 1))
    assert process.returncode == 0 and took < 10 * PATIENCE, out[-2000:]


def test_ctrl_c_ends_it_cleanly(folder):
    process = run_try(folder)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C ends it"):
            break
    for _ in range(3):
        lines.append(process.stdout.readline())
    address = page_of(lines)
    with urllib.request.urlopen(address + "status.json", timeout=20 * PATIENCE) as answer:
        assert json.load(answer)["verdict"] in ("fresh", "behind")
    with urllib.request.urlopen(address, timeout=20 * PATIENCE) as answer:
        assert b"<title>credd</title>" in answer.read()
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60 * PATIENCE)
    assert process.returncode == 0, "".join(lines[-30:]) + out[-2000:]
    assert "What came in" in out, out[-2000:]
    assert not processes(str(folder)) and not list(folder.glob("credd-try.*"))


def test_its_page_opens_in_a_browser(folder):
    process = run_try(folder)
    lines = []
    while not lines or not lines[-1].startswith("Ctrl-C ends it"):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    rest = threading.Thread(target=process.stdout.read)
    rest.start()
    browser = credd_browser.make(folder / "chromium")
    try:
        browser.open(page_of(lines))
        browser.wait("return document.body.dataset.verdict", "verdict")
        browser.wait("return document.querySelectorAll('#rows li[data-key]').length > 0", "rows")
        browser.wait("return document.querySelectorAll('#charts figure').length === 6", "charts")
        assert "7,200 times as fast" in browser.text("#directed")
        assert browser.complaints() == []
        browser.screenshot("try", 1440, 900, kept=False)
    finally:
        browser.quit()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60 * PATIENCE)
        rest.join()


def test_bad_arguments():
    for args in (("--nonsense",), ("--for", "soon"), ("--for",)):
        done = subprocess.run([TRY, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and done.stderr, args
