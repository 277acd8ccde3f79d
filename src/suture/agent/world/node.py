"""What stands at a path, and the small file-system acts the world is built from."""

from __future__ import annotations

import contextlib
import errno
import grp
import hashlib
import os
import pwd
import re
import stat as st
import struct
import time
from dataclasses import dataclass
from typing import IO, Any, Callable, Dict, Optional, TypeVar, Union

from ..protocol.content import CHUNK
from ..protocol.spec import Failure

Found = TypeVar("Found")

Mode = Union[str, int, None]


class Nanoseconds(int):
    """A time in nanoseconds since the epoch: exact, where a float of seconds is rounded."""


Time = Union[float, str, Nanoseconds, None]
"""Seconds since the epoch, exact nanoseconds, "now", or None: as it is."""

ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""The errors that mean: nothing stands at that path."""


@dataclass(frozen=True)
class Node:
    """A file, directory, link or other thing.  Times are since the epoch, or None when a dry world
    predicts the node; ``mode`` is the permission bits only."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int = 0
    target: str = ""
    mtime_ns: Optional[int] = None
    atime_ns: Optional[int] = None
    ctime_ns: Optional[int] = None
    dev: int = 0
    inode: int = 0
    nlink: int = 1

    @property
    def mtime(self) -> Optional[float]:
        """Seconds."""
        return None if self.mtime_ns is None else self.mtime_ns / 1e9

    @property
    def atime(self) -> Optional[float]:
        """Seconds."""
        return None if self.atime_ns is None else self.atime_ns / 1e9

    @property
    def ctime(self) -> Optional[float]:
        """Seconds."""
        return None if self.ctime_ns is None else self.ctime_ns / 1e9


KINDS = {st.S_IFREG: "file", st.S_IFDIR: "directory", st.S_IFLNK: "link"}


def node_at(path: str, follow: bool = False, tries: int = 3) -> Optional[Node]:
    """The node at a path (of what a link points to, with ``follow``), or None."""
    path = path.rstrip("/") or "/"
    found = looked("look at", path, lambda: os.stat(path) if follow else os.lstat(path))
    if found is None:
        return None
    kind = KINDS.get(st.S_IFMT(found.st_mode), "other")
    target = ""
    if kind == "link":
        try:
            target = os.readlink(path)
        except OSError:  # swapped for something else, or gone, since it was looked at
            return node_at(path, follow, tries - 1) if tries else None
    return Node(
        kind,
        st.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        found.st_size,
        target,
        found.st_mtime_ns,
        found.st_atime_ns,
        found.st_ctime_ns,
        found.st_dev,
        found.st_ino,
        found.st_nlink,
    )


def looked(verb: str, path: str, look: Callable[[], Found]) -> Optional[Found]:
    """What the look finds, None where nothing stands; any other trouble is a Failure."""
    try:
        return look()
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise Failure(f"cannot {verb} {path}: {error.strerror}") from None


def content_at(path: str) -> bytes:
    with opened(path) as file:
        return file.read()


def opened(path: str) -> IO[bytes]:
    """The regular file at the path, to be read: a pipe would never end, and a device neither."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    kind = st.S_IFMT(os.fstat(handle).st_mode)
    if kind in (st.S_IFREG, st.S_IFDIR):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no regular file", path)


def digest_at(path: str, algorithm: str) -> str:
    state = hashlib.new(algorithm)
    with opened(path) as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            state.update(chunk)
    return state.hexdigest()


KEPT = "-old"
"""Behind a temporary file's name: the old content of a file that is rewritten where it stands."""


def beside(path: str) -> str:
    """A new name in the same directory, which nobody can guess."""
    return os.path.join(os.path.dirname(path), f".suture-{os.urandom(8).hex()}")


def chowned(path: str, uid: int, gid: int) -> None:
    """Give a path to a user and group, unless it is theirs already; links are not followed."""
    found = os.lstat(path)
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.chown(path, uid, gid, follow_symlinks=False)


