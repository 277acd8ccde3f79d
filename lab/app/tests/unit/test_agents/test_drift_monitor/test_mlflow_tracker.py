"""Tracking drift checks in MLflow: in stores that work, and in one that can't keep files."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from src.agents.drift_monitor.agent import DriftMonitorAgent, DriftMonitorOutput
from src.agents.drift_monitor.mlflow_tracker import (
    EXPERIMENT_PREFIX,
    DriftHistory,
    DriftMonitorMLflowTracker,
    as_dict,
    create_tracker,
    drift_level,
)

STEADY = [float(value) for value in range(50)]

# What a check can come out as: (baseline, current)
CASES: dict[str, tuple[dict[str, list[float]], dict[str, list[float]]]] = {
    "steady": ({"age": STEADY}, {"age": STEADY}),
    "moved": ({"age": STEADY}, {"age": [value + 9 for value in STEADY]}),
    "gone": ({"age": STEADY, "visits": STEADY}, {"age": STEADY}),
    "critical": ({"age": STEADY}, {"age": [value + 90 for value in STEADY]}),
    "nothing": ({}, {}),
}
EXPERIMENTS = ("default", "weekly")  # both are in the store of this machine


async def check(case: str) -> DriftMonitorOutput:
    return await DriftMonitorAgent().run(*CASES[case])


class TestArtifactsThatCannotBeKept:
    """The server's artifact root is out of reach: the check is tracked all the same."""

    @pytest.mark.parametrize("experiment", EXPERIMENTS)
    @pytest.mark.parametrize("case", CASES)
    async def test_metrics_are_kept(
        self, tracking_store: str, stored_run: Callable, case: str, experiment: str
    ) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        output = await check(case)
        async with tracker.start_monitoring_run(experiment) as context:
            await tracker.log_monitoring_result(output)
        run = stored_run(tracking_store, context.run_id)
        assert run.info.status == "FINISHED"
        assert run.data.metrics["features_checked"] == output.features_checked
        assert run.data.metrics["overall_drift_score"] == pytest.approx(output.overall_drift_score)

    @pytest.mark.parametrize("brand", ["Remibrutinib", "Fabhalta", None])
    async def test_parameters_are_kept(
        self, tracking_store: str, stored_run: Callable, brand: str | None
    ) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        async with tracker.start_monitoring_run(brand=brand, model_id="churn") as context:
            await tracker.log_monitoring_result(await check("moved"))
        params = stored_run(tracking_store, context.run_id).data.params
        assert (params["brand"], params["model_id"]) == (brand or "all", "churn")

    @pytest.mark.parametrize(("case", "level"), [("steady", "none"), ("critical", "critical")])
    async def test_level_is_kept(
        self, tracking_store: str, stored_run: Callable, case: str, level: str
    ) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        async with tracker.start_monitoring_run() as context:
            await tracker.log_monitoring_result(await check(case))
        tags = stored_run(tracking_store, context.run_id).data.tags
        assert (tags["drift_level"], tags["status"]) == (level, "completed")

    async def test_structural_details_change_nothing(
        self, tracking_store: str, stored_run: Callable
    ) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        async with tracker.start_monitoring_run() as context:
            await tracker.log_monitoring_result(
                await check("moved"), {"structural_drift_details": {"detected": True}}
            )
        assert stored_run(tracking_store, context.run_id).info.status == "FINISHED"

    async def test_somebody_is_warned(
        self, tracking_store: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        with caplog.at_level(logging.WARNING, logger="src.agents"):
            async with tracker.start_monitoring_run():
                await tracker.log_monitoring_result(await check("moved"))
        assert {r.levelname for r in caplog.records if r.name.startswith("src.agents")} == {
            "WARNING"
        }

    async def test_next_check_is_tracked_too(self, tracking_store: str) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store)
        for case in ("moved", "critical"):
            async with tracker.start_monitoring_run():
                await tracker.log_monitoring_result(await check(case))
        states = [run["state"] for run in DriftHistory(tracking_store).runs()]
        assert states == ["FINISHED", "FINISHED"]


