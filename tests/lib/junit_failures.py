#!/usr/bin/python3
"""Prints the tests of a JUnit file that failed, with the first words of why."""
import sys
import xml.etree.ElementTree

WORDS_MAX = 400

for case in xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
    for why in case:
        if why.tag in ("failure", "error"):
            words = " ".join((why.get("message") or why.text or "").split())[:WORDS_MAX]
            print(f"  {case.get('classname')}::{case.get('name')}: {words}")
