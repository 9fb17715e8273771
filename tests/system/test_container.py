"""The package on a booted Debian: apt, systemctl, journalctl and credctl as an operator meets them.

One machine for all; the tests run in the order in which they stand here, the life of an installation.
"""
import json
import os
import re
import subprocess
import time

import pytest

import credd_journal as journal
import credd_testing as t
from conftest import needed
from credd_container import Machine, missing
from credd_package import (ADVICE, END, STILL, assert_one_message, assert_same_rows, built_package, catch_up_with_blows, digests,
                           end_instance, exposure, freeze_in_a_catch_up, furnish, install, make_database, make_mistakes, named,
                           newer_package, prepare_instance, ready, show, sql, status, told, wait_for, without_server)

# The package is the same whatever the build under test is.
if t.SCALE < 1:
    pytest.skip("the container is booted at full length only", allow_module_level=True)



@pytest.fixture(scope="module")
def package():
    lacks = missing()
    if lacks:
        needed(f"{lacks}, for the container,")
    return built_package()


@pytest.fixture(scope="module")
def machine(package, scratch):
    made = Machine(package, scratch)
    try:
        try:
            made.boot()
        except AssertionError as problem:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"no container boots here: {problem}")
        furnish(made, package)
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def credd(machine):
    """Installed by apt, on defaults plus a database; how long that took until live rows were there."""
    return install(machine)


