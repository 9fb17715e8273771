"""`credd --calendar` against `systemd-analyze calendar`: the same runs, the same refusals."""
import os
import random
import re
import shutil
import subprocess

import pytest

from credd_testing import CREDD, SCALE

BINARY = os.environ.get("CREDD_BIN", str(CREDD))
ANALYZE = shutil.which("systemd-analyze")
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC")
MORE_ZONES = ("Europe/Dublin", "America/Havana", "Asia/Beirut", "Africa/Casablanca", "America/St_Johns",
              "Pacific/Chatham", "America/Sao_Paulo", "Pacific/Apia")
GENERATED = int(os.environ.get("CREDD_TEST_CALENDARS", "400"))

pytestmark = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze to compare with")

FIXED = """
minutely|hourly|daily|weekly|monthly|quarterly|semiannually|semi-annually|yearly|annually|Weekly|DAILY|anually
biannually|bi-annually|hourly UTC|weekly Europe/Berlin|monthly utc|daily America/New_York
Mon|Monday|mon..fri|Mon,Wed|Mon-Fri|Sat,Thu,Mon-Wed,Sat-Sun|Fri,|Mon..Wed,|Mon..Sun|Tue,Tue|Sat,Sun 12:00|Wed..Sat,Tue 12-10-15 1:2:3
Sat,Thu,Mon..Wed,Sat..Sun|Mon,Sun 12-*-* 2,1:23|Wed *-1|Wed..Wed,Wed *-1|Wed, 17:48|*-*-7 0:0:0|10-15|monday *-12-* 17:00
Mon,Fri *-*-3,1,2 *:30:45|12,14,13,12:20,10,30|12..14:10,20,30|mon,fri *-1/2-1,3 *:30:45|03-05 08:05:40|08:05:40|05:40
Sat,Sun 12-05 08:05:40|Sat,Sun 08:05:40|2003-03-05 05:40|05:40:23.4200004/3.1700005|2003-02..04-05|2003-03-05 05:40 UTC
2003-03-05|03-05|*:2/3|2015-10-25 01:00:00 uTc|2026-10-25 01:30:00 Europe/Berlin|*-*~1|*-02~01|*-2~3|05~07..3|*-*~3..1|Mon *-05~07/1
*-*~1/6|*-*~28|*-*~28..1/9|*-*~05,03..01|05~03..01|Fri *-*~07/1 21:30|*-*~5/2|*-2~1..7/3|*-*~07,01 00:00:30|*~1
*-02-29|*-2-29 23:59:59|Mon *-02-29|Sun 2028-02-29|*-02-30|*-02-31,30|2027-02-29|*-04-31|*-*-31|*-*-30,31|*-*-29/1|*-*-31/2|1..31/7|*-*-1..31/7
2199-12-31|2199-12-31 23:59:59|1970-01-01|1971-*-*|70-01-01|69-01-01|99-*-*|00-01-01|26..28-02-28|26/4-02-29|2020..2040/3-06-15|2026/2-07-04|*/2-01-01
*:0/5|*:0/15|0/3:00|9..17:00/15|Mon..Fri 9..16:0/5|Mon..Fri 9,10,11:30,45|0/7:0/13|*:*:0/7|*:*:*|*:*:30|*:*|*-*-* *:*:*|*-*-* *:*:0/17.5
*:*:59.999999|*:*:0.5|*:*:1.25..20.5/3.75|*:*:10..20|*:*:10..20/3|*:*:0..59/0.5|*:*:0.0000005|*:*:0.123456789|00:00:0/0.000001
@0|@1786703712|@1786703712 UTC|@1786703712 Europe/Berlin|Mon @1786703712|@ 5|@+1786703712|@-0|@4000000000|@7258118399|@7258118400
02:30|2:30:00|01:30|01:30:30|*-*-* 02:00..30/10|1..3:0/20|*-3-8 02:30|*-11-1 1:30|*-3-29 2:15|*-10-25 2:15|0:0|24:00|23:59:59|*-*-* 02:30:00 America/New_York
*-*-* 01:30 Australia/Lord_Howe|Sun *-3-8..14 2:0/30|Sun *-11-1..7 0..2:0/15|Sun *-10-01..07 2:0/15|Sun *-4-01..07 1..2:0/15|*:30 UTC|*:00/30|1:00/30
2026-*-1 12:00|2026..2027-1,7-1..3|2026-06-01..10/3 6:30|2026,2028,2030-01-01|*-1..3-*|*-*-1,15|*-1,4,7,10-1|*-12-25|*-6..8/2-1..5|5..5-1..1|5..6/10-1
Mon 2026-01-06|Tue 2026-01-06|Fri *-*-13|Sun *-*-8..14|Thu *-11-22..28|Mon *-5~07/1|Sat *-*-29/1 4:5:6.7|Mon,Tue,Wed,Thu,Fri *-*~1..3 17:00
*-*-* 0..23/2:59:59|0,12:0,30:0,30|00..06:00|Mon..Thu,Sat,Sun *-*-* *:0/10|1/24:00|0/24:00|*:0/60|*:*:0/60|0..0:0..0:0|22:0:0..0|*-1/13-1|*-*-1/31|1900/10-1-1
*-*-* 12:00 EST5EDT|12:00 GMT+5|12:00 Etc/UTC|12:00 America/Nowhere|12:00 america/new_york|12:00 ../UTC|12:00 /UTC|12:00 zone.tab|12:00 Europe|12:00 Asia/Kathmandu
"""

