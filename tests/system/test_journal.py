"""What credd tells the journal: one message for each change of state, with fields that say who, what, when and how much."""
import os
import re
import signal
import time

import pytest

import credd_testing as t
from conftest import needed
from credd_journal import FIELDS, NAMES, Journal, can_listen
from credd_migrations import old_tables
from credd_stores import SqliteStore, wait_until

START = "2024-02-15T12:00:00Z"
ME = str(os.geteuid())
# Those that no test can bring about from outside; tests/unit has what they look like.
BY_ACCIDENT = {"CLOCK_STEPPED", "WRITER_ABANDONED", "CHANGE_LOST", "JOURNAL_LOST", "FAILED"}


@pytest.fixture
def journal(folder):
    if not can_listen():
        needed("the right to mount")
    made = Journal(folder)
    yield made
    made.close()
    for message in made.messages():
        message.check()


@pytest.fixture
def credd(journal, daemon, folder):
    """A world that moves only when it is told to, whose messages the journal gets."""
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=50)))
    one.start()
    one.built()
    journal.wait("WORLD_BORN")
    return one


def catalog():
    """MESSAGE_ID to the lines of its entry."""
    text = (t.ROOT / "systemd" / "credd.catalog").read_text()
    return dict(part.split("\n", 1) for part in re.split(r"^-- (?=[0-9a-f]{32}$)", text, flags=re.M)[1:])


def test_every_message_is_in_the_catalog_and_here():
    assert set(FIELDS) == set(NAMES)
    entries = catalog()
    assert set(entries) == set(NAMES.values())
    for name, uuid in NAMES.items():
        header, text = entries[uuid].split("\n\n", 1)
        assert re.match(r"Subject: \S", header) and "Defined-By: credd" in header, name
        parts = [part for part in text.strip().split("\n\n") if part]
        assert len(parts) >= 2, f"{name}: what it means, and what to do"
        assert all(len(line) <= 90 for line in text.splitlines()), name


def test_every_message_is_brought_about_here():
    source = (t.ROOT / "tests" / "system" / "test_journal.py").read_text()
    tested = {name for name in NAMES if source.count(f'"{name}"') > (name in BY_ACCIDENT)}
    assert tested == set(NAMES) - BY_ACCIDENT


def test_every_field_is_documented():
    page = (t.ROOT / "packaging" / "man" / "credd.8").read_text().split(".SH JOURNAL")[1].split(".SH")[0]
    made = set(re.findall(r'"(CREDD_\w+)"', (t.ROOT / "daemon" / "mail" / "event_log.c").read_text()))
    assert {"CREDD_STREAM", "CREDD_ROWS", "CREDD_WORLD_TIME", "CREDD_JOB", "CREDD_PEER_UID"} <= made
    assert not {name for name in made if f"\\fI{name}\\fR" not in page}
    assert "journalctl --since today CREDD_STREAM=market_data" in page.replace("\\-", "-")


def only(journal, before, name):
    """The one message since then."""
    journal.wait(name, since=before)
    found = journal.messages(since=before)
    assert [one.name for one in found] == [name], [one.text for one in found]
    return found[0]


