"""The history of the drift checks, which the warehouse keeps."""

from __future__ import annotations

import pytest

from src.storage.warehouse import Warehouse


@pytest.mark.parametrize("monitor", ["Kisqali", "Fabhalta"])
def test_checks_are_kept(monitor: str) -> None:
    assert Warehouse().history(monitor)
