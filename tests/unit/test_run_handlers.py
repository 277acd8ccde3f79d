"""Which handlers answer, and once each."""

from __future__ import annotations

from suture.agent.protocol.result import Status
from suture.model import Mark, Role, Task
from suture.run.execution import Execution
from suture.run.handlers import Notifications
from suture.run.outcome import Outcome


def handler(name: str, line: int, file: str = "h.yml", **more: object) -> Task:
    mark = Mark(file, line)
    return Task(name, "debug", {}, mark, marks={"name": mark}, **more)  # type: ignore[arg-type]


def ended(status: Status) -> Execution:
    task = Task("t", "command", {}, Mark("p.yml", 1))
    execution = Execution(task, "t", (1,), [Outcome(Status.OK)], lambda end: end)
    execution.final = Outcome(status)
    return execution


def notifications(*handlers: Task) -> Notifications:
    return Notifications(handlers, lambda each: each.name.replace("{{ svc }}", "web"))


def test_of_one_name_the_first_of_the_last_list_answers() -> None:
    one, two, other = handler("h", 1), handler("h", 2), handler("h", 1, "role.yml")
    assert notifications(one, two).answering("h") == [one]
    assert notifications(other, one, two).answering("h") == [one]


def test_a_name_with_a_template_is_compared_filled_in() -> None:
    one = handler("restart {{ svc }}", 1)
    assert notifications(one).answering("restart web") == [one]


def test_a_role_that_is_included_twice_brings_its_handlers_once() -> None:
    known = notifications()
    for _ in range(2):
        role = Role("noisy", "/roles/noisy")
        known.extend([handler("shout", 1, role=role, listen=("topic",))])
    assert len(known.taken()) == len(known.answering("topic")) == 1


def test_only_a_change_notifies_and_what_was_answered_is_over() -> None:
    one = handler("h", 1)
    known = notifications(one)
    for status in (Status.OK, Status.FAILED, Status.IGNORED, Status.SKIPPED):
        known.notify(["h"], ended(status))
    assert known.due(one) is None
    known.notify(["h"], ended(Status.CHANGED))
    due = known.due(one)
    assert due is not None and due.certain
    known.answered(one, known.count)
    assert known.due(one) is None
    known.notify(["h"], ended(Status.CHANGED))
    assert known.due(one) is not None
