"""How quick a check is, once the process has its reference table."""

from __future__ import annotations

import time

import pytest

from src.agents.drift_monitor.reference import rarity, spread

LONGEST = 0.05  # seconds of the processor, of which the table alone takes several times as many


class TestLatency:
    def test_table_is_sorted(self) -> None:
        assert list(spread()) == sorted(spread())

    @pytest.mark.parametrize(("index", "rare"), [(0.0, False), (5.0, True)])
    def test_rare_is_told_from_usual(self, index: float, rare: bool) -> None:
        assert (rarity(index) > 0.99) is rare

    def test_check_is_quick(self) -> None:
        began = time.process_time()
        rarity(0.4)
        took = time.process_time() - began
        assert took < LONGEST, f"a check took {took:.3f} s: too slow for the dashboard"
