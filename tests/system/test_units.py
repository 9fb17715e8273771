"""What systemd itself says of the files that we give it."""
import pathlib
import re
import shutil
import subprocess

import pytest

SYSTEMD = pathlib.Path(__file__).resolve().parents[2] / "systemd"
SERVICES = ("credd.service", "credd@.service")
SOCKETS = ("credd.socket", "credd@.socket")
PAGES = ("credd-web.socket", "credd-web@.socket")

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("systemd-analyze", "journalctl", "systemd-sysusers")),
    reason="needs systemd's own programs",
)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def settings(name, section="Service"):
    """Lines of a section, without comments."""
    text = (SYSTEMD / name).read_text().split(f"\n[{section}]\n")[1].split("\n[")[0]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture
def units(tmp_path):
    """All units in a folder, with programs that are there on every machine."""
    for name in (*SERVICES, *SOCKETS, *PAGES):
        (tmp_path / name).write_text(re.sub(r"/usr/bin/cred\w+", "/bin/true", (SYSTEMD / name).read_text()))
    return tmp_path


def exposure(path):
    result = run("systemd-analyze", "security", "--offline=yes", "--no-pager", str(path))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert found, result.stdout + result.stderr
    remaining = re.findall(r"(?m)^✗ (?:RestrictAddressFamilies=~)?([^\s=]+)", result.stdout)
    return float(found[1]), remaining


@pytest.mark.parametrize("name", [*SERVICES, *SOCKETS, *PAGES, "credd@demo.service", "credd@demo.socket", "credd-web@demo.socket"])
def test_the_units_verify_without_a_word(units, name):
    if "@demo" in name:
        shutil.copy(units / name.replace("demo", ""), units / name)
    result = run("systemd-analyze", "verify", "--man=no", str(units / name))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize("name", SERVICES)
def test_hardened_and_each_line_that_remains_explained(units, name, figures):
    figure, remaining = exposure(units / name)
    figures(f"systemd-analyze security {name}", figure)
    assert figure <= 1.3
    comment = "\n".join(line for line in (SYSTEMD / name).read_text().splitlines() if line.startswith("#"))
    missing = [line for line in remaining if line not in comment]
    assert remaining and not missing, f"not explained: {missing}"
    assert f"{figure} in all" in comment, "the figure in the comment is not the figure"


@pytest.mark.parametrize("name", SERVICES)
def test_hardest_with_a_database_on_a_unix_socket(units, name, figures):
    folder = units / f"{name}.d"
    folder.mkdir()
    shutil.copy(SYSTEMD / "unix-socket-database.conf", folder)
    figure, _ = exposure(units / name)
    figures(f"systemd-analyze security {name} with unix-socket-database.conf", figure)
    assert figure <= 0.6
    assert f"counts {figure}:" in (SYSTEMD / "unix-socket-database.conf").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_peers_keep_their_names(name):
    assert not any(line.startswith(("PrivateUsers=", "DynamicUser=")) for line in settings(name))


@pytest.mark.parametrize("name", SERVICES)
def test_a_bad_configuration_is_not_started_again(name):
    assert "RestartPreventExitStatus=2 78" in settings(name)


def test_the_instances_are_like_the_default():
    """What differs is where things are, nothing else."""
    def plain(name):
        return [re.sub(r"credd@?%i|credd[/-]%i|credd", "X", line) for line in settings(name)
                if not line.startswith(("ExecStart=", "ExecReload="))]
    assert plain("credd.service") == plain("credd@.service")
    for section in ("Unit", "Socket", "Install"):
        one, other = ([re.sub(r"credd@?%i|credd/%i|credd", "X", line) for line in settings(name, section)
                       if not line.startswith("Description=")] for name in SOCKETS)
        assert one == other
        # A port can be had by one only.
        one, other = ([re.sub(r"credd@?%i|credd", "X", line) for line in settings(name, section)
                       if not line.startswith(("Description=", "ListenStream="))] for name in PAGES)
        assert one == other


def test_the_socket_is_the_groups_and_outlives_the_service():
    for name in SOCKETS:
        assert {"SocketMode=0660", "SocketGroup=credd", "FileDescriptorName=control"} <= set(settings(name, "Socket"))
    for name in SERVICES:
        assert "RuntimeDirectoryPreserve=yes" in settings(name)


def test_the_page_is_this_machine_s_and_the_service_s():
    for name, where in zip(PAGES, ("127.0.0.1:8137", "/run/credd/%i/web")):
        assert {"SocketMode=0660", "SocketGroup=credd", "FileDescriptorName=web", f"ListenStream={where}",
                f"Service={name.replace('-web', '').replace('@', '@%i').replace('socket', 'service')}"} <= set(settings(name, "Socket"))
    # Nothing that is enabled brings it along.
    for name in (*SERVICES, *SOCKETS):
        assert "-web" not in "\n".join(settings(name, "Unit") + settings(name, "Install"))


def test_the_catalog_compiles(tmp_path):
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    shutil.copy(SYSTEMD / "credd.catalog", folder)
    result = run("journalctl", f"--root={tmp_path}", "--update-catalog")
    assert result.returncode == 0, result.stderr
    listed = run("journalctl", f"--root={tmp_path}", "--list-catalog").stdout
    entries = re.findall(r"(?m)^-- ", (SYSTEMD / "credd.catalog").read_text())
    assert len(re.findall(r"(?m)^[0-9a-f]{32} credd: ", listed)) == len(entries) > 20


def test_the_user_is_made(tmp_path):
    result = run(
        "systemd-sysusers", f"--root={tmp_path}", "--dry-run", "--inline",
        *[line for line in (SYSTEMD / "credd.sysusers").read_text().splitlines() if line[:2] == "u "],
    )
    assert result.returncode == 0, result.stderr
    assert "credd" in result.stdout + result.stderr
