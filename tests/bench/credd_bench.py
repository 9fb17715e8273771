"""What the figures of tests/bench/run have in common: the place, the server, processes as the kernel counts them, and a
measure that sets credd beside a peer in the same run."""
import pathlib
import shutil
import statistics
import tempfile
import time

import credd_testing as t
from credd_stores import MariadbServer, SqliteStore

# As an operator would set a server that is loaded; flushed at each commit, as the default is.
SERVER = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-flush-log-at-trx-commit=1",
          "--local-infile=ON")
FIGURES = []


class Sample:
    """One measurement: credd's, and the peer's if there is one, in the figure's unit."""

    def __init__(self, credd, peer=None):
        self.credd, self.peer = credd, peer


class Figure:
    """`name` picks it, `what` says it. The limits are of the ratio to the peer, of credd's own where there is none."""

    def __init__(self, measure, name, what, unit, at_most, at_least, peer):
        self.measure, self.name, self.what, self.unit, self.peer = measure, name, what, unit, peer
        self.at_most, self.at_least = at_most, at_least

    def reached(self, value):
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def wanted(self):
        return f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}" if self.at_least is not None else ""


def figure(name, what, unit="s", at_most=None, at_least=None, peer=None):
    """Marks a function of a bench that yields samples for as long as it is asked."""
    def note(measure):
        FIGURES.append(Figure(measure, name, what, unit, at_most, at_least, peer))
        return measure
    return note


class Bench:
    """Where everything is made, and how large."""

    def __init__(self, folder, runs, customers, quick):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=folder))
        self.runs, self.customers, self.quick = runs, customers, quick
        self._server = None
        self.made = 0

    def close(self):
        if self._server:
            self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self):
        """A new folder."""
        self.made += 1
        path = self.folder / str(self.made)
        path.mkdir()
        return path

    @property
    def server(self):
        if self._server is None:
            self._server = MariadbServer(self.folder / "db", options=SERVER).start()
        return self._server

    def store(self, kind):
        return SqliteStore(self.place()) if kind == "sqlite" else self.server.create()

    def drop(self, store):
        """A database that is not needed any more."""
        if store.kind == "sqlite":
            shutil.rmtree(store.path.parent)
            return
        if store.link:
            store.link.close()
        with store.server.connect() as link, link.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {store.name}")

    def daemon(self, store, sections):
        return t.Daemon(self.place(), store, sections)


def took(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def first_world(daemon):
    """Seconds from the start of the process to a world that is whole."""
    def work():
        daemon.start()
        daemon.built(timeout=3600)
    return took(work)


def rows_in(status):
    return sum(stream["rows"] for stream in status["streams"])


def cpu(pid):
    """Seconds of processor that all threads of a process have had."""
    spent = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def wakes(pid):
    """How often its threads went to sleep and were woken."""
    count = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


def memory(pid, key):
    """MiB of a line of /proc/PID/status: VmHWM, VmRSS, RssAnon."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def own_memory(pid, program):
    """MiB that are the process's own: what it allocated, and its program's pages, without the libraries'."""
    pages, ours = 0, False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0] and not line.split(" ", 1)[0].endswith(":"):
            ours = line.endswith(str(program))
        elif ours and line.startswith("Rss:"):
            pages += int(line.split()[1])
        elif ours and line.startswith("Anonymous:"):
            pages -= int(line.split()[1])
    return memory(pid, "RssAnon") + pages / 1024


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]


def sum_up(samples):
    """Medians, the ratio of each pair's median, and how far the pairs are apart: (most - least) / median."""
    credd = statistics.median(sample.credd for sample in samples)
    pairs = [sample.credd / sample.peer if sample.peer else sample.credd for sample in samples]
    middle = statistics.median(pairs)
    spread = (max(pairs) - min(pairs)) / middle if middle else 0.0
    if samples[0].peer is None:
        return {"credd": credd, "peer": None, "ratio": None, "spread": spread}
    return {"credd": credd, "peer": statistics.median(sample.peer for sample in samples), "ratio": middle, "spread": spread}
