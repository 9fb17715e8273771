"""What open pages cost: two hundred of them beside one, in a world in which something happens all the time."""
import contextlib
import selectors
import threading
import time

import credd_testing as t
import credd_web as web
from credd_bench import Sample, cpu, figure, memory, percentile, took

PAGES = 200


class Readers:
    """So many pages that take what they are told."""

    def __init__(self, daemon, count):
        self.streams = [web.Events(daemon) for _ in range(count)]
        self.bytes, self.going = 0, True
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        with selectors.DefaultSelector() as waiting:
            for events in self.streams:
                waiting.register(events.link, selectors.EVENT_READ)
            while self.going:
                for key, _ in waiting.select(0.2):
                    data = key.fileobj.recv(1 << 16)
                    assert data, "a page was cut"
                    self.bytes += len(data)

    def close(self):
        self.going = False
        self.thread.join()
        for events in self.streams:
            events.close()


@contextlib.contextmanager
def pages(daemon, count):
    readers = Readers(daemon, count)
    try:
        time.sleep(2)
        yield readers
    finally:
        readers.close()
        time.sleep(1)


@contextlib.contextmanager
def moving(bench, kind):
    sections = web.sections(t.world(start="now", speed=600))
    for stream in t.STREAMS:
        del sections[f"stream {stream}"]
    store = bench.store(kind)
    with bench.daemon(store, sections) as daemon:
        daemon.built()
        daemon.unlink()
        yield daemon, store


def rates(bench, kind, count):
    """By how much `count` rises in a second, with 200 pages and with one, over the same world time of day."""
    span = 5 if bench.quick else 65 # the charts are made once in it
    with moving(bench, kind) as (daemon, store):
        while True:
            found = []
            for many in (PAGES, 1):
                with pages(daemon, many) as readers:
                    before = count(daemon, store, readers)
                    time.sleep(span)
                    found.append((count(daemon, store, readers) - before) / span)
            yield Sample(*found)


def questions(daemon, store, readers):
    """Of all that ask this server; the one that counts them is among them each time."""
    del daemon, readers
    return int(store.query("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1])


@figure("pages-cpu", f"processor with {PAGES} pages open, 600 times as fast", "%", peer="one page")
def pages_cpu(bench):
    for sample in rates(bench, "sqlite", lambda daemon, store, readers: cpu(daemon.pid)):
        yield Sample(sample.credd * 100, sample.peer * 100)


@figure("pages-queries", f"queries a second with {PAGES} pages open, MariaDB", "1/s", at_most=1.2, peer="one page")
def pages_queries(bench):
    yield from rates(bench, "mariadb", questions)


@figure("pages-bytes", f"told to each of {PAGES} pages", "KiB/s")
def pages_bytes(bench):
    for sample in rates(bench, "sqlite", lambda daemon, store, readers: readers.bytes):
        yield Sample(sample.credd / PAGES / 1024)


@figure("pages-memory", f"more memory with {PAGES} pages open", "MiB", at_most=32)
def pages_memory(bench):
    while True:
        with moving(bench, "sqlite") as (daemon, _):
            time.sleep(3)
            before = memory(daemon.pid, "VmRSS")
            with pages(daemon, PAGES):
                time.sleep(5 if bench.quick else 30)
                yield Sample(memory(daemon.pid, "VmRSS") - before)


def answers(bench, daemon):
    """Milliseconds of the slowest but one of a hundred answers."""
    link, found = daemon.connect(), []
    until = time.monotonic() + (5 if bench.quick else 30)
    while time.monotonic() < until:
        found.append(took(lambda: link.call("Status")) * 1000)
        time.sleep(0.005)
    link.close()
    return percentile(found, 99)


@figure("pages-status-p99", f"status at the socket with {PAGES} pages open, 99th percentile", "ms", at_most=3, peer="no page")
def pages_status(bench):
    with moving(bench, "sqlite") as (daemon, _):
        while True:
            with pages(daemon, PAGES):
                busy = answers(bench, daemon)
            yield Sample(busy, answers(bench, daemon))


def requests(bench, target):
    """Microseconds of the processor for each."""
    with moving(bench, "sqlite") as (daemon, _):
        while True:
            before, count = cpu(daemon.pid), 200 if bench.quick else 2000
            for _ in range(count):
                assert web.get(daemon, target).status == 200
            yield Sample((cpu(daemon.pid) - before) * 1e6 / count)


@figure("status-http-cpu", "processor of a status over HTTP", "us")
def status_http_cpu(bench):
    yield from requests(bench, "/status.json")


@figure("scrape-cpu", "processor of a scrape of the metrics", "us")
def scrape_cpu(bench):
    yield from requests(bench, "/metrics")


@figure("scraped-cpu", "processor with a scrape each second, 600 times as fast", "%", peer="no scrape")
def scraped_cpu(bench):
    """Each in a world of its own, which begins at the same time of day."""
    span = 5 if bench.quick else 60
    while True:
        found = []
        for scraped in (True, False):
            with moving(bench, "sqlite") as (daemon, _):
                before, began = cpu(daemon.pid), time.monotonic()
                for second in range(span):
                    assert not scraped or web.get(daemon, "/metrics").status == 200
                    time.sleep(max(0, began + second + 1 - time.monotonic()))
                found.append((cpu(daemon.pid) - before) / span * 100)
        yield Sample(*found)
