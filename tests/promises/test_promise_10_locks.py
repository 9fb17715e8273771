"""Acts under a lock, what is answered, and questions, which change nothing."""
import contextlib
import pathlib
import re
import subprocess
import threading
import time

import pytest

from credd_moments import LOOK, begin_long_advance, last_reply, now, ready, runs, wait_for_runs
from credd_proxy import Proxy
from credd_stores import assert_same, wait_until
from credd_testing import PATIENCE, STREAMS, instant, scaled, seconds, world
from credd_worlds import DAY, START, undisturbed


# --- an act while another program holds the database ---


LOCKS = {"sqlite": ("BEGIN EXCLUSIVE",), "mariadb": ("LOCK TABLES credd_world WRITE", "FLUSH TABLES WITH READ LOCK")}


@pytest.fixture(params=("tables", "all"))
def locked(request, store):
    """locked(): held by another program; locked.release()."""
    kinds = LOCKS[store.kind]
    if request.param == "all" and len(kinds) == 1:
        pytest.skip("an SQLite file has one lock")

    class Lock:
        def __call__(self):
            self.link = store.connect()
            cursor = self.link.cursor()
            cursor.execute(kinds[request.param == "all"])

        def release(self):
            with contextlib.suppress(Exception):
                self.link.cursor().execute("ROLLBACK" if store.kind == "sqlite" else "UNLOCK TABLES")
            self.link.close()

    lock = Lock()
    yield lock
    with contextlib.suppress(Exception):
        lock.release()


HELD = (3, pytest.param(35, marks=pytest.mark.long))


def stands(credd, for_s):
    stood = now(credd)
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        status = credd.status()
        assert status["clock"]["paused"] and (not status["world"] or seconds(status["clock"]["world"]) == stood), status["clock"]
        time.sleep(0.05)
    return stood


@pytest.mark.parametrize("killed", (False, True), ids=("", "killed"))
@pytest.mark.parametrize("held_s", HELD)
def test_a_pause_under_a_lock_stays(store, daemon, locked, held_s, killed):
    credd = daemon(store, world(100, speed=60, schedule="every 1min")).start()
    credd.built()
    locked()
    credd.must("pause", "--reason", "a demonstration")
    stood = stands(credd, held_s / 2)
    if killed:
        credd.kill()
        credd.start()
        time.sleep(held_s / 2)
    else:
        assert stands(credd, held_s / 2) == stood
    locked.release()
    status = ready(credd)
    assert status["clock"]["paused"] and status["clock"]["reason"] == "a demonstration", status["clock"]
    if not killed:
        assert seconds(status["clock"]["world"]) == stood
    stands(credd, 2.2 * LOOK)
    wait_until(lambda: "pause" in credd.must("history"), "the pause in the history", 20)
    counts = store.counts()
    time.sleep(1.2 * LOOK)
    assert store.counts() == counts
    assert credd.must("history").count(" pause") == 1
    credd.must("resume")
    due = runs(credd)
    credd.wait(lambda s: seconds(s["clock"]["world"]) > stood + 60, "the clock to go on")
    wait_for_runs(credd, due)
    credd.assert_sound()


@pytest.mark.parametrize("killed", (False, True), ids=("", "killed"))
def test_a_resume_under_a_lock_stays(store, daemon, locked, killed):
    credd = daemon(store, world(100, speed=60, schedule="every 1min")).start()
    credd.built()
    credd.must("pause")
    wait_until(lambda: "pause" in credd.must("history"), "the pause in the history", 20)
    stood = now(credd)
    locked()
    credd.must("resume")
    time.sleep(3)  # longer than an act waits for the lock at a time
    if killed:
        credd.kill()
        credd.start()
        time.sleep(1)
    locked.release()
    status = credd.wait(lambda s: s["world"] and not s["clock"]["paused"], "the resume", 20)
    due = runs(credd)
    credd.wait(lambda s: seconds(s["clock"]["world"]) > stood + 120 and not s["clock"]["paused"], "the clock", 20)
    wait_for_runs(credd, due)
    assert credd.must("history").count(" resume") == 1, status
    credd.assert_sound()