def test_one_command_is_one_message_with_who_and_why(journal, credd):
    now = credd.status()["clock"]["world"]
    cases = (
        (("pause", "--for", "2h", "--reason", "demo for Acme"), "PAUSED",
         f"pause for 2h at {now}, by .*: demo for Acme", {"CREDD_REASON": ["demo for Acme"]}),
        (("pause", "market_data", "customers"), "PAUSED", f"pause customers,market_data at {now}, by ",
         {"CREDD_STREAM": ["customers", "market_data"]}),
        (("resume", "market_data"), "RESUMED", f"resume market_data at {now}, by ", {"CREDD_STREAM": ["market_data"]}),
        (("resume", "--skip"), "RESUMED", f"resume, leaving a gap at {now}, by ", {}),
        (("tempo", "loan_applications", "2.5", "--for", "30min"), "TEMPO_CHANGED",
         f"tempo loan_applications x2.5 until 2024-02-15T12:30:00Z at {now}, by ", {"CREDD_STREAM": ["loan_applications"]}),
        (("advance", "--to", "2024-02-20T00:00:00Z"), "ADVANCED", "advance to 2024-02-20T00:00:00Z, by ",
         {"CREDD_JOB": ["advance"], "CREDD_WORLD_TIME": ["2024-02-20T00:00:00Z"]}),
        (("advance", "1d", "--clock-only"), "ADVANCED", "advance to 2024-02-21T00:00:00Z, clock only, by ", {}),
        (("refresh",), "REFRESHED", r"refresh by .*: \d+ rows? up to 2024-02-21T00:00:00Z", {"CREDD_JOB": ["tick"]}),
        (("reset", "--yes", "--seed", "7", "--reason", "fresh"), "WORLD_BORN",
         rf"a new world is in place: seed 7, origin {START}, \d+ rows, by .*\): fresh",
         {"CREDD_JOB": ["reset"], "CREDD_WORLD_TIME": [START], "CREDD_REASON": ["fresh"]}),
        (("reload",), "CONFIG_RELOADED", "configuration reloaded by ", {}),
        (("speed", "0.5"), "SPEED_CHANGED", r"speed 0\.5 at ", {}),
    )
    for words, name, text, fields in cases:
        before = len(journal.messages())
        credd.must(*words)
        message = only(journal, before, name)
        assert re.match(text, message.text), message.text
        assert f"(uid {ME}, pid {message.one('CREDD_PEER_PID')})" in message.text, message.text
        assert message["CREDD_PEER_UID"] == [ME]
        assert {field: message[field] for field in fields} == fields, message
    born = journal.messages("WORLD_BORN")[-1]
    assert born.number("CREDD_ROWS") == int(re.search(r"(\d+) rows", born.text)[1]) > 0
    assert born.one("CREDD_WORLD") == credd.status()["world"]["id"]


def test_what_changes_nothing_says_nothing(journal, credd):
    before = journal.mark(credd)
    for words in (("resume",), ("speed", "0"), ("tempo", "customers", "1"), ("advance", "--to", START, "--if-later"), ("refresh",), ("status",),
                  ("history",), ("verify",)):
        credd.must(*words)
    assert credd.must("resume") == "nothing was paused\n"
    for words in (("cancel",), ("adopt",), ("tempo", "nope", "1"), ("reset",)):
        assert credd.ctl(*words).code != 0
    assert before + 1 == journal.mark(credd), [one.text for one in journal.messages(since=before)]


def test_runs_of_the_schedules_say_nothing_until_they_are_summed_up(journal, daemon, folder):
    store = SqliteStore(folder)
    sections = t.world(customers=50, speed=3600, schedule="every 1min")
    one = journal.attach(daemon(store, sections)).start()
    one.built()
    before, counted = journal.mark(one), store.counts()
    first = one.stream("market_data")["rows"]
    one.wait(lambda s: one.stream("market_data", s)["rows"] > first + 50, "rows")
    assert journal.messages(since=before) == [], "no line per tick"
    one.stop()
    summary, = journal.wait("SUMMARY", since=before)
    grown = {stream: store.counts()[stream] - counted[stream] for stream in t.STREAMS}
    told = {stream: summary.number(f"CREDD_ROWS_{stream.upper()}") for stream in t.STREAMS}
    assert summary.number("CREDD_ROWS") == sum(told.values()) >= sum(grown.values()) > 0
    assert all(told[stream] >= grown[stream] for stream in t.STREAMS), (told, grown)
    assert summary["CREDD_STREAM"] == list(t.STREAMS)
    assert re.match(r"rows in the last \d+s: customers \d+, financial_records \d+, ", summary.text), summary.text
    stopping, = journal.wait("STOPPING")
    assert t.seconds(stopping.one("CREDD_WORLD_TIME")) >= t.seconds(START)


def test_a_pause_ends_by_itself_and_says_so(journal, credd):
    before = journal.mark(credd)
    credd.must("pause", "--for", "1s")
    resumed, = journal.wait("RESUMED", since=before)
    assert resumed.text.endswith(", by credd: the pause expired") and "CREDD_PEER_UID" not in resumed


