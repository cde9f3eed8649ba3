"""News of interfaces: made, up, down, removed (Linux, netlink's group for links).

Nothing is missed: where the kernel had too much to tell, the whole list is compared instead.
"""

from __future__ import annotations

import errno
import select
from typing import NamedTuple

from umpa.net.interfaces import get_link, link_of
from umpa.net.model import Interface
from umpa.net.netlink import Netlink

__all__ = ["Event", "Watcher"]

_NEWS = 1  # RTMGRP_LINK
_NEW, _REMOVED = 16, 17  # RTM_NEWLINK, RTM_DELLINK


class Event(NamedTuple):
    """What happened to an interface."""

    kind: str
    """"added", "up" (on, and with a carrier), "down", "removed", or "renamed"."""
    interface: Interface
    """As it is after that, without addresses; as it was last, where it was removed."""


class Watcher:
    """Tells what becomes of interfaces from now on, in the namespace where it was made.

        with Watcher() as watcher:
            if watcher.wait(10):
                for event in watcher.read(): ...

    Its descriptor goes into a `poll`, or a loop's `add_reader`.

    :raises LinkError: this is not Linux.
    """

    def __init__(self) -> None:
        self._news = Netlink(_NEWS)  # before the list is read: what changes meanwhile is told twice
        try:
            self._news.socket.setblocking(False)
            self._asker = Netlink()  # here: another thread may stand in another namespace
            self._known = {one.index: one for one in get_link(self._asker)}
        except BaseException:
            self._news.close()
            raise

    @property
    def interfaces(self) -> list[Interface]:
        """All interfaces, as of the last `read`."""
        return list(self._known.values())

    def fileno(self) -> int:
        """The descriptor that becomes readable when there is news."""
        return self._news.socket.fileno()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is news (True) or `timeout` seconds passed (False)."""
        poll = select.poll()
        poll.register(self._news.socket, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def read(self) -> list[Event]:
        """What happened since the last call; empty where nothing did. Never blocks."""
        events: list[Event] = []
        while True:
            try:
                for kind, _, _, body in self._news.receive():
                    if body[:1] != b"\0":  # of the port of a bridge, not of an interface
                        continue
                    if kind == _NEW:
                        events += self._seen(link_of(body, {}))
                    elif kind == _REMOVED:
                        events += self._gone(link_of(body, {}).index)
            except BlockingIOError:
                return events
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                events += self._compare()

    def _compare(self) -> list[Event]:
        events: list[Event] = []
        now = {one.index: one for one in get_link(self._asker)}
        for index in set(self._known) - set(now):
            events += self._gone(index)
        for one in now.values():
            events += self._seen(one)
        return events

    def _seen(self, one: Interface) -> list[Event]:
        before = self._known.get(one.index)
        self._known[one.index] = one
        if before is None:
            return [Event("added", one)] + ([Event("up", one)] if one.up else [])
        events = [Event("renamed", one)] if before.name != one.name else []
        if before.up != one.up:
            events.append(Event("up" if one.up else "down", one))
        return events

    def _gone(self, index: int) -> list[Event]:
        before = self._known.pop(index, None)
        return [] if before is None else [Event("removed", before)]

    def close(self) -> None:
        """Stop watching."""
        self._news.close()
        self._asker.close()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()
