"""Which design fits a question, and what threatens its validity."""

from __future__ import annotations

DESIGNS: dict[str, str] = {
    "rct": "units are randomized one by one",
    "cluster_rct": "whole clusters are randomized",
    "difference_in_differences": "no randomization; parallel trends are assumed",
    "regression_discontinuity": "no randomization; a threshold decides who is treated",
}

# threat → (severity, designs it threatens)
THREATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "spillover": ("high", ("rct",)),
    "few clusters": ("high", ("cluster_rct",)),
    "attrition": ("medium", ("rct", "cluster_rct")),
    "diverging trends": ("critical", ("difference_in_differences",)),
    "manipulated threshold": ("critical", ("regression_discontinuity",)),
    "seasonality": ("low", ("difference_in_differences", "regression_discontinuity")),
}

_PENALTY = {"low": 0.05, "medium": 0.1, "high": 0.2, "critical": 0.35}


def choose(clusters: int, can_randomize: bool, has_threshold: bool = False) -> str:
    """The strongest design the circumstances allow."""
    if can_randomize:
        return "cluster_rct" if clusters > 1 else "rct"
    return "regression_discontinuity" if has_threshold else "difference_in_differences"


def threats(design: str) -> list[dict[str, str]]:
    """What threatens a design, worst first; ValueError for a design nobody knows."""
    if design not in DESIGNS:
        raise ValueError(f"unknown design {design}")
    found = [
        {"threat": name, "severity": severity}
        for name, (severity, concerned) in THREATS.items()
        if design in concerned
    ]
    return sorted(found, key=lambda threat: -_PENALTY[threat["severity"]])


def validity_score(found: list[dict[str, str]]) -> float:
    """1 for nothing to worry about, less for each threat, never below 0."""
    return max(0.0, 1.0 - sum(_PENALTY[threat["severity"]] for threat in found))


def confidence(score: float) -> str:
    """A validity score in a word."""
    if score >= 0.8:
        return "high"
    return "medium" if score >= 0.5 else "low"
