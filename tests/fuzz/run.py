"""Fuzzing by hand: `python -m tests.fuzz.run --seconds 60 [TARGET...]`.

With atheris (`pip install 'umpa[fuzz]'`) it is guided by coverage; without, the seeds are
mutated at random. Each target runs in a process of its own. A finding is written to
`fuzz-TARGET-...` in the current folder; `python -m tests.fuzz.run --input FILE TARGET` runs it
again.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target, seeds

__all__ = ["fuzz_at_random", "main"]

MOST_BYTES = 2000
"""The longest input made at random."""
SLOW = 1.0
"""Seconds that no input may take, even on a loaded machine and with coverage measured."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--corpus", type=Path, help="a folder to keep inputs in, and begin with")
    parser.add_argument("--input", type=Path, help="run one input only")
    options = parser.parse_args(arguments)
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    names = options.targets or list(TARGETS)
    if options.input:
        TARGETS[names[0]](options.input.read_bytes())
        return 0
    failed = [name for name in names if not fuzz(name, options.seconds, options.corpus)]
    print(f"findings in: {', '.join(failed)}" if failed else "no finding", flush=True)
    return len(failed) > 0


def fuzz(name: str, seconds: float, corpus: Path | None) -> bool:
    """Fuzz one target; whether nothing was found."""
    if importlib.util.find_spec("atheris") is None:
        count = fuzz_at_random(TARGETS[name], list(seeds(name)), seconds)
        print(f"{name}: {count} inputs at random", flush=True)
        return True
    with tempfile.TemporaryDirectory() as folder:
        kept = corpus / name if corpus else Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(name)):
            (kept / f"seed-{number:04}").write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(kept)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    states = [line.split() for line in done.stderr.splitlines() if " cov: " in line]
    if states:  # "#1234 DONE cov: 321 ft: ..."
        print(f"{name}: {states[-1][0][1:]} inputs, {states[-1][3]} branches", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr).partition("INFO: ")[0], flush=True)
    return done.returncode == 0


def fuzz_at_random(target: Target, begin: list[bytes], seconds: float, seed: int = 0) -> int:
    """Mutate what there is to begin with, for so long; returns how many inputs there were.

    :raises AssertionError: a finding, with the input in hexadecimal digits.
    """
    generator = random.Random(seed)
    stop = time.monotonic() + seconds
    count = 0
    while time.monotonic() < stop:
        data = mutated(generator.choice(begin), generator) if begin else generator.randbytes(60)
        started = time.process_time()
        try:
            target(data)
        except Exception as error:
            raise AssertionError(f"input {data.hex()}") from error
        took = time.process_time() - started
        assert took < SLOW, f"{took:.1f} s for input {data.hex()}"
        count += 1
    return count


def mutated(data: bytes, generator: random.Random) -> bytes:
    """One of the usual accidents, or a few of them."""
    wire = bytearray(data[:MOST_BYTES])
    for _ in range(generator.choice([0, 1, 1, 2, 4])):
        at = generator.randrange(len(wire) + 1)
        accident = generator.randrange(5)
        if accident == 0 and at < len(wire):
            wire[at] ^= 1 << generator.randrange(8)
        elif accident == 1 and at < len(wire):
            wire[at] = generator.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif accident == 2:
            del wire[at:]
        elif accident == 3:
            wire[at:at] = generator.randbytes(generator.randrange(1, 9))
        else:
            del wire[at : at + generator.randrange(1, 9)]
    return bytes(wire)


if __name__ == "__main__":
    sys.exit(main())
