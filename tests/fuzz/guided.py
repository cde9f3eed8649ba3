"""The process that atheris runs a target in: `python -m tests.fuzz.guided NAME SECONDS FOLDER`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

atheris: Any = import_module("atheris")  # which has no types, and is not on every machine

with atheris.instrument_imports(include=["umpa"]):
    from tests.fuzz.targets import TARGETS
    from umpa.protocols.index import CLASSES

    for module in CLASSES.values():  # they load when they are used, which would be too late
        import_module(module)

__all__: list[str] = []

SETTINGS = ["-max_len=2000", "-timeout=10", "-rss_limit_mb=1024"]


def main(name: str, seconds: str, corpus: str) -> None:
    """Run until the time is over or something is found; ends the process."""
    limits = [f"-max_total_time={max(1, round(float(seconds)))}", f"-artifact_prefix=fuzz-{name}-"]
    atheris.Setup([name, *SETTINGS, *limits, corpus], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
