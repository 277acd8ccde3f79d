"""The law that every module obeys, as data and one runner.

For each case: a dry world touches nothing and predicts exactly the changes that the real world then
records (or the same failure); the tree ends as the case says; applying again records nothing.
Only the standard library and Python 3.8 are needed, so the cases run on every Python of a machine:

    PYTHONPATH=src python3.8 tests/law/law.py [--sample]        prints one JSON line a case
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import json
import os
import pwd
import re
import shutil
import stat as st
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union
from unittest import mock

from suture.agent.journal import storage
from suture.agent.protocol.content import Content, Tree, TreeEntry, content_of
from suture.agent.protocol.result import Change
from suture.agent.protocol.spec import Failure, Unpredictable
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

CASES = Path(__file__).parent / "cases"

SLOW_MODULES = frozenset({"git", "pip", "pytest", "python_import"})
"""Modules that start slow programs: two thirds of the time of all cases."""
ONE_IN = 5
"""Of how many cases of a slow module a sample has one."""


@dataclass(frozen=True)
class File:
    """A regular file; ``mode`` and ``mtime`` count only where given."""

    content: str | bytes = ""
    mode: int | None = None
    mtime: float | None = None


@dataclass(frozen=True)
class Dir:
    """A directory."""

    mode: int | None = None


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


Entry = Union[str, bytes, File, Dir, Link, None]  # noqa: UP007 (Python 3.8)


@dataclass(frozen=True)
class Case:
    """One call of a module, and what must come of it.

    ``{root}`` in any text (arguments, contents, targets, expectations) is the case's own directory.
    Arguments go straight to the module's Args: real names, no aliases, values already coerced;
    what the controller sends as Content or Tree is made by ``content`` and ``tree`` below.
    Parent directories need not be listed.  The case runs under umask 022.
    """

    module: str
    args: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Entry] = field(default_factory=dict)
    """What stands in the directory: text, bytes, File, Dir or Link by relative path."""
    after: Mapping[str, Entry] = field(default_factory=dict)
    """What differs from ``before`` afterwards (None: it is gone, with all below it)."""
    failure: str = ""
    """A part of the Failure's message; the tree is still compared."""
    refused: str = ""
    """A part of the ValueError with which Args itself refuses these arguments."""
    changed: bool | None = None
    """Whether a change is recorded; unsaid, a tree that changed must have been recorded."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """A part of what is returned, or of what the Failure carries: mappings may hold more."""
    again: bool = False
    """Applying again records changes again, as a command's step does."""
    unpredicted: bool = False
    """The dry world has to say that the result hangs on a command that it did not run."""
    loose: bool = False
    """Paths that neither ``before`` nor ``after`` names may be there afterwards."""
    needs: str = ""
    """"root" and programs, separated by blanks; without them the case is skipped."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The step's environment: with PATH: "{root}/bin:/usr/bin:/bin" programs can be faked."""
    earlier: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Steps (module, arguments) before this one in the same world: what a dry run carries on."""
    unprivileged: bool = False
    """Run as an ordinary user, who owns the directory, also when root runs the tests."""
    stands_at: Mapping[str, str] = field(default_factory=dict)
    """Directories or files of the case and the places of the machine where they stand meanwhile, in
    namespaces of its own ("etc": "/etc"); needs root."""
    name: str = ""


def content(data: str | bytes, name: str = "", mode: int = 0o644) -> Content:
    """The Content that the controller would send for a file of its own."""
    made = content_of(data.encode() if isinstance(data, str) else data)
    return Content(made.sha256, made.size, made.fetch, name, mode)


def tree(name: str, entries: Mapping[str, Entry], contents_only: bool = False) -> Tree:
    """The Tree that the controller would send for a directory; parents are filled in."""
    listed: dict[str, Entry] = dict(entries)
    for path in entries:
        for parent in Path(path).parents:
            if str(parent) != ".":
                listed.setdefault(str(parent), Dir())
    made = []
    for path in sorted(listed, key=lambda path: path.split("/")):
        entry = listed[path]
        if isinstance(entry, Dir):
            made.append(TreeEntry(path, entry.mode or 0o755))
        elif isinstance(entry, Link):
            made.append(TreeEntry(path, 0o777, target=entry.target))
        else:
            file = entry if isinstance(entry, File) else File(entry or "")
            mode = file.mode or 0o644
            made.append(TreeEntry(path, mode, content(file.content, Path(path).name, mode)))
    return Tree(name, made, contents_only)


def cases(directory: Path = CASES) -> list[tuple[str, Case]]:
    """Every case below the directory with its name, such as ``copy-07``."""
    found = []
    for path in sorted(directory.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"law_cases_{path.stem}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for index, case in enumerate(module.CASES):
            name = f"{path.stem}-{index:02d}-{case.name or story(case)}"
            found.append((name.replace(" ", "_"), case))
    return found


def sampled(found: Sequence[tuple[str, Case]]) -> list[tuple[str, Case]]:
    """The cases without most of the slow modules'; of each module there are some."""
    chosen, seen = [], dict.fromkeys(SLOW_MODULES, 0)
    for name, case in found:
        if case.module not in SLOW_MODULES or seen[case.module] % ONE_IN == 0:
            chosen.append((name, case))
        if case.module in SLOW_MODULES:
            seen[case.module] += 1
    return chosen


