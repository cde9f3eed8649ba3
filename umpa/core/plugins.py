"""Protocols of installed plug-ins: the entry point group `umpa.protocols`.

Nothing is scanned at import. The group is looked at once: when dissection first meets something
that no protocol here takes, or when all protocols are asked for. Loading an entry point imports
its class or module; its class statements register themselves, as everywhere else.

Packets wait for that look, and `importlib.metadata` takes tens of milliseconds to be imported and
to read everything. So it is asked only where a file that lists entry points names the group.
"""

from __future__ import annotations

import os
import sys
import warnings
from functools import lru_cache

__all__ = ["discover", "plug_ins"]

GROUP = "umpa.protocols"
_INFOS = (".dist-info", ".egg-info")


@lru_cache(maxsize=1)
def plug_ins() -> tuple[str, ...]:
    """The names of the entry points, loaded now if they were not before.

    One that cannot be loaded gives a warning, for bytes are being dissected, and that never raises.
    """
    if not any(_may_have(folder or os.curdir) for folder in sys.path):
        return ()
    from importlib.metadata import entry_points

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


def _may_have(folder: str) -> bool:
    """Whether a distribution installed in this folder of `sys.path` names the group."""
    try:
        with os.scandir(folder) as entries:
            infos = [entry.path for entry in entries if entry.name.endswith(_INFOS)]
    except NotADirectoryError:
        return True  # an archive: only importlib.metadata can tell
    except OSError:
        return False
    return any(_names_group(os.path.join(info, "entry_points.txt")) for info in infos)


def _names_group(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return GROUP.encode() in file.read()
    except OSError:
        return False


def discover() -> bool:
    """Load the plug-ins if nobody did yet; whether there is anything new."""
    return not plug_ins.cache_info().currsize and bool(plug_ins())
