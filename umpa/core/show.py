from __future__ import annotations

from typing import Any


def tree(p: Any) -> str:
    return "\n".join(l.name + " " + " ".join(f"{n}={l[n]}" for n in l) for l in p.layers)


def summary(p: Any) -> str:
    return " / ".join(l.name for l in p.layers)


def hexdump(p: Any, fields: bool = False) -> str:
    return ""


def svg(p: Any) -> str:
    return ""


def html(p: Any) -> str:
    return ""
