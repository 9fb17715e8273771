"""The page's server: what it answers, to whom, and that nothing that it is sent troubles the daemon."""
import contextlib
import grp
import os
import random
import socket
import stat
import subprocess
import time

import pytest

import credd_testing as t
import credd_web as web
from credd_stores import SqliteStore, wait_until

PATHS = ("/", "/page.css", "/page.js", "/status.json", "/charts.json", "/metrics", "/healthz")
SECRET = "Acme"


@pytest.fixture
def page(daemon, folder):
    """A daemon with a page and a small world that stands still."""
    one = daemon(SqliteStore(folder), web.sections()).start()
    one.built()
    return one


def resident_kib(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def connections(daemon):
    """Sockets that the daemon has open; it may close one between two looks."""
    count = 0
    for name in os.listdir(f"/proc/{daemon.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"/proc/{daemon.pid}/fd/{name}").startswith("socket:")
    return count


# --- what it says ---

def test_there_is_none_unless_it_is_asked_for(credd):
    assert "the page is at" not in credd.stderr()
    inodes = {os.readlink(f"/proc/{credd.pid}/fd/{name}") for name in os.listdir(f"/proc/{credd.pid}/fd")}
    with open("/proc/net/tcp", encoding="ascii") as file:
        assert not [line for line in file.read().splitlines()[1:] if f"socket:[{line.split()[9]}]" in inodes]


def same(told, status):
    assert web.without(told, web.NAMES, web.CLOCKS) == web.without(status, web.NAMES, web.CLOCKS)


def test_it_tells_what_credctl_tells(page):
    same(web.get(page, "/status.json").json(), page.status())
    page.must("advance", "30d")
    page.must("tempo", "market_data", "3")
    page.must("pause", "loan_applications", "--for", "1h", "--reason", SECRET)
    told, status = web.get(page, "/status.json").json(), page.status()
    same(told, status)
    # At speed 0 even the clocks of the world are the same.
    assert told["clock"]["world"] == status["clock"]["world"]
    assert [stream["lag_s"] for stream in told["streams"]] == [stream["lag_s"] for stream in status["streams"]]
    with web.Events(page) as events:
        same(events.wait("status"), status)
    page.must("pause", "--reason", SECRET)
    told, status = web.get(page, "/status.json").json(), page.status()
    same(told, status)
    assert status["verdict_text"] != told["verdict_text"] == "the world is paused by an operator"
    assert web.get(page, "/healthz").body == b"paused\n"


def test_names_stay_here(page, folder):
    """Of operators, files and reasons: in the status, its stream, the charts."""
    page.must("pause", "--reason", SECRET)
    page.must("pause", "customers", "--reason", SECRET)
    user = page.status()["clock"]["paused_by"]
    with web.Events(page) as events:
        streamed = str(events.wait("status"))
    for text in (web.get(page, "/status.json").body.decode(), streamed):
        assert SECRET not in text and str(folder) not in text and f'"{user}"' not in text and f"'{user}'" not in text
        assert "an operator" in text


def test_no_server_and_no_user_of_a_database(daemon, own_mariadb):
    store = own_mariadb.create()
    one = daemon(store, web.sections()).start()
    one.built()
    assert str(own_mariadb.folder) in one.status()["database"]["detail"]
    assert str(own_mariadb.folder) not in web.get(one, "/status.json").body.decode()
    own_mariadb.stop()
    one.wait(lambda status: status["database"]["state"] == "down", "the database is down")
    told, status = web.get(one, "/status.json").json(), one.status()
    same(told, status)
    assert told["verdict"] == "not-ready" and told["database"]["detail"] == "down"
    assert str(own_mariadb.folder) not in str(told)


def test_an_application_s_rows_stay_here(page, folder):
    """Real people may be in the application's own rows, and in what it makes of credd's."""
    store = SqliteStore(folder)
    store.execute(
        "INSERT INTO customers (customer_id, first_name, last_name, ssn, city) VALUES ('C-1', 'Real', 'Person', '123-45-6789', 'Realville')",
        "INSERT INTO loan_applications (application_id, customer_id, status, created_at) VALUES ('LA-zz', 'C-1', 'Approved', '2024-02-15 11:00:00')",
        "UPDATE customers SET ssn = '123-45-6789', city = 'Realville'",
        "UPDATE loan_applications SET status = 'Realstatus' WHERE application_id IN (SELECT max(application_id) FROM loan_applications)",
        "UPDATE credit_history SET payment_history = 'Real Person', credit_score = 123456789")
    with web.Events(page) as events:
        page.must("advance", "20d")
        seen = str(events.wait("rows")) + web.get(page, "/charts.json").body.decode()
        for _ in range(3):
            seen += str(events.next())
    page.stop()
    page.start()
    page.built()
    with web.Events(page) as events:
        events.wait("charts")
    seen += web.get(page, "/charts.json").body.decode()
    assert "Real" not in seen and "123-45-6789" not in seen and "123456789" not in seen and "ssn" not in seen


def test_the_charts_agree_with_the_tables(page, folder):
    page.must("advance", "40d")
    with web.Events(page) as events:
        events.wait("charts")
    charts = web.get(page, "/charts.json").json()
    store = SqliteStore(folder)
    at = charts["at"].replace("T", " ").rstrip("Z")
    assert not charts["cut_short"]

    def one(sql):
        return store.query(sql)[0][0]
    assert sum(band["people"] for band in charts["scores"]) == one(
        f"SELECT count(*) FROM credit_history WHERE created_at > datetime('{at}', '-30 days')")
    last = charts["applications"]["hours"][-1][0].replace("T", " ").rstrip("Z")
    assert sum(sum(counts) for _, counts in charts["applications"]["hours"]) == one(
        f"SELECT count(*) FROM loan_applications WHERE created_at >= datetime('{last}', '-47 hours')")
    days = charts["applications"]["days"]
    assert sum(sum(counts) for _, counts in days) == one(
        f"SELECT count(*) FROM loan_applications WHERE application_date >= '{days[0][0]}'")
    for month, counts in charts["payments"]["months"][-3:-1]:
        assert sum(counts) == one(f"SELECT count(*) FROM credit_history WHERE substr(record_date, 1, 7) = '{month}'"), month
    for series in charts["market"]["series"]:
        day, value = series["points"][-1]
        assert float(one(f"SELECT value FROM market_data WHERE data_type = '{series['name']}' AND date_recorded = '{day}'")) == value
        assert day == one(f"SELECT max(date_recorded) FROM market_data WHERE data_type = '{series['name']}'")


def test_rows_come_within_two_seconds(page, figures):
    with web.Events(page) as events:
        events.wait("status")
        page.must("refresh")
        began = time.monotonic()
        page.must("advance", "1d")
        told = events.wait("rows")
        took = time.monotonic() - began
        assert told["rows"] and took < 2 * t.PATIENCE
        figures("seconds from an advance of a day to its rows", round(took, 2))
        before = page.status()["world"]["id"]
        page.must("reset", "--yes")
        events.wait("status", lambda status: status["world"] and status["world"]["id"] != before)
        assert web.get(page, "/charts.json").json() is None, "those of the old world"
        page.must("advance", "1d")
        assert events.wait("rows")["rows"]
        assert len(told["rows"]) <= 20


def test_changes_of_customers_are_told_without_a_name(daemon, folder):
    """Of a move the city, of work what and how much: no street, no number of a telephone or a house."""
    made = web.sections(t.world(customers=25))
    one = daemon(SqliteStore(folder), made, program=t.LIVES).start()
    one.built()
    one.must("pause", "financial_records", "loan_applications", "market_data", "credit_history")
    seen = []
    with web.Events(one) as events:
        events.wait("status")
        for _ in range(15):
            one.must("advance", "4d")
            seen += events.wait("rows")["rows"]
    changes = [row for row in seen if row["table"] == "credd_change"]
    assert {row["column_name"] for row in changes} == {"city", "employment_type", "annual_income"}
    assert all(set(row) == {"table", "key", "at", "column_name", "value"} and row["key"].startswith("CU-") for row in changes)
    assert " Side St" not in str(seen) and "(555)" not in str(seen)


def test_a_job_is_told_by_samples(page, figures):
    """However fast rows come: at most twice a second, and not more than are shown."""
    with web.Events(page) as events:
        events.wait("status")
        job = subprocess.Popen(page.ctl_command("advance", f"{t.scaled(600)}d"), stdout=subprocess.DEVNULL)
        began, told, size = time.monotonic(), 0, 0
        while job.poll() is None:
            kind, data = events.next()
            told += kind == "rows"
            size += len(str(data))
            assert kind != "rows" or len(data["rows"]) <= 20
        took = time.monotonic() - began
        assert job.returncode == 0
    figures("KiB a second told to a page during an advance", round(size / 1024 / took, 1))
    assert told <= 2 * took + 2 and size / took < 40000


def test_open_pages_ask_the_database_nothing_while_nothing_changes(daemon, own_mariadb):
    store = own_mariadb.create()
    one = daemon(store, web.sections()).start()
    one.built()

    def asked(seconds=6):
        """How often the server was asked for something, by whomever."""
        counts = []
        with own_mariadb.connect() as link, link.cursor() as cursor:
            for wait in (0, seconds):
                time.sleep(wait)
                cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_select'")
                counts.append(int(cursor.fetchone()[1]))
        return counts[1] - counts[0]
    alone = asked()
    with contextlib.ExitStack() as stack:
        pages = [stack.enter_context(web.Events(one)) for _ in range(20)]
        for events in pages:
            events.wait("charts")
        assert asked() < alone + 15, "pages ask for themselves"


# --- whom it answers ---

def test_a_browser_is_told_to_be_careful(page):
    for path in (*PATHS, "/nothing"):
        for method in ("GET", "HEAD"):
            answer = web.get(page, path, method)
            assert answer.status == (404 if path == "/nothing" else 200), path
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy and "*" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert not {"Set-Cookie", "Server", "Access-Control-Allow-Origin"} & set(answer.headers)
            assert bool(answer.body) == (method == "GET") and answer.headers["Content-Length"] != "0"
    with web.Events(page) as events:
        assert "frame-ancestors 'none'" in events.answer.headers["Content-Security-Policy"]


def test_only_its_own_names_and_pages(daemon, folder):
    one = daemon(SqliteStore(folder), web.sections(hosts="demo.example.org")).start()
    port = web.port_of(one)
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}", "demo.example.org", "DEMO.example.org:443"):
        assert web.get(one, "/status.json", host=host).status == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "127.0.0.2", "", "localhost:x", "a@localhost"):
        answer = web.get(one, "/status.json", host=host)
        assert answer.status == 421 and b"world" not in answer.body, host
    assert web.ask(one, "GET /status.json HTTP/1.0\r\n\r\n").status == 421
    for origin in ("http://evil.example", "null", "http://localhost", f"https://127.0.0.1:{port}"):
        assert web.get(one, "/events", host=f"localhost:{port}", Origin=origin).status == 403, origin
    assert web.get(one, "/status.json", host=f"localhost:{port}", Origin=f"http://localhost:{port}").status == 200


