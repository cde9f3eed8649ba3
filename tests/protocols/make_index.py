"""Write `umpa/protocols/index.py`: what is in which module, so that none is loaded before its time.

    python -m tests.protocols.make_index

A test compares the file with what this makes, so a protocol that is new or changed is not
forgotten.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import umpa.protocols
from umpa.core import registry
from umpa.core.protocol import ProtocolMeta

INDEX = Path(umpa.protocols.__file__).with_name("index.py")
_HEAD = '''"""What is in which module of this folder. Made by `python -m tests.protocols.make_index`.

The registrations are those of the class statements; they stand here a second time so that a
protocol's module is imported when a packet, or a person, first asks for it.
"""

from __future__ import annotations

__all__ = ["CLASSES", "FOLLOWS", "MODULES"]

'''


def index() -> str:
    """The text of the index, from the class statements of every module."""
    for module in iter_modules(umpa.protocols.__path__):
        import_module(f"umpa.protocols.{module.name}")
    ours = [p for p in registry.all_protocols() if p.__module__.startswith("umpa.protocols.")]
    classes = {p.__name__: p.__module__ for p in ours}
    for module in set(classes.values()):
        loaded = import_module(module)
        for name in loaded.__all__:
            value = getattr(loaded, name)
            if inspect.isclass(value) and value.__module__ == module:
                classes[name] = module
    modules = {p.name: p.__module__ for p in ours if isinstance(p, ProtocolMeta)}
    follows: dict[str, dict[int, str]] = {}
    for name, table in sorted(registry.tables().items()):
        entries = {n: p.name for n, p in sorted(table.classes.loaded()) if p in ours}
        if entries:
            follows[name] = entries
    return (
        _HEAD
        + _dictionary("CLASSES: dict[str, str]", classes)
        + _dictionary("MODULES: dict[str, str]", modules)
        + "FOLLOWS: dict[str, dict[int, str]] = {\n"
        + "".join(f"    {name!r}: {entries!r},\n" for name, entries in follows.items())
        + "}\n"
    )


def _dictionary(head: str, entries: dict[str, str]) -> str:
    lines = [f"    {key!r}: {value!r},\n" for key, value in sorted(entries.items())]
    return f"{head} = {{\n{''.join(lines)}}}\n\n"


if __name__ == "__main__":
    INDEX.write_text(index())
