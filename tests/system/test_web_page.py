"""The page in a real Chromium: it shows what status says, follows the world, and fits every screen."""
import tempfile
import time

import pytest

import credd_browser
import credd_testing as t
import credd_web as web
from credd_stores import SqliteStore, free_port, wait_until

SIZES = ((360, 740), (768, 1024), (1440, 900), (2560, 1440))


@pytest.fixture(scope="module")
def chromium():
    with tempfile.TemporaryDirectory(prefix="credd-chromium-", ignore_cleanup_errors=True) as folder:
        browser = credd_browser.make(folder)
        yield browser
        browser.quit()


def sections(**more):
    return web.sections(t.world(customers=200, **more), listen=f"127.0.0.1:{free_port()}")


def show(chromium, daemon, charts=True):
    """The page of the daemon, once it has everything."""
    chromium.block()
    chromium.shape(1440, 900)
    chromium.open("about:blank")
    chromium.complaints()
    chromium.open(web.address(daemon))
    chromium.wait("return document.body.dataset.verdict", "verdict")
    if charts:
        chromium.wait("return document.querySelectorAll('#charts figure').length === 6", "charts")


@pytest.fixture
def page(daemon, folder, chromium):
    one = daemon(SqliteStore(folder), sections()).start()
    one.built()
    show(chromium, one)
    return one


def shown_streams(chromium):
    return {name: cells for name, *cells in chromium.run(
        "return Array.from(document.querySelectorAll('#stream-rows tr'),"
        " row => [row.dataset.stream, ...Array.from(row.cells, cell => cell.innerText.trim())])")}


def assert_agrees(chromium, daemon):
    status = daemon.json("status")[0]
    assert chromium.run("return document.body.dataset.verdict") == status["verdict"]
    shown = shown_streams(chromium)
    assert list(shown) == [stream["name"] for stream in status["streams"]]
    for stream in status["streams"]:
        name, state, newest, following, rows = shown[stream["name"]]
        assert name == stream["name"] and state
        assert int(rows.splitlines()[0].replace(",", "")) == stream["rows"], stream
        assert (newest == "–") == (stream["newest_row"] is None) and (following == "–") == (stream["next_run"] is None)
    assert status["world"]["id"] in chromium.text("footer") and str(status["world"]["seed"]) in chromium.text("footer")


def test_it_shows_what_status_says(page, chromium):
    assert_agrees(chromium, page)
    assert chromium.text("#word") == "Fresh"
    status = page.json("status")[0]
    assert chromium.text("#sentence").lower() == status["verdict_text"].lower()
    # 2024-02-15T12:00:00Z in New York; the world stands still.
    assert chromium.text("#world-clock") == "07:00:00" and "15 Feb 2024" in chromium.text("#world-date")
    assert chromium.run("return document.title").startswith("Fresh")
    credd_browser.SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    chromium.screenshot("desktop", 1440, 900)
    chromium.screenshot("dark", 1440, 900, dark=True)
    chromium.screenshot("phone", 360, 740)
    chromium.screenshot("wide", 2560, 1440)
    assert chromium.complaints() == []


def test_rows_appear_and_a_reset_follows(page, chromium, figures):
    began = time.monotonic()
    page.must("advance", "3d")
    chromium.wait("return document.querySelectorAll('#rows li[data-key]').length > 0", "rows", timeout=2)
    figures("seconds from an advance of 3 days to its rows on the page", round(time.monotonic() - began, 2))
    chromium.wait(f"return document.getElementById('world-date').innerText.includes('18 Feb 2024')", "world time")
    keys = chromium.run("return Array.from(document.querySelectorAll('#rows li[data-key]'), one => one.dataset.key)")
    assert 0 < len(keys) <= 20
    wait_until(lambda: int(shown_streams(chromium)["market_data"][4].replace(",", "")) == page.stream("market_data")["rows"], "rows")
    assert_agrees(chromium, page)
    before = page.status()["world"]["id"]
    page.must("reset", "--yes")
    after = page.status()["world"]["id"]
    chromium.wait(f"return document.querySelector('footer').innerText.includes({after!r})", "new world")
    assert before not in chromium.text("footer") and chromium.texts("#rows li[data-key]") == []
    chromium.wait("return document.querySelectorAll('#charts figure').length === 0", "no charts of the old world")
    assert_agrees(chromium, page)
    page.must("advance", "1d")
    chromium.wait("return document.querySelectorAll('#rows li[data-key]').length > 0", "rows of the new world", timeout=2)
    assert chromium.complaints() == []


