"""Root in a user's folder: whatever the user does there, nothing is done elsewhere."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.world.held import held
from suture.agent.world.world import World

OTHER = 65_501
EXCHANGE = 2

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes into others' folders")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of another user's, beside one of root's."""
    for name in ("home", "home/d", "etc"):
        (tmp_path / name).mkdir(mode=0o755)
    for name in ("home", "home/d"):
        os.chown(tmp_path / name, OTHER, OTHER)
    return tmp_path / "home"


def link(path: Path, target: str, owner: int = OTHER) -> None:
    path.symlink_to(target)
    os.chown(path, owner, owner, follow_symlinks=False)


@as_root
@pytest.mark.parametrize("target", ["../etc", "/", "..", "."])
def test_a_users_link_to_what_is_roots_is_not_followed(home: Path, target: str) -> None:
    if target == ".":
        os.chown(home, 0, 0)
        home.chmod(0o777)
    link(home / "l", target)
    for act in (
        lambda: World().write(f"{home}/l/f", b"x"),
        lambda: World().mkdir(f"{home}/l/new"),
        lambda: World().link(f"{home}/l/new", "x"),
        lambda: World().attributes(f"{home}/l", mode="0711"),
    ):
        with pytest.raises(Failure, match="leads to what is not theirs"):
            act()
    assert os.listdir(home.parent / "etc") == []
    assert (home.parent / "etc").stat().st_mode & 0o777 == 0o755


@as_root
def test_a_users_link_to_what_is_theirs_and_roots_own_links_are_followed(home: Path) -> None:
    link(home / "current", "d")
    World().write(f"{home}/current/f", b"x")
    assert (home / "d" / "f").read_bytes() == b"x"
    link(home / "roots", "../etc", 0)
    World().write(f"{home}/roots/f", b"x")
    assert (home.parent / "etc" / "f").read_bytes() == b"x"
    World().attributes(f"{home}/current", mode="0700")
    assert (home / "d").stat().st_mode & 0o777 == 0o700


def test_a_path_is_held_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "f").write_text("x")
    (tmp_path / "l").symlink_to("a/f")
    with held(f"{tmp_path}/a/f") as at:
        (tmp_path / "a").rename(tmp_path / "b")
        assert Path(at).read_text() == "x"
    (tmp_path / "b").rename(tmp_path / "a")
    with held(f"{tmp_path}/l") as at:
        assert Path(at).is_symlink()
    with held(f"{tmp_path}/l", follow=True) as at:
        assert not Path(at).is_symlink()
        assert Path(at).read_text() == "x"
    with held("/") as at:
        assert Path(at).samefile("/")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels"), held(f"{tmp_path}/loop/x"):
        pass


@as_root
def test_a_directory_swapped_for_a_link_leads_root_nowhere(home: Path) -> None:
    """``renameat2`` swaps the directory and the link, again and again, while root writes."""
    etc = home.parent / "etc"
    link(home / "l", str(etc))
    swap = ctypes.CDLL(None, use_errno=True).renameat2
    names = [os.fsencode(home / name) for name in ("d", "l")]
    over, swapped = threading.Event(), 0

    def swapping() -> None:
        nonlocal swapped
        while not over.is_set():
            swapped += swap(-100, names[0], -100, names[1], EXCHANGE) == 0

    thread = threading.Thread(target=swapping)
    thread.start()
    written = 0
    try:
        for number in range(400):
            for act in ("write", "mkdir", "attributes", "remove"):
                try:
                    if act == "write":
                        World().write(f"{home}/d/f{number}", b"x", owner=str(OTHER))
                        written += 1
                    elif act == "mkdir":
                        World().mkdir(f"{home}/d/m{number}", owner=str(OTHER))
                    elif act == "attributes":
                        World().attributes(f"{home}/d", owner=str(OTHER), mode="0750")
                    else:
                        World().remove(f"{home}/d/f{number - 1}")
                except Failure:
                    continue
            assert os.listdir(etc) == []
    finally:
        over.set()
        thread.join()
    assert etc.stat().st_uid == 0
    assert etc.stat().st_mode & 0o777 == 0o755
    assert swapped > 100
    assert written > 0
