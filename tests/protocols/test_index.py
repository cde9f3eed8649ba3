"""The files that name every protocol say what the class statements say."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.protocols.make_index import FILES, FOLDER


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_class_statements_say(name: str) -> None:
    # In a process of its own: other tests define protocols too.
    program = f"from tests.protocols.make_index import FILES; print(FILES[{name!r}](), end='')"
    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    written = (FOLDER / name).read_text(encoding="utf-8")
    # As trees: how the file is laid out is the formatter's affair.
    same = ast.dump(ast.parse(written)) == ast.dump(ast.parse(made))
    assert same, "run python -m tests.protocols.make_index"
