"""The data quality validator: suites, results and the gate in front of training."""

from __future__ import annotations

import pytest

from src.mlops.data_quality import (
    GE_AVAILABLE,
    SUITES,
    AlertConfig,
    AlertSeverity,
    DataQualityAlerter,
    DataQualityResult,
    DataQualityValidator,
    get_data_quality_validator,
)

GOOD = [
    {"id": "BM001", "brand": "Remibrutinib", "metric_value": 100.5},
    {"id": "BM002", "brand": "Fabhalta", "metric_value": 250.0},
]
BAD = [{"id": None, "metric_value": -50.0}, {"id": None, "metric_value": 100.0}]


class TestCoreValidation:
    """With whatever engine this machine has."""

    async def test_validate_business_metrics_success(self) -> None:
        result = await DataQualityValidator().validate(
            GOOD, "business_metrics", "business_metrics", data_split="train"
        )
        assert result.passed
        assert result.data_split == "train"

    async def test_qc_gate_blocking(self) -> None:
        result = await get_data_quality_validator().validate(BAD, "business_metrics", "metrics")
        assert result.blocking
        assert result.engine == ("great_expectations" if GE_AVAILABLE else "builtin")


class TestBuiltinEngine:
    """With the checks that are always there."""

    @pytest.fixture
    def validator(self) -> DataQualityValidator:
        return DataQualityValidator(engine="builtin")

    async def test_good_rows_pass(self, validator: DataQualityValidator) -> None:
        assert (await validator.validate(GOOD, "business_metrics", "metrics")).passed

    async def test_bad_rows_fail(self, validator: DataQualityValidator) -> None:
        result = await validator.validate(BAD, "business_metrics", "metrics")
        assert result.expectations_failed == 4

    async def test_no_rows_fail(self, validator: DataQualityValidator) -> None:
        assert not (await validator.validate([], "business_metrics", "metrics")).passed

    async def test_predictions(self, validator: DataQualityValidator) -> None:
        rows = [{"id": "P1", "prediction_value": 0.8, "confidence": 0.9}]
        assert (await validator.validate(rows, "predictions", "predictions")).passed

    async def test_triggers(self, validator: DataQualityValidator) -> None:
        rows = [{"id": "T1", "trigger_type": "anomaly", "priority": "urgent"}]
        result = await validator.validate(rows, "triggers", "triggers")
        assert result.failed_expectations[0]["kwargs"]["column"] == "priority"

    async def test_causal_paths(self, validator: DataQualityValidator) -> None:
        rows = [{"source_node": "visits", "target_node": "trx", "effect_strength": -0.3}]
        assert (await validator.validate(rows, "causal_paths", "causal_paths")).passed

    async def test_splits(self, validator: DataQualityValidator) -> None:
        results = await validator.validate_splits(
            {"train": GOOD, "test": BAD}, "business_metrics", "metrics"
        )
        assert {split: result.passed for split, result in results.items()} == {
            "train": True,
            "test": False,
        }


class TestSuites:
    @pytest.mark.parametrize(
        ("suite", "columns"),
        [
            ("business_metrics", {"id", "brand", "metric_value"}),
            ("predictions", {"id", "prediction_value"}),
            ("triggers", {"trigger_type"}),
            ("causal_paths", {"source_node", "target_node"}),
        ],
    )
    def test_required_columns(self, suite: str, columns: set[str]) -> None:
        assert columns == {
            expectation["kwargs"]["column"]
            for expectation in SUITES[suite]
            if expectation["expectation_type"] == "expect_column_to_exist"
        }

    def test_unknown_suite(self) -> None:
        with pytest.raises(ValueError, match="Unknown suite"):
            DataQualityValidator(engine="builtin").get_suite("nothing")

    def test_custom_suite_stays_with_its_validator(self) -> None:
        DataQualityValidator(engine="builtin").register_suite("mine", [])
        assert "mine" not in DataQualityValidator(engine="builtin").suites


class TestAlerting:
    @pytest.mark.parametrize(
        ("passed", "status", "severity"),
        [
            (10, "passed", AlertSeverity.INFO),
            (9, "warning", AlertSeverity.WARNING),
            (6, "failed", AlertSeverity.ERROR),
            (3, "failed", AlertSeverity.CRITICAL),
        ],
    )
    def test_severity(self, passed: int, status: str, severity: AlertSeverity) -> None:
        result = DataQualityResult(
            "t", "s", overall_status=status, expectations_evaluated=10, expectations_passed=passed
        )
        assert DataQualityAlerter().determine_severity(result) is severity

    def test_failing_handler_does_not_stop_the_next(self) -> None:
        told: list[AlertSeverity] = []

        def broken(result: DataQualityResult, severity: AlertSeverity) -> None:
            raise ConnectionError("nobody there")

        config = AlertConfig(handlers=[broken, lambda result, severity: told.append(severity)])
        result = DataQualityResult("t", "s", overall_status="failed")
        assert DataQualityAlerter(config).send(result) == 1
        assert told == [AlertSeverity.CRITICAL]

    def test_disabled(self) -> None:
        alerter = DataQualityAlerter(AlertConfig(enabled=False))
        assert not alerter.should_alert(DataQualityResult("t", "s", overall_status="failed"))
