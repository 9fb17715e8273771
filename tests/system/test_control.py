"""The control socket against peers of every kind: Varlink as it is specified, limits, access, garbage."""
import contextlib
import json
import os
import re
import select
import socket
import stat
import subprocess
import sys
import time

import pytest

import credd_testing as t
from credd_stores import SqliteStore

METHOD = f"{t.INTERFACE}."
REQUEST_MAX = 65536
PER_USER = 16
STREAMS = 12


@pytest.fixture
def credd(daemon, folder):
    one = daemon(SqliteStore(folder), t.world(customers=20))
    one.start()
    return one


def raw(credd, timeout=20):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout * t.PATIENCE)
    sock.connect(str(credd.socket))
    return sock


def read_all(sock):
    """What comes until the daemon ends the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while True:
            part = sock.recv(65536)
            if not part:
                break
            data += part
    return data


def request(method, **more):
    return json.dumps({"method": METHOD + method, **more}).encode() + b"\0"


VERSION = request("Version")
MALFORMED = {
    "empty": b"\0",
    "space": b" \0",
    "word": b"status\0",
    "number": b"1\0",
    "null": b"null\0",
    "true": b"true\0",
    "string": b'"x"\0',
    "array": b"[]\0",
    "array of requests": b"[" + VERSION[:-1] + b"]\0",
    "empty object": b"{}\0",
    "no method": b'{"parameters":{}}\0',
    "method in capitals": b'{"METHOD":"x.Y"}\0',
    "method null": b'{"method":null}\0',
    "method number": b'{"method":7}\0',
    "method true": b'{"method":true}\0',
    "method array": b'{"method":["x.Y"]}\0',
    "method object": b'{"method":{}}\0',
    "method empty": b'{"method":""}\0',
    "method twice": b'{"method":"x.Y","method":"x.Y"}\0',
    "parameters array": b'{"method":"x.Y","parameters":[]}\0',
    "parameters string": b'{"method":"x.Y","parameters":"{}"}\0',
    "parameters number": b'{"method":"x.Y","parameters":0}\0',
    "parameters false": b'{"method":"x.Y","parameters":false}\0',
    "parameter twice": b'{"method":"x.Y","parameters":{"a":1,"a":2}}\0',
    "more number": b'{"method":"x.Y","more":1}\0',
    "more string": b'{"method":"x.Y","more":"true"}\0',
    "more null": b'{"method":"x.Y","more":null}\0',
    "oneway number": b'{"method":"x.Y","oneway":0}\0',
    "oneway array": b'{"method":"x.Y","oneway":[]}\0',
    "upgrade object": b'{"method":"x.Y","upgrade":{}}\0',
    "more and oneway": b'{"method":"x.Y","more":true,"oneway":true}\0',
    "unknown member": b'{"method":"x.Y","id":1}\0',
    "unclosed": b'{"method":"x.Y"\0',
    "closed twice": b'{"method":"x.Y"}}\0',
    "two at once": VERSION[:-1] * 2 + b"\0",
    "words behind": VERSION[:-1] + b" x\0",
    "newline framing": VERSION[:-1] + b"\n" + VERSION,
    "comma behind": b'{"method":"x.Y",}\0',
    "single quotes": b"{'method':'x.Y'}\0",
    "no quotes": b"{method:x.Y}\0",
    "comment": b'{"method":"x.Y"/**/}\0',
    "byte order mark": b"\xef\xbb\xbf" + VERSION,
    "utf-16": VERSION[:-1].decode().encode("utf-16-le") + b"\0",
    "latin-1": b'{"method":"caf\xe9.Y"}\0',
    "overlong": b'{"method":"\xc0\xaf.Y"}\0',
    "surrogate bytes": b'{"method":"\xed\xa0\x80.Y"}\0',
    "lone surrogate": b'{"method":"\\ud800.Y"}\0',
    "escaped NUL": b'{"method":"x.Y\\u0000"}\0',
    "NUL in the midst": b'{"method":\0"x.Y"}\0',
    "bad escape": b'{"method":"\\x41.Y"}\0',
    "raw newline": b'{"method":"x\n.Y"}\0',
    "not a number": b'{"method":"x.Y","parameters":{"a":NaN}}\0',
    "infinite": b'{"method":"x.Y","parameters":{"a":1e999}}\0',
    "huge integer": b'{"method":"x.Y","parameters":{"a":' + b"9" * 400 + b"}}\0",
    "leading zero": b'{"method":"x.Y","parameters":{"a":01}}\0',
    "plus sign": b'{"method":"x.Y","parameters":{"a":+1}}\0',
    "deep arrays": b'{"method":"x.Y","parameters":{"a":' + b"[" * 20 + b"]" * 20 + b"}}\0",
    "very deep": b"[" * 60000 + b"\0",
    "deep objects": b'{"method":"x.Y","parameters":' + b'{"a":' * 20 + b"1" + b"}" * 20 + b"}\0",
    "oversize": b'{"method":"' + b"x" * REQUEST_MAX + b'"}\0',
    "oversize without end": b"x" * (REQUEST_MAX + 1),
    "oversize blanks": b" " * (REQUEST_MAX + 1) + VERSION,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\0",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0",
    "random": bytes(range(255, 0, -1)) + b"\0",
}


def test_malformed_messages_are_many():
    assert len(MALFORMED) >= 50


def test_each_malformed_message_ends_its_connection_and_nothing_else(credd):
    with contextlib.closing(credd.connect()) as other:
        for name, message in MALFORMED.items():
            with contextlib.closing(raw(credd)) as sock:
                sock.sendall(VERSION)  # what came before is answered
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    sock.sendall(message)
                    sock.sendall(VERSION)  # what comes after is not
                data = read_all(sock)
                assert data.count(b"\0") == 1 and b"version" in data, (name, data[:200])
            assert "version" in other.call("Version"), name
    assert credd.running()


def test_a_cut_request_harms_nobody(credd):
    for cut in range(1, len(VERSION) - 1, 7):
        with contextlib.closing(raw(credd)) as sock:
            sock.sendall(VERSION[:cut])
    assert credd.call("Version")["version"]


def test_the_longest_request_is_taken_in_any_slices(credd):
    text = VERSION[:-1] + b" " * (REQUEST_MAX - len(VERSION) + 1) + b"\0"
    assert len(text) == REQUEST_MAX + 1
    with contextlib.closing(raw(credd)) as sock:
        for at in range(0, len(text), 5000):
            sock.sendall(text[at:at + 5000])
        for byte in VERSION:
            sock.sendall(bytes([byte]))
        data = b""
        while data.count(b"\0") < 2:
            data += sock.recv(65536)
    assert all("version" in json.loads(reply)["parameters"] for reply in data.split(b"\0")[:2])


def test_the_service_interface(credd):
    with contextlib.closing(credd.connect()) as link:
        info = link.call("org.varlink.service.GetInfo")
        assert info["product"] == "credd" and t.INTERFACE in info["interfaces"]
        assert set(info) == {"vendor", "product", "version", "url", "interfaces"}
        for name in info["interfaces"]:
            text = link.call("org.varlink.service.GetInterfaceDescription", {"interface": name})["description"]
            assert f"interface {name}\n" in text
        for method, parameters, error in (
                ("org.varlink.service.GetInterfaceDescription", {"interface": "no.such"}, "InterfaceNotFound"),
                ("org.varlink.service.GetInterfaceDescription", {}, "InvalidParameter"),
                ("org.varlink.service.Nope", {}, "MethodNotFound"), ("Nope", {}, "MethodNotFound"),
                ("no.such.Method", {}, "InterfaceNotFound"), ("Watch", {}, "ExpectedMore"),
                ("Status", {"x": 1}, "InvalidParameter"), ("Speed", {}, "InvalidParameter"),
                ("Advance", {}, "InvalidParameter"), ("Pause", {"streams": ["nope"]}, "InvalidParameter")):
            with pytest.raises(t.VarlinkError) as caught:
                link.call(method, parameters)
            assert caught.value.error == f"org.varlink.service.{error}", (method, parameters)
        assert link.call("Version")["version"]


def test_pipelined_requests_are_answered_in_order(credd):
    words = [request("Version"), request("Status"), request("Nope"), request("Schedule", parameters={"count": 1})]
    with contextlib.closing(raw(credd)) as sock:
        sock.sendall(b"".join(words * 50))
        sock.shutdown(socket.SHUT_WR)
        replies = [json.loads(part) for part in read_all(sock).split(b"\0") if part]
    assert len(replies) == 200
    for version, status, nope, schedule in zip(*[iter(replies)] * 4):
        assert "version" in version["parameters"] and "clock" in status["parameters"]
        assert nope["error"].endswith("MethodNotFound") and "streams" in schedule["parameters"]


def test_oneway_is_not_answered(credd):
    credd.built()
    with contextlib.closing(credd.connect()) as link:
        link.send("Pause", {"reason": "quietly"}, oneway=True)
        link.send("Nope", oneway=True)
        assert link.call("Status")["clock"]["reason"].startswith("quietly")


def test_a_user_has_so_many_connections(credd):
    socks = [raw(credd) for _ in range(PER_USER)]
    try:
        for sock in socks:
            sock.sendall(VERSION)
            assert b"version" in sock.recv(65536)
        with contextlib.closing(raw(credd)) as one_more:
            reply = json.loads(read_all(one_more).rstrip(b"\0"))
            assert reply["error"] == METHOD + "LimitReached"
        result = credd.ctl("status")
        assert result.code == 1 and "too many" in result.err
        socks.pop().close()
        deadline = time.monotonic() + 10 * t.PATIENCE
        while credd.ctl("status").code != 0:
            assert time.monotonic() < deadline
    finally:
        for sock in socks:
            sock.close()


def refusals(socks):
    """The connections whose request was refused, once all but STREAMS of them are."""
    refused = {}
    deadline = time.monotonic() + 20 * t.PATIENCE
    while len(refused) < len(socks) - STREAMS:
        assert time.monotonic() < deadline
        for sock in select.select([sock for sock in socks if sock not in refused], [], [], 1)[0]:
            refused[sock] = json.loads(sock.recv(65536).rstrip(b"\0"))
            assert refused[sock]["error"] == METHOD + "LimitReached"
            assert "too many streams" in refused[sock]["parameters"]["message"]
    return list(refused)


def test_streams_of_a_user_leave_room_for_commands(credd):
    credd.built()
    credd.must("speed", "0")  # no rows come
    credd.call("Version")  # by a connection that stays
    socks = [raw(credd) for _ in range(PER_USER - 1)]
    try:
        for sock in socks:
            sock.sendall(request("Watch", more=True))
        for sock in refusals(socks):
            sock.close()
            socks.remove(sock)
        assert len(socks) == STREAMS
        deadline = time.monotonic() + 10 * t.PATIENCE
        while credd.ctl("status").code != 0:  # until the daemon has seen that they are gone
            assert time.monotonic() < deadline
        credd.must("pause", "--reason", "everybody watches")
        assert credd.json("status")[0]["clock"]["paused"]
        credd.must("resume")
        credd.must("advance", "1h", "--clock-only")
        result = credd.ctl("watch")
        assert result.code == 1 and "too many streams" in result.err
        assert not select.select(socks, [], [], 0)[0], "a stream that was there ended"
        socks.pop().close()
        with contextlib.closing(raw(credd)) as sock:
            deadline = time.monotonic() + 10 * t.PATIENCE
            sock.sendall(request("Watch", more=True))
            while select.select([sock], [], [], 1)[0]:  # until the daemon has seen that one is gone
                assert b"LimitReached" in sock.recv(65536) and time.monotonic() < deadline
                sock.sendall(request("Watch", more=True))
    finally:
        for sock in socks:
            sock.close()


def test_who_does_not_read_waits_for_nobody_else(credd):
    """Replies that nobody reads fill the queue; the daemon serves others, and stays small."""
    credd.built()
    with contextlib.closing(raw(credd)) as deaf:
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            for _ in range(100000):
                deaf.send(request("Status"))
        for _ in range(20):
            began = time.monotonic()
            assert credd.call("Version")["version"]
            assert time.monotonic() - began < 1 * t.PATIENCE
        if t.PATIENCE == 1:
            with open(f"/proc/{credd.pid}/statm", encoding="ascii") as file:
                assert int(file.read().split()[1]) * 4096 < 300 << 20


def test_watchers_that_vanish_are_forgotten(credd):
    credd.built()
    for _ in range(3 * PER_USER):
        with contextlib.closing(raw(credd)) as sock, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(request("Watch", more=True))  # one too many is closed at once
    deadline = time.monotonic() + 20 * t.PATIENCE
    while True:
        with contextlib.closing(raw(credd)) as sock, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(VERSION)
            if b"LimitReached" not in sock.recv(65536):
                break
        assert time.monotonic() < deadline
    credd.must("advance", "1d")
    assert credd.running()


def test_a_peer_that_only_stops_sending_gets_its_answer(credd):
    credd.built()
    with contextlib.closing(raw(credd, 60)) as sock:
        sock.sendall(request("Advance", parameters={"by": "10d"}))
        sock.shutdown(socket.SHUT_WR)
        reply = json.loads(read_all(sock).rstrip(b"\0"))
    assert "error" not in reply, reply


# Sends requests as somebody else: uid, gid, socket, requests…; prints a reply a line. From within the socket's folder: those
# above it are the test's own.
STRANGER = """
import os, socket, sys
uid, gid, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.chdir(os.path.dirname(path))
os.setgroups([])
os.setgid(gid)
os.setuid(uid)
sock.connect(os.path.basename(path))
for text in sys.argv[4:]:
    sock.sendall(text.encode() + b"\\0")
    data = b""
    while not data.endswith(b"\\0"):
        part = sock.recv(65536)
        if not part:
            break
        data += part
    print(data.rstrip(b"\\0").decode())