def test_the_package_is_well_made(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    version = re.search(r"project\(credd VERSION (\S+)", (t.ROOT / "CMakeLists.txt").read_text())[1]
    changelog = (t.ROOT / "packaging" / "debian" / "changelog").read_text()
    assert changelog.startswith(f"credd ({version}) "), "the changelog and CMakeLists.txt disagree"


def test_live_rows_within_a_minute_of_the_install(credd, machine, figures):
    for what in credd:
        figures(f"seconds from apt install to {what}", round(credd[what], 1))
    assert credd["live"] < 60
    counts = dict(line.split() for line in sql(machine, " UNION ALL ".join(
        f"SELECT '{table}', COUNT(*) FROM demo.{table}" for table in t.STREAMS)).splitlines())
    assert int(counts["customers"]) >= 1000 and int(counts["credit_history"]) >= 10000, counts
    assert machine.must("systemctl is-enabled credd.service credd.socket").split() == ["enabled"] * 2
    # Nothing said how to reach the server, and no password was given.
    assert "at /run/mysqld/mysqld.sock, database demo" in status(machine)["database"]["detail"]
    assert "at /run/mysqld/mysqld.sock" in machine.must("credctl status")


def test_systemctl_status_tells_the_state(credd, machine):
    text = machine.must("systemctl status credd")
    assert re.search(r'Status: "fresh: .*; world \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; last batch: \w+', text), text
    assert "TriggeredBy" in text and "credd.socket" in text
    assert show(machine, "credd", "User") == "credd"


def test_the_journal_explains_itself(credd, machine):
    text = machine.must("journalctl -q -b -x -u credd")
    assert text.count("Defined-By: credd") >= 3 and "Nothing to do. `credctl status`" in text, text
    lines = [json.loads(line) for line in machine.must("journalctl -q -b -u credd -o json").splitlines()]
    assert all("MESSAGE_ID" in line for line in lines if line.get("_COMM") == "credd"), lines


def test_hardened_as_far_as_it_says(credd, machine, figures):
    figure = exposure(machine)
    figures("systemd-analyze security, in the container", figure)
    assert figure <= 1.3
    machine.must("install -D -m 644 -t /etc/systemd/system/credd.service.d "
                 "/usr/share/doc/credd/examples/unix-socket-database.conf; systemctl daemon-reload; systemctl restart credd")
    ready(machine)
    machine.must("credctl refresh")
    figure = exposure(machine)
    figures("systemd-analyze security, with the drop-in", figure)
    assert figure <= 0.6


def test_the_server_goes_and_comes(credd, machine):
    """Without its socket there would be 127.0.0.1, which the drop-in does not allow: it says so, waits and goes on."""
    with without_server(machine):
        wait_for(lambda: re.search('Status: "database down: .*there is no /run/mysqld/mysqld.sock; 127.0.0.1: ',
                                   machine.must("systemctl status -l credd")), "word of both roads", 30)
    ready(machine)


def test_the_units_verify_where_they_are_installed(credd, machine):
    done = machine.run("systemd-analyze verify credd.service credd.socket credd-web.socket credd@any.service "
                       "credd@any.socket credd-web@any.socket")
    assert (done.code, [line for line in done.err.splitlines() if "cred" in line]) == (0, []), done


def test_who_may_operate(credd, machine):
    denied = machine.run("credctl pause", user="alice")
    assert denied.code == 4 and "group credd" in denied.err and "usermod -aG credd" in denied.err, denied
    assert machine.run("credctl status", user="alice").code == 4
    machine.must("usermod -aG credd bob")
    machine.must("credctl pause --reason showing", user="bob")
    try:
        wait_for(lambda: re.search(r'Status: ".*paused by', machine.must("systemctl status credd")), "status line", 5)
        assert "showing" in machine.must("credctl status")
        said = machine.must("journalctl -q -b -u credd -g '^pause' -o cat")
        assert machine.must("id -u bob").strip() in said or "bob" in said, said
    finally:
        machine.must("credctl resume")


def test_without_the_socket_unit_it_makes_the_socket(credd, machine):
    """For the same people."""
    machine.must("systemctl mask --runtime credd.socket; systemctl stop credd.socket credd; systemctl start credd")
    try:
        assert machine.must("stat -c '%G %a' /run/credd/control").split() == ["credd", "660"]
        machine.must("credctl pause && credctl resume", user="bob")
        assert machine.run("credctl status", user="alice").code == 4
    finally:
        machine.must("systemctl unmask --runtime credd.socket; systemctl restart credd")
    ready(machine)


def healthz(machine, to='INET->new("127.0.0.1:8137")', user=None):
    """The word that a browser is told there."""
    done = machine.run("perl -MIO::Socket -MIO::Socket::UNIX -e '"
                       f'my $link = IO::Socket::{to} // die "$!\\n"; '
                       'print $link "GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n"; print <$link>\'', user=user)
    return done.out.replace("\r", "").partition("\n\n")[2].strip() or done.err.strip()


def test_the_page_is_off_until_its_socket_unit_is_enabled(credd, machine):
    """Then systemd keeps it open, for a credd without network too."""
    assert machine.run("systemctl is-enabled credd-web.socket").out.strip() == "disabled"
    assert healthz(machine) == "Connection refused"
    assert show(machine, "credd", "PrivateNetwork") == "yes", "the drop-in is there"
    # As README.Debian has it.
    assert "systemctl enable credd-web.socket && systemctl restart credd" in " ".join(ADVICE.split())
    machine.must("systemctl enable credd-web.socket && systemctl restart credd")
    ready(machine)
    assert healthz(machine) in ("fresh", "busy", "behind")
    assert "the page is at http://127.0.0.1:8137/" in machine.must("journalctl -q -b -u credd -o cat")
    machine.must("systemctl reload credd")
    before = show(machine, "credd", "MainPID")
    machine.must("systemctl stop credd")
    assert healthz(machine), "it starts what was stopped"
    assert show(machine, "credd", "MainPID") not in ("0", before)
    machine.must("systemctl stop credd-web.socket credd.socket credd")
    assert healthz(machine) == "Connection refused"
    machine.must("systemctl start credd")
    assert show(machine, "credd-web.socket", "ActiveState") == "active", "it comes along once it is enabled"
    ready(machine)


def test_the_page_of_an_instance_is_its_group_s(credd, machine):
    machine.write("/etc/credd/page.conf", STILL.format(customers=50))
    machine.must("systemctl enable --now credd@page && systemctl enable credd-web@page.socket && systemctl restart credd@page")
    ready(machine, "page")
    to = 'UNIX->new("/run/credd/page/web")'
    assert machine.must("stat -c '%U %G %a' /run/credd/page/web").split() == ["credd", "credd", "660"]
    assert healthz(machine, to, user="bob") in ("fresh", "busy", "behind")
    assert healthz(machine, to, user="alice") == "Permission denied"
    machine.must("systemctl stop credd-web@page.socket credd@page.socket credd@page")
    assert machine.run("test -e /run/credd/page/web").code


def test_killed_it_comes_back_and_clients_wait(credd, machine, figures):
    before, world = show(machine, "credd", "MainPID"), ready(machine)["world"]["id"]
    # The one process only: of a group that empties meanwhile, systemd may say that it could not.
    machine.must("systemctl kill --kill-whom=main -s KILL credd")
    began = time.monotonic()
    # Asked while nobody is there: systemd keeps the socket, the next daemon answers.
    answer = json.loads(machine.must("credctl --timeout 30 --json status"))
    figures("seconds that a client waited over kill -9", round(time.monotonic() - began, 1))
    assert str(answer["pid"]) != before and show(machine, "credd", "NRestarts") == "1"
    assert ready(machine)["world"]["id"] == world
    machine.must("credctl refresh && credctl verify")


def test_frozen_it_is_started_again(credd, machine, figures):
    machine.write("/etc/systemd/system/credd.service.d/test.conf", "[Service]\nWatchdogSec=2s\nRestartSec=1s\n")
    machine.must("systemctl daemon-reload; systemctl restart credd")
    world = ready(machine)["world"]["id"]
    pid = show(machine, "credd", "MainPID")
    machine.must(f"kill -STOP {pid}")
    began = time.monotonic()
    wait_for(lambda: show(machine, "credd", "MainPID") not in ("0", pid), "restart by the watchdog", 30)
    figures("seconds from SIGSTOP to the restart, WatchdogSec=2s", round(time.monotonic() - began, 1))
    assert "Watchdog timeout" in machine.must("journalctl -q -b -u credd")
    assert ready(machine)["world"]["id"] == world
    machine.must("credctl refresh && credctl verify")
    machine.must("rm /etc/systemd/system/credd.service.d/test.conf; systemctl daemon-reload; systemctl restart credd")


def test_reload_of_a_bad_file_fails_loudly(credd, machine):
    ready(machine)
    machine.write("/etc/credd/credd.conf.d/zz.conf", "[stream market_data]\nschedule = sometimes\n")
    done = machine.run("systemctl reload credd")
    assert done.code != 0, done
    text = machine.run("systemctl status credd").out
    assert "zz.conf" in text and "schedule" in text and "active (running)" in text, text
    assert "every 2s" in [s["schedule"] for s in status(machine)["streams"] if s["name"] == "market_data"]
    machine.write("/etc/credd/credd.conf.d/zz.conf", "[stream market_data]\nschedule = every 7s\n")
    machine.must("systemctl reload credd")
    assert "every 7s" in [s["schedule"] for s in status(machine)["streams"] if s["name"] == "market_data"]
    machine.must("rm /etc/credd/credd.conf.d/zz.conf; systemctl reload credd")
    [last] = json.loads(machine.must("credctl --json history -n 1"))["acts"]
    assert (last["kind"], last["user"], last["uid"]) == ("reload", "root", 0), last


def test_a_bad_file_is_not_started_again_and_again(credd, machine):
    machine.write("/etc/credd/bad.conf", "[clock]\nsped = 2\n")
    wanted = ("status=78", "/etc/credd/bad.conf", "sped")
    # The journal does not always know any more whose message it was when a process ends at once.
    for _ in range(3):
        assert machine.run("systemctl start credd@bad").code != 0
        text = machine.run("for i in $(seq 50); do systemctl status credd@bad | grep -q sped && break; sleep 0.1; done; "
                           "systemctl status credd@bad").out
        if all(word in text for word in wanted):
            break
    assert all(word in text for word in wanted), text
    # Longer than RestartSec=.
    time.sleep(6)
    assert show(machine, "credd@bad", "NRestarts") == "0" and show(machine, "credd@bad", "ActiveState") == "failed"
    # A client is told soon, does not hang, and has it tried once; the socket stays.
    began = time.monotonic()
    for _ in range(2):
        told = machine.run("credctl --instance bad status")
        assert told.code == 3 and "systemctl status credd@bad" in " ".join(told.err.split()), told
    assert time.monotonic() - began < 5
    assert show(machine, "credd@bad.socket", "ActiveState") == "active"
    assert machine.must("journalctl -q -b -u credd@bad -o cat -g '^Failed to start'").count("\n") == 3
    machine.write("/etc/credd/bad.conf", "[clock]\nspeed = 2\n")
    machine.must("systemctl restart credd@bad")
    ready(machine, "bad")
    machine.must("systemctl stop credd@bad.socket credd@bad")
    assert machine.run("credctl --instance bad status").code == 3, "stopped, socket and all"


def test_two_instances_and_a_reboot_in_a_catch_up(credd, machine, figures):
    """Two databases, one world: the one that was rebooted in the middle ends like the one that was not."""
    for name in ("one", "two"):
        prepare_instance(machine, name, customers=9000)
        machine.must(f"systemctl enable --now credd@{name}")
    worlds = {ready(machine, name)["world"]["id"] for name in ("one", "two")}
    assert len(worlds) == 2, "each has a world of its own"
    machine.must(f"credctl --instance two --timeout 300 advance --to {END}", timeout=300)
    whole = digests(machine, "two")
    machine.must(f"credctl --instance one advance --clock-only --to {END}")
    # systemd wakes it up again to end it.
    client, _ = freeze_in_a_catch_up(machine, "one")
    began = time.monotonic()
    machine.reboot()
    figures("seconds of a reboot of the container", round(time.monotonic() - began, 1))
    client.kill()
    client.communicate()
    # Back by itself; what was missing then says that it was the middle.
    now = ready(machine, "one")
    assert now["world"]["id"] in worlds
    total = sum(stream["rows"] for stream in now["streams"])
    wanted = sum(stream["rows"] for stream in ready(machine, "two")["streams"])
    figures("rows there after the reboot", f"{total} of {wanted}")
    assert total < wanted, "the reboot came too late to be in the middle"
    machine.must("credctl --instance one --timeout 300 refresh", timeout=300)
    assert digests(machine, "one") == whole
    assert ready(machine)["world"], "the default instance came back too"


@pytest.mark.parametrize("name, most", (("killed", 4), ("frozen", 2)))
def test_row_by_row_the_same_after(credd, machine, figures, name, most):
    """Kill -9, or SIGSTOP and the watchdog, in the midst of a catch-up: no row lost, none doubled, none other than in the world
    that nobody disturbed."""
    machine.write(f"/etc/systemd/system/credd@{name}.service.d/test.conf", "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n")
    prepare_instance(machine, name, customers=9000)
    machine.must(f"systemctl daemon-reload; systemctl start credd@{name}")
    whole = ready(machine, "two")
    wanted = sum(stream["rows"] for stream in whole["streams"])
    world = ready(machine, name)["world"]["id"]
    machine.must(f"credctl --instance {name} advance --clock-only --to {END}")
    blow = "KILL" if name == "killed" else "STOP"
    stood = catch_up_with_blows(machine, name, wanted, blow, most)
    figures(f"rows after each {blow}", f"{stood} of {wanted}")
    assert stood[0] < wanted, "it came too late to be in the middle"
    assert show(machine, f"credd@{name}", "NRestarts") == str(len(stood))
    machine.must(f"credctl --instance {name} --timeout 300 refresh", timeout=300)
    now = ready(machine, name)
    assert now["world"]["id"] == world and now["clock"]["world"] == whole["clock"]["world"] == END
    assert [stream["rows"] for stream in now["streams"]] == [stream["rows"] for stream in whole["streams"]]
    assert digests(machine, name) == digests(machine, "two")
    assert_same_rows(machine, name, "two", wanted)
    end_instance(machine, name)


def test_stop_in_a_reset_is_quick_and_leaves_the_old_world(credd, machine, figures):
    old, counted = ready(machine, "two")["world"]["id"], sql(machine, "SELECT COUNT(*) FROM two.customers")
    machine.write("/etc/credd/two.conf.d/large.conf", "[world]\ncustomers = 60000\n")
    machine.must("systemctl reload credd@two")
    client = machine.begin("credctl --instance two --timeout 300 reset --yes")
    wait_for(lambda: ((status(machine, "two") or {}).get("job") or {}).get("done"), "reset under way")
    began = time.monotonic()
    machine.must("systemctl stop credd@two.socket credd@two")
    took = time.monotonic() - began
    client.communicate(timeout=30)
    figures("seconds of systemctl stop in the middle of a reset", round(took, 1))
    assert took < 5 and show(machine, "credd@two", "Result") == "success"
    assert client.returncode != 0
    assert sql(machine, "SELECT COUNT(*) FROM two.customers") == counted
    machine.must("systemctl start credd@two")
    assert ready(machine, "two")["world"]["id"] == old
    machine.must("credctl --instance two verify", timeout=300)


@pytest.fixture(scope="module")
def mistakes(credd, machine):
    """All of them at once, for a while; what was said of each, and of the read-only one the world before."""
    return make_mistakes(machine)


def test_a_wrong_password_is_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "password", figures)
    # A credential is systemd's copy: a new one comes with a restart.
    machine.write("/etc/credd/db-password", "not-a-secret\n", 0o600)
    machine.must("systemctl restart credd@password")
    ready(machine, "password")
    end_instance(machine, "password")


