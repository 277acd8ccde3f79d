"""Modules written for Ansible, found as Ansible finds them, in what the operator has installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from suture.foreign.places import Installed, installed, not_installed
from suture.foreign.routing import Routing, routing, version
from suture.model import ForeignModule
from suture.suggestions import did_you_mean

BUILTIN = ("ansible.builtin", "ansible.legacy")
EXTENSIONS = (".py", "", ".sh", ".pl", ".rb")
NO_MODULES = ("__init__", "__pycache__")
STEPS = 20
"""Redirects on the way to one module, at the most."""

INSTALL = "pip install 'suture[ansible]'"

LONGEST = 200
"""Bytes of a module's name: a file's may have 255, with its ending."""

ACTING = frozenset({"dnf", "service", "uri", "unarchive"})
"""Modules of ansible-core that do their work without the action that goes before them there."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a task stands: its playbook's folder, the folders of its role and of others in the play,
    and the collections in which short names are sought."""

    playbook_dir: str
    roles: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingModule:
    """There is no such module: ``reason`` is a sentence's end that says where it was sought and what
    to do; empty where nobody is known to have one.  ``certain``: it is more than a guess."""

    reason: str
    certain: bool = True


Found = ForeignModule | MissingModule


def found(name: str, context: Context, there: Installed | None = None) -> Found:
    """The module that a task means by this name."""
    if not _may_name(name):
        return MissingModule("")
    return Search(context, there or installed()).found(name)


def library(name: str, context: Context) -> ForeignModule | None:
    """The module of that name in the ``library`` folders of a role or beside the playbook."""
    if not _may_name(name):
        return None
    there = replace(installed(), libraries=())
    return Search(context, there).in_library(name)


def _may_name(name: str) -> bool:
    """Whether a file could be called so; what is no name at all is sought nowhere."""
    return len(name.encode("utf-8", "replace")) < LONGEST and not re.search(r"[/\0\s]", name)


def in_group(module: str, group: str, context: Context) -> bool:
    """Whether a module, by its full name, is one of an action group of its collection's, or of the one
    that the group's full name says."""
    search = Search(context, installed())
    own = ".".join(module.split(".")[:2])
    return search.in_group(module, _full(group, own), STEPS)


