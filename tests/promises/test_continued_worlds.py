"""Promises 1, 2 and 4 across versions. A world that credd 0.1.0 left is taken up where it stands: it was made by another model, so
it stays there, untouched, until a reset. A world of this model goes on as if nobody had left it."""
import json
import re
import time

import pytest

import credd_continued as continued
from credd_proxy import Proxy
from credd_stores import TABLES, SqliteStore, assert_same, digest, wait_until
from credd_testing import STREAMS, instant, scaled, seconds

every_world = pytest.mark.parametrize("name", continued.WORLDS)
KILLS = scaled(10, 3)
MODEL = 2
HELD = f"this world was made by model 1; 'credctl reset' begins one of model {MODEL}"
REFUSED = (("advance", "1d"), ("advance", "1d", "--clock-only"), ("refresh",), ("refresh", "market_data"), ("resume",),
           ("resume", "customers"), ("pause",), ("pause", "customers"), ("speed", "2"), ("tempo", "customers", "2"))
LEFT = (*TABLES, "credd_status")
OWN = ("credd_meta", "credd_world", "credd_stream", "credd_act", "credd_gap")
# 0.1.0's two words in credd_meta.
SCHEMA, MARKER = "2", "credd"


@pytest.fixture
def left(store):
    """left(name): a world of 0.1.0 in the store, and what is known of it."""
    def make(name):
        continued.restore(store, name)
        return continued.expected(name, store.kind)

    return make


def another(store, number, name):
    """A further database with that world."""
    made = store.fresh(f"copy{number}")
    continued.restore(made, name)
    return made


def shape(store):
    """Tables and columns."""
    if store.kind == "sqlite":
        return store.query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return store.query("SELECT table_name, column_name, column_type FROM information_schema.columns "
                       "WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position")


def meta(store):
    return dict(store.query("SELECT name, value FROM credd_meta"))


def assert_safe_from_older_versions(store, shape_left):
    """0.1.0 looks at the marker in every batch (and at the schema's number in an SQLite file): where it finds what it wrote,
    everything has to be as it wrote it."""
    found = meta(store)
    if found["marker"] == MARKER:
        assert found["schema"] == SCHEMA and shape(store) == shape_left, f"0.1.0 would go on writing here: {found}"
    else:
        assert found["marker"], found


def left_rows(store):
    """As 0.1.0 left them; what was not there yet has none when it was taken up."""
    return {**store.dump(LEFT), "credd_change": []}


def own_rows(store):
    return {table: sorted(store.query(f"SELECT * FROM {table}")) for table in OWN}


def verified(credd):
    """Notes and problems of verify, and the digest of each table."""
    replies = credd.json("verify", "--digest")
    found = [reply["finding"] for reply in replies if "finding" in reply]
    digests = [reply["digest"]["table"] for reply in replies if "digest" in reply]
    return [one for one in found if one["note"]], [one for one in found if not one["note"]], digests


def verified_with_problems(credd):
    replies = [json.loads(line) for line in credd.ctl("--json", "verify").out.splitlines()]
    found = [reply["finding"] for reply in replies if "finding" in reply]
    return [one for one in found if one["note"]], [one for one in found if not one["note"]], []


def assert_held(store, credd, before):
    """It says so, in one sentence, and holds what it was left with."""
    status = credd.built()
    assert (status["verdict"], status["verdict_text"], status["clock"]["held"]) == ("held", HELD, HELD)
    assert status["world"]["model"] == 1
    assert re.sub(r"\s+", " ", credd.must("status")).count(HELD) == 1
    assert credd.notifications.wait(f"STATUS=held: {HELD}", credd.process)
    assert_same(before, store.dump(), "nothing is written to it")
    return status


def assert_lives_after_reset(store, credd, name):
    former = credd.status()["world"]["id"]
    credd.must("reset", "--yes")
    status = credd.built()
    assert status["world"]["model"] == MODEL and status["world"]["id"] != former and status["clock"]["held"] is None
    continued.carry_on(credd, name)
    assert credd.status()["clock"]["world"] == instant(continued.END)
    credd.assert_sound()


