"""Paths mean what they mean to Python and to a shell."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.agent.shared.paths import expanded, globbed
from suture.agent.world.world import World

texts = some.text(some.sampled_from("ab$~/{}_X"), max_size=8)


def is_closed(text: str) -> bool:
    """Whether each ``${`` has its ``}``: Pythons, down to their patch releases, differ about others."""
    return "${" not in re.sub(r"\$\{[^}]*\}", "", text)


@given(texts.filter(is_closed))
def test_expanded_as_python_does_it(text: str) -> None:
    environment = {"a": "/one", "X": "", "HOME": "/home/me"}
    world = World()
    world.begin("step", environment)
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        theirs = os.path.expanduser(os.path.expandvars(text))  # noqa: PTH111
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert expanded(text, world) == theirs


def test_expanded_knows_other_users() -> None:
    assert expanded("~root/x", World()) == os.path.expanduser("~root/x")  # noqa: PTH111


@given(
    some.lists(some.text(some.sampled_from("ab.*"), min_size=1, max_size=3), max_size=5),
    some.text(some.sampled_from("ab.*?[]/!"), min_size=1, max_size=6),
)
def test_globbed_as_python_does_it(names: list[str], pattern: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for index, name in enumerate(name for name in names if name not in (".", "..")):
            path = Path(directory, name)
            if path.exists():
                continue
            if index % 2:
                path.mkdir()
                (path / "a").touch()
            else:
                path.touch()
        wanted = f"{directory}/{pattern.strip('/')}"
        theirs = {path.rstrip("/") for path in glob.glob(wanted)}  # noqa: PTH207
        assert {path.rstrip("/") for path in globbed(wanted, World())} == theirs


@pytest.mark.parametrize("pattern", ["nowhere", "*", "/nowhere/*", "/*/nowhere"])
def test_globbed_finds_nothing(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert globbed(pattern, World()) == []
