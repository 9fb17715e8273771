#!/usr/bin/python3
"""Circles of files: those that need each other in a loop, so that none can be read, tested or replaced without the others.

    tests/lib/file_circles.py BUILD
    tests/lib/file_circles.py --self-test

Three kinds, each with what ties it: .c files of one program whose functions call each other, seen in their objects; headers
that include each other; rooms that link each other.

Tables do not tie, functions do. A table that names functions is how a lower layer calls back up without knowing who is
there: whoever reads the table needs its data, and only the file that fills it needs the functions.
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAMS = ("daemon", "ctl")
# Where #include "…" is looked for, besides the file's own folder.
INCLUDED_FROM = ("include", "daemon")


def circles(ties):
    """Of {file: {other: what of it is needed}}: each circle as lines of text."""
    def reachable(start):
        found, ahead = set(), [start]
        while ahead:
            for other in ties.get(ahead.pop(), ()):
                if other not in found:
                    found.add(other)
                    ahead.append(other)
        return found

    reach = {file: reachable(file) for file in ties}
    done = set()
    for file in sorted(ties):
        if file in done or file not in reach[file]:
            continue
        circle = sorted(other for other in reach[file] if file in reach.get(other, ()))
        done.update(circle)
        lines = [f"circle: {', '.join(circle)}"]
        for one in circle:
            lines += [f"    {one} needs {other}: {', '.join(sorted(ties[one][other]))}" for other in circle if other in ties[one]]
        yield "\n".join(lines)


def objects(root, build):
    """(source, object) of the programs, as the build knows them now: the folder may hold older ones."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        words = shlex.split(entry["command"])
        output = words[words.index("-o") + 1]
        if output.startswith(tuple(f"{program}/" for program in PROGRAMS)):
            yield source.relative_to(root).as_posix(), pathlib.Path(entry["directory"]) / output


def symbols(paths):
    """{object: (the functions that it defines, the symbols that it needs)}"""
    found = {path: (set(), set()) for path in paths}
    out = subprocess.run(["nm", "-g", "-A", *paths], capture_output=True, text=True, check=True).stdout
    for path, kind, name in re.findall(r"^(.+):[0-9a-f ]+([A-Za-z]) (\S+)$", out, re.M):
        defined, needed = found[pathlib.Path(path)]
        if kind in "TWi":
            defined.add(name)
        elif kind in "Uw":
            needed.add(name)
    return found


def calls(sources):
    """Of {file: (functions, needed symbols)} of one program: {file: {other: functions}}"""
    owner = {name: file for file, (defined, _) in sources.items() for name in defined}
    ties = {file: {} for file in sources}
    for file, (_, needed) in sources.items():
        for name in needed:
            if owner.get(name, file) != file:
                ties[file].setdefault(owner[name], set()).add(name)
    return ties


def includes(root):
    headers = [path for folder in (*PROGRAMS, "include") for path in (root / folder).rglob("*") if path.suffix in (".h", ".def")]
    ties = {}
    for path in headers:
        file = path.relative_to(root).as_posix()
        ties[file] = {}
        for name in re.findall(r'^\s*#\s*include\s*[<"]([^">]+)[">]', path.read_text(), re.M):
            for folder in (path.parent, *(root / folder for folder in INCLUDED_FROM)):
                if (folder / name).exists():
                    ties[file][(folder / name).resolve().relative_to(root).as_posix()] = {f"#include {name}"}
                    break
    return ties


def rooms(root):
    """{room: the rooms that its CMakeLists.txt links}"""
    walls = {}
    for path in sorted((root / "daemon").glob("*/CMakeLists.txt")):
        found = re.search(r"credd_room\((\w+)\b.*?(?:\bKNOWS\b(.*?))?\)", path.read_text(), re.S)
        walls[found.group(1)] = set(re.findall(r"\bcredd_(\w+)", found.group(2) or ""))
    return walls


