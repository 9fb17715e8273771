"""A Chromium without a window, led by its driver."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import time

import credd_testing as t
from conftest import needed

OUTLINES = t.ROOT / "tests" / "system" / "data" / "page"
SCREENSHOTS = pathlib.Path(os.environ.get("CREDD_SCREENSHOTS", t.BUILD / "screenshots"))


def make(folder):
    try:
        from selenium import webdriver
    except ImportError:
        needed("python3-selenium")
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        needed("chromium with chromium-driver")
    options = webdriver.chrome.options.Options()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--no-proxy-server", f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return Browser(webdriver.Chrome(service=driver_service(webdriver), options=options))


def driver_service(webdriver):
    """At an address: a bare root has no /etc/hosts, so no name localhost."""
    class Service(webdriver.chrome.service.Service):
        @property
        def service_url(self):
            return f"http://127.0.0.1:{self.port}"

        def is_connectable(self):
            with contextlib.closing(socket.socket()) as sock:
                return sock.connect_ex(("127.0.0.1", self.port)) == 0

    return Service(shutil.which("chromedriver"))


# What a person sees, from above to below: parts and their words, and in which column of how many each part stands.
OUTLINE = """
const parts = 'header, section, figure, table, footer, h1, h2, h3, p, dt, dd, li, thead th, #stream-rows th, #stream-rows td:nth-child(2), caption, figcaption small, canvas, summary, progress, [role=alert]';
const main = document.querySelector('main').getBoundingClientRect(), lines = [];
const scheme = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every(part => part < 64) ? 'dark' : 'light';
for (const one of document.querySelectorAll(parts)) {
  const box = one.getBoundingClientRect();
  if (!one.checkVisibility() || box.width < 2 || box.height < 2) continue;
  let depth = 0;
  for (let above = one.parentElement; above; above = above.parentElement) depth += above.matches('section, figure, table') ? 1 : 0;
  const holds = one.matches('section, figure, table, header, footer');
  const columns = Math.max(1, Math.round(main.width / box.width)), column = Math.round((box.left - main.left) / box.width) + 1;
  const place = one.matches('section, figure') && columns > 1 ? `, column ${column} of ${columns}` : '';
  const words = holds ? '' : one.innerText.trim().replace(/\\s+/g, ' ');
  lines.push(['  '.repeat(depth) + one.tagName.toLowerCase() + place, words]);
}
return [[scheme, ''], ...lines];
"""
DAY, MONTH = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"


def masked(text):
    """Without what differs from run to run, or with the figures of the model."""
    text = re.sub(r"World w[0-9a-f]+", "World ID", text)
    text = re.sub(rf"(?:{DAY},? )?\d+ {MONTH}(?: \d{{4}})?(?:,? \d\d:\d\d(?::\d\d)?)?", "DATE", text)
    return re.sub(r"\d+(?:[.,:]\d+)*", "N", text)


class Browser:
    def __init__(self, driver):
        self.driver = driver

    def quit(self):
        self.driver.quit()

    def shape(self, width, height, dark=False):
        """As a screen of that size sees it."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def block(self, *urls):
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(urls)})

    def open(self, address):
        self.driver.get(address)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector):
        return self.run("return Array.from(document.querySelectorAll(arguments[0]), one => one.innerText)", selector)

    def text(self, selector):
        found = self.texts(selector)
        assert found, f"nothing is {selector}"
        return found[0]

    def wait(self, script, what, timeout=20):
        """Until the script returns something true; returns that."""
        deadline = time.monotonic() + timeout * t.PATIENCE
        while True:
            found = self.run(script)
            if found:
                return found
            assert time.monotonic() < deadline, f"no {what} after {timeout} s: {self.text('body')[:600]}"
            time.sleep(0.05)

    def screenshot(self, name, width, height, dark=False, kept=True):
        """The whole page, for people to look at; its structure is what is kept of it. The screen stays so wide."""
        self.shape(width, height, dark)
        whole = self.wait("return document.documentElement.scrollHeight", "height")
        self.shape(width, max(height, whole), dark)
        self.wait("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", "picture")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))
        if kept:
            self.compare(name)
        self.shape(width, height, dark)

    def compare(self, name):
        """With what is kept of that screenshot: its structure. CREDD_UPDATE=1 keeps what is seen."""
        lines = [f"{part}: {masked(words)}\n" if words else f"{part}\n" for part, words in self.run(OUTLINE)]
        kept, seen = OUTLINES / f"{name}.txt", "".join(lines)
        if os.environ.get("CREDD_UPDATE"):
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(seen)
        assert seen == kept.read_text(), f"{name} is not what {kept.name} keeps; CREDD_UPDATE=1 keeps it as it is now"

    def complaints(self):
        """What the console said since it was last asked, but for servers that do not answer."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING") and "net::ERR_" not in entry["message"]]
