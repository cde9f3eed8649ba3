"""Each target of the fuzzer, for a moment. `python -m tests.fuzz.run` is the longer way."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.run import fuzz_at_random, main, mutated
from tests.fuzz.targets import TARGETS, seeds

SECONDS = float(os.environ.get("UMPA_FUZZ_SECONDS", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_target(name: str) -> None:
    begin = list(seeds(name)) or [bytes(range(64))]
    assert fuzz_at_random(TARGETS[name], begin, SECONDS) > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_short_inputs(name: str) -> None:
    for data in [b"", b"\0", b"\xff" * 3, bytes(64), *seeds(name)]:
        TARGETS[name](data)


def test_a_finding_is_one() -> None:
    def target(data: bytes) -> None:
        assert b"\xff" not in data

    with pytest.raises(AssertionError, match=r"input [0-9a-f]+"):
        fuzz_at_random(target, [bytes(20)], 20)


def test_mutations_are_not_all_alike() -> None:
    import random

    generator = random.Random(1)
    assert len({mutated(bytes(40), generator) for _ in range(100)}) > 50


def test_unknown_targets_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["no-such-target"])
    assert "ethernet" in capsys.readouterr().err
