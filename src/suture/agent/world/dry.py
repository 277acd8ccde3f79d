"""The world of a dry run: it sees its own predictions, and acts on none of them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Union

from ..protocol.content import Bytes, Content, bytes_of
from ..protocol.result import Change
from ..protocol.spec import Failure, Unpredictable
from . import beyond, predicted_accounts
from . import node as nodes
from .changes import NOTHING, Prediction, Recorder, Reversal, verb
from .done import Done
from .doubts import KEY, Doubts
from .fingerprints import Looks
from .foresight import Foresight, Predicted
from .node import Node, Time
from .world import World

LINKS = 40
"""Links followed before a path counts as a loop, as in the kernel."""


class DryWorld(World):
    """A machine that only pretends.

    Every look is answered from the predictions first, then from the disk.  A look at something
    that hangs on a command that did not run raises Unpredictable, which names that command's step.
    """

    def __init__(
        self,
        emit: Callable[[str], None] = lambda line: None,
        report: Callable[[str, Dict[str, Any]], None] = lambda kind, data: None,
        recorder: Optional[Recorder] = None,
    ) -> None:
        super().__init__(emit, report, recorder)
        self._predicted: Dict[str, Predicted] = {}
        self._spoiled: Dict[str, str] = {}
        self._expected: Dict[str, Any] = {}
        self._unpredicted = ""
        self._doubts = Doubts()
        self.looks = Looks()

    # -- looking -------------------------------------------------------------------------------

    def stat(self, path: str, follow: bool = True) -> Optional[Node]:
        if not self._predicted and not self._spoiled:
            return self.looks.node(path, follow)
        resolved = self._resolved(path, follow)
        if resolved is None:
            return None
        self._known(resolved, below=True)
        found = self._at(resolved)
        if found is None:
            self._doubts.missing(resolved, self._expected)
        return found

    def real(self, path: str) -> str:
        return self._resolved(path, True) or os.path.abspath(path)

    def read(self, path: str) -> Optional[bytes]:
        resolved = self._resolved(path, True)
        if resolved is None:
            return None
        node = self._at(resolved)
        self._known(resolved)
        if node is None:
            self._doubts.missing(resolved, self._expected)
            return None
        if node.kind == "directory":
            raise Failure(f"cannot read {path}: Is a directory")
        predicted = self._predicted.get(resolved)
        if predicted is not None and predicted.content is not None:
            return bytes_of(predicted.content)
        return self.looks.content(resolved, path)

    def digest(self, path: str, algorithm: str = "sha256") -> Optional[str]:
        if not self._predicted and not self._spoiled:
            return self.looks.digest(path, algorithm, path)
        resolved = self._resolved(path, True)
        if resolved is None:
            return None
        if resolved in self._predicted or self._hidden(resolved):
            content = self._predicted[resolved].content if resolved in self._predicted else None
            if isinstance(content, Content) and algorithm == "sha256":
                self._known(resolved)
                return content.sha256
            data = self.read(path)
            return None if data is None else hashlib.new(algorithm, data).hexdigest()
        self._known(resolved)
        return self.looks.digest(resolved, algorithm, path)

    def names(self, path: str) -> List[str]:
        resolved = self._resolved(path, True)
        if resolved is None:
            return []
        self._known(resolved)
        names: Set[str] = set()
        if self._at(resolved) is None:
            self._doubts.missing(resolved, self._expected)
        if not self._hidden(resolved):
            names.update(self.looks.names(resolved, path))
        for known, predicted in self._predicted.items():
            if os.path.dirname(known) == resolved and known != resolved:
                name = os.path.basename(known)
                names.discard(name) if predicted.node is None else names.add(name)
        return sorted(names)

    def query(self, *argv: str, **how: Any) -> Done:
        for named in (argv[0], how.get("cwd") or ""):
            if os.path.isabs(named):
                self._known(os.path.abspath(named), links=True)
                if self._touched(named):
                    cause = f"{named}, which an earlier step would make or change"
                    raise Unpredictable(f"what {argv[0]} would say", cause)
        return self.looks.said(super().query(*argv, **how), how)

    def measure(self, *argv: str, live: bool = True, **how: Any) -> Done:
        raise Unpredictable(f"what {os.path.basename(argv[0])} would say", "a command not run here")

    def state(self, key: str, look: Callable[[], Any]) -> Any:
        if key in self._expected:
            return self._expected[key]
        self.looks.enter()
        found = None
        try:
            found = look()
        except BaseException:
            self.looks.abandon()
            self._doubts.unknown(key, None, self._expected)
            raise
        self.looks.leave(key, found)
        self._doubts.unknown(key, found, self._expected)
        return found

    def which(self, program: str) -> Optional[str]:
        directories = (self.environment.get("PATH") or os.environ.get("PATH", "")).split(":")
        if "/" in program:
            directories = [""]
        tried = []
        for directory in directories:
            path = os.path.join(directory, program)
            tried.append(path)
            try:
                node = self.stat(path)
            except Failure:  # a directory on the PATH that we may not enter
                continue
            if node is not None and node.kind == "file" and node.mode & 0o111:
                self._doubts.allay(tried)
                return path
        return None

    def uid(self, owner: Union[str, int]) -> int:
        found = predicted_accounts.number(predicted_accounts.USER, str(owner), self._expected)
        return self._numbered("user", owner, super().uid) if found is None else found

    def gid(self, group: Union[str, int]) -> int:
        found = predicted_accounts.number(predicted_accounts.GROUP, str(group), self._expected)
        return self._numbered("group", group, super().gid) if found is None else found

    def _numbered(
        self, kind: str, name: Union[str, int], look: Callable[[Union[str, int]], int]
    ) -> int:
        try:
            return look(name)
        except Failure:
            self._doubts.unknown(f"{kind}:{name}", None, self._expected)
            raise

    def owner_name(self, uid: int) -> str:
        found = str(uid) if nodes.is_to_come(uid) else super().owner_name(uid)
        return predicted_accounts.name(predicted_accounts.USER, uid, found, self._expected)

    def group_name(self, gid: int) -> str:
        found = str(gid) if nodes.is_to_come(gid) else super().group_name(gid)
        return predicted_accounts.name(predicted_accounts.GROUP, gid, found, self._expected)

    def keep(self, path: str) -> None:
        # It may be unknown already, or lie in a directory that we may not enter.
        with contextlib.suppress(Failure, Unpredictable):
            node = self.stat(path)
            if node is not None and node.kind == "directory":
                self._predict(self.real(path), node, None)

    def leave_open(self, cause: str = "") -> None:
        self._unpredicted = self._unpredicted or cause or self.step

    def forget(self, path: str) -> None:
        """A dry run leaves everything as it is."""

    def brings(self, packages: Sequence[str]) -> None:
        self._expected.update({KEY + package: self.step for package in packages})

    # -- bookkeeping ---------------------------------------------------------------------------

    def begin(
        self, step: str, environment: Mapping[str, str], seconds: Optional[float] = None
    ) -> None:
        super().begin(step, environment, seconds)
        self._unpredicted = ""
        self._doubts.forget()

    def doubt(self, changes: Sequence[Change], failed: bool) -> Optional[Unpredictable]:
        what, cause = self._doubts.left(changes, failed)
        return Unpredictable(what, f"'{cause}'") if what else None

    def unpredicted(self) -> str:
        return self._unpredicted

    @property
    def foresight(self) -> Foresight:
        return Foresight(self._predicted, self._spoiled, self._expected)

    def foresee(self, sight: Foresight) -> None:
        """From now on this is what is predicted: what another agent has foreseen on this host."""
        self._predicted = sight.predicted
        self._spoiled = sight.spoiled
        self._expected = sight.expected

    def spoil(self, path: str, cause: str = "") -> None:
        """From now on the path and all below it cannot be known; ``cause``: the step to blame."""
        self._spoiled[self.real(path)] = cause or self.step

    def beyond(self, *asked: Any, **how: Any) -> Dict[str, Any]:
        return beyond.foretold(self, *asked, **how)

    def _make(
        self,
        change: Change,
        act: Callable[[], None],
        predictions: Sequence[Prediction] = (),
        *,
        makes: Sequence[str] = (),
        spoils: Sequence[str] = (),
        expects: Optional[Mapping[str, Any]] = None,
        above: Time = None,
        reversal: Reversal = NOTHING,
    ) -> None:
        self._expected.update(expects or {})
        if not predictions and expects is None:
            self._unpredicted = self._expected[beyond.BLIND] = self.step or change.target
        for path, node, content in predictions:
            trouble = self._trouble(change, self._place_resolved(path), node)
            if trouble:
                raise Failure(f"cannot {verb(change)} {change.target}: {trouble}")
            self._predict(path, node, content)
        self._changes.append(change)
        if above is not None:
            self._predict_time(os.path.dirname(change.target), above)
        for path in makes:
            if self.stat(path) is None:
                node = self._fresh("file", 0o666, path)
                self._predict(os.path.abspath(path), node, None)
        for path in spoils:
            self.spoil(path)

    def _predict(self, path: str, node: Optional[Node], content: Optional[Bytes]) -> None:
        path = self._place_resolved(path)
        before = self._predicted.get(path)
        if node is not None and content is not None:
            node = replace(node, atime_ns=None, ctime_ns=None)
        elif node is not None and before is not None:
            content = before.content
        old = self._at(path)
        fresh = old is None or old.kind != "directory" or bool(before and before.fresh)
        if node is None:
            for known in [known for known in self._predicted if known.startswith(path + "/")]:
                del self._predicted[known]
            fresh = True
        self._predicted[path] = Predicted(node, content, fresh)

    def _predict_time(self, directory: str, mtime: Time) -> None:
        node = self.stat(directory)
        if node is not None and os.geteuid() in (0, node.uid):
            node = replace(node, mtime_ns=nodes.nanoseconds(mtime))
            self._predict(self.real(directory), node, None)

    def _trouble(self, change: Change, path: str, node: Optional[Node]) -> str:
        """Why the kernel would not let us do this, or nothing."""
        above, old = os.path.dirname(path), self._at(path)
        if above not in self._predicted and nodes.read_only(above):
            return os.strerror(errno.EROFS)
        if os.geteuid() == 0:
            return ""
        if change.action == "attributes":
            return "" if old is None or nodes.may_change(old, node) else os.strerror(errno.EPERM)
        if not self._may(above, os.W_OK | os.X_OK):
            return os.strerror(errno.EACCES)
        refused = 0 if old is None else self._refused(path, old)
        if refused:
            return os.strerror(refused)
        if node is None or nodes.may_give(node):
            return ""
        kept = old is not None and (old.kind, old.uid, old.gid) == ("file", node.uid, node.gid)
        if change.action == "write" and kept:
            return "" if self._may(path, os.W_OK) else os.strerror(errno.EACCES)
        return os.strerror(errno.EPERM)

    def _refused(self, path: str, old: Node) -> int:
        """The error of putting away what stands there: a directory that we may not empty, or the
        sticky bit above; 0 where it can be done."""
        if old.kind == "directory":
            if not self._may(path, os.R_OK):
                return errno.EACCES
            if not self._may(path, os.W_OK | os.X_OK) and self.names(path):
                return errno.EACCES
        above = self._at(os.path.dirname(path))
        if above is None or not above.mode & 0o1000:
            return 0
        return 0 if os.geteuid() in (old.uid, above.uid) else errno.EPERM

    def _closed(self, path: str) -> bool:
        """Whether an earlier step would have made this a directory that we may not enter."""
        predicted = self._predicted.get(path)
        if predicted is None or predicted.node is None or os.geteuid() == 0:
            return False
        return predicted.node.kind == "directory" and not nodes.permits(predicted.node, os.X_OK)

    def _may(self, path: str, access: int) -> bool:
        if path in self._predicted:
            node = self._predicted[path].node
            return node is not None and nodes.permits(node, access)
        return os.access(path, access, effective_ids=True)

    def _place_resolved(self, path: str) -> str:
        """The path with the links above it resolved."""
        above, name = os.path.split(path)
        return os.path.join(self._resolved(above, True) or above, name)

    def _at(self, path: str) -> Optional[Node]:
        """The node at a path whose parents are resolved already."""
        if path in self._predicted:
            return self._predicted[path].node
        if self._hidden(os.path.dirname(path)):
            return None
        return self.looks.node(path)

    def _hidden(self, directory: str) -> bool:
        """Whether the disk's entries below the directory no longer count."""
        while True:
            predicted = self._predicted.get(directory)
            if predicted is not None and predicted.fresh:
                return True
            above = os.path.dirname(directory)
            if above == directory:
                return False
            directory = above

    def _resolved(self, path: str, follow: bool) -> Optional[str]:
        """The path with its links resolved, predicted ones too; None for a loop of links."""
        path = os.path.join(os.getcwd(), path)
        if not self._predicted:
            real = os.path.realpath(path) if follow else nodes.parent_resolved(path)
            return None if follow and os.path.islink(real) else real
        done, rest, links = "/", [part for part in path.split("/") if part], 0
        while rest:
            part = rest.pop(0)
            if part == "..":
                done = os.path.dirname(done)
                continue
            if part == ".":
                continue
            if self._closed(done):
                raise Failure(f"cannot look at {path}: {os.strerror(errno.EACCES)}")
            here = os.path.join(done, part)
            found = self._at(here)
            if found is None or found.kind != "link" or (not rest and not follow):
                done = here
                continue
            links += 1
            if links > LINKS:
                return None
            if os.path.isabs(found.target):
                done = "/"
            rest = [part for part in found.target.split("/") if part] + rest
        return done

    def _touched(self, path: str) -> bool:
        """Whether a prediction decides what stands at the path."""
        resolved = self._resolved(path, True)
        return resolved is None or resolved in self._predicted or self._hidden(resolved)

    def _known(self, path: str, below: bool = False, links: bool = False) -> None:
        """Raise Unpredictable where the path is spoiled; with ``below`` a spoiled path itself is
        still known to exist when it was predicted."""
        if not self._spoiled:
            return
        candidates = {path, self.real(path)} if links else {path}
        for spoiled, cause in self._spoiled.items():
            for candidate in candidates:
                if candidate == spoiled and below and candidate in self._predicted:
                    continue
                if candidate == spoiled or candidate.startswith(spoiled.rstrip("/") + "/"):
                    raise Unpredictable(path, f"'{cause}'")
