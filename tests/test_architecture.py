"""The plan of the house, as a test: who may import whom, no circle, a quiet import, small files."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parent.parent / "umpa"
LINES_AT_MOST = 400
GENERATED = "umpa.protocols.index"

# Each room with the rooms that it may import; a room is a module or folder directly under umpa/.
CORE = {"errors", "core"}
LOW = CORE | {"protocols"}
LINKS = LOW | {"savefile", "link", "net"}
ALLOWED = {
    "errors": set[str](),
    "security": {"errors"},
    "core": {"errors"},
    "protocols": CORE,
    "savefile": LOW,
    "link": LOW | {"savefile"},
    "net": LOW | {"link"},
    "exchange": LINKS | {"schedule"},
    "schedule": LINKS,
    "sniffing": LINKS | {"exchange", "schedule"},
    "template": LINKS | {"exchange", "schedule", "sniffing"},
    "analysis": LOW | {"savefile"},
    "analyse": LOW | {"savefile", "link", "analysis"},
}
# The public names and the command line see everything.
ALLOWED["commands"] = set(ALLOWED)
ALLOWED["__init__"] = set(ALLOWED) | {"aio"}
ALLOWED["__main__"] = set(ALLOWED) | {"__init__"}
ALLOWED["aio"] = set(ALLOWED) - {"__main__", "__init__"}

UNWANTED_AT_IMPORT = {"pcap", "cypcap", "dpkt", "asyncio", "socket", "_socket", "ssl", "_ssl"}


class Import(NamedTuple):
    importer: str
    imported: str
    line: int
    only_for_types: bool

    def __str__(self) -> str:
        return f"{self.importer} line {self.line} imports {self.imported}"


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room(module: str) -> str:
    """The room a module lives in: "core" for "umpa.core.field"."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(module: str, path: Path) -> Iterator[Import]:
    """The imports of umpa's own modules, wherever they stand in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            if name in MODULES and name != module:
                yield Import(module, name, getattr(node, "lineno", 0), id(node) in typing_only)


MODULES = modules()
IMPORTS = [found for module, path in MODULES.items() for found in imports_of(module, path)]
AT_RUN_TIME = [found for found in IMPORTS if not found.only_for_types]


def own_package(found: Import) -> bool:
    """Whether a module imports a package it lies in: that adds no edge of its own."""
    return found.importer.startswith(found.imported + ".")


def test_every_room_is_in_the_plan() -> None:
    assert {room(module) for module in MODULES} <= set(ALLOWED)


def test_nothing_imports_upwards() -> None:
    wrong = [
        str(found)
        for found in AT_RUN_TIME
        if not own_package(found)
        and room(found.importer) != room(found.imported)
        and room(found.imported) not in ALLOWED[room(found.importer)]
    ]
    assert not wrong, wrong


def test_imports_for_types_only_stay_within_the_next_room() -> None:
    """They are exempt from the direction; this keeps them few enough to list."""
    pairs = {
        (room(found.importer), room(found.imported))
        for found in IMPORTS
        if found.only_for_types
        and room(found.importer) != room(found.imported)
        and room(found.imported) not in ALLOWED[room(found.importer)]
    }
    assert pairs <= {("core", "protocols")}, pairs


def test_no_protocol_imports_another() -> None:
    wrong = [
        str(found)
        for found in IMPORTS
        if room(found.importer) == room(found.imported) == "protocols"
        and found.importer not in ("umpa.protocols", "umpa.protocols.accessors")
        and not own_package(found)
        and is_protocol(found.imported)
    ]
    assert not wrong, wrong


def is_protocol(module: str) -> bool:
    """Whether a module defines a protocol, rather than names or helpers that protocols share."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ClassDef) and any(word.arg == "name" for word in node.keywords)
        for node in tree.body
    )


def test_there_is_no_circle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in AT_RUN_TIME:
        if not own_package(found):
            graph[found.importer].add(found.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_files_are_small() -> None:
    sizes = {module: path.read_text("utf-8").count("\n") for module, path in MODULES.items()}
    assert not {
        module: size
        for module, size in sizes.items()
        if size > LINES_AT_MOST and module != GENERATED
    }


QUIET_IMPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
before, events = set(sys.modules), []

def watch(event, args):
    if event == "open" and not str(args[0]).endswith((".py", ".pyc")):
        events.append(f"open {args[0]}")
    elif event.partition(".")[0] in ("socket", "subprocess", "ctypes"):
        events.append(event)

sys.addaudithook(watch)
import umpa
found = list(events)
print(json.dumps({"modules": sorted(set(sys.modules) - before), "events": found}))
"""


@pytest.fixture(scope="module")
def quiet_import() -> dict[str, list[str]]:
    """What `import umpa` loads and does in a fresh interpreter without `site`."""
    command = [sys.executable, "-I", "-S", "-B", "-c", QUIET_IMPORT, str(PACKAGE.parent)]
    result: dict[str, list[str]] = json.loads(subprocess.check_output(command, text=True))
    return result


def test_import_loads_nothing_heavy(quiet_import: dict[str, list[str]]) -> None:
    loaded = {module.partition(".")[0] for module in quiet_import["modules"]}
    assert not loaded & UNWANTED_AT_IMPORT


def test_import_does_no_io(quiet_import: dict[str, list[str]]) -> None:
    assert quiet_import["events"] == []
