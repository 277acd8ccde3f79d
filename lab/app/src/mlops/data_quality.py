"""Data quality: expectations about a table, and who is told when they fail.

With Great Expectations installed it does the checking. Without it the checks that
are built in here do: fewer kinds, the same results.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any

try:
    import great_expectations as gx

    GE_AVAILABLE = True
except ImportError:
    gx = None
    GE_AVAILABLE = False

logger = logging.getLogger(__name__)

Row = dict[str, Any]
Expectation = dict[str, Any]


class AlertSeverity(str, Enum):
    """How bad a result is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclass
class DataQualityResult:
    """What a validation found out."""

    table_name: str
    suite_name: str
    data_split: str = "full"
    engine: str = "builtin"
    overall_status: str = "skipped"
    expectations_evaluated: int = 0
    expectations_passed: int = 0
    failed_expectations: list[Expectation] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    run_at: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat())

    @property
    def expectations_failed(self) -> int:
        return len(self.failed_expectations)

    @property
    def success_rate(self) -> float:
        """The share of expectations that held; 0 if none was looked at."""
        if not self.expectations_evaluated:
            return 0.0
        return self.expectations_passed / self.expectations_evaluated

    @property
    def passed(self) -> bool:
        return self.overall_status == "passed"

    @property
    def blocking(self) -> bool:
        return self.overall_status == "failed"

    def to_dict(self) -> dict[str, Any]:
        """The result as it is stored."""
        return {
            **asdict(self),
            "expectations_failed": self.expectations_failed,
            "success_rate": self.success_rate,
        }


class ExpectationSuiteBuilder:
    """Writes expectations down, one method a kind; each returns the builder."""

    def __init__(self, suite_name: str) -> None:
        self.suite_name = suite_name
        self._expectations: list[Expectation] = []

    def _expect(self, kind: str, **kwargs: Any) -> ExpectationSuiteBuilder:
        self._expectations.append({"expectation_type": kind, "kwargs": kwargs})
        return self

    def expect_table_row_count_to_be_between(
        self, min_value: int, max_value: int | None = None
    ) -> ExpectationSuiteBuilder:
        return self._expect(
            "expect_table_row_count_to_be_between", min_value=min_value, max_value=max_value
        )

    def expect_column_to_exist(self, column: str) -> ExpectationSuiteBuilder:
        return self._expect("expect_column_to_exist", column=column)

    def expect_column_values_to_not_be_null(
        self, column: str, mostly: float = 1.0
    ) -> ExpectationSuiteBuilder:
        return self._expect("expect_column_values_to_not_be_null", column=column, mostly=mostly)

    def expect_column_values_to_be_between(
        self, column: str, min_value: float | None = None, max_value: float | None = None
    ) -> ExpectationSuiteBuilder:
        return self._expect(
            "expect_column_values_to_be_between",
            column=column,
            min_value=min_value,
            max_value=max_value,
        )

    def expect_column_values_to_be_in_set(
        self, column: str, value_set: Sequence[Any]
    ) -> ExpectationSuiteBuilder:
        return self._expect(
            "expect_column_values_to_be_in_set", column=column, value_set=list(value_set)
        )

    def build(self) -> list[Expectation]:
        """The expectations, in the order they were written."""
        return list(self._expectations)


SUITES: dict[str, list[Expectation]] = {
    "business_metrics": (
        ExpectationSuiteBuilder("business_metrics")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("metric_value")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("brand")
        .expect_column_values_to_be_between("metric_value", min_value=0)
        .build()
    ),
    "predictions": (
        ExpectationSuiteBuilder("predictions")
        .expect_column_to_exist("id")
        .expect_column_to_exist("prediction_value")
        .expect_column_values_to_be_between("confidence", min_value=0, max_value=1)
        .build()
    ),
    "triggers": (
        ExpectationSuiteBuilder("triggers")
        .expect_column_to_exist("trigger_type")
        .expect_column_values_to_be_in_set("priority", ["high", "medium", "low"])
        .build()
    ),
    "causal_paths": (
        ExpectationSuiteBuilder("causal_paths")
        .expect_column_to_exist("source_node")
        .expect_column_to_exist("target_node")
        .expect_column_values_to_be_between("effect_strength", min_value=-1, max_value=1)
        .build()
    ),
}


