"""Promise 11: what others do to the tables in the last moment of a reset is not lost without a word."""
import pytest

from credd_migrations import old_tables, sections
from credd_stores import wait_until

pytestmark = pytest.mark.parametrize("store", ("mariadb",), indirect=True)
LOST = "without changes that were made to the tables during the swap"


def test_what_a_killed_reset_lost_is_told_by_the_next_daemon(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("reset", "--yes")
    credd.kill()
    old_tables(store)
    credd.start()
    wait_until(lambda: not any(name.startswith("credd_old_") for name in store.tables()), "a sweep")
    assert LOST not in credd.stderr(), "nothing was lost yet"
    credd.kill()
    old_tables(store)
    store.execute("ALTER TABLE credd_old_customers ADD COLUMN tier INT DEFAULT 7, DROP COLUMN phone",
                  "CREATE TRIGGER audit AFTER INSERT ON credd_old_market_data FOR EACH ROW SET @x = 1")
    credd.start()
    wait_until(lambda: not any(name.startswith("credd_old_") for name in store.tables()), "a sweep")
    said = [line for line in credd.stderr().splitlines() if LOST in line]
    assert len(said) == 1 and all(part in said[0] for part in (
        "table customers: added `tier` int(11) DEFAULT 7, removed `phone` varchar(20)", "trigger audit", "repeat them")), said
    credd.must("reset", "--yes")
    credd.must("advance", "2d")
    credd.assert_sound()
    credd.stop()
    credd.start()
    credd.must("advance", "1d")
    assert credd.stderr().count(LOST) == 1
