"""JSON lines, JUnit XML, the HTML page, and the fan that feeds them."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from suture.events import Event, RunStarted, StepFinished, TestFinished, Warned, from_json
from suture.report.dispatch import Fan, Plainly
from suture.report.pages.html import Html, page
from suture.report.pages.jsonl import JsonLines
from suture.report.pages.junit import Junit
from suture.report.text.summary import summary
from tests.unit import streams

ROOT = Path(__file__).parents[2]


def test_json_lines_are_the_events_and_nothing_else() -> None:
    out = io.StringIO()
    sink = JsonLines(out)
    for event in streams.six_phases():
        sink(event)
    sink.close()
    lines = out.getvalue().splitlines()
    assert [from_json(line) for line in lines] == streams.six_phases()
    assert all(line.isascii() and "\x1b" not in line for line in lines)


def test_each_line_is_out_before_the_next_event() -> None:
    class Buffered(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    out = Buffered()
    JsonLines(out)(Warned(message="x"))
    assert json.loads(out.flushed)["message"] == "x"


def test_json_lines_survive_a_reader_that_goes_away() -> None:
    script = (
        "import sys\n"
        "from suture.report.pages.jsonl import JsonLines\n"
        "from tests.unit import streams\n"
        "sink = JsonLines(sys.stdout)\n"
        "for _ in range(50):\n"
        "    for event in streams.six_phases(): sink(event)\n"
        "sink.close()\n"
        "sys.stderr.write('ran to its end')\n"
    )
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$SCRIPT" | head -n 1'],
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}", "SCRIPT": script},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["event"] == "run_started"
    assert done.stderr == "ran to its end"


# -- JUnit ----------------------------------------------------------------------------------------


def junit(tmp_path: Path, events: list[Event]) -> ElementTree.Element:
    sink = Junit(tmp_path / "out" / "junit.xml")
    for event in events:
        sink(event)
    sink.close()
    return ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()


def test_junit_holds_steps_and_tests_by_phase(tmp_path: Path) -> None:
    root = junit(tmp_path, streams.six_phases())
    suites = {suite.get("name"): suite for suite in root}
    first = suites["phase 1: MLflow permissions [droplet]"]
    tests = [case for case in first if case.get("classname") == "tests.unit.test_drift.test_it"]
    assert len(tests) == 41
    assert (first.get("failures"), first.get("skipped")) == ("0", "1")
    fourth = suites["phase 4: Event loop [droplet]"]
    assert fourth.get("failures") == "2"
    (migrations,) = root.findall(".//testcase[@name='Migrations are applied']")
    failure = migrations.find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("alembic exited with 1")
    assert "playbooks/phase.yml:9" in (failure.text or "")


def test_junit_counts_a_rerun_once_and_calls_it_flaky(tmp_path: Path) -> None:
    events: list[Event] = [
        RunStarted(run="r", mode="verify", playbook="p"),
        TestFinished(host="h", id="a.py::t", outcome="failed", purpose="verify", message="no"),
        TestFinished(host="h", id="a.py::t", outcome="passed", purpose="rerun"),
    ]
    (case,) = junit(tmp_path, events).findall(".//testcase")
    assert case.find("failure") is None
    assert "flaky" in (case.findtext("system-out") or "")


def test_junit_is_written_whatever_a_host_said(tmp_path: Path) -> None:
    step = StepFinished(
        host="h\x00", task="t \x1b[31m\ud800", module="m", status="failed", message="\x00]]>\x07"
    )
    (case,) = junit(tmp_path, [step]).findall(".//testcase")
    assert case.get("name") == "t \ufffd"


# -- HTML -----------------------------------------------------------------------------------------


class Structure(HTMLParser):
    """Every element is closed, in order; which were seen, and what they refer to."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.mark.parametrize("events", [streams.six_phases(), streams.fleet(), streams.dry_run(), []])
