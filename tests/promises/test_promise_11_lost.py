"""Promise 11: what others do to the tables in the last moment of a reset is not lost without a word."""
import pytest

from credd_migrations import sections
from credd_stores import TABLES, wait_until

pytestmark = pytest.mark.parametrize("store", ("mariadb",), indirect=True)
OWN = ("act", "gap", "status", "stream", "world")
LOST = "others altered the tables in the last moment of a reset"


def old_tables(store):
    """The tables that a daemon leaves which is killed between the exchange and its look at the old ones."""
    for table in (*TABLES, *(f"credd_{one}" for one in OWN)):
        made = store.query(f"SHOW CREATE TABLE {table}")[0][1]
        old = f"credd_old_{table.removeprefix('credd_')}"
        made = made.replace(f"TABLE `{table}`", f"TABLE `{old}`").replace("REFERENCES `", "REFERENCES `credd_old_")
        store.execute(made.replace("CONSTRAINT `", "CONSTRAINT `credd_old_"), f"INSERT INTO {old} SELECT * FROM {table}",
                      checks=False)


def test_what_a_killed_reset_lost_is_told_by_the_next_daemon(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.must("reset", "--yes")
    credd.kill()
    old_tables(store)
    credd.start()
    wait_until(lambda: "credd_old_world" not in store.tables(), "a sweep")
    assert LOST not in credd.stderr(), "nothing was lost yet"
    credd.kill()
    old_tables(store)
    store.execute("ALTER TABLE credd_old_customers ADD COLUMN tier INT DEFAULT 7, DROP COLUMN phone",
                  "CREATE TRIGGER audit AFTER INSERT ON credd_old_market_data FOR EACH ROW SET @x = 1")
    credd.start()
    wait_until(lambda: "credd_old_world" not in store.tables(), "a sweep")
    said = [line for line in credd.stderr().splitlines() if LOST in line]
    assert len(said) == 1 and all(part in said[0] for part in (
        "table customers: added `tier` int(11) DEFAULT 7, removed `phone` varchar(20)", "trigger audit", "do it again")), said
    credd.must("reset", "--yes")
    credd.must("advance", "2d")
    credd.assert_sound()
    credd.stop()
    credd.start()
    credd.must("advance", "1d")
    assert credd.stderr().count(LOST) == 1
