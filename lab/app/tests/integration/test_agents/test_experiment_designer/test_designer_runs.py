"""Designs that are tracked while a pilot study is going on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from src.agents.experiment_designer.agent import ExperimentDesignerAgent
from src.agents.experiment_designer.mlflow_tracker import create_tracker

QUESTION = "Do more visits raise engagement?"


@pytest.fixture(scope="module")
def pilot_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with a pilot study in it that nobody has brought to its end."""
    import mlflow

    store = (tmp_path_factory.mktemp("pilot") / "store").as_uri()
    mlflow.set_tracking_uri(store)
    mlflow.start_run(run_name="pilot")
    mlflow.log_param("question", QUESTION)
    yield store
    while mlflow.active_run():
        mlflow.end_run()


async def test_design_gets_a_run_of_its_own(pilot_store: str) -> None:
    tracker = create_tracker(pilot_store)
    async with tracker.start_design_run(business_question=QUESTION) as context:
        await tracker.log_design_result(await ExperimentDesignerAgent().run(QUESTION, 0.5))
    assert [entry["run_id"] for entry in tracker.get_design_history()] == [context.run_id]


def test_pilot_is_in_the_store(pilot_store: str) -> None:
    from mlflow import MlflowClient

    [pilot] = MlflowClient(tracking_uri=pilot_store).search_runs(["0"])
    assert pilot.data.params["question"] == QUESTION


def test_history_can_be_read_meanwhile(pilot_store: str) -> None:
    assert create_tracker(pilot_store).get_design_history("pilots") == []