class Search:
    """One look for a module, from one place."""

    def __init__(self, context: Context, there: Installed) -> None:
        self._context = context
        self._there = there
        self._notes: list[str] = []

    def found(self, name: str) -> Found:
        collection, _, short = name.rpartition(".")
        if not collection or collection == "ansible.legacy":
            return self._short(short)
        for _ in range(STEPS):
            step = self._named(name)
            if not isinstance(step, str):
                return step
            name = step
        return MissingModule(f"its redirects lead nowhere: the last one is to {name}")

    def in_group(self, module: str, group: str, steps: int) -> bool:
        collection, _, name = group.rpartition(".")
        folder = self._folder(collection)
        about = routing(folder / "meta" / "runtime.yml") if folder else Routing()
        members = about.groups.get(name)
        if members is None or not steps:
            return False
        if module in (_full(each, collection) for each in members["modules"]):
            return True
        others = (_full(each, collection) for each in members["extend"])
        return any(self.in_group(module, each, steps - 1) for each in others)

    # -- short names -------------------------------------------------------------------------------

    def _short(self, name: str) -> Found:
        own = self.in_library(name)
        if own is not None:
            return own
        for collection in self._context.collections:
            if collection in BUILTIN or not self._folder(collection):
                continue
            got = self.found(f"{collection}.{name}")
            if not isinstance(got, MissingModule):
                return got
        if self._there.core is None:
            return MissingModule(
                f"ansible-core, whose module it may be, is not installed here: {INSTALL}", False
            )
        return self.found(f"ansible.builtin.{name}")

    def in_library(self, name: str) -> ForeignModule | None:
        """The module of that name in a folder of modules that belong to no collection."""
        files = list(self._libraries(name))
        if not files:
            return None
        if len(files) > 1:
            self._notes.append(f"{name} is {files[0]}, which comes before {files[1]}")
        return self._made(name, files[0], f"ansible.modules.{files[0].stem}")

    def _libraries(self, name: str) -> Iterator[Path]:
        """Files of that name in the ``library`` folders of roles, beside the playbook, elsewhere."""
        homes = [*self._context.roles, self._context.playbook_dir]
        for folder in (*(Path(home, "library") for home in homes if home), *self._there.libraries):
            for extension in EXTENSIONS:
                file = folder / f"{name}{extension}"
                if file.is_file():
                    yield file
                    break

    # -- full names --------------------------------------------------------------------------------

    def _named(self, name: str) -> Found | str:
        """The module of a full name, or the name that it leads to."""
        if name.startswith(tuple(f"{each}." for each in BUILTIN)):
            return self._builtin(name.split(".", 2)[2])
        parts = name.split(".")
        if len(parts) < 3:
            return MissingModule(
                f"'{name}' is no full name of a module: namespace.collection.module"
            )
        collection, short = ".".join(parts[:2]), ".".join(parts[2:])
        folder = self._folder(collection)
        if folder is None:
            return MissingModule(not_installed(collection, self._there, self._context.playbook_dir))
        about = routing(folder / "meta" / "runtime.yml")
        route = about.route("modules", short)
        if not route.redirect and not route.gone:
            route = about.route("action", short) if about.route("action", short).gone else route
        if route.gone:
            return MissingModule(f"{name} {route.gone}")
        if route.warning:
            self._notes.append(f"{name} {route.warning}")
        if route.redirect:
            return _full(route.redirect, collection)
        return self._of_collection(collection, folder, short, about)

    def _of_collection(self, name: str, folder: Path, short: str, about: Routing) -> Found:
        path = folder.joinpath("plugins", "modules", *short.split("."))
        file = next((found for each in EXTENSIONS if (found := _with(path, each)).is_file()), None)
        action = folder.joinpath("plugins", "action", *short.split(".")).with_suffix(".py")
        if action.is_file():
            return MissingModule(_acts(f"{name}.{short}"))
        if file is None:
            near = did_you_mean(short, names_in(folder / "plugins" / "modules"))
            shown = f"{name} {version(folder)}".strip()
            return MissingModule(f"{shown}, in {folder}, has no module '{short}'{near}")
        others = [each for each in self._folders(name) if each != folder]
        if others:
            first, second = (f"{version(each)} in {each}" for each in (folder, others[0]))
            self._notes.append(f"{name} is {first}, which comes before {second}")
        if wants := unmet(about.requires, self._there.version):
            self._notes.append(f"{name} {version(folder)} {wants}")
        return self._made(
            f"{name}.{short}", file, f"ansible_collections.{name}.plugins.modules.{short}"
        )

    def _builtin(self, short: str) -> Found | str:
        core = self._there.core
        if core is None:
            return MissingModule(
                f"ansible-core, whose module it is, is not installed here: {INSTALL}"
            )
        file = core / "ansible" / "modules" / f"{short}.py"
        if file.is_file() and short not in NO_MODULES:
            action = core / "ansible" / "plugins" / "action" / f"{short}.py"
            if action.is_file() and short not in ACTING:
                return MissingModule(_acts(f"ansible.builtin.{short}"))
            return self._made(f"ansible.builtin.{short}", file, f"ansible.modules.{short}")
        route = routing(core / "ansible" / "config" / "ansible_builtin_runtime.yml").route(
            "modules", short
        )
        if route.gone:
            return MissingModule(f"{short} {route.gone}")
        if route.redirect:
            return _full(route.redirect, "ansible.builtin")
        return MissingModule("", False)

    def _made(self, name: str, file: Path, dotted: str) -> ForeignModule:
        homes = [*self._context.roles, self._context.playbook_dir]
        utils = [str(path) for home in homes if (path := Path(home, "module_utils")).is_dir()]
        return ForeignModule(name, str(file), dotted, tuple(utils), tuple(self._notes))

    def _folder(self, collection: str) -> Path | None:
        return next(iter(self._folders(collection)), None)

    def _folders(self, collection: str) -> list[Path]:
        """Where the collection is installed, the first one first."""
        roots = self._there.collections(self._context.playbook_dir)
        folders = [root.joinpath(*collection.split(".")) for root in roots]
        return list(dict.fromkeys(each.resolve() for each in folders if each.is_dir()))


def unmet(requires: str, core: str) -> str:
    """What a collection wants of ansible-core, if this one is not it."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        if not requires or not core or SpecifierSet(requires).contains(core, prereleases=True):
            return ""
    except InvalidSpecifier:
        return ""
    return f"wants ansible-core {requires}, and {core} is what is here: it may not work"


def names_in(folder: Path) -> Sequence[str]:
    """The modules in a folder, those in folders below it by their dotted names."""
    if not folder.is_dir():
        return ()
    files = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
    return sorted(".".join(path.parts) for path in files if path.name not in NO_MODULES)


def _with(path: Path, extension: str) -> Path:
    return path.with_name(path.name + extension)


def _full(name: str, collection: str) -> str:
    """A redirect's target: short names are of the collection itself."""
    return name if name.count(".") >= 2 else f"{collection}.{name}"


def _acts(name: str) -> str:
    return (
        f"{name} does its work through an action plugin, on the controller, which only Ansible"
        " itself can run: use a module that acts on the host, or 'command'"
    )
