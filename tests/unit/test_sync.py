"""Which entries of a tree are meant, and that a second time finds nothing to do."""

from __future__ import annotations

import fnmatch
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as some

from suture.agent.modules.sync import Args, apply, matches, wanted
from suture.agent.protocol.content import Tree, TreeEntry, content_of
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

NAMES = ["a", "b.py", "c.txt"]
names = some.sampled_from(NAMES)
paths = some.lists(names, min_size=1, max_size=3).map("/".join)
patterns = some.sampled_from(["a", "*.py", "a/*", "b.py/", "*/c.txt", "a/b.py", "z*", "*"])


@some.composite
def trees(draw: some.DrawFn) -> Tree:
    """A tree in which no file is also a directory, parents before children."""
    entries: dict[str, TreeEntry] = {}
    for path in draw(some.lists(paths, max_size=6)):
        above = [str(parent) for parent in Path(path).parents if str(parent) != "."]
        if path in entries or any(entries[up].content for up in above if up in entries):
            continue
        entries.update({up: TreeEntry(up, 0o755) for up in above if up not in entries})
        content = content_of(draw(some.sampled_from([b"", b"1\n", b"22\n"])))
        entries[path] = TreeEntry(path, draw(some.sampled_from([0o644, 0o755])), content)
    return Tree("t", sorted(entries.values(), key=lambda entry: entry.path.split("/")))


def files(entries: list[TreeEntry]) -> list[str]:
    return [entry.path for entry in entries if entry.content is not None]


@given(paths, some.lists(patterns, max_size=2))
def test_a_path_matches_by_itself_or_by_a_directory_above(path: str, given_: list[str]) -> None:
    parts = [path, *(str(above) for above in Path(path).parents if str(above) != ".")]
    expected = any(
        fnmatch.fnmatchcase(part if "/" in bare else Path(part).name, bare)
        for part in parts
        for bare in (pattern.strip("/") for pattern in given_)
    )
    assert matches(path, given_) == expected


@given(trees(), some.lists(patterns, max_size=2), some.lists(patterns, max_size=2))
def test_wanted_is_what_the_patterns_leave(
    tree: Tree, include: list[str], exclude: list[str]
) -> None:
    left = wanted(tree.entries, Args(src=tree, dest="d", include=include, exclude=exclude))
    known = {entry.path for entry in left}
    assert files(left) == [
        path
        for path in files(tree.entries)
        if not matches(path, exclude) and (not include or matches(path, include))
    ]
    for entry in left:
        assert not matches(entry.path, exclude)
        assert all(str(up) in known for up in Path(entry.path).parents if str(up) != ".")
        if include and entry.content is None:
            assert any(path.startswith(entry.path + "/") for path in files(left))


@settings(max_examples=60)
@given(trees(), trees(), some.lists(patterns, max_size=1), some.lists(patterns, max_size=1))
def test_a_mirror_holds_src_and_what_is_spared(
    old: Tree, new: Tree, include: list[str], exclude: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        dest = f"{directory}/d"
        apply(Args(src=old, dest=dest), World())
        args = Args(src=new, dest=dest, include=include, exclude=exclude, delete=True)
        dry, world = DryWorld(), World()
        foretold = apply(args, dry)
        assert apply(args, world) == foretold
        assert world.take_changes() == dry.take_changes()
        found = {
            str(path.relative_to(dest)): path.read_bytes()
            for path in Path(dest).rglob("*")
            if path.is_file()
        }
        meant = {entry.path: entry.content for entry in wanted(new.entries, args) if entry.content}
        assert {path: found.get(path) for path in meant} == {
            path: content.bytes() for path, content in meant.items()
        }
        for path in set(found) - set(meant):
            assert matches(path, exclude) or (include and not matches(path, include))
        again = apply(args, World())
        assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)