def seconds_of(span):
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1, "ms": 0.001, "us": 0.000001}
    found = re.findall(r"(\d+)(d|h|min|s|ms|us)(?![a-z])", span)
    return sum(int(count) * units[unit] for count, unit in found) * (-1 if span.startswith("-") else 1)


def same_value(act, old):
    """0.1.0 kept one number an act; its successors keep what it meant, as a person reads it."""
    value, was = act["value"], old["value"]
    if act["kind"] == "advance":
        return seconds(value) == seconds(act["world"]) + int(was)
    if act["kind"] == "gap":
        return seconds(value) == seconds(act["world"]) + int(was)
    if act["kind"] == "pause":
        return int(seconds_of(value)) == int(was)
    if act["kind"] == "stepped":
        return abs(seconds_of(value) * 1000000 - int(was)) < 1
    if act["kind"] == "resume":
        return value == ("yes" if was == "1" else "")
    return act["kind"] in ("enable", "disable", "reload") or value == was


def assert_history(credd, wanted):
    """Who did what, when and why is still told, in the order in which it was done, and in words that a person reads."""
    acts = continued.history(credd)[:len(wanted["acts"])]
    assert len(acts) == len(wanted["acts"])
    for act, old in zip(acts, wanted["acts"]):
        assert {key: act[key] for key in old if key != "value"} == {key: old[key] for key in old if key != "value"}
        assert same_value(act, old), (act, old)
    lines = continued.lines_of(credd.must("history", "-n", 1000))
    for line, old, act in zip(lines, wanted["lines"], acts):
        for word in (act["kind"] if act["kind"] not in ("stepped", "gap") else "", act["stream"], act["value"]):
            assert word in line or word == "yes", f"'{old}' has become '{line}'"
        assert act["reason"] in line, f"'{old}' has become '{line}'"


@every_world
def test_taken_up_and_held(store, daemon, left, name):
    wanted = left(name)
    before = left_rows(store)
    assert digest({table: before[table] for table in LEFT}) == wanted["made"]["digest"], "restored as it was"
    streams = store.query("SELECT name, watermark FROM credd_stream ORDER BY name")
    credd = daemon(store, continued.sections(name)).start()
    status = assert_held(store, credd, before)
    assert store.query("SELECT name, watermark FROM credd_stream ORDER BY name") == streams
    stands, was = continued.standing(credd, name), wanted["standing"]
    assert {key: stands["world"][key] for key in was["world"]} == was["world"]
    assert [{key: one[key] for key in old} for one, old in zip(stands["streams"], was["streams"])] == was["streams"]
    moves = {"held", "world"}  # the clock stands where it was last noted
    assert {key: stands["clock"][key] for key in stands["clock"].keys() - moves} == \
        {key: was["clock"][key] for key in was["clock"].keys() - moves}
    assert all(seconds(one["watermark"]) <= seconds(status["clock"]["world"]) for one in status["streams"])
    assert_history(credd, wanted)
    assert credd.stderr().count(HELD) == 1


@every_world
def test_nothing_is_done_to_it(store, daemon, left, name):
    left(name)
    before = left_rows(store)
    credd = daemon(store, continued.sections(name)).start()
    assert_held(store, credd, before)
    rows = own_rows(store)
    for command in REFUSED:
        result = credd.ctl(*command)
        assert result.code == 1 and HELD in result.err, (command, result)
    credd.sections["clock"]["speed"] = 7
    credd.write_config()
    credd.must("reload")
    credd.stop()
    credd.start()
    assert_held(store, credd, before)
    assert own_rows(store) == rows