def test_an_advance_that_is_cancelled_tells_its_end(journal, credd):
    before = journal.mark(credd)
    credd.must("tempo", "market_data", "30")
    work = credd.connect()
    work.send("Advance", {"by": "3000d"}, more=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "advance" and s["job"]["done"], "advance under way")
    credd.must("cancel")
    begun, ended = journal.wait("ADVANCED", 2, since=before)
    assert begun.text.startswith("advance to 2032-05-03T12:00:00Z, by ")
    assert re.search(r": stopped at \S+Z: cancelled by", ended.text) and f"uid {ME}" in ended.text, ended.text
    assert ended.number("CREDD_ROWS") > 0
    work.close()


def test_a_reset_that_is_cancelled_says_who_did(journal, credd):
    credd.sections["world"]["customers"] = 20000
    credd.write_config()
    before = journal.mark(credd)
    work = credd.connect()
    work.send("Reset", more=True)
    credd.wait(lambda s: s["job"] and s["job"]["kind"] == "reset" and s["job"]["done"], "reset under way")
    credd.must("cancel")
    failed = only(journal, before, "RESET_FAILED")
    assert re.match(r"reset by .* failed: cancelled by .*\(uid", failed.text), failed.text
    assert failed["CREDD_JOB"] == ["reset"]
    work.close()


def test_what_a_reload_changes_and_what_it_does_not(journal, credd):
    before = journal.mark(credd)
    credd.sections["stream market_data"]["enabled"] = "no"
    credd.write_config()
    credd.must("reload")
    reloaded, = journal.wait("CONFIG_RELOADED", since=before)
    switched, = journal.wait("STREAM_SWITCHED", since=before)  # when the database has it
    assert len(journal.messages(since=before)) == 2
    assert (switched.name, switched["CREDD_STREAM"]) == ("STREAM_SWITCHED", ["market_data"])
    assert switched["CREDD_PEER_UID"] == [ME] and "market_data" in reloaded.text
    good = credd.config.read_text()
    credd.config.write_text("[clock]\nspeed = fast\n")
    before = len(journal.messages())
    assert credd.ctl("reload").code == 1
    bad = only(journal, before, "CONFIG_BAD")
    assert "the old configuration stays in force" in bad.text and "credd.conf:2" in bad.text and bad["CREDD_PEER_UID"] == [ME]
    before = len(journal.messages())
    credd.process.send_signal(signal.SIGHUP)
    assert "reload by SIGHUP failed" in only(journal, before, "CONFIG_BAD").text
    # At the start it is the same kind of message.
    credd.stop()
    before = len(journal.messages())
    credd.start(ready=False)
    assert credd.process.wait(20 * t.PATIENCE) == 78
    assert "credd.conf:2" in only(journal, before, "CONFIG_BAD").text
    credd.config.write_text(good)


def test_a_reload_tells_every_key_that_differs(credd):
    credd.sections["clock"].update(catch_up="7d", max_catch_up="30d", start="2025-01-01", speed=2)
    credd.sections["world"]["seed"] = 7
    credd.sections["database"].update(min_free="2M", port=3307)
    credd.sections["stream customers"]["schedule"] = "every 90s"
    credd.write_config()
    [told] = credd.json("reload")
    assert told["changed"] == "customers: schedule every 90s; clock.speed; clock.catch_up; clock.max_catch_up"
    assert told["pending"] == ("clock.start takes effect at the next 'credctl reset'; database.port takes effect at the next restart; "
                               "database.min_free takes effect at the next restart; at the next 'credctl reset': seed 42 -> 7")
    [told] = credd.json("reload")
    assert told == {"changed": "", "pending": "at the next 'credctl reset': seed 42 -> 7"}


def test_a_database_that_goes_and_comes_is_two_messages(journal, daemon, own_mariadb):
    store = own_mariadb.create()
    one = journal.attach(daemon(store, t.world(customers=50, speed=3600, schedule="every 1min"))).start()
    one.built()
    [ready] = journal.wait("DATABASE_READY")
    assert re.match(r"database ready: MariaDB 1\d\.", ready.text), ready.text
    before = journal.mark(one)
    own_mariadb.stop()
    down, = journal.wait("DATABASE_DOWN", since=before)
    assert "CREDD_WORLD_TIME" in down, down
    time.sleep(4)  # hours of world time, and several tries
    own_mariadb.start()
    journal.wait("DATABASE_READY", since=before)
    caught_up, = journal.wait("CAUGHT_UP", since=before)
    assert caught_up.number("CREDD_ROWS") > 0 and "market_data" in caught_up["CREDD_STREAM"]
    assert [one.name for one in journal.messages(since=before)] == ["DATABASE_DOWN", "DATABASE_READY", "CAUGHT_UP"]


