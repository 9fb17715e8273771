"""How credd gets along with databases: hosts tried in turn, rights that are missing, full and read-only disks."""
import contextlib
import os
import re
import subprocess
import time

import pytest

from conftest import needed
from credd_stores import MariadbServer, SqliteStore, free_port, wait_until
from credd_testing import PATIENCE, world

SMALL = {"customers": 30}
GALERA = "/usr/lib/galera/libgalera_smm.so"  # mariadb-server depends on it


def settled(credd):
    return credd.wait(lambda s: s["database"]["state"] not in ("connecting", "ready"), "a refusal", 30)


@pytest.fixture
def tcp_server(folder):
    server = MariadbServer(folder / "tcp", port=free_port()).start()
    yield server
    server.stop()


def test_several_hosts_are_tried_in_turn(tcp_server, daemon):
    store = tcp_server.create()
    database = {"backend": "mariadb", "host": "127.0.0.2,no-such-host.invalid,127.0.0.1", "port": tcp_server.port,
                "name": store.name, "user": "credd", "password_file": tcp_server.password_file}
    credd = daemon(None, world(**SMALL, database=database)).start()
    credd.built()
    assert "127.0.0.1" in credd.status()["database"]["detail"] + credd.must("status")
    assert store.count("customers") == SMALL["customers"]


def test_environment_names_the_database(tcp_server, daemon):
    store = tcp_server.create()
    env = {"DB_HOST": "127.0.0.1", "DB_PORT": str(tcp_server.port), "DB_NAME": store.name, "DB_USER": "credd",
           "DB_PASSWORD": "not-a-secret"}
    credd = daemon(None, world(**SMALL), env=env).start()
    credd.built()
    assert store.count("customers") == SMALL["customers"]
    assert "not-a-secret" not in credd.must("config") + credd.must("--json", "config") + credd.stderr()
    assert "not-a-secret" not in (credd.home / "credd.conf").read_text()
    with open(f"/proc/{credd.pid}/cmdline", "rb") as line:
        assert b"not-a-secret" not in line.read()


def test_a_name_alone_is_this_machines_server(own_mariadb, daemon, folder):
    """By its socket, which may come after credd; without it 127.0.0.1 is tried."""
    store = own_mariadb.create()
    usual = folder / "usual.sock"
    database = {"name": store.name, "user": "credd", "password_file": own_mariadb.password_file}
    credd = daemon(None, world(**SMALL, database=database), env={"MYSQL_UNIX_PORT": str(usual)}).start()
    status = settled(credd)
    assert status["database"]["state"] == "down" and f"there is no {usual}; 127.0.0.1: " in status["database"]["detail"]
    assert "/run/mysqld/mysqld.sock if it exists, else 127.0.0.1" in " ".join(credd.must("config").split())
    usual.symlink_to(own_mariadb.socket)
    credd.built()
    assert str(usual) in credd.status()["database"]["detail"] and str(usual) in credd.must("status")
    assert store.count("customers") == SMALL["customers"]


def statements(text):
    """The SQL statements that a message holds."""
    return [found.strip() for found in re.findall(r"((?:CREATE|GRANT|ALTER)\b[^;]*);", text)]


def test_missing_database_says_how_to_make_it(own_mariadb, daemon):
    own_mariadb.create("other")
    database = {"backend": "mariadb", "socket": own_mariadb.socket, "name": "not_there", "user": "credd",
                "password_file": own_mariadb.password_file}
    credd = daemon(None, world(**SMALL, database=database)).start()
    status = settled(credd)
    assert status["database"]["state"] == "refused", status["database"]
    told = statements(status["database"]["detail"])
    assert any("not_there" in one and one.startswith("CREATE DATABASE") for one in told), status["database"]
    with own_mariadb.connect() as link, link.cursor() as cursor:
        for one in told:
            cursor.execute(one)
    credd.built()


def test_missing_user_says_how_to_make_it(own_mariadb, daemon):
    with own_mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute("CREATE DATABASE demo")
    database = {"backend": "mariadb", "socket": own_mariadb.socket, "name": "demo", "user": "stranger"}
    credd = daemon(None, world(**SMALL, database=database)).start()
    status = settled(credd)
    assert status["database"]["state"] == "refused", status["database"]
    told = statements(status["database"]["detail"])
    assert any("stranger" in one for one in told), status["database"]
    with own_mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute("CREATE USER stranger@localhost")
        for one in told:
            if one.startswith("GRANT"):
                cursor.execute(one)
    credd.built()


