"""A rehearsal's place: what is laid where, what the kernel's refusals mean, what changed."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.protocol.spec import Failure
from suture.agent.rehearsal import namespaces, scratch_storage
from suture.agent.rehearsal.mounts import Mount, Part, Search, divided, is_below, mounts_in, whole
from suture.agent.rehearsal.overlay_diff import (
    NAMED,
    Difference,
    Overlay,
    cache_of,
    differences,
    disk_report,
    rows,
)
from suture.agent.rehearsal.rehearsal import NotRehearsed, RehearsalWorld
from suture.agent.rehearsal.scratch_storage import GIB, NoRoom, remove_stale, remove_tree
from suture.agent.world import linux

# -- what is mounted -------------------------------------------------------------------------------

TYPICAL = """\
21 1 8:1 / / rw,relatime - ext4 /dev/vda1 rw,discard
22 21 0:5 / /proc rw,nosuid,nodev,noexec - proc proc rw
23 21 0:6 / /dev rw,nosuid - devtmpfs udev rw
24 21 0:7 / /run rw,nosuid,nodev - tmpfs tmpfs rw
25 24 0:8 / /run/lock rw - tmpfs tmpfs rw
26 21 8:2 / /srv/my\\040data rw,nosuid,nodev,noexec shared:3 - xfs /dev/vdb rw
27 21 7:1 / /snap/core/1 ro,nodev - squashfs /dev/loop0 ro
28 21 8:3 / /hidden rw - ext4 /dev/vdc rw
29 28 8:3 /x /hidden/inner rw - ext4 /dev/vdc rw
30 28 8:4 / /hidden rw - ext4 /dev/vdd ro
"""


def test_mounts_are_read_without_those_that_others_hide() -> None:
    found = {mount.path: mount for mount in mounts_in(TYPICAL)}
    assert "/hidden/inner" not in found
    assert found["/hidden"] == Mount("/hidden", "ext4", read_only=True, flags=0)
    harmless = linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC
    assert found["/srv/my data"] == Mount("/srv/my data", "xfs", read_only=False, flags=harmless)
    assert found["/"].kind == "ext4" and not found["/"].read_only


def test_this_machine_has_a_root() -> None:
    text = Path("/proc/self/mountinfo").read_text()
    if not re.search(r"^(\S+ ){4}/ ", text, re.MULTILINE):
        pytest.skip("this is a chroot: the kernel shows no mount of its root directory")
    assert any(mount.path == "/" for mount in mounts_in(text))


def test_a_chroot_without_a_mount_of_its_own_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(namespaces, "mounts_in", lambda _text: mounts_in(TYPICAL)[1:])
    with pytest.raises(namespaces.Refusal, match="this is a chroot"):
        namespaces.entered({})


def test_root_lays_a_layer_over_each_mount(tmp_path: Path) -> None:
    data, fixed = tmp_path / "data", tmp_path / "fixed"
    data.mkdir()
    fixed.mkdir()
    mounts = [
        Mount("/", "ext4", False, 0),
        Mount("/proc", "proc", False, 0),
        Mount("/run/user/1", "tmpfs", False, 0),
        Mount(str(fixed), "squashfs", True, 0),
        Mount(str(data), "xfs", False, 0),
        Mount(str(tmp_path / "auto"), "autofs", False, 0),
    ]
    assert list(whole(mounts)) == [
        Part("/", "layer"),
        Part(str(data), "layer"),
        Part(str(fixed), "bound"),
    ]


def test_others_lay_one_over_each_directory_without_mounts_below(tmp_path: Path) -> None:
    for name in ("a/b/volume", "a/c", "d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "file").write_text("x")
    (tmp_path / "a" / "link").symlink_to("file")
    mounts = [
        Mount("/", "ext4", False, 0),
        Mount(str(tmp_path / "a/b/volume"), "xfs", False, 0),
        Mount(str(tmp_path / "d"), "squashfs", True, 0),
    ]
    found = {
        os.path.relpath(part.path, tmp_path): part.how for part in divided(mounts, str(tmp_path))
    }
    assert found == {
        ".": "split",
        "a": "split",
        "a/b": "split",
        "a/b/volume": "layer",
        "a/c": "layer",
        "a/file": "bound",
        "d": "bound",
    }


PATHS = st.lists(st.sampled_from("abc"), max_size=4).map(lambda names: "/" + "/".join(names))


@given(PATHS, PATHS)
def test_below_means_on_the_way_down(path: str, above: str) -> None:
    names, others = path.strip("/").split("/"), [name for name in above.split("/") if name]
    assert is_below(path, above) == (names[: len(others)] == others or not others)


def test_the_ways_to_ones_own_files_are_found(tmp_path: Path, monkeypatch: Any) -> None:
    """With everything on this machine somebody else's but what is called "mine"."""
    for name in ("a/b/mine/inner", "a/nothing", "e/closed"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine").write_text("a file")
    search = Search([str(tmp_path / "e/closed")], seconds=60)
    monkeypatch.setattr(search, "is_ours", lambda found: found.st_ino in mine)
    mine = {(tmp_path / "a/b/mine").stat().st_ino, (tmp_path / "c/mine").stat().st_ino}
    monkeypatch.setattr(search, "_me", (-1, -1))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = [os.path.relpath(path, tmp_path) for path in search.ways(str(tmp_path))]
    assert found == ["a", "a/b", "c", "e", "e/closed"]
    assert not search.cut
    assert Search([], seconds=-1).ways(str(tmp_path)) == []


# -- where it is kept ------------------------------------------------------------------------------

MOUNTS = [Mount("/", "ext4", False, 0)]


@pytest.mark.parametrize(
    ("memory", "disk", "wanted", "is_memory"),
    [
        (24 * GIB, 80 * GIB, "", True),
        (2 * GIB, 80 * GIB, "", False),
        (24 * GIB, 80 * GIB, "disk", False),
        (2 * GIB, 80 * GIB, "memory", True),
        (2 * GIB, 0, "", True),
        (2 * GIB, GIB, "", False),
    ],
)
def test_memory_where_it_is_plenty_else_the_disk(
    tmp_path: Path, monkeypatch: Any, memory: int, disk: int, wanted: str, is_memory: bool
) -> None:
    monkeypatch.setattr(scratch_storage, "available_memory", lambda: memory)
    monkeypatch.setattr(scratch_storage, "rooms", lambda *_: {str(tmp_path): disk})
    found = scratch_storage.chosen_storage(MOUNTS, {}, in_memory=True, wanted=wanted)
    assert (not found.path) == is_memory
    assert (found.size == memory // 2) == is_memory
    if found.path:
        assert Path(found.path).is_dir() and not found.is_short()
        remove_stale(str(tmp_path))
        assert Path(found.path).is_dir(), "it is in use"
        found.leave()
    assert list(tmp_path.iterdir()) == []


def test_no_room_anywhere_is_said(monkeypatch: Any) -> None:
    monkeypatch.setattr(scratch_storage, "available_memory", lambda: 8 * GIB)
    monkeypatch.setattr(scratch_storage, "rooms", lambda *_: {"/var/tmp": GIB // 4})
    with pytest.raises(NoRoom, match="512 MiB"):
        scratch_storage.chosen_storage(MOUNTS, {}, in_memory=False)


def test_no_upper_layer_lies_on_what_cannot_hold_one(tmp_path: Path) -> None:
    for kind in ("overlay", "nfs4", "fuse.sshfs", "tmpfs"):
        assert scratch_storage.rooms([Mount("/", kind, False, 0)], {"HOME": str(tmp_path)}) == {}
    assert scratch_storage.rooms([Mount("/", "ext4", True, 0)], {"HOME": str(tmp_path)}) == {}
    assert str(tmp_path) in scratch_storage.rooms(MOUNTS, {"HOME": str(tmp_path)})


def test_stale_directories_go_and_those_in_use_stay(tmp_path: Path) -> None:
    stale = tmp_path / (scratch_storage.PREFIX + "old")
    (stale / "0/work/closed").mkdir(parents=True)
    (stale / "0/work/closed/file").write_text("x")
    (stale / "0/work/closed").chmod(0)
    (tmp_path / "other").mkdir()
    remove_stale(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_whatever_is_closed_is_removed(tmp_path: Path) -> None:
    deep = tmp_path / "top"
    for name in ("a/b", "c"):
        (deep / name).mkdir(parents=True)
    (deep / "a/link").symlink_to("/etc")
    for name in ("a/b", "a", "c"):
        (deep / name).chmod(0)
    remove_tree(str(deep))
    assert not deep.exists() and Path("/etc").is_dir()


# -- what the kernel's refusals mean ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "privileged", "settings", "said"),
    [
        (errno.ENOSPC, False, {"user.max_user_namespaces": "0"}, "user.max_user_namespaces=15000"),
        (errno.EPERM, False, {"kernel.unprivileged_userns_clone": "0"}, "userns_clone=1"),
        (
            errno.EPERM,
            False,
            {namespaces.RESTRICTED: "1"},
            "apparmor_restrict_unprivileged_userns=0",
        ),
        (errno.EPERM, True, {namespaces.RESTRICTED: "1"}, "not even root"),
        (errno.ENOSPC, False, {}, "as many namespaces as the kernel allows"),
        (errno.EPERM, False, {}, "allow user namespaces"),
    ],
)
def test_no_namespaces(
    monkeypatch: Any, number: int, privileged: bool, settings: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(namespaces, "_is_filtered", lambda: False)
    found = namespaces.unshare_refused(number, privileged, lambda name: settings.get(name, ""))
    assert said in found


def test_a_filter_of_system_calls_is_a_containers(monkeypatch: Any) -> None:
    monkeypatch.setattr(namespaces, "_is_filtered", lambda: True)
    assert "seccomp=unconfined" in namespaces.unshare_refused(errno.EPERM, False, lambda name: "")


@pytest.mark.parametrize(
    ("what", "number", "privileged", "settings", "release", "said"),
    [
        ("mounts", errno.EACCES, False, {"kernel.apparmor_restrict_unprivileged_userns": "1"},
         (6, 8), "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("overlays", errno.ENODEV, False, {}, (6, 8), "modprobe overlay"),
        ("overlays", errno.EPERM, False, {}, (5, 4), "5.11 or newer"),
        ("/proc", errno.EPERM, False, {}, (6, 8), "systempaths=unconfined"),
        ("overlays", errno.EINVAL, True, {}, (6, 8), "even to root"),
        ("overlays", errno.EINVAL, False, {}, (6, 8), "rehearse as root"),
    ],
)  # fmt: skip
def test_namespaces_but_nothing_to_build_in_them(
    monkeypatch: Any,
    what: str,
    number: int,
    privileged: bool,
    settings: dict[str, str],
    release: tuple[int, int],
    said: str,
) -> None:
    monkeypatch.setattr(namespaces, "kernel", lambda: release)
    error = OSError(number, os.strerror(number))
    found = namespaces.build_refused(what, error, privileged, lambda name: settings.get(name, ""))
    assert said in found


# -- what changed ----------------------------------------------------------------------------------


@pytest.fixture
def layer(tmp_path: Path) -> Callable[..., list[Difference]]:
    """The differences between two trees, as if the second were the upper layer."""

    def found(lower: Callable[[Path], None], higher: Callable[[Path], None]) -> list[Difference]:
        numbers = []
        for name, make in (("upper", higher), ("lower", lower)):
            (tmp_path / name).mkdir()
            make(tmp_path / name)
            numbers.append(os.open(tmp_path / name, os.O_RDONLY))
        return list(differences([Overlay("/x", numbers[0], numbers[1], {"made": 0o755})]))

    return found


def test_a_layer_is_compared_with_the_one_below(layer: Callable[..., list[Difference]]) -> None:
    def lower(root: Path) -> None:
        for name in ("same", "content", "mode", "times", "was_dir/inner", "was_file", "made/x"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text("one")
            os.utime(root / name, (1, 1))
        (root / "link").symlink_to("a")
        (root / "dir").mkdir(mode=0o755)

    def higher(root: Path) -> None:
        for name in ("same", "content", "mode", "times", "new/deep/file"):
            (root / name).parent.mkdir(exist_ok=True, parents=True)
            (root / name).write_text("two" if name == "content" else "one")
            os.utime(root / name, (2, 2) if name == "times" else (1, 1))
        (root / "mode").chmod(0o600)
        (root / "was_dir").write_text("file now")
        (root / "was_file").mkdir()
        (root / "link").symlink_to("b")
        (root / "dir").mkdir()
        (root / "dir").chmod(0o700)
        (root / "made").mkdir(mode=0o700)

    found = {(each.path, each.kind) for each in layer(lower, higher)}
    assert found == {
        ("/x/content", "changed"),
        ("/x/mode", "changed"),
        ("/x/times", "touched"),
        ("/x/link", "changed"),
        ("/x/dir/", "changed"),
        ("/x/was_dir", "changed"),
        ("/x/was_dir/inner", "removed"),
        ("/x/was_file/", "changed"),
        ("/x/new/", "added"),
        ("/x/new/deep/", "added"),
        ("/x/new/deep/file", "added"),
    }


KIND = st.sampled_from(("added", "changed", "removed", "touched"))
NAMES = st.lists(st.sampled_from(["a", "b", "c", "dd", "é"]), min_size=1, max_size=5)
FOUND = st.lists(
    st.builds(
        lambda names, kind, size, slash: Difference(
            "/" + "/".join(names) + slash, kind, 0 if slash else size
        ),
        NAMES,
        KIND,
        st.integers(0, 1000),
        st.sampled_from(["", "/"]),
    ),
    max_size=40,
)


@given(FOUND, st.integers(1, 12))
def test_a_summary_covers_every_difference_once(found: list[Difference], most: int) -> None:
    summed = rows(found, most)
    assert len(summed) <= most
    for kind in ("added", "removed"):
        count = sum(each.kind == kind for each in found)
        assert sum(getattr(row, kind) for row in summed) == count
    assert sum(row.changed for row in summed) == sum(
        each.kind in ("changed", "touched") for each in found
    )
    assert sum(row.bytes for row in summed) == sum(each.size for each in found)
    paths = [row.path for row in summed]
    assert paths == sorted(paths)
    for one in paths:
        assert not any(
            other != one and one.endswith("/") and other.startswith(one) for other in paths
        )


def test_of_thousands_of_paths_some_are_named_and_all_are_counted() -> None:
    found = [Difference(f"/venv/lib/torch/{n // 100}/{n}", "added", 1) for n in range(20_000)]
    found.append(Difference("/venv/lib/torch/", "added"))
    found += [Difference(f"/a/b/c/d/{name}", "added", 1) for name in "xyz"]
    found.append(Difference("/a/b/c/e", "changed", 1))
    said = disk_report(sorted(found))
    assert said["changes"] == {"added": 20_004, "changed": 1, "removed": 0, "touched": 0}
    assert len(said["added"]) == NAMED
    assert said["added"] == sorted(said["added"])
    assert {"/venv/lib/torch/", *(f"/a/b/c/d/{name}" for name in "xyz")} <= set(said["added"])
    assert said["changed"] == ["/a/b/c/e"]
    assert said["bytes"] == 20_004
    assert len(json.dumps(said)) < 40_000


@given(FOUND)
def test_what_is_told_is_everything(found: list[Difference]) -> None:
    said = disk_report(found)
    listed = [path for kind in ("added", "changed", "removed", "touched") for path in said[kind]]
    assert sorted(listed) == sorted(each.path for each in found)
    assert said["caches"] == []
    json.dumps(said)


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/home/a/.cache/pip/http/x", "/home/a/.cache/"),
        ("/srv/app/src/__pycache__/a.pyc", "/srv/app/src/__pycache__/"),
        ("/srv/app/.pytest_cache/", "/srv/app/.pytest_cache/"),
        ("/var/cache/pip/http-v2/a/b", "/var/cache/pip/"),
        ("/srv/app/cache.py", ""),
        ("/srv/pip/x", ""),
    ],
)
def test_caches_are_told_apart(path: str, cache: str) -> None:
    assert cache_of(path) == cache
    said = disk_report([Difference(path, "added", 0 if path.endswith("/") else 7)])
    assert bool(said["caches"]) == bool(cache) and bool(said["added"]) != bool(cache)


# -- the world inside ------------------------------------------------------------------------------


def step(act: Callable[[RehearsalWorld], Any], privileged: bool = True) -> tuple[str, list[str]]:
    """What a step is told that cannot be rehearsed, and the steps that were missed."""
    world = RehearsalWorld(privileged=privileged)
    world.begin("the step", {})
    with pytest.raises(NotRehearsed) as caught:
        act(world)
    assert caught.value.cause == "the step"
    return str(caught.value), world.missed


def test_what_reaches_outside_is_not_rehearsed(tmp_path: Path) -> None:
    said, missed = step(lambda world: world.outside("the service manager"))
    assert said.startswith("not rehearsed: it needs the service manager")
    assert missed == ["the step"]
    step(lambda world: world.run("/usr/bin/systemctl", "restart", "x"))
    step(lambda world: world.measure("docker", "ps"))
    bus = "echo 'Failed to connect to bus: No such file' >&2; exit 1"
    assert "D-Bus" in step(lambda world: world.run("sh", "-c", bus))[0]
    assert "D-Bus" in step(lambda world: world.run("sh", "-c", bus, check=False))[0]
    world = RehearsalWorld()
    world.begin("the step", {})
    with pytest.raises(Failure):
        world.run("sh", "-c", "echo no >&2; exit 1")
    assert world.missed == []


def test_an_ordinary_user_rehearses_nothing_of_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    me, other = os.geteuid(), os.geteuid() + 1
    change: Callable[[RehearsalWorld], Any] = lambda world: world.attributes(  # noqa: E731
        str(tmp_path / "file"), owner=str(other)
    )
    assert f"only root rehearses what belongs to {other}" in step(change, privileged=False)[0]
    RehearsalWorld(privileged=False).attributes(str(tmp_path / "file"), owner=str(me))

    def refused() -> None:
        raise OSError(errno.EOVERFLOW, os.strerror(errno.EOVERFLOW))

    from suture.agent.protocol.result import Change

    assert "another user or group" in step(lambda world: world.make(Change("a", "b"), refused))[0]


def test_a_program_that_runs_as_another_user_is_not_rehearsed(tmp_path: Path) -> None:
    program = tmp_path / "sudo-like"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755 | stat.S_ISUID)
    step(lambda world: world.run(str(program)), privileged=False)
    assert RehearsalWorld(privileged=True).run(str(program)).rc == 0


# -- on every Python of the machine ----------------------------------------------------------------

INSIDE = """
import json, os, sys
from suture.agent.rehearsal import namespaces
from suture.agent.world import linux
linux.has_capability = lambda number: {privileged}
try:
    entered = namespaces.entered(os.environ, network=False, wanted={wanted!r})
except namespaces.Refusal as error:
    print("refused:", error)
    sys.stdout.flush()
    os._exit(0)
here = sys.argv[1]
os.remove(here + "/old")
os.mkdir(here + "/new")
with open(here + "/new/file", "w") as file:
    file.write("x" * 5000)
os.system(os.environ.get("WORK", "") + "sleep 300 &")
told = entered.report()
print(json.dumps([os.getpid(), sorted(os.listdir("/run")), entered._storage.path, told]))
"""


def pythons() -> list[str]:
    """This Python, and pyenv's others from 3.8 on, one of each version."""
    found = {sys.version_info[:2]: sys.executable}
    for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"):
        version = re.match(r"(\d+)\.(\d+)", path.parts[-3])
        if version and int(version[2]) >= 8:
            found.setdefault((int(version[1]), int(version[2])), str(path))
    return [found[version] for version in sorted(found)]


def inside(
    python: str, here: Path, privileged: bool, wanted: str, before: Sequence[str] = ()
) -> Sequence[Any]:
    """What the program above printed, started through the words ``before``; skips where this machine
    allows no rehearsal."""
    program = INSIDE.format(privileged=privileged, wanted=wanted)
    done = subprocess.run(
        [*before, python, "-B", "-c", program, str(here)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if done.stdout.startswith("refused"):
        pytest.skip(done.stdout)
    found: Sequence[Any] = json.loads(done.stdout)
    return found


def test_a_directory_with_mounts_below_can_be_changed_too(tmp_path: Path) -> None:
    """The kernel lays no overlay over such a directory for an ordinary user."""
    if subprocess.run(["unshare", "-Urm", "true"], check=False).returncode:
        pytest.skip("no user namespaces here: as root, sysctl -w user.max_user_namespaces=15000")
    for name in ("volume", "sub/inner", "a:b,c"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "old").write_text("x")
    (tmp_path / "file").write_text("one")
    (tmp_path / "link").symlink_to("file")
    script = f"""
cd {tmp_path} && mount -t tmpfs none volume && mount -t tmpfs none a:b,c && echo 1 >volume/data &&
exec "$@"
"""
    work = f"""
cd {tmp_path} && echo two >file && rm link && echo 2 >volume/data && rm -r sub/inner
echo 3 >{tmp_path}/a:b,c/new
"""
    before = ["unshare", "-Urm", "sh", "-c", script, "sh", "env", f"WORK={work}"]
    *_, said = inside(sys.executable, tmp_path, False, "memory", before)
    assert said["changed"] == [f"{tmp_path}/file", f"{tmp_path}/volume/data"]
    assert set(said["removed"]) == {f"{tmp_path}/{name}" for name in ("old", "link", "sub/inner/")}
    assert set(said["added"]) == {
        f"{tmp_path}/{name}" for name in ("new/", "new/file", "a:b,c/new")
    }
    assert (tmp_path / "file").read_text() == "one" and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("wanted", ["memory", "disk"])
@pytest.mark.parametrize("privileged", [True, False], ids=["mount namespace", "user namespace"])
@pytest.mark.parametrize("python", pythons())
def test_it_is_entered_told_and_gone(
    python: str, privileged: bool, wanted: str, tmp_path: Path
) -> None:
    if privileged and os.geteuid():
        pytest.skip("only root can do without a user namespace")
    (tmp_path / "old").write_text("x")
    number, run, kept, said = inside(python, tmp_path, privileged, wanted)
    assert number == 2, "the first process of its namespace reaps"
    assert run == ["lock", "user"]
    assert said["added"] == [f"{tmp_path}/new/", f"{tmp_path}/new/file"]
    assert said["removed"] == [f"{tmp_path}/old"]
    assert said["bytes"] == 5000 and said["space"] >= 5000 and said["where"] == wanted
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert bool(kept) == (wanted == "disk") and not os.path.lexists(kept)


def test_whether_it_is_possible_is_found_out_by_trying() -> None:
    """In a process of its own: it forks, and this one may have threads."""
    code = "from suture.agent.rehearsal.namespaces import trouble; print(repr(trouble()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("'")
