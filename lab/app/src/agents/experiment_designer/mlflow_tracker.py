"""MLflow tracking for the experiment designer.

A design is a run. Its parameters are the question and the kind of design, its
metrics the power analysis and the validity, its artifacts the documents that go
to the people who run the experiment.

Tracking is an extra: a design that can't be tracked is still a design.
"""

import json
import logging
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, AsyncIterator, Dict, List, Optional

logger = logging.getLogger(__name__)

EXPERIMENT_PREFIX = "e2i_causal/experiment_designer"


class TrackingState:
    """Whether tracking was tried, and what became of it; for the status page."""

    def __init__(self) -> None:
        self.tried = 0
        self.last_run: Optional[str] = None

    def note(self, run_id: Optional[str]) -> None:
        self.tried += 1
        self.last_run = run_id


@dataclass
class ExperimentDesignerContext:
    """What a run is about."""

    experiment_name: str = "default"
    brand: Optional[str] = None
    business_question: Optional[str] = None
    run_id: Optional[str] = None


@dataclass
class ExperimentDesignerMetrics:
    """The numbers of a design, as MLflow gets them."""

    required_sample_size: int = 0
    required_sample_size_per_arm: int = 0
    achieved_power: float = 0.0
    alpha: float = 0.05
    duration_estimate_days: int = 0

    validity_threats_count: int = 0
    critical_threats_count: int = 0
    overall_validity_score: float = 0.0

    treatments_count: int = 0
    outcomes_count: int = 0
    redesign_iterations: int = 0


def plain(thing: Any) -> Any:
    """A model as a dictionary; anything else as it is."""
    return thing.model_dump() if hasattr(thing, "model_dump") else thing


