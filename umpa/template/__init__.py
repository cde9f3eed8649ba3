"""Templates: a network simulated by a Python file, for a minute or for weeks.

    from umpa.template import Context, on, param

The names here are what template files are written with. Each is imported when it is first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.template.action import Action, action
    from umpa.template.chance import rng
    from umpa.template.context import Context
    from umpa.template.declare import PASS, Reply, Resource, param
    from umpa.template.endpoints import endpoint
    from umpa.template.flows import Flow
    from umpa.template.guard import Limits
    from umpa.template.language import (
        at,
        every,
        observe,
        on,
        on_flow,
        on_link,
        on_start,
        on_stop,
        persistent,
    )
    from umpa.template.load import Template, load
    from umpa.template.measure import alarm, window
    from umpa.template.network import Network
    from umpa.template.personality import Personality
    from umpa.template.sequence import sequence
    from umpa.template.status import Status
    from umpa.template.values import choice, counter, cycle, hosts, payload, ports, random

__all__ = [
    "PASS", "Action", "Context", "Flow", "Limits", "Network", "Personality", "Reply", "Resource",
    "Status", "Template", "action", "alarm", "at", "choice", "counter", "cycle", "endpoint",
    "every", "hosts", "load", "observe", "on", "on_flow", "on_link", "on_start", "on_stop",
    "param", "payload", "persistent", "ports", "random", "rng", "sequence", "window",
]  # fmt: skip

_MODULES = {
    "action": "Action action",
    "chance": "rng",
    "context": "Context",
    "declare": "PASS Reply Resource param",
    "endpoints": "endpoint",
    "flows": "Flow",
    "guard": "Limits",
    "language": "at every observe on on_flow on_link on_start on_stop persistent",
    "load": "Template load",
    "measure": "alarm window",
    "network": "Network",
    "personality": "Personality",
    "sequence": "sequence",
    "status": "Status",
    "values": "choice counter cycle hosts payload ports random",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


class _Package(ModuleType):
    """Some names are those of their modules, which must not hide them when they are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOMES):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

if not TYPE_CHECKING:  # for type checkers a misspelt name is an error

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'umpa.template' has no attribute '{name}'")
        value = globals()[name] = getattr(import_module(f"umpa.template.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
