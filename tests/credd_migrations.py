"""What an application does to the tables, on both kinds of database, and what is there of it afterwards."""
import functools
import pathlib
import re
import shutil
import tempfile

from credd_stores import COLUMNS, KEYS, TABLES, SqliteStore
from credd_testing import Daemon, seconds, world
from credd_worlds import START_TEXT

CURED_WITHIN = 15
# A text of each table that the application may do something to.
COLUMN = {"customers": ("city", 50), "financial_records": ("record_type", 50), "loan_applications": ("loan_type", 50),
          "market_data": ("source", 100), "credit_history": ("payment_history", 50)}
SAVED = "kept_by_the_application"


def sections(**more):
    """Customers come so often that each stretch has some."""
    return world(customers=100, start=START_TEXT, **{"world": {"customers": 100, "customer_growth": "100%/month"}, **more})


@functools.lru_cache(maxsize=None)
def undisturbed(end):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="credd-"))
    try:
        store = SqliteStore(folder)
        with Daemon(folder, store, sections()) as credd:
            credd.built()
            credd.advance_to(end)
        return store.dump()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- what an application does to a table, on both kinds of database ---

def definition(store, table):
    return store.query(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'")[0][0]


def rebuild(store, table, made, left_out=(), more=()):
    """The way in which SQLite's columns are altered: `made` is the new CREATE TABLE; `more` are columns with what old rows get."""
    head, rest = made.split("(", 1)
    assert table in head, made
    own = [name for name, _ in COLUMNS[table] if name not in left_out]
    indexes = [sql for sql, in store.query(f"SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql "
                                           "NOT NULL")]
    store.execute("PRAGMA legacy_alter_table = ON", "BEGIN IMMEDIATE", f"CREATE TABLE rebuilt ({rest}",
                  f"INSERT INTO rebuilt ({', '.join([*own, *[name for name, _ in more]])}) "
                  f"SELECT {', '.join([*own, *[value for _, value in more]])} FROM {table}",
                  f"DROP TABLE {table}", f"ALTER TABLE rebuilt RENAME TO {table}", *indexes, "COMMIT", checks=False)


def with_column(made, column):
    """CREATE TABLE with one more column behind the first."""
    at = made.index(",") + 1
    return f"{made[:at]} {column},{made[at:]}"


class Migration:
    """Something done to a table: `make` and `cure`, each on either kind of store, and what status says of it."""
    says, of_value, each_row = (), False, True

    def __init__(self, table):
        self.table = table
        self.column, self.length = COLUMN[table]
        self.key = KEYS[table]

    def save(self, store):
        store.execute(f"CREATE TABLE {SAVED} (of_key VARCHAR(50) PRIMARY KEY, was VARCHAR(100))",
                      f"INSERT INTO {SAVED} SELECT {self.key}, {self.column} FROM {self.table}")

    def put_back(self, store):
        """credd may have written rows again already."""
        store.execute(f"UPDATE {self.table} SET {self.column} = (SELECT was FROM {SAVED} WHERE of_key = {self.key}) "
                      f"WHERE {self.key} IN (SELECT of_key FROM {SAVED})", f"DROP TABLE {SAVED}")


class AddWithoutDefault(Migration):
    says = ("column tenant", "DEFAULT ...")

    def make(self, store):
        if store.kind == "sqlite":
            rebuild(store, self.table, with_column(definition(store, self.table), "tenant INT NOT NULL"), more=[("tenant", "7")])
        else:
            store.execute(f"ALTER TABLE {self.table} ADD tenant INT NOT NULL")

    def cure(self, store):
        store.execute(f"ALTER TABLE {self.table} DROP COLUMN tenant" if store.kind == "sqlite"
                      else f"ALTER TABLE {self.table} ALTER tenant SET DEFAULT 7")


class Drop(Migration):
    @property
    def says(self):
        return f"column {self.column} is missing", f"ADD COLUMN {self.column} VARCHAR({self.length})"

    def make(self, store):
        self.save(store)
        store.execute(f"ALTER TABLE {self.table} DROP COLUMN {self.column}")

    def cure(self, store):
        store.execute(f"ALTER TABLE {self.table} ADD COLUMN {self.column} VARCHAR({self.length})")
        self.put_back(store)


class Rename(Migration):
    @property
    def says(self):
        return (f"column {self.column} is missing",)

    def make(self, store):
        store.execute(f"ALTER TABLE {self.table} RENAME COLUMN {self.column} TO theirs")

    def cure(self, store):
        store.execute(f"ALTER TABLE {self.table} RENAME COLUMN theirs TO {self.column}")


class Narrow(Migration):
    @property
    def says(self):
        return (self.column,)

    def make(self, store):
        self.save(store)
        store.execute(f"UPDATE {self.table} SET {self.column} = NULL")
        if store.kind == "sqlite":
            self.was = definition(store, self.table)
            rebuild(store, self.table, self.was.replace(f"{self.column} VARCHAR({self.length})",
                                                        f"{self.column} VARCHAR(1) CHECK (length({self.column}) < 2)"))
        else:
            store.execute(f"ALTER TABLE {self.table} MODIFY {self.column} VARCHAR(1)")

    def cure(self, store):
        if store.kind == "sqlite":
            rebuild(store, self.table, self.was)
        else:
            store.execute(f"ALTER TABLE {self.table} MODIFY {self.column} VARCHAR({self.length})")
        self.put_back(store)


class Retype(Narrow):
    def make(self, store):
        self.save(store)
        store.execute(f"UPDATE {self.table} SET {self.column} = NULL")
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} MODIFY {self.column} INT")
            return
        self.was = definition(store, self.table)
        columns = ", ".join(f"{name} " + ("INTEGER" if name == self.column or kind == "integer" else
                                          "REAL" if isinstance(kind, int) else "TEXT") +
                            (" PRIMARY KEY" if name == self.key else " REFERENCES customers (customer_id)"
                             if name == "customer_id" else "") for name, kind in COLUMNS[self.table])
        rebuild(store, self.table, f"CREATE TABLE {self.table} ({columns}) STRICT")


