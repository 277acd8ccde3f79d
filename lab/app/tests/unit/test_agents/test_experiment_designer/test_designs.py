"""Which design fits, and what threatens it."""

from __future__ import annotations

import pytest

from src.agents.experiment_designer.designs import (
    DESIGNS,
    THREATS,
    choose,
    confidence,
    threats,
    validity_score,
)


class TestChoice:
    @pytest.mark.parametrize(
        ("clusters", "can_randomize", "has_threshold", "design"),
        [
            (0, True, False, "rct"),
            (1, True, False, "rct"),
            (2, True, False, "cluster_rct"),
            (40, True, True, "cluster_rct"),
            (0, True, True, "rct"),
            (0, False, False, "difference_in_differences"),
            (40, False, False, "difference_in_differences"),
            (0, False, True, "regression_discontinuity"),
        ],
    )
    def test_design(
        self, clusters: int, can_randomize: bool, has_threshold: bool, design: str
    ) -> None:
        assert choose(clusters, can_randomize, has_threshold) == design

    @pytest.mark.parametrize("clusters", range(12))
    def test_randomizing_is_always_preferred(self, clusters: int) -> None:
        assert choose(clusters, True).endswith("rct")


class TestThreats:
    @pytest.mark.parametrize("design", DESIGNS)
    def test_every_design_has_some(self, design: str) -> None:
        assert threats(design)

    @pytest.mark.parametrize("design", DESIGNS)
    def test_worst_first(self, design: str) -> None:
        order = ["critical", "high", "medium", "low"]
        places = [order.index(threat["severity"]) for threat in threats(design)]
        assert places == sorted(places)

    @pytest.mark.parametrize("threat", THREATS)
    @pytest.mark.parametrize("design", DESIGNS)
    def test_threat_belongs_to_its_designs(self, design: str, threat: str) -> None:
        found = {item["threat"] for item in threats(design)}
        assert (threat in found) == (design in THREATS[threat][1])

    @pytest.mark.parametrize("design", ["", "RCT", "crossover"])
    def test_unknown_design(self, design: str) -> None:
        with pytest.raises(ValueError, match="unknown design"):
            threats(design)


class TestValidity:
    @pytest.mark.parametrize(
        ("severities", "score"),
        [
            ([], 1.0),
            (["low"], 0.95),
            (["high", "medium"], 0.7),
            (["critical", "low"], 0.6),
            (["critical"] * 3, 0.0),
        ],
    )
    def test_score(self, severities: list[str], score: float) -> None:
        found = [{"threat": "t", "severity": severity} for severity in severities]
        assert validity_score(found) == pytest.approx(score)

    @pytest.mark.parametrize(
        ("score", "word"),
        [(1.0, "high"), (0.8, "high"), (0.79, "medium"), (0.5, "medium"), (0.49, "low"), (0.0, "low")],
    )
    def test_confidence(self, score: float, word: str) -> None:
        assert confidence(score) == word

    @pytest.mark.parametrize("design", DESIGNS)
    def test_no_design_is_perfect(self, design: str) -> None:
        assert 0.0 < validity_score(threats(design)) < 1.0