def test_only_get_and_head(page):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"):
        answer = web.get(page, "/status.json", method)
        assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", method
    for path in ("/../etc/passwd", "/page.css/", "//", "/%2e%2e/", "/page", "/PAGE.CSS", "/control"):
        assert web.get(page, path).status == 404, path
    assert web.get(page, "/status.json?x=1").status == 200


BAD = (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"\0" * 100 + b"\r\n\r\n",
       b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
       b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
       b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100 + b"\r\n", b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
       b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", b"GET / HTTP/1.1\nHost: localhost\n\n\r\n\r\n")


def test_what_is_no_request_is_refused(page):
    for text in BAD:
        answer = web.ask(page, text)
        assert answer.status in (400, 405, 413, 431, 505), (text[:60], answer.status)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert web.get(page, "/healthz").status == 200


def spoil(text, chance):
    """Bytes of a request as they might come: cut, doubled, swapped, changed, with others among them."""
    made = bytearray(text)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made) + 1)
        how = chance.randrange(5)
        if how == 0:
            made[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 40)))
        elif how == 1:
            del made[at:at + chance.randint(1, 12)]
        elif how == 2 and at < len(made):
            made[at] = chance.randrange(256)
        elif how == 3:
            made[at:at] = made[:chance.randint(0, 200)]
        else:
            made[at:at] = chance.choice((b"\r\n", b"\n", b"\0", b"\r\n\r\n", b" ", b":", b"Host: x\r\n", b"\xff" * 30))
    return bytes(made)


