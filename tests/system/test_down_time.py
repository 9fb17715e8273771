"""What becomes of the time in which no daemon ran: the wall clock of the daemon alone is moved, by libfaketime."""
import pathlib
import re
import time

import pytest

from conftest import needed
from credd_testing import instant, seconds, world

DAY = 86400
LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
DOWN = 10 * DAY
WORLD = dict(customers=50, start="now", speed=1, schedule="every 1s")


def rows(store, after, until):
    """Of the market, in (after, until]."""
    link = store.connect()
    cursor = link.cursor()
    cursor.execute("SELECT COUNT(*) FROM market_data WHERE created_at > '{}' AND created_at <= '{}'".format(
        *(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) for at in (after, until))))
    [count] = cursor.fetchone()
    link.close()
    return count


@pytest.fixture
def slept(store, daemon):
    """A daemon that lived, was down for ten days and is back; when it went, and its clock's status now."""
    if not LIBRARIES:
        needed("libfaketime")

    def make(before=None, **clock):
        credd = daemon(store, world(**WORLD, clock=clock)).start()
        credd.built()
        if before:
            credd.must(*before)
        credd.stop()
        gone = int(time.time())
        credd.env.update(LD_PRELOAD=str(LIBRARIES[0]), FAKETIME=f"+{DOWN}s", FAKETIME_DONT_FAKE_MONOTONIC="1")
        credd.start()
        status = credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "the world")
        return credd, gone, status["clock"]

    return make


def wait_for_now(credd):
    return credd.wait(lambda s: all(one["lag_s"] <= 5 for one in s["streams"]), "catch-up")


@pytest.mark.parametrize("catch_up, kept", (("all", DOWN), ("7d", 7 * DAY), ("skip", 0)))
def test_catch_up(slept, store, catch_up, kept):
    credd, gone, clock = slept(catch_up=catch_up)
    now = seconds(clock["world"])
    assert abs(now - (gone + DOWN)) < 60, "the world follows the wall clock"
    wait_for_now(credd)
    missed, came = rows(store, gone + 60, now - kept - 60), rows(store, now - kept + 60, now)
    assert missed == 0, f"{missed} rows of time that was to be left out"
    assert came > 100 or kept == 0, f"{came} rows of {kept // DAY} days"
    told = [line for line in credd.must("history").splitlines() if re.search(r"credd +gap up to .*: no daemon ran for 10 ?d", line)]
    assert len(told) == (kept < DOWN), credd.must("history")
    assert credd.stderr().count("no daemon ran for") == len(told), credd.stderr()
    credd.assert_sound()


@pytest.mark.parametrize("stream", ((), ("market_data",)))
def test_a_pause_that_ended_meanwhile(slept, store, stream):
    """Its own time is caught up, what came after it was down time. A stream's: the world went on, all of it was down time."""
    credd, gone, clock = slept(before=("pause", *stream, "--for", "5d"), catch_up="skip")
    now = seconds(clock["world"])
    assert abs(now - (gone + DOWN)) < 60 and not clock["paused"], clock
    wait_for_now(credd)
    paused, after = rows(store, gone + 60, gone + 5 * DAY - 60), rows(store, gone + 5 * DAY + 60, now - 60)
    assert paused == 0 if stream else paused > 100, f"{paused} rows of the pause"
    assert after == 0, f"{after} rows of time that was to be left out"
    told = credd.must("history")
    assert re.search(r"credd +resume.*the pause expired(?s:.*)credd +gap up to .*: no daemon ran for", told), told
    credd.assert_sound()


@pytest.mark.parametrize("options", ((), ("--skip",)))
def test_too_long_is_held_for_the_operator(slept, store, options):
    credd, gone, clock = slept(max_catch_up="5d")
    assert clock["held"] and seconds(clock["world"]) <= gone + 60, clock
    assert "resume" in clock["held"] or "resume" in credd.must("status"), "it says what to do"
    assert rows(store, gone + 60, gone + DOWN) == 0
    result = credd.ctl("advance", "1d")
    assert result.code == 1 and "held" in result.err, result
    credd.must("resume", *options)
    status = wait_for_now(credd)
    assert not status["clock"]["held"]
    now = seconds(status["clock"]["world"])
    assert abs(now - (gone + DOWN)) < 60, instant(now)
    came = rows(store, gone + 60, now - 60)
    assert came == 0 if options else came > 1000, came
    assert ("leaving a gap" in credd.must("history")) == bool(options), credd.must("history")
    credd.assert_sound()


def test_a_reset_needs_no_confirmation(slept):
    """A clock that starts anew owes nothing."""
    credd, gone, clock = slept(max_catch_up="5d")
    assert clock["held"]
    credd.must("reset", "--yes")
    status = wait_for_now(credd)
    assert not status["clock"]["held"] and not status["clock"]["paused"], status["clock"]
    assert abs(seconds(status["clock"]["world"]) - (gone + DOWN)) < 60, status["clock"]
    credd.must("advance", "1d")
    credd.assert_sound()
