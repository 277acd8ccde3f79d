"""Retrieval by shared words."""

from __future__ import annotations

import pytest

from src.rag.retriever import KeywordRetriever, overlap, practice_corpus, words


@pytest.mark.parametrize(
    ("text", "found"),
    [("", set()), ("One, two!", {"one", "two"}), ("TRx-growth 2024", {"trx", "growth", "2024"})],
)
def test_words(text: str, found: set[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("query", "text", "share"),
    [("", "a", 0.0), ("a b", "a", 0.5), ("a", "a b", 1.0), ("a", "b", 0.0)],
)
def test_overlap(query: str, text: str, share: float) -> None:
    assert overlap(query, text) == share


@pytest.mark.parametrize("top_k", [1, 2])
def test_top_k(top_k: int) -> None:
    assert len(KeywordRetriever(practice_corpus()).search("Kisqali the", top_k)) == top_k


@pytest.mark.parametrize("query", ["Kisqali", "market share", "drift of the model"])
def test_best_first(query: str) -> None:
    scores = [hit.score for hit in KeywordRetriever(practice_corpus()).search(query)]
    assert scores == sorted(scores, reverse=True)