"""


def as_other(credd, uid, gid, *requests):
    done = subprocess.run([sys.executable, "-c", STRANGER, str(uid), str(gid), str(credd.socket),
                           *[text.rstrip(b"\0").decode() for text in requests]],
                          capture_output=True, text=True, timeout=60 * t.PATIENCE, check=False)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@needs_root
def test_others_do_not_even_connect(credd):
    assert stat.S_IMODE(os.stat(credd.socket).st_mode) in (0o600, 0o660)
    done, _ = as_other(credd, 65534, 65534, request("Status"))
    assert done.returncode != 0 and "PermissionError" in done.stderr


@needs_root
def test_whom_the_socket_lets_in_may_only_read(credd):
    credd.built()
    os.chmod(credd.socket, 0o666)
    changes = [request(name) for name in ("Pause", "Resume", "Refresh", "Reset", "Adopt", "Cancel", "Reload")]
    changes += [request("Advance", parameters={"by": "1d"}), request("Speed", parameters={"factor": 2}),
                request("Tempo", parameters={"stream": "customers", "factor": 2})]
    before = credd.status()
    done, replies = as_other(credd, 65534, 65534, *changes, request("Status"), request("Config"), request("Version"))
    assert done.returncode == 0, done.stderr
    for reply in replies[:len(changes)]:
        assert reply["error"] == METHOD + "Denied", reply
        assert "group" in reply["parameters"]["message"]
    assert all("error" not in reply for reply in replies[len(changes):])
    after = credd.status()
    assert after["world"] == before["world"] and after["clock"]["speed"] == before["clock"]["speed"]
    assert not after["clock"]["paused"]
    told = credd.stderr()
    assert 0 < told.count("may not") <= 10, "denials are told, and not without end"


@needs_root
def test_members_of_the_group_operate(daemon, folder):
    import grp
    group = next((one for one in grp.getgrall() if one.gr_gid not in (0, 65534)), None)
    if group is None:
        pytest.skip("no group but root's")
    one = daemon(SqliteStore(folder), t.world(customers=20, control={"group": group.gr_name}))
    one.start()
    one.built()
    there = os.stat(one.socket)
    assert (stat.S_IMODE(there.st_mode), there.st_gid) == (0o660, group.gr_gid)
    _, replies = as_other(one, 65534, group.gr_gid, request("Pause", parameters={"reason": "a member"}))
    assert "error" not in replies[0]
    assert one.status()["clock"]["paused"]
    one.wait(lambda _: "uid 65534" in one.stderr(), "word of who it was", 10)


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(daemon, folder):
    one = daemon(SqliteStore(folder), t.world(customers=20))
    one.start()
    other = daemon(SqliteStore(folder), t.world(customers=20, control={"socket": one.socket}), name="b")
    other.start(ready=False)
    assert other.process.wait(30 * t.PATIENCE) != 0
    assert str(one.socket) in other.stderr() and "another daemon" in other.stderr()
    assert one.status()
    one.kill()
    assert one.socket.exists()
    one.start()
    assert one.status()
    one.stop()
    assert not one.socket.exists()


def test_status_has_the_shape_that_was_promised(credd):
    status = credd.built()
    assert list(status)[:7] == ["version", "pid", "world", "clock", "database", "job", "streams"]
    assert list(status["world"]) == ["id", "seed", "origin", "model"]
    assert list(status["clock"])[:7] == ["world", "wall", "speed", "paused", "reason", "resumes_at", "held"]
    assert list(status["database"]) == ["backend", "state", "detail"]
    assert status["job"] is None and status["pid"] == credd.pid
    for name, one in zip(t.STREAMS, status["streams"]):
        assert list(one)[:10] == ["name", "enabled", "paused", "schedule", "tempo", "watermark", "lag_s", "rows",
                                  "skipped", "next_run"]
        assert one["name"] == name and isinstance(one["lag_s"], int) and t.seconds(one["watermark"])


def test_everything_is_closed_when_the_daemon_stops(credd):
    with contextlib.closing(raw(credd)) as sock:
        sock.sendall(request("Watch", more=True))
        time.sleep(0.1)
        credd.stop()
        assert select.select([sock], [], [], 10)[0]
        assert read_all(sock) == b""


def declared(description):
    """Of an interface: type to members, method to the members of its reply; member to its type."""
    def members(text):
        return dict(re.findall(r"(\w+): ([?\[\]\w]+)", text))
    types = {name: members(text) for name, text in re.findall(r"^type (\w+) \(([^)]*)\)", description, re.M)}
    methods = {name: members(text) for name, text in re.findall(r"^method (\w+)\([^)]*\) -> \(([^)]*)\)", description, re.M)}
    return types, methods


def assert_is(value, kind, types, where):
    """As the interface declares it."""
    if kind.startswith("?"):
        if value is not None:
            assert_is(value, kind[1:], types, where)
    elif kind.startswith("[]"):
        for one in value:
            assert_is(one, kind[2:], types, where)
    elif kind in types:
        assert set(value) <= set(types[kind]), f"{where}: {set(value) - set(types[kind])} of {kind} is not declared"
        for name, of in types[kind].items():
            assert_is(value.get(name), of, types, f"{where}.{name}")
    else:
        plain = {"string": str, "int": int, "float": (int, float), "bool": bool, "object": object}[kind]
        assert isinstance(value, plain), f"{where}: {value!r} is not {kind}"


def test_every_reply_is_as_declared(credd):
    types, methods = declared(credd.call("org.varlink.service.GetInterfaceDescription",
                                         {"interface": t.INTERFACE})["description"])
    calls = (("Status", {}), ("Pause", {"for": "30min"}), ("Status", {}), ("Resume", {}), ("Pause", {"streams": ["customers"]}),
             ("Status", {}), ("Resume", {}), ("Speed", {"factor": 2.0}), ("Tempo", {"stream": "customers", "factor": 2.0, "for": "1h"}),
             ("Status", {}), ("Advance", {"by": "40d"}), ("Refresh", {}), ("Schedule", {}), ("Verify", {"digest": True}),
             ("Verify", {"realism": True}), ("Export", {}), ("History", {}), ("Reset", {}), ("Wait", {"ready": True}), ("Reload", {}),
             ("Config", {}), ("Version", {}))
    silent = {"Adopt", "Cancel", "Watch"}  # refused here, or without an end
    assert {method for method, _ in calls} | silent == set(methods)
    for method, parameters in calls:
        more = method not in ("Schedule", "History", "Reload", "Config", "Version", "Status")
        replies = credd.call_all(method, parameters) if more else [credd.call(method, parameters)]
        for reply in replies:
            types["the reply"] = methods[method]
            assert_is(reply, "the reply", types, method)
