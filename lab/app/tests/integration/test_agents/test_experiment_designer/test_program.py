"""The designer's model program: what it asks, and what a model answers."""

from __future__ import annotations

import importlib
from types import ModuleType

HYPOTHESIS = "  More visits raise engagement.  "


def program() -> ModuleType:
    """The program, imported when a test needs it."""
    return importlib.import_module("src.agents.experiment_designer.program")


def test_prompt_holds_the_hypothesis() -> None:
    text = program().prompt(HYPOTHESIS, "engagement")
    assert "Hypothesis: More visits raise engagement.\n" in text


def test_client_waits_long_enough_for_a_model() -> None:
    assert program().CLIENT.timeout >= 10


def test_real_model_sharpens_the_hypothesis() -> None:
    assert program().sharpen(HYPOTHESIS, "engagement") != HYPOTHESIS.strip()
