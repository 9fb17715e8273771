"""The manual pages: they render, leave out nothing, and what they say of the database is so."""
import hashlib
import re
import shutil
import subprocess

import pytest

import credd_testing as t
from conftest import needed
from credd_stores import SqliteStore

MAN = t.ROOT / "packaging" / "man"
PAGES = sorted(MAN.glob("*.[1-9]"))


def source(name):
    """A page's text as it is meant: hyphens, quotes and backslashes as themselves, without fonts."""
    text = (MAN / name).read_text()
    for roff, plain in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\e", "\\")):
        text = text.replace(roff, plain)
    return text


@pytest.fixture
def man():
    if not shutil.which("man") or not shutil.which("groff"):
        needed("man-db with groff")
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat", "HOME": "/nonexistent"}


def test_there_are_four():
    assert [page.name for page in PAGES] == ["credctl.1", "credd-metrics.7", "credd.8", "credd.conf.5"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_renders_without_a_warning(page, man):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env=man, check=False)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_fits_a_terminal_of_80_columns(page, man):
    done = subprocess.run(["man", "-l", page], capture_output=True, text=True, env=man, check=True)
    lines = re.sub(".\b", "", done.stdout).splitlines()
    assert len(lines) > 50
    assert not [line for line in lines if len(line) > 80]
    assert not re.search(r"\\f[BIR]|\\\(|\\e", done.stdout), "an escape was left over"


def commands_def(macro):
    """The strings of each line of that macro, with what stands before them."""
    text = (t.ROOT / "include" / "credd" / "commands.def").read_text()
    return [(found.group(1).split(",")[0], re.findall(r'"([^"]*)"', found.group(1)))
            for found in re.finditer(rf"^{macro}\((\w.*)\)$", text, re.M)]


def test_every_command_and_option_is_documented():
    page = source("credctl.1")
    chapters = dict(zip((found[1][0] for found in commands_def("CREDD_COMMAND")),
                        re.split(r"^\.TP\n(?=(?:%s)\b)" % "|".join(words[0] for _, words in commands_def("CREDD_COMMAND")),
                                 page.split(".SH COMMANDS")[1], flags=re.M)[1:]))
    words = {name: strings[0] for name, strings in commands_def("CREDD_COMMAND")}
    assert len(words) >= 18
    for name, strings in commands_def("CREDD_COMMAND"):
        assert chapters[strings[0]].startswith(strings[0]), name
        assert strings[1] in chapters[strings[0]], name
    for name, strings in commands_def("CREDD_ARGUMENT"):
        _, option, placeholder, text = strings
        chapter = chapters[words[name]]
        assert option in chapter and placeholder in chapter and text in chapter, (name, option)
    for name, (option, placeholder, text) in commands_def("CREDD_OPTION"):
        chapter = page.split(".SH OPTIONS")[1]
        assert f"{option} {placeholder}".strip() in chapter and text in chapter, name


def test_every_option_of_the_daemon_is_documented():
    page = source("credd.8")
    done = subprocess.run([t.CREDD, "--help"], capture_output=True, text=True, check=True)
    options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", done.stdout))
    assert {"--config", "--set", "--check-config", "--calendar", "-n"} <= options
    for option in options:
        assert re.search(rf"^\.TP\n.*(?<![\w-]){option}\b", page, re.M), option


def test_every_variable_that_is_read_is_documented():
    page = source("credd.8") + source("credctl.1")
    seen = set()
    for folder in ("daemon", "ctl"):
        for path in (t.ROOT / folder).rglob("*.c"):
            seen |= set(re.findall(r'(?:getenv|variable|given)\("([A-Z_]+)"', path.read_text()))
            seen |= set(re.findall(r'\{"(DB_[A-Z]+)",', path.read_text()))
    assert {"DB_HOST", "DB_PASSWORD", "STATE_DIRECTORY", "CREDD_SOCKET"} <= seen
    assert not {name for name in seen if name not in page} - {"TERM"}


