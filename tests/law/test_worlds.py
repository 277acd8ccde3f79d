"""What the dry world says after predicted acts is what the real world says after real ones."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from suture.agent.protocol.content import Content, content_of
from suture.agent.protocol.result import Change
from suture.agent.protocol.spec import Failure, Unpredictable
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

NAMES = ("a", "b", "c")
PATHS = [*NAMES, *(f"{x}/{y}" for x in NAMES for y in NAMES), "a/b/c", "b/a/c", "c/c/c", "a/a/a"]
TARGETS = [*PATHS, "..", "../b", "../a/b", "{root}/a", "{root}/b/c", ".", "gone"]


@dataclass(frozen=True)
class Act:
    """One call of a world's verb; ``{root}`` in texts is the tree's directory."""

    verb: str
    path: str
    how: tuple[tuple[str, Any], ...] = ()

    def perform(self, world: World, root: str) -> None:
        how = {
            key: value.replace("{root}", root) if isinstance(value, str) else value
            for key, value in self.how
        }
        getattr(world, self.verb)(f"{root}/{self.path}", **how)


def act(verb: str, path: str, **how: Any) -> Act:
    return Act(verb, path, tuple(how.items()))


paths = some.sampled_from(PATHS)
contents = some.sampled_from([b"", b"one\n", b"two\n", b"\xff\x00", content_of(b"sent\n")])
OPEN = (None, "0700", "0740", "u+x", "go=", 0o755)
"""Modes after which whoever owns a directory can still look into it."""


def acts(modes: Sequence[str | int | None]) -> some.SearchStrategy[Act]:
    """Any verb on any path of the small universe, with one of these modes."""
    mode, follow = some.sampled_from(modes), some.booleans()
    return some.one_of(
        some.builds(lambda p, c, m: act("write", p, content=c, mode=m), paths, contents, mode),
        some.builds(lambda p, m, up: act("mkdir", p, mode=m, parents=up), paths, mode, follow),
        some.builds(lambda p, t: act("link", p, target=t), paths, some.sampled_from(TARGETS)),
        some.builds(lambda p: act("remove", p), paths),
        some.builds(
            lambda p, m, f, t: act("attributes", p, mode=m, follow=f, mtime=t),
            paths,
            mode,
            follow,
            some.sampled_from([None, None, 1000.0, 2000.0]),
        ),
    )


trees = some.lists(
    some.one_of(
        some.tuples(some.just("dir"), paths, some.just("")),
        some.tuples(some.just("file"), paths, some.sampled_from(["", "one\n", "old\n"])),
        some.tuples(some.just("link"), paths, some.sampled_from(TARGETS)),
    ),
    max_size=6,
)


def grown(root: str, entries: list[tuple[str, str, str]]) -> None:
    """Make what can be made of the entries, in their order."""
    for kind, name, text in entries:
        path = Path(root, name)
        if os.path.lexists(path) or not path.parent.is_dir():
            continue
        if kind == "dir":
            path.mkdir()
        elif kind == "file":
            path.write_text(text)
        else:
            path.symlink_to(text.replace("{root}", root))


def tried(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except Failure as error:
        return str(error)


def seen(world: World, root: str) -> dict[str, Any]:
    """Every look at every path of the small universe."""
    looks: dict[str, Any] = {}
    for name in ["", *PATHS]:
        path = f"{root}/{name}" if name else root
        for follow in (True, False):
            node = tried(lambda path=path, follow=follow: world.stat(path, follow))
            if node is not None and not isinstance(node, str):
                size = node.size if node.kind == "file" else 0
                told = (node.kind, node.mode, node.uid, node.gid, size, node.target)
                mtime = node.mtime if node.mtime in (1000.0, 2000.0) else None
                node = (*told, mtime if node.kind == "file" else None)
            looks[f"stat {follow} {name}"] = node
        looks[f"read {name}"] = tried(lambda path=path: world.read(path))
        looks[f"digest {name}"] = tried(lambda path=path: world.digest(path, "md5"))
        looks[f"names {name}"] = tried(lambda path=path: world.names(path))
    return looks


def history(
    world: World, root: str, steps: list[Act], user: Callable[[], Any] = contextlib.nullcontext
) -> list[tuple[Any, list[Change], Any]]:
    """What each step said and recorded, and what every look says after it."""
    told = []
    for step in steps:
        with user():
            said = tried(lambda step=step: step.perform(world, root))
        told.append((said, world.take_changes(), seen(world, root)))
    return told


def differing(foretold: dict[str, Any], real: dict[str, Any]) -> dict[str, Any]:
    return {look: (foretold[look], real[look]) for look in real if foretold[look] != real[look]}


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(trees, some.lists(acts(OPEN), min_size=1, max_size=6))
@example([], [act("write", "a/b", content=b"")])
@example([("link", "a", "gone")], [act("mkdir", "a")])
@example([("link", "a", "..")], [act("write", "a", content=b"")])
@example([("dir", "a", "")], [act("link", "b", target="a")])
@example([("file", "a", "")], [act("mkdir", "a/b"), act("write", "a/c", content=b"")])
@example([("file", "a", "")], [act("link", "a/b", target="gone")])
@example([("dir", "a", ""), ("file", "a/b", "one\n")], [act("remove", "a"), act("mkdir", "a")])
@example([], [act("write", "a", content=b"one\n"), act("attributes", "a", mtime=1000.0)])
@example([], [act("link", "a", target="a/a"), act("attributes", "a", mode="0700")])
@example([("link", "a", "a")], [act("attributes", "a", mode="0700"), act("remove", "b")])
def test_dry_world_says_what_the_real_one_will(
    tree: list[tuple[str, str, str]], steps: list[Act]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory).resolve() / "tree"  # a link to ".." stays private
        place.mkdir()
        root = str(place)
        grown(root, tree)
        start = seen(World(), root)
        predicted = history(DryWorld(), root, steps)
        assert seen(World(), root) == start
        made = history(World(), root, steps)
        for step, foretold, real in zip(steps, predicted, made, strict=True):
            assert foretold[:2] == real[:2], step
            assert not differing(foretold[2], real[2]), step


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Act as an ordinary user for a while."""
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    trees,
    some.dictionaries(
        some.sampled_from(["", *PATHS]),
        some.tuples(
            some.sampled_from([0o755, 0o700, 0o500, 0o777, 0o1777, 0o444, 0o666]),
            some.sampled_from([(0, 0), (65534, 65534), (65534, 0), (0, 65534)]),
        ),
    ),
    some.lists(acts((*OPEN, "0640", "u-w")), min_size=1, max_size=4),
)
@example([("file", "a", "")], {"a": (0o666, (0, 0))}, [act("write", "a", content=b"one\n")])
@example([("file", "a", "")], {"a": (0o644, (0, 0))}, [act("write", "a", content=b"one\n")])
@example([("file", "a", "")], {"": (0o1777, (0, 0))}, [act("remove", "a")])
@example([("dir", "a", ""), ("dir", "a/b", "")], {"a": (0o755, (0, 0))}, [act("remove", "a")])
def test_dry_world_knows_what_is_not_permitted(
    tree: list[tuple[str, str, str]],
    owners: dict[str, tuple[int, tuple[int, int]]],
    steps: list[Act],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        place = Path(directory).resolve() / "tree"
        place.mkdir()
        os.chown(place, 65534, 65534)
        root = str(place)
        grown(root, tree)
        for name, (mode, (uid, gid)) in owners.items():
            path = place / name
            if os.path.lexists(path):
                os.chown(path, uid, gid, follow_symlinks=False)
                if not path.is_symlink():
                    path.chmod(mode)
        predicted = history(DryWorld(), root, steps, nobody)
        made = history(World(), root, steps, nobody)
        for step, foretold, real in zip(steps, predicted, made, strict=True):
            assert foretold[:2] == real[:2], step
            if real[0]:
                break
            assert not differing(foretold[2], real[2]), step


# -- what hangs on a command that did not run ------------------------------------------------------


def dry_world(step: str = "build it") -> DryWorld:
    world = DryWorld()
    world.begin(step, {})
    return world


def test_what_a_command_spoils_is_unknown_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("x")
    (tmp_path / "near").write_text("y")
    (tmp_path / "l").symlink_to("d/f")
    world = dry_world()
    done = world.run("make", "-C", "d", spoils=[f"{tmp_path}/d"])
    assert not done.ran
    assert world.unpredicted() == "build it"
    world.begin("read it", {})
    assert world.unpredicted() == ""
    for path in (f"{tmp_path}/d", f"{tmp_path}/d/f", f"{tmp_path}/d/new/deep", f"{tmp_path}/l"):
        for look in (world.stat, world.read, world.digest):
            with pytest.raises(Unpredictable, match="'build it'"):
                look(path)
    with pytest.raises(Unpredictable, match="'build it'"):
        world.names(f"{tmp_path}/d")
    with pytest.raises(Unpredictable, match="'build it'"):
        world.write(f"{tmp_path}/d/f", b"z")
    assert world.read(f"{tmp_path}/near") == b"y"
    assert world.names(str(tmp_path)) == ["d", "l", "near"]


def test_a_directory_that_stays_is_known_but_not_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o750)
    (tmp_path / "old" / "f").write_text("x")
    world = dry_world()
    world.mkdir(f"{tmp_path}/new")
    for name in ("old", "new"):
        world.keep(f"{tmp_path}/{name}")
        world.run("git", "clone", name, spoils=[f"{tmp_path}/{name}"])
    world.keep(f"{tmp_path}/old/f")
    world.keep(f"{tmp_path}/old/unknown")
    world.take_changes()
    world.mkdir(f"{tmp_path}/old", mode="0750")
    world.mkdir(f"{tmp_path}/new")
    assert world.take_changes() == []
    for name in ("old", "new"):
        with pytest.raises(Unpredictable, match="'build it'"):
            world.names(f"{tmp_path}/{name}")
        with pytest.raises(Unpredictable, match="'build it'"):
            world.stat(f"{tmp_path}/{name}/f")


