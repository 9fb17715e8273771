"""What systemd itself says of the files that we give it."""
import pathlib
import re
import shutil
import subprocess

import pytest

SYSTEMD = pathlib.Path(__file__).resolve().parents[2] / "systemd"

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("systemd-analyze", "journalctl", "systemd-sysusers")),
    reason="needs systemd's own programs",
)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def unit(tmp_path):
    """The unit with programs that are there on every machine."""
    text = (SYSTEMD / "credd.service").read_text()
    copy = tmp_path / "credd.service"
    copy.write_text(re.sub(r"/usr/bin/cred\w+", "/bin/true", text))
    return copy


def test_the_unit_verifies_without_a_word(unit):
    result = run("systemd-analyze", "verify", "--man=no", str(unit))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_unit_is_hardened(unit):
    result = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", str(unit))
    assert result.returncode == 0, result.stdout


def test_peers_keep_their_names(unit):
    assert not re.search(r"(?m)^(PrivateUsers|DynamicUser)=", unit.read_text())


def test_a_bad_configuration_is_not_started_again(unit):
    assert "RestartPreventExitStatus=2 78" in unit.read_text().splitlines()


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
