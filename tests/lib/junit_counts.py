#!/usr/bin/python3
"""Prints passed, failed and skipped of a JUnit file."""
import sys
import xml.etree.ElementTree

suites = list(xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testsuite"))
total, bad, skipped = (sum(int(suite.get(name, 0)) for suite in suites for name in names)
                       for names in (("tests",), ("failures", "errors"), ("skipped",)))
print(max(0, total - bad - skipped), bad, skipped)
