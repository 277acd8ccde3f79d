"""What the dry world says after predicted acts is what the real world says after real ones."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from suture.agent.content import content_of
from suture.agent.dry import DryWorld
from suture.agent.result import Change
from suture.agent.spec import Failure
from suture.agent.world import World

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
modes = some.sampled_from([None, "0700", "0640", "u+x", "go=", 0o755])
contents = some.sampled_from([b"", b"one\n", b"two\n", b"\xff\x00", content_of(b"sent\n")])
acts = some.one_of(
    some.builds(lambda p, c, m: act("write", p, content=c, mode=m), paths, contents, modes),
    some.builds(
        lambda p, m, above: act("mkdir", p, mode=m, parents=above), paths, modes, some.booleans()
    ),
    some.builds(lambda p, t: act("link", p, target=t), paths, some.sampled_from(TARGETS)),
    some.builds(lambda p: act("remove", p), paths),
    some.builds(
        lambda p, m, follow, mtime: act("attributes", p, mode=m, follow=follow, mtime=mtime),
        paths,
        modes,
        some.booleans(),
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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees, some.lists(acts, min_size=1, max_size=6))
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
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    trees,
    some.dictionaries(
        some.sampled_from(["", *PATHS]),
        some.tuples(
            some.sampled_from([0o755, 0o700, 0o500, 0o777, 0o1777, 0o444, 0o666]),
            some.sampled_from([(0, 0), (65534, 65534), (65534, 0), (0, 65534)]),
        ),
    ),
    some.lists(acts, min_size=1, max_size=4),
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
