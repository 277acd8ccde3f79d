"""The documents that come with a design."""

from __future__ import annotations

PREREGISTRATION = """\
# Pre-registration: {question}

Design: {design}
Units per arm: {per_arm}
Primary outcome: {outcome}

The analysis is fixed before the first unit is enrolled.
"""


def preregistration(question: str, design: str, per_arm: int, outcome: str) -> str:
    """The text to deposit before an experiment starts."""
    return PREREGISTRATION.format(
        question=question.strip(), design=design, per_arm=per_arm, outcome=outcome
    )


def causal_graph(treatment: str, outcome: str, confounders: list[str]) -> str:
    """The assumed graph, in DOT."""
    edges = [f'  "{treatment}" -> "{outcome}";']
    for confounder in confounders:
        edges += [f'  "{confounder}" -> "{treatment}";', f'  "{confounder}" -> "{outcome}";']
    return "digraph {\n" + "\n".join(edges) + "\n}\n"


def analysis_code(design: str, outcome: str) -> str:
    """A first version of the analysis, for the statistician to mend."""
    formula = {
        "rct": f"{outcome} ~ treated",
        "cluster_rct": f"{outcome} ~ treated + (1 | cluster)",
        "difference_in_differences": f"{outcome} ~ treated * after",
        "regression_discontinuity": f"{outcome} ~ treated + running * treated",
    }[design]
    return f'fit = model("{formula}", data)\nprint(fit.summary())\n'
