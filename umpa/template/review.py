"""What `umpa check` says of a template: what it declares, and what in it cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from umpa.core.match import Match
from umpa.template.declare import Rule
from umpa.template.possible import implies

if TYPE_CHECKING:
    from umpa.template.loading import Template

__all__ = ["describe", "warnings_of"]


def describe(template: Template) -> Iterator[str]:
    """Its parameters, rules, timers and resources, a line each."""
    declared = template.declarations
    for parameter in declared.parameters.values():
        kind = type(parameter.default).__name__
        text = f"  --{parameter.name} ({kind}) = {parameter.value!r}"
        yield f"{text}  {parameter.help}".rstrip()
    for rule in declared.rules:
        yield f"  line {rule.place.line}: {rule.kind} {rule.name}: {_match_text(rule)}"
    for timer in declared.timers:
        if timer.interval is not None:
            when = f"every {timer.interval:g} s"
        elif timer.daily is not None:
            minutes, seconds = divmod(timer.daily, 60)
            when = f"each day at {minutes // 60:02}:{minutes % 60:02}:{seconds:02} UTC"
        else:
            when = f"once, {timer.at:g} s after the start"
        yield f"  line {timer.place.line}: timer {timer.name}: {when}"
    for action in declared.actions:
        count = len(action.reactions)
        yield f"  line {action.place.line}: action {action.name}: {count} reactions"
    for resource in declared.resources:
        yield f"  {type(resource).__name__}"
    for name, persistent in declared.persistents.items():
        yield f"  persistent {name} = {persistent.default!r}"


def warnings_of(template: Template) -> Iterator[str]:
    """What can never happen, and what is never used."""
    rules = [rule for rule in template.declarations.rules if rule.kind != "observe"]
    for number, rule in enumerate(rules):
        for before in rules[:number]:
            if before.name == rule.name and before.handler == rule.handler:
                continue
            if not _passes(before) and implies(rule.match, before.match):
                yield (
                    f"{rule.place}: {rule.name} can never match: {before.name} (line "
                    f"{before.place.line}) takes every packet that it would"
                )
                break
    if not any(_declared(template)):
        yield f"{template.file}: declares nothing: it has no rule, no timer and no machine"
    for action in template.declarations.actions:
        if not action.reactions:
            yield f"{action.place}: the action {action.name} has no reaction"


def _declared(template: Template) -> Iterator[object]:
    """All that makes a template do something."""
    declared = template.declarations
    yield from (declared.rules, declared.timers, declared.resources)
    yield from (declared.on_start, declared.on_stop, declared.on_link)


def _passes(rule: Rule) -> bool:
    """Whether a rule may leave packets to others: it names PASS, or wants more than its match."""
    if rule.answers is not None or rule.kind == "flow":
        return True
    code = getattr(rule.handler, "__code__", None)
    return code is None or "PASS" in code.co_names


def _match_text(rule: Rule) -> str:
    if rule.match is None:
        return "every packet"
    if isinstance(rule.match, Match):
        return repr(rule.match)
    return "a function"
