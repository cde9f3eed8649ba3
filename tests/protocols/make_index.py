"""Write what has to name every protocol: the index, the list of exports, the packet's attributes.

    python -m tests.protocols.make_index

A test compares the files with what this makes, so a protocol that is new or changed is not
forgotten.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import umpa.protocols
from umpa.core import registry

FOLDER = Path(umpa.protocols.__file__).parent
_WIDTH = 92

_INDEX = '''"""What is in which module of this folder.

Made by `python -m tests.protocols.make_index`. The registrations are those of the class
statements; they stand here a second time so that a protocol's module is imported when a packet,
or a person, first asks for it.
"""

from __future__ import annotations

__all__ = ["CLASSES", "FOLLOWS", "MODULES"]

'''

_EXPORTS = '''"""The protocols. Each is imported when a packet, or a person, first asks for it.

Made by `python -m tests.protocols.make_index`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from umpa.core.registry import announce
from umpa.protocols.index import CLASSES, FOLLOWS, MODULES

if TYPE_CHECKING:
{imports}
__all__ = [
{names}]

announce(MODULES, FOLLOWS)


def __getattr__(name: str) -> Any:
    module = CLASSES.get(name)
    if module is None:
        raise AttributeError(f"module 'umpa.protocols' has no attribute '{{name}}'")
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
'''

_ACCESSORS = '''"""The attributes of a packet that are its layers, for type checkers.

Made by `python -m tests.protocols.make_index`.
"""

from __future__ import annotations

{imports}
__all__ = ["Accessors"]


class Accessors:
    """One attribute a protocol: the packet's first layer of it."""

{attributes}'''


def protocols() -> list[Any]:
    """Every protocol of the folder, by name."""
    for module in iter_modules(umpa.protocols.__path__):
        import_module(f"umpa.protocols.{module.name}")
    return [p for p in registry.all_protocols() if p.__module__.startswith("umpa.protocols.")]


def index() -> str:
    """The text of the index, from the class statements of every module."""
    ours = protocols()
    classes = {p.__name__: p.__module__ for p in ours}
    for module in set(classes.values()):
        loaded = import_module(module)
        for name in loaded.__all__:
            value = getattr(loaded, name)
            if inspect.isclass(value) and value.__module__ == module:
                classes[name] = module
    modules = {p.name: p.__module__ for p in ours}
    follows: dict[str, dict[int, str]] = {}
    for name, table in sorted(registry.tables().items()):
        entries = {n: p.name for n, p in sorted(table.classes.loaded()) if p in ours}
        if entries:
            follows[name] = entries
    return (
        _INDEX
        + _dictionary("CLASSES: dict[str, str]", classes)
        + _dictionary("MODULES: dict[str, str]", modules)
        + "FOLLOWS: dict[str, dict[int, str]] = {\n"
        + "".join(f"    {name!r}: {{{_wrapped(entries)}}},\n" for name, entries in follows.items())
        + "}  # fmt: skip\n"
    )


def exports() -> str:
    """The text of the package's own module: imports for type checkers, and all names."""
    ours = protocols()
    names = "".join(f'    "{name}",\n' for name in _as_sorted([p.__name__ for p in ours]))
    return _EXPORTS.format(imports=_imports(ours, "    "), names=names)


def accessors() -> str:
    """The text of the class that tells type checkers which layers a packet may have."""
    ours = protocols()
    attributes = sorted((p.name.replace(".", "_"), p.__name__) for p in ours)
    return _ACCESSORS.format(
        imports=_imports(ours, ""),
        attributes="".join(f"    {name}: {kind}\n" for name, kind in attributes),
    )


FILES: dict[str, Callable[[], str]] = {
    "index.py": index,
    "__init__.py": exports,
    "accessors.py": accessors,
}


def _dictionary(head: str, entries: dict[str, str]) -> str:
    lines = [f"    {key!r}: {value!r},\n" for key, value in sorted(entries.items())]
    return f"{head} = {{\n{''.join(lines)}}}\n\n"


def _wrapped(entries: dict[int, str]) -> str:
    """The entries of a table, several in a line."""
    text = ", ".join(f"{number}:_{name!r}" for number, name in entries.items())
    lines = textwrap.wrap(text, _WIDTH, break_on_hyphens=False)
    if len(text) > _WIDTH - 30:
        text = "\n        " + "\n        ".join(lines) + "\n    "
    return text.replace(":_", ": ")


def _imports(ours: list[Any], indent: str) -> str:
    found: dict[str, list[str]] = {}
    for protocol in ours:
        found.setdefault(protocol.__module__, []).append(protocol.__name__)
    return "".join(
        f"{indent}from {module} import {', '.join(_as_sorted(names))}\n"
        for module, names in sorted(found.items())
    )


def _as_sorted(names: list[str]) -> list[str]:
    """Constants before classes, as the linter has it."""
    return sorted(names, key=lambda name: (not name.isupper(), name))


if __name__ == "__main__":
    for name, make in FILES.items():
        (FOLDER / name).write_text(make())
