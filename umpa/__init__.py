"""umpa: craft, send, capture and simulate packets, and see every field of them.

The names here are the public ones. Importing the package loads none of them: each is imported
when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from umpa.protocols.index import CLASSES

if TYPE_CHECKING:
    from umpa import (
        aio,
        analysis,
        errors,
        link,
        net,
        savefile,
        schedule,
        security,
        sniffing,
        template,
    )
    from umpa.analyse import flows, streams, table
    from umpa.core.match import Match, has
    from umpa.core.packet import Packet
    from umpa.core.pick import pick
    from umpa.core.protocol import Protocol
    from umpa.exchange.cutting import fragment
    from umpa.exchange.face import send, sr, sr1, srloop
    from umpa.link.file import read, write
    from umpa.protocols import *  # noqa: F403  # the protocols' own list of names

__version__ = "1.0.0.dev0"

_HOMES = {
    "Match": "umpa.core.match",
    "Packet": "umpa.core.packet",
    "Protocol": "umpa.core.protocol",
    "flows": "umpa.analyse",
    "fragment": "umpa.exchange.cutting",
    "has": "umpa.core.match",
    "send": "umpa.exchange.face",
    "sr": "umpa.exchange.face",
    "sr1": "umpa.exchange.face",
    "srloop": "umpa.exchange.face",
    "pick": "umpa.core.pick",
    "read": "umpa.link.file",
    "streams": "umpa.analyse",
    "table": "umpa.analyse",
    "write": "umpa.link.file",
}
_MODULES = frozenset(
    "aio analysis core errors link net protocols savefile schedule security sniffing "
    "template".split()
)
__all__ = [
    "Match", "Packet", "Protocol", "aio", "analysis", "errors", "flows", "fragment", "has", "link",
    "net", "pick", "read", "savefile", "schedule", "security", "send", "sniffing", "sr", "sr1",
    "srloop", "streams", "table", "template", "write",
]  # fmt: skip
__all__ += list(CLASSES)  # pyright: ignore[reportUnsupportedDunderAll]


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return import_module(f"umpa.{name}")
        home = _HOMES.get(name) or CLASSES.get(name)
        if home is None:
            from umpa.errors import suggest

            hint = suggest(name, __all__)
            raise AttributeError(f"module 'umpa' has no attribute '{name}'{hint}")
        import_module("umpa.protocols")  # a packet knows its layers by it
        value = globals()[name] = getattr(import_module(home), name)
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
