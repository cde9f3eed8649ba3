"""A wire between two `tun` devices of two namespaces, in user land: bytes in here, bytes out there.

python tun_wire.py NAMESPACE DEVICE NAMESPACE DEVICE
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def enter(namespace: str) -> None:
    """Move this process into a network namespace (setns(2); CPython has it from 3.12 only)."""
    import ctypes

    with open(f"/run/netns/{namespace}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


def tun(namespace: str, device: str) -> int:
    """The file descriptor of a new `tun` device."""
    enter(namespace)
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH14x", device.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def main(left: tuple[str, str], right: tuple[str, str]) -> None:
    ends = tun(*left), tun(*right)
    while True:
        for ready in select.select(ends, (), ())[0]:
            os.write(ends[1] if ready == ends[0] else ends[0], os.read(ready, 65536))


if __name__ == "__main__":
    main((sys.argv[1], sys.argv[2]), (sys.argv[3], sys.argv[4]))
