"""Promise 11: your tables stay yours. What an SQLite file may hold that makes it hard to put another world in place."""
import contextlib

import pytest

from credd_migrations import assert_whole, definition, rebuild, sections, shape, undisturbed, wait_for_all
from credd_stores import assert_same
from credd_testing import instant
from credd_worlds import DAY, START

END = START + 4 * DAY
pytestmark = pytest.mark.parametrize("store", ("sqlite",), indirect=True)


def names_itself(store):
    """As Django makes a constraint, and as people write a partial index."""
    made = definition(store, "customers")
    columns = made[made.index("("):-1]
    store.execute("BEGIN", f'CREATE TABLE rebuilt {columns}, CONSTRAINT earns CHECK ("rebuilt"."annual_income" >= 0))',
                  "INSERT INTO rebuilt SELECT * FROM customers", "DROP TABLE customers", "ALTER TABLE rebuilt RENAME TO customers",
                  "COMMIT", checks=False)
    assert '"customers"."annual_income"' in definition(store, "customers")
    store.execute("CREATE INDEX somewhere ON customers (email) WHERE customers.city IS NOT NULL")


def sorts_elsewhere(store):
    """A table of the application's with an order that only its own connections know."""
    with contextlib.closing(store.connect()) as link:
        link.create_collation("german", lambda a, b: (a > b) - (a < b))
        link.execute("CREATE TABLE cities (name TEXT COLLATE german PRIMARY KEY, country TEXT)")
        link.execute("CREATE INDEX by_country ON cities (country COLLATE german)")
        link.commit()


def takes_names(store):
    store.execute("CREATE TABLE notes (text TEXT)", "CREATE INDEX credd_new_index_0 ON notes (text)",
                  "CREATE INDEX credd_old_index_0 ON notes (text)")


@pytest.mark.parametrize("add", (names_itself, sorts_elsewhere, takes_names))
def test_a_reset_gets_by_with_it(store, daemon, add):
    credd = daemon(store, sections()).start()
    credd.built()
    plain = shape(store)
    add(store)
    added = shape(store)
    for seed in (5, 42):
        credd.must("reset", "--seed", seed, "--yes")
        assert shape(store) == added
        credd.advance_to(END)
        credd.assert_sound()
    assert_same(undisturbed(END), store.dump(), add.__name__)
    credd.must("reset", "--plain", "--yes")
    assert shape(store) == plain
    if add is names_itself:
        assert_whole(store)


def test_a_rename_that_took_the_references_along(store, daemon):
    """SQLite's well-known trap: the tables that refer to customers refer to one that is dropped then."""
    credd = daemon(store, sections()).start()
    credd.built()
    made = definition(store, "customers")
    store.execute("ALTER TABLE customers RENAME TO customers_old", made, "INSERT INTO customers SELECT * FROM customers_old",
                  "DROP TABLE customers_old", checks=False)
    assert credd.ctl("advance", "--to", instant(END)).code == 1
    obstacle = credd.stream("financial_records")["obstacle"]
    assert "its column customer_id refers to the table customers_old, which is missing; to fix it: " in obstacle, obstacle
    for table in ("financial_records", "loan_applications", "credit_history"):
        rebuild(store, table, definition(store, table).replace("customers_old", "customers"))
    wait_for_all(credd, END)
    assert_same(undisturbed(END), store.dump(), "after the cure")
    assert_whole(store)
