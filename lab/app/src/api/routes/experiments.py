"""Experiment designs over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from src.agents.experiment_designer.agent import ExperimentDesignerAgent
from src.agents.experiment_designer.designs import DESIGNS
from src.api.dependencies.auth import CurrentUser, User, require_role

router = APIRouter(prefix="/api/experiments", tags=["experiments"])


class Question(BaseModel):
    question: str = Field(min_length=8)
    effect_size: float = Field(gt=0, le=2)
    clusters: int = Field(default=0, ge=0)
    can_randomize: bool = True


@router.get("/designs")
async def designs(user: CurrentUser) -> list[str]:
    return sorted(DESIGNS)


@router.post("/design")
async def design(
    question: Question, user: Annotated[User, Depends(require_role("analyst"))]
) -> dict[str, object]:
    output = await ExperimentDesignerAgent().run(**question.model_dump())
    return output.model_dump()
