"""Run by itself, beside an installed ansible-core: which plays does it load?  No task is performed.

Requests come as JSON lines on stdin (``{"playbook": path, "roles": [folder, …]}``), answers go as JSON
lines to stdout: an empty text where the playbook loads, else what ansible-core says.  A request is
answered by a fork of the process that has ansible-core imported, so each costs milliseconds, and none
disturbs another.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 10
"""After which a playbook counts as one that does not load."""


def main() -> None:
    """Answer each line of stdin."""
    ansible = {
        name: importlib.import_module(f"ansible.{name}")
        for name in (
            *("constants", "context", "errors", "inventory.manager", "parsing.dataloader"),
            *("playbook", "plugins.loader", "vars.manager"),
        )
    }
    immutable = importlib.import_module("ansible.module_utils.common.collections").ImmutableDict
    vars(ansible["context"])["CLIARGS"] = immutable(
        tags=("all",), skip_tags=(), syntax=True, verbosity=0
    )
    ansible["plugins.loader"].init_plugin_loader()
    _warm(ansible)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_forked(ansible, json.loads(line))) + "\n")
        answers.flush()


def _warm(ansible: dict[str, Any]) -> None:
    """Load a small playbook here, so that no child has to find ansible-core's own plugins again."""
    with tempfile.TemporaryDirectory(prefix="suture-corpus-") as scratch:
        playbook = Path(scratch, "warm.yml")
        tasks = [
            {"ansible.builtin.debug": {"msg": "x"}, "when": "true"},
            {"block": [{"meta": "noop"}]},
        ]
        playbook.write_text(json.dumps([{"hosts": "all", "tasks": tasks}]), "utf-8")
        _loaded(ansible, {"playbook": str(playbook), "roles": []})
    gc.freeze()


def _forked(ansible: dict[str, Any], request: dict[str, Any]) -> str:
    """The answer of a child process, or why there is none."""
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.close(here)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.write(there, b"=" + _loaded(ansible, request).encode()[:4000])
        os._exit(0)
    os.close(there)
    answer = b""
    while True:
        ready, _, _ = select.select([here], [], [], SECONDS)
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(here, 65536)
        if not piece:
            break
        answer += piece
    os.close(here)
    os.waitpid(child, 0)
    return answer[1:].decode("utf-8", "replace") if answer else "ansible-core gave no answer"


def _loaded(ansible: dict[str, Any], request: dict[str, Any]) -> str:
    """What ansible-core says against the playbook and what it reads; nothing where it loads."""
    home = str(Path(request["playbook"]).parent)
    try:
        ansible["constants"].DEFAULT_ROLES_PATH = request["roles"]
        ansible["plugins.loader"].add_all_plugin_dirs(home.encode())
        loader = ansible["parsing.dataloader"].DataLoader()
        inventory = ansible["inventory.manager"].InventoryManager(loader, sources=["localhost,"])
        variables = ansible["vars.manager"].VariableManager(loader, inventory)
        loader.set_basedir(home)
        found = ansible["playbook"].Playbook.load(
            request["playbook"], variable_manager=variables, loader=loader
        )
        for play in found.get_plays():
            play.compile()
    except ansible["errors"].AnsibleError as error:
        return str(error).strip() or type(error).__name__
    except Exception as error:  # noqa: BLE001 - a bug of ansible-core's is a refusal too
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main()
