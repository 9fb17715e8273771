"""The page as tests ask for it: over sockets of their own, so that a request may be as bad as they like."""
import contextlib
import json
import re
import socket
import time

import credd_testing as t
from credd_stores import wait_until

# What the page leaves out of the status, or says without a name.
NAMES = {"database": ("detail",), "clock": ("reason", "paused_by"), "stream": ("reason", "paused_by", "obstacle"),
         "status": ("waiting", "verdict_text", "job")}
# What goes on between two questions.
CLOCKS = {"clock": ("world", "wall"), "stream": ("lag_s", "late_s"), "status": ("verdict_text",)}


def sections(base=None, listen="127.0.0.1:0", **more):
    made = {key: dict(value) for key, value in (base or t.world(customers=30)).items()}
    made["web"] = {"listen": listen, **more}
    return made


def said(daemon, text):
    """Waits until the daemon has said so; the journal has a thread of its own."""
    wait_until(lambda: re.search(text, daemon.stderr()), f"{text} in what it says")
    return re.findall(text, daemon.stderr())[-1]


def port_of(daemon):
    """Of the daemon as it was last started."""
    return int(said(daemon, r"the page is at http://127\.0\.0\.1:(\d+)/"))


def address(daemon):
    return f"http://127.0.0.1:{port_of(daemon)}/"


def connect(daemon, path=None, timeout=20):
    link = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    link.settimeout(timeout * t.PATIENCE)
    link.connect(str(path) if path else ("127.0.0.1", port_of(daemon)))
    return link


def read_all(link):
    """Until the daemon closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while data := link.recv(65536):
            parts.append(data)
    return b"".join(parts)


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0] else 0
        self.headers = dict(line.split(": ", 1) for line in lines[1:])

    def json(self):
        return json.loads(self.body)


def ask(daemon, text, path=None):
    """The answer to the very bytes given; status 0: none came."""
    with connect(daemon, path) as link:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            link.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
        return Answer(read_all(link))


def get(daemon, target="/", method="GET", host="localhost", path=None, **headers):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ask(daemon, "\r\n".join(lines) + "\r\n\r\n", path)


class Events:
    """A stream of events, as a page listens to it."""

    def __init__(self, daemon):
        self.link = connect(daemon)
        self.link.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.pending = b""
        self.answer = Answer(self.until(b"\r\n\r\n") + b"\r\n\r\n")

    def until(self, mark):
        while mark not in self.pending:
            data = self.link.recv(65536)
            if not data:
                raise ConnectionError("the daemon closed the stream")
            self.pending += data
        found, self.pending = self.pending.split(mark, 1)
        return found

    def next(self):
        """(kind, data)"""
        while True:
            block = self.until(b"\n\n").decode()
            lines = dict(line.split(": ", 1) for line in block.split("\n"))
            if "event" in lines:
                return lines["event"], json.loads(lines["data"])

    def wait(self, kind, check=lambda data: True, timeout=20):
        """The first of that kind for which `check` is so."""
        deadline = time.monotonic() + timeout * t.PATIENCE
        while time.monotonic() < deadline:
            is_kind, data = self.next()
            if is_kind == kind and check(data):
                return data
        raise AssertionError(f"no {kind} within {timeout} s")

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def without(status, *lists):
    """A copy without the members that the lists name."""
    def drop(part, kind):
        names = {name for one in lists for name in one.get(kind, ())}
        return {key: value for key, value in part.items() if key not in names}
    made = drop(status, "status")
    for kind in ("database", "clock"):
        made[kind] = drop(status[kind], kind)
    made["streams"] = [drop(stream, "stream") for stream in status["streams"]]
    return made
