"""Promise 8: lives with others."""
import random

from credd_stores import COLUMNS, KEYS, LIVED, SqliteStore
from credd_testing import seconds
from credd_worlds import DAY, START, sections

THEIRS = {
    "customers": "INSERT INTO customers (customer_id, first_name, last_name, created_at) "
                 "VALUES ('APP-{n}', 'App', 'Lication', '{at}')",
    "financial_records": "INSERT INTO financial_records (record_id, customer_id, record_type, amount, record_date, "
                         "created_at) VALUES ('APP-{n}', 'APP-{n}', 'income', 12.34, '{day}', '{at}')",
    "loan_applications": "INSERT INTO loan_applications (application_id, customer_id, loan_type, requested_amount, "
                         "status, application_date, created_at) "
                         "VALUES ('APP-{n}', 'APP-{n}', 'Auto', 1000.01, 'Pending', '{day}', '{at}')",
    "market_data": "INSERT INTO market_data (data_id, data_type, value, date_recorded, source, created_at) "
                   "VALUES ('APP-{n}', 'treasury_10y', 4.2500, '{day}', 'by hand', '{at}')",
    "credit_history": "INSERT INTO credit_history (history_id, customer_id, credit_score, payment_history, "
                      "credit_utilization, record_date, created_at) "
                      "VALUES ('APP-{n}', 'APP-{n}', 700, 'Current', 12.50, '{day}', '{at}')",
}
CHILDREN = ("financial_records", "loan_applications", "credit_history")


class Application:
    """What an application beside credd does to the tables; remembers it."""

    def __init__(self, store, rng):
        self.store, self.rng = store, rng
        self.inserted = self.number = 0
        self.deleted, self.decided = set(), {}

    def insert(self, at):
        self.number += 1
        day, clock = at[:10], at.replace("T", " ").rstrip("Z")
        self.store.execute(*[sql.format(n=self.number, day=day, at=clock) for sql in THEIRS.values()])

    def delete_customer(self):
        keys = [key for key, in self.store.query("SELECT customer_id FROM customers WHERE customer_id NOT LIKE 'APP-%'")]
        key = self.rng.choice(keys)
        self.store.execute(*[f"DELETE FROM {table} WHERE customer_id = '{key}'" for table in CHILDREN],
                           f"DELETE FROM customers WHERE customer_id = '{key}'")
        self.deleted.add(key)

    def decide(self, count):
        keys = [key for key, in self.store.query(
            "SELECT application_id FROM loan_applications WHERE status IN ('Pending', 'Under Review') "
            "AND application_id NOT LIKE 'APP-%' ORDER BY application_id")]
        for key in self.rng.sample(keys, min(count, len(keys))):
            self.store.execute(f"UPDATE loan_applications SET status = 'On Hold' WHERE application_id = '{key}'")
            self.decided[key] = "On Hold"

    def rows(self):
        return {table: self.store.query(f"SELECT * FROM {table} WHERE {KEYS[table]} LIKE 'APP-%' ORDER BY 1")
                for table in THEIRS}


def test_an_application_beside(store, daemon, figures):
    credd = daemon(store, sections()).start()
    credd.built()
    application = Application(store, random.Random(8))
    for day in range(3, 61, 3):
        application.insert(credd.status()["clock"]["world"])
        for _ in range(3):
            application.delete_customer()
        application.decide(8)
        credd.advance_to(START + day * DAY)
    theirs = application.rows()
    status = credd.status()
    skipped = {one["name"]: one["skipped"] for one in status["streams"]}
    figures("skipped beside an application", skipped)
    figures("theirs: inserted, customers deleted, statuses changed",
            (application.number * 5, len(application.deleted), len(application.decided)))
    assert all(seconds(one["watermark"]) == START + 60 * DAY for one in status["streams"]), "something blocked"
    assert all(len(rows) == application.number for rows in theirs.values())
    for n, row in enumerate(sorted(theirs["loan_applications"], key=lambda row: int(row[0][4:])), 1):
        assert row[0] == f"APP-{n}" and row[6] == "Pending"
    gone = "', '".join(application.deleted)
    for table in ("customers", *CHILDREN):
        assert store.count(table, f"customer_id IN ('{gone}')") == 0, f"{table}: a deleted customer is back"
    for key, wanted in application.decided.items():
        rows = store.query(f"SELECT status FROM loan_applications WHERE application_id = '{key}'")
        assert rows in ([], [(wanted,)]), (key, rows)
    assert skipped["credit_history"] > 0 and skipped["loan_applications"] > 0
    for table in LIVED:
        at = "at" if table == "credd_status" else "created_at"
        assert store.count(table, f"{at} > '2024-02-15 12:00:00' AND {KEYS[table]} NOT LIKE 'APP-%'") > 0, table
    credd.assert_sound()
    assert application.rows() == theirs


def test_what_others_did_changes_nothing_else(store, daemon, folder):
    """Rows of customers that nobody touched are the same as in a world without that application."""
    plain_store = SqliteStore(folder, "plain.sqlite")
    plain = daemon(plain_store, sections(), "plain").start()
    plain.built()
    plain.advance_to(START + 30 * DAY)
    credd = daemon(store, sections()).start()
    credd.built()
    application = Application(store, random.Random(9))
    for day in range(5, 31, 5):
        application.delete_customer()
        credd.advance_to(START + day * DAY)
    here, there = store.dump(), plain_store.dump()
    for table in ("financial_records", "credit_history"):
        owner = [name for name, _ in COLUMNS[table]].index("customer_id")
        kept = [line for line in there[table] if line.split("\x1f")[owner] not in application.deleted]
        assert here[table] == kept, table
    assert here["market_data"] == there["market_data"]


def test_a_key_that_is_taken(store, daemon):
    """Somebody took the very key of a row to come: that row alone is left out."""
    credd = daemon(store, sections()).start()
    credd.built()
    credd.advance_to(START + 2 * DAY)
    key, = store.query("SELECT MAX(history_id) FROM credit_history")[0]
    skipped = credd.stream("credit_history")["skipped"]
    credd.must("reset", "--yes")
    store.execute("INSERT INTO credit_history (history_id, customer_id, credit_score) "
                  f"SELECT '{key}', MIN(customer_id), 1 FROM customers")
    credd.advance_to(START + 3 * DAY)
    assert store.query(f"SELECT credit_score FROM credit_history WHERE history_id = '{key}'") == [(1,)]
    assert credd.stream("credit_history")["skipped"] > (0 if skipped else 0)
    credd.advance_to(START + 6 * DAY)


def test_reset_removes_theirs(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    Application(store, random.Random(1)).insert(credd.status()["clock"]["world"])
    assert store.count("customers", "customer_id LIKE 'APP-%'") == 1
    credd.must("reset", "--yes")
    assert store.count("customers", "customer_id LIKE 'APP-%'") == 0
