"""The tasks around running experiments."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from src.tasks import ab_testing_tasks as tasks


@pytest.fixture(autouse=True)
def new_store() -> Iterator[None]:
    """Every test opens a store of its own."""
    tasks.forget_results()
    yield
    tasks.forget_results()


async def answer(value: int) -> int:
    await asyncio.sleep(0)
    return value


@pytest.mark.usefixtures("fresh_loop")
class TestRunAsync:
    @pytest.mark.parametrize("value", [0, 7])
    def test_result_comes_back(self, value: int) -> None:
        assert tasks.run_async(answer(value)) == value

    def test_exception_comes_back(self) -> None:
        async def fail() -> None:
            raise ValueError("no such arm")

        with pytest.raises(ValueError, match="no such arm"):
            tasks.run_async(fail())


@pytest.mark.usefixtures("fresh_loop")
class TestResults:
    def test_first_result(self) -> None:
        assert tasks.record("exp", "control", 1.0) == 1

    def test_results_are_counted_per_arm(self) -> None:
        for value in (1.0, 2.0, 3.0):
            tasks.record("exp", "control", value)
        assert tasks.record("exp", "treatment", 4.0) == 1

    def test_means(self) -> None:
        for arm, value in (("control", 1.0), ("control", 3.0), ("treatment", 5.0)):
            tasks.record("exp", arm, value)
        assert tasks.arm_means("exp") == {"control": 2.0, "treatment": 5.0}

    def test_experiments_are_kept_apart(self) -> None:
        tasks.record("one", "control", 1.0)
        assert tasks.arm_means("two") == {}


class TestAWorkerWithoutALoop:
    """The store stays usable from one task to the next."""

    def test_second_task_finds_the_store_open(self, no_loop: None) -> None:
        assert tasks.record("exp", "control", 1.0) == 1
        assert tasks.record("exp", "control", 2.0) == 2


class TestInterimLooks:
    @pytest.mark.parametrize(
        ("fraction", "boundary"), [(0.25, 3.92), (0.5, 2.772), (0.75, 2.263), (1.0, 1.96)]
    )
    def test_boundary(self, fraction: float, boundary: float) -> None:
        assert tasks.interim_boundary(fraction) == pytest.approx(boundary, abs=1e-3)

    @pytest.mark.parametrize("fraction", [0.0, 1.5])
    def test_impossible_fraction(self, fraction: float) -> None:
        with pytest.raises(ValueError, match="fraction"):
            tasks.interim_boundary(fraction)


class TestBalance:
    @pytest.mark.parametrize(
        ("control", "treatment", "mismatch"),
        [(0, 0, False), (500, 500, False), (500, 540, False), (500, 700, True)],
    )
    def test_sample_ratio(self, control: int, treatment: int, mismatch: bool) -> None:
        assert tasks.sample_ratio_mismatch(control, treatment) is mismatch

    @pytest.mark.parametrize(("count", "share"), [(0, 0.0), (50, 0.5), (150, 1.0)])
    def test_enrolment(self, count: int, share: float) -> None:
        assert tasks.enrolment({"control": count}, planned=100) == {"control": share}
