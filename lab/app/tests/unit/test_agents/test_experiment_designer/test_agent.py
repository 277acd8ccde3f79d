"""The experiment designer as a whole."""

from __future__ import annotations

import pytest

from src.agents.experiment_designer.agent import ExperimentDesignerAgent
from src.agents.experiment_designer.designs import DESIGNS

QUESTION = "Do more visits raise engagement?"


@pytest.mark.parametrize("effect", [0.1, 0.2, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("clusters", [0, 5, 40])
async def test_size_fits_the_effect(clusters: int, effect: float) -> None:
    output = await ExperimentDesignerAgent().run(QUESTION, effect, clusters)
    assert output.power_analysis["achieved_power"] >= 0.8 - 1e-6


@pytest.mark.parametrize(
    ("clusters", "can_randomize", "design"),
    [(0, True, "rct"), (12, True, "cluster_rct"), (0, False, "difference_in_differences")],
)
async def test_design(clusters: int, can_randomize: bool, design: str) -> None:
    output = await ExperimentDesignerAgent().run(QUESTION, 0.3, clusters, can_randomize)
    assert output.design_type == design
    assert output.design_rationale == DESIGNS[design]


@pytest.mark.parametrize("clusters", range(2, 10))
async def test_few_clusters_are_a_warning(clusters: int) -> None:
    output = await ExperimentDesignerAgent().run(QUESTION, 0.3, clusters)
    assert output.warnings == ["few clusters"]


@pytest.mark.parametrize("clusters", [0, 1, 10, 100])
async def test_enough_clusters_are_none(clusters: int) -> None:
    assert (await ExperimentDesignerAgent().run(QUESTION, 0.3, clusters)).warnings == []


@pytest.mark.parametrize("per_day", [1.0, 10.0, 25.0, 1000.0])
async def test_duration(per_day: float) -> None:
    output = await ExperimentDesignerAgent(per_day).run(QUESTION, 0.5)
    assert (output.duration_estimate_days - 1) * per_day < 126 <= (
        output.duration_estimate_days * per_day
    )


@pytest.mark.parametrize("outcome", ["engagement", "trx", "adherence"])
async def test_outcome_is_in_every_document(outcome: str) -> None:
    output = await ExperimentDesignerAgent().run(QUESTION, 0.5, outcome=outcome)
    for text in (
        output.preregistration_document,
        output.causal_graph_dot,
        output.analysis_code,
    ):
        assert outcome in text


async def test_output_can_be_stored() -> None:
    output = await ExperimentDesignerAgent().run(QUESTION, 0.3)
    assert type(output).model_validate_json(output.model_dump_json()) == output
