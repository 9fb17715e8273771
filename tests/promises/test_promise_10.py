"""No run is dropped: whatever comes between, what was due is delivered, and status tells the truth."""
import re
import subprocess
import time

import pytest

from credd_moments import HOUR, Wall, now, ready, runs, verdict, wait_for_runs
from credd_stores import SqliteStore, wait_until
from credd_testing import PATIENCE, STREAMS, seconds, world
from credd_worlds import DAY


# --- what was due is delivered ---


@pytest.mark.parametrize("after", ("0", "1"))
def test_runs_of_a_world_that_raced(store, daemon, after):
    credd = daemon(store, world(100, speed=1, schedule="hourly")).start()
    credd.built()
    due = runs(credd, 1000)
    began = now(credd)
    credd.must("speed", "100000")
    credd.wait(lambda s: seconds(s["clock"]["world"]) > began + 12 * HOUR, "hours")
    credd.must("speed", after)
    assert min(wait_for_runs(credd, due).values()) >= 12
    assert verdict(credd) == "FRESH"
    credd.assert_sound()


def test_runs_of_a_world_that_raced_and_was_paused(store, daemon):
    """A pause holds them, no longer than it lasts."""
    credd = daemon(store, world(100, speed=1, schedule="hourly")).start()
    credd.built()
    due = runs(credd, 1000)
    began = now(credd)
    credd.must("speed", "100000")
    credd.wait(lambda s: seconds(s["clock"]["world"]) > began + 12 * HOUR, "hours")
    credd.must("pause")
    credd.must("speed", "0")
    credd.must("resume")
    assert min(wait_for_runs(credd, due).values()) >= 12
    assert verdict(credd) == "FRESH"


def test_a_step_of_the_wall_over_a_daily_run(store, daemon):
    at = time.gmtime(time.time() + 3 * HOUR)
    daily = time.strftime("*-*-* %H:%M:00", at)
    live = world(100, start="now", speed=1, schedule=daily)
    live["clock"]["timezone"] = "UTC"
    live["stream customers"]["schedule"] = "every 1s"  # so that there are turns
    credd = daemon(store, live)
    wall = Wall(credd)
    credd.start().built()
    due = {name: times for name, times in runs(credd, 20).items() if name != "customers"}
    wall.step(6 * HOUR)
    due["customers"] = [next(iter(due.values()))[0]]
    credd.wait(lambda s: seconds(s["clock"]["world"]) > time.time() + 5 * HOUR, "the step")
    assert set(wait_for_runs(credd, due).values()) == {1}
    assert verdict(credd) == "FRESH"
    credd.assert_sound()


def test_a_step_of_the_wall_with_the_preset_schedules(store, daemon):
    live = world(100, start="now", speed=1)
    for stream in STREAMS:
        del live[f"stream {stream}"]["schedule"]
    credd = daemon(store, live)
    wall = Wall(credd)
    credd.start().built()
    due = runs(credd, 30)
    wall.step(50 * 60)
    credd.must("reload")  # a turn
    credd.wait(lambda s: seconds(s["clock"]["world"]) > time.time() + 2900, "the step")
    counts = wait_for_runs(credd, due)
    assert counts["market_data"] >= 10 and counts["customers"] >= 3, counts
    assert verdict(credd) == "FRESH"


def test_a_stop_over_a_run_while_a_tempo_ends(store, daemon):
    credd = daemon(store, world(100, speed=1, schedule="every 3s")).start()
    credd.built()
    due = runs(credd)
    credd.must("tempo", "financial_records", "3", "--for", "2s")
    credd.freeze()
    time.sleep(4)
    credd.thaw()
    assert min(wait_for_runs(credd, due).values()) >= 1
    status = credd.status()
    assert credd.stream("financial_records", status)["tempo"] == 1 and not credd.stream("financial_records", status)["tempo_until"]
    wait_for_runs(credd, due)
    assert verdict(credd) == "FRESH"
    credd.assert_sound()


# --- world time never goes back ---


def test_world_time_after_kills(store, daemon):
    """At another speed than 1 what was not noted yet is lost: no more than three seconds' worth, and nothing that is recorded."""
    speed = 3600
    credd = daemon(store, world(100, speed=speed, schedule="hourly")).start()
    credd.built()
    for turn in range(3):
        time.sleep(1.3 + turn)
        acted = None
        if turn != 1:
            credd.must("tempo", "market_data", str(turn + 2))
            [told] = credd.json("history", "-n", "1")
            acted = seconds(told["acts"][-1]["world"])
        rows = [one["rows"] for one in credd.status()["streams"]]
        shown, began = now(credd), time.monotonic()
        credd.kill()
        credd.start()
        status = ready(credd)
        passed = time.monotonic() - began
        back = seconds(status["clock"]["world"])
        assert shown - 3 * speed - speed <= back <= shown + passed * speed + 1, (shown, back)
        assert acted is None or back >= acted
        assert all(one["rows"] >= before for one, before in zip(status["streams"], rows))
        assert all(back >= seconds(one["watermark"]) for one in status["streams"])
    credd.assert_sound()


