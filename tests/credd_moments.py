"""What tests of promise 10 share: moments of a daemon, its runs, and a wall clock that they move."""
import pathlib

from conftest import needed
from credd_testing import instant, seconds

FAKETIME = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
HOUR, DAY = 3600, 86400
LOOK = 1.0  # how often a daemon looks after what others changed


def now(credd):
    return seconds(credd.status()["clock"]["world"])


def verdict(credd):
    return credd.must("status").split()[0]


def runs(credd, count=200):
    """Of each stream the next runs."""
    [told] = credd.json("schedule", "-n", count)
    return {one["name"]: [seconds(at) for at in one["runs"]] for one in told["streams"]}


def wait_for_runs(credd, due, timeout=30):
    """Until each stream has all its runs up to now; how many those were, of each."""
    def served(status):
        at = seconds(status["clock"]["world"])
        last = {name: max((run for run in times if run <= at), default=0) for name, times in due.items()}
        return all(not one["watermark"] or seconds(one["watermark"]) >= last[one["name"]] for one in status["streams"])

    status = credd.wait(served, "the runs that were due", timeout)
    at = seconds(status["clock"]["world"])
    return {name: sum(run <= at for run in times) for name, times in due.items()}


def last_reply(link):
    """What a request ends with, whatever it tells on the way."""
    reply = {"continues": True}
    while reply.get("continues"):
        reply = link.receive()
    link.close()
    return reply


def begin_long_advance(credd, start):
    link = credd.connect()
    link.send("Advance", {"to": instant(start + 3000 * DAY)}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "advance" and now(credd) > start + 5 * DAY, "work")
    return link


def ready(credd):
    return credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "the world")


class Wall:
    """The wall clock of one daemon, moved by libfaketime while it runs."""

    def __init__(self, credd, offset=0):
        if not FAKETIME:
            needed("libfaketime")
        self.path = credd.home / "wall"
        self.step(offset)
        credd.env.update(LD_PRELOAD=str(FAKETIME[0]), FAKETIME_TIMESTAMP_FILE=str(self.path), FAKETIME_NO_CACHE="1",
                         FAKETIME_DONT_FAKE_MONOTONIC="1")

    def step(self, offset):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{offset:+d}\n")
        fresh.replace(self.path)
