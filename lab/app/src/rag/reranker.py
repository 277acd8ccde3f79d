"""The second, careful pass: a cross-encoder reads query and document together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from src.rag.models.retrieval_models import RetrievalResult

DEFAULT_MODEL = "cross-encoder/ms-marco-MiniLM-L-6-v2"

# Loading a model takes seconds: each is loaded once per process.
_MODEL_CACHE: dict[str, Any] = {}


def load_cross_encoder(name: str, max_length: int) -> Any:
    """The model called `name`, or in the folder `name`, from the cache if it can be."""
    if name not in _MODEL_CACHE:
        # Here and not at the top: it takes torch with it, which most processes
        # of this application never need.
        from sentence_transformers import CrossEncoder

        _MODEL_CACHE[name] = CrossEncoder(name, max_length=max_length, device="cpu")
    return _MODEL_CACHE[name]


class CrossEncoderReranker:
    """Puts retrieval results in order of how well they answer a query."""

    def __init__(
        self, model_name: str = DEFAULT_MODEL, batch_size: int = 32, max_length: int = 128
    ) -> None:
        self.model_name = model_name
        self.batch_size = batch_size
        self.max_length = max_length

    def rerank(
        self, results: Sequence[RetrievalResult], query: str, top_k: int | None = None
    ) -> list[RetrievalResult]:
        """The results, best first; each keeps its first score in its metadata."""
        if not results:
            return []
        scores = self.scores([(query, result.content) for result in results])
        rescored = [
            replace(
                result,
                score=score,
                metadata={**result.metadata, "original_score": result.score},
            )
            for result, score in zip(results, scores)
        ]
        return sorted(rescored, key=lambda result: -result.score)[:top_k]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """A score between 0 and 1 for each pair of query and text."""
        if not pairs:
            return []
        model = load_cross_encoder(self.model_name, self.max_length)
        # The model's own activation already puts scores between 0 and 1.
        scores = model.predict(
            [list(pair) for pair in pairs],
            batch_size=self.batch_size,
            show_progress_bar=False,
        )
        return [float(score) for score in scores]
