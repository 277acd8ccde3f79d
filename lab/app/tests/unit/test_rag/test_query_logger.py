"""The query log. All tests of this file write to one log, as one process does in a day."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from src.rag.query_logger import SLOW_MS, QueryEntry, QueryLogger


@pytest.fixture(scope="module")
def query_log(tmp_path_factory: pytest.TempPathFactory) -> QueryLogger:
    """The log of this run, wherever the tests of this file are run from."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers' folders are below the run's
    return QueryLogger(folder / "query-log").open(settle=1.0)


class TestEntries:
    """What an entry looks like; whoever may write it."""

    def test_line_is_json(self, query_log: QueryLogger) -> None:
        line = QueryEntry("Kisqali growth", 3, 12.5).line()
        assert json.loads(line)["query"] == "Kisqali growth"

    def test_line_is_one_line(self, query_log: QueryLogger) -> None:
        assert "\n" not in QueryEntry("first\nsecond", 0, 1.0).line()

    @pytest.mark.parametrize(
        ("milliseconds", "slow"),
        [(0.0, False), (SLOW_MS - 1, False), (SLOW_MS, True), (9000.0, True)],
    )
    def test_slow_entries(
        self, query_log: QueryLogger, milliseconds: float, slow: bool
    ) -> None:
        assert QueryEntry("q", 1, milliseconds).slow is slow

    def test_really_slow_query(self, query_log: QueryLogger) -> None:
        started = time.perf_counter()
        time.sleep(SLOW_MS / 1000)
        assert QueryEntry("q", 1, (time.perf_counter() - started) * 1000).slow

    def test_folder_is_made(self, query_log: QueryLogger) -> None:
        assert query_log.path.parent.is_dir()

    def test_process_has_signed_on(self, query_log: QueryLogger) -> None:
        writers = (query_log.path.parent / "writers").read_text().split()
        assert str(os.getpid()) in writers


class TestReading:
    """Reading needs no permission."""

    def test_new_log_is_empty(self, query_log: QueryLogger, tmp_path: Path) -> None:
        assert QueryLogger(tmp_path / "another").open().entries() == []

    def test_own_log_can_be_written(self, query_log: QueryLogger, tmp_path: Path) -> None:
        log = QueryLogger(tmp_path / "another").open()
        log.log("Kisqali growth", 3, 12.5, "brand")
        assert log.entries() == [QueryEntry("Kisqali growth", 3, 12.5, 1, ["brand"])]

    def test_second_process_spoils_it(self, query_log: QueryLogger, tmp_path: Path) -> None:
        log = QueryLogger(tmp_path / "another").open()
        with open(tmp_path / "another" / "writers", "a") as file:
            file.write("1\n")
        assert log.contested


class TestTheLogOfTheRun:
    """Writing into the log that all tests of this file share."""

    def test_entries_are_numbered_without_gaps(self, query_log: QueryLogger) -> None:
        numbers = [query_log.log(f"question {place}", 1, 1.0).number for place in range(5)]
        assert numbers == list(range(numbers[0], numbers[0] + 5))

    def test_what_is_logged_can_be_read(self, query_log: QueryLogger) -> None:
        entry = query_log.log("Fabhalta market share", 2, 8.0)
        assert query_log.entries()[-1] == entry

    def test_tags_are_kept(self, query_log: QueryLogger) -> None:
        query_log.log("Remibrutinib launch", 1, 2.0, "launch", "brand")
        assert query_log.entries()[-1].tags == ["launch", "brand"]
