"""Metrics: what Prometheus and systemd's interface are told is what status says; counters rise; alerts work."""
import json
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

import credd_metrics as m
import credd_testing as t
from conftest import needed
from credd_stores import SqliteStore

HOUR = 3600
RULES = t.ROOT / "packaging" / "prometheus"
PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")


def promtool(*args, feed=None, cwd=None):
    if not shutil.which("promtool"):
        needed("promtool (package prometheus)")
    done = subprocess.run(["promtool", *args], input=feed, capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, f"promtool {' '.join(args)}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def table():
    """Name to (type, labels) of metrics.def."""
    text = (t.ROOT / "daemon" / "metrics" / "metrics.def").read_text()
    found = re.findall(r'^METRIC\((\w+), (\w+), "\w*", (\w+),', text, re.M)
    return {**{name: (kind.lower(), labels) for kind, name, labels in found},
            **{name: ("histogram", labels) for name, labels in re.findall(r"^HISTOGRAM\((\w+), (\w+),", text, re.M)}}


def families():
    """As they are called in rules and queries."""
    suffixes = {"gauge": ("",), "counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
    return {f"credd_{name}{suffix}" for name, (kind, _) in table().items() for suffix in suffixes[kind]}


@pytest.fixture
def credd(daemon, folder):
    """An hour of the world, and a run, each second; its page is a Unix socket."""
    one = daemon(SqliteStore(folder), t.world(customers=500, speed=HOUR, schedule="hourly", web={"listen": folder / "web"}))
    one.web = folder / "web"
    one.start().built()
    return one


def wait_for(true, what, timeout=30):
    """Polls what is no status; returns what was true."""
    deadline = time.monotonic() + timeout * t.PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"no {what} after {timeout} s"
        time.sleep(0.05)
    return found


# --- the text ---


def test_promtool_finds_nothing_to_say(credd):
    assert len(table()) > 20
    status, headers, text = m.http_get(credd.web)
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
    assert promtool("check", "metrics", feed=text) == ""
    assert set(re.findall(r"^# TYPE (credd_\w+) (\w+)$", text, re.M)) == {
        (f"credd_{name}" + ("_total" if kind == "counter" else ""), kind) for name, (kind, _) in table().items()}


@pytest.mark.parametrize("given", ("0.0.4", "openmetrics"))
def test_promtool_reads_what_the_unit_program_prints(given):
    """Every metric with all its samples, also those that no daemon shows at one moment."""
    program = t.BUILD / "tests" / "test_metrics_text"
    text = subprocess.run([program, given], capture_output=True, text=True, check=True).stdout
    names = {name for name, _ in m.parse(text)}
    assert names == families()
    if given == "0.0.4":
        assert promtool("check", "metrics", feed=text) == ""


def test_openmetrics_for_who_asks(credd):
    status, headers, text = m.http_get(credd.web, accept=PROMETHEUS)
    assert status == 200 and headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    assert m.http_get(credd.web, accept="text/plain")[1]["content-type"].startswith("text/plain; version=0.0.4")
    plain = m.http_get(credd.web)[2]
    assert {name for name, _ in m.parse(text)} == {name for name, _ in m.parse(plain)}


def test_they_are_what_status_says(store, daemon, folder):
    """And the same over Varlink; in a world that stands, so that both are of one moment."""
    credd = daemon(store, t.world(customers=100, web={"listen": folder / "web"})).start()
    credd.built()
    credd.must("pause", "credit_history")
    credd.must("advance", "3d")
    status, samples = credd.status(), m.over_http(folder / "web")
    assert samples == m.over_varlink(credd)
    assert samples[m.key("up")] == 1 and samples[m.key("database_state", state="ready")] == 1
    assert samples[m.key("verdict", verdict=status["verdict"])] == 1
    assert samples[m.key("build_info", version=status["version"])] == 1
    assert samples[m.key("world_info", world=status["world"]["id"])] == 1
    assert samples[m.key("world_timestamp_seconds")] == t.seconds(status["clock"]["world"])
    assert samples[m.key("world_origin_timestamp_seconds")] == t.seconds(status["world"]["origin"])
    for one in status["streams"]:
        name = one["name"]
        assert samples[m.key("stream_rows", stream=name)] == one["rows"]
        assert samples[m.key("stream_paused", stream=name)] == one["paused"] == (name == "credit_history")
        assert samples[m.key("stream_overdue", stream=name)] == one["overdue"]
        assert samples[m.key("stream_written_to_timestamp_seconds", stream=name)] == t.seconds(one["watermark"])
        assert samples[m.key("stream_newest_row_timestamp_seconds", stream=name)] == t.seconds(one["newest_row"])
        due = samples.get(m.key("stream_next_due_timestamp_seconds", stream=name))
        assert due == (t.seconds(one["next_due"]) if one["next_due"] else None) and (due is None) == one["paused"]


def test_nobody_is_named(store, daemon, folder):
    credd = daemon(store, t.world(customers=20, web={"listen": folder / "web"})).start()
    credd.built()
    credd.must("pause", "--reason", "a talk at Example Bank")
    text = m.http_get(folder / "web")[2]
    names = {str(value) for value in store.config().values()} - {"credd", "sqlite", "mariadb", "1M"}
    assert names
    for secret in ("Example Bank", "root", "mysqld", str(folder), *names):
        assert secret not in text, secret


# --- counters ---


def test_no_counter_goes_back_but_at_a_restart(store, daemon, folder):
    credd = daemon(store, t.world(customers=100, web={"listen": folder / "web"})).start()
    credd.built()
    seen = [m.over_http(folder / "web")]
    rows = m.key("rows_total", stream="financial_records")
    assert seen[0][rows] == 0, "a baseline is none of it"
    for command in (("advance", "20d"), ("reset", "--yes", "--seed", "7"), ("advance", "5d"), ("reset", "--yes")):
        credd.must(*command)
        seen.append(m.over_http(folder / "web"))
    for before, after in zip(seen, seen[1:]):
        was, now = m.counters(before), m.counters(after)
        assert set(was) == set(now)
        assert not [name for name in was if now[name] < was[name]]
    assert seen[1][rows] > 0 and seen[2][rows] == seen[1][rows] and seen[3][rows] > seen[2][rows]
    assert len({name for one in seen for name in one if name[0] == "credd_world_info"}) == 3
    assert seen[1][m.key("batch_duration_seconds_count")] > 0
    credd.stop()
    credd.start().built()
    assert m.over_http(folder / "web")[rows] == 0


def test_what_is_skipped_is_counted_by_reason(daemon, folder):
    store = SqliteStore(folder)
    credd = daemon(store, t.world(customers=200, web={"listen": folder / "web"})).start()
    credd.built()
    credd.must("advance", "5d")
    store.execute("UPDATE loan_applications SET status = 'Elsewhere' WHERE status = 'Pending'")
    store.execute("DELETE FROM customers WHERE customer_id IN (SELECT customer_id FROM customers LIMIT 150)",
                  checks=False)
    credd.must("advance", "20d")
    samples = m.over_http(folder / "web")
    skipped = {name: value for name, value in samples.items() if name[0] == "credd_rows_skipped_total"}
    assert samples[m.key("rows_skipped_total", stream="loan_applications", reason="status_changed")] > 0
    assert samples[m.key("rows_skipped_total", stream="financial_records", reason="row_refused")] > 0
    for one in credd.status()["streams"]:
        assert one["skipped"] == sum(value for name, value in skipped.items() if ("stream", one["name"]) in name[1])


# --- runs and their delays ---


def test_a_run_is_committed_soon(credd):
    count = m.key("commit_delay_seconds_count", stream="financial_records")
    samples = wait_for(lambda: (now := m.over_http(credd.web))[count] >= 2 and now, "two runs with rows")
    mean = samples[m.key("commit_delay_seconds_sum", stream="financial_records")] / samples[count]
    assert 0 <= mean < 2 * t.PATIENCE, mean
    assert samples[m.key("commit_delay_seconds_bucket", stream="financial_records", le="+Inf")] == samples[count]


def test_a_run_that_had_to_wait_is_late(credd):
    """Others hold the database for 3 s: the run passes, the metrics say so, and its delay is counted."""
    due = m.key("stream_next_due_timestamp_seconds", stream="financial_records")
    slow = [m.key(f"commit_delay_seconds_{part}", stream="financial_records", **more)
            for part, more in (("count", {}), ("bucket", {"le": "2.5"}))]
    link = sqlite3.connect(credd.sections["database"]["path"], isolation_level=None, timeout=20 * t.PATIENCE)
    before = m.over_http(credd.web)
    try:
        link.execute("BEGIN IMMEDIATE")
        held = wait_for(lambda: (now := m.over_http(credd.web)) and now[m.key("world_timestamp_seconds")] > now[due] + 3 * HOUR and now,
                        "run that has passed")
        assert held[m.key("rows_total", stream="financial_records")] >= before[m.key("rows_total", stream="financial_records")]
    finally:
        link.close()

    def late(samples):
        return samples[slow[0]] - samples[slow[1]]
    wait_for(lambda: late(m.over_http(credd.web)) > late(before), "late commit")
    wait_for(lambda: (now := m.over_http(credd.web))[due] >= now[m.key("world_timestamp_seconds")] - 1, "next run to come")


def test_what_stands_is_not_due(credd):
    due = {name: m.key("stream_next_due_timestamp_seconds", stream=name) for name in t.STREAMS}
    samples = m.over_http(credd.web)
    assert all(due[name] in samples for name in t.STREAMS)
    credd.must("pause", "market_data")
    credd.must("pause", "customers")
    samples = m.over_http(credd.web)
    assert due["market_data"] not in samples and due["customers"] not in samples
    assert samples[m.key("stream_held", stream="loan_applications")] == 1 and due["loan_applications"] not in samples


def test_without_a_database_it_says_what_it_knows(credd):
    credd.stop()
    credd.sections["database"]["path"] = "/proc/nowhere/credd.sqlite"
    credd.write_config()
    credd.start(ready=False)
    samples = wait_for(lambda: credd.web.exists() and m.over_http(credd.web), "page")
    assert samples[m.key("up")] == 0 and samples[m.key("database_state", state="ready")] == 0
    assert not [name for name, _ in samples if "timestamp" in name]


# --- Varlink ---


def test_the_interface_of_systemd(credd):
    info = credd.call("org.varlink.service.GetInfo")
    assert info["interfaces"] == ["org.varlink.service", t.INTERFACE, m.METRICS]
    described = credd.call_all(f"{m.METRICS}.Describe")
    assert {one["name"].replace("io.credd.", "credd_", 1) for one in described} == families()
    assert {one["type"] for one in described} == {"gauge", "counter"}
    names = {one["name"] for one in credd.call_all(f"{m.METRICS}.List")}
    assert names <= {one["name"] for one in described}
    with pytest.raises(t.VarlinkError) as caught:
        credd.call(f"{m.METRICS}.List")
    assert caught.value.error == "org.varlink.service.ExpectedMore"


# --- alerts ---


def test_the_rules_are_sound_and_do_what_they_say():
    assert "SUCCESS" in promtool("check", "rules", "credd.rules.yml", cwd=RULES)
    assert "SUCCESS" in promtool("test", "rules", "credd.rules.test.yml", cwd=RULES)
    assert "SUCCESS" in promtool("check", "config", "scrape.yml", cwd=RULES)


def test_rules_name_only_what_there_is():
    rules, tests = ((RULES / name).read_text() for name in ("credd.rules.yml", "credd.rules.test.yml"))
    for text in (rules, tests):
        used = set(re.findall(r"\bcredd_\w+", text))
        assert used and used <= families(), used - families()
    assert not re.search(r"\btime\(\)|timestamp\(", rules), "an age"


def test_every_alert_has_a_test_and_a_page_in_the_runbook():
    rules, tests, runbook = ((RULES / name).read_text() for name in ("credd.rules.yml", "credd.rules.test.yml", "README.md"))
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert len(alerts) == len(set(alerts)) >= 8
    for alert in alerts:
        part = rules.split(f"- alert: {alert}\n")[1].split("- alert:")[0]
        assert f"README.md#{alert.lower()}\"" in part and "severity: " in part, alert
        assert f"\n## {alert}\n" in runbook, alert
        fired = re.findall(rf"alertname: {alert}\n +eval_time: \w+\n +exp_alerts:\n +- exp_labels", tests)
        assert fired and f"alertname: {alert}, eval_time" in tests or alert == "CreddStreamStopped", f"{alert}: firing and silent"
    assert re.findall(r"^## (Credd\w+)$", runbook, re.M) == alerts


# --- a real Prometheus ---


def query(port, expression):
    """What the expression gives now; nothing while Prometheus is not ready."""
    asked = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{asked}", timeout=10) as reply:
            return json.load(reply)["data"]["result"]
    except urllib.error.HTTPError as error:
        assert error.code == 503, error
        return []


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.mark.long
def test_a_prometheus_scrapes_it_each_second(daemon, folder, figures):
    if not shutil.which("prometheus"):
        needed("prometheus")
    credd = daemon(SqliteStore(folder), t.world(customers=500, speed=HOUR, schedule="hourly",
                                                web={"listen": "127.0.0.1:0"})).start()
    credd.built()
    where = wait_for(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/", credd.stderr()), "address")
    (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{RULES}/credd.rules.yml"]
scrape_configs:
  - job_name: credd
    static_configs: [{{targets: ["127.0.0.1:{where.group(1)}"]}}]
""")
    log = open(folder / "prometheus.log", "w+", encoding="utf-8")
    with subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
                           "--web.listen-address=127.0.0.1:0", "--log.level=info"], stdout=log, stderr=log,
                          preexec_fn=t.die_with_parent) as server:
        try:
            found = wait_for(lambda: re.search(r'address=127\.0\.0\.1:([1-9]\d*)', (folder / "prometheus.log").read_text()),
                             "Prometheus")
            port = found.group(1)
            wait_for(lambda: any(one["value"][1] == "1" for one in query(port, "up")), "scrape")
            assert query(port, "credd_up")[0]["value"][1] == "1"
            assert len(query(port, "credd_rows_total")) == len(t.STREAMS)
            at = cpu_seconds(credd.pid)
            scrapes = "sum(count_over_time(up[5m]))"
            first = int(query(port, scrapes)[0]["value"][1])
            wait_for(lambda: int(query(port, scrapes)[0]["value"][1]) >= first + 20, "20 scrapes", 60)
            figures("CPU of the daemon in 20 scrapes and as many runs", f"{(cpu_seconds(credd.pid) - at) * 1000:.0f} ms")
            figures("a scrape, as Prometheus sees it",
                    f"{float(query(port, 'avg_over_time(scrape_duration_seconds[1m])')[0]['value'][1]) * 1000:.1f} ms")
            figures("samples of a scrape", query(port, "scrape_samples_scraped")[0]["value"][1])
            assert not query(port, "up==0") and not query(port, "ALERTS")
            link = sqlite3.connect(credd.sections["database"]["path"], isolation_level=None, timeout=20 * t.PATIENCE)
            link.execute("BEGIN IMMEDIATE")
            passed = 'ALERTS{alertname="CreddRunPassed",alertstate="firing"}'
            wait_for(lambda: query(port, passed), "alert that a run has passed", 240)
            link.close()
            wait_for(lambda: not query(port, passed), "end of that alert", 60)
            credd.kill()
            wait_for(lambda: [one for one in query(port, "ALERTS") if one["metric"]["alertname"] == "CreddDown"], "alert")
        finally:
            server.terminate()
    log.close()
