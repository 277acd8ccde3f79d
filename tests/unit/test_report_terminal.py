"""What a person sees of a run: in a log, on a terminal, on a narrow or a simple one."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from suture.events import (
    Event,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    TestFinished,
)
from suture.report.terminal.output import Plain, paper
from suture.report.terminal.rich_output import RichOutput
from suture.report.terminal.terminal import terminal
from tests.unit import streams

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Tty(io.StringIO):
    """A terminal that remembers everything sent to it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def plainly(events: Iterable[Event], verbose: int = 0, diffs: bool = False) -> str:
    out = io.StringIO()
    shown = terminal(out, {"TERM": "xterm"}, verbose=verbose, diffs=diffs)
    for event in events:
        shown(event)
    shown.close()
    return out.getvalue()


def on_screen(events: Iterable[Event], environ: dict[str, str] | None = None) -> str:
    out = Tty()
    shown = terminal(out, environ or {"TERM": "xterm-256color"}, diffs=True, follow=False)
    assert not isinstance(shown._paper, Plain)
    for event in events:
        shown(event)
    shown.close()
    return out.getvalue()


def test_a_log_of_six_phases_reads_as_approved() -> None:
    assert plainly(streams.six_phases()) == (GOLDEN / "six_phases.txt").read_text("utf-8")


def test_a_log_of_two_hosts_is_the_same_whichever_is_faster() -> None:
    approved = (GOLDEN / "two_hosts_diff.txt").read_text("utf-8")
    assert plainly(streams.two_hosts("web1"), diffs=True) == approved
    assert plainly(streams.two_hosts("web2"), diffs=True) == approved


def test_a_log_has_nothing_that_steers_a_terminal() -> None:
    told = plainly(streams.six_phases(), verbose=1, diffs=True)
    assert not re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", told)
    assert "stderr line 30" in told


def test_a_log_does_not_need_rich() -> None:
    script = (
        "import io, sys\n"
        "from suture.report.terminal.terminal import terminal\n"
        "from tests.unit import streams\n"
        "shown = terminal(io.StringIO(), {})\n"
        "for event in streams.six_phases(): shown(event)\n"
        "shown.close()\n"
        "print(sorted(name for name in sys.modules if name.startswith(('rich', 'pygments'))))\n"
    )
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_many_hosts_share_their_lines() -> None:
    told = plainly(streams.fleet(50)).splitlines()
    assert "  changed     Installed  changed on 49 of 50 · ok: web07" in told
    assert any("48 hosts" in each for each in told)
    assert len(told) < 25
    assert "  ⚠ web09 is lost: the connection was closed by the host" in told


def test_a_prediction_says_that_it_is_one() -> None:
    told = plainly(streams.dry_run(), diffs=True)
    assert "dry run: nothing is touched" in told
    assert "  unknown     Build  playbooks/phase.yml:5\n      it hangs on what" in told
    assert "1 step would change something, 1 cannot be predicted" in told
    assert "        +    except (ImportError, OSError) as error:" in told


def test_quiet_steps_are_folded_and_shown_when_asked_for() -> None:
    told = plainly(streams.six_phases())
    assert "… 6 ok, 1 skipped" in told
    assert "Look at file 3" not in told
    assert "GE_AVAILABLE is looked at" in told, "a single quiet step is not worth folding"
    verbose = plainly(streams.six_phases(), verbose=1)
    assert "Look at file 3  playbooks/phase.yml:13" in verbose
    assert "when: false" in verbose


