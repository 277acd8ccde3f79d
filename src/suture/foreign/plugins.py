"""Filters, tests and lookups of others: of collections by ansible-core's own loader, and from the
``*_plugins`` folders of roles and playbooks.  Imported when a playbook names one, and not before."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from suture.foreign.modules import INSTALL
from suture.foreign.places import installed

Kind = Literal["filter", "test", "lookup"]
FOLDERS: Mapping[Kind, tuple[str, str, str]] = {
    "filter": ("filter_plugins", "FilterModule", "filters"),
    "test": ("test_plugins", "TestModule", "tests"),
    "lookup": ("lookup_plugins", "LookupModule", ""),
}

UNUSED: Mapping[str, str] = {
    "action_plugins": "run a module from library/, which acts on the host, or 'command'",
    "become_plugins": "become_method is one of those that Suture has",
    "cache_plugins": "facts are gathered when a template reads one",
    "callback_plugins": "read the events of --json, or use 'report'",
    "connection_plugins": "hosts are reached by ssh, or local",
    "strategy_plugins": "'strategy' is linear, free or host_pinned",
    "vars_plugins": "put the values into group_vars/ or host_vars/, or let the inventory tell them",
}
"""Folders of plugins that only Ansible itself can run, and what to use instead."""

_homes: dict[str, None] = {}
_lock = threading.RLock()


def look_in(home: str) -> None:
    """From now on the plugins of this role or playbook count, as they do for Ansible: for all."""
    if any(Path(home, folder).is_dir() for folder, _, _ in FOLDERS.values()):
        _homes.setdefault(home)
    if Path(home, "collections").is_dir():
        _homes.setdefault(home)


def unused(home: str) -> Iterator[str]:
    """A sentence for each plugin of a role or playbook that nothing here runs."""
    for folder, instead in UNUSED.items():
        for file in sorted(Path(home, folder).glob("*.py")):
            if file.stem != "__init__":
                yield f"{file} is not used, as only Ansible itself can run such plugins: {instead}"


class Table(MutableMapping[str, Callable[..., Any]]):
    """Functions by name: those given, and of others each that is asked for and can be found.
    ``made``: what is done to one of others before it is used."""

    def __init__(
        self,
        kind: Kind,
        known: Mapping[str, Callable[..., Any]],
        made: Callable[[str, Callable[..., Any]], Callable[..., Any]],
    ) -> None:
        self._kind: Kind = kind
        self._known = dict(known)
        self._made = made
        self._missing: set[tuple[str, int]] = set()

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name in self._known:
            return self._known[name]
        sought = (name, len(_homes))
        if sought not in self._missing:
            function = plugin(self._kind, name)
            if function is not None:
                return self._known.setdefault(name, self._made(name, function))
            self._missing.add(sought)
        raise KeyError(name)

    def __setitem__(self, name: str, function: Callable[..., Any]) -> None:
        self._known[name] = function

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def plugin(kind: Kind, name: str) -> Callable[..., Any] | None:
    """The function of a filter or test; None where there is none by this name."""
    with _lock:
        if "." not in name:
            for home in reversed(_homes):
                function = _in_folder(kind, home).get(name)
                if function is not None:
                    return function
        loader = _loader(kind)
        found = loader.get(name) if loader is not None else None
        function = getattr(found, "j2_function", None)
        return function if callable(function) else None


def lookup(
    name: str, terms: Sequence[Any], names: Mapping[str, Any], options: Mapping[str, Any]
) -> list[Any] | None:
    """What a lookup of others finds; None where there is none by this name.  ``names``: variables."""
    with _lock:
        made = _lookup_of(name)
    if made is None:
        return None
    return list(made.run(list(terms), variables=names, **options))


def homes() -> tuple[str, ...]:
    """The roles and playbooks whose plugins count."""
    return tuple(_homes)


def unfound(kind: str, name: str) -> str:
    """What to do about a plugin that is not there, or nothing."""
    if installed().core is None:
        return f": it may be one of a collection's, and ansible-core is not here: {INSTALL}"
    if name.count(".") < 2:
        return broken()
    collection = ".".join(name.split(".")[:2])
    roots = installed().collections(next(iter(_homes), "."))
    if any(root.joinpath(*collection.split(".")).is_dir() for root in roots):
        return ""
    return (
        f": the collection {collection} is not installed:"
        f" ansible-galaxy collection install {collection}"
    )


def broken() -> str:
    """Which files of plugins cannot be used, as the end of a sentence, or nothing."""
    files = "; ".join(f"{file} cannot be used: {why}" for file, why in _broken.items())
    return f": {files}" if files else ""


def _lookup_of(name: str) -> Any:
    if "." not in name:
        for home in reversed(_homes):
            for module in _modules("lookup", home):
                if module.__name__.rpartition(".")[2] == name:
                    return module.LookupModule()
    loader = _loader("lookup")
    return loader.get(name) if loader is not None else None


# -- folders ---------------------------------------------------------------------------------------

_read: dict[str, list[ModuleType]] = {}
_broken: dict[str, str] = {}
"""Files of plugins that cannot be used, and why: they bring nothing."""


def _in_folder(kind: Kind, home: str) -> dict[str, Callable[..., Any]]:
    _, named, method = FOLDERS[kind]
    found: dict[str, Callable[..., Any]] = {}
    for module in _modules(kind, home):
        made = getattr(module, named, None)
        if made is None:
            continue
        try:
            found.update(getattr(made(), method)())
        except Exception as error:  # noqa: BLE001 - somebody else's code: see ``broken``
            _broken[str(module.__file__)] = f"{type(error).__name__}: {error}"
    return found


def _modules(kind: Kind, home: str) -> list[ModuleType]:
    """The modules in a folder of plugins, each imported once."""
    folder = Path(home, FOLDERS[kind][0])
    if str(folder) not in _read:
        made = (_imported(file) for file in sorted(folder.glob("*.py")))
        _read[str(folder)] = [module for module in made if module is not None]
    return _read[str(folder)]


def _imported(file: Path) -> ModuleType | None:
    _reachable()
    spec = importlib.util.spec_from_file_location(f"suture_plugins.{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - somebody else's code: see ``broken``
        _broken[str(file)] = f"{type(error).__name__}: {error}"
        return None
    return module


# -- ansible-core's loader -------------------------------------------------------------------------

_loaders: dict[int, ModuleType] = {}


def _reachable() -> bool:
    """Whether ansible-core can be imported here, wherever it is."""
    core = installed().core
    if core is not None and str(core) not in sys.path:
        sys.path.append(str(core))
    return core is not None


def _loader(kind: Kind) -> Any:
    """Ansible's loader for plugins of this kind; None without ansible-core."""
    if not _reachable():
        return None
    if not _loaders:
        loader = importlib.import_module("ansible.plugins.loader")
        roots = [str(root.parent) for home in _homes for root in installed().collections(home)]
        loader.init_plugin_loader(list(dict.fromkeys(roots)))
        _loaders[0] = loader
    return getattr(_loaders[0], f"{kind}_loader")