def story(case: Case) -> str:
    """What the case gives its module, and what comes of it: the name of one that has none."""
    words = []
    for key, value in case.args.items():
        said = "" if isinstance(value, (dict, list, tuple)) else str(value).rpartition("/")[2]
        if re.search(r"[1-9]\d{3}", said):
            said = ""  # a port or a process's number: another one in the next process
        words.append(f"{key}={said}" if re.fullmatch(r"[\w.+%-]{1,16}", said, re.ASCII) else key)
    if case.refused:
        outcome = "is refused"
    elif case.failure:
        outcome = "fails"
    elif case.unpredicted:
        outcome = "hangs on what is unknown"
    else:
        outcome = {True: "changes something", False: "changes nothing", None: "is done"}[
            case.changed
        ]
    return " ".join([*words[:5], outcome])


def missing(case: Case) -> str:
    """What the case needs and this machine lacks, or nothing."""
    if case.stands_at and not namespaces_work():
        return "needs a mount namespace"
    for need in case.needs.split():
        if need == "root" and os.geteuid() != 0:
            return "needs root"
        if need != "root" and shutil.which(need) is None:
            return f"needs {need}: apt-get install {need}"
    return ""


def check(case: Case) -> None:
    """Raise AssertionError where the law is broken."""
    module = importlib.import_module(f"suture.agent.modules.{case.module}")
    with tempfile.TemporaryDirectory(prefix="law-", dir=ground(case)) as directory:
        root = os.path.realpath(directory)
        if case.refused:
            _check_refused(case, module, root)
        else:
            performed(case, root, lambda: _check(case, root))


def performed(case: Case, root: str, act: Any) -> None:
    """Act where the case wants it: as an ordinary user, in namespaces of its own, or here.  No case
    sees the journals in the tester's own home."""
    with mock.patch.object(storage, "pwd", Homeless):
        _performed(case, root, act)


class Homeless:
    """A password database that knows no home."""

    @staticmethod
    def getpwuid(uid: int) -> Any:
        raise KeyError(uid)


def _performed(case: Case, root: str, act: Any) -> None:
    if case.unprivileged and os.geteuid() == 0:
        _in_child(act, lambda: _as_nobody(root))
    elif case.stands_at:
        laid(root, filled(case.before, root))
        _in_child(act, lambda: _apart(root, case.stands_at))
    else:
        act()


def _check_refused(case: Case, module: Any, root: str) -> None:
    try:
        module.Args(**filled(case.args, root))
    except ValueError as error:
        said = str(error)
    else:
        raise AssertionError("these arguments were accepted")
    assert filled(case.refused, root) in said, f"refused, but with: {said}"


