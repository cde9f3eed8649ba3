"""Protocols of installed plug-ins: the entry point group `umpa.protocols`.

Nothing is scanned at import. The group is looked at once: when dissection first meets something
that no protocol here takes, or when all protocols are asked for. Loading an entry point imports
its class or module; its class statements register themselves, as everywhere else.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

__all__ = ["discover", "plug_ins"]

GROUP = "umpa.protocols"


@lru_cache(maxsize=1)
def plug_ins() -> tuple[str, ...]:
    """The names of the entry points, loaded now if they were not before.

    One that cannot be loaded gives a warning, for bytes are being dissected, and that never raises.
    """
    from importlib.metadata import entry_points  # as expensive to import as all of the core

    loaded = []
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:
            warnings.warn(
                f"the plug-in {point.name!r} ({point.value}) of the group {GROUP} cannot be "
                f"loaded: {type(error).__name__}: {error}",
                stacklevel=2,
            )
        else:
            loaded.append(point.name)
    return tuple(loaded)


def discover() -> bool:
    """Load the plug-ins if nobody did yet; whether there is anything new."""
    return not plug_ins.cache_info().currsize and bool(plug_ins())
