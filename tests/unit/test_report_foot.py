"""What is going on right now: at the foot of a terminal, and as signs of life in a log."""

from __future__ import annotations

import io

from suture.events import RunStarted, StepFinished, StepOutput, StepStarted, TestFinished
from suture.report.terminal.output import Plain
from suture.report.terminal.status_lines import Foot
from suture.report.terminal.terminal import Terminal


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_foot_shows_what_runs_its_last_lines_and_how_long() -> None:
    clock = Clock()
    foot = Foot(clock)
    foot.started(StepStarted(host="h", task="Install torch", module="pip"))
    for n in range(10):
        foot.printed(StepOutput(host="h", task="Install torch", text=f"line {n}"))
    foot.printed(StepOutput(host="h", task="Install torch", text="10%\r99%"))
    clock.now += 72
    head, *output = [each.text for each in foot.lines(80, 24)]
    assert head.endswith("Install torch  1 min 12 s")
    assert output == [f"    │ line {n}" for n in range(5, 10)] + ["    │ 99%"]
    foot.finished(StepFinished(host="h", task="Install torch", module="pip", status="ok"))
    assert foot.lines(80, 24) == []


def test_a_result_told_late_does_not_take_the_next_step_off_the_foot() -> None:
    foot = Foot(Clock())
    foot.started(StepStarted(host="h", task="one", module="m"))
    foot.started(StepStarted(host="h", task="two", module="m"))
    foot.finished(StepFinished(host="h", task="one", module="m", status="ok"))
    assert "two" in foot.lines(80, 24)[0].text
    foot.finished(StepFinished(host="h", task="two", module="m", status="ok"))
    assert foot.lines(80, 24) == []


def test_the_foot_counts_tests_as_they_finish() -> None:
    foot = Foot(Clock())
    for n in range(5):
        outcome = "failed" if n == 3 else "passed"
        foot.tested(TestFinished(host="h", id=f"t{n}", outcome=outcome, purpose="verify"))
    (counter,) = foot.lines(80, 24)
    assert "verifying  4 passed  1 failed" in counter.text
    foot.counted("h")
    assert foot.lines(80, 24) == []


def test_the_foot_fits_into_a_small_terminal() -> None:
    foot = Foot(Clock())
    for n in range(50):
        foot.started(StepStarted(host=f"h{n}", task="Install", module="apt"))
        foot.printed(StepOutput(host=f"h{n}", task="Install", text="unpacking"))
    assert len(foot.lines(80, 10)) == 8
    assert "… and 42 more hosts at work" in foot.lines(80, 60)[-1].text


def test_a_log_is_not_silent_for_minutes() -> None:
    clock, out = Clock(), io.StringIO()
    shown = Terminal(Plain(out), clock=clock)
    shown(RunStarted(run="r", mode="apply", playbook="p", hosts=("h",)))
    shown(StepStarted(host="h", task="Install torch", module="pip"))
    shown(StepOutput(host="h", task="Install torch", text="Collecting torch"))
    clock.now += 29
    shown.tick()
    assert "still running" not in out.getvalue()
    clock.now += 2
    shown.tick()
    shown.tick()
    assert out.getvalue().count("still running: Install torch (31 s): Collecting torch") == 1
