"""Promise 6: only what is ours."""
import hashlib
import random
import re
import time

import pytest

from credd_stores import COLUMNS, TABLES, SqliteStore
from credd_testing import scaled, world

TYPES = {"text": "VARCHAR(50)", "date": "DATE", "time": "TIMESTAMP", "integer": "INTEGER"}
EXACT = {
    "customers": "customer_id VARCHAR(50) PRIMARY KEY, first_name VARCHAR(50), last_name VARCHAR(50), "
                 "email VARCHAR(100), phone VARCHAR(20), date_of_birth DATE, ssn VARCHAR(11), address TEXT, "
                 "city VARCHAR(50), state VARCHAR(2), zip_code VARCHAR(10), employment_type VARCHAR(50), "
                 "annual_income DECIMAL(12,2), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    "financial_records": "record_id VARCHAR(50) PRIMARY KEY, customer_id VARCHAR(50), record_type VARCHAR(50), "
                         "amount DECIMAL(12,2), description TEXT, record_date DATE, "
                         "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    "loan_applications": "application_id VARCHAR(50) PRIMARY KEY, customer_id VARCHAR(50), loan_type VARCHAR(50), "
                         "requested_amount DECIMAL(12,2), term_months INTEGER, purpose VARCHAR(100), "
                         "status VARCHAR(20), application_date DATE, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    "market_data": "data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), value DECIMAL(10,4), "
                   "date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    "credit_history": "history_id VARCHAR(50) PRIMARY KEY, customer_id VARCHAR(50), credit_score INTEGER, "
                      "payment_history VARCHAR(50), credit_utilization DECIMAL(5,2), record_date DATE, "
                      "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
}
SMALL = {"customers": 40}


def fingerprint(store):
    """All that a foreign database is: the file's bytes, or the server's checksums and definitions."""
    if store.kind == "sqlite":
        beside = sorted(path.name for path in store.path.parent.glob(store.path.name + "*"))
        return hashlib.sha256(store.path.read_bytes()).hexdigest(), beside
    tables = store.tables()
    return [(name, store.query(f"CHECKSUM TABLE {name}")[0][1], store.query(f"SHOW CREATE TABLE {name}")[0][1])
            for name in tables]


def settle(credd, state):
    return credd.wait(lambda s: s["database"]["state"] == state, state, 30)


@pytest.mark.parametrize("damage", (
    "DELETE FROM credd_world WHERE name = 'clock_speed'", "UPDATE credd_world SET value = 'x' WHERE name = 'seed'",
    "ALTER TABLE credd_stream DROP COLUMN not_before", "DROP TABLE credd_act", "DELETE FROM credd_world WHERE name = 'id'"))
def test_damaged_world_is_left_alone_and_the_way_out_is_told(store, daemon, damage):
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    old = credd.status()["world"]["id"]
    credd.stop()
    store.execute(damage)
    credd.start()
    status = credd.wait(lambda s: "DROP TABLE" in s["database"]["detail"], "word of the damage", 30)
    assert status["database"]["state"] in ("down", "foreign")
    assert store.count("customers") == 40
    store.execute(*re.findall("DROP TABLE IF EXISTS [a-z_]+;", status["database"]["detail"]))
    status = credd.wait(lambda s: s["world"] and s["world"]["id"] != old and not s["job"]
                        and s["database"]["state"] == "ready", "a new world", 30)
    assert store.counts()["customers"] == 40
    credd.assert_sound()


