"""The world clock as an operator moves it: speed, pause, skip, tempo, advance, queued and cancelled jobs."""
import subprocess
import time

from credd_testing import instant, scaled, seconds, world
from credd_worlds import DAY, END, START, assert_same_world, sections


def now(credd):
    return seconds(credd.status()["clock"]["world"])


def test_speed_rebases(store, daemon):
    credd = daemon(store, world(50)).start()
    credd.built()
    assert now(credd) == START
    credd.must("speed", "10000")
    credd.wait(lambda s: seconds(s["clock"]["world"]) > START + 2000, "the clock to run")
    credd.must("speed", "0")
    stood = now(credd)
    time.sleep(0.05)
    assert now(credd) == stood
    credd.must("speed", "1")
    assert stood <= now(credd) <= stood + 2


def test_pause_at_a_speed_goes_on_from_where_it_stood(store, daemon):
    credd = daemon(store, world(50, speed=3600)).start()
    credd.built()
    credd.must("pause", "--reason", "demo")
    stood = now(credd)
    time.sleep(0.3)
    status = credd.status()
    assert seconds(status["clock"]["world"]) == stood and status["clock"]["paused"]
    credd.must("resume")
    assert now(credd) < stood + 3600, "at this speed the pause is not caught up with"
    credd.wait(lambda s: seconds(s["clock"]["world"]) > stood, "the clock to go on")


def test_pause_for_ends_by_itself(store, daemon):
    credd = daemon(store, world(50, speed=1000)).start()
    credd.built()
    credd.must("pause", "--for", "1s")
    status = credd.status()
    assert status["clock"]["paused"] and status["clock"]["resumes_at"]
    credd.wait(lambda s: not s["clock"]["paused"], "the resume", 10)


