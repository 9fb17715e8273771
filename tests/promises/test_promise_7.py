"""Promise 7: always answers."""
import threading
import time

import pytest

from credd_stores import SqliteStore, assert_same
from credd_testing import SCALE, instant, scaled
from credd_worlds import END, START, assert_lived, sections, undisturbed

pytestmark = pytest.mark.alone

ASKS = 1000
LIMIT = 0.010 if SCALE >= 1 else 0.100


def latencies(credd, count=ASKS):
    """Seconds of each status call at the socket, sorted."""
    link = credd.connect()
    found = []
    for _ in range(count):
        began = time.monotonic()
        link.send("Status")
        link.receive()
        found.append(time.monotonic() - began)
    link.close()
    return sorted(found)


def percentile(found, share):
    return found[min(len(found) - 1, int(len(found) * share))]


def report(figures, what, found):
    figures(f"{what}: status in ms, median / p99 / longest",
            tuple(round(1000 * value, 2) for value in (percentile(found, 0.5), percentile(found, 0.99), found[-1])))


def test_server_that_hangs(own_mariadb, daemon, figures):
    store = own_mariadb.create()
    credd = daemon(store, sections()).start()
    credd.built()
    before = store.counts()
    store.link.close()
    store.link = None
    work = credd.connect()
    work.send("Advance", {"to": instant(END)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["done"], "work in hand")
    own_mariadb.freeze()
    assert credd.status()["job"], "the batch was over before the server was stopped"
    found = latencies(credd)
    report(figures, "server stopped", found)
    assert percentile(found, 0.99) < LIMIT
    for method, paused in (("Pause", True), ("Resume", False), ("Pause", True)):
        began = time.monotonic()
        credd.call(method)
        assert time.monotonic() - began < 1, method
        assert credd.status()["clock"]["paused"] is paused
    credd.call("Resume")
    credd.call("Pause", {"reason": "while it hangs"})
    credd.kill()
    work.close()
    credd.start()
    status = credd.status()
    assert status["clock"]["paused"], "the pause is forgotten"
    found = latencies(credd)
    report(figures, "started while the server is stopped", found)
    assert percentile(found, 0.99) < LIMIT
    own_mariadb.thaw()
    status = credd.wait(lambda s: s["database"]["state"] == "ready" and s["world"], "database", 60)
    assert status["clock"]["paused"] and "while it hangs" in status["clock"]["reason"]
    credd.must("resume")
    credd.advance_to(END)
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump())
    credd.assert_sound()


def test_server_that_is_down(own_mariadb, daemon, figures):
    store = own_mariadb.create()
    own_mariadb.stop()
    credd = daemon(store, sections()).start()
    credd.wait(lambda s: s["database"]["state"] == "down", "down")
    found = latencies(credd)
    report(figures, "server down", found)
    assert percentile(found, 0.99) < LIMIT
    own_mariadb.start()
    credd.built()


def test_during_a_reset(store, daemon, figures):
    credd = daemon(store, sections()).start()
    credd.built()
    work = credd.connect()
    found, resets = [], 0
    while len(found) < scaled(ASKS, 200):
        work.send("Reset", {"seed": 5 + resets}, more=True)
        done = threading.Event()

        def drain():
            while work.receive().get("continues"):
                pass
            done.set()

        waiter = threading.Thread(target=drain)
        waiter.start()
        while not done.is_set():
            began = time.monotonic()
            credd.status()
            found.append(time.monotonic() - began)
        waiter.join()
        resets += 1
    found.sort()
    report(figures, f"during {resets} resets", found)
    assert percentile(found, 0.99) < LIMIT


def test_sqlite_file_locked_by_another(folder, daemon, figures):
    store = SqliteStore(folder)
    credd = daemon(store, sections()).start()
    credd.built()
    holder = store.connect()
    holder.execute("BEGIN IMMEDIATE")
    work = credd.connect()
    work.send("Advance", {"to": instant(START + 86400)}, more=True)
    found = latencies(credd)
    report(figures, "file locked", found)
    assert percentile(found, 0.99) < LIMIT
    credd.call("Pause")
    credd.call("Resume")
    holder.execute("ROLLBACK")
    holder.close()
    while work.receive().get("continues"):
        pass
    work.close()
    credd.advance_to(END)
    assert_same(undisturbed(), store.dump())
