"""Promise 5: no hole for readers."""
import multiprocessing
import os
import subprocess
import time

import pymysql
import pytest

from credd_stores import SqliteStore, wait_until
from credd_testing import PATIENCE, SCALE, scaled, world

pytestmark = pytest.mark.alone

SEEDS = (3, 4)
CUSTOMERS = 60
RESETS = scaled(20, 4)
LIMIT = 0.100 if SCALE >= 1 else 0.500

# Counts alone cannot tell two worlds apart: sums can. One statement, one snapshot, all five tables.
SUMS = """SELECT (SELECT COUNT(*) FROM customers), (SELECT SUM(annual_income) FROM customers),
 (SELECT COUNT(*) FROM financial_records), (SELECT SUM(amount) FROM financial_records),
 (SELECT COUNT(*) FROM loan_applications), (SELECT SUM(requested_amount) FROM loan_applications),
 (SELECT COUNT(*) FROM market_data), (SELECT SUM(value) FROM market_data),
 (SELECT COUNT(*) FROM credit_history), (SELECT SUM(credit_score) FROM credit_history)"""
JOIN = """SELECT COUNT(*), SUM(c.annual_income), SUM(f.amount), SUM(l.requested_amount), SUM(h.credit_score), MIN(m.value)
 FROM customers c JOIN financial_records f ON f.customer_id = c.customer_id
 JOIN loan_applications l ON l.customer_id = c.customer_id
 JOIN credit_history h ON h.customer_id = c.customer_id
 JOIN market_data m ON m.data_id = (SELECT MIN(data_id) FROM market_data)"""
COUNT = "SELECT COUNT(*) FROM {}"


def open_link(store):
    return store.connect()


def let_go(store):
    """No connection is open when processes are forked."""
    if getattr(store, "link", None):
        store.link.close()
        store.link = None


def ask(link, sql):
    cursor = link.cursor()
    cursor.execute(sql)
    row = cursor.fetchone()
    cursor.close()
    return tuple(round(float(value), 4) if value is not None else None for value in row)


