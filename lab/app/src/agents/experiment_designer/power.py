"""How many units a question needs."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def sample_size_per_arm(effect_size: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Units per arm for a two-sided comparison of two means.

    `effect_size` is Cohen's d. ValueError for what no experiment can reach.
    """
    if effect_size <= 0:
        raise ValueError("the effect size must be positive")
    if not 0 < alpha < 1 or not 0 < power < 1:
        raise ValueError("alpha and power lie between 0 and 1")
    quantiles = _NORMAL.inv_cdf(1 - alpha / 2) + _NORMAL.inv_cdf(power)
    return math.ceil(2 * (quantiles / effect_size) ** 2)


def achieved_power(effect_size: float, per_arm: int, alpha: float = 0.05) -> float:
    """The chance that `per_arm` units in each arm show an effect that is there."""
    shift = effect_size * math.sqrt(per_arm / 2)
    return _NORMAL.cdf(shift - _NORMAL.inv_cdf(1 - alpha / 2))


def design_effect(cluster_size: float, correlation: float) -> float:
    """By how much clustering inflates a sample."""
    return 1 + (cluster_size - 1) * correlation


def duration_days(units: int, per_day: float) -> int:
    """Days to enrol `units` at `per_day`."""
    if per_day <= 0:
        raise ValueError("nobody is enrolled")
    return math.ceil(units / per_day)