@dataclass(frozen=True)
class Outcome:
    """What came of applying a case once.  ``raised``: it ended as Unpredictable."""

    changes: list[Change]
    failure: str
    data: dict[str, Any]
    unpredicted: str
    raised: bool


def _check(case: Case, root: str) -> None:
    umask = os.umask(0o022)
    try:
        laid(root, filled(case.before, root))
        start = _snapshot(root)
        dry = DryWorld()
        predicted = applied(case, dry, root)
        assert _snapshot(root) == start, "the dry world touched something"
        if not (case.again or case.unpredicted or predicted.failure):
            repeated = applied(case, dry, root).changes
            assert not repeated, f"predicted again in the same dry world: {repeated}"
        world = World()
        made = applied(case, world, root)
        _check_prediction(case, predicted, made)
        for outcome in (predicted, made):
            _check_outcome(case, outcome, root)
        end = _snapshot(root)
        _check_tree(case, root, end)
        counted = {*case.before, *case.after} if case.loose else {*start, *end}
        same = _kept(start, counted) == _kept(end, counted)
        assert same or made.changes, "changed, but recorded nothing"
        if not made.failure:
            repeated = applied(case, world, root).changes
            assert bool(repeated) == case.again, f"applied again, it recorded {repeated}"
    finally:
        os.umask(umask)


def applied(case: Case, world: World, root: str) -> Outcome:
    changes: list[Change] = []
    failure = unpredicted = ""
    raised = False
    data: dict[str, Any] = {}
    for name, given in [*case.earlier, (case.module, case.args)]:
        module = importlib.import_module(f"suture.agent.modules.{name}")
        args = module.Args(**filled(given, root))
        world.begin(name, filled(case.environment, root))
        try:
            data = module.apply(args, world) or {}
        except Failure as error:
            failure, data = str(error) or "a Failure without a message", error.data
        except Unpredictable as error:
            unpredicted, raised, data = str(error), True, {}
        new = world.take_changes()
        unpredicted = unpredicted or world.unpredicted()
        doubt = None if raised else world.doubt(new, bool(failure))
        if doubt is not None:
            failure, unpredicted, raised, data, new = "", str(doubt), True, {}, []
        changes += new
        if failure or raised:
            break
    for value in (data, [change.to_wire() for change in changes]):
        json.dumps(value)  # what cannot cross the wire is a bug
    return Outcome(changes, failure, data, unpredicted, raised)


def _check_prediction(case: Case, predicted: Outcome, made: Outcome) -> None:
    assert not made.unpredicted, "the real world claims that it cannot predict"
    assert bool(predicted.unpredicted) == case.unpredicted, (
        f"the dry world said it hangs on: {predicted.unpredicted or 'nothing'}"
    )
    if not predicted.unpredicted:
        assert predicted.failure == made.failure, (
            f"predicted failure: {predicted.failure!r}, real failure: {made.failure!r}"
        )
    if predicted.raised or (predicted.unpredicted and made.failure):
        real = made.changes[: len(predicted.changes)]
    else:
        real = made.changes
    assert predicted.changes == real, f"predicted {predicted.changes}\nbut made {made.changes}"


def _check_outcome(case: Case, outcome: Outcome, root: str) -> None:
    if outcome.unpredicted:
        return
    wanted = filled(case.failure, root)
    assert bool(outcome.failure) == bool(wanted), f"failure: {outcome.failure or 'none'}"
    assert wanted in outcome.failure, f"failure: {outcome.failure}"
    if case.changed is not None:
        assert bool(outcome.changes) == case.changed, f"changes: {outcome.changes}"
    problem = _difference(filled(case.data, root), outcome.data)
    assert not problem, f"{problem}, of {outcome.data}"


