"""Requirements that name a place (a path, an archive, a repository) and what was installed from it.

Runs inside the environment's own Python, beside _distributions.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from .distributions import Entry, Installed, accepts, holds, requirement_of

VCS = ("git", "hg", "svn", "bzr")
SKIPPED = {"__pycache__", "node_modules", ".tox", ".nox", ".mypy_cache", "build", "dist"}
"""Directories in a source tree that are made from it, or have nothing to do with building it."""


class Ask(NamedTuple):
    """One requirement as the author put it.  ``url`` is empty for one that an index answers."""

    text: str
    name: str = ""
    extras: Tuple[str, ...] = ()
    specifier: Any = None
    url: str = ""
    path: str = ""
    vcs: str = ""
    revision: str = ""
    sha256: str = ""
    editable: bool = False


def ask_of(text: str, editable: bool = False) -> Optional[Ask]:
    """What a requirement asks for, or None where its marker says: not on this Python."""
    requirement = requirement_of(text)
    if requirement is not None and not holds(requirement):
        return None
    if requirement is not None and not requirement.url:
        extras = tuple(sorted(requirement.extras))
        return Ask(text, requirement.name, extras, requirement.specifier, editable=editable)
    if requirement is not None:
        return _placed(text, requirement.url, requirement.name, tuple(requirement.extras), editable)
    place, extras = _split_extras(text)
    return _placed(text, place, "", extras, editable)


def _split_extras(text: str) -> Tuple[str, Tuple[str, ...]]:
    match = re.fullmatch(r"(.+?)\[([\w\s,.-]*)\]", text.strip())
    if not match:
        return text.strip(), ()
    return match[1], tuple(extra.strip() for extra in match[2].split(",") if extra.strip())


def _placed(text: str, place: str, name: str, extras: Tuple[str, ...], editable: bool) -> Ask:
    """An Ask for a path or an address."""
    vcs, plus, rest = place.partition("+")
    if not plus or vcs not in VCS:
        vcs, rest = "", place
    if "://" not in rest and not rest.startswith("file:"):
        path = os.path.abspath(rest)
        return Ask(
            text,
            name or _wheel_name(path),
            extras,
            None,
            _file_url(path),
            path,
            "",
            "",
            "",
            editable,
        )
    parts = urlsplit(rest)
    fragment = {key: values[0] for key, values in parse_qs(parts.fragment).items()}
    path, revision = parts.path, ""
    if vcs and "@" in parts.path:
        path, _, revision = parts.path.rpartition("@")
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme, host, path, parts.query, ""))
    local = unquote(path) if parts.scheme == "file" and not vcs else ""
    name = name or fragment.get("egg", "").partition("[")[0] or _wheel_name(path)
    return Ask(
        text, name, extras, None, url, local, vcs, revision, fragment.get("sha256", ""), editable
    )


def _file_url(path: str) -> str:
    import pathlib

    return pathlib.Path(path).as_uri()


def _wheel_name(path: str) -> str:
    file = os.path.basename(path)
    return file.split("-")[0] if file.endswith(".whl") else ""


def found(ask: Ask, installed: Installed) -> Optional[Entry]:
    """The distribution that holds what was asked for, or None."""
    if not ask.url:
        return installed.get(ask.name)
    candidates = [installed.get(ask.name)] if ask.name else installed.all()
    for entry in candidates:
        if entry is not None and _came_from(ask, entry):
            return entry
    return None


def _came_from(ask: Ask, entry: Entry) -> bool:
    """Whether a distribution was installed from the place, and the place has not changed since."""
    direct: Dict[str, Any] = entry["direct"] or {}
    if ask.path.endswith(".whl"):
        return _same_wheel(ask, entry, direct.get("archive_info", {}))
    if not direct:
        return ask.editable and os.path.dirname(entry["path"]) in (ask.path, ask.path + "/src")
    url = direct.get("url", "")
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    if unquote(bare).rstrip("/") != unquote(ask.url).rstrip("/"):
        return False
    if ask.vcs:
        info = direct.get("vcs_info", {})
        revisions = (info.get("requested_revision", ""), info.get("commit_id", ""))
        return ask.revision in revisions if ask.revision else not revisions[0]
    if "dir_info" in direct:
        editable = bool(direct["dir_info"].get("editable"))
        return editable == ask.editable and (editable or not _newer(ask.path, entry["path"]))
    recorded = _recorded(direct.get("archive_info", {}))
    wanted = ask.sha256 or (_sha256(ask.path) if ask.path else "")
    return not (recorded and wanted) or recorded == wanted


def _same_wheel(ask: Ask, entry: Entry, archive: Dict[str, Any]) -> bool:
    """A wheel is known by its version, and by its hash where pip has recorded one."""
    version = os.path.basename(ask.path).split("-")[1]
    requirement = requirement_of(f"{entry['name']}=={unquote(version).replace('_', '-')}")
    if requirement is None or not accepts(requirement.specifier, entry["version"]):
        return False
    recorded = _recorded(archive)
    return not recorded or recorded == _sha256(ask.path)


def _recorded(archive: Dict[str, Any]) -> str:
    """The SHA-256 that direct_url.json records for an archive, or nothing."""
    named, _, digest = str(archive.get("hash", "")).partition("=")
    return str(archive.get("hashes", {}).get("sha256", "")) or (digest if named == "sha256" else "")


def _sha256(path: str) -> str:
    if not os.path.isfile(path):
        return ""
    import hashlib

    state = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            state.update(chunk)
    return state.hexdigest()


def _newer(source: str, metadata: str) -> bool:
    """Whether a file of a source tree was touched after the distribution was made from it.

    Its ctime tells: a copy that keeps the mtime cannot keep that.
    """
    if not metadata:
        return False  # a dry run has just installed it
    record = os.path.join(metadata, "RECORD")
    if not os.path.exists(record):
        return True
    made = os.stat(record).st_mtime
    passed = {".git", ".hg", ".svn"}
    for above, directories, files in os.walk(source):
        directories[:] = set(directories) - made_from(above, directories) - passed
        if any(os.lstat(os.path.join(above, name)).st_ctime > made for name in files):
            return True
    return False


def made_from(directory: str, names: List[str]) -> Set[str]:
    """Those of a source directory's entries that are made from it, or are no part of it."""
    return {
        name
        for name in names
        if name in SKIPPED
        or name.endswith(".egg-info")
        or os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))
    }


def asks_of(given: List[Dict[str, Any]]) -> List[Ask]:
    """The asks of a question: each {"text": …, "editable": …}."""
    asks = [ask_of(one["text"], bool(one.get("editable"))) for one in given]
    return [ask for ask in asks if ask is not None]
