"""Packets as they come: devices, captures, action and reaction.

    from umpa.sniffing import Capture, available_devices, receive, receive_loop, receive_one

Works in a plain script, in a thread, in a notebook, and in a coroutine (`async with`).
"""

from __future__ import annotations

from umpa.net import Interface
from umpa.sniffing.capture import Capture
from umpa.sniffing.devices import available_devices
from umpa.sniffing.dump import Dump
from umpa.sniffing.receive import receive, receive_loop, receive_one
from umpa.sniffing.stats import CaptureStats, Received

__all__ = [
    "Capture",
    "CaptureStats",
    "Dump",
    "Interface",
    "Received",
    "available_devices",
    "receive",
    "receive_loop",
    "receive_one",
]
