"""The agent that turns a business question into an experiment."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from src.agents.experiment_designer import designs, power, templates


class ExperimentDesignerOutput(BaseModel):
    """A complete design."""

    question: str
    design_type: str
    design_rationale: str
    power_analysis: dict[str, float]
    validity_threats: list[dict[str, str]] = Field(default_factory=list)
    overall_validity_score: float = 0.0
    validity_confidence: str = "low"
    causal_graph_dot: str = ""
    analysis_code: str = ""
    preregistration_document: str = ""
    treatments: list[dict[str, Any]] = Field(default_factory=list)
    outcomes: list[dict[str, Any]] = Field(default_factory=list)
    duration_estimate_days: int = 0
    redesign_iterations: int = 0
    warnings: list[str] = Field(default_factory=list)


class ExperimentDesignerAgent:
    """Designs experiments by rule; `per_day` is how fast units are enrolled."""

    def __init__(self, per_day: float = 25.0) -> None:
        self.per_day = per_day

    async def run(
        self,
        question: str,
        effect_size: float,
        clusters: int = 0,
        can_randomize: bool = True,
        outcome: str = "engagement",
    ) -> ExperimentDesignerOutput:
        """The design for `question`."""
        design = designs.choose(clusters, can_randomize)
        per_arm = power.sample_size_per_arm(effect_size)
        threats = designs.threats(design)
        score = designs.validity_score(threats)
        return ExperimentDesignerOutput(
            question=question,
            design_type=design,
            design_rationale=designs.DESIGNS[design],
            power_analysis={
                "required_sample_size": 2 * per_arm,
                "required_sample_size_per_arm": per_arm,
                "achieved_power": power.achieved_power(effect_size, per_arm),
                "alpha": 0.05,
            },
            validity_threats=threats,
            overall_validity_score=score,
            validity_confidence=designs.confidence(score),
            causal_graph_dot=templates.causal_graph("treatment", outcome, ["territory"]),
            analysis_code=templates.analysis_code(design, outcome),
            preregistration_document=templates.preregistration(
                question, design, per_arm, outcome
            ),
            treatments=[{"name": "treatment"}],
            outcomes=[{"name": outcome, "is_primary": True}],
            duration_estimate_days=power.duration_days(2 * per_arm, self.per_day),
            warnings=["few clusters"] if 1 < clusters < 10 else [],
        )
