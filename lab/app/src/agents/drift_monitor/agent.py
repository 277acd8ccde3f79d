"""The agent that compares today's features with the ones the models were trained on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from src.agents.drift_monitor import scores


class FeatureDrift(BaseModel):
    """What a check found out about one feature."""

    feature: str
    psi: float
    ks: float
    severity: str

    @property
    def drifted(self) -> bool:
        return self.severity != "none"


class DriftMonitorOutput(BaseModel):
    """What a whole check found out."""

    overall_drift_score: float = 0.0
    drift_level: str = "none"
    features_checked: int = 0
    features_with_drift: list[str] = Field(default_factory=list)
    data_drift_results: list[FeatureDrift] = Field(default_factory=list)
    alerts: list[dict[str, str]] = Field(default_factory=list)
    recommended_actions: list[str] = Field(default_factory=list)
    drift_summary: str = ""
    detection_latency_ms: int = 0
    warnings: list[str] = Field(default_factory=list)


ACTIONS = {
    "none": "keep watching",
    "low": "keep watching",
    "medium": "look at the feature's source",
    "high": "plan a retraining",
    "critical": "stop using the model, retrain",
}


class DriftMonitorAgent:
    """Checks features for drift; `bins` is the resolution of the stability index."""

    def __init__(self, bins: int = 10) -> None:
        self.bins = bins

    def check(self, feature: str, before: Sequence[float], after: Sequence[float]) -> FeatureDrift:
        """What became of one feature."""
        psi = scores.population_stability_index(before, after, self.bins)
        return FeatureDrift(
            feature=feature,
            psi=psi,
            ks=scores.ks_statistic(before, after),
            severity=scores.severity(psi),
        )

    async def run(
        self, baseline: Mapping[str, Sequence[float]], current: Mapping[str, Sequence[float]]
    ) -> DriftMonitorOutput:
        """Check every feature of `baseline`; one that is gone today is a warning."""
        started = time.perf_counter()
        missing = [feature for feature in baseline if not current.get(feature)]
        results = [
            self.check(feature, before, current[feature])
            for feature, before in baseline.items()
            if feature not in missing
        ]
        drifted = [result for result in results if result.drifted]
        level = scores.worst([result.severity for result in results])
        return DriftMonitorOutput(
            overall_drift_score=scores.overall_score([result.psi for result in results]),
            drift_level=level,
            features_checked=len(results),
            features_with_drift=[result.feature for result in drifted],
            data_drift_results=results,
            alerts=[
                {"feature": result.feature, "severity": result.severity}
                for result in results
                if result.severity in ("high", "critical")
            ],
            recommended_actions=[ACTIONS[level]],
            drift_summary=f"{len(drifted)} of {len(results)} features drifted",
            detection_latency_ms=int((time.perf_counter() - started) * 1000),
            warnings=[f"{feature} has no current values" for feature in missing],
        )
