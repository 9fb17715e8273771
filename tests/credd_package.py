"""What the tests of the package do to credd in a booted Debian, and what they ask of it."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

import credd_journal as journal
import credd_testing as t

# Something due at any hour: a thousand times the usual, every two seconds.
BUSY = "[stream market_data]\nschedule = every 2s\n" + "".join(
    f"[stream {stream}]\nschedule = every 2s\ntempo = 1000\n" for stream in ("financial_records", "loan_applications", "credit_history"))
# Where it is afternoon now: by night people do little.
AFTERNOON = f"[clock]\ntimezone = Etc/GMT{time.gmtime().tm_hour - 15:+d}\n".replace("GMT-15", "GMT-14")
DATABASE = "[database]\n"
ADVICE = (t.ROOT / "packaging" / "debian" / "credd.README.Debian").read_text()
# Worlds that move only when they are told to, and whose catch-up takes a few seconds.
STILL = "[clock]\nstart = 2024-02-15T12:00:00Z\nspeed = 0\n[world]\ncustomers = {customers}\n" + "".join(
    f"[stream {stream}]\nschedule = 2037-12-31\n" for stream in t.STREAMS)
END = "2025-11-01T00:00:00Z"
# Instance to configuration, the state it comes to as people are told, and what its message has to say.
MISTAKES = {
    "password": ("[database]\nhost = 127.0.0.1\nname = secret\nuser = teller\n", "refused", "password_file.*CREATE USER.*ALTER USER.*GRANT .*the server said: .*YES[)][)]"),
    "absent": (DATABASE + "name = absent\n", "refused", "CREATE DATABASE .*absent"),
    "rights": (DATABASE + "name = rights\n", "refused", "GRANT .*INSERT.* ON `rights`"),
    "readonly": ("[database]\nmin_free = 0\n", "read-only", "mounted read-only: make it writable.*restart credd"),
    "nofile": ("[database]\nmin_free = 0\n", "read-only", "mounted read-only: make it writable.*restart credd"),
    "full": ("[database]\nmin_free = 0\n", "full", "full .*make room, credd goes on by itself"),
}
LOOKED_AT_S = 22  # in which each of them has been tried again several times


def wait_for(true, what, timeout=60):
    """Waits until `true` returns something, and returns that."""
    deadline = time.monotonic() + timeout * t.PATIENCE
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < deadline, f"no {what} after {timeout} s"
        time.sleep(0.1)


def built_package():
    if os.environ.get("CREDD_PACKAGE"):  # one that is there already
        return pathlib.Path(os.environ["CREDD_PACKAGE"])
    done = subprocess.run([t.ROOT / "packaging" / "build-deb"], capture_output=True, text=True, check=False, errors="replace")
    assert done.returncode == 0, "\n".join(re.findall(r"(?i).*(?:error|failed).*", done.stdout + done.stderr)[-10:])[:2000]
    [built] = (t.ROOT / "build" / "deb").glob("credd_*.deb")
    return built


def newer_package(package, folder):
    """The same with a higher version."""
    tree, made = folder / "newer", folder / "newer.deb"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 99.0", control.read_text()))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, made], check=True, capture_output=True)
    return made


def furnish(machine, package):
    """With a database server and two people; the package lies ready."""
    machine.copy_in(package, "/root/credd.deb")
    machine.must("apt-get -q update && apt-get -q -y --no-install-recommends install mariadb-server man-db", timeout=300)
    machine.must("useradd -m alice; useradd -m bob")


def install(machine):
    """By apt, on defaults plus a database: how long that took until live rows were there."""
    make_database(machine, "demo")
    alone = "    [database]\n    name = credit_risk_analysis\n  then:"
    assert alone in ADVICE, "the name is all that it asks for"
    machine.write("/etc/credd/credd.conf.d/database.conf", DATABASE + "name = demo\n")
    machine.write("/etc/credd/credd.conf.d/tempo.conf", AFTERNOON + BUSY)
    began = time.monotonic()
    machine.must("apt-get -q -y --no-install-recommends install /root/credd.deb")
    installed = time.monotonic() - began
    ready(machine)
    baseline = time.monotonic() - began
    origin = ready(machine)["world"]["origin"].replace("T", " ").rstrip("Z")
    live = " UNION ALL ".join(f"SELECT COUNT(*) FROM demo.{table} WHERE created_at > '{origin}'" for table in t.STREAMS)
    wait_for(lambda: sum(map(int, sql(machine, live).split())), "live row")
    return {"installed": installed, "baseline": baseline, "live": time.monotonic() - began}


def sql(machine, text):
    return machine.must(f'mariadb -N -B -e "{text}"')


@contextlib.contextmanager
def without_server(machine):
    # Masked, so that nothing starts it again meanwhile.
    machine.must("systemctl mask --runtime --now mariadb")
    try:
        yield
    finally:
        machine.must("systemctl unmask --runtime mariadb; systemctl start mariadb")


def make_database(machine, name):
    """With the statements that README.Debian names."""
    commands = re.findall(r'^  (mariadb -e ".*")$', ADVICE, re.M)
    assert len(commands) == 3, commands
    for command in commands:
        machine.must(command.replace("credit_risk_analysis", name).replace("CREATE USER", "CREATE USER IF NOT EXISTS"))


def status(machine, instance=""):
    done = machine.run(f"credctl {'--instance ' + instance if instance else ''} --json status")
    return json.loads(done.out) if done.code == 0 else None


def ready(machine, instance="", timeout=60):
    """Waits for a world that is whole, and returns the status."""
    def look():
        now = status(machine, instance)
        return now if now and now["world"] and now["database"]["state"] == "ready" and not now["job"] else None
    return wait_for(look, f"world of {instance or 'the default instance'}", timeout)


def show(machine, unit, name):
    return machine.must(f"systemctl show -P {name} {unit}").strip()


def exposure(machine):
    return float(re.search(r"credd.service: ([\d.]+)", machine.must("systemd-analyze security credd.service"))[1])


def digests(machine, instance):
    """Table to digest, of an audit without findings."""
    replies = [json.loads(line) for line in machine.must(
        f"credctl --instance {instance} --timeout 300 --json verify --digest", timeout=300).splitlines()]
    assert replies[-1]["findings"] == 0, replies[-1]
    found = {reply["digest"]["table"]: reply["digest"]["sha256"] for reply in replies if "digest" in reply}
    assert set(found) >= {*t.STREAMS, "all"}, found
    return found


def dump(machine, name):
    """Every row that belongs to the world, one a line, in the order of the keys; the file's path."""
    path = f"/root/{name}.rows"
    machine.must(f"mariadb-dump --no-create-info --compact --skip-extended-insert --order-by-primary {name} "
                 f"{' '.join(t.STREAMS)} credd_status >{path}", timeout=300)
    return path


