"""The drift monitor as a whole."""

from __future__ import annotations

import time

import pytest

from src.agents.drift_monitor.agent import ACTIONS, DriftMonitorAgent
from src.agents.drift_monitor.scores import SEVERITIES

STEADY = [float(value) for value in range(100)]


def moved(by: float) -> list[float]:
    return [value + by for value in STEADY]


@pytest.mark.parametrize("bins", [4, 10, 25])
@pytest.mark.parametrize("features", [1, 2, 5, 10])
async def test_steady_features(features: int, bins: int) -> None:
    data = {f"feature_{number}": STEADY for number in range(features)}
    output = await DriftMonitorAgent(bins).run(data, data)
    assert (output.features_checked, output.features_with_drift) == (features, [])


@pytest.mark.parametrize("by", [20.0, 40.0, 60.0, 80.0, 1000.0])
async def test_moved_feature_is_named(by: float) -> None:
    output = await DriftMonitorAgent().run(
        {"age": STEADY, "visits": STEADY}, {"age": moved(by), "visits": STEADY}
    )
    assert output.features_with_drift == ["age"]


@pytest.mark.parametrize("by", [0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
async def test_level_is_the_worst_feature(by: float) -> None:
    output = await DriftMonitorAgent().run(
        {"age": STEADY, "visits": STEADY}, {"age": moved(by), "visits": STEADY}
    )
    assert output.drift_level == output.data_drift_results[0].severity


@pytest.mark.parametrize("gone", [1, 2, 3])
async def test_feature_that_is_gone_is_a_warning(gone: int) -> None:
    names = [f"feature_{number}" for number in range(5)]
    output = await DriftMonitorAgent().run(
        {name: STEADY for name in names}, {name: STEADY for name in names[gone:]}
    )
    assert (len(output.warnings), output.features_checked) == (gone, 5 - gone)


@pytest.mark.parametrize("by", [100.0, 500.0])
async def test_bad_drift_is_an_alert(by: float) -> None:
    output = await DriftMonitorAgent().run({"age": STEADY}, {"age": moved(by)})
    assert output.alerts == [{"feature": "age", "severity": "critical"}]


@pytest.mark.parametrize("level", SEVERITIES)
def test_every_level_has_an_action(level: str) -> None:
    assert ACTIONS[level]


async def test_nothing_to_check() -> None:
    output = await DriftMonitorAgent().run({}, {})
    assert (output.overall_drift_score, output.drift_level) == (0.0, "none")


async def test_output_can_be_stored() -> None:
    output = await DriftMonitorAgent().run({"age": STEADY}, {"age": moved(50.0)})
    assert type(output).model_validate(output.model_dump()) == output


async def test_latency_of_fifty_features() -> None:
    data = {f"feature_{number}": STEADY for number in range(50)}
    started = time.perf_counter()
    await DriftMonitorAgent().run(data, data)
    assert time.perf_counter() - started < 10.0
