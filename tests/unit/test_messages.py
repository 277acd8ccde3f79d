"""Frames that no agent sends: each ends its host with a sentence, and none gets any further."""

from __future__ import annotations

import io
import json
import random
import struct
from typing import Any

import pytest

from suture.agent.protocol import wire
from suture.agent.protocol.result import Change, Result, Status
from suture.connect.messages import Unsaid, message, next_message
from suture.run.facts import facts_in
from tests.frame_fuzz import mutated, session_survives

RESULT = {
    "event": "result",
    "id": 3,
    **Result(
        Status.CHANGED,
        [Change("write", "/x", "a", "b", {"mode": ["0644", "0600"]})],
        {"rc": 0, "stdout": "ü\udc80"},
        "m",
        seconds=0.25,
    ).to_wire(),
}
GOOD: tuple[dict[str, Any], ...] = (
    {"event": "ready", "python": "3.8.0", "executable": "/p", "pid": 1, "uid": 0, "notes": []},
    RESULT,
    {"event": "result", "id": 1, "status": "ok"},
    {"event": "output", "id": 1, "text": "line"},
    {"event": "report", "id": 1, "kind": "test", "data": {"id": "t", "outcome": "passed"}},
    {"event": "want", "sha256": ["a" * 64]},
    {"event": "answer", "looks": {"x": ["ab", 1]}},
    {"event": "gone", "reason": "r"},
)


@pytest.mark.parametrize("good", GOOD, ids=lambda good: good["event"])
def test_what_an_agent_says_is_taken_as_it_is(good: dict[str, Any]) -> None:
    event, found = message(wire.answer(good)[4:])
    assert {"event": event, **found} == good


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ([], "no message"),
        ({"event": "exec"}, "no known kind"),
        ({"event": ["result"]}, "no known kind"),
        ({**RESULT, "status": "unreachable"}, "fields"),
        ({**RESULT, "status": "splendid"}, "fields"),
        ({**RESULT, "status": ["ok"]}, "fields"),
        ({**RESULT, "id": "3"}, "fields"),
        ({**RESULT, "id": True}, "fields"),
        ({**RESULT, "id": -1}, "fields"),
        ({**RESULT, "data": []}, "fields"),
        ({**RESULT, "more": 1}, "fields"),
        ({**RESULT, "seconds": -1}, "fields"),
        ({**RESULT, "changes": [{"action": "x"}]}, "fields"),
        ({**RESULT, "changes": [{"action": "x", "target": "y", "z": 1}]}, "fields"),
        ({"event": "result", "id": 3}, "fields"),
        ({"event": "output", "id": 3, "text": "x" * (1 << 21)}, "fields"),
        ({"event": "report", "id": 3, "kind": "shell", "data": {}}, "fields"),
        ({"event": "report", "id": 3, "kind": "test", "data": {"id": "x"}}, "fields"),
        ({"event": "want", "sha256": [1]}, "fields"),
        ({"event": "want", "sha256": "abc"}, "fields"),
    ],
)
def test_what_no_agent_says_is_refused(bad: Any, why: str) -> None:
    with pytest.raises(Unsaid, match=why):
        message(json.dumps(bad).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"event":"result","id":1,"status":"ok","seconds":NaN}',
        b'{"event":"result","id":1,"status":"ok","seconds":1e999}',
        b'{"event":"result","id":1' + b"0" * 5000 + b',"status":"ok"}',
        b'{"event":"result","id":1,"status":"ok","data":{"a":' + b"[" * 100 + b"]" * 100 + b"}}",
        b'{"event":"result","id":1,"status":"ok","data":{"a":' + b"[" * 200_000,
    ],
)
def test_bytes_that_are_no_message_are_refused(body: bytes) -> None:
    with pytest.raises(Unsaid):
        message(body)


def test_a_long_frame_is_refused_before_it_is_read() -> None:
    stream = io.BytesIO(struct.pack(">I", wire.FRAME + 1) + b"x" * 100)
    with pytest.raises(Unsaid, match="bytes"):
        next_message(stream)
    assert stream.tell() == 4


def test_an_agents_own_result_always_fits() -> None:
    change = {"action": "write", "target": "/x", "before": "x" * (wire.FRAME // 2), "after": "y"}
    long = {"event": "result", "id": 1, "status": "changed", "changes": [change, change]}
    _, shorter = message(wire.answer(long)[4:])
    assert shorter["changes"] == [{"action": "write", "target": "/x"}] * 2
    much = {"event": "result", "id": 1, "status": "ok", "data": {"x": "y" * wire.FRAME}}
    _, failed = message(wire.answer(much)[4:])
    assert (failed["status"], failed["data"]) == ("failed", {})
    assert "64 MiB can be sent" in failed["message"]


@pytest.mark.parametrize("levels", [wire.DEPTH, 100_000])
def test_an_agents_own_result_is_never_too_deep(levels: int) -> None:
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    _, failed = message(
        wire.answer({"event": "result", "id": 1, "status": "ok", "data": {"x": deep}})[4:]
    )
    assert failed["status"] == "failed"
    assert "deep" in failed["message"]


def test_a_number_that_is_none_is_null() -> None:
    told = {
        "event": "result",
        "id": 1,
        "status": "ok",
        "data": {"x": [float("nan"), float("inf"), 1.5]},
    }
    assert message(wire.answer(told)[4:])[1]["data"] == {"x": [None, None, 1.5]}


def test_facts_say_nothing_of_how_a_host_is_reached() -> None:
    told = {
        "ansible_distribution": "Debian",
        "ansible_become": True,
        "ansible_become_password": "x",
        "ansible_connection": "local",
        "ansible_host": "evil",
        "ansible_python_interpreter": "/evil",
        "ansible_shell_executable": "/evil",
        "ansible_sudo_pass": "x",
        "db_password": "x",
    }
    assert facts_in({"ansible_facts": told}) == {"ansible_distribution": "Debian"}
    assert facts_in({"ansible_facts": ["x"]}) == {}


def test_whatever_a_host_sends_the_reader_says_why_it_stopped() -> None:
    chance = random.Random(11)
    for _ in range(300):
        assert session_survives(mutated(chance)) == ""
