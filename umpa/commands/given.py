"""What the commands of templates share: the file, its parameters, and their help."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umpa.template.loading import Template

__all__ = ["add_template", "load_given", "span"]

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def add_template(parser: argparse.ArgumentParser) -> None:
    """The file, and whatever stands behind it."""
    parser.add_argument("template", metavar="FILE", help="the template, a Python file")
    given = parser.add_argument(
        "given", metavar="--NAME VALUE", nargs=argparse.REMAINDER,
        help="its parameters, beside the options of the command; FILE --help lists them",
    )  # fmt: skip
    given.required = False  # which argparse takes them for
    parser.set_defaults(parser=parser)


def load_given(arguments: argparse.Namespace, seed: int | None = None) -> Template | None:
    """The template with its parameters from the command line; None where its help was asked for.

    Options of the command that stand behind the file are taken from there.

    :raises TemplateError: it cannot be loaded, or a parameter is wrong.
    """
    from umpa.errors import TemplateError
    from umpa.template.loading import load

    rest: list[str] = arguments.given
    if "--help" in rest or "-h" in rest:
        _print_help(arguments.parser, load(arguments.template))
        return None
    parameters, options = _split(rest, _options(arguments.parser))
    if options:
        words = [*options, arguments.template]
        for name, value in vars(arguments.parser.parse_args(words)).items():
            # what was not said behind the file is as it was before it
            if value != arguments.parser.get_default(name):
                setattr(arguments, name, value)
    if seed is None:
        seed = arguments.seed
    template = load(arguments.template, parameters, seed=seed)
    for name in template.parameters:
        if f"--{name.replace('_', '-')}" in _options(arguments.parser):
            place = template.declarations.parameters[name].place
            raise TemplateError(f"{place}: --{name} is an option of umpa: rename the parameter")
    return template


def _options(parser: argparse.ArgumentParser) -> dict[str, bool]:
    """The command's options, each with whether it has a value."""
    return {text: action.nargs != 0 for action in parser._actions for text in action.option_strings}


def _split(words: list[str], known: dict[str, bool]) -> tuple[dict[str, str], list[str]]:
    """The parameters by name, and the command's own options with their values."""
    from umpa.errors import TemplateError

    parameters: dict[str, str] = {}
    options: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, equals, value = word.partition("=")
        if name in known:
            options.append(word)
            if known[name] and not equals:
                options += words[at : at + 1]
                at += 1
            continue
        if not word.startswith("--") or len(name) < 3:
            raise TemplateError(f"{word!r}: expected --NAME VALUE, a parameter of the template")
        if not equals:
            if at < len(words) and not words[at].startswith("--") and words[at] not in known:
                value = words[at]
                at += 1
            else:
                value = "true"  # a switch
        parameters[name[2:].replace("-", "_")] = value
    return parameters, options


def _print_help(parser: argparse.ArgumentParser, template: Template) -> None:
    print(parser.format_help())
    print(f"parameters of {template.file}:")
    if template.module.__doc__:
        print("\n".join(f"  {line}".rstrip() for line in template.module.__doc__.splitlines()))
    for one in template.declarations.parameters.values():
        text = f"  --{one.name} {type(one.default).__name__.upper()}"
        print(f"{text:<28} {one.help} (default: {one.default!r})".replace("  (", " ("))


def span(text: str) -> float:
    """Seconds, from a text such as 90, 1.5h, 4w, 1h30m.

    :raises ArgumentTypeError: it is none.
    """
    parts = re.findall(r"(\d+\.?\d*|\.\d+)(ms|[smhdw])?", text)
    seconds = sum(float(number) * _UNITS[unit or "s"] for number, unit in parts)
    bare = sum(not unit for _, unit in parts)
    if "".join(map("".join, parts)) != text or seconds <= 0 or (bare and len(parts) > 1):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; expected such as 90, 30s, 5m, 1h30m, 4w"
        )
    return seconds
