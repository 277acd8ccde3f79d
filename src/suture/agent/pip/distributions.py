"""What is installed in a Python environment, and whether that satisfies what is asked of it.

This file runs inside that environment's own Python (see _probe): it imports the standard library,
and the ``packaging`` that pip carries, and both only when they are needed.
"""

from __future__ import annotations

import os
import re
import sys
from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

Entry = Dict[str, Any]
"""A distribution: name, version, requires (requirement strings), extras, direct (what its
direct_url.json holds, or None) and path (its metadata's directory)."""


def normal(name: str) -> str:
    """The name as indexes compare it; a glob keeps its wildcards."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Installed:
    """The distributions of an environment by normalised name; each is read when first asked for."""

    def __init__(self, found: Dict[str, Callable[[], Entry]]) -> None:
        self._found = found
        self._read: Dict[str, Optional[Entry]] = {}

    @classmethod
    def on_path(cls, path: Sequence[str]) -> Installed:
        """What can be imported from these directories; the first of two namesakes counts."""
        found: Dict[str, Callable[[], Entry]] = {}
        for directory in path:
            for name, read in _found_in(directory):
                found.setdefault(name, read)
        return cls(found)

    @classmethod
    def given(cls, entries: Iterable[Entry]) -> Installed:
        return cls({normal(entry["name"]): partial(dict, entry) for entry in entries})

    def get(self, name: str) -> Optional[Entry]:
        """The distribution of this name, or None; what has no name or version is not one."""
        key = normal(name)
        if key not in self._read:
            entry = self._found[key]() if key in self._found else None
            valid = entry is not None and bool(entry["name"]) and bool(entry["version"])
            self._read[key] = entry if valid else None
        return self._read[key]

    def all(self) -> List[Entry]:
        """Every distribution, sorted by normalised name."""
        entries = [self.get(name) for name in sorted(self._found)]
        return [entry for entry in entries if entry is not None]

    def version(self, name: str) -> str:
        """The installed version, or nothing."""
        entry = self.get(name)
        return "" if entry is None else str(entry["version"])


def _found_in(directory: str) -> Iterator[Tuple[str, Callable[[], Entry]]]:
    """The distributions in one entry of sys.path: a directory, or a zip such as a wheel."""
    if os.path.isfile(directory):
        from importlib import metadata

        for held in metadata.distributions(path=[directory]):
            entry = _entry(held, directory)
            yield normal(entry["name"]), partial(dict, entry)
        return
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return
    for file in names:
        stem, suffix = os.path.splitext(file)
        if suffix not in (".dist-info", ".egg-info") or file.startswith("~"):
            continue
        path = os.path.join(directory, file)
        yield normal(stem.split("-")[0]), partial(_entry_at, path)


def _entry_at(path: str) -> Entry:
    """What stands in a metadata directory; without a name where there is nothing to read."""
    if path.endswith(".egg-info"):
        import pathlib
        from importlib import metadata

        return _entry(metadata.Distribution.at(pathlib.Path(path)), path)
    fields = _fields(_text(os.path.join(path, "METADATA")))
    return _assembled(fields, fields.get("requires-dist", []), path)


def _entry(held: Any, path: str) -> Entry:
    """What importlib.metadata knows of a distribution that is no plain .dist-info directory."""
    text = held.read_text("METADATA") or held.read_text("PKG-INFO") or held.read_text("") or ""
    return _assembled(_fields(text), list(held.requires or ()) if text else [], path)


def _assembled(fields: Dict[str, List[str]], requires: List[str], path: str) -> Entry:
    import json

    direct = _text(os.path.join(path, "direct_url.json"))
    return {
        "name": (fields.get("name") or [""])[0],
        "version": (fields.get("version") or [""])[0],
        "requires": requires,
        "extras": fields.get("provides-extra", []),
        "direct": json.loads(direct) if direct else None,
        "path": path,
    }


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _fields(text: str) -> Dict[str, List[str]]:
    """The header's fields by lower-case name; the description below it is not looked at."""
    fields: Dict[str, List[str]] = {}
    last: List[str] = [""]
    for line in text.splitlines():
        if not line:
            break
        if line[0] in " \t":
            last[-1] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        last = fields.setdefault(name.lower(), [])
        last.append(value.strip())
    return fields


