"""Expectations, results and alerts; and the real Great Expectations where it is installed."""

from __future__ import annotations

import pytest

from src.mlops.data_quality import (
    AlertConfig,
    AlertSeverity,
    DataQualityAlerter,
    DataQualityResult,
    DataQualityValidator,
    ExpectationSuiteBuilder,
    get_data_quality_validator,
    holds,
)

try:
    import great_expectations  # noqa: F401

    GE_AVAILABLE = True
except ImportError:
    GE_AVAILABLE = False

# For the tests that need the package itself, not just what we do without it.
requires_ge = pytest.mark.skipif(not GE_AVAILABLE, reason="Great Expectations is not installed")

ROWS = [
    {"id": 1, "brand": "Remibrutinib", "metric_value": 10.0},
    {"id": 2, "brand": "Fabhalta", "metric_value": 20.0},
    {"id": 3, "brand": "Kisqali", "metric_value": 30.0},
]


def expectation(kind: str, **kwargs: object) -> dict:
    return {"expectation_type": kind, "kwargs": kwargs}


class TestExpectationSuiteBuilder:
    def test_empty_suite(self) -> None:
        assert ExpectationSuiteBuilder("s").build() == []

    def test_order_is_kept(self) -> None:
        suite = ExpectationSuiteBuilder("s").expect_column_to_exist("b").expect_column_to_exist("a")
        assert [item["kwargs"]["column"] for item in suite.build()] == ["b", "a"]

    def test_methods_return_the_builder(self) -> None:
        builder = ExpectationSuiteBuilder("s")
        assert builder.expect_column_to_exist("id") is builder

    def test_value_set_becomes_a_list(self) -> None:
        suite = ExpectationSuiteBuilder("s").expect_column_values_to_be_in_set("brand", ("A", "B"))
        assert suite.build()[0]["kwargs"]["value_set"] == ["A", "B"]

    def test_suite_is_a_copy(self) -> None:
        builder = ExpectationSuiteBuilder("s")
        builder.build().append(expectation("nothing"))
        assert builder.build() == []


class TestHolds:
    @pytest.mark.parametrize(
        ("low", "high", "met"), [(1, None, True), (3, 3, True), (4, None, False), (0, 2, False)]
    )
    def test_row_count(self, low: int, high: int | None, met: bool) -> None:
        wanted = expectation(
            "expect_table_row_count_to_be_between", min_value=low, max_value=high
        )
        assert holds(wanted, ROWS) is met

    @pytest.mark.parametrize(("column", "met"), [("id", True), ("brand", True), ("nope", False)])
    def test_column_exists(self, column: str, met: bool) -> None:
        assert holds(expectation("expect_column_to_exist", column=column), ROWS) is met

    @pytest.mark.parametrize(
        ("mostly", "met"), [(1.0, False), (0.75, True), (0.76, False), (0.0, True)]
    )
    def test_not_null_mostly(self, mostly: float, met: bool) -> None:
        rows = [*ROWS, {"id": None}]
        wanted = expectation("expect_column_values_to_not_be_null", column="id", mostly=mostly)
        assert holds(wanted, rows) is met

    @pytest.mark.parametrize(
        ("low", "high", "met"),
        [(0, 100, True), (None, 30, True), (10, None, True), (11, None, False), (None, 29, False)],
    )
    def test_values_between(self, low: float | None, high: float | None, met: bool) -> None:
        wanted = expectation(
            "expect_column_values_to_be_between",
            column="metric_value",
            min_value=low,
            max_value=high,
        )
        assert holds(wanted, ROWS) is met

    @pytest.mark.parametrize(
        ("brands", "met"),
        [(["Remibrutinib", "Fabhalta", "Kisqali"], True), (["Kisqali"], False)],
    )
    def test_values_in_set(self, brands: list[str], met: bool) -> None:
        wanted = expectation(
            "expect_column_values_to_be_in_set", column="brand", value_set=brands
        )
        assert holds(wanted, ROWS) is met

    def test_unknown_kind(self) -> None:
        with pytest.raises(ValueError, match="expect_miracles"):
            holds(expectation("expect_miracles"), ROWS)


class TestDataQualityValidator:
    """The real package, asked by our validator."""

    @requires_ge
    async def test_validate_clean_data(self) -> None:
        validator = DataQualityValidator()
        result = await validator.validate(ROWS, "business_metrics", "metrics")
        assert result.engine == "great_expectations"
        assert result.passed

    @requires_ge
    async def test_validate_with_nulls(self) -> None:
        validator = DataQualityValidator()
        rows = [*ROWS, {"id": None, "brand": None, "metric_value": None}]
        result = await validator.validate(rows, "business_metrics", "metrics")
        assert result.engine == "great_expectations"
        assert result.expectations_failed == 2

    def test_one_validator_for_the_process(self) -> None:
        assert get_data_quality_validator() is get_data_quality_validator()


class TestDataQualityResult:
    def test_nothing_was_looked_at(self) -> None:
        result = DataQualityResult("t", "s")
        assert (result.overall_status, result.success_rate) == ("skipped", 0.0)

    @pytest.mark.parametrize(
        ("status", "passed", "blocking"),
        [("passed", True, False), ("warning", False, False), ("failed", False, True)],
    )
    def test_status(self, status: str, passed: bool, blocking: bool) -> None:
        result = DataQualityResult("t", "s", overall_status=status)
        assert (result.passed, result.blocking) == (passed, blocking)

    def test_nothing_failed_yet(self) -> None:
        assert DataQualityResult("t", "s").expectations_failed == 0

    def test_ids_differ(self) -> None:
        assert DataQualityResult("t", "s").id != DataQualityResult("t", "s").id

    def test_dictionary_has_the_rates(self) -> None:
        result = DataQualityResult("t", "s", expectations_evaluated=4, expectations_passed=3)
        assert result.to_dict()["success_rate"] == 0.75


class TestAlerter:
    @pytest.mark.parametrize(
        ("least", "status", "told"),
        [
            (AlertSeverity.INFO, "passed", True),
            (AlertSeverity.WARNING, "passed", False),
            (AlertSeverity.WARNING, "warning", True),
            (AlertSeverity.CRITICAL, "warning", False),
        ],
    )
    def test_threshold(self, least: AlertSeverity, status: str, told: bool) -> None:
        alerter = DataQualityAlerter(AlertConfig(min_severity=least))
        assert alerter.should_alert(DataQualityResult("t", "s", overall_status=status)) is told

    def test_default_is_to_warn(self) -> None:
        assert DataQualityAlerter().config.min_severity is AlertSeverity.WARNING

    def test_nobody_to_tell(self) -> None:
        assert DataQualityAlerter().send(DataQualityResult("t", "s", overall_status="failed")) == 0

    @pytest.mark.parametrize("severity", list(AlertSeverity))
    def test_severities_are_words(self, severity: AlertSeverity) -> None:
        assert severity == severity.value
