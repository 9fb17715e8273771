"""credctl as scripts rely on it: one object for each command, exit status by the verdict, what a stream ends with."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

import credd_testing as t
from credd_stores import SqliteStore
from test_terminal import lines

TABLE = (t.ROOT / "include/credd/commands.def").read_text()
STYLES = dict(re.findall(r'^CREDD_COMMAND\(\w+, "(\w+)", \w+, \w+, (\w+),', TABLE, re.M))
# What a command needs to be done.
WORDS = {"reset": ["--yes"], "advance": ["1h"], "speed": ["1"], "tempo": ["customers", "2"]}
REFUSED = {"adopt", "cancel"}  # as things are
ENDS_BY_ITSELF = [word for word in STYLES if word != "watch"]


def run(*args, **more):
    done = subprocess.run([str(t.CREDCTL), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60 * t.PATIENCE, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"}, check=False, **more)
    return t.Result(done.returncode, done.stdout, done.stderr)


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("word", ENDS_BY_ITSELF)
def test_each_command_prints_one_object_wherever_json_stands(credd, word):
    for args in (["--json", word, *WORDS.get(word, ())], [word, *WORDS.get(word, ()), "--json"]):
        result = credd.ctl(*args)
        found = objects(result.out)
        assert all(isinstance(one, dict) for one in found) and result.err == "", result
        assert len(found) == 1 or STYLES[word] == "STREAM", result
        assert result.code == (1 if word in REFUSED else 0), result
        assert ("error" in found[-1]) == (word in REFUSED), result


@pytest.mark.parametrize("word", STYLES)
def test_errors_are_objects_too(word, tmp_path):
    for args, code, name in (((word, *WORDS.get(word, ())), 3, "NoDaemon"), ((word, "--nope"), 2, "Usage")):
        result = run("--socket", tmp_path / "none", *args, "--json")
        [told] = objects(result.out)
        assert (result.code, told["error"]) == (code, f"io.credd.credctl.{name}") and result.err == "", result
        assert len(told["message"]) > 10, told


def test_what_the_daemon_refuses_has_its_name(credd):
    credd.must("pause", "--reason", "a talk")
    [told] = objects(credd.ctl("--json", "advance", "1h").out)
    assert told["error"] == "io.credd.Control.Refused" and "a talk" in told["message"], told
    result = credd.ctl("--json", "tempo", "customers", "1001")
    assert result.code == 2 and objects(result.out)[0]["error"].endswith(".InvalidParameter"), result


def test_help_and_version_take_the_options_of_all(tmp_path):
    text = run("help", "export").out
    for args in (("--json", "help", "export"), ("help", "--json", "export"), ("help", "export", "--json"),
                 ("export", "--help", "--json"), ("--socket", "x", "--json", "export", "--help")):
        assert objects(run(*args).out) == [{"help": text}], args
    assert objects(run("--json", "help").out) == [{"help": run("--help").out}]
    assert list(objects(run("--json", "--version").out)[0]) == ["version"]
    assert run("help", "help", "status").code == 2


@pytest.mark.parametrize("args", (("export", "-o", "FILE"), ("export", "customers", "--format", "csv"), ("export", "--format", "jsonl")))
def test_json_is_never_mixed_with_formats(args, tmp_path):
    result = run("--json", *[str(tmp_path / "x") if one == "FILE" else one for one in args])
    [told] = objects(result.out)
    assert result.code == 2 and "cannot be combined" in told["message"] and not list(tmp_path.iterdir()), result


def test_check_is_one_line_and_the_exit_status(credd):
    assert credd.must("status", "--check").startswith("FRESH  written up to ")
    assert credd.json("status", "--check")[0]["verdict"] == "fresh"
    credd.must("pause", "--reason", "a talk")
    result = credd.ctl("status", "--check")
    assert result.code == 1 and re.fullmatch(r"PAUSED  the world is paused by \S+: a talk\n", result.out), result
    result = credd.ctl("status", "--check", "--json")
    status = objects(result.out)[0]
    assert result.code == 1 and (status["verdict"], status["verdict_text"]) == ("paused", result_text(credd)), result
    credd.must("resume")
    credd.must("advance", "2d", "--clock-only")
    status = credd.status()
    assert credd.ctl("status", "--check").code == (0 if status["verdict"] == "fresh" else 1)


def result_text(credd):
    return credd.ctl("status", "--check").out.split("  ", 1)[1].strip()


def test_check_of_a_daemon_without_a_database(own_mariadb, daemon):
    store = own_mariadb.create()
    own_mariadb.stop()
    credd = daemon(store, t.world(customers=30)).start()
    result = credd.ctl("status", "--check")
    assert result.code == 1 and result.out.startswith("NOT READY  the database is "), result


def test_an_advance_is_the_headline(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=400)).start()
    credd.built()
    asked = subprocess.Popen(credd.ctl_command("advance", "900d"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    credd.wait(lambda s: s["verdict"] == "busy", "the advance")
    line = credd.ctl("status", "--check")
    if line.code == 1:
        assert re.fullmatch(r"ADVANCING( \d+%)?, at \d{4}-\d\d-\d\d\n", line.out), line
    credd.ctl("cancel")
    asked.wait(60)


def watched(credd, *args):
    """The lines of a watch that is interrupted after the third."""
    process = subprocess.Popen(credd.ctl_command("status", "--watch", *args), stdout=subprocess.PIPE, text=True)
    found = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    found += process.stdout.readlines()
    assert process.wait(10) == 0
    return found


def test_status_watched_by_a_program(credd):
    found = objects("".join(watched(credd, "--json")))
    assert len(found) >= 4 and found[-1] == {"end": "interrupted"}
    assert all(one["verdict"] == "fresh" for one in found[:-1])
    walls = [one["clock"]["wall"] for one in found[:-1]]
    assert walls == sorted(set(walls)), "once a second"
    assert all(line.startswith("FRESH  ") for line in watched(credd))


def test_status_watched_on_a_terminal(credd):
    found = lines(credd.ctl_command("status", "--watch"), until=b"credit_history")
    assert sum(line.startswith("FRESH  ") or "FRESH  " in line for line in found) >= 1, found


def test_a_watch_ends_with_its_daemon(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=30)).start()
    credd.built()
    process = subprocess.Popen(credd.ctl_command("--json", "status", "--watch"), stdout=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["verdict"]
    credd.stop()
    last = process.stdout.readlines()[-1]
    assert process.wait(10) == 1 and json.loads(last)["error"] == "io.credd.credctl.Failed"


# --- wait -------------------------------------------------------------------------------------------------------


def waiting(credd, *args):
    return subprocess.Popen(credd.ctl_command("wait", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_wait_for_a_world(daemon, store):
    credd = daemon(store, t.world(customers=300)).start()
    assert credd.must("wait", "--ready").startswith(("fresh: ", "paused: "))
    assert credd.status()["world"]
    credd.must("wait")


def test_wait_for_rows(credd):
    before = credd.stream("loan_applications")["rows"]
    assert credd.must("wait", "loan_applications", "--rows", before) == f"loan_applications has {before} rows\n"
    process = waiting(credd, "loan_applications", "--new", "3")
    while process.poll() is None:
        credd.must("advance", "2d")
    out, err = process.communicate()
    assert process.returncode == 0 and re.fullmatch(r"loan_applications has \d+ new rows?, \d+ in all\n", out), (out, err)


def test_wait_for_a_time(daemon, folder):
    """World time is local to the world's zone unless said otherwise; it ends when the clock is there, not before."""
    credd = daemon(SqliteStore(folder), t.world(customers=50, speed=600)).start()
    credd.built()
    began = t.seconds(credd.status()["clock"]["world"])
    assert credd.must("wait", "--until", t.instant(began)).startswith("world time is ")
    told = credd.must("wait", "--until", t.instant(began + 1200))
    assert began + 1200 <= t.seconds(told.split()[-1]) <= began + 1200 + 600 * t.PATIENCE, told


