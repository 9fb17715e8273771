"""The SQLite file as somebody else reads it: a member of its group, who may write neither the file nor its folder."""
import os
import pathlib
import subprocess

import pytest

from conftest import needed
from credd_stores import SqliteStore
from credd_testing import world

READER, GROUP = 65534, 61777  # a user without rights of their own, a group that nobody has
LOOK = """
import sqlite3, sys
for name in (sys.argv[1], f"file:{sys.argv[1]}?mode=ro"):
    link = sqlite3.connect(name, uri=True, timeout=10)
    print(link.execute("SELECT count(*) FROM customers").fetchone()[0])
"""


@pytest.fixture
def shared(scratch, folder):
    """A database in a folder like a service's state folder, with the service's umask."""
    if os.geteuid() != 0:
        needed("root")
    scratch.chmod(0o755)
    inner = folder / "state"
    inner.mkdir()
    os.chown(inner, 0, GROUP)
    inner.chmod(0o2750)
    before = os.umask(0o027)
    yield SqliteStore(inner)
    os.umask(before)


def look(store, group=GROUP):
    """What both ways of opening the file see."""
    return subprocess.run(["setpriv", f"--reuid={READER}", f"--regid={READER}", f"--groups={group}", "/usr/bin/python3", "-c", LOOK,
                           store.path], capture_output=True, text=True, cwd="/", check=False)


def rows(store):
    seen = look(store)
    assert seen.returncode == 0, seen.stderr
    both = [int(line) for line in seen.stdout.split()]
    assert len(both) == 2 and both[0] == both[1]
    return both[0]


def test_a_member_of_the_group_reads(shared, daemon):
    """Beside the daemon, after a stop, after a kill, after a reset, and again while it runs."""
    credd = daemon(shared, world(40)).start()
    credd.built()
    assert rows(shared) == 40
    credd.stop()
    assert rows(shared) == 40
    assert rows(shared) == 40  # nothing that the first reader did is in the way of a second
    credd.start().built()
    assert rows(shared) == 40
    credd.kill()
    assert rows(shared) == 40
    credd.start().built()
    credd.must("reset", "--wait", "10s", "--yes")
    assert rows(shared) == 40
    credd.stop()
    assert rows(shared) == 40
    credd.start().built()
    assert rows(shared) == 40
    credd.assert_sound()


def test_nobody_else_reads(shared, daemon):
    credd = daemon(shared, world(20)).start()
    credd.built()
    credd.stop()
    assert "unable to open database file" in look(shared, group=READER).stderr


def test_a_stop_leaves_nothing_in_the_log(shared, daemon):
    """So that a file that is put in the place of this one is not read together with what this one left."""
    credd = daemon(shared, world(20)).start()
    credd.built()
    credd.stop()
    assert pathlib.Path(f"{shared.path}-wal").stat().st_size == 0
