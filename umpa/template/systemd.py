"""Telling systemd how it goes: ready, reloading, stopping, alive (sd_notify(3))."""

from __future__ import annotations

import os
import socket
import time

__all__ = ["Notifier"]


class Notifier:
    """Sends to the socket in NOTIFY_SOCKET; does nothing where there is none."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        owner = os.environ.get("WATCHDOG_PID", "")
        wanted = bool(self._address) and microseconds.isdigit()
        self.interval: float | None = None
        """How often `alive` has to be called, in seconds; None where nobody waits for it."""
        if wanted and owner in ("", str(os.getpid())) and int(microseconds):
            self.interval = int(microseconds) / 2e6  # half the time: one may be late

    def ready(self) -> None:
        """All has started."""
        self._tell("READY=1")

    def alive(self, status: str) -> None:
        """The event loop still turns."""
        self._tell(f"WATCHDOG=1\nSTATUS={status}")

    def reloading(self) -> None:
        """Another version is being loaded; `ready` says when that is through."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It ends."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect(address)
                sock.send(text.encode())
            except OSError:
                self._address = ""  # nobody listens: the run matters more
