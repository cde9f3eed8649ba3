"""Many frames in one system call: sendmmsg(2), through ctypes.

The arrays it takes are made once and filled again for each batch. What they point to is held by
`_frames` until the next one.
"""

from __future__ import annotations

import ctypes
import errno
import os
from array import array
from collections.abc import Sequence
from itertools import repeat
from typing import Any

__all__ = ["AT_ONCE", "Batch"]

AT_ONCE = 1024
"""Frames of one system call: the most that the kernel looks at (UIO_MAXIOV)."""

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


class Batch:
    """The arrays for one socket; used by one thread at a time."""

    def __init__(self, function: Any) -> None:
        self._sendmmsg = function
        self._frames = (ctypes.c_char_p * AT_ONCE)()
        # struct iovec is an address and a length: unsigned longs on every Linux
        self._pieces = array("L", repeat(0, 2 * AT_ONCE))
        start, size = self._pieces.buffer_info()[0], 2 * self._pieces.itemsize
        self._messages = (_Message * AT_ONCE)()
        for number, message in enumerate(self._messages):
            message.header.pieces = start + number * size
            message.header.piece_count = 1

    @classmethod
    def for_this_libc(cls) -> Batch | None:
        """None where the C library has no sendmmsg."""
        try:
            function = ctypes.CDLL(None, use_errno=True).sendmmsg
        except (OSError, AttributeError):
            return None
        function.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        return cls(function)

    def send(self, descriptor: int, frames: Sequence[bytes]) -> int:
        """Send `AT_ONCE` frames at most; how many were taken, which is at least one.

        :raises OSError: what the first frame met.
        """
        count = len(frames)
        self._frames[:count] = list(frames)
        addresses = array(
            "L", memoryview(self._frames).cast("B")[: count * self._pieces.itemsize].tobytes()
        )
        self._pieces[0 : 2 * count : 2] = addresses
        self._pieces[1 : 2 * count : 2] = array("L", map(len, frames))
        while True:
            taken: int = self._sendmmsg(descriptor, self._messages, count, _DONTWAIT)
            if taken >= 0:
                return taken
            number = ctypes.get_errno()
            if number != errno.EINTR:
                raise OSError(number, os.strerror(number))
