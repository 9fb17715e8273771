"""Promise 9: synthetic on its face."""
import re

from credd_stores import COLUMNS, LIVED
from credd_testing import scaled, world

PHONE = re.compile(r"^(?:\+1[- ])?\(?[2-9]\d\d\)?[- .]555[- .]01\d\d$")
# Never issued: area 666 with any group and serial that are not zero; area 900 to 999 with a group that is no ITIN's.
SSN = re.compile(r"^(?:666-(?!00)\d\d|9\d\d-(?:0[1-9]|[1-4]\d))-(?!0000)\d{4}$")
EMAIL = re.compile(r"^[a-z0-9][a-z0-9._+-]*@(?:[a-z0-9-]+\.)*(?:example\.(?:com|net|org)|[a-z0-9-]+\.(?:example|test|invalid))$")


def test_identifiers_are_never_issued(store, daemon, figures):
    credd = daemon(store, world(customers=scaled(5000, 500), seed=9)).start()
    credd.built()
    credd.must("advance", "90d")
    names = [name for name, _ in COLUMNS["customers"]]
    people = [dict(zip(names, line.split("\x1f"))) for line in store.dump()["customers"]]
    figures("people looked at", len(people))
    assert len(people) > scaled(5000, 500)
    for person in people:
        assert SSN.match(person["ssn"]), person
        assert PHONE.match(person["phone"]), person
        assert EMAIL.match(person["email"]), person
        assert "  " not in person["address"] and person["address"].isascii(), person
    assert len({person["ssn"] for person in people}) == len(people), "two people share a number"
    assert len({person["email"] for person in people}) == len(people), "two people share an address"


def test_market_sources_say_that_they_are_synthetic(store, daemon):
    credd = daemon(store, world(customers=20)).start()
    credd.built()
    sources = [text for text, in store.query("SELECT DISTINCT source FROM market_data")]
    assert sources and all("synthetic" in text.lower() for text in sources), sources


def test_keys_are_fixed_width_and_plain(store, daemon):
    credd = daemon(store, world(customers=100)).start()
    credd.built()
    credd.must("advance", "30d")
    dump = store.dump()
    for table in LIVED:
        keys = [line.split("\x1f")[0] for line in dump[table]]
        assert keys and len({len(key) for key in keys}) == 1, table
        assert all(re.fullmatch(r"[0-9A-Z-]+", key) for key in keys), table
