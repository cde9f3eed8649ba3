"""Many frames in one system call: sendmmsg(2), through ctypes.

The arrays it takes are made once. What has to be written for each batch are the addresses of the
frames, and their lengths where these are not what they were. In CPython an object lies where its
`id` says, a tuple holds its items' addresses side by side, and the bytes of a `bytes` object lie a
fixed way behind its own. So the addresses of a batch are one copy and one addition of large
integers: a tenth of what ctypes takes for it. Whether that is so is tried before it is used.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from struct import Struct
from typing import Any

__all__ = ["AT_ONCE", "Batch"]

AT_ONCE = 512
"""Frames of one system call. The kernel takes 1024, but what describes so many leaves the cache."""

_DONTWAIT = 0x40  # MSG_DONTWAIT


class _Header(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("pieces", ctypes.c_void_p),
        ("piece_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


_WORD = ctypes.sizeof(ctypes.c_void_p)
_ITEMS = tuple.__basicsize__  # where the addresses of a tuple's items are
_BEHIND = bytes.__basicsize__ - 1  # where the bytes of a bytes object are; a zero ends them
_STEPS = int.from_bytes(_BEHIND.to_bytes(_WORD, sys.byteorder) * AT_ONCE, sys.byteorder)


class Batch:
    """The arrays for one socket; used by one thread at a time."""

    def __init__(self, function: Any) -> None:
        self._sendmmsg = function
        # struct iovec is an address and a length: unsigned longs on every Linux
        self._pieces = (ctypes.c_ulong * (2 * AT_ONCE))()
        self._words = memoryview(self._pieces).cast("B").cast("L")
        self._lengths = (0, 0)
        """The length of all frames of the last batch, and how many there were; 0 where several."""
        start, size = ctypes.addressof(self._pieces), 2 * _WORD
        self._messages = (_Message * AT_ONCE)()
        for number, message in enumerate(self._messages):
            message.header.pieces = start + number * size
            message.header.piece_count = 1

    @classmethod
    def for_this_libc(cls) -> Batch | None:
        """None where the C library has no sendmmsg, or objects do not lie where they should."""
        try:
            function = ctypes.CDLL(None, use_errno=True).sendmmsg
        except (OSError, AttributeError):
            return None
        if not _lie_as_expected():
            return None
        function.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        return cls(function)

    def send(self, descriptor: int, frames: tuple[bytes, ...], lengths: AbstractSet[int]) -> int:
        """Send `AT_ONCE` frames at most; how many were taken, which is at least one.

        They are bytes, every one, and a tuple, so that they stay where they are; `lengths` are all
        that may occur among them.

        :raises OSError: what the first frame met.
        """
        count = len(frames)
        self._words[0 : 2 * count : 2] = _longs(_addresses(frames))
        self._put_lengths(frames, lengths)
        while True:
            taken: int = self._sendmmsg(descriptor, self._messages, count, _DONTWAIT)
            if taken >= 0:
                return taken
            number = ctypes.get_errno()
            if number != errno.EINTR:
                raise OSError(number, os.strerror(number))

    def _put_lengths(self, frames: Sequence[bytes], lengths: AbstractSet[int]) -> None:
        count = len(frames)
        if len(lengths) > 1:
            self._lengths = 0, 0
            self._words[1 : 2 * count : 2] = _longs(Struct(f"{count}L").pack(*map(len, frames)))
            return
        (length,) = lengths
        known, filled = self._lengths
        if length != known or count > filled:
            self._lengths = length, count
            self._words[1 : 2 * count : 2] = _longs(Struct("L").pack(length) * count)


def _addresses(frames: tuple[bytes, ...]) -> bytes:
    """Where the bytes of these objects are; they have to be held as long as that is used."""
    size = _WORD * len(frames)
    items = int.from_bytes(ctypes.string_at(id(frames) + _ITEMS, size), sys.byteorder)
    steps = _STEPS if len(frames) == AT_ONCE else _STEPS & ((1 << 8 * size) - 1)
    return (items + steps).to_bytes(size, sys.byteorder)


def _lie_as_expected() -> bool:
    """Whether the objects of this interpreter lie in memory as `_addresses` takes for granted."""
    if sys.implementation.name != "cpython" or ctypes.sizeof(ctypes.c_ulong) != _WORD:
        return False
    probe = os.urandom(16), os.urandom(16)
    for item, address in zip(probe, _longs(_addresses(probe)), strict=True):
        if address != id(item) + _BEHIND or ctypes.string_at(address, len(item)) != item:
            return False
    return True


def _longs(data: bytes) -> memoryview:
    return memoryview(data).cast("L")
