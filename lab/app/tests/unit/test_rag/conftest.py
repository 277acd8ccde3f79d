"""The order of the tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the query log: opening it takes a second, which other workers can use."""
    items.sort(key=lambda item: "query_log" not in getattr(item, "fixturenames", ()))
