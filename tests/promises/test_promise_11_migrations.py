"""Promise 11: what ordinary migrations of an application do, each on its own and all of them while the world moves."""
import typing

import pytest

from credd_migrations import (AddWithoutDefault, Away, Check, Digits, Drop, Generate, Narrow, Rename, Retype, RollBack, Trigger, Unique,
                              assert_whole, definition, rebuild, sections, shape, undisturbed, wait_for_all, watermarks)
from credd_stores import COLUMNS, TABLES, assert_same
from credd_testing import SCALE, instant, seconds
from credd_worlds import DAY, START, START_TEXT

NEAR, FAR = START + 2 * DAY, START + 4 * DAY


class Addition(typing.NamedTuple):
    """Something that credd's rows get along with. The statements of each kind of database, and how they are taken back; for
    SQLite, where most definitions cannot be altered, two texts of its CREATE TABLE may stand instead: for the first the second."""
    what: str
    table: str
    mariadb: str
    back: str
    sqlite: typing.Union[str, tuple]
    sqlite_back: str = ""

    def make(self, store):
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} {self.mariadb}")
        elif isinstance(self.sqlite, str):
            store.execute(self.sqlite)
        else:
            made = definition(store, self.table)
            assert made.count(self.sqlite[0]) == 1, made
            rebuild(store, self.table, made.replace(*self.sqlite))

    def undo(self, store):
        if store.kind == "mariadb":
            if "REFERENCES" in self.mariadb: # a reset gives it another name
                for name, in store.query("SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = "
                                         "DATABASE() AND TABLE_NAME = %s AND REFERENCED_TABLE_NAME IS NOT NULL AND COLUMN_NAME "
                                         "<> 'customer_id'", (self.table,)):
                    store.execute(f"ALTER TABLE {self.table} DROP FOREIGN KEY {name}")
            store.execute(f"ALTER TABLE {self.table} {self.back}")
        elif isinstance(self.sqlite, str):
            store.execute(self.sqlite_back)
        else:
            rebuild(store, self.table, definition(store, self.table).replace(*reversed(self.sqlite)))


def column(table, name, mariadb, sqlite=None):
    """One more column: ADD COLUMN means the same on both, unless SQLite's type is given too."""
    return Addition(f"column {name}", table, f"ADD COLUMN {name} {mariadb}", f"DROP COLUMN {name}",
                    f"ALTER TABLE {table} ADD COLUMN {name} {sqlite or mariadb}", f"ALTER TABLE {table} DROP COLUMN {name}")


def index(table, name, columns, kind="", sqlite=None):
    return Addition(f"index {name}", table, f"ADD {kind} INDEX {name} ({columns})", f"DROP INDEX {name}",
                    f"CREATE {'UNIQUE' if kind == 'UNIQUE' else ''} INDEX {name} ON {table} ({sqlite or columns})",
                    f"DROP INDEX {name}")


def check(table, name, rule, behind):
    """`behind`: after which text of SQLite's CREATE TABLE it stands."""
    return Addition(f"check {name}", table, f"ADD CONSTRAINT {name} CHECK ({rule})", f"DROP CONSTRAINT {name}",
                    (behind, f"{behind} CONSTRAINT {name} CHECK ({rule})"))


def retype(table, name, was, to, what="type"):
    return Addition(f"{what} of {name}", table, f"MODIFY {name} {to}", f"MODIFY {name} {was}", (f"{name} {was}", f"{name} {to}"))


