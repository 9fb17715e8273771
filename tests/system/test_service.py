"""credd as a service: readiness, status lines, watchdog, signals, messages, exit statuses."""
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from credd_activation import Manager, path_socket
from credd_stores import SqliteStore, wait_until
from credd_testing import CREDD, PATIENCE, SCALE, instant, world
from credd_worlds import END, START, assert_same_world, sections


def test_ready_while_the_database_is_down(own_mariadb, daemon):
    store = own_mariadb.create()
    own_mariadb.stop()
    credd = daemon(store, world(customers=30)).start()
    status = credd.wait(lambda s: s["database"]["state"] == "down", "down")
    assert status["world"] is None and status["database"]["detail"]
    assert "\n    clock  not known yet\n" in credd.must("status"), "it is not the wall's"
    own_mariadb.start()
    credd.built()
    assert credd.status()["database"]["state"] == "ready"


def test_status_lines_follow_the_state(store, daemon):
    credd = daemon(store, world(customers=30)).start()
    credd.built()
    credd.must("pause", "--reason", "showing")
    credd.must("resume")
    wait_until(lambda: any(line.startswith("STATUS=") and "paus" in line.lower()
                           for line in credd.notifications.lines()), "status line about the pause, however short", 3)
    before = len(credd.notifications.lines())
    credd.must("advance", "2d")
    wait_until(lambda: any(line.startswith("STATUS=") for line in credd.notifications.lines()[before:]), "status line")
    assert credd.stop() == 0
    assert any(line == "STOPPING=1" for line in credd.notifications.lines())


def test_status_lines_leave_the_manager_in_peace(store, daemon):
    """What is told at once are changes; ticks, however many, show once a second."""
    credd = daemon(store, world(customers=200, speed=60, schedule="every 1s")).start()
    credd.built()
    before, began = len(credd.notifications.lines()), time.monotonic()
    credd.wait(lambda _: time.monotonic() - began > 3, "three seconds")
    told = [line for line in credd.notifications.lines()[before:] if line.startswith("STATUS=")]
    assert 2 <= len(told) <= 1.5 * (time.monotonic() - began) + 2, told


def test_a_manager_that_does_not_read(store, daemon):
    """The service manager is slow or stuck: its full socket must not hold up anything."""
    credd = daemon(store, sections()).start(ready=None)
    wait_until(credd.socket.exists, "socket")
    credd.built()
    for at in range(START + 60, START + 86400, 60):
        began = time.monotonic()
        credd.call_all("Advance", {"to": instant(at), "clock_only": True, "if_later": True})
        assert time.monotonic() - began < 5 * PATIENCE
    credd.stop()


def test_watchdog(store, daemon):
    credd = daemon(store, world(customers=30), env={"WATCHDOG_USEC": "600000"}).start()
    for _ in range(3):
        count = credd.notifications.lines().count("WATCHDOG=1")
        wait_until(lambda count=count: credd.notifications.lines().count("WATCHDOG=1") > count, "watchdog ping", 3)


def test_sighup_reloads(store, daemon):
    credd = daemon(store, sections()).start()
    credd.built()
    credd.sections["stream market_data"]["schedule"] = "*:0/7"
    credd.write_config()
    credd.process.send_signal(signal.SIGHUP)
    credd.wait(lambda s: "7" in credd.stream("market_data", s)["schedule"], "the new schedule")
    wait_until(lambda: "RELOADING=1" in credd.notifications.lines() and
               credd.notifications.lines().count("READY=1") >= 2, "the notifications")
    credd.config.write_text("[clock]\nspeed = fast\n")
    credd.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "speed" in credd.stderr(), "a message")
    assert "7" in credd.stream("market_data")["schedule"], "the old configuration must stay"
    result = credd.ctl("reload")
    assert result.code == 1 and "speed" in result.err and "credd.conf" in result.err, result
    credd.write_config()
    credd.must("reload")