def test_the_limits_are_those():
    limits = dict(re.findall(r"^#define (CREDD_\w+) +(\d+)", (t.ROOT / "include/credd/protocol.h").read_text(), re.M))
    access = " ".join(source("credd.8").split(".SH ACCESS")[1].split(".SH")[0].split())
    for name, words in (("CONNECTIONS_UID", "at most {} connections"), ("STREAMS_UID", "At most {} of them serve a stream"),
                        ("WAITING_UID", "at most {} a stream or a job"), ("CONNECTIONS_MAX", "have {} together")):
        assert words.format(limits["CREDD_" + name]) in access, name
    assert f"for {int(limits['CREDD_IDLE_S']) // 60} minutes" in access
    notes = source("credctl.1").split(".SH NOTES")[1]
    assert f"{limits['CREDD_STREAMS_UID']} streams" in notes and f"{limits['CREDD_CONNECTIONS_UID']} connections" in notes


def test_every_table_of_credd_is_named():
    schema = (t.ROOT / "daemon" / "store" / "schema.h").read_text()
    tables = re.findall(r'"(credd_\w+)"', schema)
    assert len(tables) == 7
    for table in tables:
        assert table in source("credd.8"), table


def test_the_exit_statuses_are_those(folder):
    page = source("credd.8").split(".SH EXIT STATUS")[1].split(".SH")[0]
    assert re.findall(r"^\.TP\n(\d+)$", page, re.M) == ["0", "1", "2", "78"]
    bad = folder / "bad.conf"
    bad.write_text("[clock]\nspeed = fast\n")
    for args, code in (([], 0), (["--nonsense"], 2), (["--config", bad], 78)):
        done = subprocess.run([t.CREDD, "--check-config", *args], capture_output=True, check=False,
                              env={"STATE_DIRECTORY": str(folder), "RUNTIME_DIRECTORY": str(folder)})
        assert done.returncode == code, args


def test_the_rights_of_the_manual_are_enough(daemon, folder, mariadb):
    """Its own statements make a database in which credd builds, goes on and resets."""
    blocks = re.findall(r"^\.nf\n(.*?)^\.fi", source("credd.8").split(".SS Rights")[1].split(".SS")[0], re.S | re.M)
    local, remote = ([" ".join(one.split()) for one in block.split(";") if one.strip()] for block in blocks[:2])
    assert len(local) == 3 and len(remote) == 2
    with mariadb.connect() as link, link.cursor() as cursor:
        for statement in local + remote:
            cursor.execute(statement.replace("credd@", "by_the_manual@").replace("credit_risk_analysis", "by_the_manual"))
        # On this socket the account of localhost would be the one, and its unix_socket wants that Unix user.
        cursor.execute("DROP USER by_the_manual@localhost")
    (folder / "password").write_text("PASSWORD\n")
    (folder / "password").chmod(0o600)
    one = daemon(None, t.world(customers=20, database={
        "backend": "mariadb", "socket": mariadb.socket, "name": "by_the_manual", "user": "by_the_manual",
        "password_file": folder / "password"}))
    one.start()
    one.built()
    one.must("advance", "2d")
    one.must("reset", "--yes")
    one.assert_sound()


def test_the_digest_is_what_the_manual_says(daemon, folder):
    store = SqliteStore(folder)
    one = daemon(store, t.world(customers=20))
    one.start()
    one.built()
    one.must("advance", "3d")
    found = one.digests()
    lines = ""
    for table, keys in (*((name, None) for name in t.STREAMS), ("credd_change", "row_key, at, column_name")):
        columns = store.query(f"SELECT name, type FROM pragma_table_info('{table}') ORDER BY cid")
        shown = ", ".join(f"printf('%.{kind[-2]}f', {name})" if kind.startswith("DECIMAL") else f"CAST({name} AS TEXT)"
                          for name, kind in columns)
        digest = hashlib.sha256()
        for row in store.query(f"SELECT {shown} FROM {table} ORDER BY {keys or columns[0][0]} COLLATE BINARY"):
            digest.update(("\x1f".join("\\N" if value is None else value for value in row) + "\n").encode())
        assert digest.hexdigest() == found[table], table
        lines += f"{table} {digest.hexdigest()}\n"
    assert hashlib.sha256(lines.encode()).hexdigest() == found["all"]
