"""The arithmetic of drift."""

from __future__ import annotations

import random

import pytest

from src.agents.drift_monitor.scores import (
    SEVERITIES,
    THRESHOLDS,
    bin_edges,
    ks_statistic,
    overall_score,
    population_stability_index,
    severity,
    shares,
    worst,
)

SEEDS = range(20)


def sample(seed: int, shift: float = 0.0, size: int = 60) -> list[float]:
    """The same random numbers for the same seed."""
    numbers = random.Random(seed)
    return [numbers.gauss(50.0 + shift, 10.0) for _ in range(size)]


class TestStabilityIndex:
    @pytest.mark.parametrize("bins", [1, 2, 3, 5, 10, 20, 50])
    @pytest.mark.parametrize("seed", range(2))
    def test_nothing_moved(self, seed: int, bins: int) -> None:
        assert population_stability_index(sample(seed), sample(seed), bins) == 0.0

    @pytest.mark.parametrize("seed", SEEDS)
    def test_is_never_negative(self, seed: int) -> None:
        assert population_stability_index(sample(seed), sample(seed + 100)) >= 0.0

    @pytest.mark.parametrize("seed", SEEDS)
    def test_grows_with_the_shift(self, seed: int) -> None:
        near = population_stability_index(sample(seed), sample(seed, shift=5.0))
        far = population_stability_index(sample(seed), sample(seed, shift=40.0))
        assert near < far

    @pytest.mark.parametrize("seed", SEEDS)
    def test_order_does_not_matter(self, seed: int) -> None:
        current = sample(seed, shift=8.0)
        assert population_stability_index(sample(seed), current) == pytest.approx(
            population_stability_index(sample(seed), sorted(current))
        )

    @pytest.mark.parametrize("factor", [0.5, 2.0, 4.0, 1024.0])
    @pytest.mark.parametrize("seed", range(4))
    def test_unit_does_not_matter(self, seed: int, factor: float) -> None:
        before, after = sample(seed), sample(seed, shift=6.0)
        assert population_stability_index(
            [value * factor for value in before], [value * factor for value in after]
        ) == pytest.approx(population_stability_index(before, after))

    @pytest.mark.parametrize(("before", "after"), [([], [1.0]), ([1.0], []), ([], [])])
    def test_needs_values(self, before: list[float], after: list[float]) -> None:
        with pytest.raises(ValueError, match="at least one value"):
            population_stability_index(before, after)


class TestBins:
    @pytest.mark.parametrize("bins", [1, 2, 7, 10, 33])
    def test_edges(self, bins: int) -> None:
        edges = bin_edges([0.0, 100.0], bins)
        assert (len(edges), edges[0]) == (bins + 1, 0.0)
        assert edges[-1] == pytest.approx(100.0)

    def test_edges_of_one_value(self) -> None:
        assert bin_edges([5.0, 5.0], 2) == [5.0, 6.0, 7.0]

    @pytest.mark.parametrize("seed", SEEDS)
    def test_shares_add_up(self, seed: int) -> None:
        assert sum(shares(sample(seed), [20.0, 40.0, 60.0, 80.0])) == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("value", "place"), [(-99.0, 0), (0.0, 0), (0.9, 0), (1.0, 1), (2.0, 1), (99.0, 1)]
    )
    def test_outside_goes_to_the_ends(self, value: float, place: int) -> None:
        assert shares([value], [0.0, 1.0, 2.0])[place] == 1.0


class TestKolmogorovSmirnov:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_same_sample(self, seed: int) -> None:
        assert ks_statistic(sample(seed), sample(seed)) == 0.0

    @pytest.mark.parametrize("seed", SEEDS)
    def test_symmetric(self, seed: int) -> None:
        before, after = sample(seed), sample(seed + 1, shift=3.0)
        assert ks_statistic(before, after) == ks_statistic(after, before)

    @pytest.mark.parametrize("shift", [0.0, 1.0, 5.0, 20.0, 200.0])
    @pytest.mark.parametrize("seed", range(4))
    def test_lies_between_0_and_1(self, seed: int, shift: float) -> None:
        assert 0.0 <= ks_statistic(sample(seed), sample(seed, shift)) <= 1.0

    @pytest.mark.parametrize("gap", [1.0, 10.0, 1000.0])
    def test_nothing_in_common(self, gap: float) -> None:
        assert ks_statistic([0.0, 1.0], [1.0 + gap, 2.0 + gap]) == 1.0


class TestSeverity:
    @pytest.mark.parametrize(
        ("psi", "name"),
        [
            (0.0, "none"),
            (0.049, "none"),
            (0.05, "low"),
            (0.099, "low"),
            (0.1, "medium"),
            (0.199, "medium"),
            (0.2, "high"),
            (0.399, "high"),
            (0.4, "critical"),
            (17.0, "critical"),
        ],
    )
    def test_thresholds(self, psi: float, name: str) -> None:
        assert severity(psi) == name

    @pytest.mark.parametrize("name", THRESHOLDS)
    def test_threshold_itself_counts(self, name: str) -> None:
        assert severity(THRESHOLDS[name]) == name

    @pytest.mark.parametrize("one", SEVERITIES)
    @pytest.mark.parametrize("other", SEVERITIES)
    def test_worst_of_two(self, one: str, other: str) -> None:
        assert SEVERITIES.index(worst([one, other])) == max(
            SEVERITIES.index(one), SEVERITIES.index(other)
        )

    def test_worst_of_none(self) -> None:
        assert worst([]) == "none"

    @pytest.mark.parametrize(
        ("psis", "score"),
        [([], 0.0), ([0.0], 0.0), ([0.2, 0.4], 0.3), ([5.0], 1.0), ([5.0, 0.0], 0.5)],
    )
    def test_overall_score(self, psis: list[float], score: float) -> None:
        assert overall_score(psis) == pytest.approx(score)