def requirement_of(text: str) -> Any:
    """The text as a packaging Requirement, or None where it names a path or an address."""
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def accepts(specifier: Any, version: str) -> bool:
    """Whether an installed version is one that the specifier allows; pre-releases count."""
    from pip._vendor.packaging.version import InvalidVersion

    try:
        return bool(specifier.contains(version, prereleases=True))
    except InvalidVersion:
        return False


def needs(entry: Entry, extras: Iterable[str] = ()) -> List[Any]:
    """The requirements of a distribution that hold in this Python, with those of its extras."""
    spelled = {normal(extra): extra for extra in entry["extras"]}
    wanted = ["", *(spelled.get(normal(extra), extra) for extra in extras)]
    found = []
    for text in entry["requires"]:
        if _of_another_extra(text, wanted):
            continue
        requirement = requirement_of(text)
        if requirement is None:
            continue
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in wanted):
            found.append(requirement)
    return found


def _of_another_extra(text: str, extras: Sequence[str]) -> bool:
    """Whether a requirement is plainly one of an extra that is not wanted.

    Distributions have hundreds of those, and each takes a while to be parsed.
    """
    marker = text.partition(";")[2]
    if "extra" not in marker or " or " in marker:
        return False
    return not any(extra and normal(extra) in normal(marker) for extra in extras)


class Closure:
    """All that a set of requirements reaches in an environment, and what is wrong with it.

    ``unmet`` names each requirement that does not hold; ``requirers`` tells for each distribution
    reached who asks for it: the requirement's text for one that the author asked for, else the
    requiring distribution's normalised name behind a blank.
    """

    def __init__(
        self, installed: Installed, constraints: Iterable[str], dependencies: bool = True
    ) -> None:
        self._installed = installed
        self._dependencies = dependencies
        self._constraints: Dict[str, List[Any]] = {}
        for text in constraints:
            constraint = requirement_of(text)
            if constraint is not None and holds(constraint):
                self._constraints.setdefault(normal(constraint.name), []).append(constraint)
        self._done: Set[Tuple[str, Tuple[str, ...]]] = set()
        self.unmet: List[str] = []
        self.requirers: Dict[str, List[str]] = {}

    def add(self, name: str, extras: Iterable[str], specifier: Any, asker: str) -> None:
        """Follow one requirement to everything it needs."""
        waiting: List[Tuple[str, Tuple[str, ...], Any, str]] = [
            (normal(name), tuple(sorted(extras)), specifier, asker)
        ]
        while waiting:
            key, chosen, wanted, by = waiting.pop(0)
            requirers = self.requirers.setdefault(key, [])
            if by not in requirers:
                requirers.append(by)
            entry = self._installed.get(key)
            if entry is None:
                self.unmet.append(f"{key} is not installed")
                continue
            self._judge(entry, wanted)
            if (key, chosen) in self._done or not self._dependencies:
                continue
            self._done.add((key, chosen))
            waiting += [
                (normal(need.name), tuple(sorted(need.extras)), need.specifier, " " + key)
                for need in needs(entry, chosen)
            ]

    def _judge(self, entry: Entry, wanted: Any) -> None:
        name, version = entry["name"], entry["version"]
        if wanted is not None and not accepts(wanted, version):
            self.unmet.append(f"{name} {version} is not {wanted}")
        for constraint in self._constraints.get(normal(name), ()):
            if not accepts(constraint.specifier, version):
                self.unmet.append(f"{name} {version} is not {constraint.specifier}")

    def chain(self, name: str) -> List[str]:
        """Who brings a distribution: from what the author asked for down to itself."""
        chain: List[str] = []
        key, seen = normal(name), {""}
        while key not in seen:
            seen.add(key)
            entry = self._installed.get(key)
            chain.insert(0, f"{entry['name']} {entry['version']}" if entry else key)
            askers = self.requirers.get(key, [])
            asked = any(not asker.startswith(" ") for asker in askers)
            key = "" if asked or not askers else askers[0].strip()
        return chain


def holds(requirement: Any) -> bool:
    """Whether a requirement's marker, if any, applies to this Python."""
    marker = requirement.marker
    return marker is None or bool(marker.evaluate({"extra": ""}))


