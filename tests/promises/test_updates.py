"""Promises 1, 2, 8 and 11 with customers who move and change their work: updates of their rows, and what is told of them."""
import json
import random
import select
import signal
import subprocess
import time

import pytest

from credd_migrations import definition, rebuild, with_column
from credd_stores import SqliteStore, assert_same, wait_until
from credd_testing import LIVES, instant, scaled, seconds, world

START_TEXT = "2024-02-15T12:00:00Z"
START = seconds(START_TEXT)
DAY, HOUR = 86400, 3600
END = START + 60 * DAY
PLACE = ("address", "city", "state", "zip_code", "phone")
KILLS = scaled(12, 3)


@pytest.fixture
def lives(daemon):
    """lives(store, name): a daemon for a world whose customers change all the time, with its baseline built."""
    def make(store, name="a", seed=42, **more):
        made = world(customers=25, seed=seed, start=START_TEXT, **more)
        made["stream market_data"]["tempo"] = 0.05
        credd = daemon(store, made, name, program=LIVES).start()
        credd.built()
        return credd

    return make


@pytest.fixture
def plain(lives, folder):
    """What one advance leaves in a file, to END."""
    store = SqliteStore(folder, "plain.sqlite")
    credd = lives(store, "plain")
    before = store.count("credd_change")
    credd.advance_to(END)
    assert before > 500 and store.count("credd_change") > before + 100, "they do change"
    credd.assert_sound()
    return store.dump(), credd.digests()


def test_any_slicing(store, lives, plain):
    credd = lives(store)
    rows = credd.stream("customers")["rows"]
    assert rows == store.count("customers"), "updates are no rows"
    for at in range(START + 11 * HOUR, END + 11 * HOUR, 11 * HOUR):
        credd.call_all("Advance", {"to": instant(min(at, END)), "if_later": True})
    assert_same(plain[0], store.dump(), store.kind)
    assert credd.digests() == plain[1]
    assert credd.stream("customers")["rows"] == store.count("customers")
    credd.assert_sound()


def test_killed_again_and_again(store, lives, plain):
    rng = random.Random(1)
    credd = lives(store)
    for kill in range(KILLS):
        process = subprocess.Popen(credd.ctl_command("advance", "--to", instant(START + (kill + 1) * 4 * DAY), "--if-later"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, 0.2))
        credd.kill()
        process.wait()
        credd.start()
        credd.built()
    credd.advance_to(END)
    assert_same(plain[0], store.dump(), store.kind)
    credd.assert_sound()


def test_gaps_put_changes_off(store, folder, lives):
    """Changes that fall in a gap come at its end, however it is sliced; those of others come in their time."""
    dumps = []
    for one, name, step in ((store, "a", HOUR * 13), (SqliteStore(folder, "b.sqlite"), "b", 60 * DAY)):
        credd = lives(one, name)
        credd.advance_to(START + 5 * DAY)
        credd.must("pause", "customers")
        credd.must("advance", "--to", instant(START + 20 * DAY), "--clock-only")
        credd.must("resume", "customers", "--skip")
        for at in range(START + 20 * DAY, START + 40 * DAY, step):
            credd.advance_to(at)
        credd.advance_to(START + 40 * DAY)
        credd.assert_sound()
        dumps.append(one.dump())
    assert_same(*dumps)


def place_of(store, key):
    return store.query(f"SELECT {', '.join(PLACE)} FROM customers WHERE customer_id = %s", (key,))[0]


def changed(store, key, since):
    return [column for column, in store.query(
        "SELECT column_name FROM credd_change WHERE row_key = %s AND at > %s ORDER BY at, column_name",
        (key, since.replace("T", " ").rstrip("Z")))]


def test_an_application_has_its_way(store, lives):
    credd = lives(store)
    moved, gone = (key for key, in store.query("SELECT row_key FROM credd_change GROUP BY row_key ORDER BY COUNT(*) DESC, row_key "
                                               "LIMIT 2"))
    now = credd.status()["clock"]["world"]
    store.execute(f"UPDATE customers SET city = 'Theirs' WHERE customer_id = '{moved}'")
    left = place_of(store, moved)
    store.execute(*[f"DELETE FROM {table} WHERE customer_id = '{gone}'"
                    for table in ("financial_records", "loan_applications", "credit_history", "customers")])
    credd.advance_to(END)
    assert place_of(store, moved) == left, "credd leaves it alone, all of it"
    seen = changed(store, moved, now)
    assert seen.count("place") == 1 and not set(seen) & set(PLACE), seen
    assert {"employment_type", "annual_income"} & set(seen), "the other group goes on"
    assert not changed(store, gone, now) and not store.count("customers", f"customer_id = '{gone}'")
    skipped = credd.stream("customers")["skipped"]
    store.execute(f"UPDATE customers SET city = 'Ours?' WHERE customer_id = '{moved}'")
    credd.advance_to(END + 30 * DAY)
    assert changed(store, moved, now).count("place") == 1, "noted once"
    after = credd.stream("customers")["skipped"]
    credd.assert_sound()
    found = credd.json("verify")
    notes = [one["finding"]["text"] for one in found if "finding" in one and one["finding"]["check"] == "others"]
    assert notes == ["1 customer's address or work was changed outside credd, which leaves it alone"]
    credd.must("reset", "--yes")
    credd.built()
    assert store.count("credd_change", "column_name IN ('place', 'work')") == 0
    assert place_of(store, moved)[1] != "Ours?"
    credd.advance_to(END)
    assert set(PLACE) & set(changed(store, moved, now))
    assert after >= skipped > 0 and credd.stream("customers")["skipped"] == 0


