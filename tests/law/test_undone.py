"""What a module changes can be undone: another law for every module, on the same cases."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import law
import pytest
from law import Case

from tests.unit.journaled import Place

OTHERS = frozenset({"undo", "journal"})
"""Their cases are about journals of their own."""

CHANGING = [
    (name, case)
    for name, case in law.cases()
    if not case.refused and case.changed is not False and case.module not in OTHERS
]
"""The cases that get as far as changing something; that others change nothing, the law holds."""

FOR_GOOD = frozenset({"command", "raw", "script", "shell", "uri"})
"""Modules whose effects nobody can undo who is not told how."""


def undone(case: Case, root: str) -> None:
    """Raise AssertionError where the tree is not, after undoing, what it was."""
    umask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as state:
            place = Place(Path(root), Path(state))
            law.laid(root, law.filled(case.before, root))
            before = place.walk()
            with place.run("1", environment=law.filled(case.environment, root)) as world:
                changes = law.applied(case, world, root).changes
            if not changes:
                return
            data, _ = place.undone("1", by="2")
            assert not data["lost"]
            commands = {change.action for change in changes} - FILES
            if data["cannot"]:
                modules = {case.module, *(module for module, _ in case.earlier)}
                assert modules & (FOR_GOOD | SOMETIMES), data["cannot"]
                return
            after = place.walk()
            if commands:
                before, after = (_without_times(found) for found in (before, after))
            differing = {
                name
                for name in {*before, *after}
                if before.get(name) != after.get(name) and not _beside_the_point(name)
            }
            told = {name: (before.get(name), after.get(name)) for name in differing}
            assert not told, f"after {changes}: {told}"
            if "behind an installation" in case.name:
                return  # a package's own file went with it: a second undo finds neither state
            assert not place.undone("1", by="3")[1]
    finally:
        os.umask(umask)


FILES = frozenset({"write", "mkdir", "link", "remove", "attributes"})
SOMETIMES = frozenset({"git", "pip", "user", "apt", "apt_key"})
"""Modules that have commands which cannot be undone: an old pip's, for instance."""


def _without_times(found: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    return {name: told[:-1] for name, told in found.items()}


def _beside_the_point(name: str) -> bool:
    """What programs note for themselves, or a fake one leaves behind where a real one would not."""
    path = Path(name)
    if path.parent.suffix == ".dist-info":
        return path.name in ("INSTALLER", "REQUESTED", "RECORD")
    if ".git" in path.parts or "__pycache__" in path.parts:
        return True
    return name in ("updated", "cron/own", "made") or path.parent.name == "installed"


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CHANGING])
def test_undone(case: Case) -> None:
    if lacking := law.missing(case):
        pytest.skip(lacking)
    with tempfile.TemporaryDirectory(prefix="law-", dir=law.ground(case)) as directory:
        root = os.path.realpath(directory)
        law.performed(case, root, lambda: undone(case, root))


def test_every_module_has_a_case() -> None:
    assert Counter(case.module for _, case in CHANGING)["copy"] > 10
