"""A rehearsal, seen from the agent's loop: real changes, made to a throw-away copy of the host."""

from __future__ import annotations

import errno
import os
import stat as st
import threading
from typing import Any, BinaryIO, Callable, Dict, List, NoReturn, Optional, Union

from ..protocol import wire
from ..protocol.result import Change
from ..protocol.spec import Failure, Unpredictable
from ..protocol.wire import Message
from ..world.changes import Recorder
from ..world.done import Done
from ..world.node import Mode, Node
from ..world.world import World
from .namespaces import Isolation, Refusal, entered

MANAGERS = frozenset({
    "busctl", "chkconfig", "crictl", "ctr", "dbus-send", "docker", "firewall-cmd", "gdbus",
    "halt", "hostnamectl", "init", "initctl", "invoke-rc.d", "journalctl", "localectl",
    "loginctl", "lxc", "machinectl", "nerdctl", "nmcli", "poweroff", "rc-service", "reboot",
    "resolvectl", "service", "shutdown", "snap", "supervisorctl", "systemctl", "systemd-run",
    "telinit", "timedatectl", "virsh",
})  # fmt: skip
"""Programs that only ask a service of the host to do the work."""

FOREIGN = {
    "not been booted with systemd": "systemd",
    "Failed to connect to bus": "D-Bus",
    "Could not connect to bus": "D-Bus",
    "Could not connect: No such file or directory": "D-Bus",
    "Cannot connect to the Docker daemon": "Docker",
    "effective uid is not 0": "sudo",
    "must be owned by uid 0": "sudo",
    os.strerror(errno.EOVERFLOW): "a file that belongs to another user or group",
}
"""What a program says that could not reach something outside, and what it could not reach."""


class NotRehearsed(Unpredictable):
    """The step reaches outside of the rehearsal; what it would have done there is not known."""

    def __init__(self, why: str, step: str) -> None:
        Exception.__init__(self, f"not rehearsed: {why}")
        self.cause = step


class RehearsalWorld(World):
    """The throw-away copy of the host, to which a rehearsal's steps make their changes.

    ``privileged``: as root sees it; anybody else can change nothing there that belongs to others,
    though the real kernel might allow it.  ``missed`` lists the steps that could not be rehearsed.
    """

    def __init__(
        self,
        emit: Callable[[str], None] = lambda line: None,
        report: Callable[[str, Dict[str, Any]], None] = lambda kind, data: None,
        recorder: Optional[Recorder] = None,
        *,
        privileged: bool = True,
    ) -> None:
        super().__init__(emit, report, recorder)
        self._privileged = privileged
        self.missed: List[str] = []

    def outside(self, what: str) -> None:
        raise self._not_rehearsed(f"it needs {what}, which is out of reach here")

    def run(self, *argv: str, **how: Any) -> Done:
        self._check_program(argv[0])
        try:
            done = super().run(*argv, **how)
        except Failure as error:
            self._check_complaint(str(error.data.get("stderr", "")))
            raise
        if done.rc:
            self._check_complaint(done.err)
        return done

    def measure(self, *argv: str, **how: Any) -> Done:
        self._check_program(argv[0])
        return super().measure(*argv, **how)

    def _make(self, change: Change, act: Callable[[], None], *args: Any, **how: Any) -> None:
        def acted() -> None:
            try:
                act()
            except OSError as error:
                if error.errno != errno.EOVERFLOW:
                    raise
                raise self._not_rehearsed(
                    f"{change.target} belongs to another user or group, and only root rehearses"
                    " changes to that"
                ) from None

        super()._make(change, acted, *args, **how)

    def _wanted(self, node: Node, mode: Mode, owner: Union[str, int], group: str) -> Node:
        """Refused where an ordinary user's rehearsal would have to give a file to another user."""
        if not self._privileged:
            if owner and self.uid(owner) != os.geteuid():
                raise self._not_rehearsed(f"only root rehearses what belongs to {owner}")
            if group and self.gid(group) != os.getegid():
                raise self._not_rehearsed(f"only root rehearses what belongs to group {group}")
        return super()._wanted(node, mode, owner, group)

    def _check_program(self, program: str) -> None:
        name = os.path.basename(program)
        if name in MANAGERS:
            raise self._not_rehearsed(f"{name} asks a process of the host, out of reach here")
        path = program if "/" in program else self.which(program)
        if self._privileged or path is None:
            return
        try:
            mode = os.stat(path).st_mode
        except OSError:
            return
        if mode & (st.S_ISUID | st.S_ISGID):
            raise self._not_rehearsed(f"{name} runs as another user, which it cannot do here")

    def _check_complaint(self, output: str) -> None:
        for words, what in FOREIGN.items():
            if words in output:
                raise self._not_rehearsed(f"it needs {what}, which is out of reach here")

    def _not_rehearsed(self, why: str) -> NotRehearsed:
        if self.step not in self.missed:
            self.missed.append(self.step)
        return NotRehearsed(why, self.step)


class Rehearsal:
    """One agent's rehearsal, as the agent inside it sees it."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._worlds: List[RehearsalWorld] = []
        self.notes = list(isolation.notes)

    def world(
        self,
        emit: Callable[[str], None],
        report: Callable[[str, Dict[str, Any]], None],
        recorder: Optional[Recorder] = None,
    ) -> World:
        """The world of the steps; nothing is journaled, because nothing stays."""
        made = RehearsalWorld(emit, report, privileged=self._isolation.privileged)
        self._worlds.append(made)
        return made

    def report_frame(self) -> Message:
        """The frame that reports everything that changed on disk."""
        missed = [step for world in self._worlds for step in world.missed]
        return {"event": "upper", **self._isolation.report(), "not_rehearsed": missed}

    def guard(self, say: Callable[[Message], None], flush: Callable[[], None]) -> None:
        """Watch the disk in a thread; end this process, with the reason, before the disk runs full."""

        def end(reason: str) -> None:
            say({"event": "gone", "reason": reason})
            flush()
            os._exit(1)

        threading.Thread(target=self._isolation.watch, args=(end,), daemon=True).start()

    def end(self) -> NoReturn:
        """End everything at once, and leave nothing: nobody listens any more."""
        os._exit(1)


def rehearsal(asked: Dict[str, Any], out: BinaryIO) -> Rehearsal:
    """Enter the rehearsal that the controller asked for; where that is impossible, tell it why."""
    try:
        return Rehearsal(entered(os.environ, bool(asked["network"]), str(asked["where"])))
    except Refusal as error:
        out.write(wire.MARK + wire.frame({"event": "refused", "reason": str(error)}))
        out.flush()
        os._exit(3)
