"""How many units a question needs."""

from __future__ import annotations

import pytest

from src.agents.experiment_designer.power import (
    achieved_power,
    design_effect,
    duration_days,
    sample_size_per_arm,
)

EFFECTS = [0.1, 0.2, 0.3, 0.5, 0.8]
POWERS = [0.7, 0.8, 0.9, 0.95]
ALPHAS = [0.01, 0.05, 0.1]


class TestSampleSize:
    @pytest.mark.parametrize(
        ("effect", "size"), [(0.2, 393), (0.3, 175), (0.5, 63), (0.8, 25), (1.0, 16)]
    )
    def test_textbook(self, effect: float, size: int) -> None:
        assert sample_size_per_arm(effect) == size

    @pytest.mark.parametrize("alpha", ALPHAS)
    @pytest.mark.parametrize("power", POWERS)
    @pytest.mark.parametrize("effect", EFFECTS)
    def test_size_reaches_the_power(self, effect: float, power: float, alpha: float) -> None:
        size = sample_size_per_arm(effect, alpha, power)
        assert achieved_power(effect, size, alpha) >= power - 1e-6

    @pytest.mark.parametrize("alpha", ALPHAS)
    @pytest.mark.parametrize("effect", EFFECTS)
    def test_more_power_takes_more_units(self, effect: float, alpha: float) -> None:
        sizes = [sample_size_per_arm(effect, alpha, power) for power in POWERS]
        assert sizes == sorted(sizes)

    @pytest.mark.parametrize("power", POWERS)
    @pytest.mark.parametrize("alpha", ALPHAS)
    def test_smaller_effects_take_more_units(self, alpha: float, power: float) -> None:
        sizes = [sample_size_per_arm(effect, alpha, power) for effect in EFFECTS]
        assert sizes == sorted(sizes, reverse=True)

    @pytest.mark.parametrize("effect", [0.0, -0.2])
    def test_no_effect_can_not_be_found(self, effect: float) -> None:
        with pytest.raises(ValueError, match="effect size"):
            sample_size_per_arm(effect)

    @pytest.mark.parametrize(
        ("alpha", "power"), [(0.0, 0.8), (1.0, 0.8), (0.05, 0.0), (0.05, 1.0), (-1.0, 2.0)]
    )
    def test_impossible_odds(self, alpha: float, power: float) -> None:
        with pytest.raises(ValueError, match="between 0 and 1"):
            sample_size_per_arm(0.3, alpha, power)


class TestClusters:
    @pytest.mark.parametrize("size", [1, 2, 10, 50])
    def test_independent_units_inflate_nothing(self, size: int) -> None:
        assert design_effect(size, 0.0) == 1.0

    @pytest.mark.parametrize("correlation", [0.0, 0.01, 0.05, 0.3, 1.0])
    def test_clusters_of_one_inflate_nothing(self, correlation: float) -> None:
        assert design_effect(1, correlation) == 1.0

    @pytest.mark.parametrize(
        ("size", "correlation", "factor"), [(11, 0.05, 1.5), (21, 0.1, 3.0), (5, 1.0, 5.0)]
    )
    def test_factor(self, size: int, correlation: float, factor: float) -> None:
        assert design_effect(size, correlation) == pytest.approx(factor)


class TestDuration:
    @pytest.mark.parametrize(
        ("units", "per_day", "days"), [(100, 10, 10), (101, 10, 11), (1, 25, 1), (0, 5, 0)]
    )
    def test_days(self, units: int, per_day: float, days: int) -> None:
        assert duration_days(units, per_day) == days

    @pytest.mark.parametrize("per_day", [0, -3])
    def test_nobody_enrolled(self, per_day: float) -> None:
        with pytest.raises(ValueError, match="nobody"):
            duration_days(10, per_day)