def _values(rows: Sequence[Row], column: str) -> list[Any]:
    return [row[column] for row in rows if row.get(column) is not None]


def holds(expectation: Expectation, rows: Sequence[Row]) -> bool:
    """Whether rows meet an expectation; ValueError for a kind nobody knows."""
    said = expectation["kwargs"]
    column = said.get("column", "")

    def between(value: Any) -> bool:
        low, high = said["min_value"], said["max_value"]
        return (low is None or value >= low) and (high is None or value <= high)

    kinds: dict[str, Callable[[], bool]] = {
        "expect_table_row_count_to_be_between": lambda: between(len(rows)),
        "expect_column_to_exist": lambda: any(column in row for row in rows),
        "expect_column_values_to_not_be_null": lambda: (
            len(_values(rows, column)) >= said["mostly"] * len(rows)
        ),
        "expect_column_values_to_be_between": lambda: all(map(between, _values(rows, column))),
        "expect_column_values_to_be_in_set": lambda: (
            set(_values(rows, column)) <= set(said["value_set"])
        ),
    }
    if expectation["expectation_type"] not in kinds:
        raise ValueError(f"unknown expectation {expectation['expectation_type']}")
    return kinds[expectation["expectation_type"]]()


class DataQualityValidator:
    """Validates tables against suites.

    `engine` is "great_expectations" or "builtin"; None takes the better one there is.
    """

    def __init__(self, engine: str | None = None) -> None:
        self.engine = engine or ("great_expectations" if GE_AVAILABLE else "builtin")
        self.suites = {name: list(suite) for name, suite in SUITES.items()}

    def get_suite(self, name: str) -> list[Expectation]:
        """A suite by name; ValueError for one nobody registered."""
        if name not in self.suites:
            raise ValueError(f"Unknown suite: {name}")
        return self.suites[name]

    def register_suite(self, name: str, expectations: list[Expectation]) -> None:
        """Add a suite, or replace one."""
        self.suites[name] = expectations

    async def validate(
        self, rows: Sequence[Row], suite_name: str, table_name: str, data_split: str = "full"
    ) -> DataQualityResult:
        """Hold rows against a suite."""
        suite = self.get_suite(suite_name)
        if self.engine == "great_expectations":
            failed = self._failed_in_great_expectations(rows, suite, suite_name)
        else:
            failed = [expectation for expectation in suite if not holds(expectation, rows)]
        passed = len(suite) - len(failed)
        return DataQualityResult(
            table_name=table_name,
            suite_name=suite_name,
            data_split=data_split,
            engine=self.engine,
            overall_status=_status(passed, len(suite)),
            expectations_evaluated=len(suite),
            expectations_passed=passed,
            failed_expectations=failed,
        )

    async def validate_splits(
        self, splits: dict[str, Sequence[Row]], suite_name: str, table_name: str
    ) -> dict[str, DataQualityResult]:
        """Hold each split of a table against the same suite."""
        return {
            split: await self.validate(rows, suite_name, table_name, split)
            for split, rows in splits.items()
        }

    def _failed_in_great_expectations(
        self, rows: Sequence[Row], suite: list[Expectation], suite_name: str
    ) -> list[Expectation]:
        """The expectations that Great Expectations says do not hold."""
        context = gx.get_context(mode="ephemeral")
        import pandas

        classes = [
            getattr(gx.expectations, _class_name(expectation["expectation_type"]))
            for expectation in suite
        ]
        batch = context.data_sources.pandas_default.read_dataframe(pandas.DataFrame(list(rows)))
        report = batch.validate(
            gx.ExpectationSuite(
                name=suite_name,
                expectations=[
                    make(**expectation["kwargs"]) for make, expectation in zip(classes, suite)
                ],
            )
        )
        return [
            expectation
            for expectation, result in zip(suite, report.results)
            if not result.success
        ]


