"""What is written as JSON comes back as it was, and the names that others hold on to are there."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.events import KINDS, STATUSES, Event, TestFinished, from_json, to_json
from tests.unit import streams

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
VALUES = {
    "str": st.text(),
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "tuple[str, ...]": st.lists(st.text(), max_size=3).map(tuple),
    "tuple[Mapping[str, Any], ...]": st.lists(
        st.dictionaries(st.text(), JSON, max_size=3), max_size=3
    ).map(tuple),
    "Mapping[str, Any]": st.dictionaries(st.text(), JSON, max_size=3),
    "Mapping[str, str]": st.dictionaries(st.text(), st.text(), max_size=3),
    "Mapping[str, int]": st.dictionaries(st.text(), st.integers(), max_size=3),
    "Mapping[str, Mapping[str, int]]": st.dictionaries(
        st.text(), st.dictionaries(st.sampled_from(STATUSES), st.integers()), max_size=2
    ),
}


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    fields = {field.name: VALUES[str(field.type)] for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


@given(st.sampled_from(sorted(KINDS.values(), key=lambda kind: kind.__name__)).flatmap(events))
def test_json_is_an_exact_round_trip(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert line.isascii()
    assert from_json(line) == event


def test_a_newer_event_is_read_without_what_is_not_known_here() -> None:
    event = TestFinished(at="2026", host="h", id="t", outcome="passed")
    newer = json.dumps({**json.loads(to_json(event)), "colour": "blue"})
    assert from_json(newer) == event


CONTRACT: dict[str, set[str]] = {
    "run_started": {"run", "at", "mode", "playbook"},
    "step_output": {"host", "task", "text"},
    "step_finished": {
        *("host", "task", "module", "status", "file", "line"),
        *("changes", "data", "message", "seconds"),
    },
    "test_finished": {"host", "id", "outcome", "message", "seconds"},
    "run_finished": {"run", "exit_code", "hosts"},
}


@pytest.mark.parametrize("name", CONTRACT)
def test_the_surface_has_every_field_that_scripts_hold_on_to(name: str) -> None:
    told: list[dict[str, Any]] = [json.loads(to_json(event)) for event in streams.six_phases()]
    of_this_kind = [line for line in told if line["event"] == name]
    assert of_this_kind
    for line in of_this_kind:
        assert next(iter(line)) == "event"
        assert CONTRACT[name] <= set(line)
    if name == "step_finished":
        changes = [change for line in of_this_kind for change in line["changes"]]
        assert changes
        assert all({"action", "target"} <= set(change) for change in changes)
    if name == "run_finished":
        assert of_this_kind[0]["hosts"]["droplet"].keys() == set(STATUSES)
