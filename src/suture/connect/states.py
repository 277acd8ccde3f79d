"""The state of a session, from both ends: what is heard of the agent, and what we still want of it."""

from __future__ import annotations

from enum import Enum, IntEnum


class Line(Enum):
    """AWAITED → TALKING ⇄ AWAY → OVER; an agent that never speaks goes from AWAITED to OVER."""

    AWAITED = "the agent has not said yet that it is ready"
    TALKING = "it is ready, and heard"
    AWAY = "its connection was lost, and is being made again"
    OVER = "nothing more will be heard of it"

    @property
    def greeted(self) -> bool:
        """Whether there is an agent that was ready once."""
        return self in (Line.TALKING, Line.AWAY)


class Course(IntEnum):
    """Each follows on those before it, and none comes back."""

    OPEN = 0  # steps may follow
    LEAVING = 1  # good-bye was said: what is lost from now on is no loss
    HUNG_UP = 2  # whatever the agent still has to say