def test_missing_rights_say_which(own_mariadb, daemon):
    with own_mariadb.connect() as link, link.cursor() as cursor:
        cursor.execute("CREATE DATABASE demo")
        cursor.execute("CREATE USER reader@localhost")
        cursor.execute("GRANT SELECT ON demo.* TO reader@localhost")
    database = {"backend": "mariadb", "socket": own_mariadb.socket, "name": "demo", "user": "reader"}
    credd = daemon(None, world(**SMALL, database=database)).start()
    status = settled(credd)
    assert status["database"]["state"] == "refused", status["database"]
    told = statements(status["database"]["detail"])
    assert any(one.startswith("GRANT") and "demo" in one for one in told), status["database"]
    with own_mariadb.connect() as link, link.cursor() as cursor:
        for one in told:
            cursor.execute(one)
    credd.built()


def test_password_file_that_others_can_read(mariadb, folder, daemon):
    store = mariadb.create()
    loose = folder / "loose"
    loose.write_text("not-a-secret\n")
    loose.chmod(0o644)
    credd = daemon(store, world(**SMALL, database={"password_file": loose})).start()
    status = settled(credd)
    assert "loose" in status["database"]["detail"] and "not-a-secret" not in status["database"]["detail"]
    loose.chmod(0o600)
    credd.built()


def test_server_comes_back(own_mariadb, daemon):
    store = own_mariadb.create()
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    said = len(credd.stderr().splitlines())
    own_mariadb.stop()
    credd.wait(lambda s: s["database"]["state"] == "down", "down", 60)
    own_mariadb.start()
    credd.wait(lambda s: s["database"]["state"] == "ready", "ready", 60)
    credd.must("advance", "2d")
    told = credd.stderr().splitlines()[said:]
    assert 1 <= len(told) <= 6, f"one message when it goes and one when it returns: {told}"


def test_old_protocol_without_transactions_in_the_way(own_mariadb, daemon):
    """Server defaults that others set must not matter: strictness, zone, isolation, autocommit, character set."""
    with own_mariadb.connect() as link, link.cursor() as cursor:
        for text in ("sql_mode = ''", "time_zone = '+05:30'", "tx_isolation = 'READ-UNCOMMITTED'", "autocommit = 0",
                     "character_set_server = latin1", "max_allowed_packet = 1048576"):
            cursor.execute(f"SET GLOBAL {text}")
    store = own_mariadb.create()
    credd = daemon(store, world(customers=400)).start()
    credd.built()
    credd.must("advance", "20d")
    credd.assert_sound()


@pytest.fixture
def small_disk(folder):
    """A tmpfs of a few megabytes; root is needed."""
    path = folder / "small"
    path.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "credd", path],
                                           capture_output=True, check=False).returncode:
        needed("root that may mount")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_full_disk(small_disk, daemon):
    """Below database.min_free nothing is written; once there is room, the world goes on by itself."""
    store = SqliteStore(small_disk)
    ballast = small_disk / "ballast"
    credd = daemon(store, world(customers=50, database={"min_free": "1M"})).start()
    credd.built()
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    ballast.write_bytes(b"x" * (free - (700 << 10)))
    link = credd.connect()
    link.send("Advance", {"by": "60d"}, more=True)
    status = credd.wait(lambda s: s["database"]["state"] == "full", "full")
    assert "make room, credd goes on by itself" in status["database"]["detail"], status
    link.close()
    assert os.statvfs(small_disk).f_bavail > 0, "the disk was filled to the brim"
    ballast.unlink()
    credd.wait(lambda s: s["database"]["state"] == "ready", "ready again", 90)
    credd.must("advance", "1d")
    credd.assert_sound()


@pytest.mark.parametrize("min_free, schedule", (("0", "every 1s"), ("1M", "every 18s")))
def test_a_disk_full_to_the_brim_is_two_messages(small_disk, daemon, min_free, schedule):
    """A note of the clock or a watermark may still find its place and the next rows none: that is no ready database."""
    store = SqliteStore(small_disk)
    ballast = small_disk / "ballast"
    credd = daemon(store, world(customers=30, speed=1, schedule=schedule, database={"min_free": min_free})).start()
    credd.built()
    with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as out:
        while out.write(b"x" * 4096):
            pass
    credd.wait(lambda s: s["database"]["state"] == "full", "full", 60)
    seen, until = set(), time.monotonic() + 21
    while time.monotonic() < until:
        seen.add(credd.status()["database"]["state"])
        time.sleep(0.02)
    assert seen == {"full"}
    ballast.unlink()
    credd.wait(lambda s: s["database"]["state"] == "ready", "ready again", 60)

    def told():
        return re.findall("database (full|ready)", credd.stderr())

    credd.wait(lambda _: len(told()) >= 3, "the message that it is ready")
    credd.must("refresh")
    assert told() == ["ready", "full", "ready"], credd.stderr()
    credd.assert_sound()


