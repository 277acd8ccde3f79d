"""What a foreign module writes is seen in a copy of the host's files, noted, and put on the disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from suture.agent.foreign.step import Args, apply
from suture.agent.protocol.spec import Failure
from suture.agent.rehearsal.namespaces import trouble
from suture.agent.world.changes import Deed
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World
from suture.foreign.packs import packed, standard_arguments
from suture.model import ForeignModule

MODULE = """
import os, shutil
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(
    argument_spec={"path": {"type": "path"}, "how": {}}, supports_check_mode=True
)
path, how = module.params["path"], module.params["how"]
file = os.path.join(path, "file")
if how == "write":
    os.makedirs(os.path.join(path, "new", "deep"))
    open(os.path.join(path, "new", "deep", "one"), "w").write("one")
    open(file, "w").write("after")
    os.chmod(file, 0o640)
    os.symlink("file", os.path.join(path, "link"))
    os.remove(os.path.join(path, "old"))
    shutil.rmtree(os.path.join(path, "tree"))
    os.chmod(os.path.join(path, "kept"), 0o700)
if how in ("fail", "quiet"):
    open(file, "w").write("broken")
if how == "names":
    os.link(file, os.path.join(path, "other"))
if how == "fail":
    module.fail_json(msg="no, not that")
diff = {"before": "b", "after": "a", "after_header": file} if how == "write" else None
module.exit_json(changed=how != "quiet", pid=os.getpid(), diff=diff)
"""


class Notes:
    """What would be noted before each change."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    @contextlib.contextmanager
    def recorded(self, deeds: Sequence[Deed]) -> Iterator[Any]:
        self.deeds += deeds
        yield lambda: None


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with a bit of everything."""
    there = tmp_path / "there"
    (there / "tree" / "deep").mkdir(parents=True)
    (there / "tree" / "deep" / "x").write_text("x")
    (there / "kept").mkdir(mode=0o755)
    for name in ("file", "old"):
        (there / name).write_text("before")
    return there


def run(tree: Path, how: str, world: World, source: str = MODULE, overlay: str = "") -> Any:
    path = tree.parent / str(len(source)) / "mine.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    ready = packed(ForeignModule("mine", str(path), "ansible.modules.mine"), str(tree.parent))
    said = standard_arguments(ForeignModule("mine", "", ""), verbosity=0, secret=False)
    overlay = overlay or ("files" if ready.files_alone else "")
    given = {"how": how, "path": str(tree)}
    return apply(
        Args(ready.dotted, ready.kind, list(ready.packs), given, said, True, overlay), world
    )


needs_overlay = pytest.mark.skipif(bool(trouble()), reason=f"no overlay here: {trouble()}")


@needs_overlay
def test_what_it_wrote_is_noted_and_then_on_the_disk(tree: Path) -> None:
    notes = Notes()
    world = World(recorder=notes.recorded)
    assert run(tree, "write", world)["pid"] < 10  # it saw no process but its own
    changes = {(change.action, change.target) for change in world.take_changes()}
    assert changes == {
        ("attributes", f"{tree}/kept"),
        ("write", f"{tree}/file"),
        ("link", f"{tree}/link"),
        ("mkdir", f"{tree}/new"),
        ("mkdir", f"{tree}/new/deep"),
        ("write", f"{tree}/new/deep/one"),
        ("remove", f"{tree}/old"),
        ("remove", f"{tree}/tree"),
    }
    assert all(deed.predictions for deed in notes.deeds)
    assert (tree / "file").read_text() == "after"
    assert (tree / "file").stat().st_mode & 0o777 == 0o640
    assert (tree / "kept").stat().st_mode & 0o777 == 0o700
    assert (tree / "new" / "deep" / "one").read_text() == "one"
    assert (tree / "link").readlink() == Path("file")
    assert not (tree / "old").exists()
    assert not (tree / "tree").exists()


@needs_overlay
def test_only_what_the_module_shows_of_a_file_is_shown(tree: Path) -> None:
    world = World(recorder=Notes().recorded)
    run(tree, "write", world)
    shown = {
        change.target.rpartition("/")[2]: (change.before, change.after)
        for change in world.take_changes()
        if change.action == "write"
    }
    assert shown == {"file": ("b", "a"), "one": ("", "")}


@needs_overlay
def test_what_says_that_it_changed_nothing_is_believed_and_noted_all_the_same(tree: Path) -> None:
    notes = Notes()
    world = World(recorder=notes.recorded)
    run(tree, "quiet", world)
    assert world.take_changes() == []
    assert [deed.change.target for deed in notes.deeds] == [f"{tree}/file"]
    assert (tree / "file").read_text() == "broken"


@needs_overlay
@pytest.mark.parametrize("how", ["fail", "names"])
def test_what_a_copy_cannot_give_is_done_for_real_and_marked(tree: Path, how: str) -> None:
    notes = Notes()
    world = World(recorder=notes.recorded)
    if how == "fail":
        with pytest.raises(Failure, match="no, not that"):
            run(tree, how, world)
        assert (tree / "file").read_text() == "broken"  # as it is under Ansible
        return
    assert run(tree, how, world)["pid"] > 10
    (change,) = world.take_changes()
    assert change.detail == {"final": True}
    assert (tree / "other").samefile(tree / "file")
    assert not any(deed.predictions for deed in notes.deeds)


@needs_overlay
def test_who_insists_on_a_copy_is_told_why_there_is_none(tree: Path) -> None:
    world = World(recorder=Notes().recorded)
    with pytest.raises(Failure) as failure:
        run(tree, "names", world, overlay="always")
    assert str(failure.value) == (
        "mine cannot be run so that it could be undone, and nothing of it was kept:"
        f" {tree}/other has more than one name; without suture_overlay: always it runs for real"
    )
    assert not (tree / "other").exists()


@pytest.mark.parametrize(
    ("line", "alone"),
    [
        ("import json, re, yaml", True),
        ("import subprocess", False),
        ("module.run_command('true')", False),
        ("from os import system", False),
        ("from ansible.module_utils.urls import open_url", False),
        ("from ansible.module_utils.common.text.converters import to_text", True),
        ("open('/proc/cpuinfo')", False),
        ("import nobody_knows", False),
        ("from ansible.module_utils.own import it", False),
    ],
)
def test_a_module_that_reaches_for_more_than_files_is_not_run_in_a_copy(
    tmp_path: Path, line: str, alone: bool
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"from ansible.module_utils.basic import AnsibleModule\n{line}\n")
    (tmp_path / "module_utils").mkdir()
    (tmp_path / "module_utils" / "own.py").write_text("import socket\n")
    utils = (str(tmp_path / "module_utils"),)
    module = ForeignModule("mine", str(path), "ansible.modules.mine", utils)
    assert packed(module, str(tmp_path)).files_alone is alone


def test_a_preview_says_what_could_not_be_undone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def final(source: str) -> bool:
        world = DryWorld()
        run(tree, "say", world, source)
        return bool(world.take_changes()[0].detail.get("final"))

    assert final(MODULE.replace("import os,", "import socket, os,"))
    monkeypatch.setattr("suture.agent.foreign.overlaid.refusal", lambda: "")
    assert not final(MODULE)
    monkeypatch.setattr("suture.agent.foreign.overlaid.refusal", lambda: "the kernel says no")
    assert final(MODULE)
