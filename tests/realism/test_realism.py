"""Worlds against figures about the real one: each figure of daemon/realism/realism_figures.def is a test.

Customers, credit, loans and money: 20,000 customers and 5 years at each of five seeds, every one within the tolerance.
Market: the mean over 100 seeds of 10 years, as one world is one path. What must never be is counted over all of them.

On one core this takes under two minutes. With CREDD_TEST_SCALE below 1: one seed, and 30 of the market.
"""
import concurrent.futures
import json
import math
import os
import pathlib
import re
import statistics
import subprocess

import pytest

import credd_testing as t

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SMALL = float(os.environ.get("CREDD_TEST_SCALE", "1")) < 1
SEEDS = [1] if SMALL else [1, 2, 3, 4, 5]
MARKET_SEEDS = range(1, 31 if SMALL else 101)
LINE = re.compile(r'^REALISM\((\w+), "([^"]*)", ([-\d.]+), ([-\d.]+), ([\d.]+), "(\w+)", "([^"]*)"\)$', re.M)
DEFINITIONS = (ROOT / "daemon/realism/realism_figures.def").read_text()
FIGURES = {found[0]: (found[1], float(found[2]), float(found[3])) for found in LINE.findall(DEFINITIONS)}
MARKET = DEFINITIONS[DEFINITIONS.index("/* --- market --- */"):]
MARKET_FIGURES = [found[0] for found in LINE.findall(MARKET)]
# What needs a recession, or a crash.
RARE = {"UNEMPLOYED_WITH", "CRASH_ALONE", "CRASH_UNANSWERED"}
# Lenders are strict in a recession and for a while after: one world in which it is most of the time is not held against them.
CYCLICAL = ("CARD_", "PERSONAL_", "DENIED_")
PEOPLE_FIGURES = [name for name in FIGURES if name not in MARKET_FIGURES]


def measure_lines(*words):
    program = t.BUILD / "tests/realism/measure"
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=True)
    return {figure["id"]: figure for figure in json.loads(done.stdout)["figures"]}


def measure_all(what, seeds):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(seeds, pool.map(lambda seed: measure_lines(what, seed), seeds)))


@pytest.fixture(scope="module")
def people():
    return measure_all("people", SEEDS)


@pytest.fixture(scope="module")
def market():
    return measure_all("market", MARKET_SEEDS)


def test_there_are_enough_figures():
    assert len(FIGURES) == len(re.findall(r"^REALISM\(", DEFINITIONS, re.M)) >= 40
    sources = {source for *_, source, _ in LINE.findall(DEFINITIONS)}
    known = ROOT.parent / "shared/reference"
    if known.is_dir():
        assert sources <= {path.stem for path in known.glob("*.csv")}


def together(chances):
    """The chance of several p-values: Fisher's sum of their logarithms."""
    half = -sum(math.log(max(chance, 1e-12)) for chance in chances)
    return math.exp(-half) * sum(half**i / math.factorial(i) for i in range(len(chances)))


@pytest.mark.parametrize("figure", PEOPLE_FIGURES)
def test_people(people, figure):
    name, reference, tolerance = FIGURES[figure]
    here = {seed: figures[figure]["here"] for seed, figures in people.items()}
    if figure in RARE:
        here = {seed: value for seed, value in here.items() if people[seed][figure]["count"] > 0}
        assert here or SMALL, f"{name}: nothing to tell it from in any world"
    else:
        assert all(figures[figure]["count"] > 0 for figures in people.values()), f"{name}: nothing to tell it from"
    if figure.startswith("SAME_"):
        # A recession in one world moves its people: whether they stay as they are is judged by all worlds.
        assert together(here.values()) >= 1 - tolerance, f"{name}: {here}"
        return
    if figure.startswith(CYCLICAL):
        mean = statistics.mean(here.values())
        assert abs(mean - reference) <= tolerance, f"{name}: {reference} ± {tolerance}, but {mean:.4g} (by seed {here})"
        return
    outside = {seed: value for seed, value in here.items() if not abs(value - reference) <= tolerance}
    assert not outside, f"{name}: {reference} ± {tolerance}, but by seed {outside} (all: {here})"


@pytest.mark.parametrize("customers", [1000, 20000])
def test_a_fresh_baseline(customers):
    """Nobody waits for years to show a world: what can be told of its first day is as it is later."""
    for seed in SEEDS:
        figures = measure_lines("people", seed, customers, 0)
        outside = {figure: one["here"] for figure, one in figures.items() if one["verdict"] == "outside"}
        told = sum(one["verdict"] == "within" for one in figures.values())
        assert not outside and told > 80, f"seed {seed}: {outside}, {told} figures told"


@pytest.mark.parametrize("figure", MARKET_FIGURES)
def test_market(market, figure):
    name, reference, tolerance = FIGURES[figure]
    counts = [figures[figure]["count"] for figures in market.values() if figures[figure]["count"] > 0]
    told = [figures[figure]["here"] for figures in market.values() if figures[figure]["count"] > 0]
    if figure in RARE:
        # Not every world has one in its 10 years: those of all worlds are judged together.
        assert sum(counts) >= len(MARKET_SEEDS) / 4, f"{name}: nothing to tell it from"
        mean = sum(here * count for here, count in zip(told, counts)) / sum(counts)
    else:
        assert len(told) == len(MARKET_SEEDS), f"{name}: nothing to tell it from"
        mean = statistics.mean(told)
    # What may never be is not averaged away.
    worst = max(told, key=lambda value: abs(value - reference)) if tolerance == 0 else mean
    assert abs(worst - reference) <= tolerance * (1 + 1e-9), (
        f"{name}: {reference} ± {tolerance}, but {worst:.4g} (sd between worlds {statistics.pstdev(told):.2g})")