def test_a_missing_database_is_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "absent", figures)
    make_database(machine, "absent")
    ready(machine, "absent")
    end_instance(machine, "absent")


def test_missing_rights_are_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "rights", figures)
    sql(machine, "GRANT ALL ON rights.* TO credd@localhost")
    ready(machine, "rights")
    end_instance(machine, "rights")


def test_a_read_only_disk_is_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "readonly", figures)
    # The service has its own view of what is mounted, as it was at its start.
    machine.must("mount -o remount,rw /var/lib/credd/readonly; systemctl restart credd@readonly")
    assert ready(machine, "readonly")["world"]["id"] == mistakes[1]
    end_instance(machine, "readonly")


def test_a_read_only_disk_without_a_file_is_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "nofile", figures)
    machine.must("mount -o remount,rw /var/lib/credd/nofile; systemctl restart credd@nofile")
    ready(machine, "nofile")
    end_instance(machine, "nofile")


def test_a_full_disk_is_one_message(mistakes, machine, figures):
    assert_one_message(mistakes, "full", figures)
    try:
        machine.must("mount -o remount,size=200M /var/lib/credd/full")
        ready(machine, "full")
        machine.must("credctl --instance full verify")
    finally:
        end_instance(machine, "full")


def test_the_manual_renders(credd, machine):
    pages = machine.must("dpkg -L credd | grep -E '/man[158]/.*\\.gz$' || true").split()
    assert pages, "the package has no manual pages"
    for page in pages:
        done = machine.run(f"MANWIDTH=80 man --warnings -E UTF-8 -l {page} >/dev/null")
        assert (done.code, done.err) == (0, ""), (page, done.err)


