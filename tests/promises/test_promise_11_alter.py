"""Promises 5 and 11: an application that alters its tables all the time, beside live rows and resets."""
import multiprocessing
import time

import pytest

from credd_migrations import sections, undisturbed
from credd_stores import TABLES, assert_same
from credd_testing import PATIENCE, SCALE, scaled, seconds
from credd_worlds import DAY, START_TEXT
from test_promise_5 import COUNT, let_go, single_statements

pytestmark = pytest.mark.alone

RESET_EVERY = 4
REST = 0.5 # without one, a new world never finds the tables as they were when it was begun
LIMIT = 0.100 if SCALE >= 1 else 0.500
ALTERS = ("ALTER TABLE {0} ADD COLUMN theirs INT DEFAULT 7", "CREATE INDEX their_{0} ON {0} (theirs)",
          "DROP INDEX their_{0}", "ALTER TABLE {0} DROP COLUMN theirs")


def alter(store, stop, out):
    """Each table in turn, and nothing of it is left at the end."""
    count = 0
    while not stop.is_set():
        table = TABLES[count % len(TABLES)]
        for sql in ALTERS:
            on = f" ON {table}" if store.kind == "mariadb" and sql.startswith("DROP") else ""
            store.execute(sql.format(table) + on)
        count += 1
        stop.wait(REST)
    store.link = None
    out.put(count)


def beside(store, clients, work):
    """What the clients put out; `work` goes on meanwhile."""
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    outs = [context.Queue() for _ in clients]
    let_go(store)
    processes = [context.Process(daemon=True, target=client, args=(store, *args, stop, out))
                 for (client, *args), out in zip(clients, outs)]
    for process in processes:
        process.start()
    try:
        work()
    finally:
        stop.set()
    results = [out.get(timeout=60 * PATIENCE) for out in outs]
    for process in processes:
        process.join(10)
    return results


@pytest.mark.parametrize("span", (pytest.param(60, marks=pytest.mark.long), 10), ids=lambda span: f"{span}s")
def test_tables_that_are_altered_all_the_time(store, daemon, figures, span):
    """No row is lost, and no reader waits longer than for the ALTER statements alone."""
    span = scaled(span, 5)
    credd = daemon(store, sections(clock={"start": START_TEXT, "speed": 0},
                                   **{f"stream {one}": {"schedule": "hourly"} for one in TABLES})).start()
    credd.built()
    clients = [(alter,), (single_statements, [COUNT.format(table) for table in TABLES])]
    _, alone = beside(store, clients, lambda: time.sleep(span / 2))
    resets = []

    def live():
        credd.must("speed", 20000)
        end = time.monotonic() + span
        while time.monotonic() < end:
            time.sleep(min(RESET_EVERY, max(0, end - time.monotonic())))
            resets.append(credd.ctl("reset", "--yes", timeout=60 * PATIENCE))

    count, served = beside(store, clients, live)
    credd.must("speed", 0)
    credd.wait(lambda s: not any(one["obstacle"] for one in s["streams"]), "tables that take rows")
    figures(f"tables altered in {span} s; resets, and those that gave up", (count, len(resets), len([r for r in resets if r.code])))
    figures("longest wait of a statement beside ALTER, without and with credd (ms)",
            (round(1000 * alone[2], 1), round(1000 * served[2], 1)))
    end = (seconds(credd.status()["clock"]["world"]) // DAY + 2) * DAY
    credd.advance_to(end)
    assert_same(undisturbed(end), store.dump(), store.kind)
    refused = [one for one in resets if one.code != 0]
    assert len(refused) < len(resets) and all("altered while" in one.err for one in refused), refused
    assert not alone[1] and not served[1], (alone[1] + served[1])[:5]
    assert served[2] <= alone[2] + LIMIT, f"a statement waited {served[2] * 1000:.0f} ms, {alone[2] * 1000:.0f} ms without credd"
    credd.assert_sound()