def test_failures_come_again_at_the_end_with_their_place_and_the_end_of_stderr() -> None:
    told = plainly(streams.six_phases())
    _, end = told.split("\nFailures\n")
    assert "playbooks/phase.yml:9 (role database)" in end
    assert "stderr line 30" in end
    assert "stderr line 15\n" not in end
    assert "Phase 4: Event loop is not verified" in end
    assert "tests/unit/test_tasks/test_it.py::test_new" in end


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_is_never_written_over_its_edge(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = COLOURS.sub("", on_screen(streams.six_phases()))
    assert max(len(each.rstrip()) for each in told.splitlines()) <= columns
    for word in ("2.13.0+cpu", "proves nothing", "mode 0644", "Migrations are", "13"):
        assert word in told


def test_a_terminal_shows_diffs_in_the_colours_of_the_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    told = on_screen(streams.dry_run())
    (removed,) = [
        each for each in told.splitlines() if "except ImportError" in COLOURS.sub("", each)
    ]
    assert "48;5;52" in removed, "a removed line has a ground of its own"
    keyword = re.search(r"\x1b\[([0-9;]+)m *except", removed)
    name = re.search(r"\x1b\[([0-9;]+)mImportError", removed)
    assert keyword
    assert name
    assert keyword[1] != name[1]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    told = on_screen(streams.six_phases(), {"TERM": "xterm", "NO_COLOR": "1"})
    for code in re.findall(r"\x1b\[([0-9;]*)m", told):
        assert all(int(part or 0) < 30 for part in code.split(";")), f"a colour: {code}"
    assert "✗" in told


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_simple_terminal_gets_plain_text(term: str) -> None:
    assert isinstance(paper(Tty(), {"TERM": term}), Plain)
    assert isinstance(paper(Tty(), {"TERM": "xterm"}), RichOutput)
    assert isinstance(paper(io.StringIO(), {"TERM": "xterm"}), Plain)


def test_an_encoding_without_marks_gets_ascii() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    shown = terminal(out, {})
    for event in streams.six_phases():
        shown(event)
    shown.close()
    told = raw.getvalue().decode("ascii")
    assert "mode 0644 -> 0600" in told
    assert "... 6 ok, 1 skipped" in told
    assert "w\\xf6rld" in told


def test_hosts_cannot_steer_the_terminal() -> None:
    told = on_screen(streams.six_phases())
    assert not re.findall("\x1b(?!\\[[0-9;]*m)", told), "only colours, and those are ours"
    assert "owned" not in told
    assert "\\u202eevil" in told


def test_a_reader_that_goes_away_does_not_stop_the_run() -> None:
    script = (
        "import sys, os\n"
        "from suture.report.terminal.terminal import terminal\n"
        "from tests.unit import streams\n"
        "shown = terminal(sys.stdout, os.environ, verbose=1, diffs=True)\n"
        "for _ in range(200):\n"
        "    for event in streams.six_phases(): shown(event)\n"
        "shown.close()\n"
        "sys.stderr.write('ran to its end')\n"
    )
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$SCRIPT" | head -n 1'],
        env={**environ, "SCRIPT": script},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Suture 0.1.0")
    assert done.stderr == "ran to its end"


def test_failing_tests_are_named_while_a_terminal_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = Tty()
    shown = terminal(out, {"TERM": "xterm"})
    shown(RunStarted(run="r", mode="verify", playbook="p", hosts=("h",)))
    message = "AssertionError: no\nmore"
    shown(TestFinished(host="h", id="t::a", outcome="failed", purpose="verify", message=message))
    assert "t::a  AssertionError: no" in COLOURS.sub("", out.getvalue())
    shown.close()
    assert out.getvalue().endswith("\x1b[?25h\r"), "the cursor is shown again"


def test_a_live_run_on_a_real_terminal() -> None:
    """In a pseudo-terminal: lines of the running command appear, and the foot is gone after it."""
    script = (
        "import os, sys, time\n"
        "from suture.events import *\n"
        "from suture.report.terminal.terminal import terminal\n"
        "shown = terminal(sys.stdout, os.environ)\n"
        "shown(RunStarted(run='r', mode='apply', playbook='p', hosts=('h',)))\n"
        "shown(StepStarted(host='h', task='Install torch', module='pip'))\n"
        "shown(StepOutput(host='h', task='Install torch', text='Collecting torch'))\n"
        "time.sleep(0.6)\n"
        "shown(StepFinished(host='h', task='Install torch', module='pip', status='changed'))\n"
        "shown(RunFinished(run='r', exit_code=0, hosts={'h': {'changed': 1}}))\n"
        "shown.close()\n"
    )
    ours, theirs = pty.openpty()
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}/src", "TERM": "xterm", "COLUMNS": "60"}
    with subprocess.Popen([sys.executable, "-c", script], env=environ, stdout=theirs) as process:
        os.close(theirs)
        told = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            told += chunk
        assert process.wait() == 0
    os.close(ours)
    text = told.decode()
    assert "Collecting torch" in text
    after = COLOURS.sub("", text.rsplit("Collecting torch", 1)[1])
    assert "● Install torch" in after
    assert "\x1b[?25h" in text