def test_stop_is_quick_and_whole(store, daemon, figures):
    """SIGTERM in the middle of an advance: gone within 5 s, the batch finished or rolled back, the world goes on."""
    credd = daemon(store, sections()).start()
    credd.built()
    work = credd.connect()
    work.send("Advance", {"to": instant(END)}, more=True)
    credd.wait(lambda s: s["job"], "work in hand")
    began = time.monotonic()
    credd.stop()
    took = time.monotonic() - began
    figures("seconds from SIGTERM to the end", round(took, 2))
    assert took < 5 * PATIENCE
    credd.start()
    credd.wait(lambda s: s["database"]["state"] == "ready", "database")
    credd.advance_to(END)
    assert_same_world(store)


def test_stop_in_a_reset_leaves_the_old_world(store, daemon):
    credd = daemon(store, world(customers=20000 if SCALE >= 1 else 2000)).start()
    credd.built(300)
    old, counts = credd.status()["world"]["id"], store.counts()
    work = credd.connect()
    work.send("Reset", {"seed": 5}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "reset" and s["job"]["done"], "reset under way")
    began = time.monotonic()
    credd.stop()
    assert time.monotonic() - began < 5 * PATIENCE
    assert store.counts() == counts
    credd.start()
    status = credd.wait(lambda s: s["world"] and s["database"]["state"] == "ready", "world")
    assert status["world"]["id"] == old
    credd.assert_sound()


def test_stop_while_the_database_hangs(own_mariadb, daemon, figures):
    store = own_mariadb.create()
    credd = daemon(store, sections()).start()
    credd.built()
    work = credd.connect()
    work.send("Advance", {"to": instant(END)}, more=True)
    credd.wait(lambda s: s["job"], "work in hand")
    own_mariadb.freeze()
    try:
        began = time.monotonic()
        credd.stop()
        figures("seconds from SIGTERM to the end, server stopped", round(time.monotonic() - began, 2))
        assert time.monotonic() - began < 6 * PATIENCE
    finally:
        own_mariadb.thaw()
    credd.start()
    credd.wait(lambda s: s["database"]["state"] == "ready" and s["world"], "database")
    credd.advance_to(END)
    assert_same_world(store)


def test_messages_have_level_prefixes(store, daemon):
    credd = daemon(store, world(customers=30)).start()
    credd.built()
    credd.must("pause")
    credd.must("resume")
    credd.stop()
    lines = credd.stderr().splitlines()
    assert lines and all(re.match(r"^<[2-7]>", line) for line in lines), lines
    assert len(lines) < 40, "a line per change of state, not per tick"


