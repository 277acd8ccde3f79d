"""What the parts of retrieval hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RetrievalResult:
    """A piece of text that may answer the question."""

    content: str
    source: str
    source_id: str
    score: float
    retrieval_method: str
    metadata: dict[str, Any] = field(default_factory=dict)
