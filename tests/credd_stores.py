"""The two kinds of database as the tests see them: where credd writes, what is in there, to the byte."""
import datetime
import decimal
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

import pymysql

from credd_testing import Notifications, PATIENCE, die_with_parent, freeze

# Column and kind, in schema order; a number is the scale of a decimal.
COLUMNS = {
    "customers": (("customer_id", "text"), ("first_name", "text"), ("last_name", "text"), ("email", "text"),
                  ("phone", "text"), ("date_of_birth", "date"), ("ssn", "text"), ("address", "text"), ("city", "text"),
                  ("state", "text"), ("zip_code", "text"), ("employment_type", "text"), ("annual_income", 2),
                  ("created_at", "time")),
    "financial_records": (("record_id", "text"), ("customer_id", "text"), ("record_type", "text"), ("amount", 2),
                          ("description", "text"), ("record_date", "date"), ("created_at", "time")),
    "loan_applications": (("application_id", "text"), ("customer_id", "text"), ("loan_type", "text"),
                          ("requested_amount", 2), ("term_months", "integer"), ("purpose", "text"), ("status", "text"),
                          ("application_date", "date"), ("created_at", "time")),
    "market_data": (("data_id", "text"), ("data_type", "text"), ("value", 4), ("date_recorded", "date"),
                    ("source", "text"), ("created_at", "time")),
    "credit_history": (("history_id", "text"), ("customer_id", "text"), ("credit_score", "integer"),
                       ("payment_history", "text"), ("credit_utilization", 2), ("record_date", "date"),
                       ("created_at", "time")),
    "credd_status": (("application_id", "text"), ("status", "text"), ("at", "time")),
    "credd_change": (("table_name", "text"), ("row_key", "text"), ("at", "time"), ("column_name", "text"), ("value", "text")),
}
# Where every world that lives gets rows.
LIVED = tuple(COLUMNS)
TABLES = tuple(name for name in COLUMNS if not name.startswith("credd_"))
KEYS = {name: columns[0][0] for name, columns in COLUMNS.items()} | {"credd_change": "row_key"}
STATUS_ORDER = ("Pending", "Under Review", "Conditional", "Approved", "Denied", "Withdrawn", "Funded")


def spell(value, kind):
    """One value as exact text; a value that its column cannot hold exactly is an error."""
    if value is None:
        return "\\N"
    if kind == "text":
        return value
    if kind == "integer":
        assert isinstance(value, int), repr(value)
        return str(value)
    if isinstance(kind, int):
        exact = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
        fixed = exact.quantize(decimal.Decimal(1).scaleb(-kind))
        assert fixed == exact, f"{value!r} has more than {kind} decimals"
        return str(fixed)
    if isinstance(value, datetime.datetime) and kind == "date" and value.time() == datetime.time(): # of a wider column
        return str(value.date())
    if isinstance(value, (datetime.datetime, datetime.date)):
        return str(value)
    assert len(value) == (10 if kind == "date" else 19), repr(value)
    return value


def spell_rows(rows, columns):
    kinds = [kind for _, kind in columns]
    return sorted("\x1f".join(spell(value, kind) for value, kind in zip(row, kinds)) for row in rows)


def digest(dump):
    """Table to SHA-256 of its lines."""
    return {table: hashlib.sha256("\n".join(lines).encode()).hexdigest() for table, lines in dump.items()}


def assert_same(left, right, what=""):
    """Two dumps are equal to the byte; else the first rows that differ are shown."""
    for table in COLUMNS:
        if left[table] == right[table]:
            continue
        only_left = sorted(set(left[table]) - set(right[table]))
        only_right = sorted(set(right[table]) - set(left[table]))
        show = [f"{what}: {table} differs: {len(left[table])} and {len(right[table])} rows, "
                f"{len(only_left)} only here, {len(only_right)} only there"]
        show += ["  here  " + line.replace("\x1f", " | ") for line in only_left[:4]]
        show += ["  there " + line.replace("\x1f", " | ") for line in only_right[:4]]
        raise AssertionError("\n".join(show))


class Store:
    """What both kinds share. `query` returns rows, `execute` changes something."""

    def dump(self, tables=tuple(COLUMNS)):
        found = {}
        for table in tables:
            columns = COLUMNS[table]
            names = ", ".join(self.quote(name) for name, _ in columns)
            found[table] = spell_rows(self.query(f"SELECT {names} FROM {table}"), columns)
        return found

    def count(self, table, where="1=1"):
        return self.query(f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0]

    def counts(self):
        return {table: self.count(table) for table in COLUMNS}

    def tables(self):
        raise NotImplementedError


