"""The variables that are always there: which host, which hosts, which play, which mode."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from suture.inventory.patterns import LOCAL
from suture.model import Inventory, Play
from suture.templating.rendering import ScopeView
from suture.variables.scope import Scope, said_of_reach

VERSION = {"full": "2.19.14", "major": 2, "minor": 19, "revision": 14, "string": "2.19.14"}
"""The language that playbooks may count on: that of this ansible-core."""


class HostVars(Mapping[str, Any]):
    """``hostvars``: every host's variables, each read when it is asked for.

    ``scope_of`` gives a host's scope as it is at that moment.
    """

    __slots__ = ("_names", "_scope_of")

    def __init__(self, names: Sequence[str], scope_of: Callable[[str], Scope]) -> None:
        self._names = names
        self._scope_of = scope_of

    def __getitem__(self, host: str) -> ScopeView:
        if host not in self._names and host not in LOCAL:
            raise KeyError(host)
        return ScopeView(self._scope_of(host))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def play_magic(
    play: Play,
    inventory: Inventory,
    *,
    playbook_dir: str,
    inventory_dir: str = "",
    hosts: Sequence[str],
    batch: Sequence[str] | None = None,
    scope_of: Callable[[str], Scope],
    dry_run: bool = False,
    diff: bool = False,
    verbosity: int = 0,
    tags: Sequence[str] = ("all",),
    skip_tags: Sequence[str] = (),
    limit: str = "",
) -> dict[str, Any]:
    """What is the same for all hosts of a play: one mapping for ``Level.MAGIC``."""
    batch = list(hosts if batch is None else batch)
    role_names = [role.name for role in play.roles]
    return {
        "groups": {name: list(members) for name, members in inventory.groups.items()},
        "hostvars": HostVars(tuple(inventory.hosts), scope_of),
        "play_hosts": batch,
        "ansible_play_batch": batch,
        "ansible_play_hosts": list(hosts),
        "ansible_play_hosts_all": list(hosts),
        "ansible_play_name": play.name,
        "ansible_play_role_names": role_names,
        "ansible_role_names": role_names,
        "role_names": role_names,
        "playbook_dir": playbook_dir,
        "inventory_dir": inventory_dir,
        "inventory_file": inventory.sources[0] if inventory.sources else "",
        "ansible_inventory_sources": list(inventory.sources),
        "ansible_check_mode": dry_run,
        "ansible_diff_mode": diff,
        "ansible_forks": 5,
        "ansible_verbosity": verbosity,
        "ansible_run_tags": list(tags),
        "ansible_skip_tags": list(skip_tags),
        **({"ansible_limit": limit} if limit else {}),
        "ansible_version": VERSION,
        "ansible_playbook_python": sys.executable,
        "ansible_search_path": [playbook_dir],
    }


def host_defaults(name: str, play: Play) -> dict[str, Any]:
    """What is said of every host where nothing else says it: for ``Level.ALWAYS``."""
    connection = play.connection if isinstance(play.connection, str) else "ssh"
    local = name in LOCAL and play.connection is None
    return {
        "ansible_host": "127.0.0.1" if name in LOCAL else name,
        **said_of_reach(play),
        "ansible_connection": "local" if local else connection,
        "ansible_facts": {},
    }


def host_magic(name: str, inventory: Inventory) -> dict[str, Any]:
    """What says which host this is: another mapping for ``Level.MAGIC``."""
    host = inventory.hosts.get(name)
    return {
        "inventory_hostname": name,
        "inventory_hostname_short": name.split(".", maxsplit=1)[0],
        "group_names": list(host.groups) if host else [],
    }
