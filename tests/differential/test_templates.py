"""Templates, conditions and loops mean what they mean to ansible-core: one run of it, compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from suture.errors import SutureError
from suture.model import Host, Inventory, Loop, Mark, Play, Task
from suture.run import loops
from suture.run.magic import host_magic, play_magic
from suture.secrets import Unsafe
from suture.templating.rendering import render, template_text, truth
from suture.variables.scope import Precedence, Scope, host_scope, play_scope, task_scope

pytestmark = [pytest.mark.differential, pytest.mark.timeout(900)]


class Loader(yaml.SafeLoader):
    """Reads the cases; text marked ``!unsafe`` is ``Unsafe``."""


class Dumper(yaml.SafeDumper):
    """Writes them for ansible-core."""


Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))
Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))
Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]

CASES: dict[str, Any] = yaml.load(
    (Path(__file__).parent / "templates.yml").read_text(), Loader=Loader
)
MARK = Mark("site.yml", 1)
FAILED = "(an error)"
ENVIRONMENT = {"SUTURE_TEST_ENV": "from the environment"}


def tasks() -> Iterator[dict[str, Any]]:
    """Tasks of ansible-core's; what each registers is the answer.  What may fail has its own."""
    for kind in ("values", "unordered"):
        yield {"debug": {"msg": CASES[kind]}, "register": kind}
    for name, value in CASES["errors"].items():
        yield {"debug": {"msg": value}, "register": f"errors_{name}"}
    for name, condition in CASES["conditions"].items():
        yield {"debug": {"msg": "met"}, "when": condition, "register": f"conditions_{name}"}
    for name, loop in CASES["loops"].items():
        item = loop.get("loop_control", {}).get("loop_var", "item")
        yield {"debug": {"msg": f"{{{{ {item} }}}}"}, **loop, "register": f"loops_{name}"}
    for name, case in CASES["templates"].items():
        args = {"src": f"{name}.j2", "dest": f"out/{name}", **case.get("args", {})}
        yield {"template": args, "register": f"templates_{name}"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "out").mkdir()
    for path, text in CASES["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for name, case in CASES["templates"].items():
        (root / "templates" / f"{name}.j2").write_text(case["text"], newline="")
    return root


@pytest.fixture(scope="module")
def theirs(project: Path) -> dict[str, Any]:
    """What ansible-core registered for each case, by name."""
    listed = list(tasks())
    for task in listed:
        task["ignore_errors"] = True
    names = [task["register"] for task in listed]
    last = {
        "copy": {
            "dest": "answers.json",
            "content": "{{ dict(names | zip(names | map('extract', vars))) | to_json }}",
        }
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {**CASES["vars"], "names": names},
        "tasks": [*listed, last],
    }
    (project / "site.yml").write_text(yaml.dump([play], Dumper=Dumper, sort_keys=False, width=9999))
    hosts = {"all": {"hosts": {"localhost": CASES["inventory"]}}}
    (project / "hosts.yml").write_text(yaml.dump(hosts, width=9999))
    program = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run(
        [program, "-i", "hosts.yml", "-c", "local", "site.yml"],
        cwd=project,
        env={
            **os.environ,
            **ENVIRONMENT,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_HOME": str(project / ".ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONHASHSEED": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    (project / "output").write_text(done.stdout + done.stderr)
    assert (project / "answers.json").exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return dict(json.loads((project / "answers.json").read_text()))


@pytest.fixture
def scope(project: Path, monkeypatch: pytest.MonkeyPatch) -> Scope:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    play = Play("case", "localhost", (), (), MARK, vars=CASES["vars"])
    host = Host("localhost", ("ungrouped",), (CASES["inventory"],))
    groups = {"all": ("localhost",), "ungrouped": ("localhost",)}
    inventory = Inventory({"localhost": host}, groups)
    magic = play_magic(
        play,
        inventory,
        playbook_dir=str(project),
        hosts=["localhost"],
        scope_of=lambda name: host_scope(play_scope(play, {}), host),
    )
    whole = host_scope(play_scope(play, {}), host)
    whole = whole.with_layer(Precedence.MAGIC, {**magic, **host_magic("localhost", inventory)})
    task = Task("case", "debug", {}, MARK, origin=str(project / "site.yml"))
    return task_scope(whole, task)


def plain(value: Any) -> Any:
    """The value as JSON would carry it."""
    return json.loads(json.dumps(value, default=str))


def ordered(values: list[Any]) -> list[Any]:
    return sorted(values, key=repr)


@pytest.mark.parametrize("name", CASES["values"])
def test_values(name: str, scope: Scope, theirs: dict[str, Any]) -> None:
    assert not theirs["values"].get("failed"), theirs["values"]
    assert plain(render(CASES["values"][name], scope, MARK)) == theirs["values"]["msg"][name]


@pytest.mark.parametrize("name", CASES["unordered"])
def test_sets(name: str, scope: Scope, theirs: dict[str, Any]) -> None:
    found = render(CASES["unordered"][name], scope, MARK)
    assert ordered(found) == ordered(theirs["unordered"]["msg"][name])


@pytest.mark.parametrize("name", CASES["errors"])
def test_errors(name: str, scope: Scope, theirs: dict[str, Any]) -> None:
    assert theirs[f"errors_{name}"].get("failed"), theirs[f"errors_{name}"]
    with pytest.raises(SutureError):
        render(CASES["errors"][name], scope, MARK)


@pytest.mark.parametrize("name", CASES["conditions"])
def test_conditions(name: str, scope: Scope, theirs: dict[str, Any]) -> None:
    answer = theirs[f"conditions_{name}"]
    expected: Any = FAILED if answer.get("failed") else not answer.get("skipped", False)
    try:
        found: Any = truth(CASES["conditions"][name], scope, MARK)
    except SutureError:
        found = FAILED
    assert found == expected, answer


@pytest.mark.parametrize("name", CASES["loops"])
def test_loops(name: str, scope: Scope, theirs: dict[str, Any]) -> None:
    answer = theirs[f"loops_{name}"]
    case = dict(CASES["loops"][name])
    control = case.pop("loop_control", {})
    ((keyword, over),) = case.items()
    loop = Loop(
        keyword.removeprefix("with_"),
        over,
        MARK,
        var=control.get("loop_var", "item"),
        index_var=control.get("index_var", ""),
        extended=control.get("extended", False),
    )
    if answer.get("failed") or "results" not in answer:
        if answer.get("failed"):
            with pytest.raises(SutureError):
                loops.items(loop, scope, "debug")
        else:
            assert loops.items(loop, scope, "debug") == []
        return
    items = loops.items(loop, scope, "debug")
    found = [
        {
            "msg": render(f"{{{{ {loop.var} }}}}", loops.item_scope(loop, scope, items, index)),
            **loops.item_result(loop, loops.item_scope(loop, scope, items, index)),
        }
        for index in range(len(items))
    ]
    kept = {"msg", loop.var, "ansible_loop_var", "ansible_loop", "ansible_index_var"}
    kept |= {loop.index_var}
    expected = [
        {key: value for key, value in result.items() if key in kept} for result in answer["results"]
    ]
    assert plain(found) == expected


@pytest.mark.parametrize("name", CASES["templates"])
def test_template_files(name: str, scope: Scope, theirs: dict[str, Any], project: Path) -> None:
    args = {"src": f"{name}.j2", "dest": f"out/{name}", **CASES["templates"][name].get("args", {})}
    task = Task("case", "template", args, MARK, origin=str(project / "site.yml"))
    path = str(project / "templates" / f"{name}.j2")
    if theirs[f"templates_{name}"].get("failed"):
        with pytest.raises(SutureError):
            template_text(path, scope, args, task)
        return
    expected = (project / "out" / name).read_bytes()
    assert template_text(path, scope, args, task).encode() == expected
