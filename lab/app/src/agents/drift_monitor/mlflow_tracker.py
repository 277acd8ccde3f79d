"""MLflow tracking for the drift monitor.

A check is a run: parameters say what was compared, metrics how far it had moved,
artifacts hold the detail. Everything works without MLflow too: `_get_mlflow` then
answers None and the methods do nothing, so callers never have to ask.

    tracker = DriftMonitorMLflowTracker()
    async with tracker.start_monitoring_run(brand="Kisqali") as context:
        output = await agent.run(baseline, current)
        await tracker.log_monitoring_result(output)

For whoever searches this file: ``with tempfile.TemporaryDirectory() as tmpdir:``
and ``except ImportError:`` both stand in it more than once.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

logger = logging.getLogger(__name__)

# Experiments of this agent live under this name in the tracking store.
EXPERIMENT_PREFIX = "e2i_causal/drift_monitor"

# overall drift score → level; the first bound that is reached wins
LEVELS = (
    (0.7, "critical"),
    (0.5, "high"),
    (0.3, "medium"),
    (0.0, "low"),  # anything above nothing
)


@dataclass
class DriftMonitorContext:
    """What a run is about."""

    experiment_name: str = "default"
    brand: str | None = None
    model_id: str | None = None
    time_window: str = "7d"
    run_id: str | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


@dataclass
class DriftMonitorMetrics:
    """The numbers of a check, as MLflow gets them."""

    features_checked: int = 0
    features_with_drift: int = 0
    overall_drift_score: float = 0.0

    avg_psi_score: float = 0.0
    max_psi_score: float = 0.0
    avg_ks_statistic: float = 0.0
    max_ks_statistic: float = 0.0

    critical_severity_count: int = 0
    high_severity_count: int = 0
    medium_severity_count: int = 0
    low_severity_count: int = 0

    alerts_total: int = 0
    detection_latency_ms: int = 0


def as_dict(output: Any) -> dict[str, Any]:
    """An agent's output as a plain dictionary, whatever it came as."""
    if hasattr(output, "model_dump"):
        return output.model_dump()
    if isinstance(output, dict):
        return output
    return {}


def drift_level(score: float) -> str:
    """An overall drift score in a word."""
    if score <= 0.0:
        return "none"
    return next(level for bound, level in LEVELS if score >= bound)


class DriftMonitorMLflowTracker:
    """Tracks drift checks in MLflow.

    `tracking_uri` is the store; None leaves MLflow its own default. With
    `preflight` the store is tried before the first run, so that a store which
    can't keep artifacts is found out before the work, not after it.
    """

    def __init__(self, tracking_uri: str | None = None, preflight: bool = False) -> None:
        self._mlflow: Any = None
        self._tracking_uri = tracking_uri
        self._preflight = preflight
        self._current_context: DriftMonitorContext | None = None

    def _get_mlflow(self) -> Any:
        """MLflow, imported the first time it is needed; None where it can't be used."""
        if self._mlflow is None:
            try:
                # Importing MLflow takes the better part of a second: not for
                # processes that never track anything.
                import mlflow

                if self._tracking_uri:
                    mlflow.set_tracking_uri(self._tracking_uri)
                if self._preflight:
                    self._touch_artifact_root(mlflow)
                self._mlflow = mlflow
            except ImportError:
                logger.warning("MLflow not installed, tracking disabled")
                return None
        return self._mlflow

    def _touch_artifact_root(self, mlflow: Any) -> None:
        """Leave a mark where the default experiment's artifacts go."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        import tempfile

        experiment = mlflow.get_experiment_by_name(f"{EXPERIMENT_PREFIX}/default")
        if experiment is None:
            return  # it will be made, with the store's own root
        with tempfile.TemporaryDirectory() as tmpdir:
            mark = os.path.join(tmpdir, "preflight.txt")
            with open(mark, "w") as file:
                file.write("the drift monitor was here\n")
            get_artifact_repository(experiment.artifact_location).log_artifact(mark)

    def _get_or_create_experiment(self, experiment_name: str) -> str:
        """The id of this agent's experiment of that name."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return ""
        full_name = f"{EXPERIMENT_PREFIX}/{experiment_name}"
        experiment = mlflow.get_experiment_by_name(full_name)
        if experiment is not None:
            return str(experiment.experiment_id)
        return str(
            mlflow.create_experiment(
                full_name,
                tags={
                    "agent": "drift_monitor",
                    "tier": "3",
                },
            )
        )

    @asynccontextmanager
    async def start_monitoring_run(
        self,
        experiment_name: str = "default",
        brand: str | None = None,
        model_id: str | None = None,
        time_window: str = "7d",
    ) -> AsyncIterator[DriftMonitorContext]:
        """A run around a check. An exception inside marks the run as failed and goes on."""
        context = DriftMonitorContext(experiment_name, brand, model_id, time_window)
        self._current_context = context
        mlflow = self._get_mlflow()
        if mlflow is None:
            yield context
            return

        experiment_id = self._get_or_create_experiment(experiment_name)
        with mlflow.start_run(experiment_id=experiment_id) as run:
            context.run_id = run.info.run_id
            mlflow.log_params(
                {
                    "brand": brand or "all",
                    "model_id": model_id or "none",
                    "time_window": time_window,
                }
            )
            try:
                yield context
            except Exception as error:
                mlflow.set_tag("status", "failed")
                mlflow.set_tag("error", str(error)[:250])
                raise
            finally:
                self._current_context = None

    async def log_monitoring_result(self, output: Any, state: dict[str, Any] | None = None) -> None:
        """Put a check's metrics, tags and artifacts into the run that is active."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return
        metrics = self._extract_metrics(output)
        mlflow.log_metrics(asdict(metrics))
        mlflow.set_tags(
            {
                "drift_level": drift_level(metrics.overall_drift_score),
                "status": "completed",
            }
        )
        await self._log_artifacts(output, state, metrics)

    def _extract_metrics(self, output: Any) -> DriftMonitorMetrics:
        """The metrics of an output; zeros for what it doesn't say."""
        said = as_dict(output)
        results = said.get("data_drift_results", [])
        metrics = DriftMonitorMetrics(
            features_checked=said.get("features_checked", 0),
            features_with_drift=len(said.get("features_with_drift", [])),
            overall_drift_score=said.get("overall_drift_score", 0.0),
            alerts_total=len(said.get("alerts", [])),
            detection_latency_ms=said.get("detection_latency_ms", 0),
        )
        if results:
            psis = [result.get("psi", 0.0) for result in results]
            gaps = [result.get("ks", 0.0) for result in results]
            metrics.avg_psi_score = sum(psis) / len(psis)
            metrics.max_psi_score = max(psis)
            metrics.avg_ks_statistic = sum(gaps) / len(gaps)
            metrics.max_ks_statistic = max(gaps)
        for result in results:
            name = f"{result.get('severity', 'none')}_severity_count"
            if hasattr(metrics, name):  # "none" is not counted
                setattr(metrics, name, getattr(metrics, name) + 1)
        return metrics

    async def _log_artifacts(
        self,
        output: Any,
        state: dict[str, Any] | None,
        metrics: DriftMonitorMetrics,
    ) -> None:
        """Put the detail of a check into the run, as files."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return

        import tempfile

        said = as_dict(output)
        context = self._current_context

        with tempfile.TemporaryDirectory() as tmpdir:
            # The summary: what a person opens first
            summary = {
                "overall_drift_score": said.get("overall_drift_score", 0.0),
                "drift_level": drift_level(metrics.overall_drift_score),
                "features_checked": said.get("features_checked", 0),
                "features_with_drift": said.get("features_with_drift", []),
                "drift_summary": said.get("drift_summary", ""),
                "recommended_actions": said.get("recommended_actions", []),
                "context": {
                    "brand": context.brand if context else None,
                    "model_id": context.model_id if context else None,
                    "time_window": context.time_window if context else None,
                },
            }
            summary_path = os.path.join(tmpdir, "monitoring_summary.json")
            with open(summary_path, "w") as file:
                json.dump(summary, file, indent=2, default=str)
            mlflow.log_artifact(summary_path, "monitoring")

            # How to read it. The text is the file, down to its left margin.
            guide_path = os.path.join(tmpdir, "HOW_TO_READ.txt")
            with open(guide_path, "w") as file:
                file.write(
                    """\
