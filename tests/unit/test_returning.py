"""What is told of an agent that cannot be come back to."""

from __future__ import annotations

import json
import struct

import pytest

from suture.agent.protocol import wire
from suture.connect.returning import Returning
from suture.errors import Unreachable
from tests.frame_fuzz import ScriptedChannel


def returning(message: dict[str, object]) -> Returning:
    """A way back on which this is all that is answered."""
    body = json.dumps(message).encode()
    answer = wire.MARK + struct.pack(">I", len(body)) + body
    return Returning("run", lambda: ScriptedChannel(answer), lambda said: None, boot="first")


@pytest.mark.parametrize(
    ("boot", "said"),
    [
        ("first", "the connection was lost"),
        ("", "the connection was lost"),
        ("second", "the connection was lost: the host has been started again meanwhile"),
    ],
)
def test_a_host_that_was_started_again_is_told_from_an_agent_that_is_gone(
    boot: str, said: str
) -> None:
    with pytest.raises(Unreachable) as caught:
        returning({"event": "nobody", "boot": boot}).channel(3, lambda: False)
    assert str(caught.value) == said


def test_an_agent_that_waits_is_told_how_much_arrived_and_tells_what_it_has() -> None:
    made = returning({"event": "attached", "taken": 7})
    channel, taken = made.channel(3, lambda: False)
    said = channel.writer.getvalue()  # type: ignore[attr-defined]
    assert taken == 7 and f'{{"name": "{made.name}", "heard": 3}}\n'.encode() in said


def test_who_no_longer_wants_to_come_back_stops_trying() -> None:
    with pytest.raises(Unreachable, match=r"could not be made again$"):
        returning({"event": "alive"}).channel(3, lambda: True)
