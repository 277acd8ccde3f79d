"""Each pair of places for a variable: the one that wins under ansible-core wins here."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from suture.templating.rendering import value_of
from suture.variables.scope import Precedence, Scope

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300)]

PLACES = {
    "role_defaults": Precedence.ROLE_DEFAULTS,
    "inventory": Precedence.INVENTORY,
    "play_vars": Precedence.PLAY_VARS,
    "vars_files": Precedence.VARS_FILES,
    "role_vars": Precedence.ROLE_VARS,
    "block_vars": Precedence.TASK_VARS,
    "task_vars": Precedence.TASK_VARS,
    "include_vars": Precedence.INCLUDE_VARS,
    "set_fact": Precedence.RESULTS,
    "role_params": Precedence.ROLE_PARAMS,
    "include_params": Precedence.INCLUDE_PARAMS,
    "extra_vars": Precedence.EXTRA_VARS,
}
PAIRS = {f"{one}_or_{two}": (one, two) for one, two in itertools.combinations(PLACES, 2)}


def said_at(place: str) -> dict[str, str]:
    """The variables that this place sets, each to the place's name."""
    return {name: place for name, pair in PAIRS.items() if place in pair}


def project(root: Path) -> None:
    names = list(PAIRS)
    answer = "{{ dict(names | zip(names | map('extract', vars))) | to_json }}"
    debug = {"copy": {"content": answer, "dest": "{{ playbook_dir }}/answers.json"}}
    files = {
        "hosts.yml": {"all": {"hosts": {"localhost": said_at("inventory")}}},
        "extra.yml": said_at("extra_vars"),
        "more.yml": said_at("vars_files"),
        "site.yml": [
            {
                "hosts": "localhost",
                "gather_facts": False,
                "vars": {**said_at("play_vars"), "names": names},
                "vars_files": ["more.yml"],
                "roles": [{"role": "r", **said_at("role_params")}],
            }
        ],
        "roles/r/defaults/main.yml": said_at("role_defaults"),
        "roles/r/vars/main.yml": said_at("role_vars"),
        "roles/r/vars/included.yml": said_at("include_vars"),
        "roles/r/tasks/main.yml": [
            {"include_vars": "included.yml"},
            {"set_fact": said_at("set_fact")},
            {"include_tasks": "inner.yml", "vars": said_at("include_params")},
        ],
        "roles/r/tasks/inner.yml": [
            {
                "vars": said_at("block_vars"),
                "block": [{**debug, "vars": said_at("task_vars")}],
            }
        ],
    }
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(yaml.safe_dump(data))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("precedence")
    project(root)
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [program, "-i", "hosts.yml", "-c", "local", "-e", "@extra.yml", "site.yml"],
        cwd=root,
        env={
            **os.environ,
            "ANSIBLE_HOME": str(root / ".ansible"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (root / "answers.json").exists(), done.stdout + done.stderr
    return dict(json.loads((root / "answers.json").read_text()))


@pytest.mark.parametrize("pair", PAIRS)
def test_precedence(pair: str, theirs: dict[str, str]) -> None:
    scopes = [Scope(), Scope()]
    # layers of one level are put on in their order; levels in any
    for place in sorted(PLACES, key=lambda name: PLACES[name] is Precedence.TASK_VARS):
        scopes[0] = scopes[0].with_layer(PLACES[place], said_at(place))
    for place, level in PLACES.items():
        scopes[1] = scopes[1].with_layer(level, said_at(place))
    assert [value_of(pair, scope) for scope in scopes] == [theirs[pair]] * 2
