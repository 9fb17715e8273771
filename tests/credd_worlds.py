"""The worlds that the promise tests compare: where they begin, where they end, and what an undisturbed run gives."""
import functools
import pathlib
import shutil
import tempfile

from credd_stores import LIVED, SqliteStore, assert_same
from credd_testing import Daemon, instant, scaled, seconds, world

# With 270 days from here both changes of daylight saving time lie inside (2024-03-10 and 2024-11-03).
START_TEXT = "2024-02-15T12:00:00Z"
START = seconds("2024-02-15T12:00:00Z")
DAY = 86400
DAYS = scaled(270, 30)
END = START + DAYS * DAY
MIDDLE = START + DAYS // 2 * DAY
CUSTOMERS = scaled(1000, 100)
OTHER_SEED = 7


def sections(**more):
    return world(customers=CUSTOMERS, start=START_TEXT, **more)


def assert_lived(store, before):
    """Every table grew and hundreds of statuses moved: else a comparison would say nothing."""
    after = store.counts()
    grown = {table: after[table] - before[table] for table in LIVED}
    assert all(count > 0 for count in grown.values()), grown
    moves = moved_after(store, START)
    assert moves >= scaled(300, 10), f"only {moves} statuses moved"
    return grown, moves


def moved_after(store, at):
    """Steps of applications after their first, later than `at`."""
    text = instant(at).replace("T", " ").rstrip("Z")
    return store.count("credd_status", f"status <> 'Pending' AND at > '{text}'")


@functools.lru_cache(maxsize=None)
def undisturbed(seed=42, end=END, reset_at=None):
    """The dump of a run that nobody disturbed, on SQLite: one advance (or two, with a reset to seed 7 between)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="credd-"))
    store = SqliteStore(folder)
    try:
        with Daemon(folder, store, sections(seed=seed)) as credd:
            credd.built()
            before = store.counts()
            if reset_at is not None:
                credd.advance_to(reset_at)
                credd.must("reset", "--seed", OTHER_SEED, "--yes")
                before = store.counts()
            credd.advance_to(end)
            if end == END:
                assert_lived(store, before)
        return store.dump()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def assert_same_world(store, end=END):
    """What is in the store is what an undisturbed run to `end` gives."""
    assert_same(undisturbed(end=end), store.dump(), store.kind)