def test_wait_does_not_need_the_daemon_yet(daemon, folder):
    """A script starts both, one after the other."""
    credd = daemon(SqliteStore(folder), t.world(customers=30))
    client = waiting(credd, "--timeout", "60s")
    with pytest.raises(subprocess.TimeoutExpired):
        client.wait(0.5)
    credd.start()
    out, err = client.communicate(timeout=60 * t.PATIENCE)
    assert (client.returncode, err) == (0, "") and out.startswith("fresh"), (out, err)
    credd.stop()
    for args, least in (((), 0), (("--timeout", "0.5"), 0.3)):
        began = time.monotonic()
        result = credd.ctl("wait", *args)
        assert result.code == 3 and "no daemon answers" in result.err, result
        assert time.monotonic() - began >= least


def test_wait_gives_up(credd):
    credd.must("pause")
    result = credd.ctl("wait", "customers", "--new", "1", "--timeout", "200ms")
    assert result.code == 5 and "timed out before the condition was met" in result.err and result.out == "", result
    result = credd.ctl("--json", "wait", "--until", "2037-01-01", "--timeout", "0.2")
    assert result.code == 5 and objects(result.out)[0]["error"] == "io.credd.credctl.TimedOut", result


@pytest.mark.parametrize("args", (("--rows", "3"), ("customers",), ("customers", "--rows", "3", "--new", "3"), ("--rows", "x"),
                                  ("--timeout", "soon"), ("--timeout", "0s"), ("--timeout", "1e9"), ("nope", "--rows", "3")))
def test_wait_for_nonsense(credd, args):
    assert credd.ctl("wait", *args).code == 2
