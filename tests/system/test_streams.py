"""What the streams give: exact baseline counts, lifecycles, calendars."""
import collections
import datetime
from zoneinfo import ZoneInfo

import pytest

from credd_stores import COLUMNS, STATUS_ORDER
from credd_testing import scaled, seconds, world
from credd_worlds import DAY, START

ZONE = ZoneInfo("America/New_York")
QUOTES = ("sp500_quote", "vix_quote", "treasury_10y_quote")


def local(text):
    return datetime.datetime.fromisoformat(str(text)).replace(tzinfo=datetime.timezone.utc).astimezone(ZONE)


@pytest.mark.parametrize("settings", (
    {},
    {"customers": 137, "financial_records_per_customer": 3, "loan_applications_per_customer": 1,
     "credit_history_entries": 4, "market_data_points": 30},
    {"customers": 1, "financial_records_per_customer": 1, "loan_applications_per_customer": 1,
     "credit_history_entries": 1, "market_data_points": 1},
    {"customers": 50, "customer_growth": "0%/month", "credit_history_entries": 24, "loan_applications_per_customer": 9},
    {"customers": 40, "financial_records_per_customer": 0, "loan_applications_per_customer": 0,
     "credit_history_entries": 0, "market_data_points": 0},
))
def test_baseline_counts_are_exact(store, daemon, settings):
    chosen = {"customers": 1000, "financial_records_per_customer": 5, "loan_applications_per_customer": 2,
              "credit_history_entries": 10, "market_data_points": 100, **settings}
    credd = daemon(store, world(chosen["customers"], world=settings)).start()
    credd.built()
    people = chosen["customers"]
    found = store.counts()
    assert found["customers"] == people
    assert found["financial_records"] == people * chosen["financial_records_per_customer"]
    # Each applicant decides for themselves: these alone are about as many as asked for.
    wanted = people * chosen["loan_applications_per_customer"]
    assert abs(found["loan_applications"] - wanted) <= 4 * wanted ** .5
    assert found["credit_history"] == people * chosen["credit_history_entries"]
    # Points are business days of history for each daily series.
    for kind, count in store.query("SELECT data_type, COUNT(*) FROM market_data GROUP BY data_type "
                                   "HAVING data_type IN ('treasury_10y', 'sp500')"):
        assert count == chosen["market_data_points"], kind
    rows = {one["name"]: one["rows"] for one in credd.status()["streams"]}
    assert all(rows[table] == found[table] for table in rows), (rows, found)
    assert store.count("customers", "created_at > '2024-02-15 12:00:00'") == 0
    credd.assert_sound()


@pytest.fixture
def year(store, daemon):
    credd = daemon(store, world(scaled(1000, 200))).start()
    credd.built()
    credd.advance_to(START + 120 * DAY)
    return store, credd


def test_lifecycle_of_applications(year, figures):
    store, _ = year
    steps = collections.defaultdict(list)
    for key, status, at in store.query("SELECT application_id, status, at FROM credd_status ORDER BY at"):
        steps[key].append((str(at), status))
    first = {"Pending"}
    after = {"Pending": {"Under Review", "Approved", "Denied", "Withdrawn"},
             "Under Review": {"Conditional", "Approved", "Denied", "Withdrawn"},
             "Conditional": {"Approved", "Denied", "Withdrawn"}, "Approved": {"Funded", "Withdrawn"},
             "Denied": set(), "Withdrawn": set(), "Funded": set()}
    weekend = moves = machines = 0
    for key, path in steps.items():
        path.sort(key=lambda step: (step[0], STATUS_ORDER.index(step[1])))
        assert path[0][1] in first, (key, path)
        for (at, was), (then, now) in zip(path, path[1:]):
            assert now in after[was] and at <= then, (key, path)
            applied = datetime.datetime.fromisoformat(path[0][0])
            by_machine = datetime.datetime.fromisoformat(then) - applied < datetime.timedelta(hours=1)
            machines += by_machine
            if now != "Withdrawn" and not by_machine:
                moves += 1
                weekend += local(then).weekday() >= 5
    figures("moves by lenders, of them on a weekend", (moves, weekend))
    assert moves > scaled(300, 30) and weekend == 0, "people decide on business days"
    assert machines > scaled(300, 30), "machines decide at any hour"
    end = dict(store.query("SELECT status, COUNT(*) FROM loan_applications GROUP BY status"))
    figures("statuses", end)
    assert end["Funded"] > end["Pending"] and end["Denied"] > 0 and end["Withdrawn"] > 0


