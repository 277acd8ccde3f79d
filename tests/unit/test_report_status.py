"""How far the plan has come, on a terminal and as Markdown; the ledger's history."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.events import (
    BaselineRecorded,
    Event,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    RunStarted,
    StepFinished,
)
from suture.model import Mark, Phase, Plan, Verification
from suture.report.ledger.history import history, replay
from suture.report.ledger.ledger import Ledger
from suture.report.ledger.markdown import code, markdown, text
from suture.report.ledger.progress import Progress, progress
from suture.report.ledger.status import status
from suture.report.terminal.output import Plain
from suture.report.terminal.terminal import terminal
from tests.unit import streams

HERE = Mark("playbooks/plan.yml", 1)
TITLES = ("MLflow permissions", "E2E auth", "Missing module", "Event loop", "Data quality", "Misc")


def plan(**steps: tuple[str, ...]) -> Plan:
    return Plan(
        "playbooks/plan.yml",
        "Back to green",
        "droplet",
        tuple(
            Phase(
                number=number,
                title=title,
                cause=f"cause {number} | *odd*",
                priority="high",
                playbook=f"playbooks/{number}.yml",
                must_fix=10 * number,
                verifications=(Verification({}, HERE),),
                mark=HERE,
                steps=steps.get(f"p{number}", ()),
                iterations="1-2",
            )
            for number, title in enumerate(TITLES, 1)
        ),
    )


def after(*runs: list[Event], **steps: tuple[str, ...]) -> Progress:
    told = [(f"r{n}", event) for n, events in enumerate(runs) for event in events]
    return progress(plan(**steps), told)


def states(found: Progress) -> list[str]:
    return [phase.state for phase in found.phases]


def test_nothing_was_done_yet() -> None:
    assert states(after()) == ["open"] * 6
    assert "has to mend 10 failing tests" in shown(after())


def test_progress_by_phase_and_step() -> None:
    found = after(streams.six_phases())
    assert states(found) == ["done", "proves nothing", "done", "failed", "proves nothing", "failed"]
    first = found.phases[0]
    assert (first.tests[0].failing_before, first.tests[0].failing_now) == (41, 0)
    assert {step.name: step.state for step in first.steps}[
        "Trackers degrade on every error"
    ] == "done"
    assert {step.name: step.state for step in found.phases[5].steps} == {
        "Keys come first": "done",
        "What hangs on it": "open",
        "Migrations are applied": "failed",
    }


def test_steps_that_the_plan_names_are_ticked_by_their_tasks_or_with_their_phase() -> None:
    steps = ("files reviewed", "trackers degrade on every error")
    found = after(streams.six_phases(), p1=steps, p4=("files reviewed",), p6=steps)
    assert [step.state for step in found.phases[0].steps] == ["done", "done"]
    assert [step.state for step in found.phases[3].steps] == ["open"]
    assert [step.state for step in found.phases[5].steps] == ["open", "open"]


@pytest.mark.parametrize("mode", ["dry-run", "rehearse"])
def test_what_was_only_pretended_is_no_progress(mode: str) -> None:
    pretended = [
        dataclasses.replace(event, mode=mode) if isinstance(event, RunStarted) else event
        for event in streams.six_phases()
    ]
    assert states(after(pretended)) == ["open"] * 6


def verified(verdict: str = "verified") -> list[Event]:
    broken = () if verdict == "verified" else ("t",)
    return [
        RunStarted(run="v", mode="verify", playbook="p", at="2026-11-23"),
        PhaseVerified(
            host="droplet", phase=4, verdict=verdict, still_failing=broken, at="2026-11-23"
        ),
    ]


def test_a_later_verification_decides() -> None:
    assert states(after(streams.six_phases(), verified()))[3] == "done"
    assert states(after(streams.six_phases(), verified(), verified("failed")))[3] == "failed"


def test_one_host_that_fails_makes_the_phase_fail() -> None:
    events: list[Event] = [RunStarted(run="r", mode="apply", playbook="p")]
    events += [
        PhaseVerified(host="a", phase=1, verdict="failed"),
        PhaseVerified(host="b", phase=1, verdict="verified"),
    ]
    assert states(after(events))[0] == "failed"


def test_a_phase_without_a_verdict_is_applied_and_a_cut_one_in_progress() -> None:
    begun: list[Event] = [
        RunStarted(run="r", mode="apply", playbook="p"),
        PhaseStarted(phase=1, title="x"),
        StepFinished(host="h", task="t", module="m", status="ok"),
    ]
    assert states(after(begun))[0] == "in progress"
    assert states(after([*begun, PhaseFinished(phase=1, status="done")]))[0] == "applied"
    again = after([*begun, PhaseFinished(phase=1, status="done")], begun)
    assert again.phases[0].attempts == 2


def test_undo_takes_the_ticks_away() -> None:
    undone: list[Event] = [
        RunStarted(run="u", mode="undo", playbook="p"),
        PhaseStarted(phase=1, title="x"),
        PhaseFinished(phase=1, status="done"),
    ]
    found = after(streams.six_phases(), undone).phases[0]
    assert (found.state, found.steps) == ("undone", ())
    assert found.tests[0].failing_before == 41
    assert found.tests[0].failing_now is None


def test_runs_side_by_side_are_kept_apart() -> None:
    told: list[tuple[str, Event]] = [
        ("a", RunStarted(run="a", mode="apply", playbook="p")),
        ("b", RunStarted(run="b", mode="dry-run", playbook="p")),
        ("a", PhaseStarted(phase=1, title="x")),
        ("b", PhaseStarted(phase=2, title="y")),
        ("a", StepFinished(host="h", task="in one", module="m", status="ok")),
        ("b", StepFinished(host="h", task="in two", module="m", status="ok")),
    ]
    found = progress(plan(), told)
    assert [step.name for step in found.phases[0].steps] == ["in one"]
    assert found.phases[1].state == "open"


def shown(found: Progress) -> str:
    out = io.StringIO()
    Plain(out).show(status(found))
    return out.getvalue()


def test_status_on_a_terminal() -> None:
    told = shown(after(streams.six_phases()))
    assert "☑ Phase 1: MLflow permissions  priority high\n  done and verified  2026-11-22" in told
    assert "  41 failing → 0\n    41 of 41 fixed, 1 flaky, 0 newly broken  (656 passed" in told
    assert "    ☑ Trackers degrade on every error  changed" in told
    assert "✗ Phase 4: Event loop" in told
    assert "    ☐ What hangs on it  unknown" in told
    assert told.endswith("2 of 6 phases are done; 64 tests failed, 11 still do\n")


def test_status_as_markdown() -> None:
    told = markdown(after(streams.six_phases())).splitlines()
    assert told[:3] == ["## Progress", "", "As of 2026-11-22."]
    assert (
        r"| 1 | MLflow permissions | cause 1 \| \*odd\* | high | 41 → 0 | done and verified |"
        in told
    )
    start = told.index("### Phase 1: MLflow permissions")
    section = told[start : told.index("### Phase 2: E2E auth")]
    assert r"- [x] Trackers degrade on every error (changed)" in section
    assert "- [x] Baseline recorded: 41 failing" in section
    assert (
        "- [x] Verification run: 41 of 41 fixed, 1 flaky, 0 newly broken (656 passed, 3 skipped)"
        in section
    )
    assert "  - flaky: `tests/unit/test_drift/test_latency.py::test_fast`" in section
    assert "root cause: cause 1" in section[2]
    fourth = told[told.index("### Phase 4: Event loop") : told.index("### Phase 5: Data quality")]
    assert any(each.startswith("- [ ] Verification run: 3 of 4 fixed") for each in fourth)
    assert "  - newly broken: `tests/unit/test_tasks/test_it.py::test_new`" in fourth
    sixth = told[told.index("### Phase 6: Misc") :]
    assert "- [ ] Verification run" in sixth
    assert "- [ ] Migrations are applied (failed)" in sixth


def test_the_whole_suite_has_its_own_part() -> None:
    events: list[Event] = [
        RunStarted(run="v", mode="verify", playbook="p"),
        BaselineRecorded(host="d", phase=0, failing=("a", "b"), passing=()),
        PhaseVerified(
            host="d", phase=0, verdict="verified", fixed=("a", "b"), counts={"passed": 9}
        ),
    ]
    found = after(events)
    assert "### The whole suite" in markdown(found)
    assert "- [x] Verification run: 2 of 2 fixed, 0 newly broken (9 passed)" in markdown(found)
    assert "☑ The whole suite" in shown(found)


@given(st.text())
def test_markdown_text_stays_on_its_line_and_in_its_cell(said: str) -> None:
    found = text(said)
    assert len(found.splitlines()) <= 1
    assert "|" not in found.replace("\\|", "")
    assert "\x1b" not in found


@given(st.text(alphabet="ab` \n"))
def test_markdown_code_is_closed(said: str) -> None:
    found = code(said)
    fence = found[: len(found) - len(found.lstrip("`"))]
    inner = found[len(fence) : len(found) - len(fence)]
    assert found.endswith(fence)
    assert "\n" not in found
    assert "`" * len(fence) not in inner or not said.strip()


# -- history --------------------------------------------------------------------------------------


def test_history_and_show(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.db")
    empty, out = io.StringIO(), io.StringIO()
    Plain(empty).show(history(ledger.runs()))
    assert empty.getvalue() == "The ledger holds no run yet.\n"
    for events in (streams.six_phases(), streams.dry_run()[:-1]):
        recorder = ledger.recorder(print)
        for event in events:
            recorder(event)
        recorder.close()
    Plain(out).show(history(ledger.runs()))
    lines = out.getvalue().splitlines()
    assert [each.split()[0] for each in lines] == ["run", "r4", "r1"] or [
        each.split()[0] for each in lines
    ] == ["run", "r1", "r4"]
    assert any("cut" in each and "dry-run" in each for each in lines)
    assert any("failed" in each and "4 min 11 s" in each for each in lines)
    again, first = io.StringIO(), io.StringIO()
    replay(ledger.events("r1"), terminal(again, {}, follow=False))
    replay(streams.six_phases(), terminal(first, {}))
    assert again.getvalue() == first.getvalue()
    assert ledger.progress(plan()) == after(streams.six_phases())
