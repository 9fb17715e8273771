"""Promise 11: your tables stay yours. Tables of the application's are adopted as they are, and what differs in them is told."""
import json

import pytest

from credd_migrations import AddWithoutDefault, sections, undisturbed
from credd_stores import TABLES, assert_same
from credd_testing import instant
from credd_worlds import START
from test_promise_11 import STEP
from test_promise_6 import EXACT, fingerprint, settle

# Each of the five, with columns of its own in the midst, another order and wider types.
ADDED = {
    "customers": "tenant INT NOT NULL DEFAULT 7, " + EXACT["customers"].replace("VARCHAR(50)", "VARCHAR(80)").replace(
        "annual_income DECIMAL(12,2)", "note VARCHAR(9), annual_income DECIMAL(20,4)"),
    "financial_records": "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, " + EXACT["financial_records"].replace(
        ", created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP", ", kind VARCHAR(99) AS (record_type)"),
    "loan_applications": EXACT["loan_applications"].replace("term_months INTEGER", "term_months BIGINT, company INT NOT NULL"),
    "market_data": EXACT["market_data"].replace("source VARCHAR(100)", "source VARCHAR(100) DEFAULT 'none'"),
    "credit_history": "id INTEGER NOT NULL PRIMARY KEY AUTO_INCREMENT, " + EXACT["credit_history"].replace("PRIMARY KEY", "UNIQUE"),
}
FILL = {"table loan_applications": {"fill": "company:8"}}


def adoptable(store):
    for table in TABLES:
        made = ADDED[table].replace("AUTO_INCREMENT", "AUTOINCREMENT") if store.kind == "sqlite" else ADDED[table]
        store.execute(f"CREATE TABLE {table} ({made})")
    store.execute("CREATE INDEX theirs ON market_data (source)")


def notes_of(credd):
    """What verify tells of how the tables are defined: table, part and text of each."""
    result = credd.ctl("--json", "verify")
    replies = [json.loads(line) for line in result.out.splitlines()]
    found = [reply["finding"] for reply in replies if "finding" in reply]
    notes = [(one["table"], one["key"], one["text"]) for one in found if one["check"] == "schema"]
    assert all(one["note"] for one in found if one["check"] == "schema")
    return notes


def has(notes, table, part, text):
    return any(one[:2] == (table, part) and text in one[2] for one in notes)


def test_tables_that_were_added_to_are_adopted(store, daemon):
    """As they are: what was added is in the first world, in those after it, and in verify's notes."""
    adoptable(store)
    before = fingerprint(store)
    credd = daemon(store, sections()).start()
    settle(credd, "foreign")
    asked = credd.ctl("adopt")
    assert asked.code == 1 and "loan_applications.company must have a value" in asked.err, asked
    assert "'credctl adopt --check'" in asked.err and "fill = company:" in asked.err.replace("\n", " "), asked
    checked = credd.ctl("adopt", "--check")
    assert checked.code == 1 and "problem  loan_applications.company " in checked.out, checked
    assert checked.out.count("problem  ") == 1 and "1 problem prevents" in checked.out, checked
    assert fingerprint(store) == before
    credd.sections |= FILL
    credd.write_config()
    credd.must("reload")
    checked = credd.ctl("adopt", "--check")
    assert checked.code == 0 and "no problems; " in checked.out and "filled with 8" in checked.out, checked
    assert fingerprint(store) == before
    credd.must("adopt")
    credd.built()
    end = START + STEP
    for _ in range(2):
        credd.advance_to(end)
        assert_same(undisturbed(end), store.dump(), store.kind)
        assert store.query("SELECT DISTINCT tenant, note FROM customers") == [(7, None)]
        assert store.query("SELECT DISTINCT company FROM loan_applications") == [(8,)]
        assert store.count("financial_records", "kind <> record_type") == 0
        notes = notes_of(credd)
        assert has(notes, "customers", "tenant", "was added") and has(notes, "market_data", "theirs", "an index on (source)")
        assert has(notes, "credit_history", "id", ", numbered") and store.count("credit_history", "id IS NULL") == 0
        assert has(notes, "customers", "annual_income", "where credd has DECIMAL(12,2)")
        assert not any("is missing" in text for _, _, text in notes), notes
        credd.assert_sound()
        credd.must("reset", "--yes")
    store.execute("DELETE FROM customers WHERE customer_id = (SELECT customer_id FROM (SELECT MIN(customer_id) AS customer_id "
                  "FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM loan_applications)) AS one)", checks=False)
    credd.advance_to(end)


