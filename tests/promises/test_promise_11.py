"""Promise 11: your tables stay yours. What would make credd's rows impossible stops the streams concerned, and only these."""
import contextlib
import itertools
import subprocess
import threading

import pytest

from credd_migrations import (BY_ITSELF, MIGRATIONS, AddWithoutDefault, Away, Check, Drop, Narrow, Trigger, assert_whole, definition, rebuild,
                              sections, shape, undisturbed, wait_for_all, watermarks, with_column)
from credd_stores import TABLES, assert_same, wait_until
from credd_testing import PATIENCE, die_with_parent, instant, seconds
from credd_worlds import DAY, START, START_TEXT
from test_promise_5 import let_go

NEEDS_CUSTOMERS = ("financial_records", "loan_applications", "credit_history")
STEP = 4 * DAY


class Column(AddWithoutDefault):
    def __init__(self, table):
        self.table = table


class Approval(Trigger):
    def __init__(self, table):
        self.table = table

    def make(self, store):
        store.execute(f"CREATE TRIGGER theirs BEFORE INSERT ON {self.table} " +
                      ("WHEN NEW.status = 'Approved' BEGIN SELECT RAISE(ABORT, 'not today'); END" if store.kind == "sqlite" else
                       "FOR EACH ROW IF NEW.status = 'Approved' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'; END IF"))


# --- what happens ---

def stopped_with(table):
    return {table, *(NEEDS_CUSTOMERS if table == "customers" else ())}


def assert_stopped(credd, store, migration, now):
    status = credd.status()
    table = migration.table
    assert status["database"]["state"] == "ready", status["database"]
    stopped = stopped_with(table)
    for one in status["streams"]:
        assert (seconds(one["watermark"]) < now) == (one["name"] in stopped), one
        assert bool(one["obstacle"]) == (one["name"] == table), one
        assert bool(one["held"]) == (one["name"] in stopped - {table}), one
    said = credd.stream(table, status)["obstacle"]
    assert all(part in said for part in (f"table {table} ", *migration.says)), said
    shown = credd.must("status")
    assert not shown.startswith("FRESH") and f"{table} is stopped" in shown.splitlines()[0], shown
    assert migration.says[-1].split()[-1] in shown, shown
    return said


@pytest.mark.parametrize("table", TABLES)
def test_migrations_under_a_live_world(store, daemon, table):
    """Each stops the streams concerned, lets the others go on, says why and what helps, and nothing is missing after it."""
    credd = daemon(store, sections()).start()
    credd.built()
    now, skipped = START, sum(one["skipped"] for one in credd.status()["streams"])
    for kind in MIGRATIONS:
        migration = kind(table)
        migration.make(store)
        now += STEP
        asked = credd.ctl("advance", "--to", instant(now))
        assert asked.code == 1 and "still behind: " in asked.err and table in asked.err, (kind.__name__, asked)
        assert all(part in asked.err.replace("\n", " ") for part in migration.says), (kind.__name__, asked)
        assert_stopped(credd, store, migration, now)
        migration.cure(store)
        if kind not in BY_ITSELF:
            credd.must("refresh")
        wait_for_all(credd, now)
    assert sum(one["skipped"] for one in credd.status()["streams"]) == skipped, "rows were left out"
    assert_same(undisturbed(now), store.dump(), f"{store.kind} {table}")
    credd.assert_sound()


def test_steps_that_are_rejected_stop_the_applications(store, daemon):
    """credd_status has no section of its own: nothing of one is told, and refuse = skip leaves no step out."""
    credd = daemon(store, sections(**{"table loan_applications": {"refuse": "skip"}})).start()
    credd.built()
    for number, migration in enumerate((Column("credd_status"), Approval("credd_status"))):
        now = START + (number + 1) * STEP
        migration.make(store)
        asked = credd.ctl("advance", "--to", instant(now))
        assert asked.code == 1 and "still behind: loan_applications " in asked.err, asked
        verify = credd.ctl("verify").out
        for said in (credd.stream("loan_applications")["obstacle"], asked.err.replace("\n", " "), verify):
            assert "table credd_status rejects credd's row" in said and "[table credd_status]" not in said, said
            assert all(part in said for part in migration.says), said
        assert "changed outside credd" not in verify, verify
        behind = [one["name"] for one in credd.status()["streams"] if seconds(one["watermark"]) < now]
        assert behind == ["loan_applications"]
        migration.cure(store)
        wait_for_all(credd, now)
        assert_same(undisturbed(now), store.dump(), store.kind)
    assert credd.stream("loan_applications")["skipped"] == 0
    credd.assert_sound()


