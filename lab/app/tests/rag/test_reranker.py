"""The cross-encoder reranker, with a stand-in model and with real ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from src.rag.models.retrieval_models import RetrievalResult
from src.rag.reranker import (
    _MODEL_CACHE,
    DEFAULT_MODEL,
    CrossEncoderReranker,
    load_cross_encoder,
)

QUERY = "Kisqali growth"


class TestReranker:
    """What the reranker does with scores, wherever they come from."""

    def test_defaults(self) -> None:
        reranker = CrossEncoderReranker()
        assert (reranker.model_name, reranker.batch_size, reranker.max_length) == (
            DEFAULT_MODEL,
            32,
            128,
        )

    def test_nothing_to_rerank(self) -> None:
        assert CrossEncoderReranker().rerank([], QUERY) == []

    def test_nothing_to_score(self) -> None:
        assert CrossEncoderReranker().scores([]) == []

    def test_no_model_is_loaded_for_nothing(self) -> None:
        CrossEncoderReranker().rerank([], QUERY)
        assert _MODEL_CACHE == {}

    def test_best_first(self, documents: list[RetrievalResult], fixed_scores: object) -> None:
        reranked = CrossEncoderReranker().rerank(documents, QUERY)
        assert [result.score for result in reranked] == sorted(
            (len(document.content) / 100 for document in documents), reverse=True
        )

    @pytest.mark.parametrize("top_k", [1, 3])
    def test_top_k(
        self, documents: list[RetrievalResult], fixed_scores: object, top_k: int
    ) -> None:
        assert len(CrossEncoderReranker().rerank(documents, QUERY, top_k)) == top_k

    def test_first_score_is_kept(
        self, documents: list[RetrievalResult], fixed_scores: object
    ) -> None:
        for result in CrossEncoderReranker().rerank(documents, QUERY):
            assert result.metadata["original_score"] == 0.0

    def test_batch_size_reaches_the_model(
        self, documents: list[RetrievalResult], fixed_scores
    ) -> None:
        CrossEncoderReranker(batch_size=4).rerank(documents, QUERY)
        assert fixed_scores.batch_sizes == [4]

    def test_originals_are_untouched(
        self, documents: list[RetrievalResult], fixed_scores: object
    ) -> None:
        CrossEncoderReranker().rerank(documents, QUERY)
        assert all(document.score == 0.0 for document in documents)


class TestCrossEncoder:
    """The real class, on a model that is built here."""

    def test_model_is_a_cross_encoder(self, build_model: Callable[[], str]) -> None:
        model = load_cross_encoder(build_model(), max_length=64)
        assert type(model).__name__ == "CrossEncoder"
        assert type(model).__module__.startswith("sentence_transformers")

    def test_model_is_loaded_once(self, build_model: Callable[[], str]) -> None:
        folder = build_model()
        assert load_cross_encoder(folder, 64) is load_cross_encoder(folder, 64)

    def test_scores_lie_between_0_and_1(
        self, build_model: Callable[[], str], documents: list[RetrievalResult]
    ) -> None:
        reranked = CrossEncoderReranker(build_model()).rerank(documents, QUERY)
        assert all(0.0 <= result.score <= 1.0 for result in reranked)

    def test_real_scores_best_first(
        self, build_model: Callable[[], str], documents: list[RetrievalResult]
    ) -> None:
        scores = [r.score for r in CrossEncoderReranker(build_model()).rerank(documents, QUERY)]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) > 1

    def test_same_pair_same_score(self, build_model: Callable[[], str]) -> None:
        pair = (QUERY, "Kisqali shows strong TRx growth in the northeast")
        first, second = CrossEncoderReranker(build_model()).scores([pair, pair])
        assert first == pytest.approx(second, abs=1e-6)

    def test_batches_change_nothing(
        self, build_model: Callable[[], str], documents: list[RetrievalResult]
    ) -> None:
        folder = build_model()
        pairs = [(QUERY, document.content) for document in documents]
        one_by_one = CrossEncoderReranker(folder, batch_size=1).scores(pairs)
        at_once = CrossEncoderReranker(folder, batch_size=8).scores(pairs)
        assert one_by_one == pytest.approx(at_once, abs=1e-5)

    def test_long_texts_are_cut(self, build_model: Callable[[], str]) -> None:
        text = "growth " * 500
        [score] = CrossEncoderReranker(build_model(), max_length=32).scores([(QUERY, text)])
        assert 0.0 <= score <= 1.0
