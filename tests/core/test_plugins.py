"""Protocols of installed plug-ins are found when they are needed, and not before."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

MODULE = """
from umpa.core.field import U8
from umpa.core.protocol import Protocol

class Sensor(Protocol, name="sensor", follows={"eth.type": 0x88B5}):
    \"\"\"Sensor.\"\"\"

    reading: U8 = U8(doc="What it measured.")
"""
FRAME = "Packet.dissect(bytes(12) + bytes.fromhex('88b5 2a'))"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as pip leaves it: a module, and the list of its entry points."""
    (tmp_path / "sensor_plugin.py").write_text(MODULE)
    info = tmp_path / "sensor_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sensor-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[umpa.protocols]\nsensor = sensor_plugin:Sensor\n")
    return tmp_path


def run(site: Path, program: str) -> str:
    path = os.pathsep.join([str(site), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_plug_in_dissects_what_nobody_else_takes(site: Path) -> None:
    said = run(site, f"from umpa import Packet; print({FRAME}['sensor.reading'])")
    assert said == "42\n"


def test_what_is_known_does_not_look_for_plug_ins(site: Path) -> None:
    program = (
        "import sys; from umpa import Packet, IP, UDP; "
        "p = Packet.dissect(bytes(IP() / UDP()), 228); p.layers; "
        "print('sensor_plugin' in sys.modules, 'importlib.metadata' in sys.modules)"
    )
    assert run(site, program) == "False False\n"


def test_where_there_are_none_the_look_is_quick(site: Path) -> None:
    (site / "sensor_plugin-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\n")
    program = (
        f"import sys; from umpa import Packet; print({FRAME}.layers[-1].name, "
        "'importlib.metadata' in sys.modules)"
    )
    assert run(site, program) == "data False\n"


def test_an_archive_on_the_path_is_looked_into(site: Path, tmp_path: Path) -> None:
    archive = tmp_path / "plug_ins.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in site.rglob("*"):
            if path != archive and path.is_file():
                file.write(path, path.relative_to(site))
    said = run(archive, f"from umpa import Packet; print({FRAME}['sensor.reading'])")
    assert said == "42\n"


def test_the_list_of_protocols_has_them(site: Path) -> None:
    said = run(site, "from umpa.__main__ import main; main(['fields', 'sensor'])")
    assert "sensor.reading" in said


def test_one_that_cannot_be_loaded_is_a_warning(site: Path) -> None:
    (site / "sensor_plugin.py").write_text("import nowhere_to_be_found\n")
    said = run(site, f"from umpa import Packet; print({FRAME}.layers[-1].name)")
    assert said.startswith("data\n")
    assert "the plug-in 'sensor' (sensor_plugin:Sensor)" in said
    assert "No module named 'nowhere_to_be_found'" in said
