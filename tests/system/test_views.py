"""The views for analysts: there with the world, after resets and restarts, never in the place of something else; what
packaging/doc/questions.md asks of them and says they answer."""
import os
import re

import pytest

import credd_testing as t
from credd_stores import SqliteStore, assert_same, wait_until

VIEWS = ("credd_applications", "credd_customers_now", "credd_daily", "credd_market_wide")
QUESTIONS = t.ROOT / "packaging" / "doc" / "questions.md"


def views(store):
    if store.kind == "sqlite":
        return tuple(name for name, in store.query("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"))
    return tuple(sorted(name for name, kind in store.query("SHOW FULL TABLES") if kind == "VIEW"))


def with_views(daemon, store, customers=40, wanted="yes", **more):
    one = daemon(store, t.world(customers=customers, database={"views": wanted}, **more)).start()
    one.built()
    return one


def reload(one, wanted):
    one.sections["database"]["views"] = wanted
    one.write_config()
    one.must("reload")


def complaints(one):
    return one.stderr().count("cannot create or drop all views")


def test_they_are_there_with_the_world_and_follow_it(store, daemon):
    one = with_views(daemon, store)
    assert views(store) == VIEWS
    assert len(store.query("SELECT * FROM credd_customers_now")) == 40
    assert len(store.query("SELECT * FROM credd_applications")) == store.count("loan_applications")
    assert sum(rows for _, _, rows in store.query("SELECT * FROM credd_daily")) == \
        sum(store.count(table) for table in t.STREAMS)
    before, digests = store.dump(), one.digests()
    one.must("advance", "3d")
    one.must("reset", "--yes")
    assert views(store) == VIEWS
    assert len(store.query("SELECT * FROM credd_applications")) == store.count("loan_applications")
    assert_same(before, store.dump())
    one.assert_sound()
    assert one.digests() == digests
    store.execute("DROP VIEW credd_daily")
    one.must("reset", "--yes", "--plain")
    wait_until(lambda: views(store) == VIEWS, "views after a reset")
    assert len(store.query("SELECT * FROM credd_customers_now")) == 40
    assert "differs" not in one.must("verify")
    assert complaints(one) == 0


def test_a_reload_and_a_restart_make_and_drop_them(store, daemon):
    one = with_views(daemon, store, wanted="no")
    assert views(store) == ()
    reload(one, "yes")
    wait_until(lambda: views(store) == VIEWS, "views after a reload")
    reload(one, "no")
    wait_until(lambda: views(store) == (), "no views after a reload")
    one.stop()
    one.sections["database"]["views"] = "yes"
    one.write_config()
    one.start()
    one.built()
    assert views(store) == VIEWS
    one.stop()
    one.start()
    one.built()
    assert views(store) == VIEWS and complaints(one) == 0


@pytest.mark.parametrize("kind", ("VIEW", "TABLE"))
def test_what_has_such_a_name_stays(store, daemon, kind):
    """It keeps no empty database from being taken, and one message tells of it."""
    store.execute(f"CREATE {kind} credd_daily AS SELECT 7 AS theirs")
    one = with_views(daemon, store)
    wait_until(lambda: complaints(one) == 1, "a message")
    assert "credd_daily was created or changed outside credd" in one.stderr()
    assert set(VIEWS) - {"credd_daily"} <= set(views(store))
    one.must("advance", "1d")
    one.must("reset", "--yes")
    assert store.query("SELECT theirs FROM credd_daily") == [(7,)]
    assert complaints(one) == 1
    store.execute(f"DROP {kind} credd_daily")
    one.must("reload")
    wait_until(lambda: views(store) == VIEWS, "the view")


def test_the_world_lives_without_the_right_to_make_them(daemon, mariadb):
    store = mariadb.create()
    with mariadb.connect() as link, link.cursor() as cursor:
        for host in ("localhost", "127.0.0.1"):
            cursor.execute(f"REVOKE CREATE VIEW, SHOW VIEW ON {store.name}.* FROM credd@'{host}'")
    one = daemon(store, t.world(customers=20)).start()
    one.built()
    wait_until(lambda: complaints(one) == 1, "a message")
    grant = re.search(r"administrator: (GRANT CREATE VIEW, SHOW VIEW ON [^;]*);", one.stderr()).group(1)
    one.must("reset", "--yes")
    one.assert_sound()
    assert complaints(one) == 1 and views(store) == ()
    with mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute(grant)
    one.stop()
    one.start()
    one.built()
    assert views(store) == VIEWS