def test_messages_go_to_the_journal_where_it_listens(store, daemon):
    """Standard error is the journal's stream: then messages must not be written there."""
    credd = daemon(store, world(customers=30))
    (credd.home / "stderr").touch()
    found = os.stat(credd.home / "stderr")
    credd.env["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
    credd.start()
    credd.built()
    credd.stop()
    assert not re.search(r"^<\d>", credd.stderr(), re.M), credd.stderr()


def test_socket_in_use(store, folder, daemon):
    one = daemon(store, world(customers=30), "a").start()
    one.built()
    two = daemon(store, world(customers=30), "b", sets=[f"control.socket={one.socket}"])
    two.start(ready=False)
    assert two.process.wait(20 * PATIENCE) != 0
    assert str(one.socket) in two.stderr()
    assert one.ctl("status").code == 0
    one.kill()
    two.start()
    two.socket = one.socket
    two.built()


def test_bad_configuration_ends_at_once(store, daemon):
    credd = daemon(store, world(customers=30), sets=["clock.speed=fast"])
    credd.start(ready=False)
    code = credd.process.wait(20 * PATIENCE)
    assert code not in (0, None) and "clock" in credd.stderr() and "speed" in credd.stderr()


def test_an_instance_may_be_called_what_parts_folders(daemon):
    """credd@a:b has STATE_DIRECTORY=/var/lib/credd/a:b: one folder, though a colon parts several."""
    credd = daemon(None, world(customers=30), "a:b").start()
    credd.built()
    assert (credd.home / "state" / "credd.sqlite").exists() and not credd.home.with_name("a").exists()


def test_an_ordinary_user_needs_no_argument(folder):
    """No file, no option: SQLite in the state directory, the socket in the runtime directory."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"),
           "XDG_RUNTIME_DIR": str(folder / "run")}
    env.update({key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")})
    (folder / "run").mkdir(mode=0o700)
    user = None
    if os.geteuid() == 0:
        user = "nobody"
        folder.parent.chmod(0o711)
        for path in (folder, folder / "run"):
            os.chown(path, 65534, 65534)
        if not os.access(CREDD, os.X_OK) or subprocess.run(["test", "-x", CREDD], user=user, check=False).returncode:
            pytest.skip("user nobody cannot reach the build folder")
    process = subprocess.Popen([CREDD], env=env, user=user, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: (folder / "run" / "credd" / "control").exists() or process.poll() is not None, "socket")
        assert process.poll() is None, process.stderr.read()
        ctl = CREDD.parent.parent / "ctl" / "credctl"
        wait_until(lambda: '"state":"ready"' in subprocess.run(
            [ctl, "--json", "status"], env=env, user=user, capture_output=True, text=True,
            check=False).stdout.replace(" ", ""), "ready", 60)
        assert SqliteStore(folder / "state" / "credd", "credd.sqlite").path.parent.exists()
    finally:
        process.terminate()
        assert process.wait(20 * PATIENCE) == 0
        process.stderr.close()


def test_version_and_help():
    for option, word in (("--version", "credd"), ("--help", "--config")):
        done = subprocess.run([CREDD, option], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and word in done.stdout, done
    for words, told in ((("--nonsense",), "unknown option '--nonsense'"), (("-x",), "unknown option '-x'"),
                        (("--config",), "option '--config' needs a value"), (("serve",), "too many arguments")):
        done = subprocess.run([CREDD, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and done.stderr == f"credd: {told}; see 'credd --help'\n" and not done.stdout, done


def test_who_waits_does_not_have_a_bad_configuration_started_again(store, folder, daemon):
    """The service manager starts whatever a connection waits for: it must not wait for ever."""
    credd = daemon(store, world(customers=30), sets=["clock.speed=fast"])
    manager = control_manager(credd, folder / "activated")
    early = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    early.settimeout(20 * PATIENCE)
    early.connect(str(credd.socket))
    manager.start()
    assert credd.process.wait(20 * PATIENCE) == 78 and "clock.speed" in credd.stderr()
    assert early.recv(1) == b""
    assert manager.nobody_waits()


def control_manager(credd, path):
    """One that keeps credd's control socket there."""
    credd.sections["control"]["socket"] = credd.socket = path
    credd.write_config()
    return Manager(credd, ("control", path_socket(path)))


def test_socket_handed_over_by_the_service_manager(store, folder, daemon):
    """Socket activation: clients that queued before the start are answered."""
    credd = daemon(store, world(customers=30))
    manager = control_manager(credd, folder / "activated")
    credd.sections["control"]["socket"] = folder / "elsewhere"
    credd.write_config()
    early = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    early.connect(str(credd.socket))
    early.sendall(b'{"method":"org.varlink.service.GetInfo"}\0')
    manager.start()
    early.settimeout(20 * PATIENCE)
    assert b"credd" in early.recv(65536), credd.stderr()
    early.close()
    credd.built()
    assert f"listening at {folder}/activated\n" in credd.stderr(), "where it is, not where it might be"
    manager.listeners[0][1].close()
    credd.stop()


def test_no_client_is_lost_over_restarts(store, folder, daemon, figures):
    """Whoever asks while the daemon restarts gets an answer: of the old one, or of the new one."""
    credd = daemon(store, world(customers=30))
    manager = control_manager(credd, folder / "activated")
    manager.start()
    credd.built()
    lost, asked, over = [], [], threading.Event()

    def client(*words):
        while not over.is_set():
            result = credd.ctl(*words, timeout=30)
            asked.append(words)
            # That too is an answer: where acts are asked for faster than a database that is just being connected to takes them.
            if result.code and "changes are already waiting for the database" not in result.err:
                lost.append((words, result))

    # More often than one at a time finds a moment.
    threads = [threading.Thread(target=client, args=words) for words in
               (("status",), ("status",), ("version",), ("pause", "--reason", "x"), ("resume",), ("config",))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(12):
            time.sleep(0.3)
            assert credd.stop(30) == 0
            manager.start()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    figures("calls over twelve restarts", len(asked))
    assert not lost, lost[:5]
