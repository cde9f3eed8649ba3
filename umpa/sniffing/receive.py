"""Captures in one call."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from umpa.core.packet import Packet
from umpa.exchange.script import too_early
from umpa.sniffing.capture import Capture
from umpa.sniffing.dump import PathOrDump
from umpa.sniffing.face import blame
from umpa.sniffing.inlet import DeviceOptions, Filter, Source
from umpa.sniffing.intake import Stop
from umpa.sniffing.stats import CaptureStats, Received

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["receive", "receive_loop", "receive_one"]


def receive_one(
    device: Source | Sequence[Source] | None = None,
    *,
    filter: Filter | None = None,
    timeout: float | None = None,
    **options: Unpack[DeviceOptions],
) -> Packet | None:
    """The first packet that passes; None where none comes within `timeout` seconds.

    :raises UmpaError: as `Capture` does.
    """
    with Capture(device, filter=filter, count=1, timeout=timeout, **options) as capture:
        return capture.next()


def receive(
    count: int | None = None,
    device: Source | Sequence[Source] | None = None,
    *,
    filter: Filter | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
    dump: PathOrDump | None = None,
    **options: Unpack[DeviceOptions],
) -> Received:
    """A list of packets, which also carries `.stats`: see `Capture` for the arguments.

    It grows until the capture ends; without `count`, `timeout` and `stop` a device's never does,
    until Ctrl-C ends it: what came until then is returned, and `.ending` is "interrupted". In the
    first quarter of a second it is a KeyboardInterrupt, so that a loop of calls ends, too. An error
    on the way, such as a device that goes down, has what came before in its attribute `packets`.

    :raises UmpaError: as `Capture` does.
    """
    capture = Capture(
        device, filter=filter, count=count, timeout=timeout, stop=stop, dump=dump, **options
    )
    packets = Received()
    start = time.monotonic()
    with capture:
        try:
            packets.extend(capture)
        except KeyboardInterrupt:
            if too_early(start):
                raise
            packets.ending = "interrupted"
            packets.extend(capture._intake.queue)
        except Exception as error:
            error.packets = packets  # type: ignore[attr-defined]
            raise
        packets.stats = capture.stats
    return packets


def receive_loop(
    callback: Callable[[Packet], object],
    device: Source | Sequence[Source] | None = None,
    *,
    filter: Filter | None = None,
    count: int | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
    dump: PathOrDump | None = None,
    **options: Unpack[DeviceOptions],
) -> CaptureStats:
    """Call `callback` with each packet until the capture ends, and return what it got and lost.

    An exception of the callback ends it, and comes out with the packet as its attribute `packet`.

    :raises UmpaError: as `Capture` does.
    :raises TypeError: `callback` is no function.
    """
    if not callable(callback):
        raise TypeError(f"{callback!r} cannot be called with a packet")
    capture = Capture(
        device, filter=filter, count=count, timeout=timeout, stop=stop, dump=dump, **options
    )
    with capture:
        for packet in capture:
            try:
                callback(packet)
            except Exception as error:
                blame(error, packet)
                raise
        return capture.stats
