"""Drives credd and credctl for the promise and system tests: a daemon, its control socket, its notifications."""
import collections
import contextlib
import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("CREDD_BUILD", ROOT / "build" / "gcc")).resolve()
CREDD = BUILD / "daemon" / "credd"
LIVES = BUILD / "tests" / "simulation" / "credd_lives"  # the same for a world whose customers change all the time
CREDCTL = BUILD / "ctl" / "credctl"
# Below 1 where a sanitizer makes everything slower: fewer days, fewer steps, fewer kills.
SCALE = float(os.environ.get("CREDD_TEST_SCALE", "1"))
# How much longer a deadline is under a sanitizer.
PATIENCE = float(os.environ.get("CREDD_TEST_PATIENCE", "1"))
INTERFACE = "io.credd.Control"
STREAMS = ("customers", "financial_records", "loan_applications", "market_data", "credit_history")
NEVER = "2037-12-31"
SANITIZER_REPORTS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")

Result = collections.namedtuple("Result", "code out err")


def scaled(count, least=1):
    return max(least, round(count * SCALE))


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def freeze(process):
    """Returns once all of its threads stand still: one that runs could still answer."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


def instant(seconds):
    """RFC 3339 of seconds since 1970."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def seconds(text):
    """Seconds since 1970 of RFC 3339 with Z."""
    import calendar
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class VarlinkError(Exception):
    def __init__(self, error, parameters):
        super().__init__(f"{error} {parameters}")
        self.error, self.parameters = error, parameters


class Varlink:
    """A connection to a Varlink service: NUL-terminated JSON objects."""

    def __init__(self, path, timeout=60):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout * PATIENCE)
        self.sock.connect(str(path))
        self.pending = b""

    def close(self):
        self.sock.close()

    def send(self, method, parameters=None, more=False, oneway=False):
        name = method if "." in method else f"{INTERFACE}.{method}"
        message = {"method": name, "parameters": parameters or {}}
        if more:
            message["more"] = True
        if oneway:
            message["oneway"] = True
        self.sock.sendall(json.dumps(message).encode() + b"\0")

    def receive(self):
        while b"\0" not in self.pending:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the daemon closed the connection")
            self.pending += data
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def replies(self, method, parameters=None):
        self.send(method, parameters, more=True)
        while True:
            reply = self.receive()
            if "error" in reply:
                raise VarlinkError(reply["error"], reply.get("parameters", {}))
            yield reply.get("parameters", {})
            if not reply.get("continues"):
                return

    def call(self, method, parameters=None):
        self.send(method, parameters)
        reply = self.receive()
        if "error" in reply:
            raise VarlinkError(reply["error"], reply.get("parameters", {}))
        return reply.get("parameters", {})