@pytest.mark.parametrize("table", ("credd_status", "credd_change", "credd_act", "credd_gap", "credd_stream"))
def test_a_table_dropped_under_a_running_daemon(store, daemon, table):
    """What is in hand fails, one message says what is missing and the way out, and taking it leads out."""
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    old = credd.status()["world"]["id"]
    store.execute(f"DROP TABLE {table}")
    result = credd.ctl("advance", "30d", timeout=30)
    assert result.code == 1, result
    status = credd.wait(lambda s: s["database"]["state"] == "down" and not s["job"], "down", 30)
    assert table in status["database"]["detail"], status["database"]
    assert "DROP TABLE IF EXISTS credd_world;" in status["database"]["detail"], status["database"]
    time.sleep(2)
    told = re.findall("database down: .*", credd.stderr())
    assert len(told) == 1 and table in told[0] and "DROP TABLE IF EXISTS credd_world;" in told[0], credd.stderr()
    assert credd.ctl("verify").code == 1
    result = credd.ctl("reset", "--yes", timeout=30)
    assert result.code == 1 and table in result.err, result
    store.execute(*re.findall("DROP TABLE IF EXISTS [a-z_]+;", status["database"]["detail"]), checks=False)
    credd.wait(lambda s: s["world"] and s["world"]["id"] != old and not s["job"]
               and s["database"]["state"] == "ready", "a new world", 30)
    credd.must("advance", "1d")
    credd.assert_sound()


@pytest.mark.parametrize("damage, named", (("watermark = 'abc'", "abc"), ("world_id = 'x'", "credd_stream")))
def test_a_damaged_stream_is_named(folder, daemon, damage, named):
    """Not "others keep changing the world" for ever; put right, the world goes on."""
    store = SqliteStore(folder)
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    [row] = store.query("SELECT watermark, world_id FROM credd_stream WHERE name = 'customers'")
    store.execute(f"UPDATE credd_stream SET {damage} WHERE name = 'customers'")
    result = credd.ctl("advance", "1d", timeout=30)
    assert result.code == 1 and named in result.err + credd.status()["database"]["detail"], result
    credd.wait(lambda s: s["database"]["state"] == "down", "down", 30)
    if "watermark" in damage:
        verified = credd.ctl("verify")
        assert verified.code == 1 and "abc" in verified.out + verified.err, verified
    store.execute(f"UPDATE credd_stream SET watermark = {row[0]}, world_id = '{row[1]}' WHERE name = 'customers'")
    credd.wait(lambda s: s["database"]["state"] == "ready", "ready", 60)
    credd.must("advance", "1d")
    credd.assert_sound()


@pytest.mark.parametrize("table", TABLES)
def test_foreign_table_is_left_alone(store, daemon, table):
    store.execute(f"CREATE TABLE {table} ({EXACT[table]})",
                  f"INSERT INTO {table} ({COLUMNS[table][0][0]}) VALUES ('PRECIOUS-1')")
    before = fingerprint(store)
    credd = daemon(store, world(**SMALL)).start()
    status = settle(credd, "foreign")
    assert table in status["database"]["detail"], status["database"]
    for args in (("reset", "--yes"), ("adopt",), ("advance", "1d"), ("refresh",)):
        result = credd.ctl(*args)
        assert result.code == 1, (args, result)
        assert result.err.strip(), args
    assert credd.ctl("status").code == 0
    credd.stop()
    assert fingerprint(store) == before


def test_foreign_with_other_columns(store, daemon):
    """A table of that name that looks quite different, empty: not adopted either."""
    store.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(10))")
    before = fingerprint(store)
    credd = daemon(store, world(**SMALL)).start()
    settle(credd, "foreign")
    result = credd.ctl("adopt")
    assert result.code == 1 and "customers" in result.err, result
    credd.stop()
    assert fingerprint(store) == before


def test_a_marker_taken_away_stops_everything(store, daemon):
    """Read again inside every destructive operation: without it a reset does nothing."""
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    store.execute("DROP TABLE credd_meta")
    before = store.dump()
    result = credd.ctl("reset", "--seed", 5, "--yes")
    assert result.code == 1, result
    assert store.dump() == before


