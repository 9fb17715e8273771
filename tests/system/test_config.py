"""credd --check-config: exit status 78 and a line for each mistake, 0 for a configuration that holds."""
import os
import pathlib
import re
import subprocess

import pytest

from credd_testing import CREDD

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "system" / "data" / "config_mistakes.txt"


def mistakes():
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if line and not line.startswith("# "):
            wrong, expected = line.split(" => ")
            yield pytest.param(wrong, expected, id=f"line{number}")


def expand(text):
    """A file's text as the list writes it."""
    text = re.sub(r"\{(\d+)x\}", lambda m: "x" * int(m[1]), text)
    return text.replace("|", "\n").replace("\\0", "\0").replace("\\x1b", "\x1b") + "\n"


def environment(tmp_path, **more):
    keep = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    return {**keep, **more}


def check(tmp_path, *arguments, **more):
    return subprocess.run(
        [str(CREDD), "--check-config", *arguments],
        env=environment(tmp_path, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )


def assert_refused(result, expected):
    assert result.returncode == 78, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    pattern = ".*".join(re.escape(part) for part in expected.split("<...>"))
    assert re.search(pattern + "$", lines[0]), lines[0]


@pytest.mark.parametrize("wrong, expected", mistakes())
def test_a_mistake_is_answered_in_the_very_words(tmp_path, wrong, expected):
    if wrong.startswith("--set "):
        sets = wrong[len("--set "):].split(" --set ")
        result = check(tmp_path, *[word for each in sets for word in ("--set", each)])
    elif wrong.startswith("DB_"):
        name, value = wrong.split("=", 1)
        result = check(tmp_path, **{name: value})
    else:
        file = tmp_path / "FILE"
        file.write_text(expand(wrong))
        expected = re.sub(r"^FILE\b", lambda m: str(file), expected)
        result = check(tmp_path, "--config", str(file))
    assert_refused(result, expected)


def test_no_file_at_all_holds(tmp_path):
    result = check(tmp_path)
    assert result.returncode == 0, result
    assert result.stderr == ""
    assert list(tmp_path.iterdir()) == [], "a check makes no folders"


def test_the_example_holds_commented_or_not(tmp_path):
    text = (ROOT / "packaging" / "credd.conf").read_text()
    for name, content in (("as_it_is", text), ("in_force", re.sub(r"(?m)^#(?! )", "", text))):
        file = tmp_path / name
        file.write_text(content)
        result = check(tmp_path, "--config", str(file))
        assert result.returncode == 0, result


def test_drop_ins_and_the_command_line_count(tmp_path):
    file = tmp_path / "credd.conf"
    file.write_text("[clock]\nspeed = 2\n")
    folder = tmp_path / "credd.conf.d"
    folder.mkdir()
    (folder / "10.conf").write_text("[clock]\nspeed = x\n")
    result = check(tmp_path, "--config", str(file))
    assert_refused(result, f'{folder}/10.conf:2: clock.speed: found "x", allowed: a factor from 0 to 1000000')
    (folder / "10.conf").write_text("[clock]\nspeed = 3\n")
    assert check(tmp_path, "--config", str(file), "--set", "clock.speed=0").returncode == 0


def test_a_password_is_not_repeated(tmp_path):
    result = check(tmp_path, "--set", "database.password=hunter2")
    assert result.returncode == 78
    assert "hunter2" not in result.stdout + result.stderr


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    result = check(tmp_path, "--config", str(tmp_path / "none.conf"))
    assert_refused(result, f"{tmp_path}/none.conf: cannot be read: No such file or directory")


def test_every_mistake_is_listed(tmp_path):
    """What is wrong by itself first, all of it; what does not go together only where that holds."""
    file = tmp_path / "credd.conf"
    file.write_text("[clock]\nspeed = fast\n[nope]\na = b\nc = d\n[world]\nseed = 42\nseed = 43\ncustomerz = 10\nnot a line\n"
                    "[stream market_data]\nschedule = 99:99\n")
    result = check(tmp_path, "--config", str(file), "--set", "world.customers=0", DB_PORT="x")
    assert result.returncode == 78 and result.stdout == ""
    found = [re.match(r"\S*?(:\d+|environment DB_PORT|--set world.customers=0): ", line)[1] for line in result.stderr.splitlines()]
    assert found == [":2", ":3", ":8", ":9", ":10", ":12", "environment DB_PORT", "--set world.customers=0"], result.stderr
    file.write_text("[clock]\nstart = 2000-01-01\n[database]\nbackend = sqlite\nhost = db\n[world]\nmarket_data_points = 9000\n")
    result = check(tmp_path, "--config", str(file))
    assert result.returncode == 78 and [line.split(":")[1] for line in result.stderr.splitlines()] == ["5", "7"], result.stderr


def test_a_start_says_the_first_mistake_only(tmp_path):
    file = tmp_path / "credd.conf"
    file.write_text("[clock]\nspeed = fast\n[world]\nseed = x\n")
    done = subprocess.run([str(CREDD), "--config", str(file)], env=environment(tmp_path), capture_output=True, text=True, timeout=20)
    assert done.returncode == 78 and len(done.stderr.splitlines()) == 1, done.stderr
