"""Which Python a step runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.shared.interpreter import directory_of, interpreter
from suture.agent.world.world import World


def made(path: Path) -> str:
    path.parent.mkdir(parents=True)
    path.touch(0o755)
    return str(path)


def test_what_is_named_comes_first(tmp_path: Path) -> None:
    own = made(tmp_path / ".venv" / "bin" / "python")
    other = made(tmp_path / "other" / "bin" / "python")
    here = str(tmp_path)
    assert interpreter(World(), None, None, here) == own
    assert interpreter(World(), None, "other", here) == other
    assert interpreter(World(), None, f"{here}/other", None) == other
    assert interpreter(World(), "other/bin/python", None, here) == other
    assert interpreter(World(), other, None, None) == other


def test_without_a_venv_it_is_the_machines_own(tmp_path: Path) -> None:
    world = World()
    assert interpreter(world, None, None, str(tmp_path)) == world.which("python3")
    assert interpreter(world, "python3", None, None) == world.which("python3")


@pytest.mark.parametrize(
    ("python", "venv", "said"),
    [
        ("bin/python", None, "there is no Python at {}/bin/python"),
        ("python-of-no-machine", None, "there is no python-of-no-machine on this host's PATH"),
        (None, "gone", "the virtual environment {}/gone does not exist"),
        (None, "tests", "{}/tests is no virtual environment: it has no bin/python"),
    ],
)
def test_what_is_missing_is_named(
    python: str | None, venv: str | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    with pytest.raises(Failure, match=re.escape(said.format(tmp_path))):
        interpreter(World(), python, venv, str(tmp_path))


def test_directories_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert directory_of("~/app") == f"{tmp_path}/app"
    assert directory_of(None) is None