def test_whatever_is_sent_it_goes_on(page, figures):
    """No answer is wrong, nothing is kept, and the control socket answers all the while."""
    chance = random.Random(20240215)
    good = (b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nOrigin: http://localhost\r\n\r\n",
            b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUser-Agent: x\r\n\r\n", b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    seen = {}
    before = connections(page)
    for _ in range(t.scaled(600)):
        with web.connect(page) as link:
            with contextlib.suppress(ConnectionError):
                link.sendall(spoil(chance.choice(good), chance))
                if chance.random() < 0.7:
                    link.shutdown(socket.SHUT_WR)
                    link.settimeout(0.3 if chance.random() < 0.9 else 0.01)
                    with contextlib.suppress(TimeoutError):
                        status = web.Answer(link.recv(4096)).status
                        seen[status] = seen.get(status, 0) + 1
    figures("answers to spoilt requests", seen)
    assert set(seen) <= {0, 200, 400, 403, 404, 405, 413, 421, 431, 505}
    assert web.get(page, "/healthz").status == 200 and page.status()
    wait_until(lambda: connections(page) <= before, "all connections are closed")


# --- how much of it ---

def test_who_is_silent_is_cut(page):
    with web.connect(page) as link:
        link.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        while True:
            with contextlib.suppress(ConnectionError):
                link.sendall(b"X")  # a byte now and then does not help
            link.settimeout(0.2)
            try:
                if not link.recv(10):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert 4 < time.monotonic() - began < 8 * t.PATIENCE


def test_silent_ones_make_way_for_who_asks(page):
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(web.connect(page))
        assert web.get(page, "/healthz").status == 200
        assert connections(page) < 400


def test_nobody_is_turned_away_in_a_crowd(page):
    """All pages fetch newer charts at the same moment, and there are more of them than places."""
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(web.Events(page)) for _ in range(200)]
        streams[0].wait("charts")
        links = []
        for _ in range(200):
            links.append(stack.enter_context(web.connect(page)))
            links[-1].sendall(b"GET /charts.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers = [web.Answer(web.read_all(link)) for link in links]
        assert {answer.status for answer in answers} == {200} and len({answer.body for answer in answers}) == 1


def test_so_many_pages_and_no_more(page):
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(web.Events(page)) for _ in range(256)]
        assert all(events.answer.status == 200 for events in streams)
        answer = web.get(page, "/events")
        assert answer.status == 503 and answer.headers["Retry-After"]
        assert web.get(page, "/status.json").status == 200, "there is room for who only asks"
        streams[7].close()
        wait_until(lambda: not_full(page), "one that goes makes room")
        assert page.status()["verdict"] == "fresh"


