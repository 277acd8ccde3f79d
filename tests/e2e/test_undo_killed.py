"""The agent killed in the middle of a run, on a real host: undo brings everything back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host
from tests.e2e.test_undo import CHANGES, PREPARED, walk
from tests.unit import journaled

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.long]

PYTHON = """#!/usr/bin/python3
# A Python for the agent that notes its acts on files, and kills itself right before one of them:
# which, a file beside says; 0: before none.
import os, sys
sys.argv = sys.argv[sys.argv.index("-c"):]
here = os.path.dirname(os.path.realpath(__file__))
left = [int(open(os.path.join(here, "last")).read())]
acts = os.path.join(here, "acts")
if not os.path.exists(acts):  # else it is the controller's, who looks for the agent that was killed
    acts = os.open(acts, os.O_WRONLY | os.O_CREAT)
    written = os.write
    exec({source!r})
exec(sys.argv[1])
"""
"""It is started as ``python -I -S -c CODE``."""

ARMED = """import builtins, signal, threading
{body}
_armed(left, lambda name: written(acts, name.encode() + b"\\n"))
"""
GROUPS = 2
"""The points are gone through in groups, which can be tested side by side."""

POINTS, MORE_POINTS = 14, 56
"""How many points a usual run of the tests has, and one that explores."""

KINDS = {
    *("open", "write", "half a write", "fsync", "replace", "rename"),
    *("mkdir", "rmdir", "unlink", "symlink", "chmod", "fchmod", "utime"),
}
"""Acts that a run of these changes is made of."""


def killing_python() -> str:
    """The source of an interpreter that is killed at a chosen act."""
    text = Path(journaled.__file__).read_text()
    body = text[text.index("KILLED = ") : text.index("def killed_at")]
    arming = text[text.index("def _armed") :]
    source = "from __future__ import annotations\nfrom typing import Any, Callable\n"
    return PYTHON.format(source=source + ARMED.format(body=body + arming))


def chosen(acts: list[str], count: int) -> list[int]:
    """The first act of each kind, and others spread evenly over the run, by their number."""
    points = {acts.index(kind) + 1 for kind in acts}
    rest = [number for number in range(1, len(acts) + 1) if number not in points]
    wanted = max(0, count - len(points))
    points |= {rest[place * len(rest) // wanted] for place in range(min(wanted, len(rest)))}
    return sorted(points)


@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_many_points_of_a_run(
    project: Project, bare_droplet: Host, there: str, group: int, exploring: bool
) -> None:
    """(Before each single act, and without a host: tests/unit/test_journal.py.)"""
    folder, tools = f"{there}/work", f"{there}/tools"
    bare_droplet.ssh(f"mkdir {tools} && cat > {tools}/python", killing_python())
    bare_droplet.ssh(f"chmod 755 {tools}/python")

    def run_until(point: int) -> tuple[Done, list[str], str]:
        """A run of its own that is killed there, its acts, and what was there before it."""
        bare_droplet.ssh(
            f"rm -rf {folder} ~/.local/state/suture {tools}/acts && mkdir -p {folder} ~/.local/state"
            f" && echo {point} > {tools}/last && cd {folder} && {PREPARED}"
        )
        before = walk(bare_droplet, folder)
        project.inventory(ansible_python_interpreter=f"{tools}/python")
        done = project.run(CHANGES.format(there=folder), "--json")
        project.inventory()
        acts = bare_droplet.ssh(f"cat {tools}/acts").stdout.splitlines()
        return done, acts, before

    whole, acts, _ = run_until(0)
    assert whole.code == 0, whole.out + whole.err
    count = MORE_POINTS if exploring else POINTS
    points = chosen(acts, count)
    assert len(points) >= count and {acts[point - 1] for point in points} >= KINDS
    for point in points[group::GROUPS]:
        done, seen, before = run_until(point)
        assert done.code == 4, f"point {point}: {done.out}"
        assert seen == acts[:point]
        undone = project.suture("undo", "--run", str(done.finished["run"]))
        assert undone.code == 0, f"point {point}, {seen[-1]}: {undone.out}"
        after = walk(bare_droplet, folder)
        assert _files(after) == _files(before), f"point {point}, {seen[-1]}"


def _files(found: str) -> list[str]:
    """Kinds, modes, owners, targets and hashes; and the times of all but directories."""
    lines = []
    for line in found.splitlines():
        words = line.split(" ")
        if len(words) > 5 and words[1] == "d":
            del words[5]
        lines.append(" ".join(words))
    return lines
