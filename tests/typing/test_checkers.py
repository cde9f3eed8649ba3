"""umpa's types, seen by mypy --strict and pyright: what they must accept and what refuse.

In `cases/`, a line that ends with `# error` must be reported by both checkers, and no other line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

CASES = sorted((Path(__file__).parent / "cases").glob("*.py"))
Reports = dict[str, dict[int, str]]


def checker(*command: str) -> str:
    """What a type checker prints; it fails where it finds errors."""
    full = [sys.executable, "-m", *command]
    done = subprocess.run(full, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mypy() -> Reports:
    """The errors of mypy by file and line."""
    found: Reports = {}
    names = [str(case) for case in CASES]
    output = checker("mypy", "--strict", "--no-error-summary", "--show-absolute-path", *names)
    for line in output.splitlines():
        if match := re.match(r"(.*?):(\d+)(?::\d+)?: error: (.*)", line):
            found.setdefault(match[1], {})[int(match[2])] = match[3]
    return found


@pytest.fixture(scope="module")
def pyright() -> Reports:
    """The errors of pyright by file and line."""
    found: Reports = {}
    for report in json.loads(checker("pyright", "--outputjson", "--project", "tests/typing"))[
        "generalDiagnostics"
    ]:
        if report["severity"] == "error":
            line = report["range"]["start"]["line"] + 1
            found.setdefault(report["file"], {})[line] = report["message"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mypy", "pyright"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_errors_are_where_they_are_marked(
    name: str, case: Path, request: pytest.FixtureRequest
) -> None:
    reports: Reports = request.getfixturevalue(name)
    found = reports.get(str(case), {})
    lines = case.read_text("utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    missed = [f"{number}: {lines[number - 1].strip()}" for number in sorted(marked - set(found))]
    unexpected = [f"{number}: {found[number]}" for number in sorted(set(found) - marked)]
    assert not missed, "not reported"
    assert not unexpected, "reported without a mark"
