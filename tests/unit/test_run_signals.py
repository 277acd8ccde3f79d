"""A run under way, and the signals that stop it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from suture.commands.run_loop import RunLoop
from suture.events import Event, RunFinished, RunStarted, RunStopping
from suture.report.dispatch import Fan


class Heard:
    """A sink that keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> None:
        """Nothing is shown meanwhile."""

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def kept() -> Iterator[None]:
    """Whatever a test does with signals is over with it."""
    before = {each: signal.getsignal(each) for each in (signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def signalled(number: int) -> tuple[int, list[Event], bool]:
    """The exit code, the events and whether the run was stopped, of one that gets this signal."""
    heard, stopped = Heard(), threading.Event()

    def work() -> tuple[int, str]:
        os.kill(os.getpid(), number)
        stopped.wait(0.5)
        return 0, "done"

    fan = Fan([heard], lambda event: event, lambda sentence: None)
    begun = RunStarted(run="r", mode="apply", playbook="p.yml")
    code = RunLoop().run(fan, begun, work, stopped.set)
    return code, heard.events, stopped.is_set()


@pytest.mark.usefixtures("kept")
def test_a_terminal_that_goes_away_stops_the_run_in_good_order() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    code, events, stopped = signalled(signal.SIGHUP)
    assert (code, stopped) == (130, True)
    (told,) = (event for event in events if isinstance(event, RunStopping))
    assert (told.signal, told.ends) == ("SIGHUP", False)
    assert isinstance(events[-1], RunFinished)


@pytest.mark.usefixtures("kept")
def test_a_run_that_was_started_by_nohup_goes_on() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    code, events, stopped = signalled(signal.SIGHUP)
    assert (code, stopped) == (0, False)
    assert not [event for event in events if isinstance(event, RunStopping)]


@pytest.mark.usefixtures("kept")
def test_ctrl_c_is_heeded_though_a_shell_started_the_run_behind_it() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code, _, stopped = signalled(signal.SIGINT)
    assert (code, stopped) == (130, True)
