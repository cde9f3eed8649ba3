"""The command line: `umpa COMMAND ...`. Each command is a module of `umpa.commands`.

Exit codes: 0 all is well; 1 a file was damaged, and everything before the damage was delivered;
2 the command cannot be carried out as it was given; 130 interrupted; 141 the reader of the
output went away.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from umpa import __version__
from umpa.commands import COMMANDS
from umpa.errors import UmpaError

__all__ = ["main"]

USAGE, INTERRUPTED, NO_READER = 2, 130, 141


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"umpa: {message}; see {self.prog} --help\n")


def parser() -> Parser:
    """The arguments of all commands."""
    top = Parser(prog="umpa", description="Packets: show, capture, send; networks: simulate.")
    top.add_argument("--version", action="version", version=f"umpa {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. What a user can cause is a line, not a traceback."""
    replace_closed()
    with warnings.catch_warnings(), interrupts_kept():
        warnings.showwarning = lambda message, *rest: complain(message)
        try:
            chosen = parser().parse_args(arguments)
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text file
            code: int = chosen.run(chosen)
            sys.stdout.flush()
        except KeyboardInterrupt:
            return INTERRUPTED
        except UmpaError as error:
            complain(error)
            return USAGE
        except OSError as error:  # of the output: all others are errors of umpa's own
            give_up_output()
            if isinstance(error, BrokenPipeError):
                return NO_READER
            complain(f"standard output: {error.strerror}")
            return USAGE
        return code


def replace_closed() -> None:
    """A standard stream that the shell has closed (`>&-`) is one that nobody reads, or empty.

    Python has None for it, and the next file that is opened would get its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # until the end


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """`unraisable` is in place, and what was there before afterwards: a program may call `main`."""
    before, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before


def unraisable(lost: sys.UnraisableHookArgs) -> None:
    """An interrupt that came in a callback (imports have some) is not lost: it comes once more.

    From a thread, for here it would be ignored again, as a callback of callbacks.
    """
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def give_up_output() -> None:
    """What is still buffered would fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: object) -> None:
    """One line on standard error."""
    print(f"umpa: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
