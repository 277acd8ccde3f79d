"""Saved plans: the seal, what drifted, who may follow."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.protocol.content import content_of
from suture.agent.protocol.result import Change, Status
from suture.commands.plan_file import (
    Given,
    HostPlan,
    Key,
    PlannedStep,
    Saved,
    drift,
    key_of,
    opened,
    sealed,
)
from suture.commands.plan_observers import PlanEnforcer, PlanRecorder, digest
from suture.connect.target import Becoming
from suture.errors import Refused
from suture.model import Mark, Task
from suture.redaction import Redactor
from suture.run.execution import Execution
from suture.run.outcome import Outcome
from suture.run.step import ReadyStep
from suture.secrets import Secret

KEY = Key(b"k" * 32)
STEP = PlannedStep(
    "a task", "copy", "play.yml", 3, "changed", ({"action": "write"},), "", {"0": "d"}
)
PLAN = Saved(
    version="1",
    made="2026-01-01",
    run="r",
    given=Given((1, 2), "", ("inventory.yml",), "web*", ("a",), ()),
    inventory="i",
    extra_vars="e",
    files={"play.yml": "f"},
    hosts={"h": HostPlan((STEP,), {"content of /x": "1"})},
)


def test_a_plan_is_read_back_as_it_was() -> None:
    assert opened(sealed(PLAN, KEY), KEY, "p") == PLAN


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every scalar of plain data."""
    if isinstance(value, dict):
        return [way for key, item in value.items() for way in places(item, (*at, key))]
    if isinstance(value, list):
        return [way for index, item in enumerate(value) for way in places(item, (*at, index))]
    return [at]


@given(st.data())
def test_every_edit_is_detected(data: st.DataObject) -> None:
    body = json.loads(sealed(PLAN, KEY))
    *way, last = data.draw(st.sampled_from(places(body)))
    inner = body
    for part in way:
        inner = inner[part]
    inner[last] = "edited"
    with pytest.raises(Refused):
        opened(json.dumps(body), KEY, "p")


def test_a_plan_resealed_without_the_key_is_refused() -> None:
    forged = sealed(PLAN, Key(b"other" * 8))
    with pytest.raises(Refused, match=r"this project's key"):
        opened(forged, KEY, "p")


def test_another_schema_is_refused_before_anything_else_is_read() -> None:
    body = {**json.loads(sealed(PLAN, KEY)), "schema": 99}
    with pytest.raises(Refused, match="schema 99"):
        opened(json.dumps(body), KEY, "p")


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"seal": {}}', '{"seal": 3}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is no plan"):
        opened(text, KEY, "p")


def test_the_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    state = tmp_path / ".suture"
    first = key_of(state)
    assert key_of(state) == first
    assert (state / "plan.key").stat().st_mode & 0o777 == 0o600
    assert key_of(tmp_path / "another") != first


# -- drift -----------------------------------------------------------------------------------------


def test_nothing_has_drifted_from_itself() -> None:
    assert drift(PLAN.hosts, PLAN.hosts) == []


def test_what_was_seen_goes_before_its_consequences() -> None:
    other = HostPlan((replace(STEP, status="ok"),), {"content of /x": "2"})
    assert drift(PLAN.hosts, {"h": other}) == ["h: content of /x"]


def test_a_files_size_is_no_news_beside_its_content() -> None:
    before = HostPlan((), {"content of /x": "1", "what stands at /x": "1"})
    after = HostPlan((), {"content of /x": "2", "what stands at /x": "2"})
    assert drift({"h": before}, {"h": after}) == ["h: content of /x"]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (replace(STEP, status="ok"), "would be ok, and was changed"),
        (replace(STEP, digests={"0": "e"}), "would be done with other arguments"),
        (replace(STEP, changes=()), "would make other changes"),
        (replace(STEP, line=4), "would come where the plan has 'a task' (play.yml:3)"),
    ],
)
def test_a_step_that_differs_is_named(step: PlannedStep, sentence: str) -> None:
    (said,) = drift(PLAN.hosts, {"h": HostPlan((step,), {"content of /x": "1"})})
    assert sentence in said
    assert f"'a task' (play.yml:{step.line})" in said


