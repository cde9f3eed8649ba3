"""What every test may use: the bundled captures, what a machine must offer, and the rule of CI.

A test marked `live` needs Linux and root; `@pytest.mark.needs("tshark", "curl")` names programs.
Where one is missing the test is skipped, but in continuous integration (CI=true) a skip is a
failure, unless its reason starts with "platform:".
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
CAPTURES = ROOT / "tests" / "captures"
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")

# A shell's background jobs ignore Ctrl-C, and so would every program that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("umpa", deadline=None, print_blob=True)
hypothesis.settings.load_profile("umpa")
# what the other CPythons run: they have the same code, so few examples tell the difference
hypothesis.settings.register_profile(
    "few", hypothesis.settings.get_profile("umpa"), max_examples=10
)

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of the captures recorded for the tests."""
    return CAPTURES


@pytest.fixture(scope="session")
def first_capture() -> Path:
    """The capture that the examples and the documentation use."""
    return ROOT / "examples" / "captures" / "first.pcapng"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("live"):
        if sys.platform != "linux":
            pytest.skip("platform: network namespaces are Linux's")
        if os.geteuid() != 0:
            pytest.skip("needs root")
    for marker in item.iter_markers("needs"):
        missing = [program for program in marker.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"needs {', '.join(missing)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return refuse_skip((yield))


def refuse_skip(report: Report) -> Report:
    """In CI, what was skipped has failed, but for reasons of the platform and expected failures."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith("platform:"):
            report.outcome = "failed"
            report.longrepr = f"skipped in continuous integration: {reason}"
    return report