def assert_same_rows(machine, name, other, least):
    """Byte by byte, and more than `least`: the steps of applications are there too."""
    ours, theirs = dump(machine, name), dump(machine, other)
    assert int(machine.must(f"wc -l <{ours}")) > least
    differ = machine.run(f"diff {ours} {theirs} | head -n 10; cmp {ours} {theirs}")
    assert (differ.code, differ.out) == (0, ""), differ
    machine.must(f"rm {ours} {theirs}")


def freeze_in_a_catch_up(machine, name):
    """Begins a catch-up and stops the daemon's process when the first rows are there; the client, and the process's id.

    All in one shell inside: the rest of the catch-up takes seconds, and so can a look from outside on a busy machine."""
    pid = show(machine, f"credd@{name}", "MainPID")
    rows = f"(SELECT SUM(row_count) FROM {name}.credd_stream)"
    before = sql(machine, f"SELECT {rows}").strip()
    client = machine.begin(f"credctl --instance {name} --timeout 300 refresh")
    machine.must(f"mariadb --delimiter=// -e 'BEGIN NOT ATOMIC WHILE {rows} <= {before} DO DO SLEEP(0.005); END WHILE; END'"
                 f" && kill -STOP {pid}")
    return client, pid


def catch_up_with_blows(machine, name, wanted, blow, most):
    """A catch-up that the signal `blow` breaks off when rows have come, `most` times; how many rows stood there after each."""
    stood = []
    while len(stood) < most and (not stood or stood[-1] < wanted):
        client, pid = freeze_in_a_catch_up(machine, name)
        machine.must(f"kill -{blow} {pid}")
        wait_for(lambda: show(machine, f"credd@{name}", "MainPID") not in ("0", pid), "restart", 30)
        client.kill()
        client.communicate()
        stood.append(sum(stream["rows"] for stream in ready(machine, name)["streams"]))
    return stood