def test_a_spoilt_table_is_one_message_until_a_reset(journal, daemon, store):
    """No message for each try, none of the database, and a reset with --plain mends it."""
    one = journal.attach(daemon(store, t.world(customers=50, speed=3600, schedule="every 1min"))).start()
    one.built()
    before = journal.mark(one)
    store.execute("ALTER TABLE market_data DROP COLUMN source")
    [stopped] = journal.wait("STREAM_STOPPED", since=before)
    assert "source" in stopped.text
    for _ in range(3): # each is a try
        asked = one.ctl("refresh", "market_data")
        assert asked.code == 1 and "source" in asked.err, asked
    assert [m.name for m in journal.messages(since=before)] == ["STREAM_STOPPED"]
    before = journal.mark(one)
    one.must("reset", "--plain", "--yes")
    journal.wait("STREAM_GOES_ON", since=before)
    assert [m.name for m in journal.messages(since=before)] == ["WORLD_BORN", "STREAM_GOES_ON"]
    one.assert_sound()


def test_a_server_that_does_not_answer(journal, daemon, own_mariadb):
    """Who gave up, after how long, and what to do: while connecting, and (at full length) in the midst of the work."""
    store = own_mariadb.create()
    one = journal.attach(daemon(store, t.world(customers=50, speed=3600, schedule="every 1min"))).start()
    one.built()
    own_mariadb.freeze()
    try:
        if t.SCALE < 1:
            one.kill()
            one.start()
        [down] = journal.wait("DATABASE_DOWN", timeout=60)
        wanted = r"no answer for \d s;" if t.SCALE < 1 else r"did not answer for 3\d s, so credd gave the connection up"
        assert re.search(wanted, down.text) and "SHOW FULL PROCESSLIST" in down.text, down.text
        told = one.wait(lambda s: s["database"]["state"] == "down", "down")["database"]["detail"]
        assert told in down.text or "no answer" in told
    finally:
        own_mariadb.thaw()
    one.wait(lambda s: s["database"]["state"] == "ready", "ready")
    assert len(journal.messages("DATABASE_DOWN")) == 1


def test_a_database_that_refuses(journal, daemon, mariadb, folder):
    store = mariadb.create()
    wrong = folder / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    one = journal.attach(daemon(store, t.world(customers=50, database={"password_file": wrong}))).start()
    [refused] = journal.wait("DATABASE_REFUSED")
    assert "password_file" in refused.text
    wrong.write_text("not-a-secret\n")
    one.built()
    assert [m.name for m in journal.messages() if m.name.startswith("DATABASE")] == ["DATABASE_REFUSED", "DATABASE_READY"]


def test_a_database_that_is_not_ours_until_it_is_adopted(journal, daemon, folder):
    store, model = SqliteStore(folder), SqliteStore(folder, "model.sqlite")
    other = daemon(model, t.world(customers=20), name="b").start()
    other.built()
    other.stop()
    store.execute(*[model.query(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")[0][0] for table in t.STREAMS])
    one = journal.attach(daemon(store, t.world(customers=50))).start()
    journal.wait("DATABASE_FOREIGN")
    journal.wait("STARTED")
    assert [m.name for m in journal.messages() if m.name.startswith("DATABASE")] == ["DATABASE_FOREIGN"]
    before = len(journal.messages())
    one.must("adopt")
    one.built()
    wait_until(lambda: len(journal.messages(since=before)) >= 3, "messages")
    assert sorted(m.name for m in journal.messages(since=before)) == ["ADOPTED", "DATABASE_READY", "WORLD_BORN"]
    [adopted] = journal.messages("ADOPTED")
    assert f"(uid {ME}, " in adopted.text


def test_a_disk_with_too_little_room(journal, daemon, folder):
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=50, database={"min_free": "1000000G"}))).start()
    [full] = journal.wait("DATABASE_FULL")
    assert "min_free" in full.text
    time.sleep(2)
    assert len(journal.messages("DATABASE_FULL")) == 1 and one.running()