@pytest.mark.parametrize("how", ("DROP TABLE credd_meta", "DELETE FROM credd_meta"))
def test_a_marker_taken_away_under_a_running_daemon(store, daemon, how):
    """Neither an advance nor a schedule writes on; it is seen without being asked, and undone goes on."""
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    definition = store.query("SELECT name, value FROM credd_meta")
    store.execute(how)
    before = store.dump()
    result = credd.ctl("advance", "1d")
    assert result.code == 1 and ("marker" in result.err or "no marker" in result.err), result
    settle(credd, "foreign")
    assert credd.ctl("advance", "1d").code == 1
    assert store.dump() == before
    assert credd.stderr().count("database foreign") == 1, credd.stderr()
    assert re.search("database foreign: .* marker .*DROP TABLE IF EXISTS credd_world;", credd.stderr()), credd.stderr()
    if how.startswith("DELETE"):
        store.execute(*[f"INSERT INTO credd_meta (name, value) VALUES ('{name}', '{value}')" for name, value in definition])
        credd.wait(lambda s: s["database"]["state"] == "ready", "ready", 30)
        credd.must("advance", "1d")
        credd.assert_sound()


def test_a_marker_taken_away_is_seen_by_itself(store, daemon):
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    store.execute("DELETE FROM credd_meta")
    settle(credd, "foreign")


def test_other_tables_are_no_obstacle(store, daemon):
    """A database that has other tables, none of the five, is vacant; those tables are never touched."""
    store.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, what VARCHAR(20))", "INSERT INTO orders VALUES (1, 'x')")
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    credd.must("reset", "--seed", 5, "--yes")
    credd.must("advance", "5d")
    assert store.query("SELECT * FROM orders") == [(1, "x")]


@pytest.mark.parametrize("tables", (TABLES, ("market_data",)))
def test_empty_matching_tables_are_adopted(store, daemon, tables):
    for table in TABLES:
        if table in tables:
            store.execute(f"CREATE TABLE {table} ({EXACT[table]})")
    before = fingerprint(store)
    credd = daemon(store, world(**SMALL)).start()
    settle(credd, "foreign")
    assert fingerprint(store) == before
    credd.must("adopt")
    credd.built()
    credd.must("advance", "5d")
    credd.assert_sound()
    assert store.count("customers") >= SMALL["customers"]


@pytest.mark.parametrize("store, what", (("sqlite", "foreign key"), ("mariadb", "foreign key"), ("mariadb", "trigger")),
                         indirect=["store"])
def test_reset_is_refused_where_others_hang_on(store, daemon, what):
    """(SQLite's triggers are carried over.)"""
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    if what == "foreign key":
        store.execute("CREATE TABLE their_notes (id INTEGER PRIMARY KEY, customer_id VARCHAR(50), "
                      "CONSTRAINT their_key FOREIGN KEY (customer_id) REFERENCES customers (customer_id))")
        name = "their_notes"
    else:
        store.execute("CREATE TRIGGER their_trigger AFTER INSERT ON customers FOR EACH ROW SET @x = 1")
        name = "their_trigger"
    old = credd.status()["world"]["id"]
    result = credd.ctl("reset", "--seed", 5, "--yes")
    assert result.code == 1 and name in result.err, result
    assert credd.status()["world"]["id"] == old
    credd.must("advance", "2d")
    store.execute("DROP TABLE their_notes" if what == "foreign key" else "DROP TRIGGER their_trigger")
    credd.must("reset", "--seed", 5, "--yes")


def test_a_kill_during_the_very_first_start_never_locks_out(store, daemon, figures):
    rng = random.Random(6)
    credd = daemon(store, world(customers=300))
    kills = scaled(16, 6)
    for number in range(kills):
        credd.start(ready=False)
        time.sleep(rng.uniform(0, 0.02) if number % 2 else rng.uniform(0, 0.15))
        credd.kill()
    credd.start()
    credd.built()
    figures("kills during the very first start", kills)
    credd.must("reset", "--seed", 5, "--yes")
    credd.assert_sound()


def test_sqlite_file_of_someone_else(folder, daemon):
    """Not an SQLite file at all: nothing is written to it."""
    store = SqliteStore(folder)
    store.path.write_bytes(b"precious notes, not a database\n" * 100)
    before = store.path.read_bytes()
    credd = daemon(store, world(**SMALL)).start()
    status = credd.wait(lambda s: s["database"]["state"] not in ("connecting", "ready"), "a refusal", 30)
    assert status["database"]["detail"]
    assert credd.ctl("reset", "--yes").code == 1
    credd.stop()
    assert store.path.read_bytes() == before