def small_disk(machine, name, size):
    machine.must(f"install -d -o credd -g credd -m 750 /var/lib/credd/{name};"
                 f"mount -t tmpfs -o size={size},uid=credd,gid=credd,mode=750 tmpfs /var/lib/credd/{name}")


def prepare_instance(machine, name, customers):
    """On MariaDB, with a world that stands still; to be started."""
    make_database(machine, name)
    machine.write(f"/etc/credd/{name}.conf", STILL.format(customers=customers) + DATABASE + f"name = {name}\n")


def end_instance(machine, name):
    machine.must(f"systemctl stop credd@{name}.socket credd@{name}; umount -q /var/lib/credd/{name} || true")


def prepare_mistakes(machine):
    sql(machine, "CREATE DATABASE secret; CREATE USER teller@localhost IDENTIFIED BY 'not-a-secret';"
                 "CREATE USER teller@'127.0.0.1' IDENTIFIED BY 'not-a-secret';"
                 "GRANT ALL ON secret.* TO teller@localhost; GRANT ALL ON secret.* TO teller@'127.0.0.1';"
                 "CREATE DATABASE rights; GRANT SELECT ON rights.* TO credd@localhost")
    machine.write("/etc/credd/db-password", "wrong\n", 0o600)
    machine.write("/etc/systemd/system/credd@password.service.d/password.conf",
                  "[Service]\nLoadCredential=db-password:/etc/credd/db-password\n")
    machine.must("systemctl daemon-reload")
    for name, (text, _, _) in MISTAKES.items():
        machine.write(f"/etc/credd/{name}.conf", text)
    small_disk(machine, "readonly", "64M")
    small_disk(machine, "nofile", "64M")
    small_disk(machine, "full", "2M")
    machine.must("systemctl start credd@readonly")
    world = ready(machine, "readonly")["world"]["id"]
    machine.must("systemctl stop credd@readonly.socket credd@readonly;"
                 "mount -o remount,ro /var/lib/credd/readonly; mount -o remount,ro /var/lib/credd/nofile")
    return world


def make_mistakes(machine):
    """All of them at once, for a while; what was said of each, and of the read-only one the world before."""
    world = prepare_mistakes(machine)
    for name in MISTAKES:
        machine.must(f"systemctl start credd@{name}")
    for name, (_, state, _) in MISTAKES.items():
        state = "full" if state == "read-only" else state
        wait_for(lambda: (status(machine, name) or {"database": {}})["database"].get("state") == state, f"{state} {name}", 30)
    time.sleep(LOOKED_AT_S)
    said = {}
    for name in MISTAKES:
        shown = machine.must(f"systemctl status -l -n 50 credd@{name}")
        lines = machine.must(f"journalctl -q -b -o json --output-fields=MESSAGE,PRIORITY,_COMM "
                             f"_SYSTEMD_INVOCATION_ID={show(machine, 'credd@' + name, 'InvocationID')}").splitlines()
        said[name] = shown, [one for one in map(json.loads, lines) if one.get("_COMM") == "credd"]
    return said, world


def assert_one_message(mistakes, name, figures):
    """In systemctl status and in the journal, once, however often it was tried."""
    _, state, words = MISTAKES[name]
    shown, lines = mistakes[0][name]
    line = re.search(rf'Status: "(database {state}: .*)"', shown)
    assert line and re.search(words, line[1]), shown
    told = [one["MESSAGE"] for one in lines if int(one["PRIORITY"]) <= 4]
    figures(f"messages of {name} in {LOOKED_AT_S} s, those of trouble among them", (len(lines), len(told)))
    assert len(told) == 1 and re.search(words, told[0]), told
    assert len(lines) == len({one["MESSAGE"] for one in lines}) <= 3, lines
    assert f"]: {told[0]}"[:200] in shown, "the journal's lines at the end of systemctl status have it too"


def told(machine, *matches, unit="credd@told"):
    """Messages of the instance, as journalctl prints them for programs."""
    words = " ".join(f"{field}={value}" for field, value in matches)
    lines = machine.must(f"journalctl -q -b --no-pager -o json -u {unit} {words}").splitlines()
    return [one for one in map(json.loads, lines) if one.get("_COMM") == "credd" and one["MESSAGE_ID"] in journal.TABLE]


def named(messages_, name):
    return [one for one in messages_ if one["MESSAGE_ID"] == journal.NAMES[name]]
