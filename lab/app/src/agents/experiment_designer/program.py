"""The part of the designer that asks a language model.

The prompt library it is written for builds its client when it is imported, and
insists on a key by then: so does this module.
"""

from __future__ import annotations

import os

from src.llm.client import ModelClient

CLIENT = ModelClient(api_key=os.environ["OPENAI_API_KEY"])

PROMPT = """\
You design experiments. Sharpen this hypothesis so that an experiment can refute it.

Hypothesis: {hypothesis}
Outcome measured: {outcome}
"""


def prompt(hypothesis: str, outcome: str) -> str:
    """What the model is asked."""
    return PROMPT.format(hypothesis=hypothesis.strip(), outcome=outcome.strip())


def sharpen(hypothesis: str, outcome: str) -> str:
    """The hypothesis, sharpened by the model."""
    return CLIENT.complete(prompt(hypothesis, outcome)).strip()
