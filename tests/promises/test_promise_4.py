"""Promise 4: the database knows its world; a configuration file does not win over it."""
import os
import subprocess
import time

from credd_stores import assert_same
from credd_testing import instant, seconds, world
from credd_worlds import DAY, START, sections, undisturbed


def other_file():
    """Another seed, another size, another start: none of it is true of the world that is there."""
    return world(customers=37, seed=99, start="2030-01-01T00:00:00Z")


def test_second_daemon_follows(store, daemon):
    one = daemon(store, sections(), "a").start()
    one.built()
    one.advance_to(START + 10 * DAY)
    two = daemon(store, other_file(), "b").start()
    status = two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    assert status["world"] == one.status()["world"]
    assert status["world"]["seed"] == 42
    assert status["clock"]["world"] == one.status()["clock"]["world"]
    assert "99" in status.get("pending", "") + two.must("status"), "status does not show what is pending"
    two.advance_to(START + 25 * DAY)
    one.wait(lambda s: seconds(s["clock"]["world"]) >= START + 25 * DAY, "the other's advance")
    one.advance_to(START + 30 * DAY)
    assert_same(undisturbed(end=START + 30 * DAY), store.dump(), store.kind)


def test_advances_through_both_add_up(store, daemon):
    """Each means the world that is there, not the one that its daemon saw last."""
    one = daemon(store, world(50)).start()
    one.built()
    two = daemon(store, world(50), name="b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "the second daemon")
    began = seconds(one.status()["clock"]["world"])
    for turn in range(6):
        (one, two)[turn % 2].must("advance", "1d")
    assert seconds(two.status()["clock"]["world"]) == began + 6 * DAY
    two.assert_sound()


def test_first_one_stopped_the_other_goes_on(store, daemon):
    one = daemon(store, sections(), "a").start()
    one.built()
    one.advance_to(START + 10 * DAY)
    one.stop()
    two = daemon(store, other_file(), "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    two.advance_to(START + 30 * DAY)
    assert_same(undisturbed(end=START + 30 * DAY), store.dump(), store.kind)


def test_reset_takes_the_pending_settings(store, daemon):
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, other_file(), "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    two.must("reset", "--yes")
    assert store.count("customers") == 37
    status = one.wait(lambda s: s["world"] and s["world"]["seed"] == 99, "the other's reset")
    assert status["world"]["id"] == two.status()["world"]["id"]
    one.must("advance", "3d")
    two.assert_sound()


def test_tempo_and_pause_survive_a_restart_and_hold_for_both(store, daemon):
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, sections(), "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    one.must("tempo", "financial_records", "2.5")
    one.must("pause", "market_data", "--reason", "numbers must not move")

    def as_set(status):
        finance = next(s for s in status["streams"] if s["name"] == "financial_records")
        market = next(s for s in status["streams"] if s["name"] == "market_data")
        return finance["tempo"] == 2.5 and market["paused"] is True

    two.wait(as_set, "the other's tempo and pause")
    two.kill()
    one.kill()
    one.start()
    one.wait(lambda s: s["world"] and as_set(s), "tempo and pause after a restart")
    two.start()
    two.wait(lambda s: s["world"] and as_set(s), "tempo and pause after a restart")
    assert "numbers must not move" in two.must("status") + two.must("--json", "status")
    before = store.count("market_data")
    one.must("advance", "10d")
    assert store.count("market_data") == before
    two.must("resume", "market_data")
    one.wait(lambda s: not one.stream("market_data", s)["paused"], "the other's resume")
    one.must("refresh")
    assert store.count("market_data") > before
    one.assert_sound()


def test_world_pause_survives_a_restart_and_holds_for_both(store, daemon):
    live = sections(clock={"speed": 1000})
    one = daemon(store, live, "a").start()
    one.built()
    two = daemon(store, live, "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    one.must("pause", "--reason", "demo")
    two.wait(lambda s: s["clock"]["paused"], "the other's pause")
    stood = one.status()["clock"]["world"]
    one.kill()
    two.kill()
    for credd in (one, two):
        credd.start()
        credd.wait(lambda s: s["world"] and s["clock"]["paused"], "pause after a restart")
        assert credd.status()["clock"]["world"] == stood
        assert "demo" in credd.status()["clock"]["reason"]
    two.must("resume")
    one.wait(lambda s: not s["clock"]["paused"] and s["clock"]["world"] > stood, "the other's resume")


def test_pause_through_the_other_daemon_during_a_reset(store, daemon):
    """Speed and pause stay as they are over a reset, also when they came while the new world was built."""
    big = world(customers=6000, seed=42)
    one = daemon(store, big, "a").start()
    one.built()
    two = daemon(store, big, "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    reset = subprocess.Popen(one.ctl_command("reset", "--seed", 5, "--yes"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    one.wait(lambda s: s["job"] and s["job"]["kind"] == "reset", "the reset")
    two.must("pause", "--reason", "meanwhile")
    two.must("pause", "credit_history")
    out, _ = reset.communicate(timeout=120)
    assert reset.returncode == 0, out
    for credd in (one, two):
        status = credd.wait(lambda s: s["world"] and s["world"]["seed"] == 5 and s["clock"]["paused"], "the pause")
        assert status["clock"]["reason"] == "meanwhile"
        credd.wait(lambda s: s["streams"][4]["paused"], "the stream's pause")


def test_tempo_through_the_other_daemon_during_a_reset(store, daemon):
    """A reset begins with the configured tempo and streams; what is changed while it builds holds in what comes out."""
    big = world(customers=6000, seed=42)
    one = daemon(store, big, "a").start()
    one.built()
    two = daemon(store, big, "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    one.must("tempo", "credit_history", "5")
    one.must("tempo", "customers", "4")
    one.must("tempo", "customers", "7", "--for", "1s")
    reset = subprocess.Popen(one.ctl_command("reset", "--seed", 5, "--yes"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    one.wait(lambda s: s["job"] and s["job"]["kind"] == "reset", "the reset")
    two.must("tempo", "loan_applications", "3")
    two.must("tempo", "financial_records", "20", "--for", "1h")
    two.sections["stream market_data"]["enabled"] = "no"
    two.write_config()
    two.must("reload")
    out, _ = reset.communicate(timeout=120)
    assert reset.returncode == 0, out
    for credd in (one, two):
        status = credd.wait(lambda s: s["world"] and s["world"]["seed"] == 5 and not s["streams"][3]["enabled"], "reset")
        assert [one["tempo"] for one in status["streams"]] == [1, 20, 3, 1, 1]
    told = one.must("history")
    assert "tempo financial_records x20" in told and "disable market_data" in told
    assert {one["name"]: one["tempo_after"] for one in status["streams"] if one["tempo_until"]} == {"financial_records": 1}
    one.must("advance", "20d")
    two.assert_sound()


def test_resets_through_two_daemons_all_happen(store, daemon):
    """One after the other, before the other daemon has looked, and both at once: the last one's world is there."""
    one = daemon(store, world(), "a").start()
    one.built()
    two = daemon(store, world(), "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    for seed, credd in enumerate((one, two, two, one, two, one), 3):
        credd.must("reset", "--seed", seed, "--yes")
        assert credd.status()["world"]["seed"] == seed
    resets = {seed: subprocess.Popen(credd.ctl_command("reset", "--seed", seed, "--yes"), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
              for seed, credd in ((50, one), (51, two))}
    for reset in resets.values():
        out, _ = reset.communicate(timeout=120)
        assert reset.returncode == 0, out
    last = store.query("SELECT value FROM credd_world WHERE name = 'seed'")[0][0]
    for credd in (one, two):
        credd.wait(lambda s: s["world"] and s["world"]["seed"] == int(last), "the last one")
    told = one.must("history")
    assert all(f"seed {seed}" in told for seed in (3, 4, 5, 6, 7, 8, 50, 51)), told
    two.assert_sound()


def test_acts_through_the_other_daemon_during_a_reset_are_kept(store, daemon):
    """Also those that leave nothing to carry over; and what is carried over is there once."""
    big = world(customers=6000, seed=42)
    one = daemon(store, big, "a").start()
    one.built()
    two = daemon(store, big, "b").start()
    two.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    one.must("tempo", "customers", "2")
    reset = subprocess.Popen(one.ctl_command("reset", "--seed", 5, "--yes"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    one.wait(lambda s: s["job"] and s["job"]["kind"] == "reset" and s["job"]["total"], "the build")
    two.must("pause", "market_data", "--reason", "meanwhile")
    two.must("resume", "market_data")
    two.must("advance", "1d", "--clock-only")
    two.must("tempo", "loan_applications", "3")
    assert reset.poll() is None, "the reset was over too soon"
    out, _ = reset.communicate(timeout=120)
    assert reset.returncode == 0, out
    one.wait(lambda s: s["world"]["seed"] == 5 and s["streams"][2]["tempo"] == 3, "the reset")
    acts = one.json("history", "-n", "100")[0]["acts"]
    assert [act["kind"] for act in acts] == ["reset", "tempo", "reset", "pause", "resume", "advance", "tempo"], acts
    assert acts[3]["reason"] == "meanwhile" and acts[3]["uid"] == os.geteuid()
    one.must("advance", "1d")
    one.assert_sound()


def test_disabled_stream(store, daemon):
    """Enable and disable come from the configuration by reload and are then the world's own."""
    one = daemon(store, sections(), "a").start()
    one.built()
    one.advance_to(START + 5 * DAY)
    one.sections["stream market_data"]["enabled"] = "no"
    one.write_config()
    one.must("reload")
    one.wait(lambda s: not one.stream("market_data", s)["enabled"], "disabling")
    before = store.count("market_data")
    one.must("advance", "10d")
    assert store.count("market_data") == before
    one.sections["stream market_data"]["enabled"] = "yes"
    one.write_config()
    one.must("reload")
    one.wait(lambda s: one.stream("market_data", s)["enabled"], "enabling")
    one.must("advance", "10d")
    at = instant(START + 15 * DAY).replace("T", " ").rstrip("Z")
    assert store.count("market_data") > before
    assert store.count("market_data", f"created_at > '{instant(START + 5 * DAY)[:10]} 12:00:00' "
                                      f"AND created_at <= '{at}'") == 0
    one.assert_sound()


def test_speed_is_stored(store, daemon):
    one = daemon(store, sections(), "a").start()
    one.built()
    one.must("speed", "7200")
    began = seconds(one.status()["clock"]["world"])
    one.wait(lambda s: seconds(s["clock"]["world"]) > began + 3600, "the clock to move")
    one.must("speed", "0")
    stood = one.status()["clock"]["world"]
    one.stop()
    time.sleep(0.2)
    one.start()
    status = one.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    assert status["clock"]["speed"] == 0 and status["clock"]["world"] == stood
