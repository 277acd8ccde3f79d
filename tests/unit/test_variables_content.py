"""The controller's files as content: found where Ansible looks, hashed once, read when needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suture.agent.protocol.spec import Failure
from suture.model import Mark, Role, Task
from suture.variables.content import Contents, excluded, search_path, sought

MARK = Mark("x", 1)


def put(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_is_sought_in_the_role_then_beside_the_tasks_then_beside_the_playbook(
    tmp_path: Path,
) -> None:
    role = Role("web", str(tmp_path / "roles/web"))
    origin = str(tmp_path / "roles/web/tasks/sub/more.yml")
    task = Task("t", "copy", {}, MARK, role=role, origin=origin)
    paths = search_path(task, str(tmp_path))
    order = [
        "f",
        "files/f",
        "roles/web/tasks/sub/f",
        "roles/web/tasks/sub/files/f",
        "roles/web/tasks/f",
        "roles/web/f",
        "roles/web/files/f",
    ]
    for place in order:
        put(tmp_path / place)
        assert sought("f", "files", paths) == str(tmp_path / place)


def test_the_folder_is_not_put_before_a_path_that_has_it(tmp_path: Path) -> None:
    put(tmp_path / "files/f")
    assert sought("files/f", "files", [str(tmp_path)]) == str(tmp_path / "files/f")


def test_what_is_not_there_is_said_with_all_places(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        sought("nope", "templates", [str(tmp_path)])
    assert f"{tmp_path}/templates/nope, {tmp_path}/nope" in str(caught.value)
    with pytest.raises(Failure, match=r"'/no/such' is not there; looked for /no/such$"):
        sought("/no/such", "files", [str(tmp_path)])


def test_content_is_known_by_its_hash_and_read_when_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path / "f", "hello")
    path.chmod(0o750)
    content = Contents().file(path)
    assert content.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert (content.size, content.name, content.mode) == (5, "f", 0o750)
    assert content.bytes() == b"hello"


def test_a_file_is_hashed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "f", "one")
    contents = Contents()
    first = contents.file(path)
    monkeypatch.setattr(Contents, "_hash", staticmethod(lambda path: "hashed again"))
    assert contents.file(path).sha256 == first.sha256
    put(path, "other")
    assert contents.file(path).sha256 == "hashed again"


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "f", "one")
    content = Contents().file(path)
    path.write_text("two")
    with pytest.raises(Failure, match="changed while it was being used"):
        content.bytes()


def test_a_large_file_is_not_read_into_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(256 << 20)
    tracemalloc.start()
    Contents().file(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"cannot read .*: No such file"):
        Contents().file(tmp_path / "nope")


def tree_at(root: Path) -> Path:
    put(root / "b.txt", "b")
    put(root / "a/x.pyc", "x")
    put(root / "a/deep/y.txt", "y")
    put(root / "a-b/z.txt", "z")
    put(root / ".git/config", "g")
    (root / "link").symlink_to("b.txt")
    (root / "dir_link").symlink_to("a")
    (root / "broken").symlink_to("nowhere")
    (root / "empty").mkdir()
    return root


def test_a_tree_has_parents_before_children_and_keeps_links(tmp_path: Path) -> None:
    tree = Contents().tree(str(tree_at(tmp_path / "t")))
    paths = [entry.path for entry in tree.entries]
    assert tree.name == "t"
    assert not tree.contents_only
    assert paths == [
        *(".git", ".git/config", "a", "a/deep", "a/deep/y.txt", "a/x.pyc"),
        *("a-b", "a-b/z.txt", "b.txt", "broken", "dir_link", "empty", "link"),
    ]
    kinds = {entry.path: entry for entry in tree.entries}
    assert kinds["link"].target == "b.txt"
    assert kinds["dir_link"].target == "a"
    assert kinds["empty"].content is kinds["empty"].target is None
    content = kinds["a/deep/y.txt"].content
    assert content is not None
    assert content.bytes() == b"y"


def test_a_tree_may_follow_links(tmp_path: Path) -> None:
    tree = Contents().tree(str(tree_at(tmp_path / "t")) + "/", follow=True)
    kinds = {entry.path: entry for entry in tree.entries}
    assert tree.contents_only
    assert kinds["link"].content is not None
    assert "dir_link/deep/y.txt" in kinds
    assert kinds["broken"].target == "nowhere"


def test_a_tree_that_contains_itself_is_refused(tmp_path: Path) -> None:
    root = tree_at(tmp_path / "t")
    (root / "a/up").symlink_to("..")
    with pytest.raises(Failure, match="links back to a directory that it is in"):
        Contents().tree(str(root), follow=True)


def test_excluded_things_are_left_out_with_all_that_is_in_them(tmp_path: Path) -> None:
    tree = Contents().tree(str(tree_at(tmp_path / "t")), exclude=[".git", "*.pyc", "a/deep/"])
    paths = {entry.path for entry in tree.entries}
    assert not paths & {".git", ".git/config", "a/x.pyc", "a/deep", "a/deep/y.txt"}
    assert "a" in paths


@pytest.mark.parametrize(
    ("path", "pattern", "out"),
    [
        ("a/b.pyc", "*.pyc", True),
        ("a/b.py", "*.pyc", False),
        ("a/.git", ".git", True),
        ("a/b/c", "a/b/c", True),
        ("x/a/b/c", "a/b/c", False),
        ("a/b/c", "a/*/c", True),
        ("a/b", "/a/b", True),
        ("b", "/a/b", False),
        ("__pycache__", "__pycache__/", True),
        ("sub/top", "/top", False),
        ("top", "/top", True),
    ],
)
def test_patterns(path: str, pattern: str, out: bool) -> None:
    assert excluded(path, [pattern]) is out


def test_what_is_neither_file_nor_directory_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    os.mkfifo(tmp_path / "t/pipe")
    assert Contents().tree(str(tmp_path / "t")).entries == []