INVALID = [
    "", " ", "  ", "12", "7", "*", "*-", "*-*-", "x", "Mond", "Tues", "Mon..", "..Mon", "Mon.Tue", "Mon...Tue", "Fri..Mon",
    "Mon..Tue..Wed", "Mon-", "Mon,Foo", "Mon;Tue", "Mon, ,Tue", "Mon ,Tue", ",Mon", "Mon*-*-*", "2026-00-01", "2026-13-01",
    "2026-01-00", "2026-01-32", "2026-1-1-1", "2200-01-01", "1969-01-01", "100-01-01", "0-0-0", "24:00", "23:60", "23:59:60", "1:2:3:4",
    "12:", ":12", "12::", "12:30:", "12:30 x", "12:30  UTC", "12:30 ", " 12:30", "*-*-*\t12:00",
    "*-*-*T12:00", "*-*~", "*-*~0", "*-*~29", "*~*~1", "*~1-1", "*-*~5/5", "*-*-5..3", "5..3:00",
    "1..:00", "..5:00", "1/0:00", "*/5:00", "*:*/5", "1/:00", "*:0/-5", "-1:00", "+1:00", "*:*:0..0.5", "*:*:1..1.5", "*:*:1.", "*:*:.5",
    "*:*:1.5.5", "*:*:1.5..", "*:*:60", "*:*:59.9999999", "*:*:0/0", "*:*:0/0.0000001", "99999999999999999999:00", "4294967296:00",
    "2147483648-1-1", "*:*:2147483648", "@", "@x", "@-5", "@5 5", "@1.5", "@99999999999999999999", "@1786703712 12:00", "UTC", " UTC",
    "UTC UTC", "12:00 UTC UTC", "Europe/Berlin", "hourly daily", "hourlyx", "fortnightly", "reboot", "2026-01-01,12:00", "1,,2:00", ",1:00",
    "1,:00", "*,1:00", "1,*:00", "0x10:00", "1e1:00", "１２:00", "12:00\n", "12:00 #", ",".join(["1"] * 242) + ":00",
    "9-17:00", "2026/01/01", "01.01.2026", "12.30", "Mon~1", "*-*-~1", "*-~1", "~1", "*-02~29", "1-*~28/28",
]

BASES = [
    "2025-12-31 23:59:59", "2026-01-01 00:00:00", "2026-03-08 06:59:59", "2026-03-08 06:30:00", "2026-03-29 00:59:59",
    "2026-10-03 15:00:00", "2026-04-04 14:20:00", "2026-11-01 04:10:00", "2026-11-01 05:45:00", "2026-11-01 06:20:00",
    "2026-10-25 00:10:00", "2026-10-25 01:20:00", "2028-02-28 12:00:00", "2037-12-31 23:00:00", "2199-11-01 00:00:00",
    "1970-01-01 00:00:01", "2100-02-27 00:00:00",
]


def analyze(expression, count, base, zone):
    """What systemd-analyze says: None where it refuses, else the UTC times of the next runs."""
    run = subprocess.run([ANALYZE, "calendar", f"--iterations={count}", f"--base-time={base} UTC", "--", expression],
                         env={"TZ": zone, "LC_ALL": "C", "PATH": os.environ["PATH"]}, capture_output=True, text=True)
    if "Failed to parse" in run.stderr:
        return None
    if "Failed to determine next elapse" in run.stderr:  # it gave up looking, and shows none of those before
        return analyze(expression, count - 1, base, zone) if count > 1 else []
    pattern = r"(?:Next elapse|Iter\. #\d+):" if zone == "UTC" else r"\(in UTC\):"
    return re.findall(pattern + r" \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$", run.stdout, re.M)


