"""Tracking designs in MLflow: in stores that work, and in one that can't keep files."""

from __future__ import annotations

import ast
import json
import logging
import sys
from collections.abc import Callable

import pytest

from src.agents.experiment_designer.agent import (
    ExperimentDesignerAgent,
    ExperimentDesignerOutput,
)
from src.agents.experiment_designer.mlflow_tracker import (
    ExperimentDesignerMLflowTracker,
    create_tracker,
    plain,
)

QUESTION = "Do more visits raise engagement?"
KINDS = {"rct": (0, True), "cluster_rct": (20, True), "difference_in_differences": (0, False)}


async def design(kind: str = "rct") -> ExperimentDesignerOutput:
    clusters, can_randomize = KINDS[kind]
    return await ExperimentDesignerAgent().run(QUESTION, 0.3, clusters, can_randomize)


class TestArtifactsThatCannotBeKept:
    """The server's artifact root is out of reach: the design is tracked all the same."""

    @pytest.mark.parametrize("experiment", ["default", "pilots"])
    @pytest.mark.parametrize("kind", KINDS)
    async def test_metrics_are_kept(
        self, tracking_store: str, stored_run: Callable, kind: str, experiment: str
    ) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        async with tracker.start_design_run(experiment) as context:
            await tracker.log_design_result(await design(kind))
        run = stored_run(tracking_store, context.run_id)
        assert run.info.status == "FINISHED"
        assert run.data.metrics["required_sample_size_per_arm"] == 175

    @pytest.mark.parametrize("kind", KINDS)
    async def test_tags_are_kept(
        self, tracking_store: str, stored_run: Callable, kind: str
    ) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        async with tracker.start_design_run() as context:
            await tracker.log_design_result(await design(kind))
        tags = stored_run(tracking_store, context.run_id).data.tags
        assert (tags["design_type"], tags["status"]) == (kind, "completed")

    @pytest.mark.parametrize("brand", ["Kisqali", None])
    async def test_design_is_in_the_history(self, tracking_store: str, brand: str | None) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        async with tracker.start_design_run(brand=brand, business_question=QUESTION):
            await tracker.log_design_result(await design())
        [entry] = tracker.get_design_history()
        assert (entry["brand"], entry["design_type"]) == (brand or "all", "rct")

    async def test_empty_design_is_tracked(self, tracking_store: str) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        async with tracker.start_design_run():
            await tracker.log_design_result({})
        assert tracker.get_design_history()[0]["design_type"] == "unknown"

    async def test_state_changes_nothing(self, tracking_store: str) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        async with tracker.start_design_run() as context:
            await tracker.log_design_result(await design(), {"iteration_history": [{"n": 1}]})
        assert tracker.state.last_run == context.run_id
        assert tracker.get_design_history()[0]["status"] == "completed"

    async def test_somebody_is_warned(
        self, tracking_store: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        tracker = ExperimentDesignerMLflowTracker(tracking_store)
        with caplog.at_level(logging.WARNING, logger="src.agents"):
            async with tracker.start_design_run():
                await tracker.log_design_result(await design())
        assert {r.levelname for r in caplog.records if r.name.startswith("src.agents")} == {
            "WARNING"
        }


class TestPreflight:
    """A store that is tried first, and found wanting, is as good as none."""

    def test_no_store_no_mlflow(self, tracking_store: str) -> None:
        assert create_tracker(tracking_store, preflight=True)._get_mlflow() is None

    async def test_design_goes_on_untracked(self, tracking_store: str) -> None:
        tracker = create_tracker(tracking_store, preflight=True)
        async with tracker.start_design_run() as context:
            await tracker.log_design_result(await design())
        assert (context.run_id, tracker.state.tried) == (None, 1)

    def test_warning_says_what_is_wrong(
        self, tracking_store: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, logger="src.agents"):
            create_tracker(tracking_store, preflight=True)._get_mlflow()
        assert "PermissionError" in caplog.text
        assert "Permission denied" in caplog.text

    def test_history_is_empty(self, tracking_store: str) -> None:
        assert create_tracker(tracking_store, preflight=True).get_design_history() == []


class TestArtifacts:
    """In a store that can keep files they are all there, word for word."""

    async def files(
        self, store: str, stored_files: Callable, output: object, state: dict | None = None
    ) -> dict[str, str]:
        tracker = ExperimentDesignerMLflowTracker(store)
        async with tracker.start_design_run(brand="Kisqali") as context:
            await tracker.log_design_result(output, state)
        return stored_files(store, context.run_id)

    async def test_all_of_them(self, empty_store: str, stored_files: Callable) -> None:
        state = {"iteration_history": [{"iteration": 1}]}
        assert set(await self.files(empty_store, stored_files, await design(), state)) == {
            "design/design_summary.json",
            "design/causal_graph.dot",
            "design/experiment_spec.json",
            "validity/validity_threats.json",
            "code/analysis_template.py",
            "documents/preregistration.md",
            "iterations/iteration_history.json",
        }

    async def test_only_the_summary(self, empty_store: str, stored_files: Callable) -> None:
        assert set(await self.files(empty_store, stored_files, {})) == {
            "design/design_summary.json"
        }

    async def test_summary(self, empty_store: str, stored_files: Callable) -> None:
        files = await self.files(empty_store, stored_files, await design())
        summary = json.loads(files["design/design_summary.json"])
        assert summary["validity"]["confidence"] == "medium"
        assert summary["context"] == {"brand": "Kisqali", "business_question": None}

    @pytest.mark.parametrize("kind", KINDS)
    async def test_analysis_code_starts_at_the_margin(
        self, empty_store: str, stored_files: Callable, kind: str
    ) -> None:
        files = await self.files(empty_store, stored_files, await design(kind))
        code = files["code/analysis_template.py"]
        ast.parse(code)
        assert code.splitlines()[:5] == [
            "# A draft. Check the model before you believe the numbers:",
            "#     - is the unit of analysis the unit of randomization?",
            "#     - was the primary outcome fixed before the data came in?",
            "",
            code.splitlines()[4].lstrip(),
        ]

    async def test_first_outcome_is_primary(
        self, empty_store: str, stored_files: Callable
    ) -> None:
        output = {"outcomes": [{"name": "trx"}, {"name": "adherence"}]}
        files = await self.files(empty_store, stored_files, output)
        assert json.loads(files["design/experiment_spec.json"])["outcomes"] == [
            {"is_primary": True, "name": "trx"},
            {"is_primary": False, "name": "adherence"},
        ]


class TestRuns:
    @pytest.mark.parametrize("error", [ValueError("no data"), PermissionError("not yours")])
    async def test_error_inside_is_recorded_and_goes_on(
        self, empty_store: str, stored_run: Callable, error: Exception
    ) -> None:
        tracker = ExperimentDesignerMLflowTracker(empty_store)
        with pytest.raises(type(error)):
            async with tracker.start_design_run() as context:
                raise error
        tags = stored_run(empty_store, context.run_id).data.tags
        assert tags["error"].startswith(type(error).__name__)

    async def test_no_history(self, empty_store: str) -> None:
        assert ExperimentDesignerMLflowTracker(empty_store).get_design_history() == []

    @pytest.mark.parametrize("limit", [1, 2])
    async def test_history(self, empty_store: str, limit: int) -> None:
        tracker = ExperimentDesignerMLflowTracker(empty_store)
        for kind in KINDS:
            async with tracker.start_design_run():
                await tracker.log_design_result(await design(kind))
        assert len(tracker.get_design_history(limit=limit)) == limit


class TestWithoutMLflow:
    """MLflow isn't installed: nothing is tracked, nothing fails."""

    @pytest.fixture(autouse=True)
    def no_mlflow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "mlflow", None)

    def test_no_mlflow_is_found(self) -> None:
        assert create_tracker()._get_mlflow() is None

    async def test_design_goes_on(self) -> None:
        tracker = create_tracker()
        async with tracker.start_design_run() as context:
            await tracker.log_design_result(await design())
        assert context.run_id is None

    def test_there_is_no_history(self) -> None:
        assert create_tracker().get_design_history() == []


class TestMetrics:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_metrics_of_a_design(self, kind: str) -> None:
        output = await design(kind)
        metrics = create_tracker()._extract_metrics(output)
        assert metrics.required_sample_size == 350
        assert metrics.validity_threats_count == len(output.validity_threats)

    @pytest.mark.parametrize("output", [None, "text", 3, {}])
    def test_output_that_says_nothing(self, output: object) -> None:
        assert create_tracker()._extract_metrics(output).required_sample_size == 0

    @pytest.mark.parametrize("count", range(4))
    def test_critical_threats(self, count: int) -> None:
        threats = [{"severity": "critical"}] * count + [{"severity": "low"}]
        metrics = create_tracker()._extract_metrics({"validity_threats": threats})
        assert metrics.critical_threats_count == count

    @pytest.mark.parametrize("thing", [None, 1, "text", {"a": 1}])
    def test_plain_things_stay_as_they_are(self, thing: object) -> None:
        assert plain(thing) is thing
