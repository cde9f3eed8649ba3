"""Loading a template file: in isolation, with every mistake found before anything happens."""

from __future__ import annotations

import itertools
import linecache
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from random import Random, SystemRandom
from types import ModuleType
from typing import Any
from weakref import finalize

from umpa.core.vary import RANDOMNESS
from umpa.errors import TemplateError
from umpa.link.base import Link
from umpa.schedule.clock import VirtualClock
from umpa.schedule.loop import run
from umpa.template.declare import Declarations, Place, declaring
from umpa.template.engine import Engine, Options
from umpa.template.guard import Limits
from umpa.template.log import LogSink
from umpa.template.status import Status
from umpa.template.store import Persistent

__all__ = ["Template", "load"]

_numbers = itertools.count(1)


class Template:
    """A template file that was loaded. Made by `load`; it can run once."""

    def __init__(
        self, declarations: Declarations, module: ModuleType, seed: int, random: Random
    ) -> None:
        self.declarations = declarations
        self.module = module
        self.seed = seed
        """What all randomness of the run follows from."""
        self.random = random
        self.engine: Engine | None = None
        """Its run, from when that began."""
        finalize(self, sys.modules.pop, module.__name__, None)

    @property
    def file(self) -> str:
        """The path that it was loaded from."""
        return self.declarations.file

    @property
    def parameters(self) -> dict[str, bool | int | float | str]:
        """The parameters' values, by name."""
        return {one.name: one.value for one in self.declarations.parameters.values()}

    def run(
        self,
        link: Link | str,
        *,
        clock: VirtualClock | None = None,
        seconds: float | None = None,
        strict: bool = False,
        guard: bool = False,
        state: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        log: LogSink | None = None,
    ) -> Status:
        """Run the template, until `seconds` passed, `context.stop()`, or an interrupt.

        `link` is a link, or the name of a device, which is opened and closed here. With a
        `VirtualClock`, the link's own, waiting takes no time. With `strict`, the first error of
        a handler ends the run. `guard` allows endpoints to claim addresses of this machine, and
        to keep its kernel out of them. `state` is the file of the persistent values. `log` gets
        each line of the log with its level; else they go to the logger "umpa.template".

        :raises TemplateError: something cannot start; the template ran before; or, when strict,
            a handler failed.
        :raises LinkError: the device cannot be opened, or failed.
        """
        return run(
            self.serve(
                link, seconds=seconds, strict=strict, guard=guard, state=state, limits=limits,
                log=log,
            ),
            clock=clock,
        )  # fmt: skip

    async def serve(
        self,
        link: Link | str,
        *,
        seconds: float | None = None,
        strict: bool = False,
        guard: bool = False,
        state: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        log: LogSink | None = None,
    ) -> Status:
        """The same as `run`, in an event loop that is running already. Cancelling it ends the run.

        :raises TemplateError: as `run` does.
        :raises LinkError: as `run` does.
        """
        options = Options(
            seconds, strict, guard, None if state is None else os.fspath(state),
            limits=limits or Limits(), log=log,
        )  # fmt: skip
        return await self.serve_with(link, options)

    async def serve_with(self, link: Link | str, options: Options) -> Status:
        """The same as `serve`, with all options there are."""
        if self.engine is not None:
            raise TemplateError(f"{self.file}: it ran before; load it again to run it once more")
        if isinstance(link, str):
            from umpa.link.live import LiveLink

            with LiveLink(link, direction="in", timeout_ms=1, reconnect=True) as opened:
                return await self.serve_with(opened, options)
        self.engine = Engine(self, link, options)
        return await self.engine.run()

    def place_of(self, error: BaseException) -> Place | None:
        """The line of the file in which an error arose; None where it was elsewhere."""
        return _place_of(error, self.file)

    def again(self, kept: Mapping[str, Persistent[Any]]) -> Template:
        """The file as it is now, with the same parameters, for `Engine.reload`.

        :raises TemplateError: it cannot be loaded.
        """
        return _load(self.file, self.declarations.given, self.seed, self.random, kept)


def load(
    path: str | os.PathLike[str],
    parameters: Mapping[str, object] | None = None,
    *,
    seed: int | None = None,
) -> Template:
    """Load a template file. Nothing is opened or sent.

    `parameters` are values for its parameters, by name. All randomness of the run follows from
    `seed`; without one it is drawn, and told in the run's status.

    :raises TemplateError: the file cannot be read or executed, or declares something wrong; the
        message begins with the file and the line.
    """
    if seed is None:
        seed = SystemRandom().getrandbits(32)
    return _load(os.fspath(path), parameters or {}, seed, Random(seed), {})


def _load(
    path: str, given: Mapping[str, object], seed: int, random: Random,
    kept: Mapping[str, Persistent[Any]],
) -> Template:  # fmt: skip
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror or error}") from None
    declarations = Declarations(path, dict(given), kept=kept)
    # a name of its own: two versions, or two files of one name, never meet
    module = ModuleType(f"umpa template {Path(path).stem} {next(_numbers)}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    token = RANDOMNESS.set(random)
    linecache.checkcache(path)
    try:
        with declaring(declarations), _Neighbours(path):
            _execute(path, source, module)
        declarations.complete()
    except BaseException:
        del sys.modules[module.__name__]
        raise
    finally:
        RANDOMNESS.reset(token)
    return Template(declarations, module, seed, random)


def _execute(path: str, source: bytes, module: ModuleType) -> None:
    try:
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except SyntaxError as error:
        if error.filename is None:  # there are zeros in it
            raise TemplateError(f"{path}: is no Python file: {error.msg}") from error
        raise TemplateError(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except ValueError as error:
        raise _told(error, path) from error
    except (Exception, SystemExit) as error:
        raise _told(error, path) from error


def _told(error: BaseException, path: str) -> TemplateError:
    """The error of a template, with its file and line."""
    place = _place_of(error, path)
    text = str(error)
    if isinstance(error, TemplateError):
        own = place is not None and text.startswith(f"{place.file}:")
        return TemplateError(text if own else f"{place or path}: {text}")
    return TemplateError(f"{place or path}: {type(error).__name__}: {text}")


def _place_of(error: BaseException, path: str) -> Place | None:
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == path]
    return Place(path, lines[-1]) if lines else None


class _Neighbours:
    """While a file is loaded, those beside it can be imported; then they are forgotten, so that
    the next version finds them as they are then."""

    def __init__(self, path: str) -> None:
        self._folder = os.path.dirname(os.path.abspath(path))
        self._before: set[str] = set()

    def __enter__(self) -> None:
        self._before = set(sys.modules)
        sys.path.insert(0, self._folder)

    def __exit__(self, *exception: object) -> None:
        if self._folder in sys.path:
            sys.path.remove(self._folder)
        for name in set(sys.modules) - self._before:
            file = getattr(sys.modules[name], "__file__", None)
            beside = file and os.path.dirname(os.path.abspath(file)) == self._folder
            if beside and not name.startswith("umpa template "):
                del sys.modules[name]
