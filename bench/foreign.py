"""What is measured of modules written for Ansible, run unchanged: one many times, and a mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench import workloads as work
from bench.arena import Arena
from bench.measure import Series
from bench.workloads import HERE, Task

TOOLS = ("suture", "mitogen", "ansible")
ROUNDS = {"suture": 5, "mitogen": 2, "ansible": 1}
SECONDS = {"suture": 0.03, "mitogen": 0.09, "ansible": 0.4}
"""About what a call takes, so that nothing is begun for which there is no time."""

UNCHANGED = {"suture_native": "never"}
"""Suture has some of these modules of its own; here it runs Ansible's."""

MIXED: tuple[Callable[[int], Task], ...] = (
    lambda n: {
        "community.general.ini_file": {
            "path": f"{HERE}/mixed.ini",
            "section": "all",
            "option": f"key_{n}",
            "value": str(n),
        }
    },
    lambda n: {
        "ansible.posix.authorized_key": {
            "user": "{{ ansible_user }}",
            "path": f"{HERE}/keys",
            "manage_dir": False,
            "key": f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN{n:041d} key-{n}",
        }
    },
    lambda n: {"community.crypto.openssh_keypair": {"path": f"{HERE}/pair-{n}", "type": "ed25519"}},
    lambda n: {
        "community.docker.docker_host_info": {"docker_host": f"unix://{HERE}/no-docker-{n}"},
        "failed_when": False,
    },
    lambda n: {"ansible.builtin.getent": {"database": "passwd", "key": "root"}},
)
"""A task of each of five collections; Docker's finds nobody there, which it says."""


def many(count: int) -> str:
    """So many calls of one module, on one file."""
    return _playbook([MIXED[0](number) for number in range(count)])


def mixed(count: int) -> str:
    """So many calls, of a module of each of five collections in turn."""
    return _playbook([MIXED[number % len(MIXED)](number) for number in range(count)])


def _playbook(tasks: list[Task]) -> str:
    root = {"name": "root", **work.ANSIBLE["root"](0)}
    named = [{"name": f"call {number}", **task} for number, task in enumerate(tasks)]
    return work.playbook([root, *named], **UNCHANGED)


WORK: Mapping[str, tuple[Callable[[int], str], int]] = {
    "foreign many": (many, 100),
    "foreign mixed": (mixed, 30),
}
"""By measure: the playbook, and how many calls it makes."""


def modules(arena: Arena, measure: str, count: int) -> list[Series]:
    """The calls where nothing is there, and again where everything is."""
    made = WORK[measure][0]
    texts = {"ansible": made(count)}
    found: list[Series] = []
    for again in (False, True):
        contestants = []
        for tool in TOOLS:
            more: dict[str, Any] = {} if again else {"before": arena.fresh(tool)}
            contestants.append(
                arena.contestant(
                    tool,
                    f"{measure.replace(' ', '-')}-{count}",
                    texts,
                    rounds=ROUNDS[tool],
                    expected=1.5 + SECONDS[tool] * count,
                    **more,
                )
            )
        name = f"{measure} again" if again else measure
        arena.say(f"{name}: {count} calls")
        found += arena.turns(name, contestants, budget=40, tasks=count)
    return found
