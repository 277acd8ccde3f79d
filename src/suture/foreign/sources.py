"""A module's source, and that of everything which it imports of ``module_utils``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suture.foreign.cache import cache
from suture.foreign.places import Installed
from suture.foreign.routing import routing

UTILS = "ansible.module_utils"
PROFILES = f"{UTILS}._internal._json._profiles._module_legacy_"
UNSEEN = (
    f"{PROFILES}c2m",
    f"{PROFILES}m2c",
    f"{UTILS}._internal._ansiballz._loader",
    f"{UTILS}._internal._ansiballz._respawn_wrapper",
)
"""What ansible-core 2.19 and later import by a name that no import statement shows."""

BASIC = f"{UTILS}.basic"
NEW_STYLE = re.compile(
    rb"^\s*(from\s+ansible\.module_utils|import\s+ansible\.module_utils"
    rb"|from\s+ansible_collections\.[\w.]+\.plugins\.module_utils"
    rb"|import\s+ansible_collections\.[\w.]+\.plugins\.module_utils"
    rb"|from\s+\.\.+(plugins\.)?module_utils|from\s+\.+\w*\s+import)",
    re.MULTILINE,
)
REPLACED = b"#<<INCLUDE_ANSIBLE_MODULE_COMMON>>"
WINDOWS = re.compile(rb"#\s*POWERSHELL_COMMON|#Requires -|#AnsibleRequires -", re.IGNORECASE)


@dataclass(slots=True)
class Sources:
    """Texts by dotted name; an empty one, and a package, for what only holds others.  ``files``:
    where those are from that are not ansible-core's; ``read``: every file that was read."""

    texts: dict[str, tuple[str, bool]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)


def kind_of(data: bytes) -> str:
    """How a module is run: python, or how a program of another kind is given its arguments; windows
    for what no host of ours can run."""
    if b"\0" in data[:4096]:
        return "binary"
    if REPLACED in data or NEW_STYLE.search(data):
        return "python"
    if WINDOWS.search(data):
        return "windows"
    if b"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>" in data:
        return "jsonargs"
    return "json" if b"WANT_JSON" in data else "old"


def text_of(data: bytes) -> str:
    """A Python module's source."""
    common = b"from ansible.module_utils.basic import *"
    return data.replace(REPLACED, common).decode("utf-8")


class Finder:
    """Finds sources by dotted name: of ansible-core, of collections, and in folders of
    ``module_utils`` that come before."""

    def __init__(self, there: Installed, playbook_dir: str, utils: Sequence[str]) -> None:
        self._there = there
        self._utils = [Path(each) for each in utils]
        self._roots = there.collections(playbook_dir)
        self._paths: dict[str, Path | None] = {}
        core = there.core
        folder = core / "ansible" / "config" if core else Path("/nonexistent")
        self._moved = routing(folder / "ansible_builtin_runtime.yml")

    def closure(self, dotted: str, text: str, imports: Iterable[str] | None = None) -> Sources:
        """The source of a module and of all that it needs."""
        found = Sources({dotted: (text, False)})
        package = dotted.rpartition(".")[0]
        for part in _outward(package):
            found.texts[part] = (self._package(part), True)
        first = list(imports) if imports is not None else list(_named(_read(text), package))
        todo = [BASIC, *UNSEEN, *first]
        while todo:
            todo += self._wanted(todo.pop(), found)
        return found

    def _wanted(self, name: str, found: Sources) -> Iterator[str]:
        """Add what the name stands for; what that imports comes back."""
        if not name.startswith((UTILS, "ansible_collections.")) and name != "ansible":
            return
        for part in reversed(list(_outward(name))):
            if part in found.texts:
                continue
            path = self._path(part)
            if path is None:
                moved = self._redirected(part)
                if moved:
                    found.texts[part] = (_shim(part, moved), False)
                    yield moved
                return
            if path.is_dir() or part == "ansible":
                found.texts[part] = (self._package(part), True)
                continue
            package = path.name == "__init__.py"
            found.texts[part] = (path.read_text(encoding="utf-8"), package)
            found.read.append(str(path))
            if not self._is_core(path):
                found.files[part] = str(path)
            about = part if package else part.rpartition(".")[0]
            yield from _named(cache("imports").of(str(path), _read_file), about)

    def _is_core(self, path: Path) -> bool:
        core = self._there.core
        return core is not None and path.is_relative_to(core / "ansible")

    def _package(self, name: str) -> str:
        if name != "ansible":
            return ""
        return f"__version__ = {self._there.version!r}\n__author__ = 'Ansible, Inc.'\n"

    def _path(self, name: str) -> Path | None:
        if name not in self._paths:
            self._paths[name] = self._found(name)
        return self._paths[name]

    def _found(self, name: str) -> Path | None:
        """The file of a module or package, a folder for what only holds others."""
        parts = name.split(".")
        if parts[0] == "ansible_collections":
            bases = [root.parent for root in self._roots]
        else:
            bases = [self._there.core] if self._there.core else []
            if name.startswith(f"{UTILS}."):
                for folder in self._utils:
                    if (path := _file(folder.joinpath(*parts[2:]))) is not None:
                        return path
        folders = []
        for base in bases:
            path = base.joinpath(*parts)
            if (file := _file(path)) is not None:
                return file
            folders += [path] if path.is_dir() else []
        return folders[0] if folders else None

    def _redirected(self, name: str) -> str:
        """Where a name of ``module_utils`` has gone, as Python knows it."""
        if not name.startswith(f"{UTILS}."):
            return ""
        redirect = self._moved.route("module_utils", name.removeprefix(f"{UTILS}.")).redirect
        if redirect.count(".") < 2:
            return ""
        space, collection, rest = redirect.split(".", 2)
        if space == "ansible_collections":
            return redirect
        return f"ansible_collections.{space}.{collection}.plugins.module_utils.{rest}"


def understood_arguments(there: Installed) -> tuple[str, ...]:
    """The ``_ansible_*`` arguments that this ansible-core's modules understand."""
    if there.core is None:
        return ()
    path = there.core / "ansible" / "module_utils" / "common" / "parameters.py"
    return tuple(cache("arguments").of(str(path), _passed)) if path.is_file() else ()


def _passed(path: str) -> list[str]:
    for node in ast.parse(Path(path).read_text(encoding="utf-8")).body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not isinstance(
            node.value, ast.Dict
        ):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(each, ast.Name) and each.id == "PASS_VARS" for each in targets):
            return [str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)]
    return []


# -- imports ---------------------------------------------------------------------------------------


def _read_file(path: str) -> list[list[Any]]:
    return _read(Path(path).read_text(encoding="utf-8"))


def _read(text: str) -> list[list[Any]]:
    """Every import in a source: level, module, names.  None in what Python cannot read: the host's
    Python says that better."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    found: list[list[Any]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [[0, alias.name, []] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found.append([node.level, node.module or "", names])
    return [each for each in found if each[0] or each[1].startswith(("ansible", UTILS))]


def _named(imports: Iterable[Sequence[Any]], package: str) -> Iterator[str]:
    """The dotted names of all that may be meant, seen from a package."""
    for level, module, names in imports:
        base = module
        if level:
            parts = package.split(".")
            kept = parts[: len(parts) - level + 1]
            base = ".".join([*kept, module] if module else kept)
        yield base
        yield from (f"{base}.{name}" for name in names)


def _outward(name: str) -> Iterator[str]:
    """The name itself and the packages around it, the outermost last."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _file(path: Path) -> Path | None:
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _shim(name: str, target: str) -> str:
    return f"import sys\nimport {target} as moved\nsys.modules[{name!r}] = moved\n"
