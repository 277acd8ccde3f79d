"""The end of a run: its failures once more, its phases, each host's counts, what it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from suture.events import STATUSES
from suture.report.text.changes import Element
from suture.report.text.endings import ending_sentence
from suture.report.text.lines import Line, Span, duration, line, listed, plural
from suture.report.text.rehearsals import rehearsals
from suture.report.text.steps import failure
from suture.report.text.summary import PhaseSummary, Summary, judged
from suture.report.text.tables import Table
from suture.report.text.verdicts import WORDS, before, named, sentence

ALWAYS = ("ok", "changed", "failed")
CUT = "cut: the record ends here, before the run came to its end (or it is still going on)"
MOST_HOSTS = 8
"""More hosts than this, and those with equal counts share a row."""


def recap(run: Summary, verbose: bool = False) -> list[Element]:
    """Everything that stands below the last step."""
    found: list[Element] = []
    if failures := _failures(run, verbose):
        found += [line(), line(("Failures", "title")), *failures]
    phases = [phase for phase in run.phases if phase.number or phase.verdicts]
    if len(phases) > 1:
        found += [line(), line(("Phases", "title")), _phases(phases), *_total(phases)]
    if run.rehearsals:
        found += [line(), line(("What would have changed on disk", "title"))]
        for told in rehearsals(run.rehearsals):
            found += told
    if run.counts:
        found += [line(), line(("Hosts", "title")), _hosts(run.counts)]
    return [*found, line(), *_end(run)]


def _failures(run: Summary, verbose: bool) -> list[Element]:
    many = len(run.hosts) > 1
    found: list[Element] = [
        line(("⚠ ", "unreachable"), (f"{lost.host}: ", "host"), lost.reason, indent=2)
        for lost in run.lost
    ]
    for step in run.failures:
        found += failure(step, many)
    for phase in run.phases:
        for host, verdict in phase.verdicts.items():
            if verdict.verdict not in ("failed", "not run"):
                continue
            where = f" on {host}" if many else ""
            said = f"{phase.name} is not verified{where}"
            found.append(line(("✗ ", "failed"), (said, "bold"), indent=2))
            found.append(line((sentence(verdict, phase.baselines.get(host)), "message"), indent=6))
            messages = phase.messages.get(host, {})
            for name, ids in (
                ("newly broken", verdict.newly_broken),
                ("still failing", verdict.still_failing),
            ):
                found += named(name, "bad", ids, messages, verbose)
    return found


def _phases(phases: Sequence[PhaseSummary]) -> Table:
    rows = []
    for phase in phases:
        failing = now = 0
        words: dict[str, str] = {}
        for host, verdict in phase.verdicts.items():
            failed_before = before(verdict, phase.baselines.get(host))
            failing += failed_before
            now += len({*verdict.still_failing, *verdict.newly_broken})
            words.setdefault(*WORDS.get(verdict.verdict, (verdict.verdict, "warn")))
        word, style = next(iter(words.items())) if words else (phase.status, "dim")
        for worst in ("not verified", "proves nothing"):
            if worst in words:
                word, style = worst, words[worst]
        tests = f"{failing:,} → {now:,}" if phase.verdicts else ""
        rows.append(
            (
                Span(f"{phase.number or ' '}  {phase.started.title}", "bold"),
                Span(tests),
                Span(word, style),
                Span(duration(phase.seconds) if phase.seconds >= 1 else "", "dim"),
            )
        )
    return Table(("phase", "failing tests", "verdict", "time"), rows, 2, frozenset({1, 3}))


def _total(phases: Sequence[PhaseSummary]) -> Iterator[Line]:
    """All phases' tests together, where any were judged; the whole suite has them again."""
    verdicts = judged([phase for phase in phases if phase.number] or phases)
    fixed = sum(len(verdict.fixed) + len(verdict.excused) for verdict, _ in verdicts)
    excused = sum(len(verdict.excused) for verdict, _ in verdicts)
    failed = sum(before(verdict, baseline) for verdict, baseline in verdicts)
    broken = sum(len(verdict.newly_broken) for verdict, _ in verdicts)
    if verdicts:
        style = "good" if fixed == failed and not broken else "bad"
        reasons = f" ({excused:,} of them skipped with a reason)" if excused else ""
        said = f"{fixed:,} of {failed:,} tests fixed{reasons}, {broken:,} newly broken"
        yield line((said, style), indent=2)


def _hosts(counts: Mapping[str, Mapping[str, int]]) -> Table:
    shown = [
        name
        for name in STATUSES
        if name in ALWAYS or any(found.get(name) for found in counts.values())
    ]
    groups: dict[tuple[int, ...], list[str]] = {}
    for host, found in counts.items():
        key = tuple(found.get(name, 0) for name in shown)
        groups.setdefault(key, []).append(host)
    if len(counts) <= MOST_HOSTS:
        named = [(host, tuple(counts[host].get(name, 0) for name in shown)) for host in counts]
    else:
        named = [
            (listed(hosts, 3) + (f" ({len(hosts)} hosts)" if len(hosts) > 3 else ""), key)
            for key, hosts in groups.items()
        ]
    rows = [
        (Span(host, "host"), *(_count(n, name) for n, name in zip(key, shown, strict=True)))
        for host, key in named
    ]
    return Table(("host", *shown), rows, 2, frozenset(range(1, len(shown) + 1)))


def _count(number: int, status: str) -> Span:
    return Span(f"{number:,}", status if number and status != "ok" else "dim" if not number else "")


def _end(run: Summary) -> list[Line]:
    finished = run.finished
    if finished is None:
        return [*_cut(run), line((CUT, "warn"))]
    word, style = ending_sentence(finished.exit_code)
    total = {name: sum(found.get(name, 0) for found in run.counts.values()) for name in STATUSES}
    *more, said = (finished.message or word[:1].upper() + word[1:]).split("\n")
    pretended = _pretended(run)
    details = [_predicted(total, pretended) if pretended else _changed(total["changed"])]
    if run.warnings:
        details.append(plural(len(run.warnings), "warning"))
    if finished.seconds >= 1:
        details.append(duration(finished.seconds))
    return [
        *(line((each, style)) for each in more),
        line((said, style), (f"  ({', '.join(details)})", "dim")),
        line(("run ", "dim"), (finished.run, "dim")),
    ]


def _cut(run: Summary) -> Iterator[Line]:
    """What was under way when the record of a run ends."""
    for host, step in sorted(run.at.items()):
        where = f"  {step.file}:{step.line}" if step.file else ""
        said = f"'{step.task}' was under way; how it ended is not known"
        yield line(("⚠ ", "unreachable"), (f"{host}: ", "host"), said, (where, "place"))


def _changed(steps: int) -> str:
    return f"{plural(steps, 'step')} changed something" if steps else "nothing changed"


def _pretended(run: Summary) -> str:
    """What a run could not do with a step that stays unknown, where nothing of it stays."""
    mode = run.started.mode if run.started else ""
    return {"dry-run": "predicted", "rehearse": "rehearsed"}.get(mode, "")


def _predicted(total: Mapping[str, int], done: str) -> str:
    said = f"{plural(total['changed'], 'step')} would change something"
    return said + (f", {total['unknown']:,} cannot be {done}" if total["unknown"] else "")