def test_read_only_disk_without_a_file(small_disk, daemon):
    """One message however often it is tried, and no word of a ready database between."""
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    credd = daemon(SqliteStore(small_disk), world(**SMALL)).start()
    seen = set()
    credd.wait(lambda s: seen.add(s["database"]["state"]) or "full" in seen, "a refusal", 30)
    assert credd.status()["read_only"]
    status = credd.status()["database"]
    assert "mounted read-only" in status["detail"] and "restart" in status["detail"], status
    assert credd.must("status").startswith("NOT READY  the database is read-only\n")
    assert credd.notifications.wait("STATUS=database read-only: ", credd.process)
    before = os.times().elapsed
    credd.wait(lambda s: seen.add(s["database"]["state"]) or os.times().elapsed - before > 7, "seven seconds", 30)
    assert seen <= {"connecting", "full"}, seen
    assert credd.stderr().count("database read-only: ") == credd.stderr().count("database ") == 1, credd.stderr()
    credd.stop()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    credd.start()
    credd.built()


def test_read_only_disk(small_disk, daemon):
    store = SqliteStore(small_disk)
    credd = daemon(store, world(customers=50)).start()
    credd.built()
    credd.stop()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    credd.start()
    status = credd.wait(lambda s: s["database"]["state"] not in ("connecting", "ready"), "a refusal", 30)
    assert "read" in status["database"]["detail"].lower(), status["database"]
    assert credd.ctl("status").code == 0
    credd.stop()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    credd.start()
    credd.built()


def test_sqlite_beside_another_reader_and_writer(folder, daemon):
    """Others may hold short locks: credd waits and goes on."""
    store = SqliteStore(folder)
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    holder = store.connect()
    holder.execute("BEGIN IMMEDIATE")
    link = credd.connect()
    link.sock.settimeout(0.5)
    link.send("Advance", {"by": "2d"}, more=True)
    with pytest.raises(TimeoutError):
        while "continues" in link.receive():
            pass
    holder.execute("COMMIT")
    holder.close()
    link.sock.settimeout(60 * PATIENCE)
    while True:
        reply = link.receive()
        assert "error" not in reply, reply
        if not reply.get("continues"):
            break
    wait_until(lambda: not credd.status()["job"], "quiet", 10 * PATIENCE)


def test_wal_and_types_of_the_sqlite_file(folder, daemon):
    store = SqliteStore(folder)
    credd = daemon(store, world(**SMALL)).start()
    credd.built()
    assert store.query("PRAGMA journal_mode") == [("wal",)]
    types = {name: kind for _, name, kind, *_ in store.query("PRAGMA table_info(customers)")}
    assert types["annual_income"] == "DECIMAL(12,2)" and types["created_at"] == "TIMESTAMP"
    assert types["customer_id"] == "VARCHAR(50)"
    assert store.query("PRAGMA integrity_check") == [("ok",)]
    assert store.query("PRAGMA foreign_key_check") == []


def first_of(good, bad):
    return {"backend": "mariadb", "host": f"127.0.0.1:{bad.port},127.0.0.1:{good.port}", "name": "demo", "user": "credd",
            "password_file": good.password_file}


def ask(server, statement):
    with server.connect() as link, link.cursor() as cursor:
        cursor.execute(statement)


def test_a_replica_is_passed_over(tcp_server, daemon, folder):
    """Of several servers the first that takes writes is used, also where that changes later."""
    replica = MariadbServer(folder / "replica", port=free_port(), options=["--read-only=ON"]).start()
    try:
        tcp_server.create("demo")
        replica.create("demo")
        credd = daemon(None, world(**SMALL, database=first_of(tcp_server, replica))).start()
        credd.built()
        ask(tcp_server, "SET GLOBAL read_only = ON")
        credd.ctl("refresh")
        credd.wait(lambda s: f"127.0.0.1:{replica.port}: is read-only; 127.0.0.1:{tcp_server.port}: is read-only"
                   in s["database"]["detail"], "both to be passed over")
        ask(tcp_server, "SET GLOBAL read_only = OFF")
        credd.wait(lambda s: s["database"]["state"] == "ready", "the return")
        credd.must("advance", "1d")
        credd.assert_sound()
    finally:
        replica.stop()


def test_a_node_that_is_cut_off_is_passed_over(tcp_server, daemon, folder):
    """A cluster's node that does not serve accepts connections and answers each query with 1047."""
    node = MariadbServer(folder / "node", port=free_port(),
                         options=["--wsrep-on=ON", f"--wsrep-provider={GALERA}", "--wsrep-cluster-address=gcomm://",
                                  "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"]).start()
    try:
        tcp_server.create("demo")
        node.create("demo")
        ask(node, "SET GLOBAL wsrep_reject_queries = 'ALL'")
        credd = daemon(None, world(**SMALL, database=first_of(tcp_server, node))).start()
        credd.built()
        credd.assert_sound()
    finally:
        node.stop()
