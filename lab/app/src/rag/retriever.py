"""Retrieval by shared words: the first, cheap pass over everything."""

from __future__ import annotations

import re
from collections.abc import Sequence

from src.rag.models.retrieval_models import RetrievalResult


def words(text: str) -> set[str]:
    """The words of a text, in lower case."""
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def overlap(query: str, text: str) -> float:
    """The share of the query's words that the text has, 0 to 1."""
    wanted = words(query)
    return len(wanted & words(text)) / len(wanted) if wanted else 0.0


class KeywordRetriever:
    """Finds documents that share words with the query."""

    def __init__(self, documents: Sequence[RetrievalResult]) -> None:
        self.documents = list(documents)

    def search(self, query: str, top_k: int = 5) -> list[RetrievalResult]:
        """The best documents, best first; none that shares no word."""
        scored = [
            RetrievalResult(
                content=document.content,
                source=document.source,
                source_id=document.source_id,
                score=overlap(query, document.content),
                retrieval_method="keyword",
                metadata=document.metadata,
            )
            for document in self.documents
        ]
        found = [result for result in scored if result.score > 0]
        return sorted(found, key=lambda result: (-result.score, result.source_id))[:top_k]


def practice_corpus() -> list[RetrievalResult]:
    """A handful of documents to search in."""
    texts = [
        ("act_001", "agent_activities", "Kisqali shows strong TRx growth in the northeast"),
        ("act_002", "agent_activities", "Drift in the adherence feature of the churn model"),
        ("met_001", "business_metrics", "Market share of Fabhalta is flat this quarter"),
        ("met_002", "business_metrics", "Conversion rate of Kisqali rose after the campaign"),
        ("trg_001", "triggers", "Visit frequency drives engagement of specialists"),
        ("trg_002", "triggers", "Remibrutinib launch: target allergists first"),
    ]
    return [
        RetrievalResult(text, source, source_id, 0.0, "corpus")
        for source_id, source, text in texts
    ]
