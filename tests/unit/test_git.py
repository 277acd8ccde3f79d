"""git: what ls-remote lists, changes made in a checkout, and git's errors as sentences."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.modules import git
from suture.agent.modules.git import Version, version_in
from suture.agent.protocol.spec import Failure
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

LISTING = """ref: refs/heads/main\tHEAD
aaaa\tHEAD
aaaa\trefs/heads/main
bbbb\trefs/heads/both
cccc\trefs/tags/both
dddd\trefs/tags/v1
eeee\trefs/tags/v1^{}
ffff\trefs/pull/1/head
"""


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("HEAD", Version("head", "main", "aaaa")),
        ("main", Version("branch", "main", "aaaa")),
        ("both", Version("branch", "both", "bbbb")),
        ("v1", Version("tag", "v1", "eeee")),
        ("refs/pull/1/head", Version("ref", "refs/pull/1/head", "ffff")),
        ("ABCDEF1", Version("commit", "ABCDEF1", "abcdef1")),
        ("none", None),
    ],
)
def test_version_in(version: str, wanted: Version | None) -> None:
    assert version_in(LISTING, version) == wanted


@given(st.text(), st.text(min_size=1))
def test_any_listing_is_read(listing: str, version: str) -> None:
    found = version_in(listing, version)
    assert found is None or found.commit


pytestmark = pytest.mark.skipif(
    shutil.which("git") is None, reason="needs git: apt-get install git"
)


def run(*words: str, cwd: Path) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "safe.directory=*"]
    command = ["git", *identity, "-c", "protocol.file.allow=always", *words]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for index, (key, value) in enumerate(
        {"safe.directory": "*", "protocol.file.allow": "always"}.items()
    ):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{index}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{index}", value)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    path = tmp_path / "repo"
    path.mkdir()
    run("init", "-q", "-b", "main", cwd=path)
    (path / "f").write_text("one\n")
    run("add", ".", cwd=path)
    run("commit", "-qm", "one", cwd=path)
    return path


def done(world: World, repo: Path, **given_: Any) -> tuple[dict[str, Any], list[Any]]:
    world.begin("a step", {})
    args = git.Args(**{"repo": str(repo), "dest": str(repo.parent / "app"), **given_})
    return git.apply(args, world), world.take_changes()


def test_changes_in_the_checkout_are_kept_unless_forced(repo: Path) -> None:
    done(World(), repo)
    file = repo.parent / "app/f"
    file.write_text("mine\n")
    (repo.parent / "app/untracked").write_text("x")
    for world in (DryWorld(), World()):
        with pytest.raises(Failure, match=r"has changes of its own \(f\)"):
            done(world, repo)
    assert file.read_text() == "mine\n"
    assert len(done(DryWorld(), repo, force=True)[1]) == 1
    assert len(done(World(), repo, force=True)[1]) == 1
    assert file.read_text() == "one\n"
    assert (repo.parent / "app/untracked").exists()


def test_a_new_commit_is_fetched(repo: Path) -> None:
    first, _ = done(World(), repo)
    (repo / "f").write_text("two\n")
    run("commit", "-qam", "two", cwd=repo)
    predicted = done(DryWorld(), repo)
    made = done(World(), repo)
    assert made == predicted
    assert made[0]["before"] == first["after"]
    assert made[0]["after"] == run("rev-parse", "HEAD", cwd=repo).strip()
    assert run("status", "-sb", cwd=repo.parent / "app").splitlines()[0] == "## main...origin/main"
    assert done(World(), repo)[1] == []


def test_a_remote_that_has_moved(repo: Path) -> None:
    done(World(), repo)
    moved = repo.rename(repo.with_name("moved"))
    data, changes = done(World(), moved)
    assert data["remote_url_changed"]
    assert [change.action for change in changes] == ["remote"]
    assert done(World(), moved)[1] == []


def test_a_commit_that_is_there_needs_no_remote(repo: Path) -> None:
    commit = done(World(), repo)[0]["after"]
    shutil.rmtree(repo)
    assert done(World(), repo, version=commit) == ({"before": commit, "after": commit}, [])


def test_submodules(repo: Path) -> None:
    inner = repo.with_name("inner")
    shutil.copytree(repo, inner)
    run("submodule", "add", "-q", str(inner), "sub", cwd=repo)
    run("commit", "-qm", "with a submodule", cwd=repo)
    done(World(), repo)
    assert (repo.parent / "app/sub/f").read_text() == "one\n"
    assert done(World(), repo)[1] == []
    run("submodule", "deinit", "-f", "sub", cwd=repo.parent / "app")
    assert len(done(World(), repo)[1]) == 1
    assert (repo.parent / "app/sub/f").exists()


@pytest.mark.parametrize(
    ("repo_", "sentence"),
    [
        ("https://127.0.0.1:9/x", "Failed to connect"),
        ("file:///nowhere", "there is no repository to be seen"),
    ],
)
def test_failures_are_sentences(repo: Path, repo_: str, sentence: str) -> None:
    with pytest.raises(Failure, match=sentence) as caught:
        git.apply(git.Args(repo=repo_, dest=str(repo.parent / "app")), World())
    assert caught.value.data["rc"] == 128
    assert "\n" not in str(caught.value)