def test_what_is_directed_and_how_it_ends(page, chromium):
    page.must("tempo", "loan_applications", "20", "--for", "30min")
    page.must("pause", "market_data", "--reason", "a demo")
    page.must("pause", "--for", "1h", "--reason", "a demo for Acme")
    chromium.wait("return document.body.dataset.verdict === 'paused'", "pause")
    directed = chromium.text("#directed")
    for part in ("The world is paused by an operator until", "credctl resume", "market_data is paused by an operator.",
                 "credctl resume market_data",
                 "loan_applications runs at 20 times its usual rate until", "credctl tempo loan_applications 1", "credctl speed 1"):
        assert part in directed, part
    assert "Acme" not in chromium.text("body") and chromium.text("#word") == "Paused"
    assert f"by {page.status()['clock']['paused_by']}" not in chromium.text("body")
    chromium.screenshot("directed", 1440, 900)
    page.must("resume")
    chromium.wait("return document.body.dataset.verdict === 'fresh'", "resume")


def test_the_daemon_goes_and_comes_back(page, chromium):
    assert not chromium.run("return document.getElementById('away').checkVisibility()")
    page.stop()
    chromium.wait("return document.getElementById('away').checkVisibility()", "notice that credd does not answer")
    assert "credd does not answer" in chromium.text("#away")
    page.start()
    page.built()
    chromium.wait("return !document.getElementById('away').checkVisibility()", "recovery")
    assert_agrees(chromium, page)


def test_the_database_goes_down(daemon, own_mariadb, chromium):
    one = daemon(own_mariadb.create(), sections()).start()
    one.built()
    show(chromium, one)
    own_mariadb.stop()
    one.wait(lambda status: status["database"]["state"] == "down", "database down")
    chromium.wait("return document.body.dataset.verdict === 'not-ready'", "verdict")
    assert chromium.text("#word") == "Not ready" and "database is down" in chromium.text("#sentence").lower()
    assert "mysqld" not in chromium.text("body")
    assert {cells[1] for cells in shown_streams(chromium).values()} == {"waits for the database"}
    chromium.screenshot("database-down", 1440, 900)
    own_mariadb.start()
    chromium.wait("return document.body.dataset.verdict === 'fresh'", "recovery", timeout=60)


def test_it_fits_every_screen(page, chromium):
    page.must("advance", "2d")
    chromium.wait("return document.querySelectorAll('#rows li[data-key]').length > 0", "rows")
    for width, height in SIZES:
        chromium.shape(width, height)
        chromium.open(web.address(page))
        chromium.wait("return document.querySelectorAll('#charts figure').length === 6", "charts")
        assert chromium.run("return document.documentElement.scrollWidth") <= width, f"{width}: it has to be moved sideways"
        out = chromium.run("return Array.from(document.querySelectorAll('h1, h2, p, li, canvas, dt, dd')).filter(one =>"
                           " one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 99))")
        assert out == [], (width, out)
        top = chromium.run("const word = document.getElementById('word'); return parseFloat(getComputedStyle(word).fontSize)")
        assert top >= 30, "the verdict is large"


def test_hard_times_are_shaded(page, chromium):
    """Few worlds have any in so short a time: these are made up."""
    before = chromium.run("return document.querySelector('#charts canvas').toDataURL()")
    days = chromium.run("return charts.market.series.find(one => one.name === 'sp500').points.map(point => point[0])")
    chromium.run("charts.market.stretches = arguments[0]; showCharts()",
                 [{"from": days[5], "to": days[25], "what": "slowdown"}, {"from": days[26], "to": days[40], "what": "recession"}])
    assert "Shaded: slowdown from" in chromium.text("#charts figcaption small") and "recession from" in chromium.text("#charts figcaption small")
    assert chromium.run("return document.querySelector('#charts canvas').toDataURL()") != before
    chromium.screenshot("shaded", 1440, 900)
    assert chromium.complaints() == []


