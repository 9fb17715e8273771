"""The newest row of each stream, as status tells it: what the table holds, whoever committed it and whoever asks."""
import re

import credd_testing as t
from credd_stores import SqliteStore


def in_tables(store):
    return {name: str(store.query(f"SELECT MAX(created_at) FROM {name}")[0][0]).replace(" ", "T") + "Z" for name in t.STREAMS}


def told(credd):
    return {one["name"]: one["newest_row"] for one in credd.status()["streams"]}


def test_it_is_the_newest_of_the_table(store, daemon):
    credd = daemon(store, t.world(customers=300)).start()
    credd.built()
    assert told(credd) == in_tables(store), "of a baseline"
    for span in ("90min", "3d", "1s", "20d"):
        credd.must("advance", span)
        assert told(credd) == in_tables(store), span
    before = told(credd)
    credd.kill()
    credd.start().built()
    assert told(credd) == before, "known again after a restart"
    credd.must("advance", "2h")
    assert told(credd) == in_tables(store)
    credd.must("reset", "--yes", "--seed", "7")
    assert told(credd) == in_tables(store), "of another world"


def test_it_follows_another_daemon(store, daemon):
    one = daemon(store, t.world(customers=300)).start()
    one.built()
    two = daemon(store, t.world(customers=300), name="b").start()
    two.built()
    one.must("advance", "3d")
    wanted = in_tables(store)
    two.wait(lambda _: told(two) == wanted, "the rows of the other daemon", 10)


def test_the_table_shows_it_and_when_the_market_opens(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=300, start="2024-02-16T23:00:00Z")).start()
    credd.built()
    shown = credd.must("status")
    assert "NEWEST ROW" in shown and re.search(r"^  market_data .* ago ", shown, re.M), shown
    assert "    closed until Tue 09:30\n" in shown, "Presidents' Day lies between"
    stream = credd.stream("market_data")
    assert (stream["closed_until"], stream["closed"]) == ("2024-02-20T14:30:00Z", "closed until Tue 09:30")
    credd.must("advance", "--to", "2024-02-20T15:00:00Z")
    assert "closed" not in credd.must("status") and credd.stream("market_data")["closed_until"] is None


def test_spans_of_world_time_are_named(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=30, speed=60)).start()
    credd.built()
    credd.must("tempo", "customers", "2", "--for", "1h")
    shown = credd.must("status")
    assert "Ages and next runs are in world time; a minute of wall time is 1 h of it." in shown, shown
    assert re.search(r"until 2024-\S+ \S+, in \d+ d \d+ h of world time", shown), shown
    credd.must("speed", "0")
    shown = credd.must("status")
    assert "in world time, which is stopped" in shown and "stopped (speed 0)" in shown, shown
    credd.must("speed", "1")
    assert "in world time" not in credd.must("status")


def test_the_end_of_time_is_named(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=30, start="2037-12-30T00:00:00Z")).start()
    credd.built()
    credd.must("advance", "--to", "2037-12-31T23:59:59Z")
    result = credd.ctl("status", "--check")
    assert result.code == 1 and result.out.startswith("HELD  world time ended at 2037-12-31T23:59:59Z"), result