def test_a_world_that_moves(store, daemon):
    """Runs that come due meanwhile are not dropped, at any speed."""
    credd = daemon(store, sections(clock={"start": START_TEXT, "speed": 20000},
                                   **{f"stream {one}": {"schedule": "hourly"} for one in TABLES})).start()
    credd.built()
    for kind in (AddWithoutDefault, Away):
        migration = kind("loan_applications")
        migration.make(store)
        status = credd.wait(lambda s: credd.stream("loan_applications", s)["obstacle"], "obstacle")
        was = watermarks(status)
        credd.wait(lambda s: all(at > was[one] for one, at in watermarks(s).items() if one != "loan_applications"), "the others")
        assert watermarks(credd.status())["loan_applications"] == was["loan_applications"]
        migration.cure(store)
        wait_for_all(credd, seconds(credd.status()["clock"]["world"]))
    credd.must("speed", 0)
    end = (seconds(credd.status()["clock"]["world"]) // DAY + 2) * DAY
    credd.advance_to(end)
    assert_same(undisturbed(end), store.dump(), store.kind)
    credd.assert_sound()


@pytest.mark.parametrize("kind", (AddWithoutDefault, Away))
def test_restart_and_refresh(store, daemon, kind):
    """A daemon that starts onto such a table says so as well, and refresh tries at once."""
    credd = daemon(store, sections()).start()
    credd.built()
    migration = kind("customers")
    migration.make(store)
    now = START + 10 * DAY
    assert credd.ctl("advance", "--to", instant(now)).code == 1
    credd.stop()
    credd.start()
    asked = credd.ctl("refresh")
    assert asked.code == 1 and migration.says[0] in asked.err.replace("\n", " "), asked
    assert_stopped(credd, store, migration, now)
    found = credd.findings()
    assert [one["check"] for one in found] == ["stopped"], found
    migration.cure(store)
    assert credd.ctl("refresh").code == 0
    wait_for_all(credd, now)
    assert_same(undisturbed(now), store.dump(), store.kind)


def test_verify_and_the_service_manager_name_it(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    migration = AddWithoutDefault("customers")
    migration.make(store)
    assert credd.ctl("advance", "20d").code == 1
    found = credd.findings()
    assert [one["table"] for one in found] == ["customers"] and "tenant" in found[0]["text"], found
    notes = credd.ctl("verify").out
    assert "deleted outside credd" not in notes, notes
    assert credd.notifications.wait("STATUS=behind: customers is stopped: ", credd.process)
    assert any("customers is stopped: " in line and "tenant" in line for line in credd.notifications.lines()), "STATUS="


@pytest.mark.parametrize("kind", (AddWithoutDefault, Drop, Narrow))
def test_a_table_that_takes_no_rows_is_made_anew_only_if_asked(store, daemon, kind):
    """A reset makes it again as it is, and says so; with --plain what stops the old world's stream is gone."""
    credd = daemon(store, sections()).start()
    credd.built()
    kind("customers").make(store)
    assert credd.ctl("advance", "10d").code == 1
    old, shape_left = credd.status()["world"]["id"], shape(store)
    asked = credd.ctl("reset", "--yes")
    said = " ".join(asked.err.split())
    assert asked.code == 1 and "table customers " in said and kind("customers").says[0] in said and "reset --plain" in said, asked
    assert credd.status()["world"]["id"] == old and shape(store) == shape_left
    credd.must("reset", "--plain", "--yes")
    assert not any(one["obstacle"] for one in credd.status()["streams"])
    end = START + 12 * DAY
    credd.advance_to(end)
    assert_same(undisturbed(end), store.dump(), store.kind)


# --- what was added is there after a reset ---

def add_to_sqlite(store):
    made = definition(store, "customers")
    made = made.replace("city VARCHAR(50)", "city VARCHAR(200) DEFAULT 'nowhere' COLLATE NOCASE /* theirs, widened */")
    made = with_column(made, "company INT NOT NULL DEFAULT (3 + 4) CHECK (company > 0)")
    made = with_column(made, "full_name TEXT AS (first_name || ' ' || last_name) STORED")
    made = with_column(made, "\"introduced by\" VARCHAR(50) REFERENCES customers (customer_id) ON DELETE SET NULL")
    rebuild(store, "customers", made)
    rebuild(store, "market_data", definition(store, "market_data") + " WITHOUT ROWID")
    store.execute("CREATE UNIQUE INDEX \"their own\" ON customers (email, customer_id)",
                  "CREATE UNIQUE INDEX their_part ON customers (phone, customer_id DESC) WHERE phone IS NOT NULL",
                  "CREATE INDEX their_length ON [credit_history] (length(payment_history)) -- of no use",
                  "CREATE INDEX their_steps ON credd_status (status)", "DROP INDEX credd_series",
                  "ALTER TABLE credd_status ADD COLUMN note VARCHAR(20) DEFAULT 'x'",
                  "ALTER TABLE financial_records ADD COLUMN about VARCHAR(50) REFERENCES loan_applications (application_id)",
                  "CREATE TABLE audit (what VARCHAR(50))",
                  "CREATE TRIGGER their_audit AFTER INSERT ON customers BEGIN INSERT INTO audit VALUES (NEW.customer_id); END",
                  "CREATE TRIGGER their_steps_audit AFTER INSERT ON credd_status BEGIN INSERT INTO audit VALUES ('step'); END")


def add_to_mariadb(store):
    store.execute(
        "ALTER TABLE customers ADD company INT NOT NULL DEFAULT 7 COMMENT 'it''s theirs,\nnot ours' AFTER customer_id, "
        "ADD full_name VARCHAR(101) AS (CONCAT(first_name, ' ', last_name)) VIRTUAL AFTER last_name, "
        "MODIFY city VARCHAR(200) CHARACTER SET latin1 DEFAULT 'nowhere', ADD UNIQUE INDEX `their own` (email, customer_id), "
        "ADD FULLTEXT INDEX their_text (address), ADD CONSTRAINT their_check CHECK (annual_income >= 0 OR city <> 'a,\nb'), "
        "ADD introduced_by VARCHAR(50) NULL, ADD CONSTRAINT their_key FOREIGN KEY (introduced_by) REFERENCES customers "
        "(customer_id) ON DELETE SET NULL ON UPDATE CASCADE, COMMENT 'people', ROW_FORMAT = COMPACT",
        "ALTER TABLE financial_records ADD changed TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW(), ADD INDEX kinds "
        "(record_type(5), amount), ADD about VARCHAR(50) NULL, ADD FOREIGN KEY (about) REFERENCES loan_applications "
        "(application_id)",
        "ALTER TABLE loan_applications MODIFY term_months BIGINT, MODIFY requested_amount DECIMAL(20,4)",
        "ALTER TABLE market_data DROP INDEX credd_series", "ALTER TABLE market_data PARTITION BY KEY (data_id) PARTITIONS 2",
        "ALTER TABLE credit_history ADD INDEX (payment_history), STATS_PERSISTENT = 1",
        "ALTER TABLE credd_status ADD note VARCHAR(20) DEFAULT 'x', ADD INDEX their_steps (status), COMMENT 'steps'")


def test_a_reset_keeps_what_was_added(store, daemon):
    """Every kind of addition at once, through three resets and what happens between them; --plain makes credd's own tables."""
    credd = daemon(store, sections()).start()
    credd.built()
    plain = shape(store)
    (add_to_sqlite if store.kind == "sqlite" else add_to_mariadb)(store)
    added = shape(store)
    assert added != plain
    reader = store.connect()
    end = START + STEP
    for seed in (5, 6, 42):
        credd.must("reset", "--seed", seed, "--yes")
        assert shape(store) == added
        credd.advance_to(end)
        assert_whole(store)
        credd.assert_sound()
        assert store.query("SELECT DISTINCT company FROM customers") == [(7,)]
        assert store.query("SELECT DISTINCT note FROM credd_status") == [("x",)]
        found = reader.cursor()
        found.execute("SELECT COUNT(*) FROM customers " + ("INDEXED BY their_part WHERE phone IS NOT NULL" if store.kind == "sqlite"
                                                           else "USE INDEX (`their own`) WHERE email > ''"))
        assert found.fetchall()[0][0] == store.count("customers")
    reader.close()
    assert_same(undisturbed(end), store.dump(), store.kind)
    if store.kind == "sqlite":
        assert store.count("audit", "what = 'step'") > 0 and store.count("audit", "what <> 'step'") > 0
    credd.must("reset", "--plain", "--yes")
    assert shape(store) == plain
    assert_whole(store)
    credd.advance_to(end)
    assert_same(undisturbed(end), store.dump(), store.kind)
    credd.assert_sound()


def test_what_is_added_while_a_new_world_is_built_is_kept(store, daemon):
    """It is noticed before the swap, and the new world is built again."""
    credd = daemon(store, sections(world={"customers": 2000, "customer_growth": "100%/month"})).start()
    credd.built()
    old = credd.status()["world"]["id"]
    reset = subprocess.Popen(credd.ctl_command("reset", "--seed", 7, "--yes"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True, env=credd.environment(), preexec_fn=die_with_parent)
    wait_until(lambda: "credd_new_world" in store.tables(), "shadow tables")
    store.execute("ALTER TABLE customers ADD COLUMN company INT DEFAULT 7")
    store.execute("CREATE INDEX their_index ON market_data (source)")
    assert reset.poll() is None and credd.status()["world"]["id"] == old
    said = reset.communicate(timeout=120 * PATIENCE)[1]
    assert reset.returncode == 0, said
    status = credd.status()
    assert status["world"]["id"] != old and status["world"]["seed"] == 7
    assert store.query("SELECT DISTINCT company FROM customers") == [(7,)]
    assert "their_index" in str(shape(store))
    credd.must("advance", "5d")
    credd.assert_sound()


OUTGOING = {
    "sqlite": ("ALTER TABLE market_data ADD COLUMN theirs VARCHAR(100) REFERENCES sources (name)",),
    "mariadb": ("ALTER TABLE market_data ADD theirs VARCHAR(100) NULL, ADD FOREIGN KEY (theirs) REFERENCES sources (name)",)}


def test_a_reset_that_never_finds_the_tables_as_they_were_says_what_to_do(store, daemon):
    """With --plain it does not matter how they are altered, and the history tells that a reset was."""
    credd = daemon(store, sections()).start()
    credd.built()
    stop = threading.Event()

    def alter():
        on = " ON market_data" if store.kind == "mariadb" else ""
        for i in itertools.count():
            store.execute(f"CREATE INDEX theirs_{i} ON market_data (source)", *([f"DROP INDEX IF EXISTS theirs_{i - 1}{on}"] if i else ()))
            if stop.wait(0.005):
                break
        store.link = None

    altering = threading.Thread(target=alter)
    let_go(store)
    altering.start()
    try:
        asked = credd.ctl("reset", "--yes")
        said = " ".join(asked.err.split())
        assert asked.code == 1 and "altered while" in said and "gave up after 10 attempts" in said and "stop the migration" in said, asked
        assert "reset --plain" in said, asked
        credd.must("reset", "--plain", "--seed", 5, "--yes")
    finally:
        stop.set()
        altering.join(20)
    assert "reset, seed 5, plain tables" in credd.must("history")
    credd.must("reset", "--seed", 6, "--yes")
    assert "reset, seed 6\n" in credd.must("history")


@pytest.mark.parametrize("store, what", (("sqlite", "foreign key"), ("mariadb", "foreign key"), ("mariadb", "versions"),
                                         ("mariadb", "trigger"), ("sqlite", "view"), ("mariadb", "view")), indirect=["store"])
def test_what_cannot_be_carried_over_is_refused_by_name(store, daemon, what):
    credd = daemon(store, sections()).start()
    credd.built()
    if what == "foreign key":
        store.execute("CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY)", *OUTGOING[store.kind])
        names = ("market_data", "sources")
    elif what == "versions":
        store.execute("ALTER TABLE credit_history ADD SYSTEM VERSIONING")
        names = ("credit_history", "SYSTEM VERSIONING")
    elif what == "view":
        store.execute("ALTER TABLE market_data RENAME TO quotes", "CREATE VIEW market_data AS SELECT * FROM quotes")
        names = ("the view market_data",)
    else:
        store.execute("CREATE TRIGGER theirs AFTER INSERT ON credd_status FOR EACH ROW SET @x = 1")
        names = ("theirs", "credd_status")
    old, before = credd.status()["world"]["id"], shape(store)
    asked = credd.ctl("reset", "--seed", 5, "--yes")
    assert asked.code == 1 and all(name in asked.err for name in names), asked
    assert credd.status()["world"]["id"] == old and shape(store) == before
    if what == "view":
        asked = credd.ctl("reset", "--plain", "--yes")
        assert asked.code == 1 and names[0] in asked.err, asked
        store.execute("DROP VIEW market_data", "ALTER TABLE quotes RENAME TO market_data")
    credd.must("advance", "2d")
    if what == "view":
        credd.must("reset", "--seed", 5, "--yes")
    elif what == "trigger":
        store.execute("DROP TRIGGER theirs")
        credd.must("reset", "--seed", 5, "--yes")
    else:
        credd.must("reset", "--seed", 5, "--plain", "--yes")
        assert shape(store) != before
    credd.must("advance", "2d")
    credd.assert_sound()


@pytest.mark.parametrize("store", ("sqlite",), indirect=True)
def test_an_index_on_a_function_of_the_applications(store, daemon):
    """credd cannot compute it: neither the reset that makes it go nor those after it stumble over the old table."""
    credd = daemon(store, sections()).start()
    credd.built()
    with contextlib.closing(store.connect()) as link:
        link.create_function("slug", 1, str.lower, deterministic=True)
        link.execute("CREATE INDEX by_slug ON customers (slug(last_name))")
    asked = credd.ctl("reset", "--yes")
    assert asked.code == 1 and "by_slug" in asked.err and "--plain" in asked.err, asked
    credd.must("reset", "--plain", "--yes")
    credd.must("reset", "--yes")
    assert_whole(store)
    credd.must("advance", "2d")
    credd.assert_sound()


@pytest.mark.parametrize("table", ("customers", "market_data"))
def test_rows_can_be_left_out_for_their_values(store, daemon, table):
    """With refuse = skip a rule of the application's leaves out the rows that it refuses, and these alone."""
    credd = daemon(store, sections()).start()
    credd.built()
    migration = Check(table)
    migration.make(store)
    credd.stop()
    credd.sections[f"table {table}"] = {"refuse": "skip"}
    credd.write_config()
    credd.start()
    credd.built()
    before = store.counts()
    now = START + 10 * DAY
    credd.advance_to(now)
    status = credd.status()
    assert not any(one["obstacle"] for one in status["streams"]) and min(watermarks(status).values()) == now
    assert credd.stream(table, status)["skipped"] > 0 and store.count(table) == before[table]
    credd.assert_sound()
    assert "deleted outside credd" not in credd.ctl("verify").out
    credd.sections[f"table {table}"] = {"refuse": "stop"}
    credd.write_config()
    credd.must("reload")
    asked = credd.ctl("advance", "10d")
    assert asked.code == 1 and "old_only" in asked.err, asked


def test_a_foreign_key_of_the_applications(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    store.execute("CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY)", "INSERT INTO sources SELECT DISTINCT source FROM "
                  "market_data WHERE source LIKE 'none'")
    migration = AddWithoutDefault("market_data")
    if store.kind == "sqlite":
        rebuild(store, "market_data", with_column(definition(store, "market_data"),
                                                  "theirs VARCHAR(100) DEFAULT 'x' REFERENCES sources (name)"),
                more=[("theirs", "NULL")])
    else:
        store.execute("ALTER TABLE market_data ADD theirs VARCHAR(100) NULL", "ALTER TABLE market_data ALTER theirs SET DEFAULT "
                      "'x'", "ALTER TABLE market_data ADD CONSTRAINT known FOREIGN KEY (theirs) REFERENCES sources (name)")
    now = START + 5 * DAY
    asked = credd.ctl("advance", "--to", instant(now))
    assert asked.code == 1 and "foreign key" in asked.err, asked
    migration.says = ("foreign key",)
    assert_stopped(credd, store, migration, now)
    store.execute("INSERT INTO sources VALUES ('x')")
    wait_for_all(credd, now)
    assert_same(undisturbed(now), store.dump(), store.kind)
