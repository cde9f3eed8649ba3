"""Templates: a network simulated by a Python file, for a minute or for weeks.

    from umpa.template import Context, on, param

The names here are what template files are written with. Each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umpa.template.actions import Action, action
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
    from umpa.template.loading import Template, load
    from umpa.template.measure import alarm, window
    from umpa.template.network import Network
    from umpa.template.personality import Personality
    from umpa.template.sequences import sequence
    from umpa.template.status import Status
    from umpa.template.values import choice, counter, cycle, hosts, payload, ports, random

__all__ = [
    "PASS", "Action", "Context", "Flow", "Limits", "Network", "Personality", "Reply", "Resource",
    "Status", "Template", "action", "alarm", "at", "choice", "counter", "cycle", "endpoint",
    "every", "hosts", "load", "observe", "on", "on_flow", "on_link", "on_start", "on_stop",
    "param", "payload", "persistent", "ports", "random", "rng", "sequence", "window",
]  # fmt: skip

_MODULES = {
    "actions": "Action action",
    "chance": "rng",
    "context": "Context",
    "declare": "PASS Reply Resource param",
    "endpoints": "endpoint",
    "flows": "Flow",
    "guard": "Limits",
    "language": "at every observe on on_flow on_link on_start on_stop persistent",
    "loading": "Template load",
    "measure": "alarm window",
    "network": "Network",
    "personality": "Personality",
    "sequences": "sequence",
    "status": "Status",
    "values": "choice counter cycle hosts payload ports random",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'umpa.template' has no attribute '{name}'")
        value = globals()[name] = getattr(import_module(f"umpa.template.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