def test_skip_leaves_a_recorded_gap(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("pause", "credit_history")
    credd.must("advance", "10d", "--clock-only")
    credd.must("resume", "credit_history", "--skip")
    credd.must("advance", "5d")
    since, until = (instant(START + days * DAY).replace("T", " ").rstrip("Z") for days in (0, 10))
    assert store.count("credit_history", f"created_at > '{since}' AND created_at <= '{until}'") == 0
    assert store.count("credit_history", f"created_at > '{until}'") > 0
    assert store.count("financial_records", f"created_at > '{since}' AND created_at <= '{until}'") > 0
    assert store.count("credd_gap") >= 1
    credd.assert_sound()


def test_moves_in_a_gap_happen_at_its_end(store, daemon):
    """No application stays Pending for ever because its decision fell into a gap."""
    credd = daemon(store, sections()).start()
    credd.built()
    open_before = store.count("loan_applications", "status IN ('Pending', 'Under Review', 'Conditional')")
    credd.must("pause", "loan_applications")
    credd.must("advance", "40d", "--clock-only")
    credd.must("resume", "loan_applications", "--skip")
    credd.must("advance", "1h")
    at = instant(START + 40 * DAY).replace("T", " ").rstrip("Z")
    assert store.count("credd_status", f"at = '{at}'") >= open_before // 2
    assert store.count("(SELECT 1 FROM credd_status GROUP BY application_id, at HAVING COUNT(*) > 1) AS twice") == 0
    last = "SELECT MAX(s.at) FROM credd_status s WHERE s.application_id = loan_applications.application_id"
    assert store.count("loan_applications", f"status = 'Pending' AND ({last}) > created_at") == 0
    assert store.count("loan_applications", f"created_at > '2024-02-15 12:00:00' AND created_at <= '{at}'") == 0
    credd.must("advance", "40d")
    stuck = store.count("loan_applications", "status = 'Pending' AND created_at <= '2024-02-15 12:00:00'")
    assert stuck == 0
    credd.assert_sound()


def test_tempo_changes_the_rate_for_a_time(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("advance", "10d")
    plain = store.count("loan_applications", "created_at > '2024-02-15 12:00:00'")
    credd.must("tempo", "loan_applications", "4")
    assert credd.stream("loan_applications")["tempo"] == 4
    credd.must("advance", "10d")
    fast = store.count("loan_applications", f"created_at > '{instant(START + 10 * DAY)[:10]} 12:00:00'")
    credd.must("tempo", "loan_applications", "0")
    credd.must("advance", "10d")
    none = store.count("loan_applications", f"created_at > '{instant(START + 20 * DAY)[:10]} 12:00:00'")
    assert fast > 2.5 * plain and none == 0, (plain, fast, none)
    credd.must("tempo", "loan_applications", "3", "--for", "1s")
    assert credd.stream("loan_applications")["tempo"] == 3, "where the clock stands still, the span is world time"
    credd.must("advance", "2s")
    assert credd.stream("loan_applications")["tempo"] == 0
    credd.assert_sound()


def test_advance_to_where_it_is_already(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("advance", "3d", "--clock-only")
    before = store.counts()
    assert all(one["lag_s"] == 3 * DAY for one in credd.status()["streams"])
    credd.advance_to(START - DAY)
    assert all(one["lag_s"] == 0 for one in credd.status()["streams"]), "a time long past finishes what is outstanding"
    for at in (START + DAY, START + 3 * DAY):
        refused = credd.ctl("advance", "--to", instant(at))
        assert refused.code == 1 and "world time is already " in refused.err, refused
        credd.advance_to(at)
    assert all(one["lag_s"] == 0 for one in credd.status()["streams"])
    assert store.counts() != before
    result = credd.ctl("advance", "--to", "2038-01-01T00:00:00Z")
    assert result.code in (1, 2) and "2037" in result.err, result
    assert now(credd) == START + 3 * DAY


def test_jobs_queue_and_say_so(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    first = subprocess.Popen(credd.ctl_command("advance", "--to", instant(END)), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "advance", "the first job")
    link = credd.connect()
    link.send("Advance", {"to": instant(END), "if_later": True}, more=True)
    replies = []
    while True:
        reply = link.receive()
        replies.append(reply)
        if not reply.get("continues"):
            break
    link.close()
    assert "error" not in replies[-1], replies[-1]
    assert any("queued" in reply.get("parameters", {}) for reply in replies), replies[:3]
    assert first.wait(600) == 0, first.stdout.read()
    first.stdout.close()
    assert_same_world(store)


def test_what_waits_in_the_queue_means_the_world_that_it_finds(store, daemon):
    """An advance behind a reset and another advance goes on from where those left the world; so does a refresh."""
    credd = daemon(store, world(3000)).start()
    credd.built()
    credd.must("advance", "200d", "--clock-only")
    asked = [("Reset", {}), ("Advance", {"by": "30d"}), ("Advance", {"by": "20d", "clock_only": True}), ("Refresh", {})]
    links = [credd.connect() for _ in asked]
    for link, (method, parameters) in zip(links, asked):
        link.send(method, parameters, more=True)
        if method == "Reset":
            credd.wait(lambda s: s["job"] and s["job"]["kind"] == "reset", "the reset")
    status = credd.wait(lambda s: s["queued"] == 3 or not s["job"], "the queue")
    assert status["job"] and status["job"]["kind"] == "reset", "too fast for this test"
    for link in links:
        reply = {"continues": True}
        while reply.get("continues"):
            reply = link.receive()
        assert "error" not in reply, reply
        link.close()
    status = credd.status()
    assert seconds(status["world"]["origin"]) == START
    assert seconds(status["clock"]["world"]) == START + 50 * DAY, status["clock"]
    assert all(one["lag_s"] == 0 for one in status["streams"]), status["streams"]
    credd.assert_sound()


def test_cancel_ends_an_advance_between_batches(store, daemon):
    credd = daemon(store, world(scaled(1000, 100))).start()
    credd.built()
    link = credd.connect()
    link.send("Advance", {"to": instant(START + 3000 * DAY)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["done"], "work")
    credd.must("cancel")
    while True:
        reply = link.receive()
        if not reply.get("continues"):
            break
    link.close()
    assert reply.get("error", "").endswith("Cancelled"), reply
    credd.wait(lambda s: not s["job"], "quiet")
    credd.assert_sound()


def test_cancel_ends_an_advance_that_a_pause_holds(store, daemon):
    """Else what waits behind it, such as a reset, would wait for the resume."""
    credd = daemon(store, world(scaled(1000, 100))).start()
    credd.built()
    work, reset = credd.connect(), credd.connect()
    work.send("Advance", {"to": instant(START + 3000 * DAY)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["done"], "work")
    credd.must("pause")
    reset.send("Reset")
    credd.wait(lambda s: s["queued"] == 1, "the reset in the queue")
    credd.must("cancel")
    reply = {"continues": True}
    while reply.get("continues"):
        reply = work.receive()
    assert reply.get("error", "").endswith("Cancelled"), reply
    assert "error" not in reset.receive()
    for link in (work, reset):
        link.close()
    status = credd.status()
    assert status["clock"]["paused"] and now(credd) == START, status["clock"]
    credd.assert_sound()


def test_pause_holds_an_advance_which_goes_on_after_resume(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    link = credd.connect()
    link.send("Advance", {"to": instant(END)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["done"], "work")
    for _ in range(10):  # at several points of a batch
        credd.must("pause")
        held = store.counts()
        time.sleep(0.1)
        assert store.counts() == held, "rows came in a pause"
        credd.must("resume")
    while True:
        reply = link.receive()
        if not reply.get("continues"):
            break
    assert "error" not in reply, reply
    assert_same_world(store)


def test_what_status_shows_stands_once_pause_has_returned(store, daemon):
    """Rows that were written before are shown before, too."""
    credd = daemon(store, world(scaled(8000, 2000))).start()
    credd.built()
    work, link = credd.connect(), credd.connect()
    work.send("Advance", {"to": instant(START + 3000 * DAY)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["done"], "work")

    def shown():
        return [(one["watermark"], one["rows"]) for one in link.call("Status")["streams"]]

    moved = 0
    for turn in range(40):
        time.sleep(turn % 7 * 0.012)
        assert list(link.replies("Pause"))
        before = shown()
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            moved += shown() != before
        link.call("Resume")
    credd.must("cancel")
    for each in (work, link):
        each.close()
    assert moved == 0


def test_catch_up_after_down_time(store, daemon):
    """At speed 1 the world follows the wall clock through down time; at other speeds it stands still."""
    credd = daemon(store, world(100, start="now", speed=1, schedule="every 1s")).start()
    credd.built()
    credd.stop()
    time.sleep(2.5)
    credd.start()
    status = credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    assert abs(seconds(status["clock"]["world"]) - seconds(status["clock"]["wall"][:19] + "Z")) <= 2
    credd.wait(lambda s: all(one["lag_s"] <= 3 for one in s["streams"]), "catch-up")
    credd.must("speed", "500")
    stood, began = now(credd), time.monotonic()
    credd.stop()
    lived = time.monotonic() - began
    time.sleep(4)
    began = time.monotonic()
    credd.start()
    status = credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    lived += time.monotonic() - began
    assert seconds(status["clock"]["world"]) <= stood + 500 * (lived + 1), "it moved while no daemon ran"
    credd.assert_sound()


def test_reset_at_world_now_keeps_the_clock(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("advance", "20d")
    assert credd.status()["last_batch"]
    credd.must("reset", "--at-world-now", "--yes")
    status = credd.status()
    assert not status["last_batch"], "of a world that is gone"
    assert seconds(status["world"]["origin"]) == START + 20 * DAY == seconds(status["clock"]["world"])
    credd.must("reset", "--yes")
    assert seconds(credd.status()["clock"]["world"]) == START
    credd.assert_sound()


def test_reset_begins_when_it_is_told_to(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    for start, why in (("1999-12-31T23:59:59Z", "between 2000-01-01"), ("2038-01-02T00:00:00Z", "2037-12-31")):
        refused = credd.ctl("reset", "--start", start, "--yes")
        assert refused.code != 0 and why in refused.err, refused
    refused = credd.ctl("reset", "--start", instant(START), "--at-world-now", "--yes")
    assert refused.code == 1 and "not at both" in refused.err, refused
    credd.must("reset", "--start", instant(START + 40 * DAY), "--yes")
    status = credd.status()
    assert seconds(status["world"]["origin"]) == START + 40 * DAY == seconds(status["clock"]["world"])
    credd.must("reset", "--yes")
    assert seconds(credd.status()["clock"]["world"]) == START, "a later reset goes by the configuration"
    credd.assert_sound()
