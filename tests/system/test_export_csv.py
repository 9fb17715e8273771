"""CSV as databases read it: loaded unchanged into SQLite and MariaDB, a file a table, whole or not at all; and credd_status."""
import csv
import json
import os
import select
import signal
import subprocess

import pytest

import credd_testing as t
from credd_stores import SqliteStore

ALL = (*t.STREAMS, "credd_status")


def columns(table):
    return "application_id, status, at" if table.endswith("credd_status") else "*"


def rows(store, table):
    return sorted(store.query(f"SELECT {columns(table)} FROM {table}"))


@pytest.fixture
def lived(store, daemon):
    credd = daemon(store, t.world(customers=60)).start()
    credd.built()
    credd.must("advance", "40d")
    return credd


def test_every_table_is_loaded_back_unchanged(lived, store, tmp_path):
    folder = tmp_path / "demo"
    lived.must("export", *ALL, "--format", "csv", "-o", folder)
    assert sorted(os.listdir(folder)) == sorted(f"{table}.csv" for table in ALL) and os.listdir(tmp_path) == ["demo"]
    assert all((folder / name).stat().st_mode & 0o044 for name in os.listdir(folder))
    for table in ALL:
        lines = (folder / f"{table}.csv").read_text().splitlines()
        assert len(lines) == 1 + store.query(f"SELECT COUNT(*) FROM {table}")[0][0], table
        load = load_sqlite if store.kind == "sqlite" else load_mariadb
        load(store, table, folder / f"{table}.csv")
        assert rows(store, f"loaded_{table}") == rows(store, table), table


def load_sqlite(store, table, file):
    store.execute(f"CREATE TABLE loaded_{table} AS SELECT {columns(table)} FROM {table} WHERE 0")
    subprocess.run(["sqlite3", str(store.path), "-cmd", ".timeout 5000", f".import --csv --skip 1 {file} loaded_{table}"], check=True)


def load_mariadb(store, table, file):
    store.execute(f"CREATE TABLE loaded_{table} AS SELECT {columns(table)} FROM {table} WHERE 0")
    subprocess.run(["mariadb", f"--socket={store.server.socket}", "--user=root", "--local-infile=1", store.name, "-e",
                    f"SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'; LOAD DATA LOCAL INFILE '{file}' INTO TABLE loaded_{table} "
                    "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' IGNORE 1 LINES"], check=True)


def test_a_folder_that_is_there_keeps_its_other_files(credd, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    (folder / "customers.csv").write_text("old")
    credd.must("export", "customers", "market_data", "--format", "csv", "-o", folder)
    assert sorted(os.listdir(folder)) == ["customers.csv", "market_data.csv", "notes"]
    assert (folder / "customers.csv").read_text().startswith("customer_id,") and os.listdir(tmp_path) == ["there"]
    alone = tmp_path / "alone"
    credd.must("export", "customers", "--format", "csv", "-o", f"{alone}/")
    assert os.listdir(alone) == ["customers.csv"]


def test_a_folder_is_whole_or_not_there(credd, tmp_path):
    credd.freeze()
    result = credd.ctl("--timeout", "0.5", "export", "--format", "csv", "-o", tmp_path / "x")
    credd.thaw()
    assert result.code == 5 and os.listdir(tmp_path) == []
    result = credd.ctl("export", "nope", "customers", "--format", "csv", "-o", tmp_path / "x")
    assert result.code == 2 and os.listdir(tmp_path) == []
    (tmp_path / "file").write_text("mine")
    result = credd.ctl("export", "--format", "csv", "-o", tmp_path / "file")
    assert result.code == 1 and "Not a directory" in result.err and os.listdir(tmp_path) == ["file"]
    result = credd.ctl("export", "--format", "csv", "-o", tmp_path / "none" / "x")
    assert result.code == 1 and "none/x" in result.err


def test_null_and_empty_differ(lived, store):
    store.execute("INSERT INTO customers(customer_id, first_name, last_name) VALUES ('ZZ', '', 'a,\"b\"')")
    text = lived.must("export", "customers", "--format", "csv")
    heading, row = text.splitlines()[0].split(","), text.splitlines()[-1]
    assert row.startswith('ZZ,"","a,""b""",,') and len(next(csv.reader([row]))) == len(heading), row


def test_steps_of_applications_are_a_table(lived, store):
    found = json.loads(lived.must("export", "credd_status"))
    assert list(found) == ["credd_status"] and len(found["credd_status"]) == len(rows(store, "credd_status"))
    assert list(found["credd_status"][0]) == ["application_id", "status", "at"]
    since = lived.status()["world"]["origin"]
    newer = json.loads(lived.must("export", "credd_status", "--since", since))["credd_status"]
    assert 0 < len(newer) < len(found["credd_status"]) and all(one["at"] >= since for one in newer)
    assert "credd_status" not in json.loads(lived.must("export"))
    assert lived.ctl("pause", "credd_status").code == 2


def test_steps_of_applications_are_watched_alone(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=300)).start()
    credd.built()
    process = subprocess.Popen(credd.ctl_command("--json", "watch", "credd_status"), stdout=subprocess.PIPE, text=True)
    while not select.select([process.stdout], [], [], 0.2)[0]:
        credd.must("advance", "3d")
    first = json.loads(process.stdout.readline())
    assert first["table"] == "credd_status" and first["columns"] == ["application_id", "status", "at"]
    process.send_signal(signal.SIGINT)
    rest = [json.loads(line) for line in process.stdout]
    assert process.wait(10) == 0 and {one["table"] for one in rest[:-1]} <= {"credd_status"} and rest[-1] == {"end": "interrupted"}