def test_upgrade_restarts_and_loses_nothing(credd, machine, package, scratch):
    machine.copy_in(newer_package(package, scratch), "/root/newer.deb")
    worlds = [ready(machine, name)["world"]["id"] for name in ("", "one")]
    pids = [show(machine, unit, "MainPID") for unit in ("credd", "credd@one")]
    units = ("credd.socket", "credd-web.socket", "credd@one.socket")
    sockets = [show(machine, unit, "ActiveEnterTimestampMonotonic") for unit in units]
    machine.must("apt-get -q -y install /root/newer.deb")
    assert [ready(machine, name)["world"]["id"] for name in ("", "one")] == worlds
    now = [show(machine, unit, "MainPID") for unit in ("credd", "credd@one")]
    assert not set(pids) & set(now), "restarted, the instance too"
    assert [show(machine, unit, "ActiveEnterTimestampMonotonic")
            for unit in units] == sockets, "the sockets stay, clients wait"
    machine.must("credctl refresh && credctl verify")


def test_removed_and_installed_again_the_world_goes_on(credd, machine):
    machine.write("/etc/credd/file.conf", STILL.format(customers=50))
    machine.must("systemctl enable --now credd@file")
    worlds = [ready(machine, name)["world"]["id"] for name in ("", "file")]
    machine.must("apt-get -q -y remove credd")
    assert not machine.run("pgrep -x credd").out and machine.run("test -e /run/credd").code
    machine.must("test -e /var/lib/credd/file/credd.sqlite && test -e /etc/credd/credd.conf")
    machine.must("apt-get -q -y install /root/newer.deb")
    # What is enabled starts, the instance too.
    machine.must("systemctl is-active credd@file credd@file.socket credd-web.socket credd-web@page.socket && ! test -e /var/lib/credd/.removed")
    assert [ready(machine, name)["world"]["id"] for name in ("", "file")] == worlds
    machine.must("credctl refresh && credctl verify && credctl --instance file verify")