class ExperimentDesignerMLflowTracker:
    """Tracks designs in MLflow.

    Args:
        tracking_uri: the store; MLflow's own default if None
        preflight: try the store's artifact root before the first run
    """

    def __init__(self, tracking_uri: Optional[str] = None, preflight: bool = False):
        self._mlflow = None
        self._tracking_uri = tracking_uri
        self._preflight = preflight
        self._current_context: Optional[ExperimentDesignerContext] = None
        self.state = TrackingState()

    def _get_mlflow(self):
        """Lazy load MLflow, so that nobody has to install it."""
        if self._mlflow is None:
            try:
                import mlflow

                if self._tracking_uri:
                    mlflow.set_tracking_uri(self._tracking_uri)

                # try: the root, not the store (the store answers either way)
                if self._preflight:
                    self._touch_artifact_root(mlflow)

                self._mlflow = mlflow
            except ImportError:  # pragma: no cover - it is installed here
                logger.warning("MLflow not installed, tracking disabled")
                return None
        return self._mlflow

    def _touch_artifact_root(self, mlflow):
        """Leave a mark where the artifacts of designs go."""
        import os
        import tempfile

        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        experiment = mlflow.get_experiment_by_name(f"{EXPERIMENT_PREFIX}/default")
        if experiment is not None:
            with tempfile.TemporaryDirectory() as tmpdir:
                mark = os.path.join(tmpdir, "preflight.txt")
                with open(mark, "w") as f:
                    f.write("the experiment designer was here\n")
                get_artifact_repository(experiment.artifact_location).log_artifact(mark)

    def _get_or_create_experiment(self, experiment_name: str) -> str:
        """Experiment ID for a name suffix; empty without MLflow."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return ""
        full_name = f"{EXPERIMENT_PREFIX}/{experiment_name}"
        experiment = mlflow.get_experiment_by_name(full_name)
        if experiment is None:
            return mlflow.create_experiment(full_name, tags={"agent": "experiment_designer"})
        return experiment.experiment_id

    @asynccontextmanager
    async def start_design_run(
        self,
        experiment_name: str = "default",
        brand: Optional[str] = None,
        business_question: Optional[str] = None,
    ) -> AsyncIterator[ExperimentDesignerContext]:
        """Start a run for a design.

        Yields:
            the context, with the run's ID once there is a run
        """
        context = ExperimentDesignerContext(experiment_name, brand, business_question)
        self._current_context = context

        mlflow = self._get_mlflow()
        if mlflow is None:
            self.state.note(None)
            yield context
            return

        experiment_id = self._get_or_create_experiment(experiment_name)
        with mlflow.start_run(experiment_id=experiment_id) as run:
            context.run_id = run.info.run_id
            self.state.note(context.run_id)
            mlflow.log_params(
                {
                    "brand": brand or "all",
                    "business_question": (business_question or "")[:250],
                }
            )
            try:
                yield context
            except Exception as e:
                mlflow.set_tag("status", "failed")
                mlflow.set_tag("error", f"{type(e).__name__}: {e}"[:250])
                raise
            finally:
                self._current_context = None

    async def log_design_result(
        self, output: Any, state: Optional[Dict[str, Any]] = None
    ) -> None:
        """Log a finished design to the active run."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return

        metrics = self._extract_metrics(output)
        mlflow.log_metrics(asdict(metrics))

        output_dict = plain(output) or {}
        mlflow.set_tags(
            {
                "design_type": output_dict.get("design_type", "unknown"),
                "validity_confidence": output_dict.get("validity_confidence", "low"),
                "status": "completed",
            }
        )

        await self._log_artifacts(output, state, metrics)

    def _extract_metrics(self, output: Any) -> ExperimentDesignerMetrics:
        """Metrics of a design; defaults for what it leaves out."""
        output_dict = plain(output)
        if not isinstance(output_dict, dict):
            return ExperimentDesignerMetrics()

        power = output_dict.get("power_analysis") or {}
        threats = output_dict.get("validity_threats") or []
        return ExperimentDesignerMetrics(
            required_sample_size=power.get("required_sample_size", 0),
            required_sample_size_per_arm=power.get("required_sample_size_per_arm", 0),
            achieved_power=power.get("achieved_power", 0.0),
            alpha=power.get("alpha", 0.05),
            duration_estimate_days=output_dict.get("duration_estimate_days", 0),
            validity_threats_count=len(threats),
            critical_threats_count=sum(t.get("severity") == "critical" for t in threats),
            overall_validity_score=output_dict.get("overall_validity_score", 0.0),
            treatments_count=len(output_dict.get("treatments", [])),
            outcomes_count=len(output_dict.get("outcomes", [])),
            redesign_iterations=output_dict.get("redesign_iterations", 0),
        )

    async def _log_artifacts(
        self,
        output: Any,
        state: Optional[Dict[str, Any]],
        metrics: ExperimentDesignerMetrics,
    ) -> None:
        """Log a design's documents to the active run.

        Each document goes to the folder of who reads it: "design" and "validity"
        for reviewers, "code" for the statistician, "documents" for the archive.

        Args:
            output: the design, as a model or a dictionary
            state: the agent's last state, if somebody kept it
            metrics: the metrics that were logged
        """
        mlflow = self._get_mlflow()
        if mlflow is None:
            return

        import os
        import tempfile

        output_dict = plain(output) or {}

        with tempfile.TemporaryDirectory() as tmpdir:
            # ---------------------------------------------------------------
            # Summary
            # ---------------------------------------------------------------
            summary = {
                "design_type": output_dict.get("design_type", "unknown"),
                "design_rationale": output_dict.get("design_rationale", ""),
                "power_analysis": output_dict.get("power_analysis"),
                "validity": {
                    "score": output_dict.get("overall_validity_score", 0.0),
                    "confidence": output_dict.get("validity_confidence", "low"),
                    "threats": metrics.validity_threats_count,
                },
                "context": {
                    "brand": self._current_context.brand if self._current_context else None,
                    "business_question": (
                        self._current_context.business_question
                        if self._current_context
                        else None
                    ),
                },
            }
            summary_path = os.path.join(tmpdir, "design_summary.json")
            with open(summary_path, "w") as f:
                json.dump(summary, f, indent=2, default=str)
            mlflow.log_artifact(summary_path, "design")

            # ---------------------------------------------------------------
            # Threats to validity
            # ---------------------------------------------------------------
            threats = [plain(threat) for threat in output_dict.get("validity_threats", [])]
            if threats:
                threats_path = os.path.join(tmpdir, "validity_threats.json")
                with open(threats_path, "w") as f:
                    json.dump(threats, f, indent=2, default=str)
                mlflow.log_artifact(threats_path, "validity")

            # The graph, for whoever has Graphviz
            causal_graph = output_dict.get("causal_graph_dot", "")
            if causal_graph:
                dot_path = os.path.join(tmpdir, "causal_graph.dot")
                with open(dot_path, "w") as f:
                    f.write(causal_graph)
                mlflow.log_artifact(dot_path, "design")

            # Analysis code. It is read by people, so it starts with a warning.
            analysis_code = output_dict.get("analysis_code", "")
            if analysis_code:
                code_path = os.path.join(tmpdir, "analysis_template.py")
                with open(code_path, "w") as f:
                    f.write('''\
# A draft. Check the model before you believe the numbers:
#     - is the unit of analysis the unit of randomization?
#     - was the primary outcome fixed before the data came in?

''')
                    f.write(analysis_code)
                mlflow.log_artifact(code_path, "code")

            prereg = output_dict.get("preregistration_document", "")
            if prereg:
                prereg_path = os.path.join(tmpdir, "preregistration.md")
                with open(prereg_path, "w") as f:
                    f.write(prereg)
                mlflow.log_artifact(prereg_path, "documents")

            # Treatments and outcomes, as the assignment service wants them
            treatments = output_dict.get("treatments", [])
            outcomes = output_dict.get("outcomes", [])
            if treatments or outcomes:
                spec = {
                    "treatments": [plain(treatment) for treatment in treatments],
                    "outcomes": [
                        # the first one is primary unless somebody said otherwise
                        {"is_primary": place == 0, **plain(outcome)}
                        for place, outcome in enumerate(outcomes)
                    ],
                }
                spec_path = os.path.join(tmpdir, "experiment_spec.json")
                with open(spec_path, "w") as f:
                    json.dump(spec, f, indent=2, default=str)
                mlflow.log_artifact(spec_path, "design")

            # How the design came about, if it took more than one attempt
            if state:
                history = state.get("iteration_history", [])
                if history:
                    history_path = os.path.join(tmpdir, "iteration_history.json")
                    with open(history_path, "w") as f:
                        json.dump(history, f, indent=2, default=str)
                    mlflow.log_artifact(history_path, "iterations")

    def get_design_history(
        self, experiment_name: str = "default", limit: int = 100
    ) -> List[Dict[str, Any]]:
        """Past designs, newest first."""
        mlflow = self._get_mlflow()
        if mlflow is None:
            return []
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name(f"{EXPERIMENT_PREFIX}/{experiment_name}")
        if experiment is None:
            return []
        try:
            runs = client.search_runs(
                [experiment.experiment_id], max_results=limit, order_by=["start_time DESC"]
            )
        except mlflow.exceptions.MlflowException as e:
            logger.warning(f"the history of {experiment_name} can't be read: {e}")
            return []
        return [
            {
                "run_id": run.info.run_id,
                "design_type": run.data.tags.get("design_type"),
                "status": run.data.tags.get("status"),
                "brand": run.data.params.get("brand"),
                "achieved_power": run.data.metrics.get("achieved_power"),
                "overall_validity_score": run.data.metrics.get("overall_validity_score"),
            }
            for run in runs
        ]


def create_tracker(
    tracking_uri: Optional[str] = None, preflight: bool = False
) -> ExperimentDesignerMLflowTracker:
    """Create a tracker."""
    return ExperimentDesignerMLflowTracker(tracking_uri=tracking_uri, preflight=preflight)
