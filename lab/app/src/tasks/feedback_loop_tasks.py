"""Tasks that compare predictions with what really happened.

The truth comes in late, and later for some predictions than for others: each kind
of prediction has a window after which its outcome counts.
"""

import asyncio
import logging
from typing import Any, Dict, List, Optional

from src.workers.task_queue import queue

logger = logging.getLogger(__name__)

# window → kinds of prediction whose outcome is known by its end
WINDOWS: Dict[str, List[str]] = {
    "short": ["trigger", "next_best_action"],
    "medium": ["churn"],
    "long": ["market_share_impact", "risk"],
}


def run_async(coro):
    """Helper to run async coroutine in sync context.

    Celery tasks are synchronous; what they call is not.
    """
    try:
        loop = asyncio.get_event_loop()
        if not loop.is_running():
            return loop.run_until_complete(coro)
        raise RuntimeError("this thread's loop is running")
    except RuntimeError:
        # Python says "There is no current event loop" or "Event loop is closed"
        return asyncio.run(coro)


async def _label(
    predictions: List[Dict[str, Any]], outcomes: Dict[str, bool], kinds: List[str]
) -> Dict[str, Any]:
    """Put the truth beside each prediction of these kinds that has one."""
    labeled: List[Dict[str, Any]] = []
    waiting = 0
    for prediction in predictions:
        if prediction["kind"] not in kinds:
            continue
        await asyncio.sleep(0)  # the real thing asks a database here
        if prediction["id"] in outcomes:
            labeled.append({**prediction, "truth": outcomes[prediction["id"]]})
        else:
            waiting += 1
    return {"labeled": labeled, "waiting": waiting}


def _run_window(
    window: str, predictions: List[Dict[str, Any]], outcomes: Dict[str, bool]
) -> Dict[str, Any]:
    """One window's feedback."""
    result = run_async(_label(predictions, outcomes, WINDOWS[window]))
    logger.info("%s window: %d labeled", window, len(result["labeled"]))
    return {"window": window, **result}


@queue.task("feedback.short", every=4 * 3600.0)
def run_feedback_loop_short_window(
    predictions: List[Dict[str, Any]], outcomes: Dict[str, bool]
) -> Dict[str, Any]:
    """Feedback for what is known within days."""
    return _run_window("short", predictions, outcomes)


@queue.task("feedback.medium", every=24 * 3600.0)
def run_feedback_loop_medium_window(
    predictions: List[Dict[str, Any]], outcomes: Dict[str, bool]
) -> Dict[str, Any]:
    """Feedback for what is known within months."""
    return _run_window("medium", predictions, outcomes)


@queue.task("feedback.long", every=7 * 24 * 3600.0)
def run_feedback_loop_long_window(
    predictions: List[Dict[str, Any]], outcomes: Dict[str, bool]
) -> Dict[str, Any]:
    """Feedback for what takes half a year."""
    return _run_window("long", predictions, outcomes)


@queue.task("feedback.accuracy")
def accuracy(labeled: List[Dict[str, Any]], threshold: float = 0.5) -> Optional[float]:
    """The share of predictions that came true; None without any."""
    if not labeled:
        return None
    right = sum((item["score"] >= threshold) == item["truth"] for item in labeled)
    return right / len(labeled)


@queue.task("feedback.concept_drift")
def concept_drift(before: float, after: float, tolerance: float = 0.05) -> bool:
    """Whether accuracy fell by more than `tolerance`."""
    return before - after > tolerance
