"""The tasks that check for drift."""

from __future__ import annotations

import asyncio

import pytest

from src.tasks import drift_monitoring_tasks as tasks
from src.workers.task_queue import queue

LOW = [float(value) for value in range(20)]
HIGH = [float(value) for value in range(60, 80)]


async def answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


@pytest.mark.usefixtures("fresh_loop")
class TestRunAsync:
    @pytest.mark.parametrize("value", [0, 42])
    def test_result_comes_back(self, value: int) -> None:
        assert tasks.run_async(answer(value)) == value

    def test_exception_comes_back(self) -> None:
        async def fail() -> None:
            raise KeyError("gone")

        with pytest.raises(KeyError, match="gone"):
            tasks.run_async(fail())

    def test_loop_is_left_open(self, fresh_loop: asyncio.AbstractEventLoop) -> None:
        tasks.run_async(answer(1))
        assert not fresh_loop.is_closed()


class TestAfterAClosedLoop:
    """A worker whose loop somebody closed goes on working, and so do its neighbours."""

    def test_thread_has_a_loop_after_the_task(self, closed_loop: None) -> None:
        assert tasks.check_drift({"age": LOW}, {"age": LOW})["drift_level"] == "none"
        assert asyncio.get_event_loop().run_until_complete(answer(3)) == 3


@pytest.mark.usefixtures("fresh_loop")
class TestCheckDrift:
    def test_no_drift(self) -> None:
        assert tasks.check_drift({"age": LOW}, {"age": LOW})["features_with_drift"] == []

    def test_drift(self) -> None:
        assert tasks.check_drift({"age": LOW}, {"age": HIGH})["drift_level"] == "critical"

    @pytest.mark.parametrize("bins", [2, 5, 20])
    def test_bins(self, bins: int) -> None:
        assert tasks.check_drift({"age": LOW}, {"age": HIGH}, bins)["alerts"]

    def test_missing_feature_is_a_warning(self) -> None:
        output = tasks.check_drift({"age": LOW, "visits": LOW}, {"age": LOW})
        assert output["warnings"] == ["visits has no current values"]


@pytest.mark.usefixtures("fresh_loop")
class TestCheckModels:
    def test_level_of_each_model(self) -> None:
        models = {
            "churn": {"baseline": {"age": LOW}, "current": {"age": LOW}},
            "risk": {"baseline": {"age": LOW}, "current": {"age": HIGH}},
        }
        assert tasks.check_models(models) == {"churn": "none", "risk": "critical"}

    @pytest.mark.parametrize("data", [{}, {"baseline": {"age": []}, "current": {"age": [1.0]}}])
    def test_bad_data_is_an_error_of_that_model(self, data: dict) -> None:
        assert tasks.check_models({"churn": data}) == {"churn": "error"}


class TestDecisions:
    @pytest.mark.parametrize(
        ("at_least", "models"),
        [("low", ["a", "b", "c"]), ("high", ["b", "c"]), ("critical", ["c"])],
    )
    def test_needs_retraining(self, at_least: str, models: list[str]) -> None:
        levels = {"a": "low", "b": "high", "c": "critical", "d": "error"}
        assert tasks.needs_retraining(levels, at_least) == models

    @pytest.mark.parametrize(
        ("levels", "worst"),
        [({}, "none"), ({"a": "low", "b": "error"}, "low"), ({"a": "high", "b": "none"}, "high")],
    )
    def test_fleet_level(self, levels: dict[str, str], worst: str) -> None:
        assert tasks.fleet_level(levels) == worst

    @pytest.mark.parametrize("name", ["drift.check", "drift.check_models"])
    def test_is_scheduled(self, name: str) -> None:
        assert queue.schedule[name] > 0
