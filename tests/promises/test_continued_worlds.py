"""Promises 1, 2 and 4 across versions: a world that credd 0.1.0 left is taken up where it stands and goes on as it would have."""
import re
import time

import pytest

import credd_continued as continued
from credd_proxy import Proxy
from credd_stores import assert_same, digest, wait_until
from credd_testing import instant, scaled, seconds

every_world = pytest.mark.parametrize("name", continued.WORLDS)
KILLS = scaled(10, 3)
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


def assert_continued(store, credd, wanted):
    """The tables hold what 0.1.0 put there from the same beginning."""
    assert store.counts() == wanted["rows"]
    assert digest(store.dump()) == wanted["digest"]
    assert continued.kinds(credd) == continued.one_act_each(wanted["kinds"])
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
def test_taken_up_where_it_stands(store, daemon, left, name):
    wanted = left(name)
    before = store.dump()
    assert digest(before) == wanted["made"]["digest"], "restored as it was"
    watermarks = dict(store.query("SELECT name, watermark FROM credd_stream"))
    credd = daemon(store, continued.sections(name)).start()
    assert continued.standing(credd, name) == wanted["standing"]
    status = credd.status()
    for stream in status["streams"]:
        assert watermarks[stream["name"]] <= seconds(stream["watermark"]) <= seconds(status["clock"]["world"]), stream
    assert_history(credd, wanted)
    if name == "running":
        credd.must("speed", 0)
        after = store.dump()
        assert all(set(lines) <= set(after[table]) for table, lines in before.items() if table != "loan_applications")
    else:
        assert_same(before, store.dump(), "nobody asked for rows")
    credd.assert_sound()


@every_world
def test_goes_on_as_it_would_have(store, daemon, left, name):
    wanted = left(name)
    credd = daemon(store, continued.sections(name)).start()
    credd.built()
    continued.carry_on(credd, name)
    assert_continued(store, credd, wanted["continued"])
    assert_history(credd, wanted)
    status = credd.status()
    credd.stop()
    credd.start()  # what was brought up to date is not brought up to date again
    again = credd.built()
    assert (again["world"], again["streams"]) == (status["world"], status["streams"])
    assert_continued(store, credd, wanted["continued"])
    assert_history(credd, wanted)


@pytest.mark.parametrize("name", ("acts", "running"))
def test_taken_up_by_two_at_once(store, daemon, left, name):
    wanted = left(name)
    one, two = (daemon(store, continued.sections(name), of).start(ready=False) for of in "ab")
    for credd in (one, two):
        wait_until(credd.socket.exists, "control socket")
        credd.built()
    continued.carry_on(one, name)
    two.wait(lambda s: s["clock"]["world"] == instant(continued.END), "the other's advance")
    assert_continued(store, two, wanted["continued"])
    assert_history(two, wanted)


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
        shape_left = shape(copy)
        credd = daemon(copy, continued.sections(name), f"d{number}")
        for _ in range(1 + number % 2):  # every other one meets it twice
            credd.start(ready=False)
            time.sleep(at)
            credd.kill()
            assert_safe_from_older_versions(copy, shape_left)
        credd.start()
        credd.built()
        continued.carry_on(credd, name)
        wanted = continued.expected(name, store.kind)
        assert_continued(copy, credd, wanted["continued"])
        assert_history(credd, wanted)
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
        shape_left = shape(copy)
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
        credd.built()
        continued.carry_on(credd, name)
        wanted = continued.expected(name, "mariadb")
        assert_continued(copy, credd, wanted["continued"])
        assert_history(credd, wanted)
        credd.stop()
    proxy.close()


@pytest.mark.parametrize("name", continued.WITH_PENDING)
def test_what_waited_in_the_local_file_is_not_lost(store, daemon, left, name):
    """A pause and a tempo that 0.1.0 had answered and noted, but not yet written when it was killed."""
    wanted = left(name)
    credd = daemon(store, continued.sections(name))
    continued.restore_pending(credd, name, store.kind)
    credd.start()
    continued.wait_for_pending(credd)
    status = credd.status()
    assert status["clock"]["paused"] and status["clock"]["reason"] == continued.PENDING[1][1]["reason"]
    assert credd.stream("customers", status)["tempo"] == continued.PENDING[0][1]["factor"]
    continued.carry_on(credd, name)
    assert_continued(store, credd, wanted["pending"])
    assert_history(credd, wanted)


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