@pytest.mark.parametrize("command", (("speed", "7"), ("tempo", "market_data", "5"), ("advance", "1d")), ids=lambda c: c[0])
def test_what_needs_the_database_is_told_when_it_is_done(store, daemon, locked, command):
    credd = daemon(store, world(100, speed=1)).start()
    credd.built()
    locked()
    asker = subprocess.Popen(credd.ctl_command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
    link = credd.connect()
    parameters = {"speed": {"factor": 8}, "tempo": {"stream": "market_data", "factor": 6}, "advance": {"by": "1d"}}[command[0]]
    link.send(command[0].capitalize(), parameters, more=True)
    first = link.receive()
    if command[0] == "advance" and "waiting for 1 request" in first["parameters"]["queued"]:  # the asker's came first
        first = link.receive()
    assert first.get("continues") and "waiting for the database" in first["parameters"]["queued"], first
    credd.wait(lambda s: s["waiting"], "what it waits for in the status")
    assert asker.poll() is None
    told = [line for line in credd.stderr().splitlines() if re.search(rf"^<\d>{command[0]}|^<\d>advance", line)]
    assert not told, told
    locked.release()
    out, err = asker.communicate(timeout=30 * PATIENCE)
    assert asker.returncode == 0 and "waiting for the database" in out + err, (out, err)
    reply = first
    while reply.get("continues"):
        reply = link.receive()
    assert "error" not in reply, reply
    link.close()
    assert command[0] in credd.must("history")
    assert not credd.status()["waiting"]
    credd.assert_sound()


@pytest.mark.parametrize("command", ("Refresh", "Reset"))
def test_a_job_in_hand_tells_what_it_waits_for(store, daemon, command):
    credd = daemon(store, world(100, speed=36000, schedule="2037-12-31")).start()
    credd.built()
    credd.must("refresh")  # what a start owes is written
    written = now(credd)
    credd.wait(lambda s: seconds(s["clock"]["world"]) > written + DAY, "a day that is to be written")
    with contextlib.closing(store.connect()) as others:
        others.cursor().execute(LOCKS[store.kind][-1])
        link = credd.connect()
        link.send(command, more=True)
        heard = {"continues": True, "parameters": {}}
        while "waiting for the database" not in str(heard["parameters"].get("queued")):
            heard = link.receive()
            assert heard.get("continues"), heard
        others.cursor().execute("ROLLBACK" if store.kind == "sqlite" else "UNLOCK TABLES")
    reply = last_reply(link)
    assert "error" not in reply, reply
    credd.assert_sound()


def test_a_start_under_a_lock_keeps_what_is_asked(store, daemon, locked):
    """What is asked while the world is not known yet is shown, done when it is, and not taken for nothing."""
    if store.kind == "mariadb":
        pytest.skip("a server's tables are read all the same, or the start is refused")
    credd = daemon(store, world(100, speed=0)).start()
    credd.built()
    credd.must("pause")
    credd.stop()
    locked()
    credd.start()
    credd.wait(lambda s: s["waiting"], "what it waits for")
    assert "nothing was paused" not in credd.must("resume")
    early = credd.ctl("advance", "2d", "--timeout", "2")
    assert early.code == 5, early
    status = credd.status()
    assert (status["queued"], status["queued_kind"]) == (1, "advance"), status
    locked.release()
    credd.wait(lambda s: s["world"] and seconds(s["clock"]["world"]) == START + 2 * DAY and not s["job"], "the advance")
    assert not credd.status()["clock"]["paused"]
    assert all(one["lag_s"] == 0 for one in credd.status()["streams"])
    credd.assert_sound()


# --- answers ---


@pytest.mark.parametrize("paused", (True, False), ids=("paused too", "not paused itself"))
def test_a_stream_is_resumed_while_the_world_is_paused(store, daemon, paused):
    credd = daemon(store, world(100, speed=1, schedule="every 1s")).start()
    credd.built()
    if paused:
        credd.must("pause", "market_data")
    credd.must("pause", "--reason", "a demonstration")
    said = credd.must("resume", "market_data")
    assert "the world is paused" in said and "a demonstration" in said, said
    assert not said.startswith("resumed")
    assert credd.status()["clock"]["paused"] and not credd.stream("market_data")["paused"]


def test_an_advance_that_never_began_is_not_told(store, daemon, locked):
    credd = daemon(store, world(100, speed=1)).start()
    credd.built()
    locked()
    asker = subprocess.Popen(credd.ctl_command("advance", "1d"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    credd.wait(lambda s: s["waiting"], "word of the lock", 20)
    credd.must("cancel")
    _, err = asker.communicate(timeout=30 * PATIENCE)
    locked.release()
    assert asker.returncode == 1 and "cancelled by" in err, err
    assert "advance to" not in credd.stderr(), credd.stderr()


def test_an_advance_to_the_past(store, daemon):
    credd = daemon(store, world(100, speed=0)).start()
    credd.built()
    past = instant(START - DAY)
    refused = credd.ctl("advance", "--to", past)
    assert refused.code == 1 and re.search(r"world time is already .*everything due is written", refused.err), refused
    assert "advance" not in credd.must("history")
    assert credd.ctl("advance", "--to", past, "--if-later").code == 0
    credd.must("advance", "5d", "--clock-only")
    credd.advance_to(past)
    status = credd.status()
    assert seconds(status["clock"]["world"]) == START + 5 * DAY and all(one["lag_s"] == 0 for one in status["streams"])


def newest(store):
    return max(str(store.query(f"SELECT MAX(created_at) FROM {table}")[0][0]) for table in STREAMS)


def test_a_cancelled_advance_stands_where_status_says(store, daemon):
    credd = daemon(store, world(scaled(1000, 100))).start()
    credd.built()
    link = begin_long_advance(credd, START)
    credd.must("cancel")
    reply = last_reply(link)
    assert reply.get("error", "").endswith("Cancelled"), reply
    status = credd.wait(lambda s: not s["job"], "quiet")
    at = status["clock"]["world"]
    assert START + 5 * DAY <= seconds(at) < START + 2999 * DAY, at
    assert newest(store) <= at.replace("T", " ").rstrip("Z")
    wait_until(lambda: "cancel" in credd.must("history"), "the cancel in the history")
    assert at.replace("T", " ")[:16] in next(line for line in credd.must("history").splitlines() if "cancel" in line) or \
        at in credd.must("--json", "history"), credd.must("history")
    credd.must("refresh")
    assert all(one["lag_s"] == 0 for one in credd.status()["streams"])
    assert credd.status()["clock"]["world"] == at
    assert_same(undisturbed(end=seconds(at)) if scaled(1000, 100) == 1000 else store.dump(), store.dump(), store.kind)
    credd.assert_sound()


def test_a_killed_advance_stands_where_status_says(store, daemon):
    credd = daemon(store, world(scaled(1000, 100))).start()
    credd.built()
    link = begin_long_advance(credd, START)
    shown = now(credd)
    credd.kill()
    link.close()
    credd.start()
    status = ready(credd)
    at = status["clock"]["world"]
    assert shown <= seconds(at) < START + 2999 * DAY, (shown, at)
    assert newest(store) <= at.replace("T", " ").rstrip("Z")
    time.sleep(1.2 * LOOK)
    assert credd.status()["clock"]["world"] == at, "nobody advances any more"
    credd.must("refresh")
    assert newest(store) <= at.replace("T", " ").rstrip("Z")
    credd.assert_sound()


# --- a database that hangs ---


class HangingProxy(Proxy):
    """Passes on until it hangs; what is asked then is answered when it does not any more."""

    def __init__(self, *paths):
        self.flows = threading.Event()
        self.flows.set()
        super().__init__(*paths)
        self.at_statement = self.wait

    def wait(self, _number):
        self.flows.wait()


def test_a_job_behind_a_hung_database_is_shown(mariadb, daemon, folder):
    store = mariadb.create()
    proxy = HangingProxy(folder / "proxy", mariadb.socket)
    store.route = proxy.path
    try:
        credd = daemon(store, world(100, speed=1, schedule="every 1s")).start()
        credd.built()
        proxy.flows.clear()
        link = credd.connect()
        time.sleep(1.2 * LOOK)  # it hangs in its look
        link.send("Advance", {"by": "1d"}, more=True)
        status = credd.wait(lambda s: s["queued"] or s["job"], "the job", 10)
        assert status["queued"] == 1 and status["queued_kind"] == "advance" or status["job"]["kind"] == "advance", status
        assert "advance" in credd.must("status")
        proxy.flows.set()
        reply = last_reply(link)
        assert "error" not in reply, reply
        credd.assert_sound()
        credd.stop()
    finally:
        proxy.flows.set()
        proxy.close()


def test_a_job_behind_a_hung_database_can_be_cancelled(mariadb, daemon, folder):
    store = mariadb.create()
    proxy = HangingProxy(folder / "proxy", mariadb.socket)
    store.route = proxy.path
    try:
        credd = daemon(store, world(100, speed=0)).start()
        credd.built()
        proxy.flows.clear()
        link = credd.connect()
        time.sleep(1.2 * LOOK)  # it hangs in its look
        link.send("Advance", {"by": "1d"}, more=True)
        credd.wait(lambda s: s["queued"] == 1, "the job", 10)
        credd.must("cancel")
        assert last_reply(link).get("error", "").endswith("Cancelled")
        assert credd.status()["queued"] == 0
        proxy.flows.set()
        credd.advance_to(START + 2 * DAY)
        credd.assert_sound()
        credd.stop()
    finally:
        proxy.flows.set()
        proxy.close()


# --- questions ---


def switches(credd):
    """How often each thread of credd's but the first went to sleep."""
    found = {}
    for task in pathlib.Path(f"/proc/{credd.pid}/task").iterdir():
        if (task / "comm").read_text().strip() in ("credd-writer", "credd-reader", "credd-journal"):
            text = (task / "status").read_text()
            found[task.name] = int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", text, re.M).group(1))
    return found


def ask_ten_times(credd, question):
    askers = [subprocess.Popen(credd.ctl_command(question), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(10)]
    for asker in askers:
        _, err = asker.communicate()
        assert asker.returncode == 0 and not err, err


@pytest.mark.parametrize("question", ("version", "status", "schedule"))
def test_questions_wake_nobody(store, daemon, question):
    credd = daemon(store, world(100)).start()
    credd.built()
    wait_until(lambda: "a new world is in place" in credd.stderr(), "the last word of the start")
    told = credd.stderr()
    for tries in range(20):  # until ten fit between two of the writer's own looks
        before = switches(credd)
        assert before, "the threads are not seen"
        wait_until(lambda: switches(credd) != before, "a look of the writer's")
        began, quiet = time.monotonic(), switches(credd)
        time.sleep(0.1)
        if switches(credd) != quiet:  # the look goes on
            quiet = switches(credd)
            time.sleep(0.05)
        if tries < 10:
            ask_ten_times(credd, question)
        else:  # this machine takes too long to start ten programs
            for _ in range(10):
                credd.call(question.capitalize())
        after = switches(credd)
        if time.monotonic() - began < 0.9 * LOOK:
            break
    else:
        pytest.fail("ten questions took more than a second each time")
    assert after == quiet
    assert credd.stderr() == told