def linked(path: str, target: str, temporary: str, mtime: Time = None) -> None:
    """Put a symbolic link in place at once; ``temporary`` is the name that it has until then."""
    os.symlink(target, temporary)
    try:
        timed(temporary, None, mtime)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def differs(wanted: Time, current: Optional[int]) -> bool:
    """Whether a time is asked for that is not there already: a float to the microsecond."""
    if wanted is None:
        return False
    if isinstance(wanted, str) or current is None:
        return True
    if isinstance(wanted, Nanoseconds):
        return wanted != current
    return abs(wanted - current / 1e9) > 1e-6


def nanoseconds(wanted: Time) -> Optional[int]:
    """The time to set; None for "now", which is known only then."""
    if wanted is None or isinstance(wanted, str):
        return None
    return int(wanted) if isinstance(wanted, Nanoseconds) else round(wanted * 1e6) * 1000


def in_seconds(wanted: Time) -> Union[float, str, None]:
    """The time as a change tells it: in seconds."""
    return wanted / 1e9 if isinstance(wanted, Nanoseconds) else wanted


def timed(path: str, atime: Time, mtime: Time) -> None:
    """Set the times that are given; the other stays as it is, to the nanosecond."""
    if atime is None and mtime is None:
        return
    found = os.lstat(path)

    def chosen(wanted: Time, current: int) -> int:
        if isinstance(wanted, str):
            return time.time_ns()
        given = nanoseconds(wanted)
        return current if given is None else given

    times = chosen(atime, found.st_atime_ns), chosen(mtime, found.st_mtime_ns)
    os.utime(path, ns=times, follow_symlinks=False)


def timed_if_ours(directory: str, mtime: Time) -> None:
    """Set a directory's time, where we may."""
    with contextlib.suppress(PermissionError):
        timed(os.path.realpath(directory), None, mtime)


def removed(path: str) -> None:
    """Remove whatever is at the path, a directory with all it holds."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path)
    else:
        os.unlink(path)


def new_mode(base: int, listed: bytes = b"") -> int:
    """The permission bits that a new node gets: what the umask leaves of ``base``, or a default
    access list as the kernel keeps it (``listed``) where the directory has one."""
    if not listed:
        mask = os.umask(0)
        os.umask(mask)
        return base & ~mask
    entries = struct.iter_unpack("<HHI", listed[4:])
    bits: Dict[int, int] = {tag: allowed for tag, allowed, _ in entries}
    group = bits.get(_MASK, bits.get(_GROUP, 0))
    return base & (bits.get(_USER, 0) << 6 | group << 3 | bits.get(_OTHER, 0))


_USER, _GROUP, _MASK, _OTHER = 0x01, 0x04, 0x10, 0x20


def default_list(directory: str) -> bytes:
    """The directory's default access list, as the kernel keeps it; empty where it has none."""
    try:
        return os.getxattr(directory, "system.posix_acl_default")
    except (OSError, AttributeError):
        return b""


def owned(path: str, node: Node) -> None:
    """A directory that was just made gets its owner and mode, or is taken away again."""
    try:
        chowned(path, node.uid, node.gid)
        os.chmod(path, node.mode)
    except OSError:
        os.rmdir(path)
        raise


