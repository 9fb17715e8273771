"""The database owns the world: a backup that is put back, and another daemon, are followed."""
import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from credd_moments import HOUR, LOOK, begin_long_advance, last_reply, now, ready, runs, verdict, wait_for_runs
from credd_stores import wait_until
from credd_testing import PATIENCE, STREAMS, instant, seconds, world
from credd_worlds import DAY, START, assert_same_world, sections


# --- a backup that is put back under the running daemon ---


def take_copy(store, path):
    if store.kind == "sqlite":
        with contextlib.closing(store.connect()) as source, contextlib.closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
        return
    with open(path, "wb") as out:
        subprocess.run(["mariadb-dump", "--no-defaults", f"--socket={store.server.socket}", "--user=root", "--single-transaction",
                        store.name], stdout=out, check=True)


def let_age(store):
    """A server tells the age of its tables in seconds: what is put back within the one in which they were made looks the same."""
    if store.kind != "mariadb":
        return
    with contextlib.closing(store.connect()) as link, link.cursor() as cursor:
        def aged():
            cursor.execute("SELECT UNIX_TIMESTAMP() - UNIX_TIMESTAMP(MAX(CREATE_TIME)) FROM information_schema.TABLES "
                           "WHERE TABLE_SCHEMA = DATABASE()")
            return cursor.fetchone()[0] >= 2

        wait_until(aged, "tables that are two seconds old")


def put_back(store, path, replaced=""):
    """`replaced`: another file takes its place, over the log of the old one or without it."""
    let_age(store)
    if store.kind == "mariadb":
        with open(path, "rb") as sql:
            subprocess.run(["mariadb", "--no-defaults", f"--socket={store.server.socket}", "--user=root", store.name], stdin=sql,
                           check=True)
    elif replaced:
        fresh = store.path.with_suffix(".fresh")
        shutil.copy(path, fresh)
        for tail in ("-wal", "-shm") if replaced == "replaced" else ():
            pathlib.Path(f"{store.path}{tail}").unlink(missing_ok=True)
        fresh.replace(store.path)
    else:
        with contextlib.closing(store.connect(30)) as target, contextlib.closing(sqlite3.connect(path)) as copy:
            copy.backup(target, pages=-1)


def assert_goes_on(credd, store, end):
    """It lives, its runs come, nothing is told again and again; brought to `end` it is what it would have been."""
    ready(credd)
    due = runs(credd)
    first = max(times[0] for times in due.values())
    credd.wait(lambda s: seconds(s["clock"]["world"]) >= first, "the clock", 20)
    assert min(wait_for_runs(credd, due).values()) >= 1
    told = credd.stderr()
    time.sleep(2.2 * LOOK)
    assert "following it" not in credd.stderr()[len(told):], credd.stderr()
    credd.assert_sound()
    credd.must("speed", "0")
    credd.advance_to(end)
    credd.assert_sound()
    assert_same_world(store, end)


@pytest.mark.parametrize("replaced", ("", "replaced", "over-its-log"), ids=lambda how: how or "written")
def test_a_copy_from_before_an_advance_is_put_back(store, daemon, folder, replaced):
    if replaced and store.kind != "sqlite":
        pytest.skip("a file is replaced, a server's tables are written")
    credd = daemon(store, sections(clock={"speed": 1}))
    for stream in STREAMS:
        credd.sections[f"stream {stream}"]["schedule"] = "every 1s"
    credd.write_config()
    credd.start().built()
    take_copy(store, folder / "copy")
    credd.must("advance", "30d")
    put_back(store, folder / "copy", replaced)
    status = credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready" and s["clock"]["world"] < instant(START + DAY),
                        "the world of the copy", 20)
    assert not status["clock"]["held"] and not status["clock"]["paused"], status["clock"]
    assert_goes_on(credd, store, START + 2 * DAY)


def copy_of_a_running_world(store, daemon, path):
    """The daemon, which went on for six hours, and the world time of the copy."""
    credd = daemon(store, sections(clock={"speed": 3600}))
    for stream in STREAMS:
        credd.sections[f"stream {stream}"]["schedule"] = "every 10min"
    credd.write_config()
    credd.start().built()
    credd.wait(lambda s: all(seconds(one["watermark"]) > START + HOUR for one in s["streams"]), "rows")
    take_copy(store, path)
    taken = now(credd)
    credd.wait(lambda s: all(seconds(one["watermark"]) > taken + 6 * HOUR for one in s["streams"]), "more rows")
    return credd, taken


def test_a_copy_taken_while_it_ran_is_put_back(store, daemon, folder):
    """Rows after it are written again: none is missing, none is there twice."""
    credd, taken = copy_of_a_running_world(store, daemon, folder / "copy")
    put_back(store, folder / "copy")
    time.sleep(2.2 * LOOK)
    assert now(credd) >= taken
    assert_goes_on(credd, store, START + 20 * DAY)


def test_a_restore_ends_an_advance(store, daemon, folder):
    """It was asked of another state: the one that was put back stays as it is, and goes on when somebody says so."""
    credd = daemon(store, world(1000, speed=0)).start()
    credd.built()
    take_copy(store, folder / "copy")
    link = begin_long_advance(credd, START)
    put_back(store, folder / "copy")
    reply = last_reply(link)
    assert "error" in reply, reply
    credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready" and seconds(s["clock"]["world"]) == START,
               "the clock of the copy")
    credd.advance_to(START + 2 * DAY)
    credd.assert_sound()


