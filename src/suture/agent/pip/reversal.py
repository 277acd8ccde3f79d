"""The commands that bring an environment back to the very distributions that it had.  Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, cast
from urllib.parse import unquote, urlsplit

from . import clearing
from .distributions import normal

Commands = List[List[str]]


def restored(
    pip: Sequence[str],
    rows: Sequence[Dict[str, Any]],
    held: Sequence[Dict[str, Any]],
    flags: Sequence[str],
) -> Commands:
    """Undo what the rows tell: what was there comes back, each from where it came and nothing
    else with it; what was not there goes.  ``held`` are the distributions of before, ``flags`` the
    options and sources with which the new ones came."""
    entries = {normal(entry["name"]): entry for entry in held}
    back: List[str] = []
    gone: List[str] = []
    for row in rows:
        entry = entries.get(normal(row["name"]))
        if not row["from"]:
            gone.append(row["name"])
        elif entry is None:
            back.append(f"{row['name']}=={row['from']}")
        elif row["from"] != row["to"] or entry["direct"]:
            back += specified(entry)
    commands = []
    if back:
        commands.append([*pip, "install", *flags, "--force-reinstall", "--no-deps", *back])
    if gone:
        commands.append([pip[0], "-c", _clearing(), *pip, "uninstall", "--yes", *gone])
    return commands


def _clearing() -> str:
    """The program that takes caches away as well, from wherever the agent was loaded."""
    loader = cast("Any", clearing.__loader__)
    return str(loader.get_source(clearing.__name__))


def specified(entry: Dict[str, Any]) -> List[str]:
    """The words that make pip install just this distribution."""
    direct = entry["direct"]
    if not direct:
        return [f"{entry['name']}=={entry['version']}"]
    url, inside = direct["url"], direct.get("subdirectory")
    if direct.get("dir_info", {}).get("editable"):
        return ["-e", unquote(urlsplit(url).path)]
    vcs = direct.get("vcs_info")
    if vcs:
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return [f"{entry['name']} @ {url}" + (f"#subdirectory={inside}" if inside else "")]