def permitted(path: str, mode: int) -> None:
    """Give what stands there this mode; a link put there meanwhile is not followed."""
    handle = os.open(path, getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW)
    try:
        if st.S_ISLNK(os.fstat(handle).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        os.chmod(f"/proc/self/fd/{handle}" if os.path.isdir("/proc/self/fd") else path, mode)
    finally:
        os.close(handle)


def mode_from(wanted: Mode, current: int, directory: bool) -> int:
    """The permission bits that ``wanted`` asks for: 420, "0644", "u+rwX,g-w"; None keeps them."""
    if wanted is None:
        return current
    if isinstance(wanted, int):
        return wanted
    if re.fullmatch(r"(0o)?[0-7]{1,5}", wanted):
        return int(wanted.replace("0o", ""), 8)
    mode = current
    for clause in wanted.split(","):
        match = re.fullmatch(r"([ugo]*|a)((?:[-+=][rwxXstugo]*)+)", clause)
        if not match:
            raise Failure(f"mode '{wanted}' is neither octal, such as '0644', nor symbolic")
        mask = 0o777 if match[1] else new_mode(0o777)
        for operator, letters in re.findall(r"([-+=])([rwxXstugo]*)", match[2]):
            for user in "ugo" if match[1] in ("", "a") else match[1]:
                mode = _with_clause(mode, user, operator, letters, mask, directory)
    return mode


SHIFT = {"u": 6, "g": 3, "o": 0}
SPECIAL = {"u": 0o4000, "g": 0o2000, "o": 0o1000}
BITS = {"r": 0o444, "w": 0o222, "x": 0o111}


def _with_clause(
    mode: int, user: str, operator: str, letters: str, mask: int, directory: bool
) -> int:
    """The mode after one act on one of user, group and others; ``mask`` limits r, w and x."""
    own = 7 << SHIFT[user]
    given = 0
    for letter in letters:
        if letter in BITS:
            given |= BITS[letter] & own & mask
        elif letter == "X":
            given |= 0o111 & own if directory or mode & 0o111 else 0
        elif letter in SHIFT:
            given |= (mode >> SHIFT[letter] & 7) << SHIFT[user]
        elif (letter == "t") == (user == "o"):
            given |= SPECIAL[user]
    if operator == "+":
        return mode | given
    if operator == "-":
        return mode & ~given
    return mode & ~(own | SPECIAL[user]) | given


def uid_of(owner: Union[str, int]) -> int:
    if isinstance(owner, int) or owner.isdigit():
        return int(owner)
    try:
        return pwd.getpwnam(owner).pw_uid
    except KeyError:
        raise Failure(f"there is no user '{owner}' on this host") from None


def gid_of(group: Union[str, int]) -> int:
    if isinstance(group, int) or group.isdigit():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise Failure(f"there is no group '{group}' on this host") from None


def owner_name(uid: int) -> str:
    """The user's name, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def is_to_come(number: int) -> bool:
    """Whether it stands, in a dry run, for the number of an account that is not made yet."""
    return number < -1


def attribute_changes(
    old: Optional[Node],
    new: Node,
    user: Callable[[int], str] = owner_name,
    group: Callable[[int], str] = group_name,
) -> Dict[str, Any]:
    """The attributes that differ, each as [before, after]; the mode alone where nothing was.
    ``user`` and ``group`` give numbers their names."""
    detail: Dict[str, Any] = {}
    if old is None or old.mode != new.mode:
        detail["mode"] = ["" if old is None else f"{old.mode:04o}", f"{new.mode:04o}"]
    if old is not None and old.uid != new.uid:
        detail["owner"] = [user(old.uid), user(new.uid)]
    if old is not None and old.gid != new.gid:
        detail["group"] = [group(old.gid), group(new.gid)]
    return detail


def permits(node: Node, access: int) -> bool:
    """Whether the mode bits give us this access (os.R_OK and so on)."""
    if node.uid == os.geteuid():
        return node.mode >> 6 & access == access
    if node.gid in (os.getegid(), *os.getgroups()):
        return node.mode >> 3 & access == access
    return node.mode & access == access


def may_give(node: Node) -> bool:
    """Whether we may make something new that has this owner and group."""
    return node.uid == os.geteuid() and node.gid in (os.getegid(), *os.getgroups())


def may_change(old: Node, new: Optional[Node]) -> bool:
    """Whether we may give what is there these attributes."""
    if new is None or (old.uid, new.uid) != (os.geteuid(), os.geteuid()):
        return False
    return new.gid == old.gid or may_give(new)


def read_only(directory: str) -> bool:
    """Whether the directory lies on a file system that is mounted read-only."""
    try:
        return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def parent_resolved(path: str) -> str:
    """The path with the links above it resolved, and not the last one."""
    directory, name = os.path.split(path.rstrip("/"))
    if name in ("", ".", ".."):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(directory), name)