ADDITIONS = (
    column("customers", "nickname", "VARCHAR(20)"),
    column("customers", "company", "INT NOT NULL DEFAULT 7"),
    column("customers", "full_name", "VARCHAR(101) AS (CONCAT(first_name, ' ', last_name)) VIRTUAL",
           "TEXT AS (first_name || ' ' || last_name) VIRTUAL"),
    column("customers", "introduced_by", "VARCHAR(50) REFERENCES customers (customer_id)"),
    Addition("a stored column", "customers", "ADD COLUMN initials VARCHAR(2) AS (LEFT(last_name, 2)) PERSISTENT FIRST",
             "DROP COLUMN initials", ("first_name VARCHAR(50)", "first_name VARCHAR(50), initials TEXT AS (substr(last_name, 1, 2)) STORED")),
    retype("customers", "city", "VARCHAR(50)", "VARCHAR(200)"),
    retype("customers", "address", "TEXT", "MEDIUMTEXT"),
    retype("customers", "state", "VARCHAR(2)", "VARCHAR(2) DEFAULT '??'", "default"),
    index("customers", "by_email", "email, customer_id", "UNIQUE"),
    index("customers", "by_city", "city(5)", sqlite="city) WHERE (city IS NOT NULL"),
    index("customers", "by_address", "address", "FULLTEXT", "lower(address)"),
    check("customers", "earns", "annual_income >= 0", "annual_income DECIMAL(12,2)"),
    Addition("a comment", "customers", "COMMENT 'people'", "COMMENT ''", ("customer_id VARCHAR(50)", "customer_id /* ours */ VARCHAR(50)")),
    column("financial_records", "changed", "TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW()", "TIMESTAMP NOT NULL DEFAULT ''"),
    column("financial_records", "about", "VARCHAR(50) NULL REFERENCES loan_applications (application_id)"),
    index("financial_records", "kinds", "record_type, amount"),
    retype("financial_records", "amount", "DECIMAL(12,2)", "DECIMAL(20,2)"),
    retype("financial_records", "description", "TEXT", "MEDIUMTEXT"),
    check("financial_records", "moves", "amount <> 0 OR amount = 0", "record_type VARCHAR(50)"),
    Addition("how rows are kept", "financial_records", "ROW_FORMAT = COMPRESSED", "ROW_FORMAT = DYNAMIC",
             ("record_id VARCHAR(50)", "record_id /* as text */ VARCHAR(50)")),
    retype("loan_applications", "term_months", "INTEGER", "BIGINT"),
    retype("loan_applications", "purpose", "VARCHAR(100)", "VARCHAR(1000)"),
    index("loan_applications", "by_status", "status, application_date"),
    check("loan_applications", "has_status", "status <> ''", "status VARCHAR(20)"),
    column("loan_applications", "score", "DECIMAL(5,2) DEFAULT 0.5"),
    column("loan_applications", "tags", "JSON NULL", "TEXT"),
    column("market_data", "imported", "SMALLINT NOT NULL DEFAULT 1"),
    index("market_data", "newest", "created_at DESC"),
    index("market_data", "one_row", "data_id, source", "UNIQUE"),
    retype("market_data", "value", "DECIMAL(10,4)", "DECIMAL(24,4)"),
    Addition("credd's index dropped", "market_data", "DROP INDEX credd_series", "ADD INDEX credd_series (data_type, date_recorded)",
             "DROP INDEX credd_series", "CREATE INDEX credd_series ON market_data (data_type, date_recorded)"),
    Addition("partitions", "market_data", "PARTITION BY KEY (data_id) PARTITIONS 2", "REMOVE PARTITIONING",
             ("created_at TIMESTAMP", "created_at /* in UTC */ TIMESTAMP")),
    column("credit_history", "bureau", "VARCHAR(20) NOT NULL DEFAULT ''"),
    retype("credit_history", "credit_score", "INTEGER", "BIGINT"),
    index("credit_history", "by_payment", "payment_history"),
    retype("credit_history", "record_date", "DATE", "DATETIME"),
    Addition("a time with parts of seconds", "credit_history", "MODIFY created_at DATETIME(6) NULL DEFAULT CURRENT_TIMESTAMP(6)",
             "MODIFY created_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP", ("created_at TIMESTAMP", "created_at /* of UTC */ TIMESTAMP")),
    check("credit_history", "known_score", "credit_score BETWEEN 0 AND 1000", "credit_utilization DECIMAL(5,2)"),
    Addition("a comment of a column", "credit_history", "MODIFY payment_history VARCHAR(50) COMMENT 'theirs'",
             "MODIFY payment_history VARCHAR(50)", ("payment_history VARCHAR(50)", "payment_history VARCHAR(50) /* theirs */")),
    column("credd_status", "note", "VARCHAR(20) DEFAULT 'x'"),
    index("credd_status", "steps", "status"),
    retype("credd_status", "status", "VARCHAR(20) NOT NULL", "VARCHAR(100) NOT NULL"),
)
OBSTACLES = (AddWithoutDefault("customers"), Drop("financial_records"), Rename("loan_applications"), Narrow("market_data"),
             Retype("credit_history"), Generate("customers"), Check("financial_records"), Unique("loan_applications"),
             Trigger("market_data"), RollBack("credit_history"), Away("loan_applications"), Digits("customers"))