@pytest.mark.parametrize("busy", (False, True), ids=("idle", "in-a-job"))
def test_the_clock_is_noted_without_rows(store, daemon, busy):
    """Nothing else bounds what a kill takes back: no run comes, or all that is written is of the past."""
    speed = 60
    credd = daemon(store, world(3000 if busy else 100, speed=speed)).start()
    credd.built()
    if busy:
        credd.must("speed", "0")
        credd.must("advance", "3000d", "--clock-only")
        credd.must("speed", str(speed))
        subprocess.Popen(credd.ctl_command("refresh"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
        credd.wait(lambda s: s["job"], "the refresh")
    began = now(credd)
    time.sleep(7)
    assert not busy or credd.status()["job"], "the refresh is over"
    shown = now(credd)
    credd.kill()
    credd.start()
    back = seconds(ready(credd)["clock"]["world"])
    assert shown - 4.5 * PATIENCE * speed <= back and back > began, (began, shown, back)


# --- what status says of the clock ---


def test_no_world_time_where_no_world_is_known(daemon, folder):
    missing = SqliteStore(folder / "missing")
    credd = daemon(missing, world(50)).start()
    status = credd.wait(lambda s: s["database"]["state"] == "refused", "no database")
    assert status["world"] is None and status["clock"]["world"] is None and status["clock"]["wall"]


def test_a_wall_that_was_set_right_ends_the_hold(store, daemon):
    credd = daemon(store, world(100, start="now", speed=1, schedule="every 1s"))
    wall = Wall(credd)
    credd.start().built()
    wall.step(30 * DAY)
    credd.must("reload")  # a turn
    credd.wait(lambda s: s["clock"]["held"], "the hold", 20)
    wall.step(0)
    credd.must("reload")
    status = credd.wait(lambda s: not s["clock"]["held"], "its end", 20)
    assert abs(seconds(status["clock"]["world"]) - time.time()) < 60
    due = runs(credd)
    time.sleep(1.5)
    wait_for_runs(credd, due)
    assert verdict(credd) == "FRESH"


def test_a_wall_that_was_set_back_is_told_while_the_clock_stands(store, daemon):
    credd = daemon(store, world(100, start="now", speed=1, schedule="every 1s"))
    wall = Wall(credd)
    credd.start().built()
    due = runs(credd)
    wall.step(-6)
    status = credd.wait(lambda s: s["clock"]["stands_until"], "that it stands", 35)
    until = seconds(status["clock"]["stands_until"])
    assert verdict(credd) == "HELD" and 0 < until - time.time() + 6 <= 8, status["clock"]
    stood = seconds(status["clock"]["world"])
    assert re.search(r"stands", credd.must("status"), re.I)
    status = credd.wait(lambda s: not s["clock"]["stands_until"], "its end", 15)
    credd.wait(lambda s: seconds(s["clock"]["world"]) > stood + 1, "the clock", 15)
    wait_for_runs(credd, due)
    assert verdict(credd) == "FRESH"


def test_a_first_start_in_1970(store, daemon):
    """The clock is at fault, not the database: told once, and it goes on by itself."""
    credd = daemon(store, world(50, start="now", speed=1, schedule="every 1s"))
    wall = Wall(credd, DAY - int(time.time()))
    credd.start()
    status = credd.wait(lambda s: s["database"]["state"] not in ("connecting",) and not s["job"], "the database", 20)
    time.sleep(4)
    status = credd.status()
    assert status["database"]["state"] == "ready" and status["world"] is None, status
    assert status["clock"]["world"] is None
    told = [line for line in credd.stderr().splitlines() if "1970" in line]
    assert len(told) == 1, credd.stderr()
    assert "database down" not in credd.stderr()
    wall.step(0)
    status = credd.wait(lambda s: s["world"] and not s["job"], "the world", 40)
    assert abs(seconds(status["world"]["origin"]) - time.time()) < 60
    due = runs(credd)
    time.sleep(1.5)
    wait_for_runs(credd, due)
    assert verdict(credd) == "FRESH"


def test_caught_up_is_told_once(store, daemon):
    """A stream that is paused and far behind does not make each run of the others a catch-up."""
    credd = daemon(store, world(100, speed=1, schedule="every 1s")).start()
    credd.built()
    credd.must("pause", "market_data")
    credd.must("advance", "5d", "--clock-only")
    wait_until(lambda: credd.stderr().count("caught up") == 1, "the catch-up")
    mark = credd.stream("customers")["watermark"]
    credd.wait(lambda s: seconds(credd.stream("customers", s)["watermark"]) >= seconds(mark) + 4, "runs")
    assert credd.stderr().count("caught up") == 1, credd.stderr()
