"""Fixtures that the promise and system tests share."""
import os
import pathlib
import shutil
import tempfile

import pytest

import credd_testing as t
from credd_stores import MariadbServer, SqliteStore

FIGURES = []
FIGURE = "figure: "


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also what takes many minutes")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        skip = pytest.mark.skip(reason="only with --long")
        for item in items:
            if "long" in item.keywords:
                item.add_marker(skip)


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes many minutes; only with --long")
    config.addinivalue_line("markers", "alone: times what others would slow down; not beside other tests")


def needed(what):
    """A laptop may lack it, CI may not."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is required in CI")
    pytest.skip(f"{what} is not here")


@pytest.fixture(scope="session")
def scratch():
    """A short path (Unix sockets), in memory where there is room."""
    memory = pathlib.Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    path = pathlib.Path(tempfile.mkdtemp(prefix="credd-", dir=memory if roomy else None))
    yield path
    if not os.environ.get("CREDD_TEST_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder(scratch):
    path = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    path.chmod(0o755)
    yield path
    if not os.environ.get("CREDD_TEST_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb(scratch):
    """The session's mariadbd. A test that stops or kills a server makes its own with own_mariadb."""
    if not shutil.which("mariadb-install-db"):
        needed("mariadb-server")
    server = MariadbServer(scratch / "db").start()
    yield server
    server.stop()


@pytest.fixture
def own_mariadb(folder):
    if not shutil.which("mariadb-install-db"):
        needed("mariadb-server")
    server = MariadbServer(folder / "db").start()
    yield server
    server.stop()


@pytest.fixture(params=("sqlite", "mariadb"))
def store(request, folder):
    """An empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield SqliteStore(folder)
        return
    made = request.getfixturevalue("mariadb").create()
    yield made
    with made.server.connect() as link, link.cursor() as cursor:
        if made.link:
            made.link.close()
        cursor.execute(f"DROP DATABASE IF EXISTS {made.name}")


@pytest.fixture
def daemon(folder):
    """Makes daemons; at the end each that still runs is stopped, in order, and none may have complained."""
    made = []

    def make(store, sections=None, name="a", **more):
        one = t.Daemon(folder, store, sections, name, **more)
        made.append(one)
        return one

    yield make
    problems = []
    for one in made:
        try:
            one.stop()
            one.check_reports()
        except AssertionError as problem:
            problems.append(str(problem))
        one.done()
    assert not problems, "\n".join(problems)


@pytest.fixture
def credd(daemon, folder):
    """One with a small world in a file."""
    one = daemon(SqliteStore(folder), t.world(customers=30)).start()
    one.built()
    return one


@pytest.fixture
def figures(request):
    """figures("what", value): printed at the end and kept in build/figures.txt."""
    def note(what, value):
        request.node.user_properties.append((FIGURE + what, str(value)))
        print(f"{what}: {value}")
    return note


def pytest_runtest_logreport(report):
    """Where the figures of all workers come together."""
    if report.when == "teardown":
        FIGURES.extend((report.nodeid.split("/")[-1], name[len(FIGURE):], value)
                       for name, value in report.user_properties if name.startswith(FIGURE))


def pytest_terminal_summary(terminalreporter):
    if not FIGURES:
        return
    terminalreporter.section("figures")
    lines = [f"{test}: {what}: {value}" for test, what, value in FIGURES]
    for line in lines:
        terminalreporter.write_line(line)
    path = pathlib.Path(os.environ.get("CREDD_FIGURES", t.ROOT / "build" / "figures.txt"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="ascii", errors="replace") as out:
        out.write("\n".join(lines) + "\n")
