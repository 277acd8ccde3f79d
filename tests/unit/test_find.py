"""What find takes for a match."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.agent.modules.find import Args, FoundEntry, wanted
from suture.agent.world.node import Node

NOW = 1_000_000_000.0
names = some.text(some.sampled_from("ab.x"), min_size=1, max_size=5)
globs = some.lists(some.text(some.sampled_from("ab.x*?"), min_size=1, max_size=4), max_size=3)


def entry(
    name: str = "f", kind: str = "file", mode: int = 0o644, size: int = 0, age: int = 0
) -> FoundEntry:
    return FoundEntry(f"/d/{name}", Node(kind, mode, 0, 0, size, **stamp(age)), 1)


def stamp(age: int) -> dict[str, int]:
    return {"mtime_ns": int((NOW - age) * 1e9)}


@given(names, globs, globs, some.booleans())
def test_by_name(name: str, patterns: list[str], excludes: list[str], hidden: bool) -> None:
    args = Args(paths=["/d"], patterns=patterns, excludes=excludes, hidden=hidden)
    expected = (
        (hidden or not name.startswith("."))
        and any(fnmatch.fnmatch(name, pattern) for pattern in patterns or ["*"])
        and not any(fnmatch.fnmatch(name, pattern) for pattern in excludes)
    )
    assert wanted(entry(name), args, NOW) == expected


@given(names, some.sampled_from(["a", ".*b", r"[ab]+\.", "x$"]))
def test_by_regular_expression(name: str, pattern: str) -> None:
    args = Args(paths=["/d"], patterns=[pattern], use_regex=True, hidden=True)
    assert wanted(entry(name), args, NOW) == bool(re.match(pattern, name))


@given(some.integers(0, 4000), some.integers(-3, 3), some.sampled_from(["", "b", "k"]))
def test_by_size(size: int, number: int, unit: str) -> None:
    bound = number * (1024 if unit == "k" else 1)
    args = Args(paths=["/d"], size=f"{number}{unit}")
    expected = size >= bound if bound >= 0 else size <= -bound
    assert wanted(entry(size=size), args, NOW) == expected


@given(some.integers(0, 400_000), some.integers(-3, 3), some.sampled_from(["", "s", "h", "d"]))
def test_by_age(age: int, number: int, unit: str) -> None:
    bound = number * {"": 1, "s": 1, "h": 3600, "d": 86400}[unit]
    args = Args(paths=["/d"], age=f"{number}{unit}")
    assert wanted(entry(age=age), args, NOW) == (age >= bound if bound >= 0 else age <= -bound)


@pytest.mark.parametrize(
    ("mode", "exact", "found"),
    [("0644", True, True), ("0600", True, False), ("0600", False, True), ("a=x", False, False)],
)
def test_by_mode(mode: str, exact: bool, found: bool) -> None:
    args = Args(paths=["/d"], mode=mode, exact_mode=exact)
    assert wanted(entry(), args, NOW) == found


@pytest.mark.parametrize("kind", ["file", "directory", "link", "other"])
def test_by_kind(kind: str) -> None:
    for sought in ("file", "directory", "link", "any"):
        args = Args(paths=["/d"], file_type=sought)  # type: ignore[arg-type]
        assert wanted(entry(kind=kind), args, NOW) == (sought in ("any", kind))
