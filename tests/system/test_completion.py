"""Completion as it happens: keys typed into an interactive bash and zsh."""
import os
import pathlib
import pty
import re
import select
import shutil
import time

import pytest

import credd_testing as t
from conftest import needed
from credd_stores import SqliteStore

LOADER = pathlib.Path("/usr/share/bash-completion/bash_completion")


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command, folder, socket):
        self.seen = ""
        env = {"PATH": f"{t.CREDCTL.parent}:/usr/bin:/bin", "HOME": str(folder), "TERM": "xterm", "LANG": "C.UTF-8",
               "XDG_DATA_HOME": str(folder / "share"), "CREDD_SOCKET": str(socket), "COLUMNS": "200"}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            t.die_with_parent()
            os.chdir(folder)
            os.execve(command[0], command, env)

    def until(self, pattern, timeout=20):
        """What came up to that pattern; the rest is kept."""
        deadline = time.monotonic() + timeout * t.PATIENCE
        while True:
            plain = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>])|[\r\x07]", "", self.seen)
            found = re.search(pattern, plain)
            if found:
                self.seen = plain[found.end():]
                return found
            assert time.monotonic() < deadline, f"no {pattern} in {plain!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")

    def keys(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        self.keys(f"{line or ':'}; echo rea''dy\n")
        self.until(r"ready\n")

    def completed(self, typed):
        """The words that the line holds after what was typed; \t is the key."""
        self.keys(typed)
        # To the beginning of the line: the words are shown instead of being run.
        self.keys("\x01printf '<%s>' \x05; echo '<'end'>'\n")
        return re.findall("<([^<>]*)>", self.until(r"(?:<[^<>%]*>)+<end>").group())[:-1]

    def offers(self, typed, *words):
        """All of the words are shown when the key is pressed twice."""
        self.keys(typed + "\t\t")
        self.until("(?s)" + "".join(rf"(?=.*\s{word})" for word in words))
        self.keys("\x03")
        self.run("")

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def bash(folder, socket):
    if not LOADER.exists():
        needed("bash-completion")
    place = folder / "share" / "bash-completion" / "completions"
    place.mkdir(parents=True)
    shutil.copy(t.ROOT / "packaging" / "completion" / "credctl.bash", place / "credctl")
    shell = Shell(["/bin/bash", "--norc", "--noprofile", "-i"], folder, socket)
    shell.run(f"bind 'set enable-bracketed-paste off'; PS1='$ '; . {LOADER}")
    return shell


def zsh(folder, socket):
    program = shutil.which("zsh")
    if not program:
        needed("zsh")
    place = folder / "functions"
    place.mkdir()
    shutil.copy(t.ROOT / "packaging" / "completion" / "_credctl", place)
    shell = Shell([program, "-f", "-i"], folder, socket)
    shell.run("PS1='$ '; unset zle_bracketed_paste; unsetopt prompt_sp prompt_cr; bindkey -e; LISTMAX=1000;"
              f" fpath=({place} $fpath); autoload -U compinit; compinit -u -d {folder}/dump")
    return shell


@pytest.fixture(params=(bash, zsh), ids=("bash", "zsh"))
def shell(request, daemon, folder):
    one = daemon(SqliteStore(folder), t.world(customers=20))
    one.start()
    one.built()
    made = request.param(folder, one.socket)
    yield made
    made.end()


def test_commands_options_and_streams(shell):
    assert shell.completed("credctl adv\t30d") == ["credctl", "advance", "30d"]
    assert shell.completed("credctl pause cu\t--rea\tdemo") == ["credctl", "pause", "customers", "--reason", "demo"]
    assert shell.completed("credctl --js\ttempo mark\t2") == ["credctl", "--json", "tempo", "market_data", "2"]
    assert shell.completed("credctl export credi\tloan\t--format csv") == [
        "credctl", "export", "credit_history", "loan_applications", "--format", "csv"]
    assert shell.completed("credctl advance --to 2026-08-14T10:35:12Z --cl\t") == [
        "credctl", "advance", "--to", "2026-08-14T10:35:12Z", "--clock-only"]


def test_what_there_is_to_choose_from(shell):
    shell.offers("credctl watch ", *t.STREAMS)
    shell.offers("credctl export --format ", "json", "jsonl", "csv")
    shell.offers("credctl re", "resume", "refresh", "reset", "reload")
    shell.offers("credctl reset --", "--seed", "--at-world-now", "--start", "--plain", "--wait", "--yes", "--json")


def test_a_file_where_one_is_meant_and_nowhere_else(shell, folder):
    (folder / "unmistakable.json").write_text("")
    assert shell.completed("credctl export -o unm\t--json") == ["credctl", "export", "-o", "unmistakable.json", "--json"]
    assert shell.completed("credctl pause --for unm\t") == ["credctl", "pause", "--for", "unm"]


def test_the_daemon_that_the_line_names(shell, daemon, folder):
    assert shell.completed(f"credctl --socket {folder}/nobody tempo cu\t") == [
        "credctl", "--socket", f"{folder}/nobody", "tempo", "cu"]