class SqliteStore(Store):
    kind = "sqlite"

    def __init__(self, folder, name="credd.sqlite"):
        self.path = pathlib.Path(folder) / name

    def config(self):
        return {"backend": "sqlite", "path": self.path, "min_free": "1M"}

    @staticmethod
    def quote(name):
        return f'"{name}"'

    def connect(self, timeout=10):
        return sqlite3.connect(self.path, timeout=timeout, isolation_level=None)

    def query(self, sql, parameters=()):
        with_ = self.connect()
        try:
            return with_.execute(sql.replace("%s", "?"), parameters).fetchall()
        finally:
            with_.close()

    def execute(self, *statements, checks=True):
        link = self.connect()
        try:
            link.execute(f"PRAGMA foreign_keys = {'ON' if checks else 'OFF'}")
            changed = 0
            for sql in statements:
                changed += max(0, link.execute(sql).rowcount)
            return changed
        finally:
            link.close()

    def tables(self):
        return sorted(name for name, in self.query("SELECT name FROM sqlite_master WHERE type = 'table'"))

    def fresh(self, name):
        """Another, empty database of the same kind."""
        return SqliteStore(self.path.parent, name + ".sqlite")


class MariadbServer:
    """A private mariadbd: own data folder, Unix socket, no network unless asked for."""

    def __init__(self, folder, port=None, options=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.socket = self.folder / "mysqld.sock"
        self.password_file = self.folder / "password"
        self.port, self.options = port, list(options)
        self.process = None
        self.made = 0
        self.install()

    def user_option(self):
        return ["--user=root"] if os.geteuid() == 0 else []

    def install(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "install.log", "ab") as log:
            # A server that starts clears up the temporary tables in its folder, others' too.
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                            f"--tmpdir={self.folder}", *self.user_option(),
                            "--auth-root-authentication-method=normal", "--skip-test-db", "--force",
                            "--innodb-log-file-size=16M"], stdout=log, stderr=log, check=True)
        self.password_file.write_text("not-a-secret\n")
        self.password_file.chmod(0o600)

    def start(self):
        program = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        network = ["--skip-networking"] if self.port is None else [f"--port={self.port}", "--bind-address=127.0.0.1"]
        notifications = Notifications(self.folder / "notify")
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "--no-defaults", f"--datadir={self.data}", f"--tmpdir={self.data}", f"--socket={self.socket}",
                 f"--pid-file={self.folder / 'pid'}", *self.user_option(), *network,
                 "--innodb-log-file-size=16M", "--innodb-buffer-pool-size=128M", "--performance-schema=OFF",
                 "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",  # as Debian sets them
                 # Processes are killed here, not the machine: what is written is kept without a disk flush.
                 "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=fsync", *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(self.folder / "notify")})
        ready = notifications.wait("READY=1", self.process, 60)
        notifications.close()
        assert ready, f"mariadbd did not start: {(self.folder / 'server.log').read_text()[-2000:]}"
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(30 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        freeze(self.process)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def connect(self, database=None, user="root", password="", **more):
        return pymysql.connect(unix_socket=str(self.socket), user=user, password=password, database=database,
                               autocommit=True, init_command="SET time_zone = '+00:00', lock_wait_timeout = 120",
                               charset="utf8mb4", **more)

    def create(self, name=None):
        """A new database that user credd may use."""
        self.made += 1
        name = name or f"credd_test_{self.made}"
        with self.connect() as link, link.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute("CREATE USER IF NOT EXISTS credd@localhost IDENTIFIED BY 'not-a-secret'")
            cursor.execute("CREATE USER IF NOT EXISTS credd@'127.0.0.1' IDENTIFIED BY 'not-a-secret'")
            cursor.execute(f"GRANT ALL ON {name}.* TO credd@localhost")
            cursor.execute(f"GRANT ALL ON {name}.* TO credd@'127.0.0.1'")
        return MariadbStore(self, name)


class MariadbStore(Store):
    kind = "mariadb"

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.link = None
        self.route = server.socket  # a proxy puts itself here

    def config(self):
        return {"backend": "mariadb", "socket": self.route, "name": self.name, "user": "credd",
                "password_file": self.server.password_file}

    @staticmethod
    def quote(name):
        return f"`{name}`"

    def connect(self, **more):
        return self.server.connect(self.name, **more)

    def cursor(self):
        if self.link is None:
            self.link = self.connect()
        self.link.ping(reconnect=True)
        return self.link.cursor()

    def query(self, sql, parameters=()):
        with self.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    def execute(self, *statements, checks=True):
        with self.cursor() as cursor:
            cursor.execute(f"SET foreign_key_checks = {1 if checks else 0}")
            changed = sum(max(0, cursor.execute(sql)) for sql in statements)
            cursor.execute("SET foreign_key_checks = 1")
            return changed

    def tables(self):
        return sorted(name for name, kind in self.query("SHOW FULL TABLES") if kind == "BASE TABLE")

    def fresh(self, name):
        return self.server.create(f"{self.name}_{name}")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_until(true, what, timeout=30):
    deadline = time.monotonic() + timeout * PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"no {what} after {timeout} s"
        time.sleep(0.01)