def _difference(wanted: Any, found: Any, at: str = "data") -> str:
    """Where ``found`` lacks something of ``wanted``: its mappings may hold more, not its lists."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            if key not in found:
                return f"{at} has no '{key}'"
            problem = _difference(value, found[key], f"{at}.{key}")
            if problem:
                return problem
        return ""
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        problems = (_difference(*pair, f"{at}[{i}]") for i, pair in enumerate(zip(wanted, found)))  # noqa: B905 (3.8)
        return next(filter(None, problems), "")
    same = wanted == found and isinstance(found, bool) == isinstance(wanted, bool)
    return "" if same else f"{at} is {found!r}, not {wanted!r}"


def _check_tree(case: Case, root: str, end: Mapping[str, Any]) -> None:
    wanted: dict[str, Entry] = dict(filled(case.before, root))
    for path, entry in filled(case.after, root).items():
        if entry is None or not isinstance(entry, Dir):
            for below in [known for known in wanted if known.startswith(path + "/")]:
                del wanted[below]
        for above in map(str, Path(path).parents):  # a directory now, whatever it was
            if entry is not None and not isinstance(wanted.get(above), Dir):
                wanted.pop(above, None)
        wanted[path] = entry
    for path, entry in wanted.items():
        if any(end.get(str(above), {}).get("closed") for above in Path(path).parents):
            continue
        problem = _mismatch(entry, end.get(path))
        assert not problem, f"afterwards {path} {problem}"
    parents = {".", *(str(above) for path in wanted for above in Path(path).parents)}
    surprises = set(end) - set(wanted) - parents
    assert case.loose or not surprises, f"afterwards there is also {sorted(surprises)}"


def _mismatch(entry: Entry, found: Mapping[str, Any] | None) -> str:
    if entry is None:
        return "" if found is None else "is still there"
    if found is None:
        return "is missing"
    if isinstance(entry, (str, bytes)):
        entry = File(entry)
    kind = {File: "file", Dir: "directory", Link: "link"}[type(entry)]
    if kind != found["kind"]:
        return f"is a {found['kind']}, not a {kind}"
    if isinstance(entry, Link):
        same = entry.target == found["target"]
        return "" if same else f"points to {found['target']}, not {entry.target}"
    if isinstance(entry, File):
        data = entry.content.encode() if isinstance(entry.content, str) else entry.content
        if found["data"] not in (data, None):  # None: not ours to read
            return f"holds {found['data']!r}, not {data!r}"
        if entry.mtime is not None and abs(entry.mtime - found["mtime"] / 1e9) > 1e-3:
            return f"has the time {found['mtime'] / 1e9}, not {entry.mtime}"
    if entry.mode is not None and entry.mode != found["mode"]:
        return f"has the mode {found['mode']:04o}, not {entry.mode:04o}"
    return ""


def filled(value: Any, root: str) -> Any:
    """The value with every ``{root}`` in its texts replaced."""
    if isinstance(value, str):
        return value.replace("{root}", root)
    if isinstance(value, Mapping):
        return {filled(key, root): filled(item, root) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(filled(item, root) for item in value)
    if isinstance(value, File) and isinstance(value.content, str):
        return File(filled(value.content, root), value.mode, value.mtime)
    if isinstance(value, Link):
        return Link(filled(value.target, root))
    return value


def laid(root: str, entries: Mapping[str, Entry]) -> None:
    """Put the entries in place, modes last: a directory may be closed to us afterwards."""
    for path, entry in entries.items():
        here = Path(root, path)
        here.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Dir):
            here.mkdir(exist_ok=True)
        elif isinstance(entry, Link):
            if here.is_symlink():  # laid already, for what stands elsewhere meanwhile
                here.unlink()
            here.symlink_to(entry.target)
        elif entry is not None:
            data = entry.content if isinstance(entry, File) else entry
            here.write_bytes(data.encode() if isinstance(data, str) else data)
            if isinstance(entry, File) and entry.mtime is not None:
                os.utime(str(here), (entry.mtime, entry.mtime))
    for path, entry in sorted(entries.items(), reverse=True):
        if isinstance(entry, (File, Dir)) and entry.mode is not None:
            Path(root, path).chmod(entry.mode)


def _snapshot(root: str) -> dict[str, dict[str, Any]]:
    """Everything below the directory that a change could leave a trace in."""
    return {str(path.relative_to(root)): _looked(path) for path in _walked(Path(root))}


def _walked(directory: Path) -> Iterator[Path]:
    yield directory
    for path in sorted(directory.iterdir()) if os.access(str(directory), os.R_OK) else []:
        if path.is_dir() and not path.is_symlink():
            yield from _walked(path)
        else:
            yield path


def _looked(path: Path) -> dict[str, Any]:
    found = path.lstat()
    look: dict[str, Any] = {
        "mode": st.S_IMODE(found.st_mode),
        "owner": (found.st_uid, found.st_gid),
        "mtime": found.st_mtime_ns,
        "ctime": found.st_ctime_ns,
        "inode": found.st_ino,
    }
    if st.S_ISLNK(found.st_mode):
        look.update(kind="link", target=os.readlink(str(path)))  # noqa: PTH115 (Python 3.8)
    elif st.S_ISDIR(found.st_mode):
        look.update(kind="directory", closed=not os.access(str(path), os.R_OK | os.X_OK))
    elif st.S_ISREG(found.st_mode):
        readable = os.access(str(path), os.R_OK)
        look.update(kind="file", data=path.read_bytes() if readable else None)
    else:
        look.update(kind="other")
    return look


def _kept(
    snapshot: Mapping[str, Mapping[str, Any]], counted: set[str]
) -> dict[str, dict[str, Any]]:
    """What counts of the snapshot, without what an unchanged thing may lose: times and inodes."""
    passing = ("mtime", "ctime", "inode")
    return {
        path: {key: value for key, value in look.items() if key not in passing}
        for path, look in snapshot.items()
        if path in counted
    }


OPEN_TO_ALL = "/tmp"


def ground(case: Case) -> str | None:
    """Where the case's directory is made: root's own TMPDIR may be closed to an ordinary user, and a
    blank in it would end a word in the cases' command lines."""
    closed = case.unprivileged and os.geteuid() == 0
    return OPEN_TO_ALL if closed or " " in tempfile.gettempdir() else None


