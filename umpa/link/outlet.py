"""The sending side of a network device, opened when something is sent first."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from umpa.core.packet import Packet
from umpa.errors import EncodeError, LinkDown, LinkError
from umpa.link.base import Link
from umpa.link.libpcap.backend import Handle
from umpa.link.turns import Turns

__all__ = ["Outlet"]

_PAUSE = 0.001


class Outlet:
    """Sends by a raw socket on Linux, and elsewhere by libpcap.

    `turns` are those of the link it belongs to, `handle` gives libpcap's handle at the moment.
    """

    def __init__(
        self, name: str, link: Link | None, turns: Turns, handle: Callable[[], Handle | None]
    ) -> None:
        self._name = name
        self._link = link
        self._turns = turns
        self._handle = handle
        self._sent = self._refused = 0

    @property
    def counts(self) -> tuple[int, int]:
        """Frames sent, and frames refused."""
        if self._link is None:
            return self._sent, self._refused
        stats = self._link.stats
        return self._sent + stats.sent, self._refused + stats.refused

    def send(self, packet: Packet | bytes) -> None:
        """See `Link.send`."""
        link = self._by_link()
        if link is not None:
            link.send(packet)
            return
        data = bytes(packet)
        if not data:
            raise EncodeError("an empty frame cannot be sent")
        with self._turns.use():
            handle = self._handle()
            try:
                if handle is None:
                    raise LinkDown(f"'{self._name}' is gone")
                handle.inject(data)
            except LinkError:
                self._refused += 1
                raise
            self._sent += 1

    def send_many(self, packets: Sequence[Packet | bytes]) -> int | None:
        """See `Link.send_many`; None where frames go one by one."""
        link = self._by_link()
        return None if link is None else link.send_many(packets)

    def wait_writable(self, timeout: float | None) -> bool:
        """See `Link.wait_writable`."""
        link = self._by_link()
        if link is not None:
            return link.wait_writable(timeout)
        pause = _PAUSE if timeout is None else min(max(0.0, timeout), _PAUSE)
        time.sleep(pause)  # libpcap does not tell when it will take more
        return timeout is None or pause < timeout

    def _by_link(self) -> Link | None:
        """The link that sends; None where libpcap does."""
        with self._turns.use():
            if self._link is None and sys.platform == "linux":
                if self._name == "any":
                    raise LinkError("'any' stands for all devices: open one of them to send")
                from umpa.link.raw import RawLink

                self._link = RawLink(self._name)
            return self._link

    def close(self) -> None:
        """Give it back; the next `send` opens it anew."""
        if self._link is not None:
            self._link.close()
            self._sent, self._refused = self.counts
            self._link = None
