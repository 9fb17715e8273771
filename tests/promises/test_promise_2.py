"""Promise 2: exactly once."""
import random
import threading
import time

from credd_proxy import Proxy
from credd_stores import SqliteStore, assert_same
from credd_testing import SCALE, VarlinkError, instant, scaled, seconds
from credd_worlds import END, MIDDLE, OTHER_SEED, START, assert_lived, sections, undisturbed


class Storm:
    """Kills one of several daemons again and again while they have work in hand."""

    def __init__(self, daemons, rng):
        self.daemons, self.rng = daemons, rng
        self.kills = self.interrupted = self.in_reset = 0
        self.patience = 0.02  # how long work is let go on: adapted so that most kills hit it

    def run(self):
        for one in self.daemons:
            if not one.running():
                one.start()
        return self.rng.choice(self.daemons)

    def strike(self, method, parameters):
        """Asks one daemon for work and kills it at a random instant. True if the work was cut short."""
        victim = self.run()
        victim.wait(lambda s: s["database"]["state"] == "ready" and s["world"], "database")
        work = victim.connect()
        work.send(method, parameters, more=True)
        time.sleep(self.rng.uniform(0.2, 1.8) * self.patience)
        job = victim.status()["job"]
        victim.kill()
        done = False
        try:
            while not done:
                done = not work.receive().get("continues")
        except ConnectionError:
            pass
        work.close()
        self.kills += 1
        cut = bool(job) and not done
        self.interrupted += cut
        self.in_reset += cut and job["kind"] == "reset"
        self.patience = min(1.0, self.patience * 1.15) if not done else max(0.001, self.patience * 0.7)
        return cut

    def advance(self, start, end, kills):
        for number in range(1, kills + 1):
            self.strike("Advance", {"to": instant(start + (end - start) * number // kills)})
        self.run().advance_to(end)

    def reset(self, seed, kills):
        for _ in range(kills):
            self.strike("Reset", {"seed": seed})
        victim = self.run()
        victim.wait(lambda s: s["database"]["state"] == "ready" and not s["job"], "quiet")
        victim.must("reset", "--seed", seed, "--yes")


def test_kills_and_two_daemons(store, daemon, figures):
    """Two daemons on one database throughout, a reset to another seed in the middle, kill -9 at random instants."""
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, sections(), "b").start()
    storm = Storm([one, two], random.Random(20))
    storm.advance(START, MIDDLE, scaled(26, 4))
    storm.reset(OTHER_SEED, scaled(12, 3))
    before = store.counts()
    storm.advance(START, END, scaled(26, 4))
    figures("kills, of which work was in hand, in a reset", (storm.kills, storm.interrupted, storm.in_reset))
    if SCALE >= 1:
        assert storm.kills >= 60 and storm.interrupted >= 30 and storm.in_reset >= 2
    assert_lived(store, before)
    assert_same(undisturbed(reset_at=MIDDLE), store.dump(), store.kind)
    storm.run().assert_sound()


def test_kills_inside_a_commit(own_mariadb, folder, daemon, figures):
    """The daemon dies with its COMMIT on the way: half of them reach the server, half do not."""
    store = own_mariadb.create()
    proxy = Proxy(folder / "proxy", own_mariadb.socket)
    store.route = proxy.path
    rng = random.Random(21)
    credd = daemon(store, sections()).start()
    credd.built()
    before = store.counts()
    kills = scaled(16, 4)
    for number in range(1, kills + 1):
        countdown = rng.randrange(1, 6)
        mode = "before" if number % 2 else "after"

        def at_commit(_):
            nonlocal countdown
            countdown -= 1
            if countdown:
                return None
            credd.process.kill()
            return mode

        at = START + (END - START) * number // kills
        if not credd.running():
            credd.start()
        credd.wait(lambda s: s["database"]["state"] == "ready", "database")
        work = credd.connect()
        proxy.at_commit = at_commit
        work.send("Advance", {"to": instant(at)}, more=True)
        try:
            while work.receive().get("continues"):
                pass
        except ConnectionError:
            pass
        proxy.at_commit = lambda _: None
        work.close()
        credd.kill()
    figures("kills inside a commit, before and after the server saw it", proxy.cuts)
    assert min(proxy.cuts.values()) >= scaled(4, 1)
    credd.start()
    credd.wait(lambda s: s["database"]["state"] == "ready", "database")
    credd.advance_to(END)
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump())
    credd.assert_sound()
    credd.stop()
    proxy.close()


def keep_advancing(credd, end, stop):
    """Asks for the same advance until it is done; what went wrong on the way is what the test is about."""
    while not stop.is_set():
        try:
            link = credd.connect()
            for _ in link.replies("Advance", {"to": instant(end), "if_later": True}):
                pass
            link.close()
            return
        except (VarlinkError, OSError, ConnectionError):
            time.sleep(0.02)


def reached(credd, end):
    status = credd.status()
    return (status["world"] and seconds(status["clock"]["world"]) >= end
            and all(one["watermark"] and seconds(one["watermark"]) >= end for one in status["streams"]))


def test_server_killed(own_mariadb, daemon, figures):
    """mariadbd is killed 20 times under two working daemons."""
    store = own_mariadb.create()
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, sections(), "b").start()
    before = store.counts()
    rng = random.Random(22)
    kills, busy = scaled(20, 4), 0
    for number in range(1, kills + 1):
        end = START + (END - START) * number // kills
        stop = threading.Event()
        workers = [threading.Thread(target=keep_advancing, args=(credd, end, stop)) for credd in (one, two)]
        for worker in workers:
            worker.start()
        time.sleep(rng.uniform(0, 0.06))
        busy += any(credd.status()["job"] for credd in (one, two))
        own_mariadb.kill()
        own_mariadb.start()
        for worker in workers:
            worker.join(120)
        stop.set()
        assert not any(worker.is_alive() for worker in workers), one.status()
    figures("kills of the server, with work in hand", (kills, busy))
    if SCALE >= 1:
        assert busy >= kills // 3
    for credd in (one, two):
        credd.wait(lambda _, credd=credd: reached(credd, END), "end")
        # Which may not have noticed the last kill yet.
        credd.wait(lambda _, credd=credd: credd.ctl("refresh").code == 0, "connection")
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump())
    one.assert_sound()