def another(daemon, credd):
    other = daemon(None, {**credd.sections, "control": {}}, name="b")
    other.sections["control"]["socket"] = other.socket
    other.write_config()
    other.start()
    other.built()
    return other


def test_another_daemon_is_followed(journal, credd, daemon):
    other = another(daemon, credd)
    before = journal.mark(credd)
    other.must("pause")
    followed = only(journal, before, "WORLD_FOLLOWED")
    assert followed.one("CREDD_WORLD") == credd.status()["world"]["id"] and "changed the world" in followed.text
    before = len(journal.messages())
    other.must("reset", "--yes")
    assert "made a new world" in only(journal, before, "WORLD_FOLLOWED").text


def test_another_daemon_is_followed_by_an_act_that_meets_it(journal, credd, daemon):
    other = another(daemon, credd)
    for i in range(6):
        before = journal.mark(credd)
        other.must("pause" if i % 2 == 0 else "resume", "customers")
        credd.must("tempo", "loan_applications", f"1.{i + 1}")
        journal.wait("WORLD_FOLLOWED", since=before)
        credd.must("reload")
        told = [one.name for one in journal.messages(since=before) if one.name != "CONFIG_RELOADED"]
        assert sorted(told) == ["TEMPO_CHANGED", "WORLD_FOLLOWED"], told


def test_rows_that_are_left_out_are_told_once(journal, credd):
    store = SqliteStore(credd.home.parent)
    store.execute("DELETE FROM customers", checks=False)
    before = journal.mark(credd)
    credd.must("advance", "5d")
    skipped, = journal.wait("ROWS_SKIPPED", since=before)
    assert skipped.number("CREDD_ROWS") > 0 and "credit_history" in skipped["CREDD_STREAM"]
    credd.must("advance", "5d")
    time.sleep(1.5)
    assert len(journal.messages("ROWS_SKIPPED")) == 1


def test_a_table_that_takes_no_rows_is_told_once(journal, credd):
    store = SqliteStore(credd.home.parent)
    store.execute("ALTER TABLE market_data RENAME TO elsewhere")
    before = journal.mark(credd)
    assert credd.ctl("advance", "2d").code == 1
    stopped, = journal.wait("STREAM_STOPPED", since=before)
    assert stopped["CREDD_STREAM"] == ["market_data"] and "the table market_data is missing" in stopped.text, stopped
    assert credd.ctl("refresh").code == 1, "it is tried again"
    store.execute("ALTER TABLE elsewhere RENAME TO market_data")
    goes_on, = journal.wait("STREAM_GOES_ON", since=before)
    assert goes_on["CREDD_STREAM"] == ["market_data"]
    assert len(journal.messages("STREAM_STOPPED")) == 1 and not journal.messages("DATABASE_DOWN", since=before)


def test_a_column_that_cannot_be_filled_is_told_once(journal, credd):
    store = SqliteStore(credd.home.parent)
    credd.sections["table market_data"] = {"fill": "tenant:7"}
    credd.write_config()
    before = journal.mark(credd)
    credd.must("reload")
    for _ in range(2):
        credd.must("advance", "2d")
    lacks, = journal.wait("FILL_LACKS", since=before)
    assert lacks["CREDD_STREAM"] == ["market_data"] and "market_data has no column tenant, " in lacks.text, lacks
    store.execute("ALTER TABLE market_data ADD COLUMN tenant INT")
    credd.must("advance", "2d")
    assert len(journal.messages("FILL_LACKS")) == 1 and store.count("market_data", "tenant = 7") > 0


def test_a_view_that_cannot_be_made_is_told_once(journal, credd):
    SqliteStore(credd.home.parent).execute("CREATE TABLE credd_daily (theirs INT)")
    credd.sections["database"]["views"] = "yes"
    credd.write_config()
    credd.must("reload")
    lacks, = journal.wait("VIEWS_LACK")
    assert "credd_daily was created or changed outside credd" in lacks.text, lacks
    credd.must("reload")
    credd.must("reset", "--yes")
    assert len(journal.messages("VIEWS_LACK")) == 1