def test_applications_are_counted_by_the_hour_where_there_are_many(page, chromium):
    assert "Applications a day, by status now" in chromium.text("#charts")
    chromium.run("charts.applications.hours.forEach(one => { one[1][0] = 3; }); showCharts()")
    assert "Applications an hour, by status now" in chromium.text("#charts")
    assert "Applications a day" not in chromium.text("#charts")


def test_without_the_library_there_are_tables(page, chromium):
    assert len(chromium.texts("#charts canvas")) == 6
    chromium.block("*/chart.js")
    chromium.open(web.address(page))
    chromium.wait("return document.querySelectorAll('#charts figure').length === 6", "charts")
    assert chromium.texts("#charts canvas") == []
    tables = chromium.run("return Array.from(document.querySelectorAll('#charts table'), one => one.checkVisibility() && one.rows.length)")
    assert len(tables) == 6 and all(rows > 5 for rows in tables), tables
    assert "%" in chromium.text("#charts caption")
    chromium.screenshot("tables", 1440, 900)


# Of every element that a person can reach or hear: has it a name?
NAMELESS = """
const named = one => (one.getAttribute('aria-label') || one.innerText || one.title
  || (one.getAttribute('aria-labelledby') || '').split(' ').map(id => (document.getElementById(id) || {}).innerText || '').join('')
  || Array.from(one.labels || [], label => label.innerText).join('')).trim();
return Array.from(document.querySelectorAll('a, button, summary, [tabindex], [role], canvas, section, progress, table'))
  .filter(one => one.checkVisibility() && !named(one)).map(one => one.outerHTML.slice(0, 120));
"""
CONTRAST = """
const parse = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
const light = rgb => rgb.map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = one => { for (; one; one = one.parentElement) {
  const colour = getComputedStyle(one).backgroundColor; if (!/, 0\\)$/.test(colour)) return parse(colour); } return [255, 255, 255]; };
return Array.from(document.querySelectorAll('body *')).filter(one => one.checkVisibility() && one.tagName !== 'CANVAS'
    && Array.from(one.childNodes).some(node => node.nodeType === 3 && node.data.trim())).map(one => {
  const [a, b] = [light(parse(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
  return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 90)]; }).filter(([ratio]) => ratio < 4.5);
"""


@pytest.mark.parametrize("dark", (False, True), ids=("light", "dark"))
def test_it_can_be_heard_and_gone_through_with_keys(page, chromium, dark):
    from selenium.webdriver.common.keys import Keys
    page.must("advance", "2d")
    page.must("pause", "customers")
    chromium.wait("return document.querySelectorAll('#rows li.new').length > 0", "rows")
    chromium.shape(1440, 900, dark)
    assert chromium.run(NAMELESS) == []
    chromium.wait("return document.getAnimations().length === 0", "rest")
    assert chromium.run(CONTRAST) == [], "text that is too faint"
    levels = [int(name[1]) for name in chromium.run(
        "return Array.from(document.querySelectorAll('h1, h2, h3'), one => one.tagName)")]
    assert levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:]))
    assert chromium.run("return document.documentElement.lang") == "en"
    assert chromium.run("return Array.from(document.querySelectorAll('th')).every(one => one.scope)")
    # What is told by colour is told by a word and a sign too.
    assert chromium.text("#word") and chromium.text("#sign")
    at, seen = chromium.driver.switch_to.active_element, []
    while len(seen) < 20:
        at.send_keys(Keys.TAB)
        at = chromium.driver.switch_to.active_element
        if at.tag_name == "body":
            break
        seen.append(at.text)
        assert chromium.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", seen
    # The skip link, the streams, the rows, each chart's table.
    assert len(seen) == 9 and seen[0] == "Skip to the streams" and seen[-1] == "As a table", seen


def test_a_hidden_page_listens_no_more(page, chromium):
    def connected():
        return chromium.run("return source !== null")
    assert connected()
    hide = ("Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))")
    chromium.run(hide, True)
    assert not connected()
    page.must("advance", "1d")
    chromium.run(hide, False)
    assert connected()
    wait_until(lambda: int(shown_streams(chromium)["market_data"][4].replace(",", "")) == page.stream("market_data")["rows"],
               "what came meanwhile")