def _as_nobody(root: str) -> None:
    """From now on this process is an ordinary user's, who is given the directory."""
    nobody = pwd.getpwnam("nobody")
    os.chown(root, nobody.pw_uid, nobody.pw_gid)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    tempfile.tempdir = OPEN_TO_ALL


def _apart(root: str, stands_at: Mapping[str, str]) -> None:
    """From now on this process has mounts and a host name of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWUTS):
        raise OSError(ctypes.get_errno(), "unshare")
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "make mounts private")
    for name, place in stands_at.items():
        if libc.mount(str(Path(root, name)).encode(), place.encode(), None, MS_BIND, None):
            raise OSError(ctypes.get_errno(), f"mount {place}")


CLONE_NEWNS, CLONE_NEWUTS = 0x00020000, 0x04000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18


@functools.lru_cache(None)
def namespaces_work() -> bool:
    """Whether this process may have mounts of its own."""
    if os.geteuid() != 0:
        return False
    try:
        _in_child(lambda: None, lambda: _apart("/", {}))
    except AssertionError:
        return False
    return True


def _in_child(act: Any, prepare: Any) -> None:
    """Prepare and perform in a child process."""
    importlib.import_module(
        "suture.agent.world.process"
    )  # later the child may not be able to reach it
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            prepare()
            act()
            said = ""
        except BaseException as error:  # noqa: BLE001 (it is handed to the parent)
            broken = isinstance(error, AssertionError)
            said = str(error) or "broken" if broken else traceback.format_exc()
        os.write(writing, said.encode()[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    assert not said, said


def main() -> None:
    """Check every case, or with --sample the sampled; one JSON line each: case, outcome, text."""
    found = cases()
    for name, case in sampled(found) if "--sample" in sys.argv[1:] else found:
        outcome, text = "passed", missing(case)
        if text:
            outcome = "skipped"
        else:
            try:
                check(case)
            except Exception:  # noqa: BLE001 (it is reported)
                outcome, text = "failed", traceback.format_exc(limit=-2)
        sys.stdout.write(json.dumps({"case": name, "outcome": outcome, "text": text}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    # Cases import this file as ``law``: there must not be a second copy of its classes.
    importlib.import_module("law").main()
