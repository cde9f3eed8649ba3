"""Whatever dpkt knows is a layer here, or the reference says why it is none."""

from __future__ import annotations

import re
from pkgutil import iter_modules

import dpkt

from tests.conftest import ROOT
from umpa.core import registry

ROW = re.compile(r"^\| ([\w, ]+) \| (.+) \|$", re.MULTILINE)


def rows() -> dict[str, str]:
    text = (ROOT / "docs/reference/protocols.md").read_text(encoding="utf-8")
    return {
        module: layers
        for modules, layers in ROW.findall(text.partition("|---|---|")[2])
        for module in modules.split(", ")
    }


def test_every_module_of_dpkt_is_in_the_table() -> None:
    assert set(rows()) >= {module.name for module in iter_modules(dpkt.__path__)}


def test_every_layer_in_the_table_is_there() -> None:
    for module, layers in rows().items():
        if not re.search(r"file format|no protocol", layers):
            for name in re.split(r", | \(| and ", layers)[:1]:
                assert registry.by_name(name) is not None, (module, name)
