"""What is going on right now: at the status of a terminal, and as signs of life in a log."""

from __future__ import annotations

import io

from suture.events import RunStarted, StepFinished, StepOutput, StepStarted, TestFinished
from suture.report.terminal.output import Plain
from suture.report.terminal.status_lines import StatusLines
from suture.report.terminal.terminal import Terminal


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_foot_shows_what_runs_its_last_lines_and_how_long() -> None:
    clock = Clock()
    status = StatusLines(clock)
    status.started(StepStarted(host="h", task="Install torch", module="pip"))
    for n in range(10):
        status.printed(StepOutput(host="h", task="Install torch", text=f"line {n}"))
    status.printed(StepOutput(host="h", task="Install torch", text="10%\r99%"))
    clock.now += 72
    head, *output = [each.text for each in status.lines(80, 24)]
    assert head.endswith("Install torch  1 min 12 s")
    assert output == [f"    │ line {n}" for n in range(5, 10)] + ["    │ 99%"]
    status.finished(StepFinished(host="h", task="Install torch", module="pip", status="ok"))
    assert status.lines(80, 24) == []


def test_a_result_told_late_does_not_take_the_next_step_off_the_foot() -> None:
    status = StatusLines(Clock())
    status.started(StepStarted(host="h", task="one", module="m"))
    status.started(StepStarted(host="h", task="two", module="m"))
    status.finished(StepFinished(host="h", task="one", module="m", status="ok"))
    assert "two" in status.lines(80, 24)[0].text
    status.finished(StepFinished(host="h", task="two", module="m", status="ok"))
    assert status.lines(80, 24) == []


def test_the_foot_counts_tests_as_they_finish() -> None:
    status = StatusLines(Clock())
    for n in range(5):
        outcome = "failed" if n == 3 else "passed"
        status.tested(TestFinished(host="h", id=f"t{n}", outcome=outcome, purpose="verify"))
    (counter,) = status.lines(80, 24)
    assert "verifying  4 passed  1 failed" in counter.text
    status.counted("h")
    assert status.lines(80, 24) == []


def test_the_foot_fits_into_a_small_terminal() -> None:
    status = StatusLines(Clock())
    for n in range(50):
        status.started(StepStarted(host=f"h{n}", task="Install", module="apt"))
        status.printed(StepOutput(host=f"h{n}", task="Install", text="unpacking"))
    assert len(status.lines(80, 10)) == 8
    assert "… and 42 more hosts at work" in status.lines(80, 60)[-1].text


def test_a_log_is_not_silent_for_minutes() -> None:
    clock, out = Clock(), io.StringIO()
    shown = Terminal(Plain(out), clock=clock)
    shown(RunStarted(run="r", mode="apply", playbook="p", hosts=("h",)))
    shown(StepStarted(host="h", task="Install torch", module="pip"))
    shown(StepOutput(host="h", task="Install torch", text="Collecting torch"))
    clock.now += 9
    shown.tick()
    assert "still running" not in out.getvalue()
    clock.now += 2
    shown.tick()
    shown.tick()
    assert out.getvalue().count("still running: Install torch (11 s): Collecting torch") == 1
