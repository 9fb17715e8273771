"""credd's own tables damaged, value by value: told by name with the way out, once, and not a row is written for it."""
import random
import re
import time

import pytest

from credd_testing import world

OWN = ("credd_world", "credd_stream", "credd_act", "credd_gap")
BIG = 9223372036854775807
# Row of credd_world, what somebody writes there, what credd says. Ranges first, then what only a checksum tells.
PAIRS = (
    ("clock_speed", "-5", "clock_speed"), ("clock_speed", "1000000000001", "clock_speed"), ("clock_speed", "fast", "clock_speed"),
    ("seed", "x", "seed"), ("seed", "-1", "seed"), ("origin", "2145916800", "origin"), ("origin", "0", "origin"),
    ("customers", "0", "customers"), ("customers", str(BIG), "customers"), ("customer_growth", "-1", "customer_growth"),
    ("clock_reached_us", str(BIG), "clock_reached_us"), ("clock_anchor_world_us", "-1", "clock_anchor_world_us"),
    ("clock_anchor_wall_us", str(BIG), "clock_anchor_wall_us"), ("clock_seen_us", str(-BIG), "clock_seen_us"),
    ("clock_paused", "2", "clock_paused"), ("clock_held", "", "clock_held"), ("timezone", "", "timezone"), ("id", "w2", "w2"),
    ("seed", "43", "checksum"), ("customers", "41", "checksum"), ("clock_speed", "1000000", "checksum"),
    ("clock_paused", "1", "checksum"), ("clock_anchor_world_us", "2145916799000000", "checksum"),
    ("clock_reached_us", "2145916799000000", "checksum_seen"), ("timezone", "Europe/Berlin", "checksum"),
)
# A statement, and what credd says.
STATEMENTS = (
    ("UPDATE credd_stream SET watermark = 2147483648 WHERE name = 'market_data'", "watermark of market_data"),
    ("UPDATE credd_stream SET watermark = 9007199254740992 WHERE name = 'customers'", "watermark of customers"),
    ("UPDATE credd_stream SET watermark = 2145916799 WHERE name = 'customers'", "watermark of customers"),
    ("UPDATE credd_stream SET watermark = 0 WHERE name = 'credit_history'", "watermark of credit_history"),
    ("UPDATE credd_stream SET generation = 5 WHERE name = 'market_data'", "generation of market_data"),
    ("UPDATE credd_stream SET generation = generation + 1", "checksum"),
    ("UPDATE credd_stream SET generation = -generation", "generation of"),
    ("UPDATE credd_stream SET started = 0 WHERE name = 'market_data'", "started of market_data"),
    ("UPDATE credd_stream SET started = 7 WHERE name = 'market_data'", "started of 'market_data'"),
    ("UPDATE credd_stream SET row_count = -1 WHERE name = 'customers'", "row_count of customers"),
    ("UPDATE credd_stream SET not_before = 4000000000 WHERE name = 'customers'", "not_before of customers"),
    ("UPDATE credd_stream SET paused_wall_us = -1 WHERE name = 'customers'", "paused_wall_us of customers"),
    ("UPDATE credd_stream SET paused = 1 WHERE name = 'customers'", "checksum"),
    ("UPDATE credd_stream SET world_id = 'other' WHERE name = 'customers'", "world_id of customers"),
    ("UPDATE credd_stream SET name = 'sheep' WHERE name = 'customers'", "sheep"),
    ("DELETE FROM credd_stream WHERE name = 'financial_records'", "financial_records"),
    ("DELETE FROM credd_stream", "credd_stream has no row"),
    ("UPDATE credd_act SET at = 9223372036854775807 WHERE seq = 2", "at of act 2"),
    ("UPDATE credd_act SET at = at + 60 WHERE kind = 'tempo'", "checksum"),
    ("UPDATE credd_act SET parameters = '' WHERE kind = 'tempo'", "credd_act: act"),
    ("UPDATE credd_act SET parameters = 'stream=customers factor=99999' WHERE kind = 'tempo'", "factor"),
    ("UPDATE credd_act SET kind = 'dance' WHERE kind = 'tempo'", "dance"),
    ("UPDATE credd_act SET seq = 9223372036854775807 WHERE seq = 4", "credd_act"),
    ("UPDATE credd_act SET seq = -1 WHERE seq = 3", "credd_act: seq"),
    ("DELETE FROM credd_act WHERE seq = 3", "credd_act: after act 2"),
    ("UPDATE credd_act SET kind = 'pause' WHERE kind = 'tempo'", "credd_act: act"),
    ("DELETE FROM credd_act", "checksum"),
    ("UPDATE credd_gap SET until_at = 9223372036854775807", "until_at of"),
    ("UPDATE credd_gap SET until_at = from_at - 1", "credd_gap"),
    ("UPDATE credd_gap SET stream = 'sheep'", "sheep"),
    ("UPDATE credd_gap SET until_at = until_at + 1", "checksum"),
    ("DELETE FROM credd_gap", "checksum"),
)
DAMAGES = tuple((f"UPDATE credd_world SET value = '{value}' WHERE name = '{name}'", word) for name, value, word in PAIRS) + STATEMENTS