def forbidden(closure: Closure, globs: Sequence[str]) -> List[List[str]]:
    """For each distribution reached that a glob names: the chain that brings it."""
    import fnmatch

    patterns = [normal(glob) for glob in globs]
    return [
        closure.chain(name)
        for name in sorted(closure.requirers)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


def complaints(installed: Installed) -> Dict[str, str]:
    """What ``pip check`` would say, by who complains and about whom: "transformers>torch"."""
    found = {}
    for entry in installed.all():
        who = f"{entry['name']} {entry['version']}"
        for need in needs(entry):
            have = installed.get(need.name)
            key = f"{normal(entry['name'])}>{normal(need.name)}"
            if have is None:
                found[key] = f"{who} requires {need.name}, which is not installed"
            elif not accepts(need.specifier, have["version"]):
                wants = f"{need.name}{need.specifier}"
                found[key] = f"{who} requires {wants}, but {have['name']} is {have['version']}"
    return found


def facts() -> Dict[str, Any]:
    """What matters about this Python beyond what is installed in it."""
    import sysconfig

    venv = sys.prefix != sys.base_prefix
    paths = sysconfig.get_paths()
    libraries = sorted({os.path.realpath(paths[kind]) for kind in ("purelib", "platlib")})
    names = ("bin", "lib", "include", "share", "etc", "man")
    below = [os.path.join(sys.prefix, name) for name in names]
    closed = [path for path in libraries if os.path.isdir(path) and not os.access(path, os.W_OK)]
    held, directory = pip()
    own = os.path.realpath(sys.prefix) + os.sep
    lent = venv and bool(held) and not os.path.realpath(directory).startswith(own)
    return {
        "python": sys.executable,
        "base": _base() if venv else os.path.realpath(sys.executable),
        "version": ".".join(map(str, sys.version_info[:3])),
        "prefix": sys.prefix,
        "pip": held,
        "pip_directory": directory,
        "lent": lent and not _sees_its_base(),
        "virtual": venv,
        "managed": not venv
        and os.path.isfile(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")),
        "closed": closed,
        "spoils": below if venv else [_user_site()] if closed else libraries,
    }


def _sees_its_base() -> bool:
    """Whether a virtual environment has its base's packages as well: pip among them is its own."""
    with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:
        return bool(re.search(r"(?mi)^include-system-site-packages\s*=\s*true", file.read()))


def _user_site() -> str:
    """Where pip installs for one user, when the system's directories are closed to it."""
    import site

    return site.getusersitepackages()


def _base() -> str:
    """The Python that a virtual environment was made from."""
    real = os.path.realpath(sys.executable)
    if not real.startswith(os.path.realpath(sys.prefix) + os.sep):
        return real
    with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:
        home = re.search(r"^home\s*=\s*(.+?)\s*$", file.read(), re.MULTILINE)
    name = "python" + ".".join(map(str, sys.version_info[:2]))
    return os.path.join(home[1] if home else "", name)


def pip() -> Tuple[str, str]:
    """pip's version and the directory (or wheel) it is imported from: the environment's own, or,
    where it was made without, the one that its Python lends; nothing where there is neither."""
    try:
        import pip as imported
    except ImportError:
        if not any(_borrowed(place) for place in lenders()):
            return "", ""
        import pip as imported
    package = os.path.dirname(os.path.abspath(imported.__file__))
    return imported.__version__, os.path.dirname(package)


def lenders() -> Iterator[str]:
    """Where a pip may be that is not the environment's: the wheel for new environments, then the
    one of the Python that the environment was made from."""
    import sysconfig

    base = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})
    bundled = [os.path.join(base, "ensurepip", "_bundled"), "/usr/share/python-wheels"]
    for place in bundled:
        files = sorted(os.listdir(place)) if os.path.isdir(place) else []
        yield from (os.path.join(place, file) for file in files if file.startswith("pip-"))
    sites = [sysconfig.get_path("purelib", vars={"base": sys.base_prefix})]
    for place in [*sites, "/usr/lib/python3/dist-packages"]:
        if os.path.isfile(os.path.join(place, "pip", "__pip-runner__.py")):
            yield place


def _borrowed(place: str) -> bool:
    """Import pip, and nothing else, from a directory or a wheel."""
    sys.path.insert(0, place)
    try:
        import pip as imported
    except ImportError:
        return False
    finally:
        del sys.path[0]
    return bool(imported.__file__)
