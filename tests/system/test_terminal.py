"""credctl on a terminal of 80 columns: what a person sees."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

import credd_testing as t
from credd_stores import SqliteStore

LONG = "the numbers must stand still while the board looks at them, all of the afternoon"


def lines(command, width=80, until=None):
    """What it shows on a terminal, without colours; `until`: interrupted once that is there."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, preexec_fn=t.die_with_parent,
                               env={"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": "/nonexistent"})
    os.close(side)
    seen = b""
    while True:
        try:
            data = os.read(main, 65536)
        except OSError:
            break
        seen += data
        if until and until in seen:
            process.send_signal(signal.SIGINT)
            until = None
    os.close(main)
    process.wait(60)
    plain = re.sub(r"\x1b\[[0-9;]*[mK]", "", seen.decode())
    return [re.sub(r".*\r", "", line.rstrip("\r")) for line in plain.split("\n")]


def show(credd, *args, **more):
    found = lines(credd.ctl_command(*args), **more)
    assert not [line for line in found if len(line) > more.get("width", 80)], found
    return found


def test_no_line_is_wider_than_the_terminal(credd):
    credd.must("pause", "--for", "2h", "--reason", LONG)
    credd.must("pause", "customers", "--reason", LONG)
    for args in (("status",), ("history",), ("schedule",), ("verify", "--digest"), ("export", "nope"), ("help",),
                 ("version",), ("advance", "1d")):
        assert len("".join(show(credd, *args))) > 10, args
    for word in re.findall(r'^CREDD_COMMAND\(\w+, "(\w+)"', (t.ROOT / "include/credd/commands.def").read_text(), re.M):
        show(credd, "help", word)


def test_long_lines_go_on_below_their_text(credd):
    credd.must("pause", "--reason", LONG)
    found = show(credd, "status")
    at = next(i for i, line in enumerate(found) if line.startswith("   paused  "))
    assert " ".join(line.strip() for line in found[at:at + 2]).replace("paused  by ", "").endswith(f": {LONG}")
    assert re.match(r" {11}\S", found[at + 1])
    found = show(credd, "history", "-n", "1")
    assert found[0].startswith("20") and re.match(r" {36}\S", found[1])
    wide = show(credd, "status", width=200)
    assert any(LONG in line for line in wide)


def test_without_a_terminal_no_line_is_broken(credd):
    credd.must("pause", "--reason", LONG)
    assert LONG in credd.must("status") and LONG in credd.must("history")
    assert re.search(r"^[0-9a-f]{64}  financial_records$", credd.must("verify", "--digest"), re.M)


def test_rows_as_they_come(daemon, folder):
    one = daemon(SqliteStore(folder), t.world(customers=30, speed=3600, schedule="every 5min"))
    one.start()
    one.built()
    found = lines(one.ctl_command("watch", "market_data"), until=b"market_data  ")
    assert any(line.startswith("market_data        MD-") for line in found), found
    assert not [line for line in found if len(line) > 80]


def test_a_daemon_on_a_terminal_tells_the_time(folder):
    """Priorities in brackets are for the journal; a person wants to know when."""
    found = lines(["env", f"STATE_DIRECTORY={folder}", f"RUNTIME_DIRECTORY={folder}", str(t.CREDD), "--set", "world.customers=30"],
                  width=200, until=b" started, ")
    told = [line for line in found if line and line != "^C"]
    assert any("started, listening at" in line for line in told), told
    assert all(re.match(r"(\^C)?20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ \S", line) for line in told), told


def foreground(folder, credd_conf):
    """A daemon as it is started by hand, and its terminal."""
    main, side = pty.openpty()
    process = subprocess.Popen([t.CREDD, "--config", credd_conf], stdin=side, stdout=side, stderr=side,
                               start_new_session=True, cwd=folder,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                               env={"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": str(folder)})
    os.close(side)
    return process, main


def said(main, until):
    seen = b""
    while until not in seen:
        assert select.select([main], [], [], 20 * t.PATIENCE)[0], seen
        seen += os.read(main, 65536)
    return seen.decode()


def test_a_daemon_ends_with_its_terminal(daemon, folder):
    """SIGHUP alone is a reload; nothing is said of a group that only a service needs."""
    made = daemon(SqliteStore(folder), t.world(customers=20))
    process, main = foreground(folder, made.home / "credd.conf")
    try:
        started = said(main, b"a new world is in place")
        process.send_signal(signal.SIGHUP)
        started += said(main, b"reload")
        assert process.poll() is None and "control.group" not in started, started
        os.close(main)
        assert process.wait(20 * t.PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
