"""credctl as people and scripts meet it: words, exit status, output, files, signals."""
import csv
import io
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import credd_testing as t
from credd_stores import SqliteStore

COMMANDS = ("status pause resume refresh reset advance speed tempo schedule verify export watch wait history adopt "
            "cancel reload config version").split()


def run(*args, env=None, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run([str(t.CREDCTL), *map(str, args)], capture_output=True, text=True, timeout=60 * t.PATIENCE,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(env or {})}, check=False, **more)
    return t.Result(done.returncode, done.stdout, done.stderr)


# --- without a daemon -------------------------------------------------------------------------------------------


def test_help_names_every_command_and_option():
    result = run("--help")
    assert result.code == 0 and result.err == ""
    for word in COMMANDS:
        assert re.search(rf"^  {word} ", result.out, re.M), word
        one = run("help", word)
        assert one.code == 0 and one.out.startswith(f"Usage: credctl {word}")
        assert run(word, "--help").out == one.out == run("--help", word).out
        assert not [line for line in one.out.splitlines() if len(line) > 80 and not line.startswith("Usage:")], word
    assert max(map(len, result.out.splitlines())) <= 100


def test_the_manual_is_what_the_table_gives():
    page = t.ROOT / "packaging" / "man" / "credctl.1"
    assert page.read_text() == run("__manual").out, f"credctl __manual >{page}"


@pytest.mark.parametrize("words", (
    "", "nope", "statu", "status x", "status --nope", "pause --for", "pause --for 1h --for 2h", "speed", "speed 1 2",
    "speed -1", "tempo", "tempo customers", "advance", "advance 1h 2h", "advance 1h --to 2030-01-01", "reset --seed x --yes",
    "reset --seed -1 --yes", "reset --seed 1.5 --yes", "reset", "reset --yes=1", "schedule -n x", "schedule -n", "status --check --watch",
    "export --format xml", "export --format csv", "export customers market_data --format csv", "--timeout x status",
    "--timeout 0 status", "--timeout -1 status", "--instance= status", "--instance a/b status", "--socket", "help nope", "verify --digest=1", "version 1", "-x status",
))
def test_wrong_usage_is_2_before_anything_is_asked(words, tmp_path):
    result = run(*words.split(), env={"CREDD_SOCKET": str(tmp_path / "none")})
    assert result.code == 2 and result.out == "" and result.err, words


