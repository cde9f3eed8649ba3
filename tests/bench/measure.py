"""Fair comparison of functions: interleaved rounds in one process, CPU time, ratios per round."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

BASE = "dpkt"


class Candidate(NamedTuple):
    """A function, and how many packets it handles in one call."""

    run: Callable[[], object]
    packets: int


class Outcome(NamedTuple):
    """The median cost of a packet, and how many times as fast as the base (median of rounds)."""

    nanoseconds: float
    ratio: float


def compare(candidates: dict[str, Candidate], rounds: int) -> dict[str, Outcome]:
    """Run all candidates once a round, each round starting with another one.

    The garbage collector stays as it is in a user's program; it runs once before each candidate,
    so that nobody pays for another's garbage.
    """
    costs: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for turn in range(rounds + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            candidate = candidates[name]
            gc.collect()
            started = time.process_time_ns()
            candidate.run()
            spent = time.process_time_ns() - started
            if turn:  # the first round warms up
                costs[name].append(spent / candidate.packets)
    return {
        name: Outcome(
            statistics.median(own),
            statistics.median(base / cost for base, cost in zip(costs[BASE], own, strict=True)),
        )
        for name, own in costs.items()
    }


def python_cpu_ms(code: str, rounds: int) -> float:
    """The median CPU time of a fresh interpreter that runs some code."""
    return statistics.median(python_usage(code)[0] for _ in range(rounds))


def python_usage(code: str, *arguments: str) -> tuple[float, int]:
    """CPU milliseconds and peak memory in KiB of a fresh interpreter that runs some code."""
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the interpreter ended with {process.returncode}: {code}")
    return (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss


def bytes_each(
    make: Callable[[Sequence[bytes]], list[Any]],
    touch: Callable[[Any], object],
    frames: Sequence[bytes],
) -> tuple[float, float]:
    """Memory of a retained packet beyond its raw bytes: untouched, and after four reads."""
    touch(make(frames[:1])[0])
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        packets = make(frames)
        untouched = tracemalloc.get_traced_memory()[0] - before - sys.getsizeof(packets)
        for packet in packets:
            touch(packet)
        touched = tracemalloc.get_traced_memory()[0] - before - sys.getsizeof(packets)
    finally:
        tracemalloc.stop()
    return untouched / len(frames), touched / len(frames)
