"""Foreign modules as an agent runs them: new Python ones in a child, others from a private folder."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from suture.agent.foreign import answers
from suture.agent.foreign.step import Args, apply
from suture.agent.protocol.spec import Failure, Unpredictable
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World
from suture.foreign.packs import packed, standard_arguments
from suture.model import ForeignModule

NEW = """
import json, os, sys, time
print("a line before")
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={"how": {"type": "str"}})
how = module.params["how"]
if how == "child" and os.fork() == 0:
    time.sleep(20)
    os._exit(0)
if how == "killed":
    os.kill(os.getpid(), 9)
if how == "library":
    import nothing_here
if how == "sleep":
    time.sleep(60)
if how == "silent":
    sys.exit(0)
if how == "word":
    sys.exit("my own last word")
if how == "temporary":
    with open(os.path.join(module.tmpdir, "file"), "w") as file:
        file.write(module.tmpdir)
module.exit_json(changed=how == "changed", how=how, pid=os.getpid(), tmpdir=module._tmpdir)
"""

RESPAWNING = """
import os, sys
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, respawn_module
module = AnsibleModule(argument_spec={"how": {"type": "str"}})
if not has_respawned():
    respawn_module(module.params["how"])
module.exit_json(changed=False, path=sys.path[0], pid=os.getpid(), parent=os.getppid())
"""

OLD = """#!/bin/sh
. "$1"
echo "{\\"changed\\": true, \\"msg\\": \\"$how, $(ls "$(dirname "$0")" | wc -l)\\"}"
"""
WANTING = """#!/usr/bin/python
# WANT_JSON
import json, sys
print(json.dumps({"how": json.load(open(sys.argv[1]))["how"], "python": sys.executable}))
"""
REPLACED = '''#!/usr/bin/python3
import json
given = json.loads("""<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>""")
print(json.dumps({"how": given["how"], "check": given["_ansible_check_mode"]}))
'''


def run(
    folder: Path, name: str, source: str, how: str, world: World | None = None, **extra: Any
) -> dict[str, Any]:
    """What a module with this source returns when it is given this."""
    path = folder / name
    path.write_text(source)
    module = ForeignModule(path.stem, str(path), f"ansible.modules.{path.stem}")
    ready = packed(module, str(folder))
    said = standard_arguments(module, verbosity=0, secret=False)
    checks = ready.kind == "python"
    args = Args(ready.dotted, ready.kind, list(ready.packs), {"how": how, **extra}, said, checks)
    return apply(args, world or World())


def test_each_call_is_a_child_of_one_warm_process(tmp_path: Path) -> None:
    world = World()
    first = run(tmp_path, "one.py", NEW, "fine", world)
    assert (first["changed"], first["how"]) == (False, "fine")
    assert world.take_changes() == []
    second = run(tmp_path, "one.py", NEW, "changed", world)
    assert second["pid"] != first["pid"]
    (change,) = world.take_changes()
    assert (change.action, change.target) == ("change", "one")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("killed", "bad was ended by SIGKILL before it gave a result"),
        (
            "library",
            "ModuleNotFoundError: No module named 'nothing_here' (from bad, which gave no result)",
        ),
        ("silent", "a line before (from bad, which gave no result)"),
        ("word", "my own last word (from bad, which gave no result)"),
    ],
)
def test_a_module_without_a_result_is_told_in_its_own_words(
    how: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(Failure) as failure:
        run(tmp_path, "bad.py", NEW, how)
    assert str(failure.value) == sentence
    assert run(tmp_path, "bad.py", NEW, "fine")["how"] == "fine"


def test_what_a_module_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    began = time.monotonic()
    assert run(tmp_path, "child.py", NEW, "child")["how"] == "child"
    assert time.monotonic() - began < 10


def test_a_module_ends_with_its_time(tmp_path: Path) -> None:
    world = World()
    world.begin("slow", {}, 1.5)
    with pytest.raises(Failure, match="slow took longer than the task's timeout, and was ended"):
        run(tmp_path, "slow.py", NEW, "sleep", world)


def test_a_modules_own_temporary_folder_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.begin("temporary", {"HOME": str(tmp_path)})
    folder = run(tmp_path, "temporary.py", NEW, "temporary", world)["tmpdir"]
    assert folder.startswith(f"{tmp_path}/.ansible/tmp/")
    assert not Path(folder).exists()


def test_a_module_may_start_anew_under_another_python(tmp_path: Path) -> None:
    found = run(tmp_path, "anew.py", RESPAWNING, sys.executable)
    assert found["path"].endswith("/sources.zip")
    assert not Path(found["path"]).parent.exists()
    assert found["parent"] not in (os.getpid(), found["pid"])


@pytest.mark.parametrize(
    ("name", "source", "kind"),
    [("old.sh", OLD, "old"), ("wants.py", WANTING, "json"), ("args.py", REPLACED, "jsonargs")],
)
def test_modules_that_are_no_new_python_get_their_arguments_in_their_own_way(
    name: str, source: str, kind: str, tmp_path: Path
) -> None:
    before = set(Path(tempfile.gettempdir()).glob("suture-*"))
    found = run(tmp_path, name, source, "ada's own")
    if kind == "old":
        assert found["msg"] == "ada's own, 2"
    else:
        assert found["how"] == "ada's own"
    assert found.get("python", sys.executable) == sys.executable
    assert set(Path(tempfile.gettempdir()).glob("suture-*")) <= before
    with pytest.raises(Unpredictable, match="without doing it"):
        run(tmp_path, name, source, "x", DryWorld())


def test_a_dry_world_doubts_what_an_earlier_step_could_change(tmp_path: Path) -> None:
    world = DryWorld()
    world.begin("writes", {})
    world.write(f"{tmp_path}/file", b"x")
    spec = 'argument_spec={"how": {"type": "str"}, "path": {}}, supports_check_mode=True'
    source = NEW.replace('argument_spec={"how": {"type": "str"}}', spec)
    assert run(tmp_path, "looks.py", source, "fine", world, path="/etc/hosts")["how"] == "fine"
    for extra in ({"path": f"{tmp_path}/file"}, {"path": str(tmp_path)}, {}):
        with pytest.raises(Unpredictable, match="an earlier step, which changes"):
            run(tmp_path, "looks.py", source, "fine", world, **extra)
    world.begin("acts", {})
    world.run("true")
    with pytest.raises(Unpredictable, match="hangs on 'acts'"):
        run(tmp_path, "looks.py", source, "fine", world, path="/etc/hosts")


def test_two_modules_may_want_different_sources_of_one_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "module_utils").mkdir(parents=True)
        (tmp_path / name / "module_utils" / "shared.py").write_text(f"WORD = '{name}'\n")
    source = (
        "from ansible.module_utils.basic import AnsibleModule\n"
        "from ansible.module_utils.shared import WORD\n"
        "AnsibleModule({}).exit_json(word=WORD)\n"
    )
    words = []
    for name in ("a", "b", "a"):
        path = tmp_path / name / "word.py"
        path.write_text(source)
        utils = (str(tmp_path / name / "module_utils"),)
        ready = packed(ForeignModule("word", str(path), "ansible.modules.word", utils), "")
        args = Args(ready.dotted, ready.kind, list(ready.packs), {}, {}, True)
        words.append(apply(args, World())["word"])
    assert words == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ('\n{"a": 1}\n', {"a": 1}),
        ('noise\n{"a": 1}\nmore noise', {"a": 1}),
        ('{not json}\n{"a": 1}', {"a": 1}),
        ('{"first": 1}\n{"a": 1}\n', {"a": 1}),
        ('{\n  "a": {\n    "b": 1\n  }\n}', {"a": {"b": 1}}),
        ('{"a": NaN}', {"a": "NaN"}),
        ("nothing", None),
        ("[1]", None),
    ],
)
def test_the_result_is_found_in_what_a_module_prints(
    text: str, found: dict[str, Any] | None
) -> None:
    assert answers.result(text) == found


def test_a_result_is_read_with_ansibles_meaning() -> None:
    printed = """{"changed": true, "invocation": {"module_args": {}}, "warnings": ["careful"],
    "deprecations": [{"msg": "old", "version": "9"}], "_ansible_x": 1, "rest": 2,
    "diff": [{"before": "a\\n", "after": "b\\n", "after_header": "/x (content)"},
             {"before": {"mode": "1"}, "after": {"mode": "2"}}]}"""
    said = {"out": printed, "err": "", "rc": 0, "trouble": ""}
    answer = answers.answer("ansible.modules.x", said, {"path": "/y"})
    assert answer.data == {"changed": True, "rest": 2}
    assert [note["text"] for note in answer.notes] == ["careful", "old"]
    told = [(change.target, change.before, change.after) for change in answer.changes]
    assert told == [
        ("/x", "a\n", "b\n"),
        ("/y", '{\n  "mode": "1"\n}\n', '{\n  "mode": "2"\n}\n'),
    ]


@pytest.mark.parametrize(
    ("printed", "failure"),
    [
        ('{"failed": true, "msg": "no"}', "no"),
        ('{"rc": 3, "msg": "no"}', "no"),
        ('{"rc": 3, "failed": false}', ""),
        ('{"failed": true}', "x says that it failed"),
    ],
)
def test_a_result_that_failed(printed: str, failure: str) -> None:
    said = {"out": printed, "err": "", "rc": 1, "trouble": ""}
    assert answers.answer("ansible.modules.x", said, {}).failure == failure