def test_what_a_killed_reset_lost_is_told_once(journal, daemon, mariadb):
    store = mariadb.create()
    one = journal.attach(daemon(store, t.world(customers=50))).start()
    one.built()
    one.must("reset", "--yes")
    one.kill()
    old_tables(store)
    store.execute("ALTER TABLE credd_old_market_data ADD COLUMN theirs INT")
    one.start()
    lost, = journal.wait("ALTER_LOST")
    assert "table market_data: added `theirs` int(11)" in lost.text, lost
    one.must("refresh")
    assert len(journal.messages("ALTER_LOST")) == 1


def test_long_down_time_is_held(journal, daemon, folder):
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=50, speed=1, clock={"max_catch_up": "1s"})))
    one.sections["clock"] |= {"start": START, "speed": 1}
    one.write_config()
    one.start()
    one.built()
    one.stop()
    time.sleep(3)
    one.start()
    [held] = journal.wait("CLOCK_HELD")
    assert "credctl resume" in held.text and t.seconds(held.one("CREDD_WORLD_TIME")) >= t.seconds(START)
    one.must("resume")
    journal.wait("RESUMED")


def test_down_time_that_is_left_out(journal, daemon, folder):
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=50, speed=1, clock={"catch_up": "skip"}))).start()
    one.built()
    one.stop()
    time.sleep(3)
    one.start()
    [left_out] = journal.wait("LEFT_OUT")
    assert "no daemon ran for " in left_out.text and t.seconds(left_out.one("CREDD_WORLD_TIME")) >= t.seconds(START)


def test_messages_of_the_start(journal, daemon, folder):
    store = SqliteStore(folder)
    one = journal.attach(daemon(store, t.world(customers=20, control={"group": "no-such-group"}))).start()
    one.built()
    [unknown] = journal.wait("GROUP_UNKNOWN")
    assert "no-such-group" in unknown.text
    [started] = journal.wait("STARTED")
    assert str(one.socket) in started.text
    two = journal.attach(daemon(store, t.world(customers=20, control={"socket": one.socket}), name="b"))
    two.start(ready=False)
    assert two.process.wait(20 * t.PATIENCE) == 1
    [failed] = journal.wait("SOCKET_FAILED")
    assert str(one.socket) in failed.text
    one.kill()
    [notes] = (one.home / "state").glob("daemon-*.json")
    notes.write_text("{ this is no")
    one.start()
    [note] = journal.wait("NOTE_FAILED")
    assert str(notes) in note.text
    one.built()


def test_a_page_says_where_it_is_and_why_it_is_not(journal, daemon, folder):
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=20, web={"listen": folder / "page"}))).start()
    [there] = journal.wait("WEB_STARTED")
    assert there.text == f"the page is at {folder / 'page'}"
    two = journal.attach(daemon(SqliteStore(folder, "b.sqlite"), t.world(customers=20, web={"listen": folder / "page"}), name="b"))
    two.start()
    [failed] = journal.wait("WEB_FAILED")
    assert failed.text == f"there is no page: web.listen = {folder / 'page'}: Address already in use"
    one.built()
    two.built()


def test_a_denial_names_the_group_and_who_was_denied(journal, daemon, folder):
    import grp
    import subprocess
    group = next((one for one in grp.getgrall() if one.gr_gid not in (0, 65534)), None)
    if group is None or os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    one = journal.attach(daemon(SqliteStore(folder), t.world(customers=20, control={"group": group.gr_name}))).start()
    one.built()
    os.chmod(one.socket, 0o666)
    script = ("import os, socket, sys; os.chdir(sys.argv[1]); os.setgroups([]); os.setgid(65534); os.setuid(65534);"
              "s = socket.socket(socket.AF_UNIX); s.connect('control');"
              "s.sendall(b'{\"method\":\"io.credd.Control.Reset\"}\\0'); print(s.recv(65536).decode())")
    done = subprocess.run(["/usr/bin/python3", "-c", script, one.home], capture_output=True, text=True, check=True)
    assert f"members of group {group.gr_name} may operate credd (run 'usermod -aG {group.gr_name} " in done.stdout
    [denied] = journal.wait("CONTROL_DENIED")
    assert denied["CREDD_PEER_UID"] == ["65534"] and denied["CREDD_METHOD"] == ["Reset"]
    assert f"may not Reset: only root, the daemon's own user and members of group {group.gr_name} may" in denied.text
