"""Promise 11: your tables stay yours. Columns of the application's get the constants that the configuration gives them."""
import re

import pytest

from credd_migrations import CURED_WITHIN, AddWithoutDefault, sections, undisturbed, wait_for_all
from credd_stores import TABLES, assert_same
from credd_testing import instant
from credd_worlds import DAY, START
from test_promise_11 import STEP, assert_stopped

FILL = {f"table {table}": {"fill": "tenant:7, origin:'it''s a demo', rate : -1.50"} for table in TABLES}
FILLED = (7, "it's a demo", "-1.50")


def add_columns(store, tables=TABLES):
    for table in tables:
        for column in ("tenant INT NOT NULL DEFAULT 0", "origin VARCHAR(20)", "rate VARCHAR(9)"):
            store.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def filled(store, table, of_new="1=1"):
    return store.query(f"SELECT DISTINCT tenant, origin, rate FROM {table} WHERE {of_new}")


def after(at):
    return f"created_at > '{instant(at)[:-1].replace('T', ' ')}'"


def said_to_lack(credd, table, column):
    return len(re.findall(rf"table {table} has no column {column}, which 'fill'", credd.stderr()))


def configure(credd, **fills):
    for table, fill in fills.items():
        credd.sections[f"table {table}"] = {"fill": fill} if fill else {}
    credd.write_config()
    return credd.must("reload")


def test_filled_before_and_after_the_columns_are_there(store, daemon):
    """And over resets; a column that is missing is told once, as often as it goes missing."""
    credd = daemon(store, sections(**FILL)).start()
    credd.built()
    assert "company" not in credd.must("config")
    assert "tenant:7, origin:'it''s a demo', rate : -1.50" in credd.must("config")
    credd.advance_to(START + STEP)
    for table in TABLES:
        assert [said_to_lack(credd, table, column) for column in ("tenant", "origin", "rate")] == [1, 1, 1], credd.stderr()
    add_columns(store)
    credd.advance_to(START + 2 * STEP)
    for table in TABLES:
        assert filled(store, table, after(START + STEP)) == [FILLED], table
        assert set(filled(store, table)) == {FILLED, (0, None, None)}, table
    assert_same(undisturbed(START + 2 * STEP), store.dump(), store.kind)
    credd.must("reset", "--yes")
    credd.advance_to(START + STEP)
    for table in TABLES:
        assert filled(store, table) == [FILLED], table
    assert_same(undisturbed(START + STEP), store.dump(), store.kind)
    store.execute("ALTER TABLE customers DROP COLUMN origin")
    credd.advance_to(START + 2 * STEP)
    credd.must("reset", "--yes")
    assert said_to_lack(credd, "customers", "origin") == 2 and said_to_lack(credd, "customers", "tenant") == 1, credd.stderr()
    assert store.query("SELECT DISTINCT tenant, rate FROM customers") == [(7, "-1.50")]
    credd.must("reset", "--plain", "--yes")
    credd.advance_to(START + STEP)
    assert_same(undisturbed(START + STEP), store.dump(), store.kind)
    credd.assert_sound()


def test_a_reload_changes_the_next_batch(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    add_columns(store)
    fills = (("tenant:1", (1, None, None)), ("tenant:2, origin:''", (2, "", None)), ("", (0, None, None)),
             ("rate:1.0", (0, None, "1.0")))
    for number, (fill, row) in enumerate(fills):
        said = configure(credd, customers=fill, market_data=fill)
        assert "table customers.fill" in said, said
        credd.advance_to(START + (number + 1) * STEP)
        for table in ("customers", "market_data"):
            assert filled(store, table, after(START + number * STEP)) == [row], (fill, table)
        assert filled(store, "credit_history") == [(0, None, None)]
    assert_same(undisturbed(START + 4 * STEP), store.dump(), store.kind)


@pytest.mark.parametrize("table", ("customers", "loan_applications"))
def test_a_column_that_must_have_a_value_is_cured_by_a_fill(store, daemon, table):
    """What stopped for it comes after a reload, filled; and the column is there after a reset, filled."""
    credd = daemon(store, sections()).start()
    credd.built()
    migration = AddWithoutDefault(table)
    migration.make(store)
    now = START + STEP
    asked = credd.ctl("advance", "--to", instant(now))
    assert asked.code == 1 and f"fill = tenant:... in the section [table {table}]" in asked.err.replace("\n", " "), asked
    assert_stopped(credd, store, migration, now)
    configure(credd, **{table: "tenant:8"})
    wait_for_all(credd, now)
    assert store.query(f"SELECT DISTINCT tenant FROM {table} WHERE {after(START)}") == [(8,)]
    assert_same(undisturbed(now), store.dump(), f"{store.kind} {table}")
    credd.must("reset", "--yes")
    assert store.query(f"SELECT DISTINCT tenant FROM {table}") == [(8,)]
    credd.advance_to(now)
    assert_same(undisturbed(now), store.dump(), f"{store.kind} {table}")
    credd.assert_sound()


def test_a_wrong_value_names_itself(store, daemon):
    """The configuration, the table, the column and the value; once it is right all of it comes."""
    credd = daemon(store, sections()).start()
    credd.built()
    add_columns(store, ("customers", "market_data"))
    configure(credd, customers="origin:'x', tenant:'demo'")
    now = START + STEP
    asked = credd.ctl("advance", "--to", instant(now))
    words = ("table customers ", "the column tenant rejects 'demo'", "fill in the section [table customers]",
             "credctl reload")
    assert asked.code == 1 and all(part in asked.err.replace("\n", " ") for part in words), asked
    status = credd.status()
    assert status["database"]["state"] == "ready"
    assert all(part in credd.stream("customers", status)["obstacle"] for part in words)
    assert not credd.stream("market_data", status)["obstacle"] and store.count("market_data", after(START)) > 0
    configure(credd, customers="origin:'x', tenant:7")
    credd.wait(lambda s: not credd.stream("customers", s)["obstacle"], "cure", CURED_WITHIN)
    wait_for_all(credd, now)
    assert store.query(f"SELECT DISTINCT tenant, origin FROM customers WHERE {after(START)}") == [(7, "x")]
    assert_same(undisturbed(now), store.dump(), store.kind)
    credd.assert_sound()


def test_columns_of_credds_own_are_refused(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.sections["table customers"] = {"fill": "tenant:7, Email:'x'"}
    credd.write_config()
    asked = credd.ctl("reload")
    assert asked.code == 1 and "table customers.fill" in asked.err and "Email is one of credd's columns" in asked.err, asked
    credd.advance_to(START + DAY)
    credd.assert_sound()