@every_world
def test_read_counted_and_exported(store, daemon, left, name):
    left(name)
    before = left_rows(store)
    credd = daemon(store, continued.sections(name)).start()
    assert_held(store, credd, before)
    notes, wrong, digests = verified(credd)
    assert not wrong and [one["text"] for one in notes if one["check"] == "model"] == [
        f"this world was made by model 1, not by model {MODEL} of this version: only the counts of its rows are checked, "
        "not what they say"]
    assert digests == [*TABLES, "credd_change", "all"]
    for table in STREAMS:
        exported = credd.must("export", table, "--format", "jsonl").splitlines()
        assert sum('"created_at"' in line for line in exported) == len(before[table])
    first, = store.query("SELECT MIN(data_id) FROM market_data")[0]
    more = first[:-1] + ("8" if first[-1] == "9" else "9")
    store.execute(f"UPDATE market_data SET data_id = '{more}' WHERE data_id = '{first}'")
    assert not verified(credd)[1], "what a row says is not looked at"
    store.execute(f"INSERT INTO market_data SELECT '{first}', data_type, value, date_recorded, source, created_at "
                  f"FROM market_data WHERE data_id = '{more}'")
    [count] = [one for one in credd.findings() if one["check"] == "count"]
    assert count["table"] == "market_data" and f"wrote {len(before['market_data'])}" in count["text"]
    store.execute("DELETE FROM credit_history")
    notes, _, _ = verified_with_problems(credd)
    assert [one["text"] for one in notes if one["check"] == "missing"] == [
        f"{len(before['credit_history'])} rows were deleted outside credd"]


@every_world
def test_a_reset_begins_one_that_lives(store, daemon, left, name):
    wanted = left(name)
    credd = daemon(store, continued.sections(name)).start()
    status = credd.built()
    credd.must("reset", "--at-world-now", "--yes", "--reason", "the model is another")
    born = credd.built()
    assert born["world"]["model"] == MODEL and born["clock"]["held"] is None
    assert seconds(born["world"]["origin"]) >= seconds(status["clock"]["world"])
    if continued.SPEEDS[name] == 0 or status["clock"]["paused"]:
        assert born["world"]["origin"] == status["clock"]["world"] == born["clock"]["world"]
    for key in ("speed", "paused", "reason", "paused_by"):
        assert born["clock"][key] == status["clock"][key], key
    assert [one["paused"] for one in born["streams"]] == [one["paused"] for one in status["streams"]]
    assert_history(credd, wanted)
    assert_lives_after_reset(store, credd, name)


@pytest.mark.parametrize("name", ("acts", "running"))
def test_taken_up_by_two_at_once(store, daemon, left, name):
    left(name)
    before = left_rows(store)
    one, two = (daemon(store, continued.sections(name), of).start(ready=False) for of in "ab")
    for credd in (one, two):
        wait_until(credd.socket.exists, "control socket")
        assert_held(store, credd, before)
    one.must("reset", "--yes")
    two.wait(lambda s: s["world"] and s["world"]["model"] == MODEL and s["clock"]["held"] is None, "the other's reset")
    continued.carry_on(one, name)
    two.wait(lambda s: s["clock"]["world"] == instant(continued.END), "the other's advance")
    two.assert_sound()


def take_up_time(credd):
    """How long it takes until the world is known and nothing is in hand."""
    began = time.monotonic()
    credd.start()
    credd.built()
    took = time.monotonic() - began
    credd.stop()
    return took


def test_killed_while_it_is_taken_up(store, daemon, figures):
    """At instants spread over the time that it takes, and in the rest of the first second."""
    took = take_up_time(daemon(another(store, "first", "acts"), continued.sections("acts"), "first"))
    early = max(1, KILLS - 2)
    instants = [took * (number + 0.5) / early for number in range(early)] + [took + 0.1, max(1.0, took + 0.5)]
    figures(f"taken up in, {store.kind}", f"{took:.3f} s")
    for number, at in enumerate(instants):
        name = continued.WORLDS[number % len(continued.WORLDS)]
        copy = another(store, number, name)
        shape_left, before = shape(copy), left_rows(copy)
        credd = daemon(copy, continued.sections(name), f"d{number}")
        for _ in range(1 + number % 2):  # every other one meets it twice
            credd.start(ready=False)
            time.sleep(at)
            credd.kill()
            assert_safe_from_older_versions(copy, shape_left)
        credd.start()
        assert_held(copy, credd, before)
        assert_history(credd, continued.expected(name, store.kind))
        credd.stop()