def credd(expression, count, base, zone):
    run = subprocess.run([BINARY, "--calendar", expression, "-n", str(count), "--from", base.replace(" ", "T") + "Z",
                          "--timezone", zone], capture_output=True, text=True, timeout=10)
    if run.returncode != 0:
        assert run.stdout == "" and run.stderr.strip(), f"{expression!r}: refused without a word"
        return None
    # systemd-analyze shows no fractions.
    return [(line[:10], line[11:19]) for line in run.stdout.splitlines()]


def compare(cases):
    """At less than full length, under a sanitizer say, only some of them."""
    cases = cases[::max(1, round(1 / SCALE))]
    wrong = []
    for expression, count, base, zone in cases:
        expected, found = analyze(expression, count, base, zone), credd(expression, count, base, zone)
        if expected != found:
            wrong.append(f"{expression!r} from {base} in {zone}: {found}, systemd-analyze: {expected}")
    assert not wrong, f"{len(wrong)} of {len(cases)} differ:\n" + "\n".join(wrong[:40])


def fixed():
    spaced = ["2026-01-01 ", "*-*-* ", "*-*-*  12:00", "Mon   12:00", "Mon, 12:00", "Fri  ", "@ 1786703712", "*-*~5/4", "Mon..Fri 9:00..17:00", ",".join(["1"] * 241) + ":00"]
    return [e for line in FIXED.strip().splitlines() for e in line.split("|")] + spaced


@pytest.mark.parametrize("zone", ZONES)
def test_fixed_expressions(zone):
    compare([(e, 5, BASES[i % len(BASES)], zone) for i, e in enumerate(fixed())])


def test_invalid_expressions_are_refused_alike():
    compare([(e, 1, BASES[1], "America/New_York") for e in INVALID])
    for expression in INVALID:
        assert credd(expression, 1, BASES[1], "UTC") is None, f"{expression!r} was taken"


def ticks():
    """Expressions that run often, from just before every kind of clock change."""
    return ["*:0/15", "*:*:0/20", "*:30", "0/2:15", "1,2,3:0/10", "1:59:58..59", "2:00", "2:30", "3:00", "1:30", "0:00",
            "Sun 1..2:0/20", "*-*~1/1 2:30", "*-*~31..1 1:45", "*-*-29 2:30", "*-1/1-8 2:0/15"]


@pytest.mark.parametrize("zone, names", [("America/New_York", ("EST", "EDT", "edt", "PST")), ("Europe/Berlin", ("CET", "CEST", "MET")),
                                         ("Australia/Lord_Howe", ("+1030", "+11", "+10")), ("Europe/Dublin", ("GMT", "IST")),
                                         ("Asia/Tokyo", ("JST",)), ("UTC", ("EST", "CEST"))])
def test_names_of_local_time(zone, names):
    expressions = ("12:00", "*:0/20", "Mon 2:30", "*-*~1..2 1:30", "Sun *-10,11-1..7 1:0/30", "monthly")
    compare([(f"{e} {name}", 4, base, zone) for e in expressions for name in names for base in BASES[1:13:3]])


@pytest.mark.parametrize("zone", ZONES + MORE_ZONES)
def test_clock_changes(zone):
    changes = {"America/Havana": ("2026-03-08 04:30:00", "2026-11-01 03:30:00"),
               "Asia/Beirut": ("2026-03-28 21:30:00", "2026-10-24 20:30:00"),
               "Africa/Casablanca": ("2026-02-15 01:30:00", "2026-03-22 01:30:00"),
               "America/Sao_Paulo": ("2018-11-04 02:30:00", "2019-02-17 01:30:00"),
               "Pacific/Apia": ("2011-12-30 09:30:00", "2012-03-31 12:30:00"),
               "Pacific/Chatham": ("2026-09-26 13:30:00", "2026-04-04 13:30:00"),
               "America/St_Johns": ("2026-03-08 05:00:00", "2026-11-01 03:30:00"),
               "Australia/Lord_Howe": ("2026-10-03 15:00:00", "2026-04-04 14:20:00"),
               "America/New_York": ("2026-03-08 06:30:00", "2026-11-01 04:10:00"),
               }.get(zone, ("2026-03-29 00:30:00", "2026-10-24 23:50:00"))
    compare([(e, 12, base, zone) for e in ticks() for base in changes])


