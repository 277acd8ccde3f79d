"""What a run changed on this host, as this user, is as it was before; the newest change first.

Files, directories and links get their content, owner, mode and time back.  A command's effects are
undone by the commands that its module or the task's ``undo_with`` names; where there are none, the
result says so.  Paths that somebody has changed since are named, and nothing is touched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import Any, Dict, List, Mapping, Sequence, Set

from ..journal.storage import held, in_use
from ..protocol.spec import Failure, arg
from ..undoing.chains import stages
from ..undoing.preflight import Preflight
from ..undoing.records import Record, aftermath, records, runs
from ..undoing.restoration import Restoration, tried
from ..world.node import Nanoseconds
from ..world.world import World

EXAMPLES = """
- name: what the last deployment changed is undone
  undo:
    run: 20260301-101502-7f3a

- name: nothing has changed since its second phase
  undo: {run: 20260301-101502-7f3a, phase: 2, check: true}
"""


@dataclass(frozen=True)
class Args:
    run: str = arg("The run's id, as the ledger and 'journal' show it.")
    phase: int = arg("Only what this phase of the plan changed.", 0)
    numbers: list[int] = arg("Only the changes that 'journal' shows with these numbers.", [])
    force: bool = arg("Put back also what somebody has changed since.", False)
    check: bool = arg("Only look whether it can be done.", False)
    assumed: list[str] = arg(
        "Paths that are taken to be as the run left them: another user's part comes first.", []
    )


def apply(args: Args, world: World) -> Dict[str, Any]:
    found = runs(world)
    chosen = _chosen(args, found, world)
    since = aftermath(args.run, found, world)
    with held(found.get(args.run, ())):
        view = Preflight(world, chosen, args.run, frozenset(args.assumed), since, found)
        positions = view.positions(args.force)
        lost = sorted(view.lost(positions))
        data: Dict[str, Any] = {
            "run": args.run,
            "records": len(chosen),
            "cannot": [
                _not_undoable(record)
                for record in chosen
                if not record.touched and record.undo is None
            ],
            "lost": lost,
        }
        failures = [] if args.check else _put_back(view, positions, set(lost), args.force)
    if failures:
        raise Failure("; ".join(failures), **data)
    return data


def _put_back(
    view: Preflight, positions: Mapping[str, int], lost: Set[str], force: bool
) -> List[str]:
    """What could not be put back."""
    world, since = view.world, view.since
    failures: List[str] = []
    excused: List[str] = []
    for path in since.leftovers:
        tried(failures, partial(world.remove, path))
    times = view.times(positions)
    for stage in stages(view.chosen, positions, since.reverted):
        for path in lost:
            stage.targets.pop(path, None)
        Restoration(view, stage, times, failures, force, excused).perform()
        if stage.command is not None:
            tried(failures, partial(_reverted, [stage.command], world, excused))
    for alike in _late(view.chosen, since.reverted):
        tried(failures, partial(_reverted, alike, world, excused))
    for path, time in times.items():
        tried(failures, partial(_timed, path, time, world))
    return failures


def _chosen(args: Args, found: Mapping[str, Sequence[str]], world: World) -> List[Record]:
    places = found.get(args.run, ())
    for place in places:
        if in_use(place):
            raise Failure(f"run {args.run} is still under way on this host", busy=True)
    return [
        record
        for record in records(args.run, places, world)
        if (not args.phase or record.phase == args.phase)
        and (not args.numbers or record.number in args.numbers)
    ]


def _not_undoable(record: Record) -> Dict[str, Any]:
    """A change that cannot be undone, for the operator."""
    told = {"step": record.step, "action": record.action, "target": record.target}
    return {**told, "phase": record.phase, "at": record.at}


def _timed(path: str, time: int, world: World) -> None:
    """A directory in which something came and went has its time again too."""
    node = world.stat(path, follow=False)
    if node is not None and node.kind == "directory" and os.geteuid() in (0, node.uid):
        world.attributes(path, mtime=Nanoseconds(time), follow=False)


def _late(chosen: Sequence[Record], reverted: Set[str]) -> List[List[Record]]:
    """The commands that are undone in the end, those together that are undone alike."""
    found: Dict[Any, List[Record]] = {}
    for record in reversed(chosen):
        if record.undo and record.late and record.identity not in reverted:
            found.setdefault((record.undo, record.cwd), []).append(record)
    return list(found.values())


def _reverted(records: Sequence[Record], world: World, excused: List[str]) -> None:
    """The commands that undo a command, run where and as it was; one of several that are alike.
    What they would have cleared away, had they run, is added to ``excused``."""
    record = records[0]
    commands = record.undo or ()
    rows = [{**row, "from": row.get("to"), "to": row.get("from")} for row in record.rows]
    for number, argv in enumerate(commands, 1):
        last = number == len(commands)
        done = world.run(
            *argv,
            action=f"undo {record.action}",
            shown=_shown(record, argv),
            detail={"rows": rows} if rows and last else {},
            expects={},
            reverts=" ".join(each.identity for each in records) if last else "",
            live=not record.secret,
            cwd=record.cwd or None,
            env=dict(record.environment),
        )
        if not done.ran:
            excused.extend(record.touches)


def _shown(record: Record, argv: Sequence[str]) -> str:
    """What the undoing is about: the change's own target, or for a command the command."""
    if record.secret:
        return "(hidden)"
    return " ".join(argv) if record.action == "run" else record.target
