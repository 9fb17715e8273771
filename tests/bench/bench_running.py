"""A world that runs: what a tick costs, what credd costs while nothing is due, how soon it answers and how punctual it is."""
import json
import re
import subprocess
import threading
import time

import credd_testing as t
from credd_bench import Sample, cpu, figure, memory, own_memory, percentile, rows_in, took, wakes

MIB = 1 << 20
TICKS = 40
TICK_S = 1200


# --- ticks ---

def ticks(bench, kind, customers):
    """Microseconds of processor for each row of 40 ticks of 20 minutes; of a world in which as much happens as in any."""
    store = bench.store(kind)
    tempo = {f"stream {stream}": {"schedule": t.NEVER, "tempo": 10000 / customers} for stream in t.STREAMS if stream != "market_data"}
    with bench.daemon(store, t.world(customers=customers, **tempo)) as daemon:
        at = t.seconds(daemon.built(timeout=3600)["clock"]["world"])
        daemon.advance_to(at + TICK_S)
        before, spent = rows_in(daemon.status()), cpu(daemon.pid)
        for i in range(TICKS):
            daemon.advance_to(at + (i + 2) * TICK_S)
        return (cpu(daemon.pid) - spent) * 1e6 / (rows_in(daemon.status()) - before)


def flat(bench, kind):
    small, large = (500, 2000) if bench.quick else (10000, 10 * bench.customers)
    while True:
        yield Sample(ticks(bench, kind, large), ticks(bench, kind, small))


@figure("tick-sqlite", "CPU of a tick a row, many customers, SQLite", "us", at_most=1.5, peer="a hundredth as many customers")
def tick_sqlite(bench):
    yield from flat(bench, "sqlite")


@figure("tick-mariadb", "CPU of a tick a row, many customers, MariaDB", "us", at_most=1.5, peer="a hundredth as many customers")
def tick_mariadb(bench):
    yield from flat(bench, "mariadb")


# --- memory ---

@figure("memory-many", "most memory of baseline, ticks and verify, many customers", "MiB", at_most=64)
def memory_many(bench):
    while True:
        store = bench.store("sqlite")
        with bench.daemon(store, t.world(customers=bench.customers if bench.quick else 10 * bench.customers)) as daemon:
            daemon.built(timeout=3600)
            daemon.must("advance", "1d", timeout=3600)
            daemon.must("verify", timeout=3600)
            yield Sample(memory(daemon.pid, "VmHWM"))
        bench.drop(store)


@figure("memory-idle", "memory of its own, 1,000 customers, idle", "MiB", at_most=12)
def memory_idle(bench):
    while True:
        with bench.daemon(bench.store("sqlite"), t.world()) as daemon:
            daemon.built()
            yield Sample(own_memory(daemon.pid, t.CREDD))


# --- idle ---

def idle(bench, count):
    """What `count` rises by in an hour, on default schedules, measured over a while."""
    span = 5 if bench.quick else 120
    sections = t.world(start="now", speed=1)
    for stream in t.STREAMS:
        del sections[f"stream {stream}"]
    store = bench.store("mariadb")
    with bench.daemon(store, sections) as daemon:
        daemon.built()
        daemon.unlink()
        time.sleep(2)
        while True:
            before = count(daemon, store)
            time.sleep(span)
            yield Sample((count(daemon, store) - before) * 3600 / span)


