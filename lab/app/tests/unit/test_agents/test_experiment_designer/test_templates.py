"""The documents that come with a design."""

from __future__ import annotations

import pytest

from src.agents.experiment_designer.designs import DESIGNS
from src.agents.experiment_designer.templates import (
    analysis_code,
    causal_graph,
    preregistration,
)

OUTCOMES = ["engagement", "trx", "adherence"]


class TestPreregistration:
    @pytest.mark.parametrize("outcome", OUTCOMES)
    @pytest.mark.parametrize("design", DESIGNS)
    def test_says_what_is_fixed(self, design: str, outcome: str) -> None:
        text = preregistration("Do visits help?", design, 63, outcome)
        assert f"Design: {design}\nUnits per arm: 63\nPrimary outcome: {outcome}\n" in text

    @pytest.mark.parametrize("question", ["Why?", "  Why?", "Why?\n", "\tWhy? "])
    def test_title_is_trimmed(self, question: str) -> None:
        text = preregistration(question, "rct", 63, "trx")
        assert text.splitlines()[0] == "# Pre-registration: Why?"


class TestCausalGraph:
    @pytest.mark.parametrize("count", range(5))
    def test_two_edges_a_confounder(self, count: int) -> None:
        graph = causal_graph("visits", "trx", [f"c{number}" for number in range(count)])
        assert graph.count("->") == 1 + 2 * count

    @pytest.mark.parametrize("outcome", OUTCOMES)
    def test_treatment_points_at_the_outcome(self, outcome: str) -> None:
        assert f'"visits" -> "{outcome}";' in causal_graph("visits", outcome, [])

    def test_is_a_digraph(self) -> None:
        assert causal_graph("visits", "trx", []) == 'digraph {\n  "visits" -> "trx";\n}\n'


class TestAnalysisCode:
    @pytest.mark.parametrize("outcome", OUTCOMES)
    @pytest.mark.parametrize("design", DESIGNS)
    def test_is_python(self, design: str, outcome: str) -> None:
        compile(analysis_code(design, outcome), "analysis.py", "exec")

    @pytest.mark.parametrize("outcome", OUTCOMES)
    @pytest.mark.parametrize("design", DESIGNS)
    def test_explains_the_outcome(self, design: str, outcome: str) -> None:
        assert f'model("{outcome} ~ ' in analysis_code(design, outcome)

    def test_unknown_design(self) -> None:
        with pytest.raises(KeyError):
            analysis_code("crossover", "trx")
