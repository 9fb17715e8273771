"""Promise 1: any slicing, same rows."""
import random
import time

import pytest

from credd_stores import LIVED, SqliteStore, TABLES, assert_same, digest
from credd_testing import STREAMS, instant, scaled, seconds, world
from credd_worlds import DAY, END, MIDDLE, START, assert_lived, sections, undisturbed

HOUR = 3600


def test_one_advance(store, daemon, figures):
    credd = daemon(store, sections()).start()
    credd.built()
    before = store.counts()
    began = time.monotonic()
    credd.advance_to(END)
    figures("seconds for one advance", round(time.monotonic() - began, 2))
    grown, moves = assert_lived(store, before)
    figures("rows that came in", grown)
    figures("statuses moved", moves)
    assert_same(undisturbed(), store.dump(), store.kind)
    credd.assert_sound()


def test_verify_digest_agrees_between_stores(mariadb, folder, daemon):
    """The daemon's own digest says the same of both stores, and changes with a single value."""
    found = []
    for store, name in ((SqliteStore(folder), "s"), (mariadb.create(), "m")):
        credd = daemon(store, sections(), name).start()
        credd.built()
        credd.advance_to(START + 30 * DAY)
        found.append(credd.digests())
        assert [*found[-1]] == [*TABLES, "credd_change", "all"]
        store.execute("UPDATE customers SET annual_income = annual_income + 0.01 "
                      "WHERE customer_id = (SELECT k FROM (SELECT MIN(customer_id) AS k FROM customers) AS x)")
        other = credd.digests()
        assert found[-1]["customers"] != other["customers"]
        assert found[-1]["market_data"] == other["market_data"]
    assert found[0] == found[1]


def test_steps_of_an_hour(store, daemon, figures):
    credd = daemon(store, sections()).start()
    credd.built()
    before = store.counts()
    steps = 0
    began = time.monotonic()
    for at in range(START + HOUR, END + 1, HOUR):
        credd.call_all("Advance", {"to": instant(at)})
        steps += 1
    took = time.monotonic() - began
    figures("steps of an hour", f"{steps} in {took:.1f} s, {1000 * took / steps:.2f} ms each")
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump(), store.kind)


@pytest.mark.parametrize("seed", (1, 2))
def test_random_steps(store, daemon, figures, seed):
    """The clock moves alone; streams are refreshed one by one in random order, some paused for weeks."""
    rng = random.Random(seed)
    credd = daemon(store, sections()).start()
    credd.built()
    before = store.counts()
    at, steps, refreshed, pauses = START, 0, 0, 0
    paused = {}
    while at < END:
        at = min(END, at + int(60 * 10 ** rng.uniform(0, 4)))
        credd.call_all("Advance", {"to": instant(at), "clock_only": True})
        steps += 1
        for name in [name for name, until in paused.items() if until <= at]:
            credd.call("Resume", {"streams": [name]})
            del paused[name]
        if len(paused) < 2 and rng.random() < 0.05:
            name = rng.choice([name for name in STREAMS if name not in paused])
            credd.call("Pause", {"streams": [name]})
            paused[name] = at + rng.randrange(7 * DAY, 40 * DAY)
            pauses += 1
        for name in rng.sample(STREAMS, rng.randrange(0, 4)):
            held = name in paused or ("customers" in paused and name != "market_data")
            if not held:
                credd.call_all("Refresh", {"streams": [name]})
                refreshed += 1
    for name in paused:
        credd.call("Resume", {"streams": [name]})
    credd.advance_to(END)
    figures("random steps, refreshes, pauses", (steps, refreshed, pauses))
    assert pauses >= scaled(3, 1) and refreshed >= scaled(20, 3)
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump(), store.kind)
    credd.assert_sound()


