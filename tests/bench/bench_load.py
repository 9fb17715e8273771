"""Loading: a baseline, a reset and a catch-up, beside the import of the same rows from files that are there already."""
import itertools
import subprocess
import threading
import time

import credd_testing as t
from credd_bench import Sample, figure, first_world, rows_in, took
from credd_stores import COLUMNS

END = "2024-03-16T12:00:00Z"  # 30 days after the world's start


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr[-2000:]}"
    return done.stdout


# --- the peers ---

class MariadbFiles:
    """The rows of one world as a user would have them: tables without rows, a text file for each, and a dump."""

    def __init__(self, bench, store):
        self.bench, self.folder = bench, bench.place()
        self.folder.chmod(0o777)  # the server writes the files
        self.counts = store.counts()
        self.tools = [f"--socket={store.server.socket}", "--user=root"]
        self.schema, self.dump = self.folder / "schema.sql", self.folder / "dump.sql"
        tables = list(COLUMNS)
        self.schema.write_text(run(["mariadb-dump", *self.tools, "--no-data", store.name, *tables]))
        with open(self.dump, "w", encoding="utf-8") as out:
            subprocess.run(["mariadb-dump", *self.tools, store.name, *tables], stdout=out, check=True)
        run(["mariadb-dump", *self.tools, "--no-create-info", f"--tab={self.folder}", store.name, *tables])
        self.files = [self.folder / f"{table}.txt" for table in tables]

    def load(self, work, schema):
        store = self.bench.store("mariadb")
        if schema:
            with open(self.schema, encoding="utf-8") as text:
                run(["mariadb", *self.tools, store.name], stdin=text)
        spent = took(lambda: work(store))
        counts = store.counts()
        assert counts == self.counts, f"the peer lost rows: {counts} of {self.counts}"
        self.bench.drop(store)
        return spent

    def by_import(self):
        return self.load(lambda store: run(["mariadb-import", *self.tools, "--ignore-foreign-keys", "--use-threads=2",
                                            "--local", store.name, *self.files]), True)

    def by_dump(self):
        def work(store):
            with open(self.dump, encoding="utf-8") as text:
                run(["mariadb", *self.tools, store.name], stdin=text)
        return self.load(work, False)


class SqliteFiles:
    """The same for sqlite3's own program: one transaction, indexes in place."""

    def __init__(self, bench, store):
        self.bench, self.folder = bench, bench.place()
        self.counts = store.counts()
        self.schema = "".join(run(["sqlite3", store.path, f".schema {table}"]) for table in COLUMNS)
        for table in COLUMNS:
            run(["sqlite3", store.path, ".mode csv", f".once {self.folder / table}.csv", f"SELECT * FROM {table}"])

    def by_import(self):
        store = self.bench.store("sqlite")
        run(["sqlite3", store.path], input=self.schema)
        lines = ["PRAGMA journal_mode = WAL;", "BEGIN;", ".mode csv"]
        lines += [f".import {self.folder / table}.csv {table}" for table in COLUMNS]
        spent = took(lambda: run(["sqlite3", "-bail", store.path], input="\n".join([*lines, "COMMIT;"])))
        counts = store.counts()
        assert counts == self.counts, f"the peer lost rows: {counts} of {self.counts}"
        self.bench.drop(store)
        return spent


def files_of(bench, kind):
    """Made once in a run of the bench: every figure has the same rows."""
    kept = bench.__dict__.setdefault("files", {})
    if kind not in kept:
        store = bench.store(kind)
        with bench.daemon(store, t.world(customers=bench.customers)) as daemon:
            daemon.built(timeout=3600)
        kept[kind] = (SqliteFiles if kind == "sqlite" else MariadbFiles)(bench, store)
        bench.drop(store)
    return kept[kind]


# --- the baseline ---

def baseline(bench, kind, customers):
    store = bench.store(kind)
    daemon = bench.daemon(store, t.world(customers=customers))
    try:
        return first_world(daemon)
    finally:
        daemon.stop()
        daemon.done()
        bench.drop(store)


@figure("baseline-mariadb", "first world into MariaDB", at_most=1.0, peer="mariadb-import, 2 threads")
def baseline_mariadb(bench):
    files = files_of(bench, "mariadb")
    while True:
        yield Sample(baseline(bench, "mariadb", bench.customers), files.by_import())


@figure("baseline-mariadb-dump", "first world into MariaDB", at_most=0.5, peer="mariadb <dump.sql")
def baseline_mariadb_dump(bench):
    files = files_of(bench, "mariadb")
    while True:
        yield Sample(baseline(bench, "mariadb", bench.customers), files.by_dump())


