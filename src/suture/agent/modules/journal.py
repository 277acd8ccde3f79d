"""What runs changed on this host, as this user, is known; with ``prune`` only what is young enough.

It shows what ``undo`` can put back.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Dict, List

from ..journal.storage import RUNS, TOTAL, size_of, superfluous
from ..protocol.spec import arg
from ..undoing.records import Record, directories, records, runs
from ..world.world import World

EXAMPLES = """
- name: what did the last run change?
  journal: {run: 20260301-101502-7f3a}
  register: changed

- name: no journals from before last month
  journal: {prune: true, days: 30}
"""

DAY = 86400


@dataclass(frozen=True)
class Args:
    run: str = arg("Tell each change of this run.", "")
    prune: bool = arg("Forget the journals of runs that are beyond one of the bounds below.", False)
    days: float | None = arg("Runs that are at most so many days old are kept.", None)
    keep: int = arg("So many of the newest runs are kept at the most.", RUNS)
    size: int = arg("The journals hold so many bytes in all at the most.", TOTAL)


def apply(args: Args, world: World) -> Dict[str, Any]:
    data: Dict[str, Any] = {"pruned": _pruned(args, world) if args.prune else []}
    found = runs(world)
    data["runs"] = [{"run": run, "size": sum(map(size_of, found[run]))} for run in found]
    if args.run:
        data["records"] = [
            _record_data(record) for record in records(args.run, found.get(args.run, ()), world)
        ]
    return data


def _pruned(args: Args, world: World) -> List[str]:
    before = 0.0 if args.days is None else time.time() - args.days * DAY
    gone = []
    for directory in directories(world):
        for run in superfluous(directory, args.keep, args.size, before):
            path = os.path.join(directory, run)
            if world.stat(path) is not None:
                world.remove(path, hidden=True)
                gone.append(run)
    return gone


def _record_data(record: Record) -> Dict[str, Any]:
    """``undone``: whether it can be, by what is known."""
    return {
        "number": record.number,
        "at": record.at,
        "step": record.step,
        "phase": record.phase,
        "action": record.action,
        "target": record.target,
        "paths": [entry.path for entry in record.entries],
        "can_be_undone": record.touched or record.undo is not None,
    }