def test_a_server_has_them_and_a_file_may(daemon, folder, mariadb):
    """A table that is made anew and renamed: SQLite wants every view to be whole just then."""
    store = SqliteStore(folder)
    one = daemon(store, t.world(customers=20)).start()
    one.built()
    assert views(store) == ()
    rebuild = ("BEGIN", "CREATE TABLE anew (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), value DECIMAL(10,4), "
               "date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP)", "INSERT INTO anew SELECT * FROM market_data",
               "DROP TABLE market_data", "ALTER TABLE anew RENAME TO market_data", "COMMIT")
    store.execute(*rebuild, checks=False)
    reload(one, "yes")
    wait_until(lambda: views(store) == VIEWS, "views after a reload")
    store.execute("PRAGMA legacy_alter_table = ON", *rebuild, checks=False)
    one.must("advance", "1d")
    assert store.query("SELECT COUNT(*) FROM credd_market_wide WHERE day >= '2024-02-01'")[0][0] > 0
    server = mariadb.create()
    other = daemon(server, t.world(customers=20), name="b").start()
    other.built()
    assert views(server) == VIEWS


def plan(store, sql):
    if store.kind == "sqlite":
        return [row[3] for row in store.query("EXPLAIN QUERY PLAN " + sql)]
    return [f"{row[2]} {row[3]} {row[5]}" for row in store.query("EXPLAIN " + sql)]


# Of each statement, the tables (by the names that the views give them) that are to be found by a key, and those read whole.
PLANS = {
    "SELECT * FROM credd_applications": ({"h", "d", "s", "n"}, {"a"}),
    "SELECT * FROM credd_applications WHERE customer_id = '{0}'": ({"a", "h", "d", "s", "n"}, set()),
    "SELECT * FROM credd_customers_now": ({"h", "n", "a"}, {"c"}),
    "SELECT * FROM credd_market_wide WHERE day = '2024-02-01'": ({"m", "q"}, {"d"}),
}


def test_they_use_the_indexes(store, daemon):
    with_views(daemon, store, customers=100)
    customer = store.query("SELECT customer_id FROM loan_applications LIMIT 1")[0][0]
    for sql, (found, whole) in PLANS.items():
        lines = plan(store, sql.format(customer))
        if store.kind == "sqlite":
            by_key = {line.split()[1] for line in lines if line.startswith("SEARCH")}
            scanned = {line.split()[1] for line in lines if line.startswith("SCAN")}
        else:
            lines = [line.replace("<derived6>", "d") for line in lines if not line.startswith("None")]
            scanned = {line.split()[0] for line in lines if line.split()[1] == "ALL"}
            by_key = {line.split()[0] for line in lines} - scanned
        assert by_key == found and scanned == whole, (sql, lines)
    daily = plan(store, "SELECT * FROM credd_daily")
    for index in ("credd_records_of_customer", "credd_applications_of_customer", "credd_history_of_customer"):
        assert any(index in line for line in daily), daily


def test_each_series_has_a_column(store, daemon):
    one = with_views(daemon, store)
    one.must("advance", "1d")
    with store.connect() as link:
        cursor = link.cursor()
        cursor.execute("SELECT * FROM credd_market_wide")
        columns = [column[0] for column in cursor.description]
    series = [name for name, in store.query("SELECT DISTINCT data_type FROM market_data")]
    assert sorted(columns) == sorted(["day", *series]) and len(series) >= 26


def answer(store, sql):
    with store.connect() as link:
        cursor = link.cursor()
        cursor.execute(sql)
        table = [[column[0] for column in cursor.description], *[[exact(value) for value in row] for row in cursor.fetchall()]]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return "".join("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() + "\n" for row in table)


def exact(value):
    """A number without the zeros that one of the databases puts behind it."""
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def test_the_ten_questions_are_answered_so(store, daemon):
    text = QUESTIONS.read_text()
    start = re.search(r"clock.start=(\S+?)`", text).group(1)
    one = daemon(store, {"clock": {"start": start, "speed": 0}, "database": {"views": "yes"}}).start()
    one.built()
    one.must("advance", "30d")
    asked = re.findall(r"```sql\n(.*?);\n```\n```\n(.*?)```\n", text, re.S)
    assert len(asked) == 10
    answers = [answer(store, sql) for sql, _ in asked]
    if os.environ.get("CREDD_UPDATE"):
        for (sql, was), is_ in zip(asked, answers):
            text = text.replace(f"{sql};\n```\n```\n{was}```\n", f"{sql};\n```\n```\n{is_}```\n")
        QUESTIONS.write_text(text)
    for (sql, says), is_ in zip(asked, answers):
        assert len(is_.splitlines()) > 1, sql
        assert os.environ.get("CREDD_UPDATE") or is_ == says, (sql, is_)
