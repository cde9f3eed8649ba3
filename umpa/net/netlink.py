"""Questions to the kernel of Linux about its network: netlink(7), rtnetlink(7).

A socket asks in the network namespace it was made in, whatever thread uses it.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from threading import Lock
from types import TracebackType

from umpa.errors import LinkError

__all__ = ["Netlink", "attribute", "attributes"]

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, type
_REQUEST, _DUMP, _INTERRUPTED = 0x1, 0x300, 0x10
_ERROR, _DONE = 2, 3
_TYPE = 0x3FFF  # the upper bits say how an attribute is written
_BUFFER = 1 << 17  # the kernel writes no more than 32 KiB at once
_TRIES = 10


class Netlink:
    """One open socket; `groups` are the kinds of news to receive. Usable from several threads.

    :raises LinkError: this system has no netlink.
    """

    def __init__(self, groups: int = 0) -> None:
        if not hasattr(socket, "AF_NETLINK"):
            raise LinkError("netlink is Linux's")
        self._lock = Lock()
        self._number = 0
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        try:
            self.socket.bind((0, groups))
        except BaseException:
            self.socket.close()
            raise

    def ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        """One question with one answer: its type and its body.

        :raises OSError: the kernel's refusal.
        """
        with self._lock:
            self._send(kind, _REQUEST, body)
            while True:
                for number, _, sequence, answer in self.receive():
                    if sequence == self._number:
                        return number, _checked(number, answer)

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """A question for everything: the bodies of the answers.

        :raises OSError: the kernel's refusal.
        """
        with self._lock:
            for _ in range(_TRIES):
                self._send(kind, _REQUEST | _DUMP, body)
                bodies = self._gather()
                if bodies is not None:
                    return bodies
        raise LinkError("the kernel's tables change faster than they can be read")

    def _gather(self) -> list[bytes] | None:
        """None where the tables changed meanwhile, and entries may be missing."""
        bodies: list[bytes] = []
        whole = True
        while True:
            for number, flags, sequence, body in self.receive():
                if sequence != self._number:
                    continue
                whole = whole and not flags & _INTERRUPTED
                if number == _DONE:
                    return bodies if whole else None
                bodies.append(_checked(number, body))

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        self._number += 1
        size = _HEADER.size + len(body)
        self.socket.send(_HEADER.pack(size, kind, flags, self._number, 0) + body)

    def receive(self) -> Iterator[tuple[int, int, int, bytes]]:
        """The messages of one datagram: type, flags, sequence number, body."""
        data = self.socket.recv(_BUFFER)
        at = 0
        while at + _HEADER.size <= len(data):
            size, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
            yield kind, flags, sequence, data[at + _HEADER.size : at + size]
            at += max(size + 3 & ~3, _HEADER.size)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def __enter__(self) -> Netlink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def attributes(body: bytes, start: int) -> dict[int, bytes]:
    """The attributes behind the first `start` bytes of a body."""
    found: dict[int, bytes] = {}
    at, end = start, len(body)
    while at + 4 <= end:
        size, kind = _ATTRIBUTE.unpack_from(body, at)
        if size < 4:
            break
        found[kind & _TYPE] = body[at + 4 : at + size]
        at += size + 3 & ~3
    return found


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute, as it stands in a question."""
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + bytes(-len(value) % 4)


def _checked(kind: int, body: bytes) -> bytes:
    if kind == _ERROR:
        number = -int(struct.unpack_from("=i", body)[0])
        if number:
            raise OSError(number, os.strerror(number))
    return body
