"""The agent killed in the middle of a run, on a real host: undo brings everything back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host
from tests.e2e.test_undo import CHANGES, PREPARED, walk
from tests.unit import journaled

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PYTHON = """#!/usr/bin/python3
# A Python for the agent that kills itself right before an act on files: which, a file beside says.
import os, sys
sys.argv = sys.argv[sys.argv.index("-c"):]
left = [int(open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "acts")).read())]
exec({source!r})
exec(sys.argv[1])
"""
"""It is started as ``python -I -S -c CODE``."""

COUNTED = "import builtins, signal\n{body}\n_armed(left)\n"
GROUPS = 4
STRIDE = 6
LEAST = 13
"""Points in each group: more than 50 in all."""


def killing_python() -> str:
    """The source of an interpreter that is killed at a chosen act."""
    text = Path(journaled.__file__).read_text()
    body = text[text.index("KILLED = ") : text.index("def killed_at")]
    arming = text[text.index("def _armed") :]
    source = "from __future__ import annotations\nfrom typing import Any, Callable\n"
    return PYTHON.format(source=source + COUNTED.format(body=body + arming))


@pytest.mark.parametrize("group", range(GROUPS))
def test_killed_at_many_points_of_a_run(
    project: Project, bare_droplet: Host, there: str, group: int
) -> None:
    """Right before most acts of the run, in groups that can be tested side by side.  (Before each
    single one, and without a host: tests/unit/test_journal.py.)"""
    folder, tools = f"{there}/work", f"{there}/tools"
    bare_droplet.ssh(f"mkdir {tools} && cat > {tools}/python", killing_python())
    bare_droplet.ssh(f"chmod 755 {tools}/python")
    point, killed = group + 1, True
    while killed:
        bare_droplet.ssh(f"rm -rf {folder} && mkdir {folder} && cd {folder} && {PREPARED}")
        bare_droplet.ssh(f"echo {point} > {tools}/acts")
        before = walk(bare_droplet, folder)
        project.inventory(ansible_python_interpreter=f"{tools}/python")
        done = project.run(CHANGES.format(there=folder), "--json")
        assert done.code in (0, 4), done.out + done.err
        killed = done.code == 4
        project.inventory()
        run = str(done.finished["run"])
        undone = project.suture("undo", "--run", run)
        assert undone.code == 0, f"point {point}: {undone.out}"
        after = walk(bare_droplet, folder)
        assert _files(after) == _files(before), f"point {point}"
        point += STRIDE
    assert point // STRIDE >= LEAST


def _files(found: str) -> list[str]:
    """Kinds, modes, owners, targets and hashes; and the times of all but directories."""
    lines = []
    for line in found.splitlines():
        words = line.split(" ")
        if len(words) > 5 and words[1] == "d":
            del words[5]
        lines.append(" ".join(words))
    return lines