def test_hosts_that_came_or_went() -> None:
    assert drift({"a": HostPlan()}, {"b": HostPlan()}) == [
        "a: is no host of it any more",
        "b: is new",
    ]


# -- who looks on ----------------------------------------------------------------------------------


def step(**args: Any) -> ReadyStep:
    return ReadyStep(args, {}, Becoming(), "h", None, None, "")


def execution(line: int = 3, end: Outcome | None = None, **about: Any) -> Execution:
    task = Task("a task", "copy", {}, Mark("play.yml", line))
    made = Execution(task, "a task", (), [Outcome(Status.OK)], lambda end: end, **about)
    made.final = end
    return made


def recorded(*steps: tuple[Execution, ReadyStep], looks: Any = None) -> HostPlan:
    recording = PlanRecorder(KEY, Redactor())
    for each, prepared in steps:
        recording.begun("h", each)
        recording.sending("h", each, 0, prepared)
    return recording.plans({"h": looks or {}})["h"]


def following(plan: HostPlan) -> PlanEnforcer:
    return PlanEnforcer(replace(PLAN, hosts={"h": plan}), KEY)


def test_a_digest_tells_arguments_apart_by_content_not_by_identity() -> None:
    assert digest(KEY, "copy", step(src=content_of(b"x"))) == digest(
        KEY, "copy", step(src=content_of(b"x"))
    )
    assert digest(KEY, "copy", step(src=content_of(b"x"))) != digest(
        KEY, "copy", step(src=content_of(b"y"))
    )


def test_whom_a_step_runs_as_is_part_of_it() -> None:
    other = replace(step(a=1), becoming=Becoming("root"))
    assert digest(KEY, "copy", step(a=1)) != digest(KEY, "copy", other)


CHANGED = Outcome(Status.CHANGED, (Change("write", "/f", "", "it is s3cret"),))


def test_a_planned_step_may_leave_and_another_may_not() -> None:
    watch = following(recorded((execution(end=CHANGED), step(a=1))))
    mine = execution()
    watch.begun("h", mine)
    watch.sending("h", mine, 0, step(a=1))
    with pytest.raises(Refused, match=r"'a task' \(play.yml:3\) would be done with other arg"):
        watch.sending("h", mine, 0, step(a=2))


def test_a_step_that_the_plan_does_not_have_may_not_leave() -> None:
    watch = following(recorded((execution(end=CHANGED), step(a=1))))
    for each in (execution(4), execution(), execution()):
        watch.begun("h", each)
    with pytest.raises(Refused, match="is not in the plan"):
        watch.sending("h", each, 0, step(a=1))


@pytest.mark.parametrize(
    ("end", "leaves"),
    [(Outcome(Status.UNKNOWN), True), (Outcome(Status.SKIPPED), False), (CHANGED, False)],
)
def test_only_what_was_unknown_may_leave_unforeseen(end: Outcome, leaves: bool) -> None:
    recording = PlanRecorder(KEY, Redactor())
    recording.begun("h", execution(end=end))
    watch = following(recording.plans({"h": {}})["h"])
    mine = execution()
    watch.begun("h", mine)
    if leaves:
        watch.sending("h", mine, 0, step(a=1))
    else:
        with pytest.raises(Refused, match=f"is {end.status.value} in the plan"):
            watch.sending("h", mine, 0, step(a=1))


def test_a_secret_in_the_arguments_is_in_no_field() -> None:
    given_to = step(content=Secret("s3cret"))
    made = recorded((execution(end=CHANGED), given_to))
    assert "s3cret" not in repr(made)
    assert "/f" not in repr(made)


def test_what_a_secret_step_looks_at_is_not_named_but_counts() -> None:
    quiet = execution(end=CHANGED, secret=True)
    quiet.numbers = (7,)
    made = recorded((quiet, step(a=1)), looks={"content of /s3cret": ("aa", 7)})
    assert "s3cret" not in repr(made)
    changed = recorded((quiet, step(a=1)), looks={"content of /s3cret": ("bb", 7)})
    (said,) = drift({"h": made}, {"h": changed})
    assert said.startswith("h: something that a secret step looks at")
