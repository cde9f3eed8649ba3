"""Sphinx: the pages of protocols from the protocols themselves, and docstrings as they are written.

The directive `{protocols}` makes a section of every protocol: its docstring, where it is found and
its table of fields. In docstrings, an indented block after a line with a colon is code.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from umpa.core.protocol import Protocol


def every_protocol() -> list[type[Protocol]]:
    """The protocols that `umpa.protocols` offers, by name."""
    import umpa.protocols
    from umpa.core.protocol import Protocol

    found = {
        value
        for value in vars(umpa.protocols).values()
        if isinstance(value, type) and issubclass(value, Protocol) and value.name
    }
    return sorted(found, key=lambda protocol: (protocol.name, protocol.__name__))


def describe(protocol: type[Protocol]) -> list[str]:
    """The section of one protocol, in Markdown."""
    lines = [f"## {protocol.__name__}", "", *inspect.getdoc(protocol).splitlines(), ""]
    lines += ["| field | filter name | bits | default | meaning |", "|---|---|---|---|---|"]
    for name, field in protocol.fields.items():
        default = "auto" if field.auto is not None else shown(field.default)
        cells = (f"`{name}`", f"`{field.full_key}`", shown(field.bits), default, field.doc)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return [*lines, ""]


def shown(value: Any) -> str:
    """A value as a cell of the table."""
    return f"`{value!r}`" if value or value == 0 else ""


class Protocols(SphinxDirective):
    """`{protocols}`"""

    def run(self) -> list[nodes.Node]:
        text = [line for protocol in every_protocol() for line in describe(protocol)]
        return self.parse_text_to_nodes("\n".join(text), allow_section_headings=True)


def code_after_colon(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Make `text:` and an indented block a literal block of reStructuredText."""
    for at, line in enumerate(lines):
        following = next((later for later in lines[at + 1 :] if later.strip()), "")
        deeper = len(following) - len(following.lstrip()) > len(line) - len(line.lstrip())
        if line.endswith(":") and not line.endswith("::") and deeper:
            lines[at] = line + ":"


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("protocols", Protocols)
    app.connect("autodoc-process-docstring", code_after_colon)
    return {"parallel_read_safe": True}