def test_the_whole_suite_is_named_and_not_counted_twice() -> None:
    def verdict(phase: int) -> PhaseVerified:
        message = "2 of 2 fixed, 0 newly broken"
        return PhaseVerified(
            host="h", phase=phase, verdict="verified", fixed=("a", "b"), message=message
        )

    events: list[Event] = [
        RunStarted(run="r", mode="verify", playbook="p", hosts=("h",)),
        PhaseStarted(phase=1, title="One"),
        verdict(1),
        PhaseFinished(phase=1, status="verified"),
        PhaseStarted(phase=0, title="the whole suite"),
        verdict(0),
        PhaseFinished(phase=0, status="verified"),
        RunFinished(run="r", exit_code=0, hosts={}),
    ]
    told = plainly(events)
    assert "\nThe whole suite\n  verified: 2 of 2 fixed, 0 newly broken\n" in told
    assert "The whole suite: verified" in told
    assert told.count("2 of 2 fixed, 0 newly broken\n") == 2, "each verdict is said once"
    assert "  2 of 2 tests fixed, 0 newly broken\n" in told


def test_what_ended_a_run_is_said_line_by_line() -> None:
    message = "playbooks/a.yml:3:1: no such module\nplaybooks/a.yml:9:1: no such key"
    told = plainly([RunFinished(run="r", exit_code=1, hosts={}, message=message)])
    assert told == f"\n{message}  (nothing changed)\nrun r\n"


def test_tests_of_a_task_are_named_under_it() -> None:
    events: list[Event] = [
        RunStarted(run="r", mode="apply", playbook="p", hosts=("h",)),
        StepStarted(host="h", task="Smoke", module="pytest"),
        TestFinished(host="h", id="t::a", outcome="passed"),
        TestFinished(host="h", id="t::b", outcome="failed", message="assert 0"),
        StepFinished(host="h", task="Smoke", module="pytest", status="failed", message="1 failed"),
    ]
    told = plainly(events)
    assert "  failed      Smoke\n      1 failed\n      ✗ t::b  assert 0\n" in told


def test_a_cut_run_still_shows_what_it_held_back() -> None:
    told = plainly(streams.six_phases()[:120])
    whole = plainly(streams.six_phases())
    assert whole.startswith(told[: len(told) // 2])
    out = io.StringIO()
    shown = terminal(out, {})
    shown(RunStarted(run="r", mode="apply", playbook="p", hosts=("h",)))
    shown(StepFinished(host="h", task="Quiet", module="stat", status="ok"))
    assert "Quiet" not in out.getvalue()
    shown.close()
    assert "ok          Quiet" in out.getvalue()


def test_verdicts_that_hosts_share_are_said_once() -> None:
    hosts = ("a", "b", "c")
    events: list[Event] = [RunStarted(run="r", mode="verify", playbook="p", hosts=hosts)]
    events += [
        PhaseVerified(host=host, phase=1, verdict="verified", fixed=("t",), seconds=n / 10)
        for n, host in enumerate(hosts)
    ]
    events.append(RunFinished(run="r", exit_code=0, hosts={}))
    assert plainly(events).count("a, b, c: verified: 1 of 1 fixed, 0 newly broken") == 1