def test_what_a_command_makes_is_there_but_unknown(tmp_path: Path) -> None:
    world = dry_world()
    world.run("make", makes=[f"{tmp_path}/out"])
    assert world.stat(f"{tmp_path}/out") is not None
    assert world.names(str(tmp_path)) == ["out"]
    with pytest.raises(Unpredictable, match="'build it'"):
        world.read(f"{tmp_path}/out")
    with pytest.raises(Unpredictable, match="'build it'"):
        world.stat(f"{tmp_path}/out/below")
    assert not (tmp_path / "out").exists()


def test_a_state_that_a_command_changes_is_expected() -> None:
    world = dry_world()
    assert world.state("service:x", lambda: "stopped") == "stopped"
    world.run("systemctl", "start", "x", expects={"service:x": "running"})
    assert world.unpredicted() == ""
    assert world.state("service:x", lambda: "stopped") == "running"


def test_programs_of_earlier_steps_are_not_asked(tmp_path: Path) -> None:
    world = dry_world()
    world.write(f"{tmp_path}/tool", b"#!/bin/sh\n", mode="0755")
    for argv, how in [((f"{tmp_path}/tool",), {}), (("true",), {"cwd": f"{tmp_path}/d"})]:
        world.mkdir(f"{tmp_path}/d")
        with pytest.raises(Unpredictable):
            world.query(*argv, **how)
    with pytest.raises(Unpredictable):
        world.measure("pytest")
    assert world.query("echo", "still").out == "still\n"


