"""A journal for one daemon: what it sends with the native protocol, each message checked against the table."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

from credd_testing import PATIENCE, ROOT, STREAMS

TABLE = {uuid: (name, priority) for name, priority, uuid in re.findall(
    r'X\((\w+), (\d), "([0-9a-f]{32})"', (ROOT / "include" / "credd" / "messages.h").read_text())}
NAMES = {name: uuid for uuid, (name, _) in TABLE.items()}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
# What a value looks like, of the fields that credd adds.
SHAPES = {"CREDD_WORLD_TIME": TIME, "CREDD_STREAM": "|".join(STREAMS), "CREDD_ROWS": r"\d+", "CREDD_JOB": "tick|advance|reset",
          "CREDD_PEER_UID": r"\d+", "CREDD_PEER_PID": r"\d+", "CREDD_PEER_USER": ".+", "CREDD_REASON": ".+",
          "CREDD_WORLD": "w[0-9a-f]{11}", "CREDD_METHOD": "[A-Z][a-z]+",
          **{f"CREDD_ROWS_{stream.upper()}": r"\d+" for stream in STREAMS}}
CHANGE = ("CREDD_WORLD_TIME", "CREDD_PEER_UID", "CREDD_PEER_PID", "CREDD_PEER_USER")
# The fields that each kind has at least, when an operator did it to a world that is known.
FIELDS = {
    "STARTED": (), "STOPPING": (), "CONFIG_BAD": (), "CONFIG_RELOADED": CHANGE, "SOCKET_FAILED": (),
    "WEB_STARTED": (), "WEB_FAILED": (),
    "GROUP_UNKNOWN": (), "DATABASE_READY": (), "DATABASE_DOWN": (), "DATABASE_REFUSED": (), "DATABASE_FOREIGN": (),
    "DATABASE_FULL": (), "WORLD_BORN": ("CREDD_WORLD_TIME", "CREDD_ROWS", "CREDD_JOB", "CREDD_WORLD"),
    "WORLD_FOLLOWED": ("CREDD_WORLD_TIME", "CREDD_WORLD"), "RESET_FAILED": (*CHANGE, "CREDD_JOB"), "PAUSED": (), "RESUMED": (),
    "SPEED_CHANGED": ("CREDD_WORLD_TIME",), "TEMPO_CHANGED": ("CREDD_WORLD_TIME", "CREDD_STREAM"),
    "STREAM_SWITCHED": ("CREDD_WORLD_TIME", "CREDD_STREAM"), "ADVANCED": (*CHANGE, "CREDD_JOB"),
    "CLOCK_HELD": ("CREDD_WORLD_TIME",), "CLOCK_STEPPED": ("CREDD_WORLD_TIME",),
    "LEFT_OUT": ("CREDD_WORLD_TIME",),
    "CAUGHT_UP": ("CREDD_WORLD_TIME", "CREDD_STREAM", "CREDD_ROWS", "CREDD_JOB"),
    "SUMMARY": ("CREDD_WORLD_TIME", "CREDD_STREAM", "CREDD_ROWS", *(f"CREDD_ROWS_{stream.upper()}" for stream in STREAMS)),
    "ROWS_SKIPPED": ("CREDD_WORLD_TIME", "CREDD_STREAM", "CREDD_ROWS"), "ADOPTED": ("CREDD_PEER_UID",), "WRITER_ABANDONED": (),
    "VIEWS_LACK": (),
    "ALTER_LOST": (), "FILL_LACKS": ("CREDD_STREAM",), "STREAM_STOPPED": ("CREDD_WORLD_TIME", "CREDD_STREAM"), "STREAM_GOES_ON": ("CREDD_WORLD_TIME", "CREDD_STREAM"),
    "NOTE_FAILED": (), "CHANGE_LOST": (), "FAILED": (), "JOURNAL_LOST": (), "REFRESHED": (*CHANGE, "CREDD_ROWS", "CREDD_JOB"),
    "CONTROL_DENIED": ("CREDD_PEER_UID", "CREDD_METHOD"),
}


def can_listen():
    """Whether a daemon can be given a /run of its own."""
    return bool(shutil.which("unshare")) and subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run"], check=False, capture_output=True).returncode == 0


class Message(dict):
    """Name of a field to its values, in order."""

    @property
    def name(self):
        return TABLE[self["MESSAGE_ID"][0]][0]

    @property
    def text(self):
        return self["MESSAGE"][0]

    def one(self, field):
        [value] = self[field]
        return value

    def number(self, field):
        return int(self.one(field))

    def check(self):
        name, priority = TABLE[self.one("MESSAGE_ID")]
        assert self.one("PRIORITY") == priority, self
        missing = [field for field in FIELDS[name] if field not in self]
        assert not missing, f"{name} lacks {missing}: {self}"
        for field, values in self.items():
            shape = SHAPES.get(field)
            assert shape or field in ("MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER"), f"{field} is documented nowhere"
            assert not shape or all(re.fullmatch(shape, value) for value in values), (field, values)


class Journal:
    """Listens where a daemon that is started by `attach` looks for journald."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "journal"
        self.folder.mkdir()
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.folder / "socket"))
        self.seen, self.daemons = [], []
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def attach(self, credd):
        """The daemon's standard error is this journal's stream, as systemd would have made it."""
        self.daemons.append(credd)
        (credd.home / "stderr").touch()
        found = os.stat(credd.home / "stderr")
        credd.env["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
        command = credd.command
        place = "/run/systemd/journal"
        script = f'mount -t tmpfs tmpfs /run && mkdir -p {place} && mount --bind "$0" {place} && exec "$@"'
        credd.command = lambda: ["unshare", "--mount", "sh", "-c", script, str(self.folder), *command()]
        return credd

    def read(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except OSError:
                return
            message = Message()
            for line in data.decode().splitlines():
                name, value = line.split("=", 1)
                message.setdefault(name, []).append(value)
            with self.changed:
                self.seen.append(message)
                self.changed.notify_all()

    def close(self):
        self.sock.close()

    def messages(self, name=None, since=0):
        with self.changed:
            return [one for one in self.seen[since:] if name is None or one.name == name]

    def mark(self, credd):
        """How many messages there are, none of before being under way any more: a reload's comes behind them."""
        reloads = len(self.messages("CONFIG_RELOADED"))
        credd.must("reload")
        self.wait("CONFIG_RELOADED", reloads + 1)
        return len(self.messages())

    def wait(self, name, count=1, since=0, timeout=60):
        """The messages of that name, once there are so many."""
        deadline = time.monotonic() + timeout * PATIENCE
        while len(found := self.messages(name, since)) < count:
            with self.changed:
                self.changed.wait(0.05)
            assert time.monotonic() < deadline, (
                f"no {name}: {[one.text for one in self.messages(since=since)]}; "
                f"{[one.running() and one.status()['database'] for one in self.daemons]}")
        return found
