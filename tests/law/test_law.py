"""Every case of every module, here and on each other Python that the machine has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from law import CASES, SLOW_MODULES, Case, cases, check, missing, sampled

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src"
MODULES = sorted(
    path.stem
    for path in (SOURCES / "suture" / "agent" / "modules").glob("*.py")
    if not path.stem.startswith("_")
)
ALL = cases()


def pythons() -> list[str]:
    """Other Pythons from 3.8 on: pyenv's, and those that SUTURE_PYTHONS names."""
    here = sys.version_info[:2]
    found = {}
    for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"):
        version = re.match(r"(\d+)\.(\d+)", path.parts[-3])
        if version:
            found[(int(version[1]), int(version[2]))] = str(path)
    for named in filter(None, os.environ.get("SUTURE_PYTHONS", "").split(os.pathsep)):
        code = "import sys; print(*sys.version_info[:2])"
        said = subprocess.run([named, "-c", code], capture_output=True, text=True, check=True)
        major, minor = map(int, said.stdout.split())
        found[(major, minor)] = named
    return [found[version] for version in sorted(found) if version >= (3, 8) and version != here]


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in ALL])
def test_law(case: Case) -> None:
    lacking = missing(case)
    if lacking:
        pytest.skip(lacking)
    check(case)


PYTHONS = pythons()


@pytest.mark.long
@pytest.mark.e2e  # with real environments and pip on every Python: not for the quick part
@pytest.mark.parametrize("python", PYTHONS)
def test_law_on_another_python(python: str, exploring: bool) -> None:
    """All cases in one process, which imports nothing but the agent and the standard library; but
    for the oldest Python, few of those that start slow programs, unless the tests explore."""
    whole = exploring or python == PYTHONS[0]
    done = subprocess.run(
        [python, "-B", str(Path(__file__).with_name("law.py")), *([] if whole else ["--sample"])],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    broken = [f"{line['case']}: {line['text']}" for line in lines if line["outcome"] == "failed"]
    assert not broken, "\n".join(broken)
    assert [line["case"] for line in lines] == [
        name for name, _ in (ALL if whole else sampled(ALL))
    ]


def test_a_sample_has_all_quick_cases_and_some_of_each_slow_module() -> None:
    chosen = sampled(ALL)
    left = {name for name, _ in ALL} - {name for name, _ in chosen}
    assert {case.module for name, case in ALL if name in left} == SLOW_MODULES
    assert {case.module for _, case in chosen} == {case.module for _, case in ALL}


def test_every_case_has_a_name_of_its_own() -> None:
    names = [name for name, _ in ALL]
    assert len(set(names)) == len(names)
    assert not [name for name in names if not re.fullmatch(r"[a-z_0-9]+-\d{2,}-\S{3,}", name)]


@pytest.mark.parametrize("module", MODULES)
def test_module_has_cases_and_examples(module: str) -> None:
    assert (CASES / f"{module}.py").is_file(), f"tests/law/cases/{module}.py is missing"
    assert any(case.module == module for _, case in ALL)
    code = import_module(f"suture.agent.modules.{module}")
    assert code.__doc__
    assert code.__doc__.strip()
    tasks = yaml.safe_load(code.EXAMPLES)
    assert isinstance(tasks, list)
    assert tasks
    for task in tasks:
        assert module in task or f"ansible.builtin.{module}" in task, task