def test_what_is_in_the_way_is_told_all_at_once(store, daemon):
    """For each table and column, and nothing is changed for it."""
    store.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, customer_id INT NOT NULL, email VARCHAR(100))",
                  f"CREATE TABLE market_data ({EXACT['market_data']}, tenant INT NOT NULL, kind INT DEFAULT 1)",
                  "INSERT INTO market_data (data_id, tenant) VALUES ('theirs', 1)",
                  "CREATE TABLE orders (data_id VARCHAR(50), FOREIGN KEY (data_id) REFERENCES market_data (data_id))")
    before = fingerprint(store)
    credd = daemon(store, sections()).start()
    settle(credd, "foreign")
    checked = credd.ctl("--json", "adopt", "--check")
    [reply] = [json.loads(line) for line in checked.out.splitlines()]
    blocks = {(one["table"], one["part"]): one["text"] for one in reply["differences"] if one["in_the_way"]}
    missing = {name.split()[0] for name in EXACT["customers"].split(", ")} - {"customer_id", "email"}
    assert checked.code == 1
    assert {part for table, part in blocks if table == "customers"} - {"id"} == {"customer_id", *missing}, blocks
    assert {part for table, part in blocks if table == "market_data"} == {"tenant", ""}, blocks
    assert "must have a value and has no default" in blocks["market_data", "tenant"]
    assert "is not empty" in blocks["market_data", ""] and "orders" in blocks["", ""], blocks
    assert {one["part"] for one in reply["differences"] if one["table"] == "market_data" and not one["in_the_way"]} >= {"kind"}
    shown = credd.ctl("adopt", "--check")
    assert shown.code == 1 and shown.out.count("problem  ") == len(
        [one for one in reply["differences"] if one["in_the_way"]]), shown
    asked = credd.ctl("adopt")
    assert asked.code == 1 and "'credctl adopt --check'" in asked.err and " more; " in asked.err, asked
    assert fingerprint(store) == before and credd.status()["database"]["state"] == "foreign"


def test_there_is_nothing_to_check_in_a_database_of_credds(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    asked = credd.ctl("adopt", "--check")
    assert asked.code == 1 and "there is nothing to adopt" in asked.err, asked
    credd.advance_to(START + STEP)


def test_verify_notes_what_differs(store, daemon):
    """Without a finding, and with nothing to say of a world that nobody touched."""
    credd = daemon(store, sections(**{"table customers": {"fill": "tenant:7"}})).start()
    credd.built()
    assert notes_of(credd) == [("customers", "tenant", "is not there, and fill in the section [table customers] of the "
                                "configuration names it: rows are written without it")]
    store.execute("ALTER TABLE customers ADD COLUMN note VARCHAR(9)", "CREATE INDEX theirs ON customers (city)",
                  "ALTER TABLE credd_status ADD COLUMN note VARCHAR(9) DEFAULT 'x'")
    store.execute("DROP INDEX credd_series" if store.kind == "sqlite" else "DROP INDEX credd_series ON market_data")
    if store.kind == "mariadb":
        store.execute("ALTER TABLE customers MODIFY city VARCHAR(80) DEFAULT 'nowhere', ADD CONSTRAINT old CHECK (city <> '')")
    notes = notes_of(credd)
    expected = [("customers", "note", "was added: "), ("customers", "theirs", "was added: an index on (city)"),
                ("credd_status", "note", "was added: "), ("market_data", "credd_series", "is missing: an index on ")]
    if store.kind == "mariadb":
        expected += [("customers", "city", "is varchar(80) where credd has VARCHAR(50)"), ("customers", "old", "a CHECK"),
                     ("customers", "city", "has the default 'nowhere'; credd's has none")]
    for one in expected:
        assert has(notes, *one), (one, notes)
    credd.assert_sound()
    assert "no findings" in credd.must("verify")


@pytest.mark.parametrize("table", ("customers", "market_data"))
def test_rows_that_were_never_written_are_not_deleted_by_others(store, daemon, table):
    """A stream that its table has stopped, as the world goes on around it, and rows that others did delete."""
    credd = daemon(store, sections()).start()
    credd.built()
    AddWithoutDefault(table).make(store)
    assert credd.ctl("advance", "--to", instant(START + STEP)).code == 1
    assert [one["check"] for one in credd.findings()] == ["stopped"]
    assert "deleted outside credd" not in credd.ctl("verify").out
    assert any(one[:2] == (table, "tenant") and "must have a value and has no default" in one[2] for one in notes_of(credd))
    store.execute("DELETE FROM credit_history WHERE history_id = (SELECT history_id FROM (SELECT MIN(history_id) AS history_id "
                  "FROM credit_history) AS first)")
    assert "1 row was deleted outside credd" in credd.ctl("verify").out