class Digits(Migration):
    """A type that takes the values and makes others of them, without an error."""
    says = ("column zip_code is ", "zip_code VARCHAR(10)")

    def __init__(self, table):
        super().__init__(table)
        self.column = "zip_code"

    def make(self, store):
        self.save(store)
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} MODIFY zip_code INT")
        else:
            self.was = definition(store, self.table)
            rebuild(store, self.table, self.was.replace("zip_code VARCHAR(10)", "zip_code INTEGER"))

    def cure(self, store):
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} MODIFY zip_code VARCHAR(10)")
        else:
            rebuild(store, self.table, self.was)
        self.put_back(store)


class Generate(Migration):
    @property
    def says(self):
        return (f"column {self.column} is generated",)

    def make(self, store):
        self.save(store)
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} DROP COLUMN {self.column}",
                          f"ALTER TABLE {self.table} ADD COLUMN {self.column} VARCHAR({self.length}) AS ('ours') VIRTUAL")
            return
        self.was = definition(store, self.table)
        plain = f"{self.column} VARCHAR({self.length})"
        rebuild(store, self.table, self.was.replace(plain, f"{plain} AS ('ours')"), left_out=[self.column])

    def cure(self, store):
        if store.kind == "mariadb":
            store.execute(f"ALTER TABLE {self.table} DROP COLUMN {self.column}",
                          f"ALTER TABLE {self.table} ADD COLUMN {self.column} VARCHAR({self.length})")
        else:
            rebuild(store, self.table, self.was, left_out=[self.column])
        self.put_back(store)


class Check(Migration):
    says, of_value = ("CHECK old_only", "refuse = skip"), True

    def make(self, store):
        newest = store.query(f"SELECT MAX(created_at) FROM {self.table}")[0][0]
        rule = f"CHECK (created_at <= '{newest}')"
        if store.kind == "sqlite":
            self.was = definition(store, self.table)
            rebuild(store, self.table, with_column(self.was, f"old INT CONSTRAINT old_only {rule}"), more=[("old", "0")])
        else:
            store.execute(f"ALTER TABLE {self.table} ADD CONSTRAINT old_only {rule}")

    def cure(self, store):
        if store.kind == "sqlite":
            rebuild(store, self.table, self.was)
        else:
            store.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT old_only")