def test_no_daemon_is_3_and_says_where_it_looked(tmp_path):
    result = run("status", env={"CREDD_SOCKET": str(tmp_path / "none")})
    assert result.code == 3 and str(tmp_path / "none") in result.err
    result = run("--socket", tmp_path / "other", "status", env={"CREDD_SOCKET": str(tmp_path / "none")})
    assert result.code == 3 and str(tmp_path / "other") in result.err and "none" not in result.err
    result = run("status", env={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert result.code == 3 and f"{tmp_path}/credd/control" in result.err and "/run/credd/control" in result.err
    result = run("--instance", "demo", "status")
    assert result.code == 3 and "/run/credd/demo/control" in result.err
    assert run("--socket", "x" * 200, "status").code == 3


def test_versions():
    result = run("--version")
    assert result.code == 0 and re.fullmatch(r"credctl \d+\.\d+\.\d+\n", result.out)


def serve(path, *replies, hold=None):
    """A daemon that says the same whatever it is asked."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(5)

    def work():
        sock, _ = listener.accept()
        sock.recv(65536)
        for reply in replies:
            sock.sendall(reply if isinstance(reply, bytes) else json.dumps(reply).encode() + b"\0")
        if hold:
            hold.wait(60)
        sock.close()
        listener.close()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("error, code", (
    ("io.credd.Control.Refused", 1), ("io.credd.Control.Failed", 1), ("io.credd.Control.Cancelled", 1),
    ("io.credd.Control.Denied", 4), ("io.credd.Control.LimitReached", 1), ("org.varlink.service.InvalidParameter", 2),
    ("org.varlink.service.MethodNotFound", 1), ("what.Ever", 1),
))
def test_each_error_has_its_exit_status(error, code, tmp_path):
    serve(tmp_path / "s", {"error": error, "parameters": {"message": "the reason", "parameter": "for"}})
    result = run("--socket", tmp_path / "s", "pause", "--for", "1h")
    assert result.code == code and result.out == "" and result.err.startswith("credctl: ")


def test_nonsense_from_the_socket_is_a_failure(tmp_path):
    for number, reply in enumerate((b"HTTP/1.1 400\r\n\0", b"[]\0", b"{")):
        serve(tmp_path / f"s{number}", reply)
        result = run("--socket", tmp_path / f"s{number}", "status")
        assert result.code == 1 and result.err, reply


# What a terminal obeys, in ASCII and beyond: as a member of every object of a reply.
ORDERS = "\x1b[2J\x07\r\u009b31m\nx"
HOSTILE = {
    "status": {"verdict": ORDERS, "verdict_text": ORDERS, "version": ORDERS, "pid": 1, "world": {"origin": ORDERS, "id": ORDERS},
               "clock": {"world": ORDERS, "timezone": ORDERS, "zone_version": ORDERS, "paused": True, "resumes_at": ORDERS,
                         "speed": 1e300, "stands_until": ORDERS, "held": ORDERS},
               "database": {"state": "ready", "detail": ORDERS}, "job": {"kind": ORDERS, "detail": ORDERS}, "queued": 1,
               "queued_kind": ORDERS, "streams": [{"name": ORDERS, "tempo": 1e300, "tempo_until": ORDERS, "schedule": ORDERS}]},
    "schedule": {"streams": [{"name": ORDERS, "schedule": ORDERS, "runs": [ORDERS]}]},
    "verify": {"findings": 1, "digest": {"table": ORDERS, "sha256": ORDERS}},
    "history": {"acts": [{"wall": ORDERS, "user": ORDERS, "kind": ORDERS}]},
    "config": {"settings": [{"section": ORDERS, "key": ORDERS, "value": ORDERS, "source": ORDERS}]},
    "adopt": {"message": ORDERS}, "reload": {"changed": ORDERS, "pending": ORDERS}, "version": {"version": ORDERS},
    "pause": {"message": ORDERS},
}


@pytest.mark.parametrize("word", HOSTILE)
def test_no_reply_gives_a_terminal_orders(word, tmp_path):
    serve(tmp_path / "s", {"parameters": HOSTILE[word]})
    result = run("--socket", tmp_path / "s", word)
    assert result.out and not set(result.out + result.err) & set("\x1b\x07\r\u009b"), result


@pytest.mark.parametrize("word, reply", (
    ("status", {"streams": [{}], "job": {}, "clock": {"timezone": "UTC"}, "world": {}}), ("verify", {"findings": 0, "digest": {}}),
    ("verify", {"findings": 0, "figure": {}}), ("history", {"acts": [{}]}), ("config", {"settings": [{}]}),
    ("schedule", {"streams": [{}]}), ("version", {"version": 3}),
))
def test_what_a_reply_lacks_is_not_made_up(word, reply, tmp_path):
    serve(tmp_path / "s", {"parameters": reply})
    result = run("--socket", tmp_path / "s", word)
    assert result.code == 0 and result.out and "(null)" not in result.out, result


@pytest.mark.parametrize("tables", (["../outside"], ["customers/x"], [""], ["\u001b"], ["customers", "loans", "customers"]))
def test_files_of_an_export_are_those_of_tables(tables, tmp_path):
    serve(tmp_path / "s", *({"parameters": {"table": table, "columns": ["a"], "types": ["text"], "rows": [["1"]]}, "continues": True}
                            for table in tables), {"parameters": {"total": 1}})
    result = run("--socket", tmp_path / "s", "export", "--format", "csv", "-o", f"{tmp_path}/folder/")
    assert result.code == 1 and result.err, result
    assert [path.name for path in tmp_path.iterdir() if path.name != "s"] == [], tables


@pytest.mark.parametrize("word", COMMANDS)
def test_a_reply_that_is_not_credds_is_a_failure(word, tmp_path):
    words = {"reset": ["--yes"], "advance": ["1d"], "speed": ["1"], "tempo": ["customers", "2"]}.get(word, [])
    for number, reply in enumerate(({}, {"parameters": {}}, {"parameters": [1]}, {"error": 3}, {"parameters": {"nothing": 1}})):
        serve(tmp_path / f"s{number}", reply)
        result = run("--socket", tmp_path / f"s{number}", word, *words)
        assert result.code == 1 and "is not credd" in result.err, (reply, result)


def test_a_status_of_the_wrong_shape_is_shown_as_far_as_it_goes(tmp_path):
    for number, streams in enumerate(([], [1], [{}], {"name": 1}, "x")):
        serve(tmp_path / f"s{number}", {"parameters": {"streams": streams, "clock": [], "database": 7, "world": "w"}})
        assert run("--socket", tmp_path / f"s{number}", "status").code in (0, 1), streams


def test_a_socket_that_is_closed_without_a_word_is_no_daemon(tmp_path):
    """As systemd does it where the service does not start."""
    serve(tmp_path / "s")
    result = run("--socket", tmp_path / "s", "status")
    assert result.code == 3 and "systemctl status credd" in result.err and not result.out


def test_what_a_daemon_says_can_not_drive_the_terminal(tmp_path):
    serve(tmp_path / "s", {"parameters": {"message": "a\x1b[2Jb\x07\u009bc\nd"}})
    result = run("--socket", tmp_path / "s", "resume")
    assert result.code == 0 and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", result.out)


def test_a_silent_daemon_is_5(tmp_path):
    hold = threading.Event()
    serve(tmp_path / "s", hold=hold)
    began = time.monotonic()
    result = run("--timeout", "0.3", "--socket", tmp_path / "s", "status")
    hold.set()
    assert result.code == 5 and time.monotonic() - began < 5 * t.PATIENCE and result.err


# --- with one ---------------------------------------------------------------------------------------------------


def test_status_fits_a_terminal_and_tells_at_a_glance(credd):
    out = credd.must("status")
    assert out.startswith("FRESH"), out
    assert max(map(len, out.splitlines())) <= 100 and "\x1b" not in out
    for name in t.STREAMS:
        assert name in out
    credd.must("pause", "--reason", "a talk")
    out = credd.must("status")
    assert out.startswith("PAUSED") and "a talk" in out
    credd.must("resume")
    credd.must("pause", "market_data")
    assert "; market_data is paused by " in credd.must("status")
    credd.must("pause", "credit_history")
    assert "; 2 streams are paused, held or disabled\n" in credd.must("status")
    credd.must("resume")
    credd.must("advance", "2d", "--clock-only")
    assert credd.must("status").startswith("BEHIND") or t.NEVER in json.dumps(credd.status())


def test_the_first_world_has_its_own_time_while_it_is_built(daemon, store):
    """Not the wall's, when it begins at a fixed instant; none while there is no world."""
    one = daemon(store, t.world(customers=6000)).start()
    seen = []
    one.wait(lambda s: seen.append(s) or s["world"], "world")
    assert len(seen) > 3 and {s["clock"]["world"] for s in seen if s["world"]} == {"2024-02-15T12:00:00Z"}
    assert {s["clock"]["world"] for s in seen if not s["world"]} == {None}


def test_options_stand_before_or_after(credd):
    for args in (("--json", "schedule", "customers", "-n", "2"), ("schedule", "--json", "-n2", "customers"),
                 ("-n", "2", "schedule", "customers", "--json"), ("schedule", "-n", "2", "--json", "--", "customers")):
        result = run("--socket", credd.socket, *args)
        assert result.code == 0, result
        assert json.loads(result.out)["streams"][0]["name"] == "customers"


def test_json_is_the_reply(credd):
    assert credd.json("status")[0]["pid"] == credd.pid
    assert credd.json("version") == [{"version": credd.status()["version"]}]
    assert {"section", "key", "value", "source"} == set(credd.json("config")[0]["settings"][0])
    last = credd.json("advance", "1d")[-1]
    assert set(last) == {"message", "rows"}


def test_parameters_that_the_daemon_refuses_are_usage(credd):
    for args, word in ((("pause", "nope"), "STREAM"), (("pause", "--for", "soon"), "--for"), (("speed", "1e3"), "FACTOR"),
                       (("tempo", "customers", "1001"), "FACTOR"), (("advance", "--to", "someday"), "--to"),
                       (("advance", "30"), "DURATION: 30 has no unit: write 30s, 30min or 30d"), (("export", "--since", "x"), "--since"), 
                       (("export", "nope"), 'TABLE: unknown table "nope"; expected one of customers,'), (("watch", "nope"), "credit_history, credd_status"),
                       (("refresh", "nope"), 'STREAM: unknown stream "nope"; expected one of customers,'),
                       (("pause", "--reason", "a\nb"), "--reason"), (("schedule", "-n", "0"), "-n")):
        result = credd.ctl(*args)
        assert result.code == 2 and word in result.err and result.out == "", (args, result)


def test_refusals_are_1_with_the_reason(credd):
    assert credd.ctl("adopt").code == 1
    assert credd.ctl("cancel").code == 1
    credd.must("pause")
    result = credd.ctl("advance", "1d")
    assert result.code == 1 and "pause" in result.err


def test_reset_without_a_terminal_needs_yes(credd):
    before = credd.status()["world"]["id"]
    result = credd.ctl("reset", "--seed", 7)
    assert result.code == 2 and "--yes" in result.err
    assert credd.status()["world"]["id"] == before
    credd.must("reset", "--seed", 7, "--yes")
    assert credd.status()["world"]["seed"] == 7


def on_terminal(credd, args, typed, wait_for=b"?"):
    """Runs credctl on a terminal of its own; its exit status and all that it showed."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(str(t.CREDCTL), credd.ctl_command(*args))
    shown = b""
    deadline = time.monotonic() + 60 * t.PATIENCE
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        if typed and wait_for in shown:
            os.write(fd, typed)
            typed = b""
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_reload_says_what_changed_and_what_waits(credd):
    assert credd.must("reload") == "nothing changed\n"
    credd.sections["world"]["seed"] = 7
    credd.write_config()
    assert credd.must("reload") == "at the next 'credctl reset': seed 42 -> 7\n"
    credd.sections["clock"]["catch_up"] = "skip"
    credd.write_config()
    assert credd.must("reload") == "changed: clock.catch_up\nat the next 'credctl reset': seed 42 -> 7\n"


def test_reset_asks_on_a_terminal(credd, folder):
    before = credd.status()["world"]["id"]
    for answer in (b"n\n", b"\n", b"\x04"):
        code, shown = on_terminal(credd, ("reset", "--seed", "9"), answer)
        assert code == 1 and "[y/N]" in shown and "nothing was changed" in shown
    code, shown = on_terminal(credd, ("reset", "--plain"), b"n\n")
    assert code == 1 and "--plain drops what was added" in shown and "[y/N]" in shown and "Nothing was added" in shown, shown
    SqliteStore(folder).execute("ALTER TABLE customers ADD COLUMN note VARCHAR(9)", "CREATE INDEX theirs ON market_data (source)")
    code, shown = on_terminal(credd, ("reset", "--plain"), b"n\n")
    asked = shown.index("[y/N]")
    assert code == 1 and 0 < shown.index("customers.note was added") < asked and 0 < shown.index("market_data.theirs ") < asked, shown
    assert credd.status()["world"]["id"] == before
    code, _ = on_terminal(credd, ("reset", "--seed", "9"), b"y\n")
    assert code == 0 and credd.status()["world"]["seed"] == 9


def test_colours_are_for_terminals(credd):
    assert "\x1b[" in on_terminal(credd, ("status",), b"")[1]
    os.environ["NO_COLOR"] = "1"
    try:
        assert "\x1b[" not in on_terminal(credd, ("status",), b"")[1]
    finally:
        del os.environ["NO_COLOR"]


def rows_of(credd, table):
    return credd.call_all("Export", {"tables": [table]})


def test_export_formats_agree_and_keep_every_digit(credd):
    data = json.loads(credd.must("export", "--format", "json"), parse_float=str)
    assert tuple(data) == t.STREAMS
    lines = [json.loads(line, parse_float=str) for line in credd.must("export", "--format", "jsonl").splitlines()]
    for table in t.STREAMS:
        assert [{k: v for k, v in one.items() if k != "table"} for one in lines if one["table"] == table] == data[table]
        text = credd.must("export", table, "--format", "csv")
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0] == list(data[table][0]) and len(rows) == len(data[table]) + 1
        for row, one in zip(rows[1:], data[table]):
            assert row == ["" if value is None else re.sub(r"^(\S{10})T(\S{8})Z$", r"\1 \2", str(value)) for value in one.values()]
    income = data["customers"][0]["annual_income"]
    assert re.fullmatch(r"\d+\.\d\d", income), "a decimal keeps its scale"
    assert re.search(r'"annual_income": \d+\.\d\d[,}]', credd.must("export", "customers"))
    alone = json.loads(credd.must("export", "customers", "--format", "jsonl").splitlines()[0])
    assert "table" not in alone


def test_export_since_takes_only_newer_rows(credd):
    credd.must("advance", "30d")
    origin = credd.status()["world"]["origin"]
    newer = json.loads(credd.must("export", "market_data", "--since", origin))["market_data"]
    assert 0 < len(newer) < len(json.loads(credd.must("export", "market_data"))["market_data"])
    assert min(one["created_at"] for one in newer) >= origin
    none = json.loads(credd.must("export", "market_data", "--since", "2037-01-01"))
    assert none == {"market_data": []}


def test_export_to_a_file_is_whole_or_not_at_all(credd, tmp_path):
    path = tmp_path / "out.csv"
    credd.must("export", "customers", "--format", "csv", "-o", path)
    first = path.read_bytes()
    assert first.count(b"\n") == 31 and b"\r" not in first and os.listdir(tmp_path) == ["out.csv"]
    credd.freeze()
    assert credd.ctl("--timeout", "0.5", "export", "customers", "--format", "csv", "-o", path).code == 5
    assert credd.ctl("--timeout", "0.5", "export", "-o", tmp_path / "other").code == 5
    credd.thaw()
    assert path.read_bytes() == first and os.listdir(tmp_path) == ["out.csv"]
    result = credd.ctl("export", "-o", tmp_path / "none" / "x")
    assert result.code == 1 and "none/x" in result.err
    result = credd.ctl("export", "nope", "-o", path)
    assert result.code == 2 and path.read_bytes() == first
    result = credd.ctl("export", "-o", "/dev/full")
    assert result.code == 1 and "No space" in result.err


def test_a_full_standard_output_is_told(credd):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(credd.ctl_command("export"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "No space" in done.stderr


@pytest.mark.parametrize("words", ("export", "export --format jsonl", "watch", "status", "config"))
def test_a_reader_that_has_seen_enough(credd, words):
    reader, writer = os.pipe()
    process = subprocess.Popen(credd.ctl_command(*words.split()), stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    os.close(reader)
    if words == "watch":
        credd.must("advance", "2d")
    _, err = process.communicate(timeout=30 * t.PATIENCE)
    assert err == "", words
    assert process.returncode in (0, 1)


def test_watch_shows_rows_and_ends_on_ctrl_c(credd):
    process = subprocess.Popen(credd.ctl_command("--json", "watch", "market_data"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    seen = []
    deadline = time.monotonic() + 60 * t.PATIENCE
    while not seen and time.monotonic() < deadline:
        credd.must("advance", "1d")
        if select.select([process.stdout], [], [], 0.2)[0]:
            seen.append(json.loads(process.stdout.readline()))
    assert seen and seen[0]["table"] == "market_data" and seen[0]["rows"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30 * t.PATIENCE)
    assert process.returncode == 0 and err == ""


def test_a_watch_that_ends_by_itself_does_not_blame_the_daemon(credd):
    result = credd.ctl("watch", "customers", "--timeout", "0.5")
    assert (result.code, result.err) == (5, "credctl: stopped watching: the time of --timeout is over\n")


def test_ctrl_c_leaves_an_advance_running(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=2000))
    credd.start()
    credd.built()
    process = subprocess.Popen(credd.ctl_command("advance", "2000d"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "advance", "advance")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30 * t.PATIENCE)
    assert process.returncode == 1 and "cancel" in err and "continues" in err
    assert credd.status()["job"]["kind"] == "advance"
    credd.must("cancel")
    credd.wait(lambda s: not s["job"], "the end of it")


def test_pause_returns_when_nothing_is_in_hand(credd):
    for _ in range(3):
        credd.must("pause", "--for", "1h", "--reason", "demo")
        status = credd.status()
        assert status["clock"]["paused"] and status["clock"]["resumes_at"] and status["job"] is None
        credd.must("resume")


def test_a_reason_that_is_too_long_is_a_mistake(credd):
    for length in (300, 70000, 120000):
        result = credd.ctl("pause", "--reason", "x" * length)
        assert result.code == 2 and result.err, (length, result.err[:200])
    assert not credd.status()["clock"]["paused"]


def test_history_says_who_and_what(credd):
    credd.must("tempo", "market_data", "2")
    credd.must("advance", "1h")
    acts = credd.json("history")[0]["acts"]
    assert [one["kind"] for one in acts][-2:] == ["tempo", "advance"]
    assert acts[-1]["uid"] == os.geteuid()
    assert len(credd.json("history", "-n", "1")[0]["acts"]) == 1
    assert "tempo market_data x2" in credd.must("history")


def test_completion_follows_the_table(credd):
    env = {"CREDD_SOCKET": str(credd.socket)}
    assert run("__complete", "re", env=env).out.split() == ["resume", "refresh", "reset", "reload"]
    assert set(COMMANDS) < set(run("__complete", "", env=env).out.split())
    assert run("__complete", "pause", "--r", env=env).out.split() == ["--reason"]
    assert run("__complete", "tempo", "ma", env=env).out.split() == ["market_data"]
    assert run("__complete", "pause", "customers", "", env=env).out.split() == list(t.STREAMS)
    assert run("__complete", "tempo", "customers", "", env=env).out == ""
    assert run("__complete", "export", "--format", "js", env=env).out.split() == ["json", "jsonl"]
    assert run("__complete", "pause", "--for", "", env=env).out == ""