def test_a_column_that_is_gone_stops_them(store, lives, plain):
    credd = lives(store)
    kept = store.query("SELECT customer_id, city FROM customers")
    credd.must("pause", "customers")
    store.execute("ALTER TABLE customers DROP COLUMN city")
    credd.must("resume", "customers")
    result = credd.ctl("advance", "--to", instant(END))
    assert result.code == 1 and "city" in result.err and "ADD COLUMN city VARCHAR(50)" in result.err, result
    assert credd.stream("customers")["obstacle"]
    store.execute("ALTER TABLE customers ADD COLUMN city VARCHAR(50)",
                  *[f"UPDATE customers SET city = '{city}' WHERE customer_id = '{key}'" for key, city in kept])
    credd.advance_to(END)
    assert_same(plain[0], store.dump(), store.kind)


def widen(store):
    """Types that hold more, a column between them, and a trigger that tells a table of the application's."""
    wider = {"annual_income DECIMAL(12,2)": "annual_income DECIMAL(20,4)", "city VARCHAR(50)": "city TEXT",
             "zip_code VARCHAR(10)": "zip_code VARCHAR(40)"}
    each = "" if store.kind == "sqlite" else "FOR EACH ROW"
    if store.kind == "sqlite":
        made = definition(store, "customers")
        for was, will in wider.items():
            assert was in made, made
            made = made.replace(was, will)
        rebuild(store, "customers", with_column(made, "tenant INT DEFAULT 7"))
    else:
        store.execute(f"ALTER TABLE customers ADD tenant INT DEFAULT 7 FIRST, {', '.join(f'MODIFY {one}' for one in wider.values())}")
    store.execute("CREATE TABLE audit (what VARCHAR(50))",
                  f"CREATE TRIGGER their_audit AFTER UPDATE ON customers {each} BEGIN INSERT INTO audit VALUES (NEW.customer_id); END")


def test_wider_columns_and_a_trigger(store, lives, plain):
    """With a kill in the midst, and in the world after."""
    credd = lives(store)
    widen(store)
    process = subprocess.Popen(credd.ctl_command("advance", "--to", instant(END)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = credd.stream("customers")["watermark"]
    wait_until(lambda: store.count("audit") > 0 or credd.stream("customers")["watermark"] != before, "an update")
    credd.kill()
    process.wait()
    credd.start()
    credd.advance_to(END)
    assert_same(plain[0], store.dump(), store.kind)
    assert store.count("audit") > 50
    credd.assert_sound()
    assert credd.digests() == plain[1]
    if store.kind == "mariadb":  # where a reset cannot take it along
        store.execute("DROP TRIGGER their_audit")
    credd.must("reset", "--yes")
    credd.built()
    store.execute("DELETE FROM audit")
    credd.advance_to(END)
    assert_same(plain[0], store.dump(), store.kind)
    assert store.kind == "mariadb" or store.count("audit") > 50


def test_what_was_noted_is_deleted(store, lives, plain):
    """The rows are what is changed; verify tells what of their history is not there, and a reset mends it."""
    credd = lives(store)
    gone = store.count("credd_change")
    store.execute("DELETE FROM credd_change")
    credd.advance_to(END)
    dump = store.dump()
    assert dump["customers"] == plain[0]["customers"]
    assert len(dump["credd_change"]) == len(plain[0]["credd_change"]) - gone
    result = credd.ctl("--json", "verify")
    found = [one["finding"] for one in map(json.loads, result.out.splitlines()) if "finding" in one]
    assert result.code == 1 and [(one["check"], one["text"]) for one in found] == [
        ("missing", f"{gone} changes that are due are not there")], found
    credd.must("reset", "--yes")
    credd.built()
    credd.advance_to(END)
    assert_same(plain[0], store.dump(), store.kind)
    credd.assert_sound()


def test_a_reset_says_how_far_it_is(folder, lives):
    """In rows and statuses: how many updates a world will have nobody knows before."""
    credd = lives(SqliteStore(folder))
    told = [reply["progress"] for reply in credd.call_all("Reset", {}) if "progress" in reply]
    assert [one["done"] for one in told if one["text"] == "customers"][-1] == 25
    assert all(one["done"] <= one["total"] for one in told) and len({one["total"] for one in told}) == 1


def test_export_and_watch_tell_them(store, lives):
    credd = lives(store)
    process = subprocess.Popen(credd.ctl_command("--json", "watch", "credd_change"), stdout=subprocess.PIPE, text=True)
    columns = ["table_name", "row_key", "at", "column_name", "value"]
    while not select.select([process.stdout], [], [], 0.2)[0]:  # until the watch has begun
        credd.must("advance", "3d")
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    lines = [json.loads(line) for line in process.stdout.read().splitlines()]
    assert process.wait(10) == 0 and lines[-1] == {"end": "interrupted"}
    assert first["table"] == "credd_change" and first["columns"] == columns
    assert all(row[:2] == ["customers", row[1]] for row in first["rows"])
    since = "2024-02-15T12:00:00Z"
    newer = json.loads(credd.must("export", "credd_change", "--since", since))["credd_change"]
    everything = json.loads(credd.must("export", "credd_change"))["credd_change"]
    assert list(newer[0]) == columns and 0 < len(newer) < len(everything) == store.count("credd_change")
    assert all(one["at"] >= since for one in newer)
    assert "credd_change" not in json.loads(credd.must("export"))
    told = {(row[1], row[2], row[3]) for row in first["rows"]}
    assert told <= {(one["row_key"], one["at"], one["column_name"]) for one in newer}
