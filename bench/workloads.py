"""What every tool is given to do: written once as data, told to each tool in its own language.

All paths lie below ``bench_root/HOST`` of the home that the hosts share.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = "{{ bench_root }}/{{ inventory_hostname }}"
"""A host's own folder, as Ansible's language says it."""

PATTERN = ("directory", "copy", "line", "copy", "template", "stat", "copy", "line", "command")
COUNTS = {"directory": 20, "copy": 30, "line": 20, "template": 10, "stat": 10, "command": 10}
"""With the folder that holds it all: 101 tasks."""

# No newline stands behind a block: tools differ in whether they keep it.
TEMPLATE = """\
# {{ title }}, number {{ number }}
{% for port in ports %}listen {{ port }}{% if loop.first %} default{% endif %}; {% endfor %}# all
"""
LONG_AGO = 1_700_000_000
VALUES = {"title": "settings of the service", "ports": [8000, 8001, 8002, 8003]}


@dataclass(frozen=True)
class Job:
    """One task: its kind, and which of its kind it is."""

    kind: str
    number: int


def jobs(count: int = 101) -> list[Job]:
    """So many tasks, the kinds mixed as the 101 have them; the first makes the host's folder."""
    rounds = -(-count // 101)
    left = {kind: number * rounds for kind, number in COUNTS.items()}
    made = [Job("root", 0)]
    while len(made) < count and any(left.values()):
        for kind in PATTERN:
            if left[kind]:
                left[kind] -= 1
                made.append(Job(kind, COUNTS[kind] * rounds - left[kind]))
    return made[:count]


# -- Ansible's language: Ansible, Mitogen and Suture run the same file ---------------------------

Task = dict[str, Any]

ANSIBLE: Mapping[str, Callable[[int], Task]] = {
    "root": lambda n: {"file": {"path": HERE, "state": "directory", "mode": "0755"}},
    "directory": lambda n: {
        "file": {"path": f"{HERE}/dir-{n}", "state": "directory", "mode": "0750"}
    },
    "copy": lambda n: {"copy": {"src": f"copy-{n}", "dest": f"{HERE}/copy-{n}", "mode": "0644"}},
    "line": lambda n: {
        "lineinfile": {
            "path": f"{HERE}/lines-{n % 10}",
            "line": f"setting_{n} = {n}",
            "create": True,
        }
    },
    "template": lambda n: {
        "template": {"src": "settings.j2", "dest": f"{HERE}/settings-{n}", "mode": "0644"},
        "vars": {"number": n},
    },
    "stat": lambda n: {"stat": {"path": f"{HERE}/copy-{n}"}},
    "command": lambda n: {
        "command": {"argv": ["touch", f"{HERE}/made-{n}"], "creates": f"{HERE}/made-{n}"}
    },
}


def playbook(tasks: Sequence[Task], **variables: Any) -> str:
    """A play on all hosts, without facts."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {**VALUES, **variables},
        "tasks": list(tasks),
    }
    return yaml.safe_dump([play], sort_keys=False, width=200)


def converging(given: Sequence[Job]) -> str:
    """The tasks as a playbook."""
    return playbook(
        [{"name": f"{job.kind} {job.number}", **ANSIBLE[job.kind](job.number)} for job in given]
    )


def looping(items: int) -> str:
    """One task with so many items."""
    root = {"name": "root", **ANSIBLE["root"](0)}
    path = f"{HERE}/item-{{{{ item }}}}"
    loop = {
        "name": "items",
        "file": {"path": path, "state": "directory", "mode": "0750"},
        "loop": f"{{{{ range({items}) | list }}}}",
    }
    return playbook([root, loop])


def syncing(module: str) -> str:
    """A tree of files, as ``sync`` or Ansible's ``synchronize`` or ``copy`` put it there."""
    here = {"name": "root", **ANSIBLE["root"](0)}
    dest = f"{HERE}/tree"
    by_module: dict[str, Task] = {
        "sync": {"sync": {"src": "tree/", "dest": dest, "delete": True}},
        "synchronize": {
            "ansible.posix.synchronize": {
                "src": "files/tree/",
                "dest": f"{dest}/",
                "delete": True,
                "owner": False,
                "group": False,
                "set_remote_user": True,
            }
        },
        "copy": {"copy": {"src": "tree/", "dest": dest}},
    }
    return playbook([here, {"name": "tree", **by_module[module]}])


def placing() -> str:
    """One large file."""
    here = {"name": "root", **ANSIBLE["root"](0)}
    big = {"name": "big", "copy": {"src": "big", "dest": f"{HERE}/big", "mode": "0644"}}
    return playbook([here, big])


def mending(names: Sequence[str]) -> str:
    """Files of an application, which are there already, with other content."""
    return playbook(
        [
            {"name": name, "copy": {"src": f"mended-{n}", "dest": f"{HERE}/{name}"}}
            for n, name in enumerate(names)
        ]
    )


def templating(count: int) -> str:
    """So many small templates."""
    tasks = [Job("root", 0), *(Job("template", number) for number in range(1, count + 1))]
    return converging(tasks)


def registering(rounds: int) -> str:
    """Of every three tasks one registers and two read what it found."""
    tasks: list[Task] = [{"name": "root", **ANSIBLE["root"](0)}]
    for n in range(rounds):
        tasks += [
            {
                "name": f"ask {n}",
                "command": {"argv": ["echo", f"answer {n}"]},
                "register": f"answer_{n}",
                "changed_when": False,
            },
            {
                "name": f"keep {n}",
                "copy": {
                    "content": f"{{{{ answer_{n}.stdout }}}}\n",
                    "dest": f"{HERE}/answer-{n}",
                    "mode": "0644",
                },
            },
            {
                "name": f"mark {n}",
                "file": {"path": f"{HERE}/asked-{n}", "state": "directory", "mode": "0750"},
                "when": f"answer_{n}.rc == 0",
            },
        ]
    return playbook(tasks)


# -- pyinfra ---------------------------------------------------------------------------------------

PYINFRA_HEAD = """\
from pyinfra import host
from pyinfra.facts.files import File
from pyinfra.facts.server import Command
from pyinfra.operations import files, server

HERE = f"{host.data.bench_root}/{host.name}"
VALUES = %r
"""

PYINFRA: Mapping[str, str] = {
    "root": "files.directory(path=HERE, mode='755')",
    "directory": "files.directory(path=f'{HERE}/dir-%(n)d', mode='750')",
    "copy": "files.put(src='files/copy-%(n)d', dest=f'{HERE}/copy-%(n)d', mode='644')",
    "line": "files.line(path=f'{HERE}/lines-%(tenth)d', line='setting_%(n)d = %(n)d')",
    "template": "files.template(src='templates/settings.j2', dest=f'{HERE}/settings-%(n)d',"
    " mode='644', number=%(n)d, **VALUES)",
    "stat": "host.get_fact(File, f'{HERE}/copy-%(n)d')",
    "command": "server.shell(commands=[f'touch {HERE}/made-%(n)d'],"
    " _if=lambda: not host.get_fact(File, f'{HERE}/made-%(n)d'))",
}


def pyinfra_deploy(lines: Sequence[str]) -> str:
    return PYINFRA_HEAD % (VALUES,) + "\n".join(lines) + "\n"


def pyinfra_converging(given: Sequence[Job]) -> str:
    return pyinfra_deploy(
        [PYINFRA[job.kind] % {"n": job.number, "tenth": job.number % 10} for job in given]
    )


def pyinfra_looping(items: int) -> str:
    return pyinfra_deploy(
        [
            PYINFRA["root"],
            f"for item in range({items}):",
            "    files.directory(path=f'{HERE}/item-{item}', mode='750')",
        ]
    )


def pyinfra_templating(count: int) -> str:
    tasks = [Job("root", 0), *(Job("template", number) for number in range(1, count + 1))]
    return pyinfra_converging(tasks)


def pyinfra_registering(rounds: int) -> str:
    return pyinfra_deploy(
        [
            "from io import StringIO",
            PYINFRA["root"],
            f"for n in range({rounds}):",
            "    answer = host.get_fact(Command, f'echo answer {n}')",
            "    files.put(src=StringIO(answer + '\\n'), dest=f'{HERE}/answer-{n}', mode='644')",
            "    if answer:",
            "        files.directory(path=f'{HERE}/asked-{n}', mode='750')",
        ]
    )


def pyinfra_syncing() -> str:
    return pyinfra_deploy(
        [PYINFRA["root"], "files.sync(src='files/tree', dest=f'{HERE}/tree', delete=True)"]
    )


def pyinfra_placing() -> str:
    return pyinfra_deploy(
        [PYINFRA["root"], "files.put(src='files/big', dest=f'{HERE}/big', mode='644')"]
    )


def pyinfra_mending(names: Sequence[str]) -> str:
    return pyinfra_deploy(
        [
            f"files.put(src='files/mended-{n}', dest=f'{{HERE}}/{name}')"
            for n, name in enumerate(names)
        ]
    )


# -- the controller's side ------------------------------------------------------------------------


def written(folder: Path) -> None:
    """The files and templates that the tasks send, beside the playbooks."""
    files, templates = folder / "files", folder / "templates"
    files.mkdir(parents=True, exist_ok=True)
    templates.mkdir(exist_ok=True)
    for number in range(1, COUNTS["copy"] * 10 + 1):
        text = f"# a small file, number {number}\n" + "".join(
            f"line_{line} = {number * line}\n" for line in range(40)
        )
        (files / f"copy-{number}").write_text(text)
    (templates / "settings.j2").write_text(TEMPLATE)


def tree(folder: Path, count: int, changed: int = 0) -> None:
    """A tree of so many files of 1 to 4 KB; ``changed`` of them differ from what it is without.
    The same file has the same time in every tree."""
    for number in range(count):
        path = folder / f"part-{number % 40}" / f"file-{number}.txt"
        text = f"file {number}\n" * (70 + number * 7919 % 240)
        other = changed and number % (count // changed) == 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + ("and one line more\n" if other else ""))
        time = LONG_AGO + number + (100_000 if other else 0)
        os.utime(path, (time, time))


def inventories(
    folder: Path, hosts: Mapping[str, tuple[str, int]], login: Any, bench_root: str
) -> None:
    """The same hosts as Ansible's inventory and as pyinfra's, names to address and port."""
    common = {
        "ansible_user": login.user,
        "ansible_ssh_private_key_file": login.key,
        "ansible_python_interpreter": "/usr/bin/python3",
        "suture_known_hosts": login.known_hosts,
        "bench_root": bench_root,
    }
    named = {
        name: {"ansible_host": address, "ansible_port": port}
        for name, (address, port) in hosts.items()
    }
    text = json.dumps({"all": {"hosts": named, "vars": common}}, indent=1)
    (folder / "inventory.yml").write_text(text)
    entries = [
        (
            name,
            {
                "ssh_hostname": address,
                "ssh_port": port,
                "ssh_user": login.user,
                "ssh_key": login.key,
                "ssh_known_hosts_file": login.known_hosts,
                "bench_root": bench_root,
            },
        )
        for name, (address, port) in hosts.items()
    ]
    (folder / "inventory.py").write_text(f"hosts = {entries!r}\n")
