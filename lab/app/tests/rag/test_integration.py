"""Retrieval from the question to the reranked answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from src.rag.models.retrieval_models import RetrievalResult
from src.rag.reranker import CrossEncoderReranker
from src.rag.retriever import KeywordRetriever


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("TRx growth in the northeast", "act_001"),
        ("drift of adherence", "act_002"),
        ("Fabhalta market share", "met_001"),
        ("conversion after the campaign", "met_002"),
        ("engagement of specialists", "trg_001"),
        ("who to target at launch", "trg_002"),
    ],
)
def test_keyword_search_finds_it(
    documents: list[RetrievalResult], query: str, best: str
) -> None:
    assert KeywordRetriever(documents).search(query)[0].source_id == best


@pytest.mark.parametrize("query", ["", "zzz", "?!"])
def test_nothing_is_found(documents: list[RetrievalResult], query: str) -> None:
    assert KeywordRetriever(documents).search(query) == []


class TestPipeline:
    """Both passes, one after the other, with a real cross-encoder."""

    def test_second_pass_keeps_what_the_first_found(
        self, documents: list[RetrievalResult], build_model: Callable[[], str]
    ) -> None:
        found = KeywordRetriever(documents).search("Kisqali growth after the campaign")
        reranked = CrossEncoderReranker(build_model()).rerank(found, "Kisqali growth")
        assert {result.source_id for result in reranked} == {result.source_id for result in found}

    def test_first_score_survives_the_second_pass(
        self, documents: list[RetrievalResult], build_model: Callable[[], str]
    ) -> None:
        found = KeywordRetriever(documents).search("Fabhalta market share")
        [best] = CrossEncoderReranker(build_model()).rerank(found, "Fabhalta", top_k=1)
        first = {result.source_id: result.score for result in found}
        assert best.metadata["original_score"] == first[best.source_id]

    async def test_reranking_does_not_block_the_loop_for_good(
        self, documents: list[RetrievalResult], build_model: Callable[[], str]
    ) -> None:
        import asyncio

        reranker = CrossEncoderReranker(build_model())
        reranked = await asyncio.to_thread(reranker.rerank, documents, "launch", 2)
        assert len(reranked) == 2
