"""The tasks that keep the feature store fresh."""

from __future__ import annotations

import asyncio

import pytest

from src.tasks import feast_tasks as tasks
from src.workers.task_queue import TaskQueue


class TestMaterialize:
    @pytest.mark.parametrize(
        ("times", "newest"), [([], None), ([3.0], 3.0), ([1.0, 9.0, 4.0], 9.0)]
    )
    def test_newest_row(self, times: list[float], newest: float | None) -> None:
        rows = [{"at": at} for at in times]
        assert tasks.materialize("visits", rows) == {
            "view": "visits",
            "rows": len(rows),
            "newest": newest,
        }

    def test_leaves_the_threads_loop_alone(self, fresh_loop: asyncio.AbstractEventLoop) -> None:
        tasks.materialize("visits", [])
        assert not fresh_loop.is_closed()
        assert asyncio.get_event_loop() is fresh_loop

    @pytest.mark.parametrize(("now", "views"), [(5000.0, []), (8000.0, ["a"]), (20000.0, ["a", "b"])])
    def test_stale_views(self, now: float, views: list[str]) -> None:
        assert tasks.stale({"a": 0.0, "b": 10000.0}, now) == views


class TestQueue:
    def test_name_is_taken_once(self) -> None:
        queue = TaskQueue()
        queue.task("a")(print)
        with pytest.raises(ValueError, match="a task a already"):
            queue.task("a")(print)

    def test_failure_becomes_a_record(self) -> None:
        task = TaskQueue().task("divide")(lambda a, b: a / b)
        assert task.apply(1, 0)["error"].startswith("ZeroDivisionError")

    def test_success_becomes_a_record(self) -> None:
        task = TaskQueue().task("divide")(lambda a, b: a / b)
        assert task.apply(6, 3)["result"] == 2.0

    @pytest.mark.parametrize(("elapsed", "due"), [(60.0, ["often"]), (120.0, ["often", "seldom"])])
    def test_due(self, elapsed: float, due: list[str]) -> None:
        queue = TaskQueue()
        queue.task("often", every=60.0)(print)
        queue.task("seldom", every=120.0)(print)
        assert queue.due(elapsed) == due
