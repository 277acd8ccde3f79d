"""The machine as modules see it.

Modules state what they want; the world compares, records a Change for every difference and, unless
it is a DryWorld, makes it so.  Nothing else in the agent touches files or processes, and nothing
else decides whether a step "changed".
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Mapping, Optional, Sequence, Union

from ..protocol.content import Bytes, Content, chunks_of, text_of
from ..protocol.result import Change
from ..protocol.spec import Failure
from . import node as nodes
from .acting import Acting
from .changes import SHOWN, Commands, Reversal, content_change
from .done import Done
from .held import held
from .node import Mode, Node, Time
from .replacing import replaced

if TYPE_CHECKING:
    from . import beyond


class World(Acting):
    """The real machine, as Acting makes it."""

    # -- touching: does nothing when the machine already agrees --------------------------------

    def write(
        self,
        path: str,
        content: Bytes,
        *,
        mode: Mode = None,
        owner: str = "",
        group: str = "",
        mtime: Time = None,
        above: Time = None,
        hidden: bool = False,
    ) -> None:
        """A regular file with this content stands at the path (a link there is replaced).

        ``above``: the time that the directory is given then, instead of now.  ``hidden``: the
        change does not tell what the content is or was.
        """
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is not None and old.kind not in ("file", "link"):
            raise Failure(f"cannot write {path}: a {old.kind} is there")
        if old is not None and old.kind == "file" and self._same(path, old, content):
            self.attributes(path, mode=mode, owner=owner, group=group, mtime=mtime)
            return
        self._check_above("write", path)
        current = old if old is not None and old.kind == "file" else None
        size = len(content) if isinstance(content, bytes) else content.size
        node = self._wanted(current or self._fresh("file", 0o666, path), mode, owner, group)
        node = replace(node, size=size, mtime_ns=nodes.nanoseconds(mtime), inode=0, nlink=1)
        before = self._shown(path, current) if current and not hidden else None
        change = content_change(
            path, before, content, current, hidden, lambda: self._digest_shown(path)
        )
        change.detail.update(self._differing(current, node))
        temporary = nodes.beside(path)

        def act() -> None:
            with held(path) as at:
                new = os.path.join(os.path.dirname(at), os.path.basename(temporary))
                replaced(at, chunks_of(content), node, new)

        self._make(
            change,
            act,
            [(path, node, content)],
            above=above,
            reversal=Reversal(temporary, hidden=hidden),
        )

    def mkdir(
        self,
        path: str,
        *,
        mode: Mode = None,
        owner: str = "",
        group: str = "",
        parents: bool = False,
        mtime: Time = None,
        above: Time = None,
    ) -> None:
        """A directory stands at the path, with these attributes; parents get the same."""
        path = self._place(path)
        old = self.stat(path)
        if old is not None and old.kind == "directory":
            self.attributes(path, mode=mode, owner=owner, group=group, mtime=mtime)
            return
        old = old or self.stat(path, follow=False)
        if old is not None:
            raise Failure(f"cannot make the directory {path}: a {old.kind} is there")
        outer = os.path.dirname(path)
        if parents and self.stat(outer) is None:
            self.mkdir(outer, mode=mode, owner=owner, group=group, parents=True)
        self._check_above("make", path)
        node = self._wanted(self._fresh("directory", 0o777, path), mode, owner, group)
        node = replace(node, mtime_ns=nodes.nanoseconds(mtime))

        def act() -> None:
            with held(path) as at:
                os.mkdir(at, 0o700)
                nodes.owned(at, node)
                nodes.timed(at, None, mtime)

        self._make(
            Change("mkdir", path, detail=self._differing(None, node)),
            act,
            [(path, node, None)],
            above=above,
        )

    def link(self, path: str, target: str, *, mtime: Time = None, above: Time = None) -> None:
        """A symbolic link to ``target`` stands at the path; a file or link there is replaced."""
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is not None and old.kind == "link" and old.target == target:
            if mtime is not None:
                self.attributes(path, mtime=mtime, follow=False)
            return
        if old is not None and old.kind == "directory":
            raise Failure(f"cannot make the link {path}: a directory is there")
        self._check_above("make", path)
        node = replace(self._fresh("link", 0o777, path), mode=0o777, target=target)
        node = replace(node, mtime_ns=nodes.nanoseconds(mtime))
        before = old.target if old is not None else ""
        temporary = nodes.beside(path)

        def act() -> None:
            with held(path) as at:
                new = os.path.join(os.path.dirname(at), os.path.basename(temporary))
                nodes.linked(at, target, new, mtime)

        self._make(
            Change("link", path, before, target),
            act,
            [(path, node, None)],
            above=above,
            reversal=Reversal(temporary),
        )

    def remove(self, path: str, *, above: Time = None, hidden: bool = False) -> None:
        """Nothing stands at the path; a directory goes with all it holds."""
        path = self._place(path)
        old = self.stat(path, follow=False)
        if old is None:
            return
        detail: Dict[str, Any] = {} if old.kind == "file" else {"kind": old.kind}
        before = None if hidden else self._shown(path, old)
        if old.kind == "file" and not hidden and text_of(before) is None:
            detail = {"size": [old.size, 0], "sha256": [self._digest_shown(path), ""]}

        def act() -> None:
            with held(path) as at:
                nodes.removed(at)

        self._make(
            Change("remove", path, text_of(before) or "", detail=detail),
            act,
            [(path, None, None)],
            above=above,
            reversal=Reversal(hidden=hidden),
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
        said, path = self._place(path), self.real(path) if follow else self._place(path)
        node = self._wanted(old, None if old.kind == "link" else mode, owner, group)
        detail = self._differing(old, node)
        if nodes.differs(mtime, old.mtime_ns):
            detail["mtime"] = ["", nodes.in_seconds(mtime)]
            node = replace(node, mtime_ns=nodes.nanoseconds(mtime))
        if nodes.differs(atime, old.atime_ns):
            detail["atime"] = ["", nodes.in_seconds(atime)]
            node = replace(node, atime_ns=nodes.nanoseconds(atime))
        if not detail:
            return

        def act() -> None:
            with held(said, follow) as at:
                nodes.chowned(at, node.uid, node.gid)
                if node.kind != "link" and not {"mode", "owner", "group"}.isdisjoint(detail):
                    nodes.permitted(at, node.mode)
                if "mtime" in detail or "atime" in detail:
                    nodes.timed(at, atime, mtime)

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
        undo: Optional[Commands] = None,
        late: bool = False,
        reverts: str = "",
        live: bool = True,
        **how: Any,
    ) -> Done:
        """Run a command that changes something.  How: cwd, env, stdin, timeout.

        ``makes``: paths that exist afterwards.  ``spoils``: paths whose content, or the content of
        anything below them, cannot be known while the command has not run.  ``shown``: what is
        recorded instead of the command line.  ``expects``: what ``state`` finds afterwards, by
        key; given, the step's own result counts as predictable.  ``undo``: the commands that put
        back what this one does, none where there is nothing to put back; unsaid, it cannot be
        undone.  ``late``: they only help once all else is put back.  With ``check`` a non-zero exit
        is a Failure.
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
        spoils = [*spoils, *makes]
        environment = {**self.environment, **(how.get("env") or {})}
        reversal = Reversal(
            command=argv,
            cwd=how.get("cwd") or "",
            environment=environment,
            undo=undo,
            late=late,
            makes=makes if undo is None else spoils,
            touches=spoils,
            reverts=reverts,
        )
        self._make(change, act, spoils=spoils, makes=makes, expects=expects, reversal=reversal)
        return done

    def make(
        self,
        change: Change,
        act: Callable[[], None],
        expects: Optional[Mapping[str, Any]] = None,
        undo: Optional[Commands] = None,
    ) -> None:
        """Record and make a change that the world has no verb for; only for what leaves no file.
        ``undo``: the commands that put it back."""
        self._make(change, act, expects=expects, reversal=Reversal(undo=undo))

    def beyond(
        self,
        name: str,
        given: Mapping[str, Any],
        ask: beyond.Ask,
        *,
        checks: bool,
        final: Callable[[], bool],
    ) -> Dict[str, Any]:
        """Let something act that no world can watch, ``given`` these arguments; the changes that it
        tells of are recorded, unless those that it made were seen.  ``checks``: whether it can be
        asked without acting; ``final``: whether it could not be undone, which a preview tells."""
        from . import beyond

        answer = ask(False)
        for note in answer.notes:
            self.report("note", dict(note))
        if answer.made is not None:
            self._changes += answer.made
        else:
            for change in answer.changes:
                self.make(change, lambda: None)
        return beyond.settled(answer)

    @contextlib.contextmanager
    def scratch(self, content: Bytes, name: str = "scratch", mode: int = 0o700) -> Iterator[str]:
        """The path of a private file with this content, gone afterwards: not a change."""
        import tempfile

        with tempfile.TemporaryDirectory(prefix="suture-") as directory:
            path = os.path.join(directory, name)
            with open(path, "wb") as file:
                file.writelines(chunks_of(content))
                os.fchmod(file.fileno(), mode)
            yield path

    # -- bookkeeping ---------------------------------------------------------------------------

    def _place(self, path: str) -> str:
        """The absolute path; links before a ".." are followed, as the kernel does."""
        if not path:
            raise Failure("the path is empty: name a file or a directory")
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

    def _digest_shown(self, path: str) -> str:
        """The hash of a file's content for a change's sake; empty where it is not ours to read."""
        try:
            return self.digest(path) or ""
        except Failure:
            return ""

    def _same(self, path: str, old: Node, content: Bytes) -> bool:
        if isinstance(content, Content):
            return old.size == content.size and self.digest(path) == content.sha256
        return old.size == len(content) and self.read(path) == content

    def _differing(self, old: Optional[Node], new: Node) -> Dict[str, Any]:
        return nodes.attribute_changes(old, new, self.owner_name, self.group_name)

    def _fresh(self, kind: str, base: int, path: str) -> Node:
        """A node as the kernel would make it for us at the path: a setgid directory hands its group
        on, and its default access list stands in for the umask."""
        outer = os.path.dirname(path)
        above = self.stat(outer)
        mode = nodes.new_mode(base, nodes.default_list(outer))
        if above is None or not above.mode & 0o2000:
            return Node(kind, mode, os.geteuid(), os.getegid())
        return Node(kind, mode | (0o2000 if kind == "directory" else 0), os.geteuid(), above.gid)

    def _wanted(self, node: Node, mode: Mode, owner: Union[str, int], group: str) -> Node:
        return replace(
            node,
            mode=nodes.mode_from(mode, node.mode, node.kind == "directory"),
            uid=self.uid(owner) if owner else node.uid,
            gid=self.gid(group) if group else node.gid,
        )