@figure("baseline-sqlite", "first world into SQLite", at_most=0.5, peer="sqlite3 .import, one transaction")
def baseline_sqlite(bench):
    files = files_of(bench, "sqlite")
    while True:
        yield Sample(baseline(bench, "sqlite", bench.customers), files.by_import())


# --- resets ---

@figure("reset-sqlite", "reset beside a living world in SQLite", at_most=0.75, peer="sqlite3 .import, one transaction")
def reset_sqlite(bench):
    files = files_of(bench, "sqlite")
    with bench.daemon(bench.store("sqlite"), t.world(customers=bench.customers)) as daemon:
        daemon.built(timeout=3600)
        while True:
            yield Sample(took(lambda: daemon.must("reset", "--yes", timeout=3600)), files.by_import())


class Reader:
    """Somebody who reads one row again and again; the longest that took, in seconds."""

    def __init__(self, store):
        self.store, self.longest, self.ended = store, 0.0, False
        self.thread = threading.Thread(target=self.read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()

    def read(self):
        link = self.store.connect()
        cursor = link.cursor()
        while not self.ended:
            began = time.monotonic()
            cursor.execute("SELECT COUNT(*) FROM customers WHERE customer_id = ''")
            cursor.fetchall()
            self.longest = max(self.longest, time.monotonic() - began)
            time.sleep(0.002)
        link.close()


def visible(daemon, store):
    """Seconds until a reset's world is what a reader finds; the longest that a reader waited meanwhile."""
    before = daemon.status()["world"]["id"]
    began = time.monotonic()
    with Reader(store) as reader:
        daemon.must("reset", "--yes", timeout=3600)
        spent = time.monotonic() - began
    assert daemon.status()["world"]["id"] != before
    return spent, reader.longest


def resets(bench, kind, first=()):
    store = bench.store(kind)
    for seed in itertools.count(1):
        with bench.daemon(store, t.world(seed=seed)) as daemon:
            daemon.built()
            if first:
                daemon.must("advance", *first, timeout=3600)
            yield visible(daemon, store)


@figure("reset-default-sqlite", "reset of 1,000 customers until it is visible, SQLite", at_most=0.3)
def reset_default_sqlite(bench):
    for spent, _ in resets(bench, "sqlite"):
        yield Sample(spent)


@figure("reset-default-mariadb", "reset of 1,000 customers until it is visible, MariaDB", at_most=0.8)
def reset_default_mariadb(bench):
    for spent, _ in resets(bench, "mariadb"):
        yield Sample(spent)


@figure("reset-reader-sqlite", "longest wait of a reader in a reset, SQLite", "ms", at_most=100)
def reset_reader_sqlite(bench):
    for _, longest in resets(bench, "sqlite"):
        yield Sample(longest * 1000)


@figure("reset-reader-mariadb", "longest wait of a reader in a reset, MariaDB", "ms", at_most=100)
def reset_reader_mariadb(bench):
    for _, longest in resets(bench, "mariadb"):
        yield Sample(longest * 1000)


@figure("reset-later-sqlite", "reset after years of a world, SQLite", at_most=0.3)
def reset_later_sqlite(bench):
    for spent, _ in resets(bench, "sqlite", ("30d",) if bench.quick else ("1825d",)):
        yield Sample(spent)


# --- catching up ---

def catch_up(bench, kind):
    """Rows a second of 30 days, and of the baseline before them."""
    store = bench.store(kind)
    daemon = bench.daemon(store, t.world(customers=bench.customers))
    try:
        spent = first_world(daemon)
        before = rows_in(daemon.status())
        caught = took(lambda: daemon.advance_to(END))
        return Sample((rows_in(daemon.status()) - before) / caught, before / spent)
    finally:
        daemon.stop()
        daemon.done()
        bench.drop(store)


@figure("catch-up-sqlite", "30 days of catching up, SQLite", "rows/s", at_least=0.8, peer="the baseline before it")
def catch_up_sqlite(bench):
    while True:
        yield catch_up(bench, "sqlite")


@figure("catch-up-mariadb", "30 days of catching up, MariaDB", "rows/s", at_least=0.8, peer="the baseline before it")
def catch_up_mariadb(bench):
    while True:
        yield catch_up(bench, "mariadb")


@figure("year-sqlite", "a year of 1,000 customers, SQLite", at_most=2.0)
def year_sqlite(bench):
    while True:
        with bench.daemon(bench.store("sqlite"), t.world()) as daemon:
            daemon.built()
            yield Sample(took(lambda: daemon.must("advance", "365d", timeout=3600)))
