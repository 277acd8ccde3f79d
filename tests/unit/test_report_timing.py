"""--timing: the seconds of a run are told where they went."""

from __future__ import annotations

import io
from collections.abc import Iterator

from suture.events import HostConnected, RunFinished, RunStarted, StepFinished
from suture.report.terminal.output import Plain
from suture.report.terminal.timing import Timing, process_age


def _told(*moments: tuple[float, object]) -> str:
    """What is told of events that come at these times, and of an end one second later."""
    times: Iterator[float] = iter([0.0, *(at for at, _ in moments), moments[-1][0] + 1])
    out = io.StringIO()
    timing = Timing(Plain(out), before=0.5, clock=lambda: next(times))
    for _, event in moments:
        timing(event)  # type: ignore[arg-type]
    timing.close()
    return out.getvalue()


def _step(module: str, seconds: float, task: str = "t") -> StepFinished:
    return StepFinished(
        host="h", task=task, module=module, status="ok", file="p.yml", line=3, seconds=seconds
    )


def test_spans_modules_and_pauses() -> None:
    told = _told(
        (0.25, RunStarted(run="r", mode="apply", playbook="p.yml", hosts=("h",))),
        (1.0, HostConnected(host="h", user="u", python="3.11", seconds=0.7)),
        (1.5, _step("copy", 0.5)),
        (2.75, _step("pip", 0.25, "waits")),
        (2.76, _step("copy", 0.01)),
        (3.0, RunFinished(run="r", exit_code=0, hosts={})),
    )
    lines = [" ".join(each.split()) for each in told.splitlines()]
    assert "Python, imports, inventory, playbook 0.750 s" in lines
    assert "until the first agent was there 0.750 s" in lines
    assert "until the last result 1.760 s" in lines
    assert "until the end 1.240 s" in lines
    assert lines.index("copy 2 0.510 s") < lines.index("pip 1 0.250 s")
    assert "1.000 s h before 'waits' p.yml:3" in lines
    assert sum("before" in each for each in lines) == 1


def test_a_run_that_reached_nobody_is_told_too() -> None:
    told = _told((0.0, RunStarted(run="r", mode="apply", playbook="p.yml", hosts=())))
    assert "Where the seconds went" in told
    assert "by module" not in told


def test_a_process_has_an_age() -> None:
    assert 0 < process_age() < 7 * 24 * 3600
