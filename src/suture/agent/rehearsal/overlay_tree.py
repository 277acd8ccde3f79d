"""The file tree that a rehearsal sees: the host's own under overlays, a few directories new."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat as st
from typing import Dict, Iterator, List, Sequence, Set

from ..world import linux
from .mounts import Mount, Part, Search, divided, entries, is_below, mount_of, whole
from .overlay_diff import Overlay, space
from .scratch_storage import ScratchStorage

OLD, NEW, STORE = "/old", "/new", "/store"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
COPIED = 64 * 1024**2
"""The most bytes of files copied from each directory that has mounts below it."""


class TreeRefused(Exception):
    """The kernel does not let us build the tree: ``what`` it refuses, and its own error."""

    def __init__(self, what: str, error: OSError) -> None:
        super().__init__(f"{what}: {error.strerror}")
        self.what, self.error = what, error


@contextlib.contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TreeRefused(what, error) from None


class RehearsalTree:
    """The tree to build over ``mounts``, with its upper layers in ``storage``.

    ``privileged``: root builds it, not the root of a user namespace; the latter searches, for at
    most ``patience`` seconds, for what it may change; ``known``: directories of which that is known.
    Once the tree is built, ``store`` is the open directory of all upper layers, and ``notes`` say
    what could not be made as on the host.
    """

    def __init__(
        self,
        mounts: Sequence[Mount],
        storage: ScratchStorage,
        privileged: bool,
        patience: float,
        known: Sequence[str] = (),
    ) -> None:
        self._mounts = mounts
        self._storage = storage
        self._privileged = privileged
        self._patience = patience
        self._known = [os.environ.get("HOME", "/"), os.getcwd(), *known]
        self._me = (os.geteuid(), os.getegid())
        self._copied: Set[str] = set()
        self.overlays: List[Overlay] = []
        self.store, self._empty = -1, 0
        self.notes: List[str] = []

    def build(self) -> None:
        """Make "/" this tree; the process must be the first of its namespaces."""
        parts = list(whole(self._mounts) if self._privileged else divided(self._mounts))
        ways = {} if self._privileged else self._searched(parts)
        names = _name_servers()
        with _asking("mounts of one's own"):
            self._move_out()
        for part in parts:
            if part.how == "split":
                self._split(part.path)
            elif part.how == "bound" and part.path not in self._copied:
                self._bind(part.path)
            elif part.how == "layer":
                self._lay(part.path, OLD + part.path, ways.get(part.path, []))
        self._proc()
        self._sys()
        self._dev()
        self._run(names)
        if self._storage.path and os.path.isdir(NEW + self._storage.path):
            self._fresh(self._storage.path, 0o555)
        self.store = os.open(STORE, os.O_RDONLY)
        self._empty = space(self.store)
        with _asking("another root directory"):
            os.chdir(NEW)
            linux.pivot(".", ".")
            linux.unmount(".")
            os.chdir("/")

    def taken(self) -> int:
        """Bytes that the changes occupy by now."""
        return space(self.store) - self._empty

    def _searched(self, parts: Sequence[Part]) -> Dict[str, List[str]]:
        search = Search(self._known, self._patience)
        found = {part.path: search.ways(part.path) for part in parts if part.how == "layer"}
        if search.cut:
            self.notes.append(
                "looking for directories of yours took too long: what lies deep below other"
                " people's may be read-only in this rehearsal"
            )
        return found

    def _move_out(self) -> None:
        """Make the root empty, with the host's tree at OLD and the upper layers' storage at STORE."""
        linux.mount("none", "/", flags=linux.RECURSIVE | linux.PRIVATE)
        path, size = self._storage.path, self._storage.size
        base = next(
            directory
            for directory in ("/tmp", "/mnt", "/opt", "/var")  # noqa: S108 (mounted over, not written)
            if os.path.isdir(directory) and not (path and is_below(path, directory))
        )
        linux.mount("tmpfs", base, "tmpfs", linux.NO_SUID, f"mode=0755,size={size or 4096 * 1024}")
        for place in (OLD, NEW, STORE):
            os.mkdir(base + place)
        if path:
            linux.mount(path, base + STORE, flags=linux.BIND)
        linux.pivot(base, base + OLD)
        os.chdir("/")

    # -- the host's files ----------------------------------------------------------------------

    def _lay(self, path: str, source: str, ways: Sequence[str] = ()) -> None:
        """Mount an overlay over ``source``, at the same path as on the host."""
        if not os.access(source, os.X_OK):
            self._closed(path)
            return
        home = f"{STORE}/{len(self.overlays)}"
        upper, work = home + "/upper", home + "/work"
        os.makedirs(upper)
        os.mkdir(work)
        made = {os.path.relpath(way, path): self._mode(OLD + way) for way in ways}
        for inner, mode in made.items():
            os.mkdir(os.path.join(upper, inner), 0o700)
            self._dress(os.path.join(upper, inner), os.path.join(source, inner), mode)
        self._dress(upper, source, self._mode(source))
        lower = os.open(source, os.O_RDONLY if os.access(source, os.R_OK) else os.O_PATH)
        try:
            self._overlay(source, upper, work, NEW + path, self._mount(path).flags)
        except OSError as error:
            os.close(lower)
            self._overlays_work(error)
            self._bind(path)
            self.notes.append(f"{path} is read-only in this rehearsal: {error.strerror}")
            return
        self.overlays.append(Overlay(path, os.open(upper, os.O_RDONLY), lower, made))

    def _overlay(self, lower: str, upper: str, work: str, target: str, flags: int) -> None:
        options = f"lowerdir={_escaped(lower)},upperdir={upper},workdir={work}"
        own = "redirect_dir=off,metacopy=off,index=off" if self._privileged else "userxattr"
        flags |= linux.NO_DEVICES
        try:
            linux.mount("overlay", target, "overlay", flags, f"{options},{own},volatile")
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            linux.mount("overlay", target, "overlay", flags, f"{options},{own}")

    def _overlays_work(self, error: OSError) -> None:
        """Raise TreeRefused where the kernel mounts no overlay at all."""
        probe = STORE + "/probe"
        for name in ("lower", "upper", "work", "target"):
            os.makedirs(f"{probe}/{name}", exist_ok=True)
        with _asking("overlays"):
            if error.errno in (errno.ENODEV, errno.EPERM, errno.EACCES):
                raise error
            self._overlay(f"{probe}/lower", f"{probe}/upper", f"{probe}/work", f"{probe}/target", 0)
            linux.unmount(f"{probe}/target")
        shutil.rmtree(probe)

    def _bind(self, path: str) -> None:
        """Bind the host's own file or directory, read-only."""
        try:
            linux.mount(OLD + path, NEW + path, flags=linux.BIND)
            self._read_only(path)
        except OSError as error:
            self.notes.append(f"{path} is missing from this rehearsal: {error.strerror}")

    def _read_only(self, path: str) -> None:
        flags = linux.REMOUNT | linux.BIND | linux.READ_ONLY | self._mount(path).flags
        linux.mount("none", NEW + path, flags=flags)

    def _split(self, path: str) -> None:
        """Make a directory whose entries are mounted one by one.  Where the user may write to it,
        its small files are copied and an overlay lies over it."""
        source, target = OLD + path, NEW + path
        writable = os.access(source, os.W_OK)
        room = COPIED if writable else -1
        self._fresh(path, 0o755, f"size={COPIED + 4096 * 1024}")
        for entry in entries(source):
            room -= self._placeholder(entry, os.path.join(path, entry.name), room)
        self._dress(target, source, self._mode(source))
        if writable:
            self._lay(path, target)

    def _placeholder(self, entry: os.DirEntry[str], path: str, room: int) -> int:
        """What stands in for an entry of a split directory until something is mounted on it.  A file
        for which there is ``room`` is copied; returns the bytes that it took."""
        found, target = entry.stat(follow_symlinks=False), NEW + path
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir(follow_symlinks=False):
            os.mkdir(target)
            self._dress(target, entry.path, self._mode(entry.path))
        elif entry.is_file(follow_symlinks=False):
            os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
            if found.st_size <= room and os.access(entry.path, os.R_OK):
                shutil.copyfile(entry.path, target)
                self._dress(target, entry.path, st.S_IMODE(found.st_mode))
                self._copied.add(path)
                return found.st_blocks * 512
        return 0

    def _closed(self, path: str) -> None:
        """Make a directory that we may not enter, as on the host."""
        if os.path.ismount(NEW + path) or not os.path.isdir(NEW + path):
            return
        self._fresh(path, 0)

    def _fresh(self, path: str, mode: int, options: str = "size=4m") -> None:
        """Mount an empty file system in memory."""
        flags = linux.NO_SUID | linux.NO_DEVICES
        with _asking("file systems in memory"):
            linux.mount("tmpfs", NEW + path, "tmpfs", flags, f"mode={mode:o},{options}")

    def _mount(self, path: str) -> Mount:
        return mount_of(path, self._mounts)

    def _mode(self, path: str) -> int:
        """The mode of a directory made in place of the host's.  An ordinary user owns it, though not
        the host's, so it allows its owner what the host's allows us."""
        found = os.lstat(path)
        mode = st.S_IMODE(found.st_mode)
        if self._privileged or (found.st_uid, found.st_gid) == self._me:
            return mode
        ways = zip((os.R_OK, os.W_OK, os.X_OK), (0o400, 0o200, 0o100))
        return mode & ~0o700 | sum(bit for access, bit in ways if os.access(path, access))

    def _dress(self, path: str, like: str, mode: int) -> None:
        """Give what we made at ``path`` the attributes of what it stands for."""
        found = os.lstat(like)
        if self._privileged:
            os.chown(path, found.st_uid, found.st_gid)
        os.chmod(path, mode)
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    # -- what is made anew ---------------------------------------------------------------------

    def _proc(self) -> None:
        harmless = linux.NO_SUID | linux.NO_DEVICES | linux.NO_EXEC
        with _asking("/proc"):
            linux.mount("proc", NEW + "/proc", "proc", harmless)
        for name in ("sys", "sysrq-trigger", "irq", "bus", "fs"):
            path = f"{NEW}/proc/{name}"
            if self._privileged and os.path.exists(path):
                linux.mount(path, path, flags=linux.BIND)
                flags = linux.REMOUNT | linux.BIND | linux.READ_ONLY | harmless
                linux.mount("none", path, flags=flags)

    def _sys(self) -> None:
        inner = [mount.path for mount in self._mounts if is_below(mount.path, "/sys")]
        if not os.path.isdir(NEW + "/sys") or not inner:
            return
        linux.mount(OLD + "/sys", NEW + "/sys", flags=linux.BIND | linux.RECURSIVE)
        for path in inner:
            with contextlib.nullcontext() if self._privileged else contextlib.suppress(OSError):
                self._read_only(path)

    def _dev(self) -> None:
        self._fresh("/dev", 0o755)
        for name in DEVICES:
            if os.path.exists(f"{OLD}/dev/{name}"):
                os.close(os.open(f"{NEW}/dev/{name}", os.O_CREAT, 0o600))
                linux.mount(f"{OLD}/dev/{name}", f"{NEW}/dev/{name}", flags=linux.BIND)
        for name, target in (
            ("fd", "/proc/self/fd"),
            ("stdin", "/proc/self/fd/0"),
            ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
            ("ptmx", "pts/ptmx"),
        ):
            os.symlink(target, f"{NEW}/dev/{name}")
        for name in ("shm", "pts"):
            os.mkdir(f"{NEW}/dev/{name}")
        self._fresh("/dev/shm", 0o1777, "size=25%")  # noqa: S108
        with contextlib.suppress(OSError):
            options = "newinstance,ptmxmode=0666,mode=0620"
            linux.mount("devpts", f"{NEW}/dev/pts", "devpts", linux.NO_SUID, options)
        self._seal("/dev")

    def _run(self, names: Dict[str, bytes]) -> None:
        if not os.path.isdir(NEW + "/run"):
            return
        self._fresh("/run", 0o755, "size=10%")
        os.mkdir(f"{NEW}/run/lock")
        os.chmod(f"{NEW}/run/lock", 0o1777)  # noqa: S103 (as on the host)
        os.makedirs(f"{NEW}/run/user/{self._me[0]}", 0o700)
        for path, content in names.items():
            os.makedirs(os.path.dirname(NEW + path), exist_ok=True)
            with open(NEW + path, "wb") as file:
                file.write(content)
        self._seal("/run")

    def _seal(self, path: str) -> None:
        """Make root's directory read-only, as it is to everybody else on the host."""
        if not self._privileged:
            os.chmod(NEW + path, 0o555)  # noqa: S103 (as on the host)


def _name_servers() -> Dict[str, bytes]:
    """The resolver's configuration (/etc/resolv.conf), if its file lies in /run."""
    path = os.path.realpath("/etc/resolv.conf")
    if not is_below(path, "/run") or not os.path.isfile(path):
        return {}
    with open(path, "rb") as file:
        return {path: file.read()}


def _escaped(path: str) -> str:
    """A path as the options of an overlay hold it."""
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
