"""A sender for benchmarks: `python -m tests.bench.flood DEVICE COUNT RATE [SIZE]`.

Sends UDP datagrams in batches by `RawLink.send_many`, COUNT of them, RATE a second at most (0: as
fast as it goes), and prints how many a second it got to. A batch is a millisecond's worth.
"""

from __future__ import annotations

import sys
import time

from tests.link.frames import frame
from umpa.link.raw import RawLink

BATCH = 256


def flood(device: str, count: int, rate: float, size: int = 60) -> float:
    """Send, and return packets per second."""
    frames = [frame(number, size) for number in range(BATCH)]
    batch = min(BATCH, max(1, round(rate / 1000))) if rate else BATCH
    with RawLink(device) as link:
        start = time.perf_counter()
        sent = 0
        while sent < count:
            taken = link.send_many(frames[: min(batch, count - sent)])
            sent += taken
            if not taken:
                link.wait_writable(0.1)
            if rate:
                ahead = start + sent / rate - time.perf_counter()
                if ahead > 0:
                    time.sleep(ahead)
        return sent / (time.perf_counter() - start)


if __name__ == "__main__":
    device, count, rate, *rest = sys.argv[1:]
    print(round(flood(device, int(count), float(rate), *map(int, rest))))
