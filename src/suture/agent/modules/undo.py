"""What a run changed on this host, as this user, is as it was before; the newest change first.

Files, directories and links get their content, owner, mode and time back.  A command's effects are
undone by the commands that its module or the task's ``undo_with`` names; where there are none, the
result says so.  Paths that somebody has changed since are named, and nothing is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Dict, List, Mapping, Sequence

from ..journal import held, in_use
from ..spec import Failure, arg
from ..world import World
from ._chains import directory_times, stages
from ._records import Record, aftermath, records, runs
from ._restoration import Restoration, tried
from ._view import View

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
        settled = not any(
            record.undo and record.identity not in since.reverted for record in chosen
        )
        view = View(world, chosen, args.run, frozenset(args.assumed), since, settled)
        positions = view.positions(args.force)
        lost = sorted(view.lost(positions))
        data: Dict[str, Any] = {
            "run": args.run,
            "records": len(chosen),
            "cannot": [
                _told(record) for record in chosen if not record.touched and record.undo is None
            ],
            "lost": lost,
        }
        if args.check:
            return data
        failures: List[str] = []
        for path in since.leftovers:
            tried(failures, partial(world.remove, path))
        times = directory_times(chosen, view.times())
        for stage in stages(chosen, positions, since.reverted):
            for path in lost:
                stage.targets.pop(path, None)
            Restoration(world, stage, view.blobs, view.secret, times, failures).perform()
            if stage.command is not None:
                tried(failures, partial(_reverted, stage.command, world))
    if failures:
        raise Failure("; ".join(failures), **data)
    return data


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


def _told(record: Record) -> Dict[str, Any]:
    """A change that cannot be undone, for the operator."""
    told = {"step": record.step, "action": record.action, "target": record.target}
    return {**told, "phase": record.phase, "at": record.at}


def _reverted(record: Record, world: World) -> None:
    """The commands that undo a command, run where and as it was."""
    rows = [{**row, "from": row.get("to"), "to": row.get("from")} for row in record.rows]
    for number, argv in enumerate(record.undo or ()):
        last = number == len(record.undo or ()) - 1
        world.run(
            *argv,
            action=f"undo {record.action}",
            shown="(hidden)" if record.secret else record.target if rows else " ".join(argv),
            detail={"rows": rows} if rows and last else {},
            expects={},
            reverts=record.identity if last else "",
            live=not record.secret,
            cwd=record.cwd or None,
            env=dict(record.environment),
        )