@pytest.mark.parametrize("when", ("before", "after"))
def test_killed_at_a_statement(mariadb, folder, daemon, figures, when):
    """With a statement of the take-up on its way to the server, before or after this has seen it."""
    kept = mariadb.create()
    continued.restore(kept, "acts")
    proxy = Proxy(folder / "proxy", mariadb.socket)
    kept.route = proxy.path
    take_up_time(daemon(kept, continued.sections("acts"), "first"))
    whole = proxy.statements
    figures("statements of a start and a stop", whole)
    for number in range(KILLS):
        name = continued.WORLDS[number % len(continued.WORLDS)]
        copy = another(kept, number, name)
        copy.route = proxy.path
        shape_left, before = shape(copy), left_rows(copy)
        credd = daemon(copy, continued.sections(name), f"d{number}")
        last = proxy.statements + 1 + whole * (2 * number + (when == "after")) // (2 * KILLS)

        def at_statement(count):
            if count != last:
                return None
            credd.process.kill()
            return when

        proxy.at_statement = at_statement
        credd.start(ready=False)
        credd.process.wait(60)
        proxy.at_statement = lambda _: None
        credd.kill()
        assert_safe_from_older_versions(copy, shape_left)
        credd.start()
        assert_held(copy, credd, before)
        assert_history(credd, continued.expected(name, "mariadb"))
        credd.stop()
    proxy.close()


@pytest.mark.parametrize("name", continued.WITH_PENDING)
def test_what_waited_in_the_local_file_is_told(store, daemon, left, name):
    """A pause and a tempo that 0.1.0 had answered and noted, but not yet written when it was killed."""
    left(name)
    before = left_rows(store)
    credd = daemon(store, continued.sections(name))
    continued.restore_pending(credd, name, store.kind)
    credd.start()
    assert_held(store, credd, before)
    wait_until(lambda: credd.stderr().count(f"was not applied: {HELD}") == len(continued.PENDING), "the pending acts' ends")


@every_world
def test_an_older_version_refuses_what_was_taken_up(store, daemon, left, name):
    """By what 0.1.0 looks at: the marker on both stores, the schema's number in an SQLite file."""
    left(name)
    assert (meta(store)["schema"], meta(store)["marker"]) == (SCHEMA, MARKER), "as 0.1.0 left it"
    shape_left = shape(store)
    credd = daemon(store, continued.sections(name)).start()
    credd.built()
    assert_safe_from_older_versions(store, shape_left)
    credd.stop()
    found = meta(store)
    if found["schema"] == SCHEMA:  # one and the same schema: any of these versions may go on
        assert found["marker"] == MARKER
    else:
        assert int(found["schema"]) > int(SCHEMA) and found["marker"] != MARKER, found


# --- a world of this model ---

def live(credd):
    credd.must("advance", "10d")
    credd.must("tempo", "loan_applications", 4, "--for", "20d")
    credd.must("tempo", "customers", 3)
    credd.must("pause", "market_data")
    credd.must("advance", "5d", "--clock-only")
    credd.must("resume", "market_data", "--skip")
    credd.must("pause", "credit_history", "--reason", "while it is left")
    credd.must("advance", "4d")


def test_a_world_of_this_model_goes_on(store, daemon, folder):
    """Left by a daemon that was killed, taken up by another without its local files: the rows are those of a world that nobody
    left."""
    plain = daemon(SqliteStore(folder, "plain.sqlite"), continued.sections("acts"), "plain").start()
    plain.built()
    live(plain)
    continued.carry_on(plain, "acts")
    credd = daemon(store, continued.sections("acts")).start()
    credd.built()
    live(credd)
    stands = continued.standing(credd, "acts")
    credd.kill()
    other = daemon(store, continued.sections("acts"), "b").start()
    assert continued.standing(other, "acts") == stands
    continued.carry_on(other, "acts")
    other.assert_sound()
    assert_same(SqliteStore(folder, "plain.sqlite").dump(), store.dump(), "left and not")
    assert continued.kinds(other) == continued.kinds(plain)
