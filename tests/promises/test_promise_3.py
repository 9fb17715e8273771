"""Promise 3: chronological, row by row; and verify sees what a test plants."""
import datetime
from zoneinfo import ZoneInfo

import pytest

from credd_stores import COLUMNS, KEYS, STATUS_ORDER, TABLES
from credd_testing import instant
from credd_worlds import DAY, START, sections

NEW_YORK_DATES = {"financial_records": "record_date", "loan_applications": "application_date",
                  "credit_history": "record_date"}


@pytest.fixture
def lived(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.advance_to(START + 60 * DAY)
    return store, credd


def local_date(text):
    at = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return str(at.astimezone(ZoneInfo("America/New_York")).date())


def rows(dump, table):
    names = [name for name, _ in COLUMNS[table]]
    return [dict(zip(names, line.split("\x1f"))) for line in dump[table]]


def test_rows_are_chronological(lived, figures):
    """The test's own audit, without verify."""
    store, credd = lived
    now = credd.status()["clock"]["world"].replace("T", " ").rstrip("Z")
    dump = store.dump()
    born = {row["customer_id"]: row["created_at"] for row in rows(dump, "customers")}
    for table in COLUMNS:
        for row in rows(dump, table):
            at = row.get("created_at") or row["at"]
            assert at <= now, (table, row)
            if table in NEW_YORK_DATES:
                assert row[NEW_YORK_DATES[table]] == local_date(at), (table, row)
            if table == "market_data":
                assert row["date_recorded"] <= local_date(at), row
            if "customer_id" in row and table != "customers":
                assert born[row["customer_id"]] <= at, (table, row)
    for table, key in KEYS.items():
        if table in TABLES:
            in_time = [row["created_at"] for row in sorted(rows(dump, table), key=lambda row, key=key: row[key])]
            assert in_time == sorted(in_time), f"keys of {table} do not sort in time order"
    applied = {row["application_id"]: row for row in rows(dump, "loan_applications")}
    steps = {}
    for row in rows(dump, "credd_status"):
        steps.setdefault(row["application_id"], []).append((row["at"], STATUS_ORDER.index(row["status"]), row["status"]))
    assert set(steps) == set(applied)
    for key, path in steps.items():
        path.sort()
        assert path[0][2] == "Pending" and path[0][0] == applied[key]["created_at"], (key, path)
        assert path[-1][2] == applied[key]["status"], (key, path)
        assert len({status for _, _, status in path}) == len(path), (key, path)
    seen = {path[-1][2] for path in steps.values()}
    figures("last statuses seen", sorted(seen))
    assert {"Pending", "Under Review", "Denied", "Funded"} <= seen
    credd.assert_sound()


def shift(text, days):
    return str(datetime.datetime.fromisoformat(text) + datetime.timedelta(days=days))


def one(store, sql):
    return store.query(sql)[0]


def plant_future(store):
    key, at = one(store, "SELECT history_id, created_at FROM credit_history ORDER BY history_id DESC LIMIT 1")
    later = shift(str(at), 400)
    return ([f"UPDATE credit_history SET created_at = '{later}', record_date = '{later[:10]}' WHERE history_id = '{key}'"],
            "future", key)


def plant_early_decision(store):
    key, = one(store, "SELECT application_id FROM credd_status WHERE status = 'Denied' ORDER BY application_id LIMIT 1")
    return [f"UPDATE credd_status SET at = '2020-01-02 03:04:05' WHERE application_id = '{key}' "
            "AND status = 'Denied'"], "decision-early", key


def plant_late_birth(store):
    key, at = one(store, "SELECT customer_id, MAX(created_at) FROM loan_applications GROUP BY customer_id "
                         "ORDER BY 2 LIMIT 1")
    return [f"UPDATE customers SET created_at = '{shift(str(at), 1)}' WHERE customer_id = '{key}'"], "before-customer", key


def plant_missing_gap(store):
    """In a world without checksums, as an older version left it: else the world is damaged."""
    return ["DELETE FROM credd_gap", "DELETE FROM credd_world WHERE name LIKE 'checksum%'"], "gap", None


def plant_hole(store):
    since, until = (instant(START + day * DAY).replace("T", " ").rstrip("Z") for day in (20, 35))
    return ([f"DELETE FROM credit_history WHERE created_at > '{since}' AND created_at <= '{until}'"],
            "gap", None)


def plant_duplicate(store):
    names = [name for name, _ in COLUMNS["market_data"]]
    key, = one(store, "SELECT MAX(data_id) FROM market_data")
    twin = key[:-1] + ("1" if key[-1] != "1" else "2")
    while store.count("market_data", f"data_id = '{twin}'"):
        twin = twin[:-1] + chr(ord(twin[-1]) + 1)
    others = ", ".join(names[1:])
    return ([f"INSERT INTO market_data ({', '.join(names)}) SELECT '{twin}', {others} FROM market_data "
             f"WHERE data_id = '{key}'"], "duplicate unknown", twin)


def plant_orphan(store):
    key, = one(store, "SELECT MAX(customer_id) FROM financial_records")
    return [f"DELETE FROM customers WHERE customer_id = '{key}'"], "orphan", key


def plant_wrong_date(store):
    key, date = one(store, "SELECT application_id, application_date FROM loan_applications ORDER BY 1 DESC LIMIT 1")
    wrong = datetime.date.fromisoformat(str(date)) - datetime.timedelta(days=1)
    return [f"UPDATE loan_applications SET application_date = '{wrong}' WHERE application_id = '{key}'"], \
        "date", key


def plant_early_reference_date(store):
    key, = one(store, "SELECT MAX(data_id) FROM market_data")
    return [f"UPDATE market_data SET date_recorded = '2031-01-01' WHERE data_id = '{key}'"], "date", key


DAMAGE = {"a row from the future": plant_future, "a decision before its application": plant_early_decision,
          "a customer born after their loan": plant_late_birth, "a gap that was never recorded": plant_missing_gap,
          "a hole nobody recorded": plant_hole, "a duplicate": plant_duplicate, "an orphan": plant_orphan,
          "a date that disagrees with its instant": plant_wrong_date,
          "a reference date after its publication": plant_early_reference_date}


@pytest.mark.parametrize("damage", DAMAGE)
def test_verify_finds(lived, figures, damage):
    store, credd = lived
    if DAMAGE[damage] is plant_missing_gap:
        credd.must("pause", "market_data")
        credd.must("advance", "20d", "--clock-only")
        credd.must("resume", "market_data", "--skip")
        credd.must("advance", "5d")
    credd.assert_sound()
    statements, checks, key = DAMAGE[damage](store)
    assert store.execute(*statements, checks=False) >= 1, f"nothing was planted: {statements}"
    findings = credd.findings()
    figures(damage, findings[0]["text"] if findings else "nothing found")
    assert findings
    if key:
        assert any(key in finding["key"] + finding["text"] for finding in findings), findings[:5]
    assert any(finding["check"] in checks.split() for finding in findings), findings[:5]


def test_a_row_without_an_instant_is_judged_by_nothing_that_needs_one(lived):
    store, credd = lived
    if store.kind != "sqlite":
        return  # such a column of MariaDB's keeps instants alone
    credd.assert_sound()
    key, = one(store, "SELECT MAX(application_id) FROM loan_applications")
    store.execute(f"UPDATE loan_applications SET created_at = 'never' WHERE application_id = '{key}'",
                  f"UPDATE credd_status SET at = 'never' WHERE application_id = '{key}'", checks=False)
    assert not [finding for finding in credd.findings() if finding["check"] in ("date", "before-customer", "decision-early")]


@pytest.mark.parametrize("key", ("printf('%0300d', 0) || n", "'x' || char(0) || n"), ids=("long", "with a NUL"))
def test_keys_that_cannot_be_told_apart_end_an_audit(lived, key):
    store, credd = lived
    if store.kind != "sqlite":
        return  # keys of MariaDB's columns are short, and compared as a whole
    names = ", ".join(name for name, _ in COLUMNS["market_data"][1:])
    store.execute(f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4500) INSERT INTO market_data "
                  f"(data_id, {names}) SELECT {key}, {names} FROM c, (SELECT * FROM market_data LIMIT 1)", checks=False)
    result = credd.ctl("verify", "--timeout", "30s")
    assert result.code == 1 and "cannot be told apart" in result.err, result