psi   population stability index: below 0.1 nothing, above 0.2 act
ks    largest gap between the two distributions
    (0 is the same, 1 has nothing in common)
"""
                )
            mlflow.log_artifact(guide_path, "monitoring")

            # Per feature
            results = said.get("data_drift_results", [])
            if results:
                results_path = os.path.join(tmpdir, "data_drift_results.json")
                with open(results_path, "w") as file:
                    json.dump(results, file, indent=2, default=str)
                mlflow.log_artifact(results_path, "drift")

            # Alerts, if there are any: an empty file would page somebody
            alerts = said.get("alerts", [])
            if alerts:
                alerts_path = os.path.join(tmpdir, "alerts.json")
                with open(alerts_path, "w") as file:
                    json.dump(alerts, file, indent=2, default=str)
                mlflow.log_artifact(alerts_path, "alerts")

            if state:
                structural = state.get("structural_drift_details")
                if structural:
                    structural_path = os.path.join(tmpdir, "structural_drift.json")
                    with open(structural_path, "w") as file:
                        json.dump(structural, file, indent=2, default=str)
                    mlflow.log_artifact(
                        structural_path,
                        # next to the features
                        "drift",
                    )


class DriftHistory:
    """Reads what the tracker has written."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        self._tracking_uri = tracking_uri

    def runs(self, experiment_name: str = "default", limit: int = 100) -> list[dict[str, Any]]:
        """The newest runs of an experiment, newest first; none where there is no MLflow."""
        try:
            from mlflow import MlflowClient
        except ImportError:
            return []
        client = MlflowClient(tracking_uri=self._tracking_uri)
        experiment = client.get_experiment_by_name(f"{EXPERIMENT_PREFIX}/{experiment_name}")
        if experiment is None:
            return []
        found = client.search_runs(
            [experiment.experiment_id],
            max_results=limit,
            order_by=["start_time DESC"],
        )
        return [
            {
                "run_id": run.info.run_id,
                "state": run.info.status,
                **run.data.params,
                **run.data.metrics,
                **{key: value for key, value in run.data.tags.items() if "." not in key},
            }
            for run in found
        ]

    def export(self, path: str, experiment_name: str = "default") -> int:
        """Write the runs to `path` in one piece; how many there were."""
        import tempfile

        runs = self.runs(experiment_name)
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path) or ".") as tmpdir:
            draft = os.path.join(tmpdir, "runs.json")
            with open(draft, "w") as file:
                json.dump(runs, file, indent=2, default=str)
            os.replace(draft, path)
        return len(runs)


def create_tracker(
    tracking_uri: str | None = None, preflight: bool = False
) -> DriftMonitorMLflowTracker:
    """A tracker, for callers that don't want to know its class."""
    return DriftMonitorMLflowTracker(tracking_uri=tracking_uri, preflight=preflight)