def test_done_is_committed(store, daemon):
    """An hour at a time: most streams have nothing in it, and the database knows that too when the answer comes."""
    credd = daemon(store, sections()).start()
    credd.built()
    for hour in range(1, 6):
        to = START + hour * 3600
        credd.advance_to(to)
        reached = dict(store.query("SELECT name, watermark FROM credd_stream"))
        assert len(reached) == 5 and set(reached.values()) == {to}, (to, reached)


def test_connection_cut_at_commit(own_mariadb, folder, daemon, figures):
    """A proxy cuts the connection at COMMIT, before and after the server saw it, for two daemons."""
    store = own_mariadb.create()
    proxy = Proxy(folder / "proxy", own_mariadb.socket)
    store.route = proxy.path
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, sections(), "b").start()
    two.wait(lambda s: s["database"]["state"] == "ready", "second daemon")
    before = store.counts()
    wanted = scaled(20, 4)
    rng = random.Random(23)

    def at_commit(_):
        if sum(proxy.cuts.values()) >= wanted or rng.random() > 0.3:
            return None
        return "before" if proxy.cuts["before"] <= proxy.cuts["after"] else "after"

    proxy.at_commit = at_commit
    steps = 40
    for number in range(1, steps + 1):
        end = START + (END - START) * number // steps
        stop = threading.Event()
        workers = [threading.Thread(target=keep_advancing, args=(credd, end, stop)) for credd in (one, two)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
        stop.set()
        assert not any(worker.is_alive() for worker in workers), one.status()
    figures("commits seen, cut before and after the server saw them", (proxy.commits, proxy.cuts))
    assert sum(proxy.cuts.values()) >= wanted and min(proxy.cuts.values()) >= wanted // 3
    proxy.at_commit = lambda _: None
    for credd in (one, two):
        credd.wait(lambda _, credd=credd: reached(credd, END), "end")
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump())
    one.assert_sound()
    one.stop()
    two.stop()
    proxy.close()


def test_two_daemons_race(store, daemon, figures):
    """Both write as fast as they can, each asked for other steps."""
    one = daemon(store, sections(), "a").start()
    one.built()
    two = daemon(store, sections(), "b").start()
    two.wait(lambda s: s["database"]["state"] == "ready", "second daemon")
    before = store.counts()

    def run(credd, step):
        at = START
        while at < END:
            at = min(END, at + step)
            keep_advancing(credd, at, threading.Event())

    workers = [threading.Thread(target=run, args=args) for args in ((one, 5 * 86400), (two, 3 * 86400))]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert not any(worker.is_alive() for worker in workers), (one.status(), two.status())
    figures("seconds of a race of two daemons", round(time.monotonic() - began, 1))
    assert_lived(store, before)
    assert_same(undisturbed(), store.dump(), store.kind)
    one.assert_sound()


def test_killed_in_the_first_baseline(store, daemon, figures):
    """Kill -9 while the first world is being built: the next start goes on, and the world is the same."""
    rng = random.Random(24)
    credd = daemon(store, sections())
    kills, cut = scaled(8, 3), 0
    patience = 0.05
    for _ in range(kills):
        credd.start()
        time.sleep(rng.uniform(0, patience))
        cut += bool(credd.status()["job"])
        credd.kill()
    credd.start()
    credd.built()
    figures("kills during the first baseline, at work", (kills, cut))
    credd.advance_to(MIDDLE)
    assert_same(undisturbed(end=MIDDLE), store.dump(), store.kind)
    assert not [name for name in store.tables() if "shadow" in name or "old" in name]


def written(path):
    """Changes whenever the file is written to."""
    found = path.stat() if path.exists() else None
    return found and (found.st_size, found.st_mtime_ns)


def test_wal_is_being_written_when_killed(folder, daemon, figures):
    """SQLite: killed as soon as the write-ahead log grows, which is inside a commit or close to it."""
    store = SqliteStore(folder)
    credd = daemon(store, sections()).start()
    credd.built()
    lived = store.counts()
    wal = store.path.with_name(store.path.name + "-wal")
    kills, hits = scaled(10, 3), 0
    for number in range(1, kills + 1):
        if not credd.running():
            credd.start()
        credd.wait(lambda s: s["database"]["state"] == "ready", "database")
        before_work = written(wal)
        work = credd.connect()
        work.send("Advance", {"to": instant(START + (END - START) * number // kills)}, more=True)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            if written(wal) != before_work:
                hits += 1
                break
        credd.kill()
        work.close()
    figures("kills at a write, of", (hits, kills))
    assert hits >= kills // 2
    credd.start()
    credd.advance_to(END)
    assert_lived(store, lived)
    assert_same(undisturbed(), store.dump())
    credd.assert_sound()