def literal(value):
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


class Kept:
    """The rows of credd's own tables, to be put back."""

    def __init__(self, store):
        self.store = store
        self.rows = {table: store.query(f"SELECT * FROM {table}") for table in OWN}

    def put_back(self):
        statements = []
        for table, rows in self.rows.items():
            statements.append(f"DELETE FROM {table}")
            statements.append(f"INSERT INTO {table} VALUES " + ", ".join(
                "(" + ", ".join(map(literal, row)) + ")" for row in rows))
        self.store.execute("BEGIN", *statements, "COMMIT")


def a_world_with_a_past(store, daemon, **more):
    """Acts that the model goes by, a gap, and everything delivered up to where the clock stands."""
    credd = daemon(store, world(customers=30, **more)).start()
    credd.built()
    credd.must("advance", "2d")
    credd.must("tempo", "customers", "20")
    credd.must("tempo", "loan_applications", "5", "--for", "1d")
    credd.must("pause", "market_data")
    credd.must("advance", "1d")
    credd.must("resume", "market_data", "--skip")
    credd.must("advance", "1d")
    return credd


def is_told(credd, word):
    status = credd.wait(lambda s: s["database"]["state"] not in ("connecting", "ready"), f"word of {word}", 20)
    assert status["database"]["state"] == "down" and word in status["database"]["detail"], status["database"]
    return status["database"]["detail"]


def counts(store):
    return {table: count for table, count in store.counts().items() if not table.startswith("credd_")}


def test_each_value_damaged_while_the_daemon_is_down(store, daemon, figures):
    credd = a_world_with_a_past(store, daemon)
    credd.stop()
    kept, before = Kept(store), counts(store)
    for damage, word in DAMAGES:
        assert store.execute(damage) > 0, damage
        said = len(credd.stderr())
        credd.start()
        detail = is_told(credd, word)
        result = credd.ctl("advance", "1d")
        assert result.code == 1 and word in result.err, (damage, result)
        if "dance" not in word: # that may be a later version's
            assert "DROP TABLE IF EXISTS credd_world;" in detail, (damage, detail)
        credd.stop()
        told = re.findall("database (?:down|ready|foreign).*", credd.stderr()[said:])
        assert len(told) == 1, (damage, told)
        assert counts(store) == before, damage
        kept.put_back()
    credd.start()
    credd.built()
    credd.must("advance", "1d")
    credd.assert_sound()
    figures(f"damages of credd's own rows, {store.kind}", f"{len(DAMAGES)}, all named, 0 rows written")


def is_one_state(credd, store, damage, word):
    """Seen at the next look, told in one line with the way out, neither ready nor foreign in turn."""
    before, said = counts(store), len(credd.stderr())
    store.execute(damage)
    at = time.monotonic()
    detail = is_told(credd, word)
    seen = time.monotonic() - at
    assert "DROP TABLE IF EXISTS credd_world;" in detail, detail
    time.sleep(1.6)  # several tries to connect
    told = credd.stderr()[said:].splitlines()
    assert len(told) == 1 and word in told[0] and "DROP TABLE IF EXISTS credd_world;" in told[0], told
    assert credd.ctl("reset", "--yes").code == 1 and credd.ctl("verify").code == 1
    assert counts(store) == before
    return detail, f"told after {seen:.1f} s, in 1 line"


def test_damage_under_a_running_daemon_is_one_state(store, daemon, figures):
    """Put back, it goes on, running or started anew; dropped, there is a new world."""
    credd = a_world_with_a_past(store, daemon)
    kept = Kept(store)
    _, figure = is_one_state(credd, store, "UPDATE credd_stream SET generation = generation + 1", "checksum")
    figures(f"generation changed, {store.kind}", figure)
    if store.kind == "sqlite":  # it takes a while to be believed
        kept.put_back()
        credd.wait(lambda s: s["database"]["state"] == "ready", "ready", 30)
        credd.must("advance", "1d")
        kept = Kept(store)
    else:
        credd.stop()
        kept.put_back()
        credd.start()
        credd.built()
    _, figure = is_one_state(credd, store, "DELETE FROM credd_stream WHERE name = 'customers'", "no row 'customers'")
    figures(f"row of credd_stream deleted, {store.kind}", figure)
    credd.stop()
    kept.put_back()
    credd.start()
    credd.built()
    credd.assert_sound()
    detail, figure = is_one_state(credd, store, "DROP TABLE credd_world", "credd_world is gone")
    figures(f"credd_world dropped, {store.kind}", figure)
    store.execute(*re.findall("DROP TABLE IF EXISTS [a-z_]+;", detail), checks=False)
    credd.built()
    credd.must("advance", "1d")
    credd.assert_sound()


