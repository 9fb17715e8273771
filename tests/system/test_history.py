"""Who did what, when and why: the history, and what status says of a pause."""
import os
import pwd
import re
import time

import credd_testing as t


def test_the_history_says_who_did_what_when_and_why(daemon, store):
    one = daemon(store, t.world(customers=50)).start()
    one.built()
    began = int(time.time())
    why = ("--reason", "because")
    for words in (("pause", "--for", "2h", "--reason", "demo for Acme"), ("resume", *why), ("pause", "market_data", "--reason", "lunch"),
                  ("resume", "market_data"), ("speed", "60", *why), ("speed", "0"), ("tempo", "customers", "2", *why),
                  ("advance", "2d", *why), ("reset", "--yes", "--seed", "7", *why), ("reload",)):
        one.must(*words)
        [last] = one.json("history", "-n", "1")[0]["acts"]
        assert last["kind"] == words[0], f"what was just done is there at once: {last}"
        assert (last["uid"], last["user"]) == (os.geteuid(), pwd.getpwuid(os.geteuid()).pw_name)
        assert last["pid"] > 1 and began <= t.seconds(last["wall"]) <= time.time() and t.seconds(last["world"])
        assert last["reason"] == (words[words.index("--reason") + 1] if "--reason" in words else "")
        assert last["stream"] == (words[1] if words[1:2] in (("market_data",), ("customers",)) else "")
    acts = one.json("history", "-n", "100")[0]["acts"]
    assert [act["kind"] for act in acts] == ["reset", "pause", "resume", "pause", "resume", "speed", "speed", "tempo", "advance",
                                             "reset", "reload"], "the first world is by credd itself"
    assert acts[0]["user"] == "credd" and acts[0]["uid"] == -1
    text = one.must("history")
    assert re.search(rf"^[\d-]+ [\d:]+Z +\S+ \({os.geteuid()}\) +pause for 2h: demo for Acme$", text, re.M) and re.search(r"advance to 2024-02-17T12:0\d:\d\dZ: because\n", text), text
    assert "reset, seed 7: because\n" in text, text
    # It is in the database, whoever asks later.
    one.stop()
    one.start()
    one.built()
    assert one.json("history", "-n", "100")[0]["acts"] == acts


def test_status_names_who_paused_what_and_until_when(daemon, store):
    one = daemon(store, t.world(customers=50)).start()
    one.built()
    me = pwd.getpwuid(os.geteuid()).pw_name
    one.must("pause", "--for", "2h", "--reason", "demo for Acme")
    one.must("pause", "market_data", "--for", "1h", "--reason", "lunch")
    one.must("pause", "credit_history")
    one.must("tempo", "loan_applications", "20", "--for", "30min")
    before = one.status()
    one.must("reset", "--yes")  # speed and pause stay as they are
    for status in (before, one.status()):
        clock = status["clock"]
        assert (clock["paused_by"], clock["reason"]) == (me, "demo for Acme")
        assert 7000 < t.seconds(clock["resumes_at"]) - t.seconds(clock["wall"]) <= 7200
        stream = one.stream("market_data", status)
        assert (stream["paused"], stream["paused_by"], stream["reason"]) == (True, me, "lunch")
        assert 3400 < t.seconds(stream["resumes_at"]) - t.seconds(clock["wall"]) <= 3600
        stream = one.stream("credit_history", status)
        assert (stream["paused"], stream["paused_by"], stream["reason"], stream["resumes_at"]) == (True, me, None, None)
        assert one.stream("customers", status)["paused_by"] is None
    stream = one.stream("loan_applications", before)
    assert (stream["tempo"], stream["tempo_after"]) == (20, 1)
    assert 1700 < t.seconds(stream["tempo_until"]) - t.seconds(before["clock"]["world"]) <= 1800, "in world time"
    assert one.stream("customers", before)["tempo_until"] is None
    text = one.must("status")
    assert f"by {me}: demo for Acme; resumes at " in text and f"paused by {me}: lunch; resumes at " in text
    assert re.search(rf"paused by {me}$", text, re.M), text
    one.must("resume")
    assert all(stream["paused_by"] is None and stream["reason"] is None for stream in one.status()["streams"])
    one.must("tempo", "loan_applications", "20", "--for", "30min")
    assert re.search(r"tempo x20 until [\d-]+ [\d:]+Z, in \d+ min( of world time)?, then x1$", one.must("status"), re.M)
    refused = one.ctl("pause", "market_data", "--reason", "lunch") and one.ctl("refresh", "market_data")
    assert refused.code == 1 and f"market_data is paused by {me}: lunch; run 'credctl resume' first" in refused.err, refused
