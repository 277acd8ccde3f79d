"""What is written: attributes after the last byte, the old content until the new is whole."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

OTHER = 65_501


def as_user(uid: int, act: Callable[[], None]) -> None:
    """Done by a child process of that user's."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            act()
            code = 0
        except BaseException:  # noqa: BLE001 - the child says what it was, and ends
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that other users get to."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs another user, or a mount")


@as_root
@pytest.mark.parametrize("mode", ["4755", "2755", "4711"])
def test_setuid_and_setgid_survive_the_write(tmp_path: Path, mode: str) -> None:
    """Written by an ordinary user: the kernel takes the bits from a file that such a one writes."""
    os.chown(tmp_path, OTHER, OTHER)
    tmp_path.chmod(0o755)

    def act() -> None:
        World().write(f"{tmp_path}/tool", b"one", mode=mode)
        World().write(f"{tmp_path}/tool", b"three")

    as_user(OTHER, act)
    assert (tmp_path / "tool").stat().st_mode & 0o7777 == int(mode, 8)
    assert (tmp_path / "tool").read_bytes() == b"three"


@as_root
def test_what_is_new_in_a_setgid_directory_has_its_group(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    os.chown(share, 0, 4242)
    share.chmod(0o2775)
    for world in (DryWorld(), World()):
        world.write(f"{share}/f", b"x")
        world.mkdir(f"{share}/d/e", parents=True)
        world.link(f"{share}/l", "f")
        for name in ("d", "d/e"):
            node = world.stat(f"{share}/{name}")
            assert node is not None
            assert (node.gid, node.mode & 0o2000) == (4242, 0o2000)
        assert {world.stat(f"{share}/{name}", False).gid for name in "fl"} == {4242}  # type: ignore[union-attr]


def test_a_default_access_list_stands_in_for_the_umask(tmp_path: Path) -> None:
    entries = [(1, 7, -1), (2, 7, 1), (4, 5, -1), (16, 7, -1), (32, 0, -1)]
    packed = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, bits, number & 0xFFFFFFFF) for tag, bits, number in entries
    )
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", packed)
    except OSError:
        pytest.skip("no access lists on this file system")
    (tmp_path / "kernels").touch()
    (tmp_path / "kernels-own").mkdir()
    for world in (DryWorld(), World()):
        world.write(f"{tmp_path}/f", b"x")
        world.mkdir(f"{tmp_path}/d")
        for ours, theirs in (("f", "kernels"), ("d", "kernels-own")):
            node = world.stat(f"{tmp_path}/{ours}")
            assert node is not None
            assert node.mode == (tmp_path / theirs).stat().st_mode & 0o7777
    name = "system.posix_acl_access"
    assert os.getxattr(tmp_path / "f", name) == os.getxattr(tmp_path / "kernels", name)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB that has hardly any room left, and two files whose group their user may
    not give away."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", disk], check=False
    ).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        for name, uid in (("own", OTHER), ("theirs", 0)):
            (disk / name).write_bytes(name.encode() * 50_000)
            os.chown(disk / name, uid, 4242)
            (disk / name).chmod(0o666)
        (disk / "filler").write_bytes(b"x" * 350_000)
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@as_root
@pytest.mark.parametrize("name", ["own", "theirs"])
@pytest.mark.parametrize("size", [120_000, 700_000])
def test_a_full_disk_leaves_the_old_file(full: Path, name: str, size: int) -> None:
    before = {each: (full / each).read_bytes() for each in ("own", "theirs")}

    def act() -> None:
        world = World()
        with pytest.raises(Failure, match="No space left"):
            world.write(f"{full}/{name}", b"n" * size)
        assert world.take_changes() == []

    (full / "filler").write_bytes(b"x" * (1_000_000 - sum(map(len, before.values()))))
    as_user(OTHER, act)
    assert {each: (full / each).read_bytes() for each in before} == before
    assert sorted(os.listdir(full)) == ["filler", "own", "theirs"]


@as_root
def test_what_cannot_be_moved_is_rewritten_with_its_attributes(full: Path) -> None:
    (full / "filler").unlink()
    before = (full / "own").stat()

    def act() -> None:
        World().write(f"{full}/own", b"new", mode="0640")

    as_user(OTHER, act)
    after = (full / "own").stat()
    assert (full / "own").read_bytes() == b"new"
    assert (after.st_ino, after.st_gid, after.st_mode & 0o777) == (before.st_ino, 4242, 0o640)


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (f"{tmp_path}/pipe", "/dev/zero"):
        for look in (World().read, World().digest):
            with pytest.raises(Failure, match="no regular file"):
                look(path)