def find(root, build):
    """The circles of a source tree and its build folder."""
    root, build = root.resolve(), build.resolve()
    built = dict(objects(root, build))
    missing = [f"{path} is not built" for path in built.values() if not path.exists()]
    if missing or not built:
        return missing or [f"nothing of {', '.join(PROGRAMS)} is built in {build}"]
    seen = symbols(built.values())
    found = []
    for program in PROGRAMS:
        found += circles(calls({file: seen[path] for file, path in built.items() if file.startswith(f"{program}/")}))
    found += circles(includes(root))
    walls = rooms(root)
    found += circles({room: {other: {f"credd_{other}"} for other in known} for room, known in walls.items()})
    return found


# A tree with one circle of each kind. What a table names is none, nor is a function of another program.
SELF_TEST = {
    "daemon/calls/a.c": "void b(void); void a(void); void a(void) { b(); }",
    "daemon/calls/b.c": "void a(void); void only(void); void b(void); void b(void) { a(); only(); }",
    "daemon/calls/table.c": "void low(void); void up(void); void up(void) { low(); } void (*const table[])(void) = {up};",
    "daemon/calls/low.c": "extern void (*const table[])(void); void low(void); void low(void) { table[0](); }",
    "ctl/only.c": "void b(void); void only(void); void only(void) { b(); }",
    "daemon/calls/one.h": '#include "calls/two.h"',
    "daemon/calls/two.h": '#include "one.h"',
    "daemon/calls/three.h": '#include "one.h"',
    "daemon/calls/CMakeLists.txt": "credd_room(calls SOURCES a.c KNOWS credd_other credd_base)",
    "daemon/other/CMakeLists.txt": "credd_room(other SOURCES o.c\n  KNOWS credd_calls PkgConfig::X)",
    "daemon/base/CMakeLists.txt": "credd_room(base SOURCES b.c)",
}
SELF_TEST_FINDS = [
    ("daemon/calls/a.c, daemon/calls/b.c", "daemon/calls/b.c needs daemon/calls/a.c: a"),
    ("daemon/calls/one.h, daemon/calls/two.h", "daemon/calls/two.h needs daemon/calls/one.h: #include one.h"),
    ("calls, other", "other needs calls: credd_calls"),
]


def self_test_finds(root, files):
    build = root / "build"
    commands, running = [], []
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        if path.suffix == ".c":
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            command = ["cc", "-o", f"{name}.o", "-c", str(path)]
            running.append(subprocess.Popen(command, cwd=build))
            commands.append({"directory": str(build), "file": str(path), "command": shlex.join(command)})
    if any([one.wait() for one in running]):
        return ["file_circles: cc does not compile its files"]
    (build / "compile_commands.json").write_text(json.dumps(commands))
    return find(root, build)


def self_test():
    """What is wrong with the check itself, as lines of text."""
    with tempfile.TemporaryDirectory(prefix="credd-circles-") as folder:
        root = pathlib.Path(folder).resolve()
        found = self_test_finds(root, SELF_TEST)
        wrong = [f"file_circles: finds no {wanted!r}" for circle, tie in SELF_TEST_FINDS for wanted in (f"circle: {circle}\n", tie)
                 if sum(wanted in text for text in found) != 1]
        if len(found) != len(SELF_TEST_FINDS):
            wrong.append(f"file_circles: finds {len(found)} circles where there are {len(SELF_TEST_FINDS)}")
        straight = {**SELF_TEST, "daemon/calls/b.c": "void b(void); void b(void) { }", "daemon/calls/one.h": "",
                    "daemon/other/CMakeLists.txt": "credd_room(other SOURCES o.c KNOWS credd_base)"}
        wrong += [f"file_circles: where there is none: {text}" for text in self_test_finds(root, straight)]
    return wrong


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    found = self_test() if sys.argv[1] == "--self-test" else find(root, root / sys.argv[1])
    print("\n".join(found) or "no problems")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