def _class_name(kind: str) -> str:
    """expect_column_to_exist → ExpectColumnToExist."""
    return "".join(word.capitalize() for word in kind.split("_"))


def _status(passed: int, evaluated: int) -> str:
    """One word for a share of expectations that held."""
    if passed == evaluated:
        return "passed"
    return "warning" if passed >= 0.8 * evaluated else "failed"


@dataclass
class AlertConfig:
    """Whom to tell, and from when on."""

    enabled: bool = True
    min_severity: AlertSeverity = AlertSeverity.WARNING
    handlers: list[Callable[[DataQualityResult, AlertSeverity], None]] = field(
        default_factory=list
    )


class DataQualityAlerter:
    """Tells the handlers about results that are bad enough."""

    def __init__(self, config: AlertConfig | None = None) -> None:
        self.config = config or AlertConfig()

    def determine_severity(self, result: DataQualityResult) -> AlertSeverity:
        """How bad a result is."""
        if result.overall_status == "failed":
            return AlertSeverity.CRITICAL if result.success_rate < 0.5 else AlertSeverity.ERROR
        if result.overall_status == "warning":
            return AlertSeverity.WARNING
        return AlertSeverity.INFO

    def should_alert(self, result: DataQualityResult) -> bool:
        """Whether anybody is to be told."""
        order = list(AlertSeverity)
        severity = self.determine_severity(result)
        return self.config.enabled and order.index(severity) >= order.index(
            self.config.min_severity
        )

    def send(self, result: DataQualityResult) -> int:
        """Tell the handlers; how many were told. One that fails is logged and passed over."""
        if not self.should_alert(result):
            return 0
        told = 0
        for handler in self.config.handlers:
            try:
                handler(result, self.determine_severity(result))
                told += 1
            except Exception:
                logger.exception("an alert handler failed")
        return told


