"""`umpa check`: what a template declares, and what in it cannot work."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from umpa.commands.given import add_template, load_given

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Its arguments."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="load a template and list what it declares",
        description="Load a template, list its parameters, rules and timers, and warn of rules "
        "that can never match. Nothing is sent.",
    )
    add_template(parser)
    parser.set_defaults(run=run, seed=0)


def run(arguments: argparse.Namespace) -> int:
    """Print it; 1 where there are warnings.

    :raises TemplateError: it cannot be loaded.
    """
    from umpa.template.review import describe, warnings_of

    template = load_given(arguments)
    if template is None:
        return 0
    print(f"{template.file}:")
    for line in describe(template):
        print(line)
    warnings = list(warnings_of(template))
    for text in warnings:
        print(f"umpa: {text}", file=sys.stderr)
    return 1 if warnings else 0