def test_market_series_and_their_calendars(year, figures):
    store, credd = year
    by_type = collections.defaultdict(list)
    for kind, date, at, value in store.query("SELECT data_type, date_recorded, created_at, value FROM market_data"):
        by_type[kind].append((str(date), str(at), value))
    series = [kind for kind in by_type if kind not in QUOTES]
    figures("series and their rows", {kind: len(rows) for kind, rows in sorted(by_type.items())})
    assert len(series) >= 12 and set(QUOTES) <= set(by_type)
    gaps = {}
    for kind in series:
        dates = sorted({datetime.date.fromisoformat(date) for date, _, _ in by_type[kind]})
        assert len(dates) == len(by_type[kind]), f"{kind}: a date twice"
        steps = [(b - a).days for a, b in zip(dates, dates[1:])]
        gaps[kind] = sorted(steps)[len(steps) // 2] if steps else None
        if gaps[kind] == 1:
            assert all(date.weekday() < 5 for date in dates), f"{kind}: a weekend"
            assert datetime.date(2024, 5, 27) not in dates, f"{kind}: Memorial Day"
    kinds = {"daily" if gap == 1 else "weekly" if gap == 7 else "monthly" if gap and 27 < gap < 32 else "other"
             for gap in gaps.values()}
    figures("median days between rows", gaps)
    assert {"daily", "weekly", "monthly"} <= kinds
    for kind in QUOTES:
        for _, at, _ in by_type[kind]:
            here = local(at)
            assert here.weekday() < 5 and here.minute % 5 == 0 and here.second == 0, (kind, at)
            assert (9, 30) <= (here.hour, here.minute) <= (16, 0), (kind, at)
    close = {date: value for date, _, value in by_type["sp500"]}
    last = {}
    for date, at, value in sorted(by_type["sp500_quote"], key=lambda row: row[1]):
        last[date] = value
    assert all(abs(float(last[date]) - float(close[date])) < 0.005 for date in set(last) & set(close)), "the close"


def test_no_step_at_the_origin(store, daemon, figures):
    """The live part goes on at the baseline's density."""
    credd = daemon(store, world(scaled(2000, 1000))).start()
    credd.built()
    credd.advance_to(START + 60 * DAY)
    for table in ("financial_records", "loan_applications", "credit_history", "customers"):
        before = store.count(table, "created_at > '2023-12-17 12:00:00' AND created_at <= '2024-02-15 12:00:00'")
        after = store.count(table, "created_at > '2024-02-15 12:00:00'")
        figures(f"{table}: 60 days before and after the origin", (before, after))
        spread = 4 * (before + after) ** 0.5
        assert abs(after - before) < max(0.12 * before, spread), table


def test_domains(year):
    store, _ = year

    def values(table, column):
        return {value for value, in store.query(f"SELECT DISTINCT {column} FROM {table}")}

    assert values("loan_applications", "loan_type") == {"Personal", "Auto", "Mortgage", "Credit Card", "Student",
                                                        "Home Equity", "Business"}
    assert values("loan_applications", "status") <= set(STATUS_ORDER)
    assert values("financial_records", "record_type") == {"income", "expense", "asset", "liability"}
    assert values("credit_history", "payment_history") <= {"Current", "30 Days Late", "60 Days Late", "90 Days Late",
                                                           "Charged Off"}
    assert values("customers", "employment_type") <= {"Full-time", "Part-time", "Self-employed", "Unemployed",
                                                      "Retired", "Student", "Other"}
    low, high, use_low, use_high = store.query("SELECT MIN(credit_score), MAX(credit_score), MIN(credit_utilization), "
                                               "MAX(credit_utilization) FROM credit_history")[0]
    assert 300 <= low < high <= 850 and 0 <= use_low < use_high <= 100
    assert store.count("loan_applications", "requested_amount <= 0") == 0
    assert store.count("loan_applications", "(term_months IS NULL) <> (loan_type = 'Credit Card')") == 0
    assert store.count("loan_applications", "loan_type = 'Credit Card' AND status = 'Funded'") == 0
    for table, columns in COLUMNS.items():
        for name, _ in columns:
            card = table == "loan_applications" and name == "term_months"
            assert card or store.count(table, f"{name} IS NULL") == 0, (table, name)


def test_live_at_speed_one(store, daemon, figures):
    """Started on an empty database with the clock at now, a short schedule makes live rows come by themselves."""
    sections = world(3000, start="now", speed=1, schedule="every 1s")
    credd = daemon(store, sections).start()
    credd.built()
    began = credd.status()
    credd.must("tempo", "financial_records", "1000")
    before = store.count("financial_records")
    credd.wait(lambda s: credd.stream("financial_records", s)["rows"] > credd.stream("financial_records", began)["rows"],
               "live rows", 60)
    assert store.count("financial_records") > before
    now = credd.status()
    assert abs(seconds(now["clock"]["world"]) - seconds(now["clock"]["wall"][:19] + "Z")) <= 2
    figures("lag of the streams in s", {one["name"]: one["lag_s"] for one in now["streams"]})