class Waiting:
    """How long a statement waited for something else than a processor: the machine may be busy with other things.

    From the run queue's figures of this process and, on MariaDB, of the server's thread that serves it.
    """

    def __init__(self, store, link):
        self.paths = ["/proc/thread-self/schedstat"]
        if store.kind == "mariadb":
            cursor = link.cursor()
            cursor.execute("SELECT tid FROM information_schema.processlist WHERE id = CONNECTION_ID()")
            self.paths.append(f"/proc/{store.server.process.pid}/task/{cursor.fetchone()[0]}/schedstat")
            cursor.close()
        self.files = [open(path, "rb", buffering=0) for path in self.paths]

    def close(self):
        for file in self.files:
            file.close()

    def queued(self):
        return sum(int(os.pread(file.fileno(), 100, 0).split()[1]) for file in self.files) / 1e9

    def __enter__(self):
        self.before, self.began = self.queued(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self.began
        self.took = max(0, self.wall - (self.queued() - self.before))


def single_statements(store, queries, stop, out):
    """Loops through the queries; what was slow, failed or not of one world comes back."""
    seen, failures, count, longest, wall = {}, [], 0, 0, 0
    link = open_link(store)
    waiting = Waiting(store, link)
    while not stop.is_set():
        for sql in queries:
            with waiting:
                try:
                    seen.setdefault(sql, set()).add(ask(link, sql))
                except Exception as problem:  # every failure is what the test looks for
                    failures.append(f"{sql[:60]}: {problem!r}")
            longest, wall = max(longest, waiting.took), max(wall, waiting.wall)
            count += 1
    waiting.close()
    link.close()
    out.put((seen, failures, longest, wall, count))


def fingerprints(store, credd):
    """What the statements say of each of the two worlds."""
    known = {}
    for seed in SEEDS:
        credd.must("reset", "--seed", seed, "--yes")
        link = open_link(store)
        for sql in (SUMS, JOIN):
            known.setdefault(sql, {})[seed] = ask(link, sql)
        link.close()
    for sql, worlds in known.items():
        one, other = worlds.values()
        assert one != other and None not in one, (sql, worlds)
    return known


def resets_beside(store, credd, clients):
    """What each client, a function and its arguments, put out at the end, and how long each reset took."""
    context = multiprocessing.get_context("fork")
    stop, out = context.Event(), context.Queue()
    let_go(store)
    processes = [context.Process(daemon=True, target=client, args=(store, *args, stop, out)) for client, *args in clients]
    for process in processes:
        process.start()
    took = []
    try:
        for number in range(RESETS):
            began = time.monotonic()
            credd.must("reset", "--seed", SEEDS[number % 2], "--yes")
            took.append(time.monotonic() - began)
    finally:
        stop.set()
    results = [out.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(10)
    return results, took


def test_single_statements_through_resets(store, daemon, figures):
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    known = fingerprints(store, credd)
    counts = [COUNT.format(name) for name in ("customers", "credit_history", "loan_applications", "market_data",
                                              "financial_records")]
    results, took = resets_beside(store, credd, [(single_statements, queries) for queries in (counts, [JOIN], [SUMS])])
    statements = sum(result[4] for result in results)
    failures = [text for result in results for text in result[1]]
    worst = max(result[2] for result in results)
    figures("statements, failures", (statements, len(failures)))
    figures("longest wait of a statement (ms)", round(worst * 1000, 1))
    figures("longest with what it waited for a processor (ms)", round(1000 * max(result[3] for result in results), 1))
    figures("seconds of a reset, median", round(sorted(took)[len(took) // 2], 2))
    assert not failures, failures[:5]
    assert statements > RESETS * 10
    for seen, *_ in results:
        for sql, rows in seen.items():
            if sql in known:
                mixtures = rows - set(known[sql].values())
                assert not mixtures, f"a mixture of worlds: {list(mixtures)[:3]}, worlds {known[sql]}"
                assert len(rows) == 2, "both worlds must have been seen"
            else:
                assert (0.0,) not in rows, f"{sql} found an empty table"
    assert worst <= LIMIT, f"a statement waited {worst * 1000:.0f} ms"


def transactions(store, stop, out):
    """20 ms transactions over two tables; which errors came."""
    errors, count = {}, 0
    link = open_link(store)
    if store.kind == "mariadb":
        link.autocommit(False)
    while not stop.is_set():
        try:
            cursor = link.cursor()
            cursor.execute("BEGIN")
            cursor.execute("SELECT COUNT(*) FROM customers")
            cursor.fetchall()
            time.sleep(0.02)
            cursor.execute("SELECT COUNT(*), SUM(amount) FROM financial_records")
            cursor.fetchall()
            cursor.execute("SELECT COUNT(*) FROM loan_applications")
            cursor.fetchall()
            cursor.execute("COMMIT")
        except pymysql.MySQLError as problem:
            errors[problem.args[0]] = errors.get(problem.args[0], 0) + 1
            link.rollback()
        except Exception as problem:  # SQLite has no excuse
            errors[repr(problem)] = errors.get(repr(problem), 0) + 1
            try:
                link.execute("ROLLBACK")
            except Exception:
                pass
        count += 1
    link.close()
    out.put((errors, count))


def test_transactions_through_resets(store, daemon, figures):
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    results, took = resets_beside(store, credd, [(transactions,)] * 8)
    errors = {}
    for found, _ in results:
        for error, times in found.items():
            errors[error] = errors.get(error, 0) + times
    figures("transactions, their errors", (sum(count for _, count in results), errors))
    figures("seconds of a reset, longest", round(max(took), 2))
    assert set(errors) <= ({1213, 1412} if store.kind == "mariadb" else set()), errors


@pytest.fixture
def may_see_others(mariadb):
    """To name the connections of other users, credd needs the right PROCESS."""
    store = mariadb.create()
    with mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute("GRANT PROCESS ON *.* TO credd@localhost")
    yield store
    with mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute("REVOKE PROCESS ON *.* FROM credd@localhost")


def test_without_the_right_it_says_which(mariadb, daemon):
    store = mariadb.create()
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    holder = store.connect()
    cursor = holder.cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT COUNT(*) FROM customers")
    result = credd.ctl("reset", "--seed", 9, "--yes", "--wait", "1s")
    assert result.code == 1 and "PROCESS" in result.err, result
    holder.close()
    credd.must("reset", "--seed", 9, "--yes")


def test_one_open_transaction(may_see_others, daemon, figures):
    """The reset waits, names who holds the tables; nobody else waits; it succeeds once they let go."""
    store = may_see_others
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    old = credd.status()["world"]["id"]
    holder = store.connect()
    thread = holder.thread_id()
    cursor = holder.cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT COUNT(*) FROM customers")
    cursor.fetchall()
    context = multiprocessing.get_context("fork")
    stop, out = context.Event(), context.Queue()
    let_go(store)
    reader = context.Process(daemon=True, target=single_statements, args=(store, [JOIN, COUNT.format("customers")], stop, out))
    reader.start()
    result = credd.ctl("reset", "--seed", 9, "--yes", "--wait", "3s")
    assert result.code == 1, result
    assert str(thread) in result.err + result.out, f"connection {thread} is not named: {result}"
    assert credd.status()["world"]["id"] == old
    waiting = subprocess.Popen(credd.ctl_command("reset", "--seed", 9, "--yes"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "reset", "reset")
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2)
    cursor.execute("SELECT COUNT(*) FROM market_data")
    assert cursor.fetchall()
    cursor.execute("COMMIT")
    assert waiting.wait(30) == 0, waiting.stderr.read()
    waiting.stdout.close()
    waiting.stderr.close()
    holder.close()
    stop.set()
    _, failures, longest, _, count = out.get(timeout=30)
    reader.join(10)
    figures("statements beside a held reset, longest wait (ms)", (count, round(longest * 1000, 1)))
    assert not failures, failures[:3]
    assert longest <= LIMIT, "another client waited for the reset"
    assert credd.status()["world"]["id"] != old


def test_lock_taken_while_the_world_is_built_on_sqlite(folder, daemon, figures):
    """It counts as waiting too, a cancel is heard meanwhile, and building goes on where it was."""
    store = SqliteStore(folder)
    credd = daemon(store, world(customers=5000)).start()
    credd.built()
    old = credd.status()["world"]["id"]
    for wait, ended in (("2s", 1), ("5min", 1), ("5min", 0)):
        reset = subprocess.Popen(credd.ctl_command("reset", "--seed", 9, "--yes", "--wait", wait),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        credd.wait(lambda s: s["job"] and s["job"]["kind"] == "reset" and s["job"]["done"] > 0, "rows of the new world")
        holder = store.connect(timeout=30)
        holder.execute("BEGIN IMMEDIATE")
        assert credd.status()["job"], "the reset was over before it could be disturbed"
        began = time.monotonic()
        if wait == "5min":
            with pytest.raises(subprocess.TimeoutExpired):
                reset.wait(1.5)
            if ended == 1:
                credd.must("cancel")
            else:
                holder.execute("ROLLBACK")
        assert reset.wait(60) == ended, reset.stderr.read()
        took = time.monotonic() - began
        figures(f"reset --wait {wait} beside a lock ended after (s)", round(took, 1))
        assert took < 6 * PATIENCE
        assert (credd.status()["world"]["id"] == old) == (ended == 1)
        holder.close()
        reset.stdout.close()
        reset.stderr.close()
    assert credd.status()["streams"][4]["rows"] == 50000
    wait_until(lambda: not [name for name in store.tables() if name.startswith("credd_old_")], "the sweep")
    credd.assert_sound()


@pytest.mark.parametrize("seconds", (2, 12))
def test_one_open_write_transaction_on_sqlite(folder, daemon, figures, seconds):
    """A reset waits as long as it was told to, and no longer."""
    store = SqliteStore(folder)
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    old = credd.status()["world"]["id"]
    holder = store.connect()
    holder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    result = credd.ctl("reset", "--seed", 9, "--yes", "--wait", f"{seconds}s")
    took = time.monotonic() - began
    figures(f"reset --wait {seconds}s beside a lock took (s)", round(took, 1))
    assert seconds - 0.5 < took < seconds + 3 * PATIENCE
    assert result.code == 1 and "holds" in result.err and credd.status()["world"]["id"] == old, result
    assert store.count("customers") == CUSTOMERS
    holder.execute("ROLLBACK")
    holder.close()
    credd.must("reset", "--seed", 9, "--yes")
    assert credd.status()["world"]["id"] != old


def test_long_reader_on_sqlite(folder, daemon):
    """A snapshot that was open across the swap goes on seeing the old world, and the reset does not wait for it."""
    store = SqliteStore(folder)
    credd = daemon(store, world(customers=CUSTOMERS)).start()
    credd.built()
    holder = store.connect()
    holder.execute("BEGIN")
    before = holder.execute(SUMS).fetchone()
    credd.must("reset", "--seed", 9, "--yes")
    assert holder.execute(SUMS).fetchone() == before
    holder.execute("COMMIT")
    assert holder.execute(SUMS).fetchone() != before
    holder.close()


def test_an_export_across_a_swap_is_refused(store, daemon):
    """Half of its rows would be of the one world, half of the other."""
    none = dict(financial_records_per_customer=0, loan_applications_per_customer=0, credit_history_entries=0)
    credd = daemon(store, world(12000, world=none)).start()
    credd.built()
    link = credd.connect()
    link.send("Export", more=True)
    link.receive()  # and no more for now: the rest does not fit into what is kept for a slow reader
    credd.must("reset", "--seed", 7, "--yes")
    reply = {"continues": True}
    while reply.get("continues"):
        reply = link.receive()
    link.close()
    assert reply.get("error", "").endswith("Refused") and "replaced" in reply["parameters"]["message"], reply
    credd.assert_sound()
