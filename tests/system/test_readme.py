"""What the README and the developers' page say of the tree and of the commands is so."""
import re

import credd_testing as t
from credd_stores import SqliteStore

README = (t.ROOT / "README.md").read_text()
DEVELOPERS = (t.ROOT / "packaging" / "doc" / "developers.md").read_text()
WORLD = t.ROOT / "daemon" / "world"


def chapter(page, title):
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_pattern_is_where_it_says():
    text = chapter(DEVELOPERS, "Changing a pattern")
    files = {name for name in re.findall(r"`([\w/]+\.(?:c|py))`", text)}
    assert len(files) >= 12
    sources = {name: (WORLD / name).read_text() for name in files}
    everything = "\n".join(path.read_text() for path in WORLD.rglob("*.[ch]")) + "\n".join(sources.values())
    names = {name.strip(".") for name in re.findall(r"`(\.?[A-Za-z_]\w+)`", text)} - {"tempo"}
    assert len(names) >= 30
    assert not {name for name in names if not re.search(rf"\b{name}\b", everything)}
    for name, first in re.findall(r"`(\w+\.c)`: `(\w+)`", text):
        assert re.search(rf"\b{first}\b", sources[name]), (name, first)


def test_the_tour_can_be_gone(daemon, folder):
    """Each command of it, one after the other, and the first words of what it answers."""
    text = chapter(README, "Ten minutes")
    start = re.search(r"--set clock.start=(\S+)", text).group(1)
    one = daemon(SqliteStore(folder), {"clock": {"start": start}})
    one.start()
    one.built()
    gone = 0
    for command, shown in re.findall(r"^\$ credctl ([^\n;]*?)(?: \|[^\n]*|;[^\n]*)?\n((?:(?![$`]).*\n)*)", text, re.M):
        words = re.findall(r'"[^"]*"|\S+', command)
        words = [word.strip('"') for word in words]
        assert max(map(len, shown.splitlines() or [""])) <= 80, shown
        if words[0] == "watch":
            continue
        if words == ["reset"]:
            words, shown = ["reset", "--yes"], shown.split("\n", 1)[1]
        result = one.ctl(*[str(folder / word) if word.endswith(".csv") else word for word in words])
        assert result.code == 0, (command, result)
        if shown and words[0] not in ("export", "history", "verify"):
            first = [re.sub(r"\d.*", "", line).split() for line in (shown, result.out)]
            assert first[0][:3] == first[1][:3] or words[0] == "status", (command, result.out)
        for digest in re.findall(r"\b[0-9a-f]{64}\b", shown):
            assert digest in result.out, f"the rows are others than the README shows: {result.out}"
        gone += 1
    assert gone >= 12
    heading = next(line for line in one.must("status").splitlines() if line.startswith("  STREAM"))
    assert heading in text.splitlines()
