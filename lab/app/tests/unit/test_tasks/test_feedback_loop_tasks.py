"""The tasks that compare predictions with the truth."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable

import pytest

from src.tasks import feedback_loop_tasks as tasks

PREDICTIONS = [
    {"id": "1", "kind": "trigger", "score": 0.9},
    {"id": "2", "kind": "next_best_action", "score": 0.2},
    {"id": "3", "kind": "churn", "score": 0.7},
    {"id": "4", "kind": "risk", "score": 0.4},
    {"id": "5", "kind": "trigger", "score": 0.6},
]
OUTCOMES = {"1": True, "2": True, "3": True, "4": False}

WINDOWS: list[tuple[Callable, list[str], int]] = [
    (tasks.run_feedback_loop_short_window, ["1", "2"], 1),
    (tasks.run_feedback_loop_medium_window, ["3"], 0),
    (tasks.run_feedback_loop_long_window, ["4"], 0),
]
NAMES = ["short", "medium", "long"]


@pytest.mark.usefixtures("fresh_loop")
class TestWindows:
    @pytest.mark.parametrize(("run", "labeled", "waiting"), WINDOWS, ids=NAMES)
    def test_what_is_known_is_labeled(
        self, run: Callable, labeled: list[str], waiting: int
    ) -> None:
        result = run(PREDICTIONS, OUTCOMES)
        assert [item["id"] for item in result["labeled"]] == labeled

    @pytest.mark.parametrize(("run", "labeled", "waiting"), WINDOWS, ids=NAMES)
    def test_what_is_not_known_waits(
        self, run: Callable, labeled: list[str], waiting: int
    ) -> None:
        assert run(PREDICTIONS, OUTCOMES)["waiting"] == waiting

    @pytest.mark.parametrize(("run", "labeled", "waiting"), WINDOWS, ids=NAMES)
    def test_no_predictions(self, run: Callable, labeled: list[str], waiting: int) -> None:
        assert run([], OUTCOMES)["labeled"] == []

    def test_predictions_are_untouched(self) -> None:
        tasks.run_feedback_loop_short_window(PREDICTIONS, OUTCOMES)
        assert "truth" not in PREDICTIONS[0]


class TestOtherLoops:
    """The tasks share their thread with code that has loops of its own."""

    async def test_task_can_be_called_from_async_code(self) -> None:
        result = tasks.run_feedback_loop_short_window(PREDICTIONS, OUTCOMES)
        assert len(result["labeled"]) == 2

    def test_module_imported_afterwards_finds_a_loop(self, no_loop: None) -> None:
        tasks.run_feedback_loop_long_window(PREDICTIONS, OUTCOMES)
        sys.modules.pop("src.workers.metrics", None)
        metrics = importlib.import_module("src.workers.metrics")
        assert metrics.count("feedback") == 1


@pytest.mark.usefixtures("fresh_loop")
class TestRunAsync:
    def test_result_comes_back(self) -> None:
        assert tasks.run_async(asyncio.sleep(0, "done")) == "done"

    def test_exception_comes_back(self) -> None:
        async def fail() -> None:
            raise LookupError("no outcome")

        with pytest.raises(LookupError, match="no outcome"):
            tasks.run_async(fail())


class TestAccuracy:
    @pytest.mark.parametrize(
        ("scores", "truths", "accuracy"),
        [
            ([0.9], [True], 1.0),
            ([0.9, 0.1], [True, True], 0.5),
            ([0.4, 0.6], [True, False], 0.0),
            ([0.5], [True], 1.0),
        ],
    )
    def test_share_that_came_true(
        self, scores: list[float], truths: list[bool], accuracy: float
    ) -> None:
        labeled = [{"score": score, "truth": truth} for score, truth in zip(scores, truths)]
        assert tasks.accuracy(labeled) == accuracy

    def test_nothing_labeled(self) -> None:
        assert tasks.accuracy([]) is None

    @pytest.mark.parametrize(
        ("before", "after", "drifted"),
        [(0.9, 0.9, False), (0.9, 0.86, False), (0.9, 0.8, True), (0.8, 0.9, False)],
    )
    def test_concept_drift(self, before: float, after: float, drifted: bool) -> None:
        assert tasks.concept_drift(before, after) is drifted