def live_with_acts(credd, step):
    """The same acts at the same world times, delivered in steps of `step`."""
    def go(until):
        at = seconds(credd.status()["clock"]["world"])
        while at < until:
            at = min(until, at + step)
            credd.call_all("Advance", {"to": instant(at)})

    span = (END - START) // 10
    go(START + span)
    credd.must("tempo", "loan_applications", "6")
    credd.must("tempo", "customers", "3")
    go(START + 2 * span)
    credd.must("tempo", "customers", "0")
    go(START + 3 * span)
    credd.must("tempo", "loan_applications", "1")
    credd.must("tempo", "customers", "1")
    credd.must("pause", "market_data", "credit_history")
    credd.call_all("Advance", {"to": instant(START + 5 * span), "clock_only": True})
    credd.must("resume", "market_data", "--skip")
    credd.must("resume", "credit_history")
    credd.must("pause", "loan_applications")
    credd.call_all("Advance", {"to": instant(START + 6 * span), "clock_only": True})
    credd.must("resume", "loan_applications", "--skip")
    go(END)


def test_recorded_acts_count_not_their_delivery(folder, mariadb, daemon, figures):
    dumps = []
    for store, name, step in ((SqliteStore(folder), "s", 400 * DAY), (mariadb.create(), "m", 11 * HOUR)):
        credd = daemon(store, sections(), name).start()
        credd.built()
        before = store.counts()
        live_with_acts(credd, step)
        assert_lived(store, before)
        credd.assert_sound()
        dumps.append(store.dump())
    assert_same(dumps[0], dumps[1], "one step and steps of 11 h")
    plain = undisturbed()
    figures("applications with and without acts", (len(dumps[0]["loan_applications"]), len(plain["loan_applications"])))
    assert digest(dumps[0])["loan_applications"] != digest(plain)["loan_applications"]
    assert len(dumps[0]["market_data"]) < len(plain["market_data"])


def test_delaying_one_stream_changes_no_other(store, daemon):
    """The market never delivered: what the others write is the same, though they need rates and scores."""
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("pause", "market_data", "credit_history")
    credd.advance_to(MIDDLE)
    plain, here = undisturbed(end=MIDDLE), store.dump()
    for table in ("customers", "financial_records", "loan_applications", "credd_status"):
        assert plain[table] == here[table], table
    assert len(here["market_data"]) < len(plain["market_data"])


def test_zone_that_skips_a_day(folder, daemon):
    """Samoa went without Friday 2011-12-30: no business day for anybody, whatever the slicing."""
    begin, end = seconds("2011-12-20T12:00:00Z"), seconds("2012-01-10T12:00:00Z")
    dumps = []
    for name, step in (("one", 400 * DAY), ("hours", HOUR)):
        store = SqliteStore(folder, f"{name}.sqlite")
        zone = {"timezone": "Pacific/Apia", "start": instant(begin)}
        credd = daemon(store, world(customers=100, clock=zone), name).start()
        credd.built()
        for at in range(begin, end, step):
            credd.call_all("Advance", {"to": instant(min(end, at + step))})
        credd.assert_sound()
        assert store.count("market_data", "date_recorded = '2011-12-29'") > 100
        assert store.count("market_data", "date_recorded = '2011-12-30'") == 0
        dumps.append(store.dump())
    assert_same(dumps[0], dumps[1], "one advance and steps of an hour")
    after = SqliteStore(folder, "after.sqlite")
    zone["start"] = instant(end)
    credd = daemon(after, world(customers=100, clock=zone), "after").start()
    credd.built()
    credd.assert_sound()
    assert after.count("market_data", "data_type = 'treasury_10y'") == 100


def test_other_seed_other_world(store, daemon):
    """The comparison could fail: another seed gives other rows in every table."""
    credd = daemon(store, sections(seed=43)).start()
    credd.built()
    plain = undisturbed(end=START + DAY)
    credd.advance_to(START + DAY)
    here = digest(store.dump())
    other = digest(plain)
    assert all(here[table] != other[table] for table in LIVED)
