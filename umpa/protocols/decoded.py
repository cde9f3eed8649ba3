"""What dpkt makes of an application's bytes, asked only when a field that needs it is read.

dpkt is imported here, at that moment, and nothing that it raises gets out: bytes that it cannot
take are simply not decoded.

`import dpkt` imports all of its modules, which takes thirty milliseconds on the path of a packet.
So a module of it is imported by itself, out of a package that stands for dpkt here and has its
folder. A program that uses dpkt too has its own, untouched.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

__all__ = ["parsed"]

_MOST = 64
_DPKT = f"{__name__}_by_dpkt"
_kept: OrderedDict[tuple[str, bytes], Any] = OrderedDict()


def parsed(kind: str, data: bytes, parse: Callable[[Any], Any]) -> Any:
    """What `parse` makes of `data` with the module `dpkt.kind`; None where it cannot.

    The last few results are kept, because several fields ask for the same.
    """
    key = (kind, data)
    if key not in _kept:
        try:
            _kept[key] = parse(_module(kind))
        except Exception:  # whatever the wire makes dpkt do
            _kept[key] = None
        if len(_kept) > _MOST:
            _kept.popitem(last=False)
    return _kept[key]


def _module(kind: str) -> ModuleType:
    """The module `dpkt.kind`, without those that it does not need."""
    if _DPKT not in sys.modules:
        spec = PathFinder.find_spec("dpkt")
        package = ModuleType(_DPKT)
        package.__path__ = list(spec.submodule_search_locations or ()) if spec else []
        sys.modules[_DPKT] = package
    return import_module(f"{_DPKT}.{kind}")
