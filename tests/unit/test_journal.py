"""What a run changes can be undone exactly, wherever the agent is killed."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from suture.agent.journal import blobs, journal, storage
from suture.agent.protocol.content import content_of
from suture.agent.protocol.spec import Failure
from suture.agent.world.world import World
from tests.unit.journaled import Place, killed_at

NAMES = ("a", "b", "c")
PATHS = [*NAMES, *(f"{x}/{y}" for x in NAMES for y in NAMES), "a/b/c", "b/a/c", "c/c/c"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return made(tmp_path)


def made(folder: Path) -> Place:
    folder = folder.resolve()
    for name in ("root", "state"):
        (folder / name).mkdir()
    return Place(folder / "root", folder / "state")


# -- any changes -----------------------------------------------------------------------------------

paths = some.sampled_from(PATHS)
modes = some.sampled_from([None, "0700", "0640", "u+x", "go=", 0o755])
contents = some.sampled_from([b"", b"one\n", b"two\n", b"\xff\x00", content_of(b"sent\n")])
targets = some.sampled_from([*NAMES, "..", "../b", "a/b", "gone"])
acts = some.one_of(
    some.tuples(
        some.just("write"), paths, some.fixed_dictionaries({"content": contents, "mode": modes})
    ),
    some.tuples(
        some.just("mkdir"),
        paths,
        some.fixed_dictionaries({"mode": modes, "parents": some.booleans()}),
    ),
    some.tuples(some.just("link"), paths, some.fixed_dictionaries({"target": targets})),
    some.tuples(some.just("remove"), paths, some.just({})),
    some.tuples(
        some.just("attributes"),
        paths,
        some.fixed_dictionaries(
            {
                "mode": modes,
                "mtime": some.sampled_from([None, None, 1000.0, "now"]),
                "follow": some.booleans(),
            }
        ),
    ),
)
trees = some.lists(
    some.tuples(some.sampled_from(["dir", "file", "file", "link"]), paths, targets), max_size=8
)


def grown(root: Path, entries: list[tuple[str, str, str]]) -> None:
    for kind, name, text in entries:
        path = root / name
        if os.path.lexists(path) or not path.parent.is_dir():
            continue
        if kind == "dir":
            path.mkdir()
        elif kind == "file":
            path.write_text(text)
        else:
            path.symlink_to(text)


def performed(world: World, root: Path, steps: list[tuple[str, str, dict[str, Any]]]) -> None:
    for verb, name, how in steps:
        with suppress(Failure):
            getattr(world, verb)(f"{root}/{name}", **how)


def seen(place: Place) -> dict[str, tuple[Any, ...]]:
    """What stands there, unless its owner has shut themselves out, who then cannot undo: they are
    told what they may not look at."""
    found = place.walk()
    assume(("closed",) not in found.values())
    return found


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, some.lists(acts, min_size=1, max_size=10))
def test_undo_brings_everything_back(
    tree: list[tuple[str, str, str]], steps: list[tuple[str, str, dict[str, Any]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = made(Path(folder))
        grown(place.root, tree)
        before = place.walk()
        with place.run("1") as world:
            performed(world, place.root, steps)
        after = seen(place)
        foreseen = place.previewed("1")
        assert place.walk() == after, "a preview touches nothing"

        _, changes = place.undone("1", by="2")
        assert place.walk() == before
        assert changes == foreseen
        assert place.undone("1", by="3") == ({**place.undone("1")[0]}, [])

        place.undone("2", by="4")
        assert place.walk() == after, "undoing is undone"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, some.lists(acts, min_size=1, max_size=6), some.lists(acts, min_size=1, max_size=6))
def test_a_later_part_of_a_run_is_undone_alone(
    tree: list[tuple[str, str, str]],
    first: list[tuple[str, str, dict[str, Any]]],
    second: list[tuple[str, str, dict[str, Any]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = made(Path(folder))
        grown(place.root, tree)
        before = place.walk()
        with place.run("1", phase=1) as world:
            performed(world, place.root, first)
        between = seen(place)
        with place.run("1", phase=2) as world:
            performed(world, place.root, second)
        seen(place)
        place.undone("1", by="2", phase=2)
        assert place.walk() == between
        place.undone("1", by="3")
        assert place.walk(times=False) == {name: told[:-1] for name, told in before.items()}


# -- killed ----------------------------------------------------------------------------------------


def prepared(place: Place) -> None:
    grown(
        place.root,
        [
            *(("dir", name, "") for name in ("a", "b", "b/a", "c")),
            *(("file", name, f"{name}\n" * 50) for name in ("a/a", "b/a/c", "b/b", "c/a")),
            ("link", "c/b", "a"),
        ],
    )
    (place.root / "a/a").chmod(0o640)
    (place.root / "c/a").chmod(0o4755)
    if not os.geteuid():
        os.chown(place.root / "b/b", 12, 34)


def script(world: World, root: str) -> None:
    """A run that writes files, and does whatever else can be done to them."""
    world.write(f"{root}/a/a", b"changed\n" * 100)
    world.mkdir(f"{root}/new/deep", mode="0750", parents=True)
    world.write(f"{root}/new/deep/file", b"new\n", mode="0600")
    world.link(f"{root}/c/b", "../a/a")
    world.attributes(f"{root}/c/a", mode="0700", mtime=1000.0)
    world.remove(f"{root}/b")
    world.write(f"{root}/b", b"no directory any more\n")
    world.write(f"{root}/a/a", b"changed again\n")
    world.link(f"{root}/b", "new")


def test_killed_anywhere_it_can_be_undone(tmp_path: Path) -> None:
    number = 0
    killed = True
    while killed:
        number += 1
        place = made_in(tmp_path / str(number))
        prepared(place)
        before = place.walk(times=False)

        def act(place: Place = place) -> None:
            with place.run("1") as world:
                script(world, str(place.root))

        killed = killed_at(number, act)
        place.previewed("1")
        place.undone("1", by="2")
        assert place.walk(times=False) == before, f"killed at act {number}"
        assert place.undone("1", by="3")[1] == []
    assert number > 100


def test_an_undo_killed_anywhere_can_be_undone_again(tmp_path: Path) -> None:
    number = 0
    killed = True
    while killed:
        number += 1
        place = made_in(tmp_path / str(number))
        prepared(place)
        before = place.walk(times=False)
        with place.run("1") as world:
            script(world, str(place.root))
        killed = killed_at(number, lambda place=place: place.undone("1", by="2"))  # type: ignore[misc]
        place.undone("1", by="3")
        assert place.walk(times=False) == before, f"killed at act {number}"
    assert number > 50


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can get to."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_killed_while_a_file_of_somebody_else_is_rewritten(open_folder: Path) -> None:
    """A file that we may write but not give away is rewritten where it stands."""
    if os.geteuid():
        pytest.skip("needs root, to make a file of somebody else")
    number, killed = 0, True
    while killed:
        number += 1
        place = made_in(open_folder / str(number))
        path = place.root / "file"
        path.write_bytes(b"before\n" * 1000)
        os.chown(path, 0, 4321)
        path.chmod(0o666)
        place.root.chmod(0o777)
        os.chown(place.state, 1234, 1234)
        before = place.walk(times=False)

        def act(place: Place = place) -> None:
            os.setgroups([])
            os.setgid(1234)
            os.setuid(1234)
            with place.run("1") as world:
                world.write(str(place.root / "file"), b"after\n")

        killed = killed_at(number, act)
        assert not killed_at(10_000, lambda place=place: _as_user(place))  # type: ignore[misc]
        assert place.walk(times=False) == before, f"killed at act {number}"
    assert number > 15


def _as_user(place: Place) -> None:
    os.setgroups([])
    os.setgid(1234)
    os.setuid(1234)
    place.undone("1", by="2")


def made_in(folder: Path) -> Place:
    folder.mkdir()
    return made(folder)


# -- what stands in the way ------------------------------------------------------------------------


def test_what_somebody_has_changed_is_refused_unless_forced(place: Place) -> None:
    for name in ("mine", "untouched", "attributes"):
        (place.root / name).write_text("before\n")
    before = place.walk(times=False)
    with place.run("1") as world:
        world.write(str(place.root / "mine"), b"run\n")
        world.write(str(place.root / "untouched"), b"run\n")
        world.attributes(str(place.root / "attributes"), mode="0600")
        world.mkdir(str(place.root / "folder"))
    (place.root / "mine").write_text("hand\n")
    (place.root / "attributes").chmod(0o644 ^ 0o040)
    (place.root / "folder/guest").write_text("hand\n")
    (place.root / "folder/__pycache__").mkdir()
    changed = place.walk()
    with pytest.raises(Failure) as refusal:
        place.undone("1")
    assert refusal.value.data["changed_since"] == [
        str(place.root / name) for name in ("attributes", "folder/guest", "mine")
    ]
    assert place.walk() == changed
    place.undone("1", by="2", force=True)
    assert place.walk(times=False) == before
    place.undone("2", by="3")
    assert place.walk() == changed


def test_what_is_right_again_already_is_left_alone(place: Place) -> None:
    path = place.root / "file"
    path.write_text("before\n")
    with place.run("1") as world:
        world.write(str(path), b"run\n")
    path.write_text("before\n")
    assert place.undone("1")[1] == []


def test_what_lies_behind_a_link_that_somebody_made_is_not_touched(place: Place) -> None:
    (place.root / "folder").mkdir()
    with place.run("1") as world:
        world.write(str(place.root / "folder/file"), b"run\n")
    (place.root / "folder").rename(place.root / "elsewhere")
    (place.root / "folder").symlink_to("elsewhere")
    with pytest.raises(Failure, match="folder/file"):
        place.undone("1")
    with pytest.raises(Failure, match="leads somewhere else now"):
        with place.run("2") as world:
            world.write(str(place.root / "elsewhere/gone"), b"x")
            world.remove(str(place.root / "elsewhere/gone"))
        (place.root / "other").write_text("x")
        with place.run("3") as world:
            world.remove(str(place.root / "other"))
            world.remove(str(place.root / "elsewhere/file"))
        (place.root / "elsewhere").rename(place.root / "moved")
        (place.root / "elsewhere").symlink_to("moved")
        place.undone("3", by="4", force=True)
    assert (place.root / "other").exists()


def test_an_earlier_part_of_a_run_is_not_undone_under_a_later_one(place: Place) -> None:
    path = place.root / "file"
    for phase in (1, 2):
        with place.run("1", phase=phase) as world:
            world.write(str(path), b"phase %d\n" % phase)
    with pytest.raises(Failure, match="not what run 1 left"):
        place.undone("1", phase=1)
    place.undone("1", by="2", phase=2)
    place.undone("1", by="3", phase=1)
    assert not path.exists()


def test_a_run_that_is_under_way_is_not_undone(place: Place) -> None:
    with place.run("1") as world:
        world.write(str(place.root / "file"), b"x")
        with pytest.raises(Failure, match="still under way"):
            place.undone("1")


def test_what_was_not_kept_is_told_and_the_rest_is_undone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "KEPT", 10)
    (place.root / "large").write_text("much too large\n")
    os.link(place.root / "large", place.root / "another name")
    (place.root / "small").write_text("small\n")
    with place.run("1") as world:
        world.write(str(place.root / "large"), b"x")
        world.write(str(place.root / "small"), b"x")
    data, changes = place.undone("1")
    assert data["lost"] == [str(place.root / "large")]
    assert [change.target for change in changes] == [str(place.root / "small")]
    assert (place.root / "small").read_text() == "small\n"


def test_large_files_are_kept_by_a_further_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "COPIED", 10)
    monkeypatch.setattr(blobs, "KEPT", 0)
    path = place.root / "large"
    path.write_text("much too large\n")
    inode = path.stat().st_ino
    with place.run("1") as world:
        world.write(str(path), b"x")
    (blob,) = (place.state / "suture/journal/1/blobs").iterdir()
    assert blob.stat().st_ino == inode
    place.undone("1", by="2")
    assert path.read_text() == "much too large\n"


# -- the journal itself ----------------------------------------------------------------------------


def test_nothing_is_changed_that_cannot_be_noted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> int:
        raise OSError(28, "No space left on device")

    path = place.root / "file"
    with place.run("1") as world:
        world.write(str(path), b"one\n")
        monkeypatch.setattr(journal.os, "write", full)
        with pytest.raises(Failure, match=r"could not be noted in .*: No space left on device"):
            world.write(str(path), b"two\n")
        monkeypatch.undo()
    assert path.read_text() == "one\n"


def test_only_its_user_may_look_into_it(place: Place) -> None:
    (place.root / "secret").write_text("s")
    (place.root / "secret").chmod(0o644)
    with place.run("1") as world:
        world.write(str(place.root / "secret"), b"x")
    for path in (place.state / "suture").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_what_others_may_have_written_is_not_believed(place: Place) -> None:
    with place.run("1") as world:
        world.write(str(place.root / "file"), b"x")
    (place.state / "suture/journal/1").chmod(0o770)
    with pytest.raises(Failure, match="not believed"):
        place.undone("1")
    (place.state / "suture/journal").chmod(0o770)
    data, changes = place.undone("1", by="2")
    assert (data["records"], changes) == (0, [])


def test_a_run_that_changes_nothing_leaves_nothing(place: Place) -> None:
    (place.root / "file").write_text("x")
    with place.run("1") as world:
        world.write(str(place.root / "file"), b"x")
    assert list(place.state.iterdir()) == []


def test_journals_are_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.superfluous, "__defaults__", (3, 20_000, 0.0))
    path = str(place.root / "file")
    for number in range(6):
        with place.run(f"run-{number}") as world:
            world.write(path, b"%d" % number)
        written = place.state / f"suture/journal/run-{number}/journal.jsonl"
        os.utime(written, (number, number))
    kept = sorted(each.name for each in (place.state / "suture/journal").iterdir())
    assert kept == ["run-3", "run-4", "run-5"]
    with place.run("large") as world:
        world.write(path, b"x" * 30_000)
        world.write(path, b"y")
    with place.run("last") as world:
        world.write(path, b"z")
    assert [each.name for each in (place.state / "suture/journal").iterdir()] == ["last"]


def test_a_line_that_was_cut_counts_for_nothing(place: Place) -> None:
    path = place.root / "file"
    with place.run("1") as world:
        world.write(str(path), b"one\n")
    lines = place.state / "suture/journal/1/journal.jsonl"
    with lines.open("a") as file:
        file.write('\n{"by":"00000000","n":7,"at":"2')
    with place.run("1") as world:
        world.write(str(place.root / "other"), b"two\n")
    assert place.undone("1")[0]["records"] == 2
    assert list(place.root.iterdir()) == []


def test_a_command_is_undone_once(place: Place) -> None:
    log = place.root / "log"
    with place.run("1") as world:
        world.run("touch", str(place.root / "made"), undo=[["rm", str(place.root / "made")]])
        world.run("true")
        world.run("true", undo=[])
    with place.run("1", undo_with=[["/bin/sh", "-c", f"echo undone >> {log}"]]) as world:
        world.run("true")
        world.run("false", check=False)
    data, changes = place.undone("1", by="2")
    assert [each["target"] for each in data["cannot"]] == ["true"]
    assert [change.action for change in changes] == ["undo run", "undo run"]
    assert log.read_text() == "undone\n"
    assert not (place.root / "made").exists()
    assert place.undone("1", by="3")[1] == []


def test_files_and_commands_are_undone_in_turn(place: Place) -> None:
    """A command that undoes finds the files as they were when it was done."""
    path, log = place.root / "file", place.root / "log"
    with place.run("1") as world:
        world.write(str(path), b"one\n")
        world.run("true", undo=[["/bin/sh", "-c", f"cat {path} >> {log}"]])
        world.write(str(path), b"two\n")
        world.run("true", undo=[["/bin/sh", "-c", f"cat {path} >> {log}"]])
        world.remove(str(path))
    place.undone("1", by="2")
    assert log.read_text() == "two\none\n"
    assert not path.exists()


def test_what_cannot_be_undone_does_not_keep_the_rest(place: Place) -> None:
    with place.run("1") as world:
        world.write(str(place.root / "file"), b"x")
        world.run("true", undo=[["false"]])
    with pytest.raises(Failure, match="false exited with 1"):
        place.undone("1", by="2")
    assert not (place.root / "file").exists()


def lines_of(place: Place, run: str) -> Iterator[dict[str, Any]]:
    for line in (place.state / f"suture/journal/{run}/journal.jsonl").read_text().splitlines():
        if line:
            yield json.loads(line)


def test_a_secret_is_in_no_line(place: Place) -> None:
    with place.run("1", secret=True) as world:
        world.write(str(place.root / "file"), b"hunter2")
        world.run("echo", "hunter2")
    assert "hunter2" not in json.dumps(list(lines_of(place, "1")))
    _, changes = place.undone("1", by="2")
    assert "hunter2" not in repr(changes)
    _, changes = place.undone("2", by="3")
    assert "hunter2" not in repr(changes)
