"""The devices there are, and the one that is meant where none is named."""

from __future__ import annotations

from contextlib import suppress

from umpa.errors import LinkError, NoSuchDevice
from umpa.net import Interface, interfaces, route

__all__ = ["available_devices", "default_device"]

_FAR_AWAY = "192.0.2.1"  # TEST-NET-1 (RFC 5737): the way there is the default route


def available_devices() -> list[Interface]:
    """The network devices of this machine: name, description, addresses, MAC, MTU, up, loopback.

    Needs no privileges. Beside these, on Linux, `any` stands for all of them at once.

    :raises LinkError: the system does not tell.
    """
    return interfaces()


def default_device() -> str:
    """The device of the default route, else the first one that is up and no loopback, else that.

    :raises NoSuchDevice: no device is up.
    """
    found = [one for one in interfaces() if one.up]
    with suppress(LinkError, OSError):  # no default route, or a system that does not tell
        name = route(_FAR_AWAY).interface
        if any(one.name == name for one in found):
            return name
    for one in sorted(found, key=lambda one: one.loopback):
        return one.name
    raise NoSuchDevice("no network device is up: name one, or bring one up")