def test_purge_leaves_nothing_but_the_database(credd, machine):
    machine.must("apt-get -q -y purge credd")
    left = machine.must("ls -d /var/lib/credd /run/credd /etc/credd 2>/dev/null;"
                        "find /etc/systemd/system /var/lib/systemd -name 'credd*' -not -path '*.d*'; true")
    assert left == "", left
    assert int(sql(machine, "SELECT COUNT(*) FROM demo.customers")) >= 1000


def test_nothing_configured_gives_a_world_in_a_file(credd, machine, figures):
    machine.must("rm -rf /etc/credd /etc/systemd/system/credd*")
    machine.must("systemctl daemon-reload")
    began = time.monotonic()
    machine.must("apt-get -q -y install /root/credd.deb")
    now = ready(machine)
    figures("seconds from apt install to a world in SQLite", round(time.monotonic() - began, 1))
    assert now["database"]["backend"] == "sqlite"
    assert machine.must("stat -c '%U %a' /var/lib/credd /var/lib/credd/credd.sqlite").split() == ["credd", "750", "credd", "640"]
    machine.must("credctl verify")
    log = machine.must("journalctl -q -b -p 3 -o cat -u credd --since=-30s; true")
    assert log == "", log


# --- the journal and the history, of an instance that two people operate ---
@pytest.fixture(scope="module")
def pair(credd, machine):
    """An instance on MariaDB; alice may look only, bob operates."""
    machine.must("id -nG bob | grep -qw credd || usermod -aG credd bob")
    prepare_instance(machine, "told", customers=50)
    machine.must("systemctl start credd@told")
    ready(machine, "told")
    yield machine
    end_instance(machine, "told")