def rest_before(copy, table, seconds_long):
    """The copy that is put back waits so long before it makes that table anew."""
    drop = f"DROP TABLE IF EXISTS `{table}`".encode()
    text = copy.read_bytes()
    assert text.count(drop) == 1
    copy.write_bytes(text.replace(drop, f"DO SLEEP({seconds_long});\n".encode() + drop))


@pytest.mark.parametrize("table", ("credd_world", "credit_history"))
def test_a_slow_restore_brings_its_clock(mariadb, daemon, folder, table):
    """What was read, or noted, between its tables is not kept: the clock is the one of the copy."""
    store = mariadb.create()
    credd = daemon(store, world(1000, speed=0)).start()
    credd.built()
    take_copy(store, folder / "copy")
    rest_before(folder / "copy", table, 2.5 * LOOK)
    link = begin_long_advance(credd, START)
    put_back(store, folder / "copy")
    assert "error" in last_reply(link)
    credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready" and seconds(s["clock"]["world"]) == START,
               "the clock of the copy", 20)
    credd.stop()
    credd.start()
    assert seconds(ready(credd)["clock"]["world"]) == START


def test_no_row_of_the_old_state_gets_into_a_restore(mariadb, daemon, folder):
    """credd_status comes before credd_stream, whose watermarks tell: in between nobody has looked yet."""
    store = mariadb.create()
    credd = daemon(store, world(1000, speed=0)).start()
    credd.built()
    take_copy(store, folder / "copy")
    rest_before(folder / "copy", "credd_stream", 0.8 * LOOK)
    link = begin_long_advance(credd, START)
    put_back(store, folder / "copy")
    assert "error" in last_reply(link)
    credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready" and seconds(s["clock"]["world"]) == START,
               "the clock of the copy", 20)
    assert store.query("SELECT COUNT(*) FROM credd_status WHERE UNIX_TIMESTAMP(at) > %s", (START,)) == [(0,)]
    credd.advance_to(START + DAY)
    credd.assert_sound()


@pytest.mark.parametrize("table", ("credd_gap", "credd_world", "customers"))
def test_what_is_asked_in_a_slow_restore_holds_after_it(mariadb, daemon, folder, table):
    """Not one half in the history of the copy, the other in a state that is replaced a moment later."""
    store = mariadb.create()
    credd = daemon(store, world(100, speed=1, schedule="every 1s")).start()
    credd.built()
    take_copy(store, folder / "copy")
    rest_before(folder / "copy", table, 1.5 * LOOK)
    credd.must("advance", "3d")
    before = store.query("SELECT MAX(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                         "AND TABLE_NAME = 'credd_act'")
    time.sleep(1.1)  # ages are in seconds
    with contextlib.ExitStack() as ended:
        thread = threading.Thread(target=put_back, args=(store, folder / "copy"))
        thread.start()
        ended.callback(thread.join)
        wait_until(lambda: store.query("SELECT MAX(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                                       "AND TABLE_NAME = 'credd_act'") not in (before, [(None,)]), "credd_act of the copy")
        time.sleep(0.2)
        credd.must("pause", "--reason", "in a restore", timeout=60)
    status = credd.wait(lambda s: s["database"]["state"] == "ready" and s["waiting"] is None and "pause" in credd.must("history"),
                        "the pause in the history", 30)
    assert status["clock"]["paused"] and verdict(credd) == "PAUSED"
    stands = now(credd)
    time.sleep(2 * LOOK)
    assert now(credd) == stands < START + DAY
    assert credd.must("history").count(" pause") == 1
    credd.must("resume")
    credd.assert_sound()


@pytest.mark.parametrize("pause", (0, 6))
def test_a_slow_restore_loses_nothing(mariadb, daemon, folder, pause):
    """A large backup takes its time between its tables, and those that describe the world come first."""
    store = mariadb.create()
    copy = folder / "copy"
    credd, _ = copy_of_a_running_world(store, daemon, copy)
    rest_before(copy, "market_data", pause)
    put_back(store, copy)
    at = now(credd)
    credd.wait(lambda s: all(seconds(one["watermark"]) > at for one in s["streams"]) and s["database"]["state"] == "ready",
               "rows after the restore")
    assert_goes_on(credd, store, START + 20 * DAY)


# --- two daemons ---


def test_the_other_daemon_shows_and_ends_what_one_did(store, daemon):
    live = world(100, speed=1, schedule="every 1s")
    one, two = daemon(store, live, "a").start(), daemon(store, live, "b")
    one.built()
    two.start()
    ready(two)

    def soon(true, what):
        began = time.monotonic()
        status = two.wait(true, what, 10)
        assert time.monotonic() - began < (2 * LOOK + 0.5) * PATIENCE, what
        return status

    one.must("advance", "30d")
    soon(lambda s: seconds(s["clock"]["world"]) >= START + 30 * DAY, "the advance in the other")
    assert abs(now(one) - now(two)) <= 1
    one.must("pause", "--reason", "demo")
    soon(lambda s: s["clock"]["paused"] and s["clock"]["reason"] == "demo", "the pause in the other")
    assert now(one) == now(two)
    assert verdict(two) == "PAUSED"
    assert two.must("resume").startswith("resumed at ")
    one.wait(lambda s: not s["clock"]["paused"], "the resume", 10)
    one.must("pause")  # and not yet looked at by the other
    wait_until(lambda: one.must("history").count(" pause") == 2, "the pause in the history")
    assert two.must("resume").startswith("resumed at ")
    one.wait(lambda s: not s["clock"]["paused"], "the resume", 10)
    due = runs(one)
    time.sleep(2)
    for credd in (one, two):
        wait_for_runs(credd, due)
        assert verdict(credd) == "FRESH"
    one.assert_sound()