def questions(daemon, store):
    """Without the one that asks."""
    del daemon
    count = getattr(store, "asked", 0)
    store.asked = count + 1
    return int(store.query("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]) - 2 * count


@figure("idle-cpu", "processor while nothing is due", "%", at_most=0.1)
def idle_cpu(bench):
    for sample in idle(bench, lambda daemon, store: cpu(daemon.pid)):
        yield Sample(sample.credd / 36)


@figure("idle-wakes", "threads woken in an hour, default schedules", "1/h")
def idle_wakes(bench):
    yield from idle(bench, lambda daemon, store: wakes(daemon.pid))


@figure("idle-queries", "queries in an hour, default schedules, MariaDB", "1/h", at_most=500)
def idle_queries(bench):
    yield from idle(bench, questions)


# --- answers ---

def answers(bench):
    """Milliseconds of each `Status` while a reset runs."""
    with bench.daemon(bench.store("sqlite"), t.world(customers=bench.customers)) as daemon:
        daemon.built(timeout=3600)
        while True:
            reset = subprocess.Popen(daemon.ctl_command("reset", "--yes"), stdout=subprocess.DEVNULL)
            link, found = daemon.connect(), []
            while reset.poll() is None:
                found.append(took(lambda: link.call("Status")) * 1000)
                time.sleep(0.001)
            link.close()
            assert reset.returncode == 0 and found
            yield found


@figure("status-p50", "status at the socket while a reset runs, median", "ms", at_most=0.2)
def status_p50(bench):
    for found in answers(bench):
        yield Sample(percentile(found, 50))


@figure("status-p99", "status at the socket while a reset runs, 99th percentile", "ms", at_most=2)
def status_p99(bench):
    for found in answers(bench):
        yield Sample(percentile(found, 99))


@figure("credctl-status", "credctl status as a process", "ms", at_most=5)
def credctl_status(bench):
    with bench.daemon(bench.store("sqlite"), t.world()) as daemon:
        daemon.built()
        while True:
            spent = [took(lambda: daemon.must("status")) for _ in range(20)]
            yield Sample(percentile(spent, 50) * 1000)


# --- punctual ---

def lateness(bench, kind):
    """Milliseconds after the second in which each was due that rows were committed, at speed 1."""
    span = 5 if bench.quick else 120
    busy = {f"stream {stream}": {"schedule": "*:*:*", "tempo": 50} for stream in t.STREAMS}
    with bench.daemon(bench.store(kind), t.world(start="now", speed=1, **busy)) as daemon:
        daemon.built()
        link = daemon.connect()
        link.sock.settimeout(1)
        link.send("Watch", more=True)
        while True:
            found, until = [], time.monotonic() + span
            while time.monotonic() < until or not found:
                try:
                    link.receive()
                except TimeoutError:
                    continue
                found.append(time.time() % 1 * 1000)
            yield percentile(found, 99)


@figure("late-sqlite", "rows after they were due, 99th percentile, SQLite", "ms", at_most=20)
def late_sqlite(bench):
    for late in lateness(bench, "sqlite"):
        yield Sample(late)


@figure("late-mariadb", "rows after they were due, 99th percentile, MariaDB", "ms", at_most=20)
def late_mariadb(bench):
    for late in lateness(bench, "mariadb"):
        yield Sample(late)


# --- the model alone ---

@figure("generator", "the model alone, one processor", "rows/s", at_least=3e6)
def generator(bench):
    program = t.BUILD / "tests" / "bench" / "bench_world_rows"
    size = ["2000", "30"] if bench.quick else []
    while True:
        done = subprocess.run([program, *size], capture_output=True, text=True, check=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("baseline")]
        rows, seconds = (sum(float(re.search(form, line)[1]) for line in lines) for form in (r"(\d+) rows", r"([\d.]+) s "))
        yield Sample(rows / max(seconds, 1e-3))


# --- the log of SQLite ---

def largest_log(bench, beside):
    """MiB: the most that the log beside the file came to while the world ran at speed 100,000."""
    span = 3 if bench.quick else 60
    while True:
        store = bench.store("sqlite")
        sections = t.world(speed=100000, schedule="*:0/5")
        with bench.daemon(store, sections) as daemon:
            daemon.built()
            ended = threading.Event()
            others = beside(daemon, store, ended)
            log, most, until = store.path.with_name(store.path.name + "-wal"), 0, time.monotonic() + span
            while time.monotonic() < until:
                most = max(most, log.stat().st_size if log.exists() else 0)
                time.sleep(0.02)
            ended.set()
            for other in others:
                other()
        bench.drop(store)
        yield Sample(most / MIB)


def three_readers(daemon, store, ended):
    """Always one of them is in a transaction of 0.4 s."""
    del daemon

    def read(begin_after):
        link = store.connect()
        time.sleep(begin_after)
        while not ended.is_set():
            link.execute("BEGIN")
            link.execute("SELECT COUNT(*) FROM customers").fetchall()
            time.sleep(0.4)
            link.execute("COMMIT")
        link.close()
    threads = [threading.Thread(target=read, args=(i * 0.13,)) for i in range(3)]
    for thread in threads:
        thread.start()
    return [thread.join for thread in threads]


def stalled_export(daemon, store, ended):
    """One whose reader does not read."""
    del store, ended
    process = subprocess.Popen(daemon.ctl_command("export", "market_data"), stdout=subprocess.PIPE)

    def end():
        process.kill()
        process.wait()
        process.stdout.close()
    return [end]


@figure("log-readers", "SQLite's log beside three readers that overlap", "MiB", at_most=128)
def log_readers(bench):
    yield from largest_log(bench, three_readers)


@figure("log-export", "SQLite's log beside an export that nobody reads", "MiB", at_most=128)
def log_export(bench):
    yield from largest_log(bench, stalled_export)
