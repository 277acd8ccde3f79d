"""What may be there after all, once packages have really been installed.

A dry run knows which packages come, but hardly what is in them, and less what their scripts make:
files, users, services, programs.  So what is missing now is in doubt from then on.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..protocol.result import Change

KEY = "brought:"
"""How the packages that are to come are told among all that a dry run expects."""

ELSEWHERE = (
    "/home",
    "/root",
    "/srv",
    "/tmp",  # noqa: S108 (nothing is put there)
    "/var/tmp",  # noqa: S108
    "/usr/local",
    "/mnt",
    "/media",
    "/proc",
    "/sys",
    "/dev",
    "/run/user",
)
"""Where no package puts anything."""

PROGRAMS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/games")
ALSO = {"apache2": ("www",), "openjdk": ("jvm",), "openssh": ("sshd", "ssh"), "mariadb": ("mysql",)}
"""Names under which packages put their things, where these are not their own."""

EXPLAINED = ("write", "link")
"""Changes that come about whether something is at the path or not."""


class Doubts:
    """What a step has found missing that may be there after all.

    ``expected`` is what the dry run expects.  A *grave* doubt is about something that goes by a
    coming package's name: it decides how the step ends.  Any other one counts where it fails.
    """

    def __init__(self) -> None:
        self._found: Dict[str, Tuple[str, bool]] = {}

    def forget(self) -> None:
        self._found.clear()

    def allay(self, paths: Sequence[str]) -> None:
        """That nothing is at these paths does not matter after all."""
        for path in paths:
            self._found.pop(path, None)

    def missing(self, path: str, expected: Mapping[str, Any]) -> None:
        """Nothing is at the path now."""
        if not _holds(ELSEWHERE, path):
            self._note(path, _parts(path), expected, os.path.dirname(path) in PROGRAMS)

    def unknown(self, key: str, found: Any, expected: Mapping[str, Any]) -> None:
        """What is no file, such as "user:ada", was not found, or is said to be not there."""
        kind, _, name = key.partition(":")
        if kind != "package" and (found is None or _is_absent(found)):
            self._note(key, [name] if kind in ("user", "group") else [], expected)

    def _note(
        self, what: str, names: Sequence[str], expected: Mapping[str, Any], grave: bool = False
    ) -> None:
        for package, cause in coming(expected).items():
            if grave or any(related(name, package) for name in names):
                self._found[what] = (cause, True)
                return
            self._found.setdefault(what, (cause, False))

    def left(self, changes: Sequence[Change], failed: bool) -> Tuple[str, str]:
        """What is in doubt about how the step ended, and the step that it hangs on; or nothing."""
        made = {change.target for change in changes if change.action in EXPLAINED}
        for what, (cause, grave) in self._found.items():
            if failed or (grave and what not in made):
                return what, cause
        return "", ""


def coming(expected: Mapping[str, Any]) -> Dict[str, str]:
    """The packages that are to come, with the step that brings each."""
    return {key[len(KEY) :]: expected[key] for key in expected if key.startswith(KEY)}


def related(name: str, package: str) -> bool:
    """Whether a file or user of this name looks as if it were the package's."""
    name = name.lower().lstrip("._")
    return len(name) > 2 and any(
        name.startswith(stem) or stem.startswith(name) for stem in stems(package)
    )


def stems(package: str) -> List[str]:
    """The words by which a package's things may go."""
    plain = package.partition(":")[0].lower()
    stem = re.match(r"(?:lib)?([a-z]+[0-9]?)", plain)
    found = [plain, *([stem[1]] if stem and len(stem[1]) > 2 else [])]
    return [*found, *(word for start in ALSO if plain.startswith(start) for word in ALSO[start])]


def _parts(path: str) -> List[str]:
    return [part for part in path.split("/") if part not in ("", "etc", "usr", "var", "lib")]


def _holds(places: Sequence[str], path: str) -> bool:
    return any(path == place or path.startswith(place + "/") for place in places)


def _is_absent(found: Any) -> bool:
    return isinstance(found, dict) and found.get("LoadState") == "not-found"
