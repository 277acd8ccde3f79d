"""Hosts at their own pace, one order of rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suture.events import StepFinished
from suture.report.text.rows import HostResult, Row, Rows


def step(host: str, line: int, status: str = "ok") -> HostResult:
    return HostResult(
        StepFinished(
            at="", host=host, task=f"task {line}", module="m", status=status, file="f", line=line
        )
    )


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.sets(st.integers(1, 9), max_size=6).map(sorted),
        min_size=1,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_hang_on_which_host_is_faster(
    runs: dict[str, list[int]], random: st.DataObject
) -> None:
    rows = Rows(tuple(runs))
    left = {host: list(lines) for host, lines in runs.items()}
    out: list[Row] = []
    while any(left.values()):
        host = random.choice([host for host, lines in left.items() if lines])  # type: ignore[attr-defined]
        out += rows.add(step(host, left[host].pop(0)))
    out += rows.rest()
    assert [row.line for row in out] == sorted({n for lines in runs.values() for n in lines})
    for row in out:
        assert set(row.entries) == {host for host, lines in runs.items() if row.line in lines}


def test_a_row_comes_out_when_the_last_host_has_passed_it() -> None:
    rows = Rows(("a", "b"))
    assert rows.add(step("a", 1)) == []
    assert rows.add(step("a", 2)) == []
    assert [row.line for row in rows.add(step("b", 2))] == [1, 2]


def test_nothing_waits_for_a_host_that_failed_or_is_lost() -> None:
    rows = Rows(("a", "b", "c"))
    assert [row.line for row in rows.add(step("a", 1, "failed"))] == []
    assert [row.line for row in rows.add(step("b", 1))] == []
    assert [row.line for row in rows.without("c")] == [1]
    assert [row.line for row in rows.add(step("b", 2))] == [2]


def test_the_same_task_run_twice_has_two_rows() -> None:
    rows = Rows(("a",))
    assert [row.line for row in rows.add(step("a", 1)) + rows.add(step("a", 1))] == [1, 1]


def test_one_host_never_waits() -> None:
    rows = Rows(("a",))
    assert [row.line for n in (3, 1, 2) for row in rows.add(step("a", n))] == [3, 1, 2]
