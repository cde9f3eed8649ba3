"""Every example of the repository runs, as a user runs it, and says something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.examples
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert not done.stderr


@pytest.mark.examples
def test_run_sh_knows_its_examples() -> None:
    command = [str(ROOT / "examples" / "run.sh"), "no-such-example"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no example 'no-such-example'" in done.stderr
    assert "quickstart" in done.stderr


@pytest.mark.examples
@pytest.mark.live
@pytest.mark.parametrize("command", ["examples/run.sh", "tests/run.sh lint"])
def test_prepared_once_both_commands_need_neither_network_nor_privileges(command: str) -> None:
    bare = ["unshare", "--net", "setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run(
        [*bare, *command.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "preparing" not in done.stderr
    assert done.stdout.strip()
