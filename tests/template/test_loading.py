"""Loading: every mistake is an error with file and line, before anything is sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.template.stage import Stage, nothing, write
from umpa.errors import TemplateError
from umpa.template import load

RULE = "def rule(packet, context): ..."
ENDPOINT = "from umpa.template import endpoint\nendpoint('10.0.0.5', '02:00:00:00:00:05'"


@pytest.mark.parametrize(
    ("code", "line", "text"),
    [
        ("import nothing_like_this", 5, "ModuleNotFoundError"),
        ("x = 1\n1 / 0", 6, "ZeroDivisionError"),
        ("def f(:", 5, "invalid syntax"),
        ("raise SystemExit(3)", 5, "SystemExit"),
        ("param('a', 1)\nparam('a', 2)", 6, "two parameters are called 'a'"),
        ("param('a', [1])", 5, "expected a number or a text"),
        ("param('no name', 1)", 5, "expected a name"),
        (f"@on(TCP.dstport == 99999)\n{RULE}", 5, "99999"),
        (f"@on(TCP.dport == 80)\n{RULE}", 5, "did you mean 'dstport'"),
        (f"@on((TCP.dstport == 80) & (TCP.dstport == 443))\n{RULE}", 5, "no packet can pass"),
        (f"@on(TCP.dstport == 80, TCP.dstport.is_in([1, 2]))\n{RULE}", 5, "no packet can pass"),
        (f"@on(has(TCP) & ~has(TCP))\n{RULE}", 5, "no packet can pass"),
        (f"@on(TCP.dstport.is_in([]))\n{RULE}", 5, "is empty"),
        (f"@on(TCP.dstport)\n{RULE}", 5, "TCP.dstport is a field"),
        (f"@on(80 == 80)\n{RULE}", 5, "True is no match"),
        (f"@on(TCP)\n{RULE}", 5, "is no match"),
        (f"@on(has(TCP), mode='serial')\n{RULE}", 5, "mode='serial'"),
        (f"@on(has(TCP), limit=0)\n{RULE}", 5, "limit=0"),
        ("@on(has(TCP))\ndef rule(packet): ...", 5, "expected def name(packet, context)"),
        ("@on(has(TCP))\nclass Rule: ...", 5, "expected def name(packet, context)"),
        ("on(has(TCP))(5)", 5, "stands before a function"),
        ("@on(has(TCP), patch=True)\nasync def f(packet, context): ...", 5, "plain functions"),
        ("@on_flow(has(TCP))\ndef f(flow, context): ...", 5, "async def"),
        ("@every(0)\ndef f(context): ...", 5, "more than 0"),
        ("@every(1, missed='sometimes')\ndef f(context): ...", 5, "skip, burst or coalesce"),
        ("@at('25:00')\ndef f(context): ...", 5, "is no time"),
        ("@on_link('sideways')\ndef f(context): ...", 5, "'up' or 'down'"),
        ("persistent('a', 1)\npersistent('a', 1)", 6, "two persistent values"),
        ("persistent('a', {1: 2})", 5, "keys are text"),
        ("@action(timeout=0)\ndef f(context): ...", 5, "timeout=0"),
        (
            "@on(has(TCP))\n@on(has(UDP))\ndef rule(packet, context): ...\non(has(TCP))",
            8,
            "@on(...)",
        ),
        ("action(timeout=1)", 5, "write @action(...)"),
        ("@action()\ndef f(context): ...\nf.reaction(has(TCP))", 7, "write @f.reaction(...)"),
        (f"{ENDPOINT}, tcp=[80])", 6, "tcp=[80]: expected ports and what they say"),
        (f"{ENDPOINT})\n{ENDPOINT})", 8, "two endpoints have"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, code: str, line: int, text: str
) -> None:
    path = write(tmp_path, code)
    with pytest.raises(TemplateError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:{line}: "), str(caught.value)
    assert text in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"none\.py: No such file"):
        load(tmp_path / "none.py")


@pytest.mark.parametrize("code", ["@on()\ndef f(packet, context): ...", "param('a', 1)"])
def test_the_language_is_for_files_that_are_loaded(code: str) -> None:
    with pytest.raises(TemplateError, match="umpa run"):
        exec("from umpa.template import on, param\n" + code, {})


# Parameters.


@pytest.mark.parametrize(
    ("default", "given", "value"),
    [
        (80, "0x50", 80), (80, 81, 81), (1.5, "2", 2.0), (1.5, 2, 2.0), ("a", "b", "b"),
        (False, "yes", True), (True, "off", False), (True, False, False),
    ],
)  # fmt: skip
def test_a_parameter_has_the_type_of_its_default(
    tmp_path: Path, default: object, given: object, value: object
) -> None:
    path = write(tmp_path, f"x = param('x', {default!r})")
    template = load(path, {"x": given})
    assert template.module.x == value
    assert type(template.module.x) is type(value)


@pytest.mark.parametrize(
    ("default", "given"), [(80, "many"), (80, 1.5), (1.5, "x"), (True, "maybe"), ("a", 5)]
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, default: object, given: object) -> None:
    path = write(tmp_path, f"x = param('x', {default!r})")
    with pytest.raises(TemplateError, match=f":5: parameter 'x': {given!r} is not"):
        load(path, {"x": given})


def test_the_environment_may_give_it_and_code_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "port = param('port', 80)")
    monkeypatch.setenv("UMPA_PORT", "81")
    assert load(path).parameters == {"port": 81}
    assert load(path, {"port": 82}).parameters == {"port": 82}


def test_an_unknown_parameter_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "param('address', '10.0.0.1')")
    with pytest.raises(TemplateError, match="did you mean 'address'"):
        load(path, {"adress": "10.0.0.2"})


# Isolation.


def test_two_loads_share_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path, "from dataclasses import dataclass\nseen = []\n@dataclass\nclass A: x: int"
    )
    one, other = load(path), load(path)
    one.module.seen.append(1)
    assert other.module.seen == []
    assert "template" not in sys.modules


def test_modules_beside_the_file_are_found_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "beside_the_template.py").write_text("value = 1")
    path = write(tmp_path, "from beside_the_template import value")
    assert load(path).module.value == 1
    (tmp_path / "beside_the_template.py").write_text("value = 23")
    assert load(path).module.value == 23
    assert str(tmp_path) not in sys.path


def test_a_module_goes_with_its_template(tmp_path: Path) -> None:
    template = load(write(tmp_path, ""))
    name = template.module.__name__
    assert name in sys.modules
    del template
    assert name not in sys.modules


def test_the_same_seed_the_same_numbers_while_loading(tmp_path: Path) -> None:
    path = write(tmp_path, "drawn = rng.random()")
    assert load(path, seed=5).module.drawn == load(path, seed=5).module.drawn
    assert load(path, seed=5).module.drawn != load(path, seed=6).module.drawn


def test_a_template_runs_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "")
    stage.play(nothing)
    with pytest.raises(TemplateError, match="ran before"):
        stage.play(nothing)


def test_every_public_name_is_there() -> None:
    import umpa.template

    missing = [name for name in umpa.template.__all__ if not _found(name)]
    assert missing in ([], ["endpoint"]) or os.path.exists("umpa/template/endpoint.py")


def _found(name: str) -> bool:
    import umpa.template

    try:
        value = getattr(umpa.template, name)
    except ImportError:
        return False
    return type(value).__name__ != "module"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (f"@on\n{RULE}", "write @on(...) above a function"),
        (f"@observe\n{RULE}", "write @observe(...)"),
        ("@on_flow\nasync def f(flow, context): ...", "write @on_flow(...)"),
        ("@every\ndef f(context): ...", "write @every(...)"),
        ("@on_link\ndef f(context): ...", "write @on_link(...)"),
        ("@at\ndef f(context): ...", "write @at(...)"),
    ],
)
def test_a_decorator_without_parentheses_is_told(tmp_path: Path, code: str, text: str) -> None:
    # else the function would be taken for an argument, and nothing declared
    path = write(tmp_path, code)
    with pytest.raises(TemplateError) as caught:
        load(path)
    line = 5 if sys.version_info >= (3, 11) else 6  # where Python says that the call is
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert text in str(caught.value)


def test_what_is_no_python_file_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(b"\xd4\xc3\xb2\xa1\0\0\0\0")
    with pytest.raises(TemplateError, match=f"^{path}: ") as caught:
        load(path)
    assert "None" not in str(caught.value)
