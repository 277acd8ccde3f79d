"""python_import beyond its law cases: versions of what bears another name than its module."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from suture.agent.modules.python_import import Args, apply
from suture.agent.protocol.spec import Failure
from suture.agent.world.world import World


def looked(*names: str, **args: Any) -> dict[str, Any]:
    """What came of one import, or of the last of several."""
    given = Args(names=list(names), python=sys.executable, state="any", **args)
    imports: list[dict[str, Any]] = apply(given, World())["imports"]
    return imports[-1]


@pytest.mark.parametrize(
    ("name", "distribution"),
    [("yaml", "PyYAML"), ("yaml:SafeLoader", "PyYAML"), ("hypothesis.strategies", "hypothesis")],
)
def test_the_version_is_the_distributions(name: str, distribution: str) -> None:
    found = looked(name)
    assert (found["ok"], found["imported"]) == (True, True)
    assert found["version"] == metadata.version(distribution)
    assert found["file"].endswith(".py")
    assert found["seconds"] >= 0


def test_a_distribution_without_a_list_of_its_names_is_known_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text("")
    about = tmp_path / "Other_Name-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: Other-Name\nVersion: 2.5\n")
    (about / "RECORD").write_text("held.py,,\nOther_Name-2.5.dist-info/METADATA,,\n")
    assert looked("held", chdir=str(tmp_path))["version"] == "2.5"


def test_the_version_is_told_when_the_import_fails(tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text("def broken():\n    raise OSError('conflict')\nbroken()\n")
    about = tmp_path / "held-1.2.4.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: held\nVersion: 1.2.4\n")
    found = looked("held", chdir=str(tmp_path), version=">=1")
    assert (found["ok"], found["version"]) == (False, "1.2.4")
    assert found["error"] == "OSError: conflict"
    assert "in broken" in found["traceback"]


def test_each_name_is_imported_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import sys; sys.modules['two'] = sys\n")
    assert not looked("one", "two", chdir=str(tmp_path))["ok"]


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("from . import inner\n")
    (tmp_path / "package" / "inner.py").write_text("print('hello')\n")
    assert looked("package.inner", chdir=str(tmp_path))["ok"]
    assert not list(tmp_path.rglob("*.pyc"))


def test_all_that_is_missing_is_told_at_once() -> None:
    given = Args(names=["no_such_a", "json", "no_such_b"], python=sys.executable)
    with pytest.raises(Failure) as caught:
        apply(given, World())
    assert "no_such_a: ModuleNotFoundError" in str(caught.value)
    assert "no_such_b: ModuleNotFoundError" in str(caught.value)
    assert [found["ok"] for found in caught.value.data["imports"]] == [False, True, False]
