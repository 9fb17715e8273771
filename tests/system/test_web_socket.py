"""The page at a socket that systemd opened: credd-web.socket."""
import os
import socket

import pytest

import credd_testing as t
import credd_web as web
from credd_activation import Manager, path_socket, port_socket
from credd_stores import SqliteStore

ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def ask(listener, host="127.0.0.1"):
    """A browser that knocks, whether credd runs or not."""
    link = socket.socket(listener.family)
    link.settimeout(20 * t.PATIENCE)
    there = listener.getsockname()
    link.connect(there if isinstance(there, str) else (host, there[1]))
    link.sendall(ASK)
    return link


def answer(link):
    with link:
        return web.Answer(web.read_all(link))


def test_the_page_is_at_systemd_s_socket(daemon, folder):
    """By its name alone, without a word in the configuration, over a reload, a kill and a stop."""
    credd = daemon(SqliteStore(folder), t.world(customers=30))
    listener = port_socket()
    manager = Manager(credd, ("web", listener))
    early = ask(listener)
    manager.start()
    assert answer(early).status == 200, "who came before the start waited"
    assert web.port_of(credd) == listener.getsockname()[1]
    credd.built()
    assert web.get(credd, "/status.json").json()["verdict"] == credd.status()["verdict"]
    credd.must("reload")
    assert web.get(credd, "/healthz").status == 200
    assert web.get(credd, "/healthz", host="evil.example").status == 421, "it is no more open than one of its own"
    for end in (credd.kill, credd.stop):
        end()
        early = ask(listener)
        manager.start()
        assert answer(early).status == 200, "who comes between two daemons waits for the next one"
    credd.stop()


def test_it_goes_before_the_configuration(daemon, folder):
    other = port_socket()
    port = other.getsockname()[1]
    other.close()
    credd = daemon(SqliteStore(folder), web.sections(listen=f"127.0.0.1:{port}"))
    listener = port_socket()
    Manager(credd, ("web", listener)).start()
    assert web.port_of(credd) == listener.getsockname()[1] != port
    with socket.socket() as link:
        assert link.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("names", [("web",), ("web", "control"), ("control", "web")])
def test_neither_socket_is_taken_for_the_other(daemon, folder, names):
    credd = daemon(SqliteStore(folder), t.world(customers=30))
    paths = {"web": folder / "page", "control": credd.socket}
    Manager(credd, *[(name, path_socket(paths[name])) for name in names]).start()
    web.said(credd, f"the page is at {folder}/page\n")
    web.said(credd, f"listening at {credd.socket}\n")
    assert web.get(credd, "/healthz", path=folder / "page").status == 200
    assert credd.ctl("status").code == 0
    credd.stop()
    assert (folder / "page").exists(), "it is systemd's"


def test_all_that_it_was_given(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=30))
    name = f"\0credd-{os.getpid()}"
    abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    abstract.bind(name)
    abstract.listen(64)
    listeners = [port_socket(), path_socket(folder / "page")]
    Manager(credd, *[("web", one) for one in (*listeners, abstract)]).start()
    web.said(credd, f"the page is at http://127.0.0.1:{listeners[0].getsockname()[1]}/ and {folder}/page and @{name[1:]}\n")
    for one in listeners:
        assert answer(ask(one)).status == 200
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(name)
        link.sendall(ASK)
        assert web.Answer(web.read_all(link)).status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_what_other_machines_reach_is_for_web_public(daemon, folder, host):
    """Without it nobody is served and nobody waits; what is not the page goes on."""
    try:
        listener = port_socket(host)
    except OSError as problem:
        pytest.skip(f"no address {host}: {problem}")
    loopback = "::1" if ":" in host else "127.0.0.1"
    shown = f"http://[{host}]" if ":" in host else f"http://{host}"
    credd = daemon(SqliteStore(folder), t.world(customers=30))
    manager = Manager(credd, ("web", port_socket()), ("web", listener))
    early = ask(listener, loopback)
    manager.start()
    web.said(credd, f"there is no page: other machines can reach {shown}:".replace("[", r"\[").replace("]", r"\]"))
    assert "set web.public = yes" in credd.stderr()
    for link in (early, ask(listener, loopback), ask(manager.listeners[0][1])):
        assert answer(link).status == 0
    credd.built()
    credd.stop()
    credd.sections["web"] = {"public": "yes"}
    credd.write_config()
    manager.start()
    web.said(credd, "the page is at http://127")
    assert answer(ask(listener, loopback)).status == 200


def test_who_waits_does_not_have_a_bad_configuration_started_again(daemon, folder):
    credd = daemon(SqliteStore(folder), t.world(customers=30), sets=["clock.speed=fast"])
    listener = port_socket()
    manager = Manager(credd, ("web", listener))
    early = ask(listener)
    manager.start()
    assert credd.process.wait(20 * t.PATIENCE) == 78
    assert answer(early).status == 0 and manager.nobody_waits()
