"""A booted Debian in a container: systemd as process 1, apt with a repository of its own, no network but loopback."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import time

from credd_testing import PATIENCE, ROOT, Result, die_with_parent

FOLDER = pathlib.Path(os.environ.get("CREDD_CONTAINER", ROOT / "build" / "container"))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
REBOOT_WANTED = 133  # systemd-nspawn's exit status: whoever keeps the unit is to start it again
TOOLS = ("systemd-nspawn", "nsenter", "debootstrap", "dpkg-scanpackages", "dpkg-buildpackage", "dh", "lintian")


def missing():
    """Why there can be no container here; empty if there can."""
    if os.geteuid() != 0:
        return "root"
    return next((tool for tool in TOOLS if not shutil.which(tool, path=os.environ.get("PATH", "") + ":" + PATH)), "")


class Machine:
    """Made from `package`'s build-root in `folder`, which is best in memory: a database that waits for a busy disk is slow."""

    def __init__(self, package, folder):
        with open(pathlib.Path(folder) / "build-root.log", "wb") as log:
            done = subprocess.run([ROOT / "tests" / "container" / "build-root", package, FOLDER], check=False, stdout=log,
                                  stderr=log, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (pathlib.Path(folder) / "build-root.log").read_text(errors="replace")[-3000:]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="machine-", dir=folder))
        self.root = self.folder / "root"
        subprocess.run(["cp", "-a", "--reflink=auto", FOLDER / "root", self.root], check=True)
        self.log = self.folder / "console"
        self.process = self.leader = None

    def boot(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--machine=credd-test",
                 f"--directory={self.root}", f"--bind-ro={FOLDER / 'packages'}:/srv/packages",
                 "--resolv-conf=off", "--timezone=off", "--boot"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        return self.wait_booted()

    def find_leader(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def wait_booted(self):
        """Until systemd has started all it means to."""
        deadline = time.monotonic() + 60 * PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the container ended: {self.console()}"
            self.leader = self.find_leader()
            if self.leader is not None and self.run("systemctl is-system-running --wait").out.strip() in (
                    "running", "degraded"):
                return self
            time.sleep(0.1)
        raise AssertionError(f"the container did not boot: {self.console()}")

    def console(self):
        return re.sub(r"\x1b\[[0-9;]*m|\r|\n(?=\n)", "", self.log.read_text(errors="replace"))[-2000:]

    def command(self, user=None):
        enter = ["nsenter", f"--target={self.leader}", "--all", "env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", "HOME=/root",
                 "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="]
        return enter + (["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else [])

    def run(self, line, user=None, timeout=120):
        """What a shell inside says to one line."""
        done = subprocess.run([*self.command(user), "sh", "-c", line], capture_output=True, text=True, check=False,
                              timeout=timeout * PATIENCE, errors="replace", stdin=subprocess.DEVNULL)
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, line, **more):
        done = self.run(line, **more)
        assert done.code == 0, f"{line}: exit status {done.code}: {done.out[-1500:]}{done.err[-1500:]}"
        return done.out

    def begin(self, line, user=None):
        """Runs beside the test; the caller waits for it."""
        return subprocess.Popen([*self.command(user), "sh", "-c", line], stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)

    def write(self, path, text, mode=0o644):
        # As root of the container: what it has mounted counts.
        self.must(f"mkdir -p {shlex.quote(str(pathlib.PurePath(path).parent))}")
        done = subprocess.run([*self.command(), "sh", "-c", f"cat >{shlex.quote(path)} && chmod {mode:o} {shlex.quote(path)}"],
                              input=text, text=True, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr

    def copy_in(self, source, path):
        shutil.copy(source, self.root / path.lstrip("/"))

    def reboot(self):
        self.run("systemctl reboot")
        code = self.process.wait(60 * PATIENCE)
        assert code == REBOOT_WANTED, f"exit status {code}: {self.console()}"
        return self.boot()

    def end(self):
        if self.process and self.process.poll() is None:
            self.run("systemctl poweroff --force", timeout=20)
            try:
                self.process.wait(20 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if not os.environ.get("CREDD_TEST_KEEP"):
            subprocess.run(["rm", "-rf", "--one-file-system", self.folder], check=False)