class TestPreflight:
    """A store that is tried first, and found wanting, is as good as none."""

    def test_no_store_no_mlflow(self, tracking_store: str) -> None:
        assert DriftMonitorMLflowTracker(tracking_store, preflight=True)._get_mlflow() is None

    @pytest.mark.parametrize("case", ["steady", "critical"])
    async def test_check_goes_on_untracked(self, tracking_store: str, case: str) -> None:
        tracker = DriftMonitorMLflowTracker(tracking_store, preflight=True)
        async with tracker.start_monitoring_run() as context:
            await tracker.log_monitoring_result(await check(case))
        assert context.run_id is None
        assert DriftHistory(tracking_store).runs() == []

    def test_warning_says_what_is_wrong(
        self, tracking_store: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, logger="src.agents"):
            create_tracker(tracking_store, preflight=True)._get_mlflow()
        assert "PermissionError" in caplog.text
        assert "Permission denied" in caplog.text

    async def test_factory_gives_the_same(self, tracking_store: str) -> None:
        tracker = create_tracker(tracking_store, preflight=True)
        async with tracker.start_monitoring_run("weekly", brand="Kisqali") as context:
            assert context.brand == "Kisqali"
            assert context.run_id is None


class TestArtifacts:
    """In a store that can keep files they are all there, word for word."""

    async def files(
        self, store: str, stored_files: Callable, case: str, state: dict | None = None
    ) -> dict[str, str]:
        tracker = DriftMonitorMLflowTracker(store)
        async with tracker.start_monitoring_run(brand="Kisqali", time_window="14d") as context:
            await tracker.log_monitoring_result(await check(case), state)
        return stored_files(store, context.run_id)

    async def test_all_of_them(self, empty_store: str, stored_files: Callable) -> None:
        details = {"structural_drift_details": {"detected": True, "edges": 2}}
        assert set(await self.files(empty_store, stored_files, "critical", details)) == {
            "monitoring/monitoring_summary.json",
            "monitoring/HOW_TO_READ.txt",
            "drift/data_drift_results.json",
            "drift/structural_drift.json",
            "alerts/alerts.json",
        }

    @pytest.mark.parametrize("case", ["steady", "gone"])
    async def test_no_alerts_no_file(
        self, empty_store: str, stored_files: Callable, case: str
    ) -> None:
        assert "alerts/alerts.json" not in await self.files(empty_store, stored_files, case)

    async def test_summary(self, empty_store: str, stored_files: Callable) -> None:
        files = await self.files(empty_store, stored_files, "critical")
        summary = json.loads(files["monitoring/monitoring_summary.json"])
        assert summary["features_with_drift"] == ["age"]
        assert summary["context"] == {
            "brand": "Kisqali",
            "model_id": None,
            "time_window": "14d",
        }

    async def test_guide_keeps_its_margin(self, empty_store: str, stored_files: Callable) -> None:
        files = await self.files(empty_store, stored_files, "steady")
        assert files["monitoring/HOW_TO_READ.txt"].splitlines() == [
            "psi   population stability index: below 0.1 nothing, above 0.2 act",
            "ks    largest gap between the two distributions",
            "    (0 is the same, 1 has nothing in common)",
        ]

    async def test_preflight_passes(self, empty_store: str) -> None:
        assert DriftMonitorMLflowTracker(empty_store, preflight=True)._get_mlflow() is not None