class Unique(Migration):
    says, of_value = ("UNIQUE key", "refuse = skip"), True

    def make(self, store):
        if store.kind == "sqlite":
            self.was = definition(store, self.table)
            rebuild(store, self.table, with_column(self.was, "batch INT DEFAULT 1"), more=[("batch", "NULL")])
        else:
            store.execute(f"ALTER TABLE {self.table} ADD batch INT NULL", f"ALTER TABLE {self.table} ALTER batch SET DEFAULT 1")
        store.execute(f"CREATE UNIQUE INDEX one_batch ON {self.table} (batch)")

    def cure(self, store):
        store.execute("DROP INDEX one_batch" if store.kind == "sqlite" else f"DROP INDEX one_batch ON {self.table}",
                      f"ALTER TABLE {self.table} DROP COLUMN batch")


class Trigger(Migration):
    says, of_value = ("a trigger", "not today"), True

    def make(self, store):
        store.execute(f"CREATE TRIGGER theirs BEFORE INSERT ON {self.table} " +
                      ("BEGIN SELECT RAISE(ABORT, 'not today'); END" if store.kind == "sqlite" else
                       "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'"))

    def cure(self, store):
        store.execute("DROP TRIGGER theirs")


class RollBack(Trigger):
    says, of_value = ("not today",), False

    def make(self, store):
        store.execute(f"CREATE TRIGGER theirs BEFORE INSERT ON {self.table} " +
                      ("BEGIN SELECT RAISE(ROLLBACK, 'not today'); END" if store.kind == "sqlite" else
                       "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 31000, MESSAGE_TEXT = 'not today'"))


class Away(Migration):
    @property
    def says(self):
        return (f"table {self.table} is missing",)

    def make(self, store):
        store.execute(f"ALTER TABLE {self.table} RENAME TO elsewhere")

    def cure(self, store):
        store.execute(f"ALTER TABLE elsewhere RENAME TO {self.table}")


# After these nobody asks: it is tried again all the time.
BY_ITSELF = (AddWithoutDefault, Trigger, Away)
MIGRATIONS = (AddWithoutDefault, Drop, Rename, Narrow, Retype, Generate, Check, Unique, Trigger, RollBack, Away)


def old_tables(store):
    """What a daemon leaves on MariaDB that is killed between the exchange of a reset and its look at the old tables."""
    for table in (*TABLES, *(f"credd_{one}" for one in ("act", "gap", "status", "stream", "world"))):
        old = f"credd_old_{table.removeprefix('credd_')}"
        made = store.query(f"SHOW CREATE TABLE {table}")[0][1]
        for name in ("TABLE `" + table, "REFERENCES `customers", f"CONSTRAINT `{table}"):
            made = made.replace(name, name.replace("`", "`credd_old_").replace("old_credd_", "old_"))
        store.execute(made, f"INSERT INTO {old} SELECT * FROM {table}", checks=False)


# --- what is there of it ---

def shape(store):
    """How the tables are defined. (A foreign key's name follows its table's, and with it the order of the keys.)"""
    if store.kind == "sqlite":
        return sorted((kind, name, table, re.sub(rf'["`]?\b{table}\b["`]?', table, sql, count=1)) for kind, name, table, sql in
                      store.query("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE tbl_name IN "
                                  f"{tuple(COLUMNS)}"))
    return {table: sorted(re.sub("CONSTRAINT `[^`]*` FOREIGN", "FOREIGN", line).rstrip(",")
                          for line in store.query(f"SHOW CREATE TABLE {table}")[0][1].splitlines()) for table in COLUMNS}


def assert_whole(store):
    """SQLite's schema is what its tables hold, and nothing of a swap is left in it."""
    if store.kind == "sqlite":
        assert store.query("PRAGMA integrity_check") == [("ok",)]
        assert store.query("PRAGMA foreign_key_check") == []
        assert not store.query("SELECT name FROM sqlite_master WHERE name GLOB 'credd_new_*' OR name GLOB 'credd_old_*'")


def watermarks(status):
    return {one["name"]: seconds(one["watermark"]) for one in status["streams"]}


def wait_for_all(credd, now, timeout=CURED_WITHIN):
    """Every stream is written up to there, and says nothing of an obstacle."""
    return credd.wait(lambda s: all(at >= now for at in watermarks(s).values()) and
                      not any(one["obstacle"] for one in s["streams"]), "rows after the cure", timeout)