def test_which_sees_predicted_programs(tmp_path: Path) -> None:
    world = dry_world()
    world.begin("look", {"PATH": str(tmp_path)})
    assert world.which("tool") is None
    world.write(f"{tmp_path}/tool", b"")
    assert world.which("tool") is None
    world.attributes(f"{tmp_path}/tool", mode="0755")
    assert world.which("tool") == world.which(f"{tmp_path}/tool") == f"{tmp_path}/tool"


# -- content ---------------------------------------------------------------------------------------


def unfetched(data: bytes) -> Content:
    """Content whose bytes nobody may ask for."""

    def fetch() -> bytes:
        raise AssertionError("fetched")

    known = content_of(data)
    return Content(known.sha256, known.size, fetch)


def test_content_that_is_there_is_not_fetched(tmp_path: Path) -> None:
    data = b"x" * 1000
    (tmp_path / "f").write_bytes(data)
    for world in (DryWorld(), World()):
        world.write(f"{tmp_path}/f", unfetched(data))
        assert world.take_changes() == []


def test_a_dry_world_hashes_long_content_without_fetching_it(tmp_path: Path) -> None:
    content = unfetched(b"x" * 1_000_000)
    world = DryWorld()
    world.write(f"{tmp_path}/f", content)
    assert world.digest(f"{tmp_path}/f") == content.sha256
    [change] = world.take_changes()
    assert change.detail["size"] == [0, 1_000_000]
    assert change.detail["sha256"][1] == content.sha256


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")
def test_a_file_that_we_may_not_give_away_is_rewritten_in_place() -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, 65534, 65534)
        file = Path(directory, "f")
        file.write_text("a long old text")
        os.chown(file, 0, 65534)
        file.chmod(0o660)
        before = file.stat()
        with nobody():
            World().write(str(file), b"new")
        after = file.stat()
        assert file.read_bytes() == b"new"
        assert (after.st_ino, after.st_uid, after.st_mode) == (before.st_ino, 0, before.st_mode)
        assert list(Path(directory).iterdir()) == [file]


def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("old")
    try:
        os.setxattr(file, "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    World().write(str(file), b"new")
    assert (file.read_bytes(), os.getxattr(file, "user.note")) == (b"new", b"kept")


def test_two_dots_are_taken_as_the_kernel_does(tmp_path: Path) -> None:
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "l").symlink_to("far/deep")
    for world in (DryWorld(), World()):
        world.write(f"{tmp_path}/l/../f", b"x")
        assert world.read(f"{tmp_path}/l/../f") == b"x"
        [change] = world.take_changes()
        assert change.target == f"{tmp_path}/far/f"
    assert (tmp_path / "far" / "f").read_text() == "x"