def test_the_journal_says_who_did_what(pair):
    since = len(told(pair))
    uids = {name: pair.must(f"id -u {name}").strip() for name in ("root", "bob")}
    done = ((None, "pause --for 2h --reason 'demo for Acme'", "PAUSED"), ("bob", "pause market_data --reason lunch", "PAUSED"),
            ("bob", "resume", "RESUMED"), (None, "tempo market_data 3", "TEMPO_CHANGED"), ("bob", "advance 2d", "ADVANCED"),
            ("bob", "reset --yes --seed 9", "WORLD_BORN"), (None, "speed 2", "SPEED_CHANGED"), ("bob", "speed 0", "SPEED_CHANGED"),
            ("bob", "reload", "CONFIG_RELOADED"))
    for user, words, _ in done:
        pair.must(f"credctl --instance told {words}", user=user)
    wait_for(lambda: len(told(pair)) >= since + len(done), "messages", 10)
    said = told(pair)[since:]
    assert [journal.TABLE[one["MESSAGE_ID"]][0] for one in said] == [name for _, _, name in done], "one line for each"
    for one, (user, words, _) in zip(said, done):
        assert one["CREDD_PEER_UID"] == uids[user or "root"] and one["CREDD_PEER_USER"] == (user or "root"), one
        assert f"{user or 'root'} (uid {uids[user or 'root']}, pid {one['CREDD_PEER_PID']})" in one["MESSAGE"], one["MESSAGE"]
        assert re.fullmatch(journal.TIME, one["CREDD_WORLD_TIME"])
        assert one["PRIORITY"] == journal.TABLE[one["MESSAGE_ID"]][1]
    assert [one["MESSAGE"] for one in told(pair, ("CREDD_STREAM", "market_data"))] == [said[1]["MESSAGE"], said[3]["MESSAGE"]]
    assert said[0]["CREDD_REASON"] == "demo for Acme" and int(said[5]["CREDD_ROWS"]) > 0 and said[5]["CREDD_JOB"] == "reset"
    # And what to do about each is in the catalog.
    text = pair.must(f"journalctl -q -b -x --no-pager -u credd@told MESSAGE_ID={journal.NAMES['PAUSED']}")
    assert "-- Subject: The world or a stream is paused" in text.replace("░░", "--") and "`credctl resume` ends the pause" in text, text


