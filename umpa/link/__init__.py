"""Where bytes meet the world: devices, memory, files, and what may be put around them.

All are a `umpa.link.base.Link`, and any of them serves where a link is taken. A name is imported
when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from umpa.link.base import Link, LinkStats
    from umpa.link.fault import Fault
    from umpa.link.live import LiveLink, LiveOptions
    from umpa.link.memory import MemoryLink
    from umpa.link.raw import RawIPLink, RawLink
    from umpa.link.savefile import FileLink
    from umpa.link.tap import TapLink
    from umpa.link.wrap import Limit, Tee, Trace

_HOMES = {
    "Fault": "umpa.link.fault",
    "FileLink": "umpa.link.savefile",
    "Limit": "umpa.link.wrap",
    "Link": "umpa.link.base",
    "LinkStats": "umpa.link.base",
    "LiveLink": "umpa.link.live",
    "MemoryLink": "umpa.link.memory",
    "RawIPLink": "umpa.link.raw",
    "RawLink": "umpa.link.raw",
    "TapLink": "umpa.link.tap",
    "Tee": "umpa.link.wrap",
    "Trace": "umpa.link.wrap",
}

__all__ = [
    "Fault",
    "FileLink",
    "Limit",
    "Link",
    "LinkStats",
    "LiveLink",
    "MemoryLink",
    "RawIPLink",
    "RawLink",
    "TapLink",
    "Tee",
    "Trace",
    "open",
]


def open(device: str, **options: Unpack[LiveOptions]) -> LiveLink:
    """Open a network device, by name or by one of its addresses; see `LiveLink` for the options.

    :raises LinkError: as `LiveLink` does.
    """
    from umpa.link.live import LiveLink

    return LiveLink(device, **options)


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'umpa.link' has no attribute '{name}'")
        value = globals()[name] = getattr(import_module(home), name)
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
