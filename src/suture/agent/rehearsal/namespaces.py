"""A rehearsal's place: namespaces of its own, with a throw-away layer over the host's whole tree.

    the agent as it was started     outside; waits, and leaves when the place is gone
      └─ the first process inside   builds the tree, then reaps; with it everything inside ends
           └─ the agent             does the steps; the commands that they run are below it

Inside there are no other processes, no sockets of the host's services, no devices but the harmless
ones, and no way to a program that runs as another user.  The network is the host's unless closed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import signal
import time
from typing import Any, Callable, Dict, List, MutableMapping, NoReturn, Sequence, Tuple

from ..world import linux
from .mounts import Mount, mounts_in
from .overlay_diff import differences, told
from .overlay_tree import Tree, TreeRefused
from .scratch_storage import NoRoom, Place, place

CONTAINERS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
"""The capabilities that root's programs keep, as in a container: to change files, owners, users and
processes, but no mounts, networks, clocks, kernel modules or hardware."""

MOUNTING = 21
"""The capability without which not even root can do it by itself."""

OUTSIDE = (
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DOCKER_HOST",
    "NOTIFY_SOCKET",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
)
"""Variables that name ways to foreign processes."""


class Refusal(Exception):
    """A rehearsal is not possible here; one sentence says which setting would allow it."""


class Jail:
    """Where this process is since ``entered``."""

    def __init__(self, tree: Tree, where: Place, privileged: bool) -> None:
        self._tree = tree
        self._place = where
        self._began = time.monotonic()
        self.notes: Sequence[str] = tree.notes
        self.privileged = privileged

    def report(self) -> Dict[str, Any]:
        """Everything that changed on disk; whatever still ran in the background is ended first."""
        seconds = round(time.monotonic() - self._began, 2)
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        linux.use_capabilities(True)
        found = told(differences(self._tree.layers))
        where = "disk" if self._place.path else "memory"
        return {**found, "space": self._tree.taken(), "seconds": seconds, "where": where}

    def watch(self, end: Callable[[str], None]) -> None:
        """Call ``end`` with the reason before the host's disk runs full; never returns before."""
        while not self._place.is_short():
            time.sleep(0.25)
        end(
            "the rehearsal was stopped, because the disk that it writes to has less than 256 MiB"
            " left: free some space, or rehearse fewer phases at once"
        )


def entered(
    environ: MutableMapping[str, str],
    network: bool = True,
    wanted: str = "",
    patience: float = 5.0,
) -> Jail:
    """Returns in a new process, inside; this one only waits for it and never returns.

    The process must have one thread.  Refusal, in either process, where the kernel allows no
    rehearsal; nothing is left behind then.  ``wanted``: in "memory" or on "disk", if one of them
    has
    to be; ``patience``: seconds to look for what an ordinary user may change.
    """
    privileged = os.geteuid() == 0 and linux.has_capability(MOUNTING)
    mounts = _mounts()
    try:
        where = place(mounts, environ, privileged or kernel() >= (6, 6), wanted)
    except NoRoom as error:
        raise Refusal(str(error)) from None
    try:
        _separate(privileged, network)
    except OSError as error:
        where.leave()
        raise Refusal(unshare_refused(error.errno or 0, privileged)) from None
    alive, ours = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        _wait(child, where)
    os.close(ours)
    linux.die_with_parent(signal.SIGKILL)
    if select.select([alive], [], [], 0)[0]:
        os._exit(1)  # the parent died before we asked to be told
    os.close(alive)
    tree, here = Tree(mounts, where, privileged, patience), os.getcwd()
    try:
        if not network:
            linux.loopback_up()
        tree.build()
    except TreeRefused as error:
        said = build_refused(error.what, error.error, privileged)
        if where.path and error.what == "overlays":
            said += "; in memory it may do (suture_rehearse_in: memory)"
        raise Refusal(said) from None
    except OSError as error:
        raise Refusal(f"the copy of the host cannot be built: {error}") from None
    with contextlib.suppress(OSError):
        os.chdir(here)
    for name in OUTSIDE:
        environ.pop(name, None)
    agent = os.fork()
    if agent:
        _reap(agent)
    if privileged:
        linux.bound_capabilities(CONTAINERS)
    else:
        linux.use_capabilities(False)
    return Jail(tree, where, privileged)


def _mounts() -> List[Mount]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = mounts_in(file.read())
    if not any(mount.path == "/" for mount in mounts):
        raise Refusal("this is a chroot, in which the kernel shows no mount of the root directory")
    return mounts


