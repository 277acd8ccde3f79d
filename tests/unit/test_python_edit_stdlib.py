"""python_edit on long files that other people wrote: only the lines that are meant differ."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suture.agent.modules.python_edit import edited, edits_of
from suture.agent.python_source.source import SourceText
from suture.agent.python_source.syntax import FUNCTIONS, definitions, shape, statements

FILES = (
    "argparse",
    "asyncio.base_events",
    "concurrent.futures.process",
    "http.client",
    "logging",
    "multiprocessing.pool",
    "shutil",
    "subprocess",
    "tarfile",
    "tempfile",
    "threading",
    "unittest.mock",
    "zipfile",
)
PER_FILE = 4
BROAD = ("Exception", "BaseException")


def read(name: str) -> bytes:
    path = inspect.getsourcefile(importlib.import_module(name))
    assert path
    return Path(path).read_bytes()


def functions(source: SourceText) -> list[Any]:
    """The functions whose dotted names are theirs alone."""
    found = [each for each in definitions(source.tree) if isinstance(each.node, FUNCTIONS)]
    times = Counter(each.name for each in found)
    return [each for each in found if times[each.name] == 1]


def withs(source: SourceText) -> Iterator[tuple[str, ast.With]]:
    """The only with statement of its function, and the function's name."""
    for function in functions(source):
        held = [each for each in statements(function.node.body) if isinstance(each, ast.With)]
        if len(held) == 1 and source.alone(held[0]):
            yield function.name, held[0]


def handlers(source: SourceText) -> Iterator[tuple[str, ast.ExceptHandler]]:
    """The only except clause of its function that names one type, and no broad one."""
    for function in functions(source):
        held = [
            handler
            for each in statements(function.node.body)
            if isinstance(each, ast.Try)
            for handler in each.handlers
        ]
        named = [each for each in held if isinstance(each.type, ast.Name)]
        if len(held) == len(named) == 1 and named[0].type.id not in BROAD:  # type: ignore[union-attr]
            yield function.name, held[0]


def outcome(data: bytes, edit: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The lines before and after."""
    new, reports = edited(data, edits_of([edit]))
    assert reports[0]["changed"]
    return data.decode().splitlines(keepends=True), new.decode().splitlines(keepends=True)


@pytest.mark.parametrize("name", FILES)
def test_wrapping_moves_the_statement_and_nothing_else(name: str) -> None:
    data = read(name)
    source = SourceText.read(data)
    for function, held in list(withs(source))[:PER_FILE]:
        edit = {
            "function": function,
            "statement": {"kind": "with"},
            "except": ["ZeroDivisionError", "UnicodeError"],
            "as": "unheard_of",
            "body": "print(unheard_of)",
        }
        old, new = outcome(data, {"wrap": edit})
        first, last = held.lineno - 1, source.line(source.block_end(held) - 1)
        assert new[:first] == old[:first]
        assert new[first].strip() == "try:"
        assert [line.strip() for line in new[first + 1 : last + 1]] == [
            line.strip() for line in old[first:last]
        ]
        assert [line.strip() for line in new[last + 1 : last + 3]] == [
            "except (ZeroDivisionError, UnicodeError) as unheard_of:",
            "print(unheard_of)",
        ]
        assert new[last + 3 :] == old[last:]
        tries = [each for each in ast.walk(ast.parse("".join(new))) if isinstance(each, ast.Try)]
        (body,) = [each.body for each in tries if each.lineno == held.lineno]
        assert shape(body) == [shape(held)]


@pytest.mark.parametrize("name", FILES)
def test_catching_more_changes_one_line(name: str) -> None:
    data = read(name)
    source = SourceText.read(data)
    for function, handler in list(handlers(source))[:PER_FILE]:
        assert isinstance(handler.type, ast.Name)
        edit = {"function": function, "clause": handler.type.id, "types": ["xml.Unheard"]}
        old, new = outcome(data, {"catch": edit})
        at = handler.lineno - 1
        assert new[at].strip().startswith(f"except ({handler.type.id}, xml.Unheard)")
        assert new[:at] + new[at + 1 :] == old[:at] + old[at + 1 :]


def test_there_is_something_to_test() -> None:
    sources = [SourceText.read(read(name)) for name in FILES]
    assert sum(len(list(withs(source))[:PER_FILE]) for source in sources) > 25
    assert sum(len(list(handlers(source))[:PER_FILE]) for source in sources) > 25
