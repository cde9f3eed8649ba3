"""What a child process begins with that uses one of the bindings."""

from __future__ import annotations

CHILD = """
import os, sys
exec(os.environ["UMPA_TEST_HIDE"])
from umpa.errors import *
from umpa.link import open as open_link
"""
