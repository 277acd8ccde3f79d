"""Tasks that check the models' features for drift."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from src.agents.drift_monitor.agent import DriftMonitorAgent
from src.agents.drift_monitor.scores import SEVERITIES, worst
from src.workers.task_queue import queue

logger = logging.getLogger(__name__)

HOUR = 3600.0


def run_async(coro):
    """Run a coroutine from a task, which is not async itself."""
    try:
        # A worker that was forked off an async parent has a loop already.
        loop = asyncio.get_event_loop()
        if loop.is_running():
            raise RuntimeError("the loop is busy")
        return loop.run_until_complete(coro)
    except RuntimeError:
        # No loop in this thread (or one that was closed): make one for the moment.
        return asyncio.run(coro)


@queue.task("drift.check", every=6 * HOUR)
def check_drift(
    baseline: dict[str, list[float]], current: dict[str, list[float]], bins: int = 10
) -> dict[str, Any]:
    """One check, as a dictionary."""
    output = run_async(DriftMonitorAgent(bins).run(baseline, current))
    logger.info("drift check: %s", output.drift_summary)
    return output.model_dump()


@queue.task("drift.check_models", every=24 * HOUR)
def check_models(models: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The drift level of each model; "error" for one whose data is no good."""

    async def check_all() -> dict[str, str]:
        levels = {}
        for name, data in models.items():
            try:
                output = await DriftMonitorAgent().run(data["baseline"], data["current"])
                levels[name] = output.drift_level
            except (KeyError, ValueError) as error:
                logger.warning("model %s was not checked: %s", name, error)
                levels[name] = "error"
        return levels

    return run_async(check_all())


@queue.task("drift.needs_retraining")
def needs_retraining(levels: dict[str, str], at_least: str = "high") -> list[str]:
    """The models whose drift is `at_least` so bad."""
    bound = SEVERITIES.index(at_least)
    return sorted(
        name
        for name, level in levels.items()
        if level in SEVERITIES and SEVERITIES.index(level) >= bound
    )


@queue.task("drift.fleet_level")
def fleet_level(levels: dict[str, str]) -> str:
    """The worst level of all models that could be checked."""
    return worst([level for level in levels.values() if level in SEVERITIES])
