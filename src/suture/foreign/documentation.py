"""The options that a module says in its documentation that it has; read, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.foreign.cache import cache
from suture.foreign.places import Installed
from suture.memo import once

BEGUN = 10
"""Fragments of fragments that are followed."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its names, the documented one first; ``kind`` is Ansible's word for its type."""

    names: tuple[str, ...]
    kind: str
    required: bool
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """A module's options by each of their names; ``whole``: there are no others."""

    by_name: Mapping[str, Option]
    whole: bool

    def required(self) -> Iterator[Option]:
        return (option for option in dict.fromkeys(self.by_name.values()) if option.required)


@once(512)
def options(path: str, there: Installed, playbook_dir: str) -> Options | None:
    """What the module's file, or the one beside it, documents; None where nothing is."""
    said = cache("documentation").of(path, _read)
    beside = Path(path).with_suffix(".yml")
    if "DOCUMENTATION" not in said and beside.is_file():
        said = cache("documentation").of(str(beside), _read_beside)
    if "DOCUMENTATION" not in said:
        return None
    roots = there.collections(playbook_dir)
    found: dict[str, Any] = {}
    whole = _gathered(said["DOCUMENTATION"], there, roots, found, BEGUN)
    by_name: dict[str, Option] = {}
    for name, (kind, required, choices, aliases) in found.items():
        option = Option((name, *aliases), kind, required, tuple(choices))
        by_name.update(dict.fromkeys(option.names, option))
    return Options(by_name, whole)


def _gathered(
    said: Mapping[str, Any],
    there: Installed,
    roots: Sequence[Path],
    found: dict[str, Any],
    levels: int,
) -> bool:
    """Add the options of a documentation and of the fragments that it extends; whether all of those
    are there."""
    whole = levels > 0
    for fragment in said["fragments"] if levels else ():
        file, part = _fragment(fragment, there, roots)
        parts = cache("documentation").of(str(file), _read) if file is not None else {}
        if part in parts:
            whole = _gathered(parts[part], there, roots, found, levels - 1) and whole
        else:
            whole = False
    found.update(said["options"])
    return whole


def _fragment(name: str, there: Installed, roots: Sequence[Path]) -> tuple[Path | None, str]:
    """The file of a fragment, and which part of it is meant."""
    parts = name.split(".")
    if len(parts) < 3 or parts[:2] == ["ansible", "builtin"]:
        parts = parts[2:] if len(parts) > 2 else parts
        folder = there.core / "ansible" / "plugins" / "doc_fragments" if there.core else None
        folders = [folder] if folder else []
    else:
        folders = [root.joinpath(*parts[:2], "plugins", "doc_fragments") for root in roots]
        parts = parts[2:]
    files = (folder / f"{parts[0]}.py" for folder in folders)
    part = parts[1].upper() if len(parts) > 1 else "DOCUMENTATION"
    return next((file for file in files if file.is_file()), None), part


def _read(path: str) -> dict[str, Any]:
    """Every documentation in a Python source: a module's own, or a fragment's parts."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError):
        return {}
    found = {}
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for node in (node for body in bodies for node in body):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id.isupper():
                said = _reduced(str(node.value.value))
                if said is not None:
                    found[target.id] = said
    return found


def _read_beside(path: str) -> dict[str, Any]:
    loaded = _yaml(Path(path).read_text(encoding="utf-8"))
    said = _of(loaded.get("DOCUMENTATION")) if isinstance(loaded, dict) else None
    return {} if said is None else {"DOCUMENTATION": said}


def _reduced(text: str) -> dict[str, Any] | None:
    return _of(_yaml(text)) if "options" in text or "fragment" in text else None


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe)
    except yaml.YAMLError:
        return None


def _of(loaded: Any) -> dict[str, Any] | None:
    """The options and fragments of one documentation, as JSON can hold them."""
    if not isinstance(loaded, dict):
        return None
    options = loaded.get("options") or {}
    if not isinstance(options, dict):
        return None
    found = {}
    for name, about in options.items():
        about = about if isinstance(about, dict) else {}
        choices = [
            each if isinstance(each, (str, int, float)) else str(each)
            for each in _listed(about.get("choices"))
        ]
        aliases = [str(each) for each in _listed(about.get("aliases"))]
        kind, required = str(about.get("type") or "str"), about.get("required") is True
        found[str(name)] = [kind, required, choices, aliases]
    fragments = _listed(loaded.get("extends_documentation_fragment"))
    return {"options": found, "fragments": [str(each).strip() for each in fragments]}


def _listed(said: Any) -> list[Any]:
    """What is written as a list, as a mapping's keys, or as words with commas."""
    if isinstance(said, str):
        return said.split(",")
    return list(said) if isinstance(said, (list, dict)) else []
