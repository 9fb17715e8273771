"""Promise 11: your tables stay yours. What only MariaDB's definitions can do to credd's rows, and the statements that help."""
import re
import threading

import pymysql
import pytest

from credd_migrations import sections, shape, undisturbed, wait_for_all
from credd_stores import assert_same
from credd_testing import instant, scaled
from credd_worlds import DAY, START

NEAR, FAR = START + 5 * DAY, START + 7 * DAY # a Tuesday, so that all streams have rows
STATUSES = "'pending', 'under review', 'conditional', 'approved', 'denied', 'withdrawn', 'funded'"

pytestmark = pytest.mark.parametrize("store", ("mariadb",), indirect=True)


@pytest.fixture
def credd(store, daemon):
    made = daemon(store, sections()).start()
    made.built()
    made.advance_to(NEAR)
    return made


@pytest.mark.parametrize("change", (
    "ADD `order` INT NOT NULL", "ADD `it's a ``b.c` INT NOT NULL", "ADD größe INT NOT NULL",
    "ADD CONSTRAINT `check` CHECK (created_at < '2024-02-20 13:00:00')",
    "MODIFY created_at TIMESTAMP NULL CHECK (created_at < '2024-02-20 13:00:00')",
    "ADD theirs INT NULL DEFAULT 3 UNIQUE", "DROP COLUMN source, ADD source VARCHAR(100) AS (data_type)",
    "DROP PRIMARY KEY, ADD id INT NOT NULL, ADD PRIMARY KEY (data_id, id), MODIFY data_id VARCHAR(50) NOT NULL"))
def test_the_statement_that_helps_does_as_it_stands(store, credd, change):
    if "UNIQUE" in change:
        store.execute("ALTER TABLE market_data ADD theirs INT NULL", "ALTER TABLE market_data ALTER theirs SET DEFAULT 3",
                      "ALTER TABLE market_data ADD UNIQUE `key` (theirs)")
    else:
        store.execute(f"ALTER TABLE market_data {change}")
    assert credd.ctl("advance", "--to", instant(FAR)).code == 1
    obstacle = credd.stream("market_data")["obstacle"]
    helps = re.search(r"to fix it: (ALTER TABLE .*?)(?:, or | \(without| \(the database)", obstacle)
    assert helps, obstacle
    store.execute(helps[1].replace("...", "7"))
    wait_for_all(credd, FAR)
    assert store.count("market_data") == len(undisturbed(FAR)["market_data"])


def test_statuses_that_are_spelt_in_another_way(store, credd):
    """An ENUM in lower case takes credd's: no step is skipped for it, before and after a reset."""
    store.execute(f"ALTER TABLE loan_applications MODIFY status ENUM({STATUSES})")
    added = shape(store)
    for end in (FAR, NEAR):
        credd.advance_to(end)
        assert credd.stream("loan_applications")["skipped"] == 0
        wanted = undisturbed(end)
        assert store.dump()["credd_status"] == wanted["credd_status"]
        assert sorted(status for status, in store.query("SELECT status FROM loan_applications")) == sorted(
            line.split("\x1f")[6].lower() for line in wanted["loan_applications"])
        if end == FAR:
            credd.must("reset", "--yes")
            assert shape(store) == added


def test_columns_that_follow_updates(store, credd):
    """What credd wrote stays; a column of the application's follows."""
    store.execute("ALTER TABLE loan_applications MODIFY created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE "
                  "CURRENT_TIMESTAMP, MODIFY application_date DATETIME NULL ON UPDATE CURRENT_TIMESTAMP, ADD changed TIMESTAMP "
                  "NULL ON UPDATE CURRENT_TIMESTAMP")
    added = shape(store)
    credd.advance_to(FAR)
    assert_same(undisturbed(FAR), store.dump(), "after the change")
    assert store.count("loan_applications", "changed IS NOT NULL") > 0
    credd.must("reset", "--yes")
    assert shape(store) == added
    credd.advance_to(NEAR)
    assert_same(undisturbed(NEAR), store.dump(), "after a reset")
    credd.assert_sound()


def alter(cursor, change, deadlocks):
    """Again where it was a deadlock's victim, which any statement beside others may be."""
    while True:
        try:
            cursor.execute(f"ALTER TABLE customers {change}, ALGORITHM = COPY")
            return
        except pymysql.err.OperationalError as problem:
            if problem.args[0] != 1213:
                raise
            deadlocks.append(change)


def alter_customers(store, stop, done, deadlocks):
    """In the way in which the server puts a copy in the table's place."""
    with store.connect() as link, link.cursor() as cursor:
        while not stop.is_set():
            alter(cursor, "ADD COLUMN theirs INT", deadlocks)
            alter(cursor, "DROP COLUMN theirs", deadlocks)
            done.append(2)


def test_a_copy_of_customers_stops_no_stream(store, credd, figures):
    """For a moment the server finds no customer for any row: that is nobody's fault, and nothing to drop a foreign key for."""
    stop, done, deadlocks, end = threading.Event(), [], [], NEAR
    beside = threading.Thread(target=alter_customers, args=(store, stop, done, deadlocks))
    beside.start()
    try:
        for _ in range(scaled(120, 20)):
            end += DAY // 4
            credd.advance_to(end)
    finally:
        stop.set()
        beside.join()
    figures("customers altered, and deadlocks among them", (sum(done), len(deadlocks)))
    assert sum(done) > 20 and len(deadlocks) <= sum(done) / 20
    assert_same(undisturbed(end), store.dump(), "beside ALTER TABLE")