class Notifications:
    """What sd_notify sends: the test's end of $NOTIFY_SOCKET, read all the time unless told otherwise."""

    def __init__(self, path, read=True):
        self.path = str(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.seen = []
        self.changed = threading.Condition()
        if read:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                data = self.sock.recv(65536)
            except OSError:
                return
            if not data:
                return
            with self.changed:
                self.seen += data.decode(errors="replace").splitlines()
                self.changed.notify_all()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def lines(self):
        with self.changed:
            return list(self.seen)

    def wait(self, line, process, timeout=30):
        """Waits for a line that begins so; False if the process ends first or time runs out."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self.changed:
            while not any(text.startswith(line) for text in self.seen):
                ended = process.poll() is not None
                self.changed.wait(0.05)
                if ended or time.monotonic() > deadline:
                    return any(text.startswith(line) for text in self.seen)
        return True


def world(customers=1000, seed=42, start="2024-02-15T12:00:00Z", speed=0, schedule=NEVER, **more):
    """Sections of a configuration for a world that moves only when it is told to."""
    sections = {
        "clock": {"start": start, "speed": speed},
        "world": {"customers": customers, "seed": seed},
    }
    for stream in STREAMS:
        sections[f"stream {stream}"] = {"schedule": schedule}
    for section, keys in more.items():
        sections.setdefault(section, {}).update(keys)
    return sections


class Daemon:
    """One credd with its own folder, configuration file and control socket."""

    def __init__(self, folder, store, sections=None, name="a", sets=(), env=None, program=CREDD):
        self.home = pathlib.Path(folder) / name
        self.home.mkdir(parents=True, exist_ok=True)
        self.socket = self.home / "control"
        self.config = self.home / "credd.conf"
        self.sections = {key: dict(value) for key, value in (sections or world()).items()}
        if store is not None:
            self.sections["database"] = {**store.config(), **self.sections.get("database", {})}
        self.sections.setdefault("control", {}).setdefault("socket", self.socket)
        self.sets, self.env, self.program = list(sets), dict(env or {}), program
        self.process = self.link = self.notifications = None
        self.write_config()

    def write_config(self):
        lines = []
        for section, keys in self.sections.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in keys.items()]
        self.config.write_text("\n".join(lines) + "\n")

    def environment(self):
        env = {key: value for key, value in os.environ.items()
               if key.startswith(("ASAN_", "UBSAN_", "TSAN_", "LSAN_", "GLIBC_")) or key in ("PATH", "LANG", "TZDIR")}
        env.update(HOME=str(self.home), STATE_DIRECTORY=str(self.home / "state"),
                   RUNTIME_DIRECTORY=str(self.home), NOTIFY_SOCKET=str(self.home / "notify"))
        env.update(self.env)
        return env

    def command(self):
        return [str(self.program), "--config", str(self.config)] + [part for text in self.sets for part in ("--set", text)]

    def start(self, ready=True):
        """Starts credd and waits until it is ready (ready=False: does not wait; None: nor reads its notifications)."""
        (self.home / "state").mkdir(exist_ok=True)
        if self.notifications:
            self.notifications.close()
        self.notifications = Notifications(self.home / "notify", read=ready is not None)
        with open(self.home / "stderr", "ab") as err:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                                            env=self.environment(), preexec_fn=die_with_parent, cwd=self.home)
        if ready and not self.notifications.wait("READY=1", self.process):
            code = self.process.poll()
            raise AssertionError(f"credd was not ready (exit status {code}): {self.stderr()[-2000:]}")
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.done()

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stderr(self):
        path = self.home / "stderr"
        return path.read_text(errors="replace") if path.exists() else ""

    def unlink(self):
        if self.link:
            self.link.close()
            self.link = None

    def stop(self, timeout=20):
        """SIGTERM; the exit status must be 0 and nothing leaked."""
        self.unlink()
        if not self.running():
            return None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"credd did not stop: {self.stderr()[-2000:]}") from None
        self.check_reports()
        assert code == 0, f"exit status {code}: {self.stderr()[-2000:]}"
        return code

    def check_reports(self):
        text = self.stderr()
        for report in SANITIZER_REPORTS:
            at = text.find(report)
            assert at < 0, text[max(0, at - 500):at + 6000]

    def kill(self):
        self.unlink()
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def done(self):
        """After the last use."""
        if self.notifications:
            self.notifications.close()

    def freeze(self):
        freeze(self.process)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def connect(self, timeout=60):
        return Varlink(self.socket, timeout)

    def call(self, method, parameters=None):
        if self.link is None:
            self.link = self.connect(timeout=600)
        try:
            return self.link.call(method, parameters)
        except (OSError, ConnectionError):
            self.unlink()
            raise

    def call_all(self, method, parameters=None):
        """All replies of a call with `more`, on the kept connection."""
        if self.link is None:
            self.link = self.connect(timeout=600)
        return list(self.link.replies(method, parameters))

    def status(self):
        return self.call("Status")

    def stream(self, name, status=None):
        return next(one for one in (status or self.status())["streams"] if one["name"] == name)

    def ctl_command(self, *args):
        return [str(CREDCTL), "--socket", str(self.socket), *[str(arg) for arg in args]]

    def ctl(self, *args, timeout=300, user=None):
        done = subprocess.run(self.ctl_command(*args), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout * PATIENCE, user=user, env={**self.environment(), "NOTIFY_SOCKET": "", "LD_PRELOAD": ""})
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *args, timeout=300):
        """credctl that has to succeed; its standard output."""
        result = self.ctl(*args, timeout=timeout)
        assert result.code == 0, f"credctl {' '.join(map(str, args))}: {result}; {self.stderr()[-1500:]}"
        return result.out

    def json(self, *args):
        """The objects that credctl --json prints."""
        return [json.loads(line) for line in self.must("--json", *args).splitlines() if line.strip()]

    def wait(self, true, what, timeout=60):
        """Asks for the status until it is as wanted; returns that status."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            assert self.running(), f"credd is gone while waiting for {what}: {self.stderr()[-2000:]}"
            status = self.status()
            if true(status):
                return status
            assert time.monotonic() < deadline, f"no {what} after {timeout} s: {json.dumps(status)}; {self.stderr()[-1500:]}"
            time.sleep(0.01)

    def built(self, timeout=120):
        """Waits until there is a world whose baseline is whole and nothing is in hand."""
        return self.wait(lambda s: s["world"] and not s["job"] and s["database"]["state"] == "ready"
                         and all(one["watermark"] for one in s["streams"]), "baseline", timeout)

    def advance_to(self, at, *options):
        self.must("advance", "--to", at if isinstance(at, str) else instant(at), "--if-later", *options, timeout=900)

    def findings(self):
        """What verify finds wrong; notes are not among it. The exit status says the same."""
        result = self.ctl("--json", "verify")
        replies = [json.loads(line) for line in result.out.splitlines()]
        found = [reply["finding"] for reply in replies if "finding" in reply]
        wrong = [finding for finding in found if not finding.get("note")]
        assert replies and result.code == (1 if wrong else 0), result
        return wrong

    def assert_sound(self):
        found = self.findings()
        assert not found, f"{len(found)} findings: {found[:5]}"

    def digests(self):
        """Table to SHA-256, as verify --digest says."""
        result = self.ctl("--json", "verify", "--digest")
        replies = [json.loads(line) for line in result.out.splitlines()]
        found = {reply["digest"]["table"]: reply["digest"]["sha256"] for reply in replies if "digest" in reply}
        assert found, f"verify --digest printed no digest: {result}"
        return found
