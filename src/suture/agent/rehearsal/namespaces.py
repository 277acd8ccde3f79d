"""A rehearsal's namespaces, in which a throw-away overlay lies over the host's whole tree.

    the agent as it was started     outside; waits, and ends when the rehearsal has ended
      └─ the first process inside   builds the tree, then reaps; when it ends, everything inside ends
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
from .overlay_diff import differences, disk_report
from .overlay_tree import RehearsalTree, TreeRefused
from .scratch_storage import NoRoom, ScratchStorage, chosen_storage

CONTAINERS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
"""The capabilities that root's programs keep, as in a container: to change files, owners, users and
processes, but no mounts, networks, clocks, kernel modules or hardware."""

MOUNTING = 21
"""The capability (CAP_SYS_ADMIN) without which even root needs a user namespace to mount."""

OUTSIDE = (
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    "DOCKER_HOST",
    "NOTIFY_SOCKET",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
)
"""Variables that lead to processes outside the rehearsal."""


class Refusal(Exception):
    """A rehearsal is not possible here; one sentence says which setting would allow it."""


class Isolation:
    """The namespaces and the tree that this process lives in since ``entered``."""

    def __init__(self, tree: RehearsalTree, storage: ScratchStorage, privileged: bool) -> None:
        self._tree = tree
        self._storage = storage
        self._began = time.monotonic()
        self.notes: Sequence[str] = tree.notes
        self.privileged = privileged

    def report(self) -> Dict[str, Any]:
        """Everything that changed on disk; whatever still ran in the background is ended first."""
        seconds = round(time.monotonic() - self._began, 2)
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        linux.use_capabilities(True)
        found = disk_report(differences(self._tree.overlays))
        where = "disk" if self._storage.path else "memory"
        return {**found, "space": self._tree.taken(), "seconds": seconds, "where": where}

    def watch(self, end: Callable[[str], None]) -> None:
        """Call ``end`` with the reason before the host's disk runs full; never returns before."""
        while not self._storage.is_short():
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
) -> Isolation:
    """Return in a new process, inside; the calling process waits for it and never returns.

    The process must have one thread.  Either process raises Refusal where the kernel allows
    no rehearsal, and leaves nothing behind.  ``wanted``: "memory" or "disk", if changes must be
    stored there; ``patience``: seconds to search for what an ordinary user may change.
    """
    privileged = os.geteuid() == 0 and linux.has_capability(MOUNTING)
    mounts = mounts_here()
    try:
        storage = chosen_storage(mounts, environ, privileged or kernel() >= (6, 6), wanted)
    except NoRoom as error:
        raise Refusal(str(error)) from None
    try:
        separated(privileged, network)
    except OSError as error:
        storage.leave()
        raise Refusal(unshare_refused(error.errno or 0, privileged)) from None
    alive, ours = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        _wait(child, storage)
    os.close(ours)
    linux.die_with_parent(signal.SIGKILL)
    if select.select([alive], [], [], 0)[0]:
        os._exit(1)  # the parent died before we asked for its death signal
    os.close(alive)
    tree, here = RehearsalTree(mounts, storage, privileged, patience), os.getcwd()
    try:
        if not network:
            linux.loopback_up()
        tree.build()
    except TreeRefused as error:
        reason = build_refused(error.what, error.error, privileged)
        if storage.path and error.what == "overlays":
            reason += "; in memory it may do (suture_rehearse_in: memory)"
        raise Refusal(reason) from None
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
    return Isolation(tree, storage, privileged)


def mounts_here() -> List[Mount]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = mounts_in(file.read())
    if not any(mount.path == "/" for mount in mounts):
        raise Refusal("this is a chroot, in which the kernel shows no mount of the root directory")
    return mounts


def separated(privileged: bool, network: bool) -> None:
    """Enter new namespaces.  An ordinary user is root of them alone, and keeps the own user id."""
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


def _wait(child: int, storage: ScratchStorage) -> NoReturn:
    """The outer process: wait for the inner one, clean up, and exit with the same code."""
    _, status = os.waitpid(child, 0)
    storage.leave()
    os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def _reap(agent: int) -> NoReturn:
    """The first process inside: reap dead processes, and exit when the agent exits.  The kernel
    then ends everything that is still inside."""
    while True:
        number, status = os.wait()
        if number == agent:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1)


def trouble() -> str:
    """Why a rehearsal is not possible here; empty where one, entered and left again, succeeds."""
    answer, ours = os.pipe()
    child = os.fork()
    if not child:
        try:
            _try_out(ours)
        finally:
            os._exit(1)
    os.close(ours)
    with open(answer, "rb") as file:
        reason = file.read()
    os.waitpid(child, 0)
    return reason.decode("utf-8", "replace").strip() if reason else "the attempt was cut short"


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
    """Whether a system call filter (seccomp) applies to us, as in a container."""
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