def kisqali_prescriptions_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of prescriptions for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_prescriptions")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_claims_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of claims for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_claims")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_calls_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of calls for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_calls")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_samples_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of samples for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_samples")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_formulary_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of formulary for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_formulary")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_patients_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of patients for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_patients")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_trials_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of trials for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_trials")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_digital_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of digital for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_digital")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_territories_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of territories for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_territories")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_payers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of payers for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_payers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_speakers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of speakers for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_speakers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_labs_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of labs for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_labs")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_inventory_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of inventory for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_inventory")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_events_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of events for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_events")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_surveys_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of surveys for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_surveys")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def kisqali_websites_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of websites for Kisqali."""
    return (
        ExpectationSuiteBuilder("kisqali_websites")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Kisqali"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_prescriptions_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of prescriptions for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_prescriptions")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_claims_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of claims for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_claims")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_calls_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of calls for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_calls")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_samples_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of samples for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_samples")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_formulary_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of formulary for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_formulary")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_patients_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of patients for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_patients")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_trials_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of trials for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_trials")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_digital_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of digital for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_digital")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_territories_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of territories for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_territories")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_payers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of payers for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_payers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_speakers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of speakers for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_speakers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_labs_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of labs for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_labs")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_inventory_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of inventory for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_inventory")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_events_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of events for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_events")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_surveys_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of surveys for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_surveys")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def fabhalta_websites_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of websites for Fabhalta."""
    return (
        ExpectationSuiteBuilder("fabhalta_websites")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Fabhalta"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_prescriptions_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of prescriptions for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_prescriptions")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_claims_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of claims for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_claims")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_calls_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of calls for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_calls")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_samples_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of samples for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_samples")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_formulary_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of formulary for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_formulary")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_patients_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of patients for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_patients")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_trials_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of trials for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_trials")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_digital_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of digital for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_digital")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_territories_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of territories for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_territories")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_payers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of payers for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_payers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_speakers_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of speakers for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_speakers")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_labs_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of labs for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_labs")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_inventory_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of inventory for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_inventory")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_events_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of events for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_events")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_surveys_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of surveys for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_surveys")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


def remibrutinib_websites_suite() -> ExpectationSuiteBuilder:
    """What is expected of the table of websites for Remibrutinib."""
    return (
        ExpectationSuiteBuilder("remibrutinib_websites")
        .expect_table_row_count_to_be_between(1)
        .expect_column_to_exist("id")
        .expect_column_to_exist("brand")
        .expect_column_to_exist("territory")
        .expect_column_to_exist("week")
        .expect_column_values_to_not_be_null("id")
        .expect_column_values_to_not_be_null("week", mostly=0.99)
        .expect_column_values_to_be_in_set(
            "brand",
            ["Remibrutinib"],
        )
        .expect_column_values_to_be_between(
            "week",
            min_value=1,
            max_value=53,
        )
        .expect_column_values_to_be_between(
            "value",
            min_value=0,
            max_value=None,
        )
    )


# Each table's suite, by the table's name.
STANDARD_SUITES: dict[str, Callable[[], ExpectationSuiteBuilder]] = {
    "kisqali_prescriptions": kisqali_prescriptions_suite,
    "kisqali_claims": kisqali_claims_suite,
    "kisqali_calls": kisqali_calls_suite,
    "kisqali_samples": kisqali_samples_suite,
    "kisqali_formulary": kisqali_formulary_suite,
    "kisqali_patients": kisqali_patients_suite,
    "kisqali_trials": kisqali_trials_suite,
    "kisqali_digital": kisqali_digital_suite,
    "kisqali_territories": kisqali_territories_suite,
    "kisqali_payers": kisqali_payers_suite,
    "kisqali_speakers": kisqali_speakers_suite,
    "kisqali_labs": kisqali_labs_suite,
    "kisqali_inventory": kisqali_inventory_suite,
    "kisqali_events": kisqali_events_suite,
    "kisqali_surveys": kisqali_surveys_suite,
    "kisqali_websites": kisqali_websites_suite,
    "fabhalta_prescriptions": fabhalta_prescriptions_suite,
    "fabhalta_claims": fabhalta_claims_suite,
    "fabhalta_calls": fabhalta_calls_suite,
    "fabhalta_samples": fabhalta_samples_suite,
    "fabhalta_formulary": fabhalta_formulary_suite,
    "fabhalta_patients": fabhalta_patients_suite,
    "fabhalta_trials": fabhalta_trials_suite,
    "fabhalta_digital": fabhalta_digital_suite,
    "fabhalta_territories": fabhalta_territories_suite,
    "fabhalta_payers": fabhalta_payers_suite,
    "fabhalta_speakers": fabhalta_speakers_suite,
    "fabhalta_labs": fabhalta_labs_suite,
    "fabhalta_inventory": fabhalta_inventory_suite,
    "fabhalta_events": fabhalta_events_suite,
    "fabhalta_surveys": fabhalta_surveys_suite,
    "fabhalta_websites": fabhalta_websites_suite,
    "remibrutinib_prescriptions": remibrutinib_prescriptions_suite,
    "remibrutinib_claims": remibrutinib_claims_suite,
    "remibrutinib_calls": remibrutinib_calls_suite,
    "remibrutinib_samples": remibrutinib_samples_suite,
    "remibrutinib_formulary": remibrutinib_formulary_suite,
    "remibrutinib_patients": remibrutinib_patients_suite,
    "remibrutinib_trials": remibrutinib_trials_suite,
    "remibrutinib_digital": remibrutinib_digital_suite,
    "remibrutinib_territories": remibrutinib_territories_suite,
    "remibrutinib_payers": remibrutinib_payers_suite,
    "remibrutinib_speakers": remibrutinib_speakers_suite,
    "remibrutinib_labs": remibrutinib_labs_suite,
    "remibrutinib_inventory": remibrutinib_inventory_suite,
    "remibrutinib_events": remibrutinib_events_suite,
    "remibrutinib_surveys": remibrutinib_surveys_suite,
    "remibrutinib_websites": remibrutinib_websites_suite,
}


_validator: DataQualityValidator | None = None


def get_data_quality_validator() -> DataQualityValidator:
    """The process's validator."""
    global _validator
    if _validator is None:
        _validator = DataQualityValidator()
    return _validator
