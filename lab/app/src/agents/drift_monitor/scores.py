"""The arithmetic of drift: how far two samples are apart, and how bad that is."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

# Lower bound of each severity, on the population stability index.
THRESHOLDS: dict[str, float] = {"low": 0.05, "medium": 0.1, "high": 0.2, "critical": 0.4}
SEVERITIES = ("none", "low", "medium", "high", "critical")

_FLOOR = 1e-4  # an empty bin counts as this share, so the logarithm exists


def shares(sample: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of `sample` in each bin; values outside go to the outermost bins."""
    counts = [0] * (len(edges) - 1)
    for value in sample:
        place = bisect_right(edges, value) - 1
        counts[min(max(place, 0), len(counts) - 1)] += 1
    return [count / len(sample) for count in counts]


def bin_edges(sample: Sequence[float], bins: int) -> list[float]:
    """The edges of `bins` equally wide bins over `sample`."""
    low, high = min(sample), max(sample)
    width = (high - low) / bins or 1.0
    return [low + width * place for place in range(bins + 1)]


def population_stability_index(
    baseline: Sequence[float], current: Sequence[float], bins: int = 10
) -> float:
    """How much the shares per bin moved; 0 means not at all. ValueError for no data."""
    if not baseline or not current:
        raise ValueError("both samples need at least one value")
    edges = bin_edges(baseline, bins)
    pairs = zip(shares(baseline, edges), shares(current, edges))
    floored = [(max(before, _FLOOR), max(after, _FLOOR)) for before, after in pairs]
    return sum((after - before) * math.log(after / before) for before, after in floored)


def ks_statistic(baseline: Sequence[float], current: Sequence[float]) -> float:
    """The largest gap between the two empirical distributions, 0 to 1."""
    if not baseline or not current:
        raise ValueError("both samples need at least one value")
    before, after = sorted(baseline), sorted(current)
    points = sorted({*before, *after})
    return max(
        abs(bisect_right(before, point) / len(before) - bisect_right(after, point) / len(after))
        for point in points
    )


def severity(psi: float) -> str:
    """The worst severity whose threshold `psi` reaches."""
    reached = [name for name, bound in THRESHOLDS.items() if psi >= bound]
    return reached[-1] if reached else "none"


def worst(severities: Sequence[str]) -> str:
    """The worst of several severities; "none" of none."""
    return max(severities, key=SEVERITIES.index, default="none")


def overall_score(psis: Sequence[float]) -> float:
    """One score between 0 and 1 for a whole check: the mean, each index capped at 1."""
    return sum(min(psi, 1.0) for psi in psis) / len(psis) if psis else 0.0
