"""Worlds that version 0.1.0 left behind (tests/fixtures/0.1.0): how they are restored, and how they are carried on.

tests/fixtures/make carries them on with 0.1.0 and keeps what came of it; tests/promises/test_continued_worlds.py does the
same with the credd under test.
"""
import json
import re
import sqlite3
import subprocess

from credd_stores import wait_until
from credd_testing import ROOT, seconds, world

FOLDER = ROOT / "tests" / "fixtures" / "0.1.0"
WORLDS = ("acts", "paused", "running", "held")
DAY = 86400
START_TEXT = "2026-03-02T09:00:00Z"
START = seconds(START_TEXT)
MEET = START + 30 * DAY  # later than any of them got under 0.1.0
END = MEET + 45 * DAY
WITH_PENDING = ("acts",)
# What a daemon was asked for that its database did not take before it was killed.
PENDING = (("Tempo", {"stream": "customers", "factor": 4, "reason": "asked for while the database was busy"}),
           ("Pause", {"reason": "answered, noted, not yet written"}))
DISABLED = {"acts": "financial_records"}
SPEEDS = {"acts": 0, "paused": 1, "running": 60, "held": 1}
# Under 0.1.0 the clock of a world at speed 1 is compared with the wall's at each start, even while it is paused.
MAX_CATCH_UP = {"paused": "100y", "held": "10d"}
SCHEDULES = {"running": {"customers": "*:0/1", "market_data": "*:0/1", "financial_records": "*:0/10", "loan_applications": "*:0/10",
                         "credit_history": "hourly"}}


def sections(name):
    """The configuration that a world had when it was left. Quotes are few until it goes on: they are most of a dump."""
    more = {f"stream {stream}": {"schedule": text} for stream, text in SCHEDULES.get(name, {}).items()}
    more.setdefault("stream market_data", {})["tempo"] = 0.05
    made = world(customers=30, start=START_TEXT, speed=SPEEDS[name], world={
        "market_data_points": 3, "financial_records_per_customer": 3, "credit_history_entries": 3}, **more)
    if name in MAX_CATCH_UP:
        made["clock"]["max_catch_up"] = MAX_CATCH_UP[name]
    if name in DISABLED:
        made[f"stream {DISABLED[name]}"]["enabled"] = "no"
    return made


def path_of(name, kind):
    return FOLDER / f"{name}.{kind}.sql"


def expected(name, kind):
    return json.loads((FOLDER / "expected.json").read_text())[name][kind]


def restore(store, name):
    """Into an empty database."""
    text = path_of(name, store.kind).read_text()
    if store.kind == "sqlite":
        link = sqlite3.connect(store.path)
        link.executescript(text)
        link.close()
        return
    subprocess.run(["mariadb", "--no-defaults", f"--socket={store.server.socket}", "--user=root", store.name],
                   input=text, text=True, check=True)


def local_file(credd):
    """Where 0.1.0 notes what its database does not know yet: in its state folder, named after its socket."""
    value = 0xcbf29ce484222325
    for byte in str(credd.socket).encode():
        value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return credd.home / "state" / f"daemon-{(value ^ value >> 32) % (1 << 32):08x}.json"


def pending_path(name, kind):
    return FOLDER / f"{name}.{kind}.pending.json"


def restore_pending(credd, name, kind):
    path = local_file(credd)
    path.parent.mkdir(exist_ok=True)
    path.write_text(pending_path(name, kind).read_text())


def wait_for_pending(credd):
    """Until each of them is in the history."""
    wanted = [parameters["reason"] for _, parameters in PENDING]
    credd.built()
    wait_until(lambda: [one["reason"] for one in history(credd)][-len(wanted):] == wanted, "the pending acts")


def carry_on(credd, name):
    """From wherever the world stands to END; what it then holds does not depend on the wall clock."""
    credd.must("speed", 0)
    credd.must("resume", "--reason", "after the upgrade")
    credd.advance_to(MEET)
    if name in DISABLED:
        credd.sections[f"stream {DISABLED[name]}"]["enabled"] = "yes"
        credd.write_config()
        credd.must("reload")
    credd.must("tempo", "loan_applications", 1.5, "--reason", "the long one ends here")
    credd.must("tempo", "market_data", 1)
    credd.advance_to(END)


def history(credd):
    return credd.json("history", "-n", 1000)[0]["acts"]


def kinds(credd):
    return one_act_each([[one["kind"], one["stream"]] for one in history(credd)])


def one_act_each(kinds):
    """0.1.0 had a line for each stream that a resume concerned; now it is one act."""
    made = []
    for kind, stream in kinds:
        if kind != "resume":
            made.append([kind, stream])
        elif not made or made[-1] != ["resume", "of some"]:
            made.append(["resume", "of some"])
    return made


def standing(credd, name):
    """What status says of a world that was just taken up, but for what moves by itself: watermarks, to where the clock is."""
    status = credd.built()
    moves = SPEEDS[name] != 0 and not status["clock"]["paused"] and not status["clock"]["held"]
    clock = ["speed", "paused", "paused_by", "reason", "resumes_at", "held"] + ([] if moves else ["world"])
    stream = ["name", "enabled", "paused", "paused_by", "reason", "resumes_at", "tempo", "tempo_after"]
    stream += [] if moves else ["rows", "skipped"]
    return {
        "world": status["world"],
        "clock": {key: status["clock"][key] for key in clock},
        "streams": [{key: one[key] for key in stream} for one in status["streams"]],
    }


def lines_of(text):
    """Of credctl history, without the columns of when and who."""
    return [re.sub(r"^\S+ \S+ +\S+(?: \(\d+\))? +", "", line) for line in text.splitlines()]