assert len(ADDITIONS) + len(OBSTACLES) >= 40


def here(table):
    """In a run at a smaller scale every fourth."""
    found = [one for one in ADDITIONS if one.table == table]
    return found if SCALE >= 1 else found[::4]


@pytest.mark.parametrize("table", (*TABLES, "credd_status"))
def test_additions(store, daemon, table):
    """Made after live rows, there after a reset, taken back between two of them: the rows are those of an undisturbed world."""
    credd = daemon(store, sections()).start()
    credd.built()
    credd.advance_to(NEAR)
    for addition in here(table):
        addition.make(store)
        added = shape(store)
        credd.advance_to(FAR)
        assert_same(undisturbed(FAR), store.dump(), f"{addition.what}, rows after it")
        credd.must("reset", "--yes")
        assert shape(store) == added, addition.what
        credd.advance_to(NEAR)
        assert_same(undisturbed(NEAR), store.dump(), f"{addition.what}, after a reset")
        addition.undo(store)
    assert_whole(store)
    credd.assert_sound()


@pytest.mark.parametrize("migration", OBSTACLES, ids=lambda one: type(one).__name__)
def test_obstacles_and_resets(store, daemon, migration):
    """A reset in the midst is done or refused with a reason; once the cause is gone nothing is missing."""
    credd = daemon(store, sections()).start()
    credd.built()
    migration.make(store)
    there = migration.table in store.tables()
    made = there and shape(store)
    assert credd.ctl("advance", "--to", instant(NEAR)).code == 1
    asked = credd.ctl("reset", "--yes")
    assert asked.code == 0 or (asked.code == 1 and (migration.table if there else "elsewhere") in asked.err), asked
    assert not there or shape(store) == made
    asked = credd.ctl("advance", "--to", instant(FAR))
    migration.cure(store)
    credd.must("refresh")
    credd.advance_to(FAR) if asked.code == 0 else wait_for_all(credd, FAR)
    assert_same(undisturbed(FAR), store.dump(), type(migration).__name__)
    credd.assert_sound()


def test_all_additions_while_the_world_moves(store, daemon):
    credd = daemon(store, sections(clock={"start": START_TEXT, "speed": 20000},
                                   **{f"stream {one}": {"schedule": "hourly"} for one in TABLES})).start()
    credd.built()
    for addition in [one for table in COLUMNS for one in here(table)]:
        addition.make(store)
    added = shape(store)
    was = watermarks(credd.status())
    credd.wait(lambda s: all(at > was[name] for name, at in watermarks(s).items()), "rows after all of it")
    credd.must("speed", 0)
    end = (seconds(credd.status()["clock"]["world"]) // DAY + 2) * DAY
    credd.advance_to(end)
    assert_same(undisturbed(end), store.dump(), store.kind)
    for _ in range(2):
        credd.must("reset", "--yes")
        assert shape(store) == added
        credd.advance_to(NEAR)
        assert_same(undisturbed(NEAR), store.dump(), store.kind)
    assert_whole(store)
    credd.assert_sound()