def _separate(privileged: bool, network: bool) -> None:
    """Our own namespaces.  An ordinary user is root of nothing but them, and keeps the own name."""
    flags = linux.NEW_MOUNTS | linux.NEW_PIDS | linux.NEW_IPC | linux.NEW_UTS
    user, group = os.geteuid(), os.getegid()
    linux.unshare(
        flags | (0 if privileged else linux.NEW_USER) | (0 if network else linux.NEW_NETWORK)
    )
    if not privileged:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _wait(child: int, where: Place) -> NoReturn:
    """The outer process's part: to end as the inner one does, once nothing is left of it."""
    _, status = os.waitpid(child, 0)
    where.leave()
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def _reap(agent: int) -> NoReturn:
    """The first process's part: to collect the dead, and to end with the agent.  The kernel then
    ends everything that is still inside."""
    while True:
        number, status = os.wait()
        if number == agent:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def trouble() -> str:
    """Why a rehearsal is not possible here; empty where it is.  Tried out, and nothing is left."""
    answer, ours = os.pipe()
    child = os.fork()
    if not child:
        try:
            _try_out(ours)
        finally:
            os._exit(1)
    os.close(ours)
    with open(answer, "rb") as file:
        said = file.read()
    os.waitpid(child, 0)
    return said.decode("utf-8", "replace").strip() if said else "the attempt was cut short"


def _try_out(answer: int) -> NoReturn:
    try:
        entered(dict(os.environ), patience=0.0)
        os.write(answer, b"\n")
    except Refusal as error:
        os.write(answer, str(error).encode())
    os._exit(0)


# -- what the kernel's refusals mean ---------------------------------------------------------------


RESTRICTED = "kernel.apparmor_restrict_unprivileged_userns"

SETTINGS = (
    ("kernel.unprivileged_userns_clone", "0", "1"),
    (RESTRICTED, "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
    ("user.max_mnt_namespaces", "0", "15000"),
    ("user.max_pid_namespaces", "0", "15000"),
    ("user.max_net_namespaces", "0", "15000"),
)
"""Kernel settings, the value that rules rehearsals out, and one that does not; the first two are
about ordinary users only."""


def kernel() -> Tuple[int, int]:
    """The kernel's version."""
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _setting(name: str) -> str:
    """A kernel setting's value; empty where this kernel has none of that name."""
    try:
        with open("/proc/sys/" + name.replace(".", "/")) as file:
            return file.read().strip()
    except OSError:
        return ""


def _is_filtered() -> bool:
    """Whether a filter of system calls lies on us, as in a container."""
    with open("/proc/self/status") as file:
        return "Seccomp:\t2" in file.read()


def unshare_refused(number: int, privileged: bool, setting: Callable[[str], str] = _setting) -> str:
    """What to do where the kernel gives us no namespaces."""
    for name, wrong, right in SETTINGS[2:] if privileged else SETTINGS:
        if setting(name) == wrong:
            return f"the kernel setting {name} is {wrong}: as root, sysctl -w {name}={right}"
    if number == errno.ENOSPC:
        return (
            "as many namespaces as the kernel allows are in use:"
            " as root, sysctl -w user.max_user_namespaces=15000"
        )
    if _is_filtered():
        return (
            "this container forbids namespaces:"
            " start it with --security-opt seccomp=unconfined (Docker, Podman)"
        )
    if privileged:
        return (
            f"the kernel gives not even root namespaces ({os.strerror(number)}), as in a container"
        )
    return (
        f"the kernel gives this user no namespaces ({os.strerror(number)}): allow user namespaces"
        " (sysctl user.max_user_namespaces), or rehearse as root (become)"
    )


def build_refused(
    what: str, error: OSError, privileged: bool, setting: Callable[[str], str] = _setting
) -> str:
    """What to do where the kernel gives us namespaces, but does not let us build in them."""
    denied = error.errno in (errno.EPERM, errno.EACCES)
    if denied and not privileged and setting(RESTRICTED) == "1":
        return f"AppArmor forbids it to ordinary users: as root, sysctl -w {RESTRICTED}=0"
    if what == "overlays" and error.errno == errno.ENODEV:
        return "the kernel has no overlay file system: as root, modprobe overlay"
    if what == "overlays" and not privileged and kernel() < (5, 11):
        return (
            f"the kernel ({os.uname().release}) lays overlays for root only:"
            " 5.11 or newer is needed, or rehearse as root (become)"
        )
    if what == "/proc" and denied:
        return (
            "parts of /proc are hidden, as in a container: start it with"
            " --security-opt systempaths=unconfined (Docker) or unmask=ALL (Podman)"
        )
    if privileged:
        return f"the kernel refuses {what} ({error.strerror}) even to root, as in a container"
    return f"the kernel refuses {what} ({error.strerror}): rehearse as root (become)"
