"""verify --realism: the daemon's table is that of the model, and says what others did to it."""
import datetime
import json

import credd_testing as t
from test_realism import FIGURES, measure_lines

CUSTOMERS, YEARS = 400, 1
START = datetime.datetime(2026, 7, 9, 12, tzinfo=datetime.timezone.utc)


def compared(credd):
    done = credd.ctl("--json", "verify", "--realism")
    replies = [json.loads(line) for line in done.out.splitlines()]
    return done, {one["figure"]["name"]: one["figure"] for one in replies if "figure" in one}


def test_a_database_is_compared_as_the_model_is(store, daemon):
    credd = daemon(store, t.world(CUSTOMERS, seed=7, start="2026-07-09T12:00:00Z")).start()
    credd.built()
    credd.advance_to((START + datetime.timedelta(days=365, hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    done, figures = compared(credd)
    assert done.code == 0, done.out[-2000:]
    assert list(figures) == [name for name, *_ in FIGURES.values()]
    model = measure_lines("people", 7, CUSTOMERS, YEARS)
    for one in model.values():
        here = figures[one["name"]]
        assert here["verdict"] == one["verdict"], (here, one)
        if one["count"] > 0:
            assert abs(here["here"] - one["here"]) <= 1e-6 * max(1, abs(one["here"])), (here, one)
        else:
            assert here["here"] is None
    verdicts = {one["verdict"] for one in figures.values()}
    assert verdicts <= {"within", "outside", "too few rows"} and "too few rows" in verdicts


def test_what_others_did_is_outside_but_no_finding(store, daemon):
    credd = daemon(store, t.world(200)).start()
    credd.built()
    before = compared(credd)[1]
    places = "city, state, ZIP and area code that do not belong together"
    assert (before[places]["verdict"], before[places]["here"]) == ("within", 0)
    keys = [row[0] for row in store.query("SELECT customer_id FROM customers ORDER BY customer_id LIMIT 3")]
    for key in keys:
        store.execute(f"UPDATE customers SET city = 'Atlantis' WHERE customer_id = '{key}'")
    done, after = compared(credd)
    assert done.code == 0
    assert (after[places]["verdict"], after[places]["here"]) == ("outside", 3)
    text = credd.must("verify", "--realism")
    assert "outside       " + places in text and "no findings" in text and "REFERENCE" in text
    # Without being asked it compares nothing.
    assert "REFERENCE" not in credd.must("verify")