def test_the_history_names_two_people(pair):
    acts = json.loads(pair.must("credctl --instance told --json history -n 100", user="bob"))["acts"]
    found = [(act["kind"], act["user"]) for act in acts if act["user"] in ("root", "bob")]
    assert found == [("pause", "root"), ("pause", "bob"), ("resume", "bob"), ("tempo", "root"),
                     ("advance", "bob"), ("reset", "bob"), ("speed", "root"), ("speed", "bob"), ("reload", "bob")], found
    uids = {act["user"]: act["uid"] for act in acts}
    assert (uids["root"], uids["bob"]) == (0, int(pair.must("id -u bob")))
    text = pair.must("credctl --instance told history", user="bob")
    assert re.search(r"Z +root \(0\) +pause for 2h: demo for Acme$", text, re.M) and re.search(r"Z +bob \(\d+\) +reset, seed 9$", text, re.M), text
    assert sql(pair, "SELECT COUNT(*) FROM told.credd_act WHERE kind = 'pause' AND reason = 'demo for Acme' AND uid = 0") == "1\n"


def test_who_is_denied_is_told_which_group(pair):
    done = pair.run("credctl --instance told pause", user="alice")
    assert done.code == 4 and "group credd" in done.err, done


def test_a_database_that_goes_and_comes_is_two_lines(pair):
    since = len(told(pair))
    with without_server(pair):
        wait_for(lambda: status(pair, "told")["database"]["state"] == "down", "down")
        wait_for(lambda: re.search(r'Status: "database down: ', pair.must("systemctl status -l credd@told")), "status line")
        time.sleep(6)
    ready(pair, "told")
    said = told(pair)[since:]
    assert len(named(said, "DATABASE_DOWN")) == 1 and len(named(said, "DATABASE_READY")) == 1 and len(said) == 2, [
        one["MESSAGE"] for one in said]


def test_a_stop_sums_up_what_no_hour_did(pair):
    pair.must("credctl --instance told advance 3d")
    pair.must("systemctl restart credd@told")
    ready(pair, "told")
    summary = named(told(pair), "SUMMARY")[-1]
    rows = [int(summary[f"CREDD_ROWS_{stream.upper()}"]) for stream in t.STREAMS]
    assert int(summary["CREDD_ROWS"]) == sum(rows) > 0 and sorted(summary["CREDD_STREAM"]) == sorted(t.STREAMS), summary
    wait_for(lambda: re.search(r'Status: "fresh: .* the clock is stopped \(speed 0\).*; world \S+Z; last batch: ', pair.must("systemctl status -l credd@told")),
             "status line")
