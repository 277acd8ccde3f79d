"""pause: what somebody at a terminal is asked, and answers."""

from __future__ import annotations

import builtins
import getpass
import sys
from typing import Any

import pytest

from suture.agent.modules import pause
from suture.agent.world.world import World


class Terminal:
    """A standard input that somebody types at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("given", "asked", "answer"),
    [
        ({}, "Press enter to continue: ", "typed"),
        ({"prompt": "Who"}, "Who: ", "typed"),
        ({"prompt": "Word", "echo": False}, "Word: ", "hidden"),
    ],
)
def test_an_answer_is_returned(
    given: dict[str, Any], asked: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(builtins, "input", lambda text: questions.append(text) or "typed")
    monkeypatch.setattr(getpass, "getpass", lambda text: questions.append(text) or "hidden")
    data = pause.apply(pause.Args(**given), World())
    assert (questions, data["user_input"]) == ([asked], answer)
