"""How a page of the documentation is run, block by block, in one namespace.

- `python` blocks are executed; in one that starts with `>>>`, values are compared as by doctest.
- A `text` block is what the code printed since the last `text` block (`…` stands for anything).
- In a `console` block, each `$ umpa …` line is run, and its output compared where some is shown;
  other commands are for the reader.
- `<!--- skip: next -->` before a block leaves it out, with the reason behind: `if("…")`.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from sybil import Document, Example
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown import CodeBlockParser, SkipParser
from sybil.region import Region
from sybil.typing import Parser

PRINTED = "printed since the last text block"


class PythonBlocks:
    """Executes `python` blocks, keeping what they print."""

    def __init__(self) -> None:
        self.blocks = CodeBlockParser("python", self.execute)
        self.sessions = DocTestStringParser(DocTestEvaluator(doctest.ELLIPSIS))
        self.run = PythonEvaluator()

    def __call__(self, document: Document) -> list[Region]:
        regions: list[Region] = []
        for block in self.blocks(document):
            if block.parsed.startswith(">>>"):
                for session in self.sessions(block.parsed, document.path):
                    session.adjust(block, block.parsed)
                    regions.append(session)
            else:
                regions.append(block)
        return regions

    def execute(self, example: Example) -> None:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.run(example)
        example.namespace[PRINTED] = example.namespace.get(PRINTED, "") + output.getvalue()


def compare_text(example: Example) -> str | None:
    """A `text` block against what was printed above it."""
    return difference(str(example.parsed), example.namespace.pop(PRINTED, ""))


def run_console(example: Example) -> str | None:
    """The `umpa` commands of a `console` block, each against the output below it."""
    for piece in re.split(r"^\$ ", str(example.parsed), flags=re.MULTILINE)[1:]:
        command, _, expected = piece.partition("\n")
        if command.split()[0] != "umpa":
            continue
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            shell=True,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PATH": path, "COLUMNS": "100"},
        )
        if expected.strip() and (wrong := difference(expected, done.stdout + done.stderr)):
            return f"$ {command}\n{wrong}"
        if not expected.strip() and done.returncode:
            return f"$ {command}\nended with {done.returncode}: {done.stderr}"
    return None


def difference(expected: str, got: str) -> str | None:
    """None where the text is what the page shows, else both."""
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    pattern = re.escape("\n".join(lines)).replace("…", ".*")
    found = "\n".join(line.rstrip() for line in got.strip("\n").splitlines())
    if re.fullmatch(pattern, found, flags=re.DOTALL):
        return None
    return f"the page shows:\n{expected}\nbut it is:\n{got}"


def parsers() -> list[Parser]:
    """What is looked for on a page."""
    return [
        PythonBlocks(),
        CodeBlockParser("text", compare_text),
        CodeBlockParser("console", run_console),
        SkipParser(),
    ]


def run_page(page: Path) -> int:
    """Run every block of a page from top to bottom; returns how many there were."""
    document = Document.parse(str(page), *parsers())
    examples = list(document.examples())
    for example in examples:
        example.evaluate()
    return len(examples)
