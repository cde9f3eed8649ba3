"""Every block of code of the documentation runs and prints what the page says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import difference, run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGES = {"python", "text", "console", "none", "toml", "json", "ini", "mermaid"}
FENCE = re.compile(r"^\s*(`{3,})([^`\n]*)$.*?^\s*\1\s*$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.docs
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    run_page(page)


@pytest.mark.docs
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """A block in an unknown language would silently not be run."""
    languages = {match[2].strip() for match in FENCE.finditer(page.read_text("utf-8"))}
    unknown = {word for word in languages if word not in LANGUAGES and not word.startswith("{")}
    assert not unknown


@pytest.mark.docs
@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('```python\nprint("a b")\n```\n\n```text\na b\n```\n', ""),
        ('```python\nprint("a 1.23 b")\n```\n\n```text\na … b\n```\n', ""),
        ('```python\nprint("a")\n```\n\n```text\nb\n```\n', "the page shows"),
        ("```python\n>>> 1 + 1\n3\n```\n", "Expected"),
        ("```python\n>>> 1 + 1\n2\n```\n", ""),
        ("```python\n1 / 0\n```\n", "division by zero"),
        ("```python\nx = 1\n```\n\n```python\nassert x == 1\n```\n", ""),
    ],
)
def test_the_test(text: str, wrong: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    if not wrong:
        assert run_page(page) > 0
    else:
        with pytest.raises(Exception, match=wrong):
            run_page(page)


def test_difference_ignores_blanks_at_line_ends_only() -> None:
    assert difference("a\n b\n", "a  \n b\n\n") is None
    assert difference("a\n b\n", "a\nb\n") is not None
