"""Journeys through the whole application."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def testing_mode() -> None:
    """Switch authentication off: these tests are about what comes behind it."""
    os.environ["E2I_TESTING_MODE"] = "1"
