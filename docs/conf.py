"""How the documentation is built: `python -m sphinx -W docs docs/_build/html`."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "umpa"
author = copyright = "The umpa authors"
release = version = version_of("umpa")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "umpa_reference"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "umpa"

# Docstrings write code between single backquotes.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
add_module_names = False
python_use_unqualified_type_names = True