def not_full(page):
    with web.Events(page) as events:
        return events.answer.status == 200


def test_who_does_not_read_takes_no_memory(page):
    began = resident_kib(page)
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            link = stack.enter_context(web.connect(page))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            link.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        page.must("advance", "60d")
        assert resident_kib(page) - began < 60000 * (4 if t.SCALE < 1 else 1)
        assert web.get(page, "/healthz").status == 200


# --- where it is ---

def test_a_socket_is_the_group_s(daemon, folder):
    group = grp.getgrgid(os.getgid()).gr_name
    path = folder / "page"
    sections = web.sections(listen=path)
    sections["control"] = {"group": group}
    one = daemon(SqliteStore(folder), sections).start()
    web.said(one, f"the page is at {path}")
    made = path.stat()
    assert stat.S_IMODE(made.st_mode) == 0o660 and made.st_gid == os.getgid()
    assert web.get(one, "/healthz", path=path).status == 200
    assert web.get(one, "/healthz", path=path, host="evil.example").status == 421
    sections["control"].pop("socket", None)
    two = daemon(SqliteStore(folder, "b.sqlite"), sections, name="b").start()
    web.said(two, "there is no page: .*Address already in use")
    assert web.get(one, "/healthz", path=path).status == 200
    one.kill()
    assert path.exists()
    one.start()
    assert web.get(one, "/healthz", path=path).status == 200, "one that nobody answers is replaced"
    one.stop()
    assert not path.exists()


def test_without_its_group_a_socket_is_the_user_s(daemon, folder):
    sections = web.sections(listen=folder / "page")
    sections["control"] = {"group": "nobody-of-that-name"}
    daemon(SqliteStore(folder), sections).start()
    assert stat.S_IMODE((folder / "page").stat().st_mode) == 0o600


def test_an_address_in_use_is_no_reason_to_stop(page, daemon, folder):
    two = daemon(SqliteStore(folder, "b.sqlite"), web.sections(listen=f"127.0.0.1:{web.port_of(page)}"), name="b").start()
    two.built()
    web.said(two, f"there is no page: web.listen = 127.0.0.1:{web.port_of(page)}: Address already in use")
    (folder / "file").write_text("mine")
    three = daemon(SqliteStore(folder, "c.sqlite"), web.sections(listen=folder / "file"), name="c").start()
    web.said(three, "is not a socket: it is left alone")
    assert (folder / "file").read_text() == "mine"


def test_other_machines_only_where_they_are_meant(daemon, folder):
    one = daemon(SqliteStore(folder), web.sections(listen="0.0.0.0:0"))
    one.start(ready=False)
    assert one.process.wait(20 * t.PATIENCE) == 78
    web.said(one, "web.public = yes")
    open_ = daemon(SqliteStore(folder, "b.sqlite"), web.sections(listen="0.0.0.0:0", public="yes"), name="b").start()
    web.said(open_, "the page is at http://0.0.0.0:")


def test_it_comes_back_with_the_daemon(page):
    events = web.Events(page)
    events.wait("status")
    page.stop()
    with pytest.raises(ConnectionError):
        while True:
            events.next()
    events.close()
    page.start()
    page.built()
    with web.Events(page) as again:
        assert again.wait("status")["pid"] == page.pid
