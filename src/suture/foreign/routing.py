"""What a collection says of its own names: moved, gone, deprecated, grouped; and what it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suture.foreign.cache import cache

KINDS = ("modules", "action", "module_utils", "filter", "test", "lookup")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a name leads: to another one (``redirect``), to nothing any more (``gone``, why), and
    what is to be said on the way."""

    redirect: str = ""
    gone: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """One collection's ``meta/runtime.yml``: ``groups`` are its action groups, each a list of modules
    and of other groups (those under "extend"); ``requires`` the ansible-core that it wants."""

    routes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    requires: str = ""

    def route(self, kind: str, name: str) -> Route:
        said = self.routes.get(kind, {}).get(name)
        if said is None:
            return Route()
        gone, old = said.get("tombstone"), said.get("deprecation")
        return Route(
            str(said.get("redirect") or ""),
            _sentence(gone, "was removed") if gone else "",
            _sentence(old, "is deprecated") if old else "",
        )


def routing(file: Path) -> Routing:
    """What the file says; nothing where there is none."""
    if not file.is_file():
        return Routing()
    return Routing(**cache("routing").of(str(file), _read))


def version(collection: Path) -> str:
    """The collection's own version, as far as it says one."""
    for name in ("MANIFEST.json", "galaxy.yml"):
        file = collection / name
        if file.is_file():
            return str(cache("versions").of(str(file), _version) or "")
    return ""


def _version(path: str) -> str:
    text = Path(path).read_text(encoding="utf-8")
    if path.endswith(".json"):
        return str(json.loads(text).get("collection_info", {}).get("version") or "")
    return str((_yaml(text) or {}).get("version") or "")


def _read(path: str) -> dict[str, Any]:
    said = _yaml(Path(path).read_text(encoding="utf-8")) or {}
    routed = said.get("plugin_routing") or {}
    groups: dict[str, dict[str, list[str]]] = {}
    for name, members in (said.get("action_groups") or {}).items():
        groups[str(name)] = {"modules": [], "extend": []}
        for member in members or ():
            if isinstance(member, str):
                groups[str(name)]["modules"].append(member)
            elif isinstance(member, dict) and isinstance(member.get("metadata"), dict):
                others = member["metadata"].get("extend_group") or []
                groups[str(name)]["extend"] += [others] if isinstance(others, str) else others
    return {
        "routes": {kind: routed.get(kind) or {} for kind in KINDS},
        "groups": groups,
        "requires": str(said.get("requires_ansible") or ""),
    }


def _yaml(text: str) -> Any:
    import yaml

    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both safe)


def _sentence(said: Mapping[str, Any], verb: str) -> str:
    when = said.get("removal_version") or said.get("removal_date") or ""
    text = " ".join(str(said.get("warning_text") or "").split())
    since = f" {'in' if verb == 'was removed' else 'and goes with'} {when}" if when else ""
    return f"{verb}{since}{': ' + text if text else ''}"