class Generator:
    """Expressions at random, most of them valid, many at the edges."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def number(self, least, most):
        edge = self.random.random()
        return least if edge < .1 else most if edge < .2 else self.random.randint(least, most)

    def part(self, least, most, fraction=False):
        def text(value):
            digits = self.random.choice(("", "", ".5", ".25", ".999999", ".1234567")) if fraction else ""
            return (f"{value:02d}" if self.random.random() < .5 else str(value)) + digits
        first, last = self.number(least, most), self.number(least, most)
        kind = self.random.random()
        if kind < .55:
            return text(first)
        if kind < .7:
            return text(first) + "/" + text(self.number(1, max(1, (most - least) // 2)))
        if self.random.random() < .95:
            first, last = min(first, last), max(first, last)
        range_text = text(first) + ".." + text(last)
        return range_text if kind < .9 else range_text + "/" + text(self.number(1, 7))

    def parts(self, least, most, star=.3, fraction=False):
        if self.random.random() < star:
            return "*"
        return ",".join(self.part(least, most, fraction) for _ in range(self.random.choice((1, 1, 1, 2, 3))))

    def weekdays(self):
        names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "monday", "Saturday", "SUN")
        items = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            first, last = sorted(self.random.sample(range(7), 2))
            items.append(self.random.choice(names) if self.random.random() < .6 else f"{names[first]}..{names[last]}")
        return ",".join(items) + self.random.choice(("", "", "", ","))

    def date(self):
        from_end = self.random.random() < .3
        day = self.parts(1, 28, .1) if from_end else self.parts(1, 31)
        if from_end and "." in day and self.random.random() < .8:
            day = re.sub(r"(\d+)\.\.(\d+)", lambda m: f"{min(m[1], m[2], key=int)}..{max(m[1], m[2], key=int)}", day)
        year = self.parts(2024, 2040, .8) if self.random.random() < .9 else str(self.random.randint(0, 99))
        month_day = self.parts(1, 12, .6) + ("~" if from_end else "-") + day
        return month_day if self.random.random() < .3 else year + "-" + month_day

    def time(self):
        text = self.parts(0, 23) + ":" + self.parts(0, 59, .2)
        if self.random.random() < .3:
            text += ":" + self.parts(0, 59, .1, fraction=True)
        return text

    def expression(self):
        words = []
        if self.random.random() < .3:
            words.append(self.weekdays())
        if self.random.random() < .7:
            words.append(self.date())
        if not words or self.random.random() < .7:
            words.append(self.time())
        if self.random.random() < .15:
            words.append(self.random.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")))
        text = " ".join(words)
        if self.random.random() < .04:
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice(("", " ", "-", "~", ":", ",", "..", "/", "*", "0", "x")) + text[at + 1:]
        return text

    def base(self):
        if self.random.random() < .5:
            return self.random.choice(BASES)
        return "%04d-%02d-%02d %02d:%02d:%02d" % (self.random.randint(2024, 2037), self.random.randint(1, 12), self.random.randint(1, 28),
                                                  self.random.randrange(24), self.random.randrange(60), self.random.randrange(60))


@pytest.mark.parametrize("zone", ZONES)
def test_generated_expressions(zone):
    generator = Generator(f"calendar {zone}")
    compare([(generator.expression(), 4, generator.base(), zone) for _ in range(GENERATED // len(ZONES))])


def test_next_runs_from_now():
    run = subprocess.run([BINARY, "--calendar", "minutely", "-n", "3"], capture_output=True, text=True, timeout=10)
    assert run.returncode == 0 and len(re.findall(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$", run.stdout, re.M)) == 3


def test_fractions_are_printed_where_there_are_any():
    run = subprocess.run([BINARY, "--calendar", "*:*:0,30.25", "-n", "2", "--from", "2026-01-01T00:00:00Z", "--timezone", "UTC"],
                         capture_output=True, text=True, timeout=10)
    assert run.stdout == "2026-01-01T00:00:30.250000Z\n2026-01-01T00:01:00Z\n"


@pytest.mark.parametrize("expression, count, runs, words", (
    ("2020-01-01", 1, 0, "'2020-01-01' never elapses"), ("2030-01-01", 3, 1, "'2030-01-01' no longer elapses after that"),
    ("daily", 2, 2, "")))
def test_what_elapses_no_more_is_told(expression, count, runs, words):
    run = subprocess.run([BINARY, "--calendar", expression, "-n", str(count), "--from", "2026-01-01T00:00:00Z"],
                         capture_output=True, text=True, timeout=10)
    assert run.returncode == 0 and len(run.stdout.splitlines()) == runs, run
    assert run.stderr == (f"credd: {words}\n" if words else "")
