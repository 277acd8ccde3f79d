"""What can be seen of the machine; looking never changes anything.

What only some steps need is imported when they do: the agent starts in less time than that takes.
"""

from __future__ import annotations

import os
import time
from typing import Any, Callable, List, Mapping, Optional, Sequence, Union

from ..protocol.spec import Failure
from . import node as nodes
from .done import Done
from .node import Node


class Sight:
    """The real machine, looked at.  ``emit`` is given each line that a running command prints."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self.environment: Mapping[str, str] = {}
        self._ends: Optional[float] = None
        self._seconds = 0.0

    def stat(self, path: str, follow: bool = True) -> Optional[Node]:
        """What stands at the path, or None; a link itself only with ``follow=False``."""
        return nodes.node_at(path, follow)

    def real(self, path: str) -> str:
        """The path with every link in it resolved; it need not exist."""
        try:
            return os.path.realpath(path)
        except OSError as error:  # a link that became something else while it was being read
            raise Failure(f"cannot resolve {path}: {error.strerror}") from None

    def read(self, path: str) -> Optional[bytes]:
        """The file's bytes, links followed, or None when there is no such file."""
        return nodes.looked("read", path, lambda: nodes.content_at(path))

    def digest(self, path: str, algorithm: str = "sha256") -> Optional[str]:
        """The hash of a file's content in hexadecimal, or None when there is no such file."""
        return nodes.looked("read", path, lambda: nodes.digest_at(path, algorithm))

    def names(self, path: str) -> List[str]:
        """The sorted names in a directory; none when there is no such directory."""
        return sorted(nodes.looked("list", path, lambda: os.listdir(path)) or [])

    def query(self, *argv: str, **how: Any) -> Done:
        """Run a command that only looks, in a dry world too.  How: cwd, env, stdin, timeout.

        A non-zero exit is the caller's to judge; a missing program is a Failure.
        """
        return self._finished(argv, how)

    def measure(
        self,
        *argv: str,
        live: bool = True,
        on_line: Optional[Callable[[str], None]] = None,
        **how: Any,
    ) -> Done:
        """Run a command for its result: what it leaves behind (caches) counts as no change.

        A dry world does not run it: Unpredictable.  Its lines go to ``on_line``, or are shown live.
        """
        return self._finished(argv, how, on_line or (self._emit if live else None))

    def state(self, key: str, look: Callable[[], Any]) -> Any:
        """What ``look`` finds about something that is no file ("service:nginx", "user:ada"), unless
        a dry world expects something else of it since an earlier step."""
        return look()

    def which(self, program: str) -> Optional[str]:
        """The full path of a program on the agent's PATH, or None."""
        import shutil

        return shutil.which(program, path=self.environment.get("PATH"))

    def outside(self, what: str) -> None:
        """The module is about to need what is no file, nor a program of its own: a service manager,
        another process.  A rehearsal ends the step here, because it has no way to that."""

    def say(self, line: str) -> None:
        """Show a line to the operator while the step runs."""
        self._emit(line)

    def uid(self, owner: Union[str, int]) -> int:
        """The number of a user of this host."""
        return nodes.uid_of(owner)

    def gid(self, group: Union[str, int]) -> int:
        """The number of a group of this host."""
        return nodes.gid_of(group)

    def owner_name(self, uid: int) -> str:
        """The user's name, or the number where it has none."""
        return nodes.owner_name(uid)

    def group_name(self, gid: int) -> str:
        """The group's name, or the number where it has none."""
        return nodes.group_name(gid)

    def keep(self, path: str) -> None:
        """The directory stays what it is, whatever the next command does to what is in it."""

    def brings(self, packages: Sequence[str]) -> None:
        """The command just stated brings these packages: what is missing in a dry world may be
        there once it has run."""

    def leave_open(self, cause: str = "") -> None:
        """Part of what the step returns will be known only when it, or the step that is the
        ``cause``, really runs: a dry world knows the rest."""

    def seconds_left(self) -> Optional[float]:
        """How long the step may still take, where that is bounded."""
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    def _finished(
        self,
        argv: Sequence[str],
        how: Mapping[str, Any],
        on_line: Optional[Callable[[str], None]] = None,
    ) -> Done:
        env = {**self.environment, **(how.get("env") or {})}
        timeout, left = how.get("timeout"), self.seconds_left()
        from .process import finished

        if left is None or (timeout is not None and timeout <= left):
            return finished(argv, **{**how, "env": env}, on_line=on_line)
        try:
            return finished(argv, **{**how, "env": env, "timeout": left}, on_line=on_line)
        except Failure as error:
            if error.data.get("rc") != 124:
                raise
            said = f"{argv[0]} did not end within the step's timeout of {self._seconds:g} s"
            raise Failure(said, **error.data) from None
