"""Where the operator has ansible-core and collections.  Nothing of them is imported to find out."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SETTING = "SUTURE_ANSIBLE"
"""The environment variable that names the folder which ansible-core is installed in."""


@dataclass(frozen=True, slots=True)
class Said:
    """The folders that the operator's settings for Ansible name, if they name any."""

    roots: tuple[str, ...] = ("~/.ansible/collections", "/usr/share/ansible/collections")
    libraries: tuple[str, ...] = (
        "~/.ansible/plugins/modules",
        "/usr/share/ansible/plugins/modules",
    )


_said = Said()


def look_where(said: Said) -> None:
    """From now on collections and modules are sought where the operator's settings say."""
    global _said  # noqa: PLW0603 - as the process's environment, which it is a part of
    if said != _said:
        _said = said
        installed.cache_clear()


@dataclass(frozen=True, slots=True)
class Installed:
    """``core``: the folder that holds the package ``ansible``, None without one.  ``roots``: folders
    that hold ``ansible_collections``, the first one first; ``libraries`` folders of modules."""

    core: Path | None
    version: str
    roots: tuple[Path, ...]
    libraries: tuple[Path, ...] = ()

    def collections(self, playbook_dir: str) -> list[Path]:
        """Every folder ``ansible_collections`` that there is for a playbook."""
        beside = Path(playbook_dir, "collections")
        around = [up for up in Path(playbook_dir).parents if up.name == "ansible_collections"]
        found = [*(root / "ansible_collections" for root in (beside, *self.roots)), *around]
        return list(dict.fromkeys(path for path in found if path.is_dir()))

    def sought(self, playbook_dir: str) -> list[Path]:
        """Where collections were looked for."""
        return [Path(playbook_dir, "collections"), *self.roots]


def in_collections(name: str, folder: str, playbook_dir: str) -> list[Path]:
    """Where a collection's role or playbook of this full name is, if it is ``namespace.collection.x``;
    ``folder``: "roles" or "playbooks"."""
    words = name.split(".")
    if len(words) < 3 or not all(word.isidentifier() for word in words):
        return []
    tops = installed().collections(playbook_dir)
    return [top.joinpath(*words[:2], folder, *words[2:]) for top in tops]


def missing_collection(name: str, playbook_dir: str) -> str:
    """What to say of a full name whose collection is not installed, or nothing."""
    words = name.split(".")
    if len(words) < 3 or not all(word.isidentifier() for word in words):
        return ""
    if any(top.joinpath(*words[:2]).is_dir() for top in installed().collections(playbook_dir)):
        return ""
    return not_installed(".".join(words[:2]), installed(), playbook_dir)


def not_installed(collection: str, there: Installed, playbook_dir: str) -> str:
    """The sentence for a collection that is not there."""
    places = ", ".join(map(str, there.sought(playbook_dir)))
    return (
        f"the collection {collection} is not installed (sought in {places}):"
        f" ansible-galaxy collection install {collection}"
    )


@functools.cache
def installed() -> Installed:
    """What is there for this process and its environment."""
    return found_in(os.environ, sys.path, _said)


def found_in(environ: Mapping[str, str], path: list[str], said: Said) -> Installed:
    """What an operator with this environment has, and this Python on this path."""
    core = next(filter(_is_core, _cores(environ)), None)
    roots = [*_paths(said.roots), *([core] if core else []), *filter(_is_site, map(Path, path))]
    roots = [root.parent if root.name == "ansible_collections" else root for root in roots]
    return Installed(
        core,
        version_of(core) if core else "",
        tuple(dict.fromkeys(roots)),
        tuple(_paths(said.libraries)),
    )


def version_of(core: Path) -> str:
    """The version of the ansible-core in a folder."""
    text = (core / "ansible" / "release.py").read_text(encoding="utf-8")
    found = re.search(r"^__version__\s*=\s*['\"]([^'\"]+)", text, re.MULTILINE)
    return found[1] if found else ""


def _is_site(folder: Path) -> bool:
    """Whether packages are installed there: what else is on Python's path holds no collections."""
    return folder.name in ("site-packages", "dist-packages")


def _is_core(folder: Path) -> bool:
    return (folder / "ansible" / "module_utils" / "basic.py").is_file()


def _cores(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where ansible-core may be: as the operator says, beside Suture, where ``ansible`` is."""
    if environ.get(SETTING):
        yield Path(environ[SETTING]).expanduser()
        return
    spec = importlib.util.find_spec("ansible")
    for place in (spec.submodule_search_locations if spec else None) or ():
        yield Path(place).parent
    program = shutil.which("ansible", path=environ.get("PATH"))
    if program:
        home = Path(program).resolve().parent.parent
        yield from sorted(home.glob("lib/python3*/site-packages"), reverse=True)
        yield home / "lib" / "python3" / "dist-packages"


def _paths(said: Iterable[str]) -> list[Path]:
    return [Path(each).expanduser().absolute() for each in said]