class TestRuns:
    @pytest.mark.parametrize("error", [ValueError("no data"), KeyError("age"), OSError("gone")])
    async def test_error_inside_is_recorded_and_goes_on(
        self, empty_store: str, stored_run: Callable, error: Exception
    ) -> None:
        tracker = DriftMonitorMLflowTracker(empty_store)
        with pytest.raises(type(error)):
            async with tracker.start_monitoring_run() as context:
                raise error
        run = stored_run(empty_store, context.run_id)
        assert (run.info.status, run.data.tags["status"]) == ("FAILED", "failed")

    async def test_experiment_is_made_once(self, empty_store: str) -> None:
        tracker = DriftMonitorMLflowTracker(empty_store)
        first = tracker._get_or_create_experiment("new")
        assert tracker._get_or_create_experiment("new") == first

    @pytest.mark.parametrize("limit", [1, 2, 3])
    async def test_history(self, empty_store: str, limit: int) -> None:
        tracker = DriftMonitorMLflowTracker(empty_store)
        for _ in range(3):
            async with tracker.start_monitoring_run():
                await tracker.log_monitoring_result(await check("steady"))
        assert len(DriftHistory(empty_store).runs(limit=limit)) == limit

    def test_no_history(self, empty_store: str) -> None:
        assert DriftHistory(empty_store).runs("never") == []

    async def test_export(self, empty_store: str, tmp_path: Path) -> None:
        tracker = DriftMonitorMLflowTracker(empty_store)
        async with tracker.start_monitoring_run(brand="Kisqali"):
            await tracker.log_monitoring_result(await check("moved"))
        path = tmp_path / "runs.json"
        assert DriftHistory(empty_store).export(str(path)) == 1
        assert json.loads(path.read_text())[0]["brand"] == "Kisqali"


class TestWithoutMLflow:
    """MLflow isn't installed: nothing is tracked, nothing fails."""

    @pytest.fixture(autouse=True)
    def no_mlflow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "mlflow", None)

    def test_no_mlflow_is_found(self) -> None:
        assert DriftMonitorMLflowTracker()._get_mlflow() is None

    async def test_check_goes_on(self) -> None:
        tracker = DriftMonitorMLflowTracker()
        async with tracker.start_monitoring_run(brand="Kisqali") as context:
            await tracker.log_monitoring_result(await check("critical"))
        assert context.run_id is None

    def test_there_is_no_history(self) -> None:
        assert DriftHistory().runs() == []

    def test_somebody_is_warned(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, logger="src.agents"):
            DriftMonitorMLflowTracker()._get_mlflow()
        assert "MLflow" in caplog.text


class TestMetrics:
    @pytest.mark.parametrize("case", CASES)
    async def test_counts_agree_with_the_output(self, case: str) -> None:
        output = await check(case)
        metrics = DriftMonitorMLflowTracker()._extract_metrics(output)
        assert metrics.features_with_drift == len(output.features_with_drift)
        assert metrics.alerts_total == len(output.alerts)

    @pytest.mark.parametrize("severity", ["critical", "high", "medium", "low"])
    def test_severities_are_counted(self, severity: str) -> None:
        output = {"data_drift_results": [{"severity": severity}, {"severity": "none"}]}
        metrics = DriftMonitorMLflowTracker()._extract_metrics(output)
        assert getattr(metrics, f"{severity}_severity_count") == 1

    @pytest.mark.parametrize("output", [None, "text", 3, {}])
    def test_output_that_says_nothing(self, output: object) -> None:
        assert DriftMonitorMLflowTracker()._extract_metrics(output).features_checked == 0

    @pytest.mark.parametrize(
        ("score", "level"),
        [
            (0.0, "none"),
            (0.01, "low"),
            (0.29, "low"),
            (0.3, "medium"),
            (0.5, "high"),
            (0.7, "critical"),
            (1.0, "critical"),
        ],
    )
    def test_level_of_a_score(self, score: float, level: str) -> None:
        assert drift_level(score) == level

    async def test_model_as_a_dictionary(self) -> None:
        output = await check("moved")
        assert as_dict(output) == output.model_dump()

    def test_prefix(self) -> None:
        assert EXPERIMENT_PREFIX.endswith("drift_monitor")