def test_the_page_is_whole_and_needs_nothing_else(events: list[Event]) -> None:
    text = page(events)
    structure = Structure(text)
    assert structure.open == []
    for tag, attributes in structure.seen:
        assert tag not in ("link", "img", "iframe")
        assert "src" not in attributes
        assert "href" not in attributes
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_tells_the_whole_run() -> None:
    text = page(streams.six_phases())
    for said in (
        "remediate --phase all",
        "54<small> of 55</small>",
        "41 of 41 fixed, 1 flaky, 0 newly broken",
        "proves nothing",
        "tests/unit/test_tasks/test_it.py::test_new",
        "needs a real key",
        "2.13.0+cpu",
        "exception to the policy",
        "stderr line 1\n",
        "2 min 05 s",
    ):
        assert said in text, said
    structure = Structure(text)
    steps = [found for tag, found in structure.seen if "data-status" in found]
    assert len(steps) == len(summary(streams.six_phases()).steps)
    assert {found["data-status"] for found in steps} >= {"ok", "changed", "failed", "unknown"}


def test_the_page_escapes_what_hosts_say() -> None:
    evil = "</pre><script>alert(1)</script>\x1b[2J\u202e"
    events = [
        dataclasses.replace(
            event,
            task=evil,
            message=evil,
            data={"stderr": evil},
            changes=({"action": "write", "target": evil, "before": evil, "after": "x"},),
        )
        if isinstance(event, StepFinished)
        else event
        for event in streams.six_phases()
    ]
    text = page(events)
    assert text.count("<script>") == 1
    assert "alert(1)&lt;/script&gt;" in text
    assert not re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert Structure(text).open == []


def test_the_page_of_a_run_is_private_and_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "r1.html"
    for _ in range(2):
        sink = Html(path)
        for event in streams.six_phases():
            sink(event)
        sink.close()
    assert path.read_text("utf-8") == page(streams.six_phases())
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


# -- the fan --------------------------------------------------------------------------------------


class Broken:
    """A consumer whose disk is full."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, event: Event) -> None:
        self.calls += 1
        raise OSError("no space left on device")

    def tick(self) -> None:
        raise OSError("no space left on device")

    def close(self) -> None:
        raise OSError("no space left on device")


def test_a_consumer_that_fails_is_detached_and_the_operator_told_once() -> None:
    seen: list[Event] = []
    told: list[str] = []
    broken = Broken()
    fan = Fan([broken, Plainly(seen.append)], redact=lambda event: event, tell=told.append)
    for event in streams.dry_run():
        fan(event)
    fan.tick()
    fan.close()
    assert seen == streams.dry_run()
    assert broken.calls == 1
    assert told == [
        "broken failed (no space left on device): its output ends here, the run goes on"
    ]


def test_everybody_gets_the_redacted_event_and_nobody_the_other() -> None:
    def redact(event: Event) -> Event:
        assert isinstance(event, Warned)
        if event.message == "unredactable":
            raise ValueError("the secret is s3cret")
        return dataclasses.replace(event, message=event.message.replace("s3cret", "********"))

    seen: list[Event] = []
    told: list[str] = []
    fan = Fan([Plainly(seen.append)], redact, told.append)
    fan(Warned(message="it is s3cret", at="1"))
    fan(Warned(message="unredactable", at="2"))
    fan(Warned(message="unredactable", at="3"))
    assert seen == [Warned(message="it is ********", at="1")]
    assert len(told) == 1
    assert "s3cret" not in told[0]


def test_a_summary_counts_what_the_run_counted() -> None:
    found = summary(streams.six_phases())
    assert found.counts["droplet"]["changed"] == 6
    cut = summary(streams.six_phases()[:-1])
    assert cut.counts == found.counts
    assert [phase.number for phase in found.phases] == [0, 1, 2, 3, 4, 5, 6]
    assert len(found.phases[1].baselines["droplet"].failing) == 41
    assert [step.task for step in found.failures] == ["Migrations are applied"]
    assert found.slowest[0].task == "Reranker packages are installed"
