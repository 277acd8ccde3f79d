"""Search in what the agents have written down."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from src.api.dependencies.auth import CurrentUser
from src.rag.retriever import KeywordRetriever, practice_corpus

router = APIRouter(prefix="/api/search", tags=["search"])


class Query(BaseModel):
    text: str = Field(min_length=1)
    top_k: int = Field(default=3, ge=1, le=20)


@router.get("/sources")
async def sources(user: CurrentUser) -> list[str]:
    return sorted({document.source for document in practice_corpus()})


@router.post("")
async def search(query: Query, user: CurrentUser) -> list[dict[str, object]]:
    found = KeywordRetriever(practice_corpus()).search(query.text, query.top_k)
    return [{"id": hit.source_id, "score": hit.score, "text": hit.content} for hit in found]
