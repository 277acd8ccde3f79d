"""The machine as modules see it.

Modules state what they want; the world compares, records a Change for every difference and, unless
it is a DryWorld, makes it so.  Nothing else in the agent touches files or processes, and nothing
else decides whether a step "changed".
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from . import node as nodes
from .content import Bytes, Content, bytes_of, text_of
from .node import Mode, Node, Time
from .process import Done, finished
from .result import Change
from .spec import Failure

SHOWN = 256 * 1024
"""Bytes of a file up to which a change carries its text; above, its size and hash."""

Prediction = Tuple[str, Optional[Node], Optional[Bytes]]
"""A path, what will stand there, and a file's content; (path, None, None): nothing will."""


class World:
    """The real machine.  ``emit`` is given each line that a running command prints, ``report`` what
    a module has to tell before its step ends: a kind and its data."""

    def __init__(
        self,
        emit: Callable[[str], None] = lambda line: None,
        report: Callable[[str, Dict[str, Any]], None] = lambda kind, data: None,
    ) -> None:
        self._emit = emit
        self.report = report
        self._changes: List[Change] = []
        self.environment: Mapping[str, str] = {}
        self.step = ""
        self._ends: Optional[float] = None

    # -- looking: never changes anything ------------------------------------------------------

    def stat(self, path: str, follow: bool = True) -> Optional[Node]:
        """What stands at the path, or None; a link itself only with ``follow=False``."""
        return nodes.node_at(path, follow)

    def real(self, path: str) -> str:
        """The path with every link in it resolved; it need not exist."""
        return os.path.realpath(path)

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
        return shutil.which(program, path=self.environment.get("PATH"))

    def say(self, line: str) -> None:
        """Show a line to the operator while the step runs."""
        self._emit(line)

    # -- touching: does nothing when the machine already agrees --------------------------------

    def write(
        self, path: str, content: Bytes, *, mode: Mode = None, owner: str = "", group: str = ""
    ) -> None:
        """A regular file with this content stands at the path (a link there is replaced)."""
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is not None and old.kind not in ("file", "link"):
            raise Failure(f"cannot write {path}: a {old.kind} is there")
        if old is not None and old.kind == "file" and self._same(path, old, content):
            self.attributes(path, mode=mode, owner=owner, group=group)
            return
        self._check_above("write", path)
        current = old if old is not None and old.kind == "file" else None
        size = len(content) if isinstance(content, bytes) else content.size
        node = self._wanted(current or self._fresh("file", 0o666), mode, owner, group)
        node = replace(node, size=size, mtime=None, inode=0, nlink=1)
        before = self._shown(path, current) if current else None
        change = _content_change(path, before, content, current, size)
        change.detail.update(nodes.attribute_changes(current, node))
        self._make(
            change,
            lambda: nodes.replaced(path, bytes_of(content), node),
            [(path, node, content)],
        )

    def mkdir(
        self,
        path: str,
        *,
        mode: Mode = None,
        owner: str = "",
        group: str = "",
        parents: bool = False,
    ) -> None:
        """A directory stands at the path, with these attributes; parents get the same."""
        path = self._place(path)
        old = self.stat(path)
        if old is not None and old.kind == "directory":
            self.attributes(path, mode=mode, owner=owner, group=group)
            return
        old = old or self.stat(path, follow=False)
        if old is not None:
            raise Failure(f"cannot make the directory {path}: a {old.kind} is there")
        above = os.path.dirname(path)
        if parents and self.stat(above) is None:
            self.mkdir(above, mode=mode, owner=owner, group=group, parents=True)
        self._check_above("make", path)
        node = self._wanted(self._fresh("directory", 0o777), mode, owner, group)

        def act() -> None:
            os.mkdir(path, 0o700)
            nodes.chowned(path, node.uid, node.gid)
            os.chmod(path, node.mode)

        self._make(
            Change("mkdir", path, detail=nodes.attribute_changes(None, node)),
            act,
            [(path, node, None)],
        )

    def link(self, path: str, target: str) -> None:
        """A symbolic link to ``target`` stands at the path; a file or link there is replaced."""
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is not None and old.kind == "link" and old.target == target:
            return
        if old is not None and old.kind == "directory":
            raise Failure(f"cannot make the link {path}: a directory is there")
        self._check_above("make", path)
        node = replace(self._fresh("link", 0o777), mode=0o777, target=target)
        before = old.target if old is not None else ""

        self._make(
            Change("link", path, before, target),
            lambda: nodes.linked(path, target),
            [(path, node, None)],
        )

    def remove(self, path: str) -> None:
        """Nothing stands at the path; a directory goes with all it holds."""
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is None:
            return
        detail = {} if old.kind == "file" else {"kind": old.kind}
        self._make(
            Change("remove", path, text_of(self._shown(path, old)) or "", detail=detail),
            lambda: nodes.removed(path),
            [(path, None, None)],
        )

    def attributes(
        self,
        path: str,
        *,
        mode: Mode = None,
        owner: str = "",
        group: str = "",
        mtime: Time = None,
        atime: Time = None,
        follow: bool = True,
    ) -> None:
        """What stands at the path has this mode, owner and group, and these times if given."""
        old = self.stat(path, follow)
        if old is None:
            raise Failure(f"{path} does not exist")
        path = self.real(path) if follow else self._place(path)
        node = self._wanted(old, None if old.kind == "link" else mode, owner, group)
        detail = nodes.attribute_changes(old, node)
        if nodes.differs(mtime, old.mtime):
            detail["mtime"] = ["", mtime]
            node = replace(node, mtime=None if isinstance(mtime, str) else mtime)
        if nodes.differs(atime, old.atime):
            detail["atime"] = ["", atime]
            node = replace(node, atime=None if isinstance(atime, str) else atime)
        if not detail:
            return

        def act() -> None:
            nodes.chowned(path, node.uid, node.gid)
            if node.kind != "link" and not {"mode", "owner", "group"}.isdisjoint(detail):
                os.chmod(path, node.mode)
            if "mtime" in detail or "atime" in detail:
                nodes.timed(path, atime, mtime)

        self._make(Change("attributes", path, detail=detail), act, [(path, node, None)])

    def run(
        self,
        *argv: str,
        check: bool = True,
        shown: str = "",
        makes: Sequence[str] = (),
        spoils: Sequence[str] = (),
        action: str = "run",
        detail: Optional[Dict[str, Any]] = None,
        expects: Optional[Mapping[str, Any]] = None,
        live: bool = True,
        **how: Any,
    ) -> Done:
        """Run a command that changes something.  How: cwd, env, stdin, timeout.

        ``makes``: paths that exist afterwards.  ``spoils``: paths whose content, or the content of
        anything below them, cannot be known while the command has not run.  ``shown``: what is
        recorded instead of the command line.  ``expects``: what ``state`` finds afterwards, by
        key; given, the step's own result counts as predictable.  With ``check`` a non-zero exit is
        a Failure.
        """
        done = Done(tuple(argv), ran=False)

        def act() -> None:
            nonlocal done
            done = self._finished(argv, how, self._emit if live else None)
            if check and done.rc:
                said = done.err.strip() or done.out.strip()
                raise Failure(
                    f"{argv[0]} exited with {done.rc}: {said}",
                    rc=done.rc,
                    stdout=done.out,
                    stderr=done.err,
                    cmd=list(argv),
                )

        change = Change(action, shown or " ".join(argv), detail=detail or {})
        self._make(change, act, spoils=[*spoils, *makes], makes=makes, expects=expects)
        return done

    def make(
        self, change: Change, act: Callable[[], None], expects: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Record and make a change that the world has no verb for; only for what leaves no file."""
        self._make(change, act, expects=expects)

    @contextlib.contextmanager
    def scratch(self, content: Bytes, name: str = "scratch", mode: int = 0o700) -> Iterator[str]:
        """The path of a private file with this content, gone afterwards: not a change."""
        with tempfile.TemporaryDirectory(prefix="suture-") as directory:
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.write(bytes_of(content))
                os.fchmod(file.fileno(), mode)
            yield path

    # -- bookkeeping ---------------------------------------------------------------------------

    def begin(
        self, step: str, environment: Mapping[str, str], seconds: Optional[float] = None
    ) -> None:
        """From now on what happens belongs to this step: its commands see this environment, and
        none of them runs on when the step's ``seconds`` are over."""
        self.step, self.environment, self._changes = step, environment, []
        self._ends = None if seconds is None else time.monotonic() + seconds

    def take_changes(self) -> List[Change]:
        """The changes since the last call: one step's worth."""
        changes, self._changes = self._changes, []
        return changes

    def unpredicted(self) -> str:
        """What this step's result hangs on that did not run; nothing in the real world."""
        return ""

    def _make(
        self,
        change: Change,
        act: Callable[[], None],
        predictions: Sequence[Prediction] = (),
        *,
        makes: Sequence[str] = (),
        spoils: Sequence[str] = (),
        expects: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """The one acting hook: everything that changes the machine passes through here."""
        self._changes.append(change)
        try:
            act()
        except OSError as error:
            raise Failure(f"cannot {verb(change)} {change.target}: {error.strerror}") from None

    def _finished(
        self,
        argv: Sequence[str],
        how: Mapping[str, Any],
        on_line: Optional[Callable[[str], None]] = None,
    ) -> Done:
        env = {**self.environment, **(how.get("env") or {})}
        timeout = how.get("timeout")
        if self._ends is not None:
            left = max(0.0, self._ends - time.monotonic())
            timeout = left if timeout is None else min(left, timeout)
        return finished(argv, **{**how, "env": env, "timeout": timeout}, on_line=on_line)

    def _place(self, path: str) -> str:
        """The absolute path; links before a ".." are followed, as the kernel does."""
        if ".." not in path:
            return os.path.abspath(path)
        above, name = os.path.split(path.rstrip("/"))
        return self.real(path) if name == ".." else os.path.join(self.real(above), name)

    def _check_above(self, verb: str, path: str) -> None:
        """Raise a Failure unless a directory stands above the path."""
        above = os.path.dirname(path)
        node = self.stat(above)
        if node is None:
            raise Failure(f"cannot {verb} {path}: the directory {above} does not exist")
        if node.kind != "directory":
            raise Failure(f"cannot {verb} {path}: {above} is a {node.kind}, no directory")

    def _shown(self, path: str, node: Node) -> Optional[bytes]:
        """A file's content for a change's sake: None where it is long, or not ours to read."""
        if node.kind != "file" or node.size > SHOWN:
            return None
        try:
            return self.read(path)
        except Failure:
            return None

    def _same(self, path: str, old: Node, content: Bytes) -> bool:
        if isinstance(content, Content):
            return old.size == content.size and self.digest(path) == content.sha256
        return old.size == len(content) and self.read(path) == content

    def _fresh(self, kind: str, base: int) -> Node:
        """A node as the kernel would make it for us."""
        return Node(kind, nodes.new_mode(base), os.geteuid(), os.getegid())

    def _wanted(self, node: Node, mode: Mode, owner: Union[str, int], group: str) -> Node:
        return replace(
            node,
            mode=nodes.mode_from(mode, node.mode, node.kind == "directory"),
            uid=self.uid(owner) if owner else node.uid,
            gid=self.gid(group) if group else node.gid,
        )

    def uid(self, owner: Union[str, int]) -> int:
        """The number of a user of this host."""
        return nodes.uid_of(owner)

    def gid(self, group: Union[str, int]) -> int:
        """The number of a group of this host."""
        return nodes.gid_of(group)


def verb(change: Change) -> str:
    """The change's action, fit for "cannot …"."""
    return "change the attributes of" if change.action == "attributes" else change.action


def _content_change(
    path: str, before: Optional[bytes], content: Bytes, old: Optional[Node], size: int
) -> Change:
    """A write's change: both texts where they are text and not too long, else sizes."""
    detail: Dict[str, Any] = {}
    if old is None:
        detail["new"] = True
    old_text = "" if old is None else text_of(before)
    new_text = text_of(bytes_of(content)) if size <= SHOWN else None
    if old_text is None or new_text is None:
        detail["size"] = [0 if old is None else old.size, size]
        if isinstance(content, Content):
            detail["sha256"] = content.sha256
        return Change("write", path, detail=detail)
    return Change("write", path, old_text, new_text, detail)