def test_a_speed_that_cannot_be_does_not_outlive_a_reset(store, daemon):
    """What is written under a running daemon is not taken over: its next change writes the clock that it knows."""
    credd = a_world_with_a_past(store, daemon)
    store.execute("UPDATE credd_world SET value = '-5' WHERE name = 'clock_speed'")
    credd.must("reset", "--seed", 5, "--yes")
    credd.built()
    assert store.query("SELECT value FROM credd_world WHERE name = 'clock_speed'")[0][0] == "0"
    credd.assert_sound()


def test_a_world_without_checksums_goes_on_and_gets_them(store, daemon):
    """As an older version wrote it."""
    credd = a_world_with_a_past(store, daemon)
    credd.stop()
    store.execute("DELETE FROM credd_world WHERE name LIKE 'checksum%'")
    credd.start()
    credd.built()
    credd.must("advance", "1d")
    assert store.count("credd_world", "name LIKE 'checksum%'") == 2
    credd.assert_sound()


def random_damage(rng, store):
    """One value of one row, or a row, or all of a column."""
    table = rng.choice(OWN)
    if table == "credd_world":
        name, value = rng.choice(store.query("SELECT name, value FROM credd_world"))
        return f"UPDATE credd_world SET value = {literal(mangled(rng, value))} WHERE name = '{name}'"
    columns = COLUMNS_OF[table]
    key = columns[0]
    row = rng.choice(store.query(f"SELECT * FROM {table} ORDER BY 1"))
    if rng.random() < 0.1:
        return f"DELETE FROM {table} WHERE {key} = {literal(row[0])}"
    place = rng.randrange(len(columns))
    value = mangled(rng, row[place]) if not isinstance(row[place], int) else mangled_number(rng, row[place])
    return f"UPDATE {table} SET {columns[place]} = {literal(value)} WHERE {key} = {literal(row[0])}"


COLUMNS_OF = {
    "credd_stream": ("name", "world_id", "generation", "watermark", "started", "row_count", "skip_count", "not_before", "paused",
                     "paused_at", "paused_wall_us", "resumes_wall_us", "paused_by", "reason"),
    "credd_act": ("seq", "world_id", "id", "kind", "at", "wall_us", "parameters", "uid", "pid", "user_name", "reason"),
    "credd_gap": ("stream", "from_at", "until_at", "seq"),
}


def mangled_number(rng, value):
    return rng.choice((-value, value + 1, value - 1, value + rng.randrange(-10**6, 10**6), rng.getrandbits(62), -1, 0, 1, BIG, -BIG,
                       1 << 53, 2147483648))


def mangled(rng, text):
    if text.lstrip("-").isdigit() and rng.random() < 0.7:
        return str(mangled_number(rng, int(text)))[:40]
    place = rng.randrange(len(text) + 1)
    return rng.choice(("", text[:place] + rng.choice("x7-= ") + text[place:], text[:place] + text[place + 1:], text + text))[:40]


@pytest.mark.parametrize("rounds", (25, pytest.param(1000, marks=pytest.mark.long)))
def test_random_damage(store, daemon, figures, rounds):
    """Told, or harmless: then all that comes is as if nothing had been done. Never a crash, never a wrong row."""
    rng = random.Random(14)
    credd = a_world_with_a_past(store, daemon)
    credd.stop()
    kept, before = Kept(store), counts(store)
    told = harmless = lines = 0
    for _ in range(rounds):
        damage = random_damage(rng, store)
        try:
            if not store.execute(damage):
                continue
        except Exception:  # a key that is there already, a value that the column rejects
            continue
        said = len(credd.stderr())
        credd.start()
        status = credd.wait(lambda s: s["database"]["state"] != "connecting" and not s["job"], "an answer", 20)
        if status["database"]["state"] == "ready":
            harmless += 1
            result = credd.ctl("refresh")
            assert result.code in (0, 1), (damage, result)
        else:
            told += 1
            assert status["database"]["state"] == "down" and "credd_" in status["database"]["detail"], (damage, status)
        credd.stop()
        lines = max(lines, len(re.findall("database (?:down|foreign).*", credd.stderr()[said:])))
        assert counts(store) == before, damage
        kept.put_back()
    credd.start()
    credd.built()
    credd.must("advance", "1d")
    credd.assert_sound()
    assert lines <= 1
    figures(f"random damages, {store.kind}", f"{told + harmless}: {told} told, {harmless} without effect, 0 crashes, 0 rows written")
