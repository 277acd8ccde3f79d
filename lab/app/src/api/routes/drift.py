"""Drift checks over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from src.agents.drift_monitor.agent import DriftMonitorAgent
from src.agents.drift_monitor.scores import THRESHOLDS
from src.api.dependencies.auth import CurrentUser, User, require_role

router = APIRouter(prefix="/api/drift", tags=["drift"])


class Samples(BaseModel):
    baseline: dict[str, list[float]]
    current: dict[str, list[float]]


@router.get("/thresholds")
async def thresholds(user: CurrentUser) -> dict[str, float]:
    return dict(THRESHOLDS)


@router.post("/check")
async def check(
    samples: Samples, user: Annotated[User, Depends(require_role("analyst"))]
) -> dict[str, object]:
    output = await DriftMonitorAgent().run(samples.baseline, samples.current)
    return output.model_dump()
