"""A finished task on one or more hosts, as lines: how it ended, what it changed, why it failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from suture.events import SEVERITY, ItemFinished, StepFinished, worst
from suture.report.text.changes import Element, headline, shown
from suture.report.text.lines import Line, Span, duration, line, listed, plural, tail
from suture.report.text.rows import HostResult, Row

MARKS = {
    "ok": "✓",
    "changed": "●",
    "failed": "✗",
    "skipped": "○",
    "unknown": "?",
    "unreachable": "⚠",
    "ignored": "✗",
}
WORST = SEVERITY[::-1]
QUIET = ("ok", "skipped")
ITEMS = 20
"""Items of a loop that are shown one by one."""


@dataclass(frozen=True, slots=True)
class Look:
    """How much is shown, and whether as marks on a terminal or as words for a log."""

    verbose: int = 0
    diffs: bool = False
    marks: bool = False

    @property
    def worth_telling(self) -> float:
        """Seconds from which on a step's duration is shown."""
        return 0.5 if self.marks else 1.0


def status_of(row: Row) -> str:
    """The row's worst status."""
    return worst(entry.step.status for entry in row.entries.values())


def is_quiet(row: Row) -> bool:
    """Nothing happened that anyone has to read."""
    return all(
        entry.step.status in QUIET and not entry.step.exception and not said(entry.step)
        for entry in row.entries.values()
    )


def elements(row: Row, hosts: Sequence[str], look: Look) -> list[Element]:
    """The row's line and what belongs under it, indented by its depth."""
    status = status_of(row)
    slowest = max(entry.step.seconds for entry in row.entries.values())
    ends: list[str | tuple[str, str]] = []
    if len(hosts) > 1:
        ends.append("  ")
        ends += _by_status(row, hosts)
    if slowest >= look.worth_telling:
        ends.append((f"  {duration(slowest)}", "dim"))
    if row.file and (look.verbose or status in ("failed", "unknown", "ignored")):
        ends.append((f"  {row.file}:{row.line}", "place"))
    title = Span(row.task, "dim" if status in QUIET else "")
    role = next((entry.step.role for entry in row.entries.values() if entry.step.role), "")
    name = [(f"{role}: ", "dim")] if role and look.verbose else []
    kind = [("handler ", "dim")] if row.handler else []
    found: list[Element] = [line(mark(status, look), *kind, *name, title, *ends, indent=2)]
    return found + _details(row, hosts, look)


def mark(status: str, look: Look) -> Span:
    """How something ended, at the head of its line."""
    return Span(f"{MARKS[status]} " if look.marks else f"{status:<11} ", status)


def _by_status(row: Row, hosts: Sequence[str]) -> list[str | tuple[str, str]]:
    """``changed on all 3``, or ``changed: web1 · ok on 48 of 50``."""
    pieces: list[str | tuple[str, str]] = []
    for status in WORST:
        names = [host for host in hosts if host in row.entries]
        names = [host for host in names if row.entries[host].step.status == status]
        if not names:
            continue
        if len(names) == len(hosts):
            where = f" on all {len(hosts)}" if len(hosts) > 2 else " on both"
        elif len(names) <= 3 or status in ("failed", "unreachable"):
            where = f": {listed(names, 6)}"
        else:
            where = f" on {len(names)} of {len(hosts)}"
        pieces += [(" · ", "dim")] if pieces else []
        pieces.append((status + where, status))
    return pieces


def _details(row: Row, hosts: Sequence[str], look: Look) -> list[Element]:
    """What each host has to say, once where several say the same."""
    groups: list[tuple[list[str], list[Element]]] = []
    for host in hosts:
        if host not in row.entries:
            continue
        found = details(row.entries[host], look)
        same = next((names for names, told in groups if told == found), None)
        if same is not None:
            same.append(host)
        elif found:
            groups.append(([host], found))
    everywhere = len(groups) == 1 and len(groups[0][0]) == len(row.entries)
    elements: list[Element] = []
    for names, told in groups:
        labelled = not everywhere and len(hosts) > 1
        if labelled:
            elements.append(line((f"on {listed(names, 6)}:", "host"), indent=6))
        depth = 8 if labelled else 6
        elements += [replace(each, indent=each.indent + depth) for each in told]
    return elements


def details(entry: HostResult, look: Look) -> list[Element]:
    """What belongs under a step's line, not indented yet."""
    step = entry.step
    found: list[Element] = []
    if step.exception:
        found.append(line(("exception to the policy: ", "warn"), step.exception))
    found += _items(entry.items, look)
    if not any(item.changes for item in entry.items):
        found += shown(step.changes, look.diffs, look.verbose > 0)
    if step.status in ("failed", "unreachable", "ignored"):
        found += _cut(step.message, 4)
    elif step.status == "unknown":
        found += [line(each) for each in (step.reason or step.message).split("\n") if each]
    else:
        found += [line(each) for each in said(step)]
    if step.status == "skipped" and look.verbose and step.reason:
        found.append(line((step.reason, "dim")))
    found += [
        line(("✗ ", "failed"), test.id, (f"  {_first(test.message)}", "dim"))
        for test in sorted(entry.failed_tests, key=lambda test: test.id)
    ]
    return found + (_printed(step.data) if look.verbose and step.status != "failed" else [])


def _cut(message: str, most: int) -> list[Element]:
    lines = [each for each in message.split("\n") if each.strip()]
    shown: list[Element] = [line((each, "message")) for each in lines[:most]]
    if len(lines) > most:
        more = plural(len(lines) - most, "more line")
        shown.append(line((f"… {more}, at the end", "dim")))
    return shown


def said(step: StepFinished) -> list[str]:
    """What a step that did not fail has to tell: a debug task's message, above all."""
    if step.status not in ("ok", "changed"):
        return []
    if step.module.rpartition(".")[2] != "debug":
        return step.message.split("\n") if step.message else []
    told: Any = step.message or step.data.get("msg")
    if told is None:
        told = {key: value for key, value in step.data.items() if key not in ("changed", "failed")}
    if not isinstance(told, str):
        told = json.dumps(told, indent=2, ensure_ascii=False, default=str)
    return told.split("\n") if told else []


def _items(items: Sequence[ItemFinished], look: Look) -> list[Element]:
    told = [item for item in items if look.verbose or item.status not in QUIET]
    if not look.verbose:
        told.sort(key=lambda item: item.status == "changed")
        told = told[:ITEMS] if len(told) > ITEMS + 1 else told
        told.sort(key=items.index)
    found: list[Element] = []
    for item in told:
        changes = shown(item.changes, look.diffs, look.verbose > 0)
        pieces: list[str | tuple[str, str]] = [mark(item.status, look), item.item]
        if len(changes) == 1 and isinstance(changes[0], Line):
            pieces += ["  ", *headline(item.changes[0]).spans]
            changes = []
        elif item.message:
            pieces.append((f"  {_first(item.message)}", "message"))
        found.append(line(*pieces))
        found += [replace(each, indent=each.indent + 4) for each in changes]
    if rest := _counted(item for item in items if item not in told):
        found.append(line((f"… {rest}", "dim")))
    return found


def _counted(items: Iterable[ItemFinished]) -> str:
    counts = dict.fromkeys(WORST, 0)
    for item in items:
        counts[item.status] += 1
    return ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)


def _printed(data: Mapping[str, Any]) -> list[Element]:
    """What a command printed (with -v)."""
    found: list[Element] = []
    for name in ("stdout", "stderr"):
        text = data.get(name)
        if isinstance(text, str) and text.strip():
            found.append(line((f"{name}:", "dim")))
            found += [line((each, "output"), indent=2) for each in tail(text, 40)]
    return found


def _first(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def failure(step: StepFinished, many: bool) -> list[Element]:
    """A failure told in full, as it is repeated at the end of a run."""
    where = [(f"{step.host}: ", "host")] if many else []
    found: list[Element] = [line(("✗ ", "failed"), *where, (step.task, "bold"), indent=2)]
    if step.file:
        place = f"{step.file}:{step.line}" + (f" (role {step.role})" if step.role else "")
        found.append(line((place, "place"), indent=6))
    message = step.message or f"the step ended as {step.status} without a message"
    found += [line((each, "message"), indent=6) for each in tail(message, 12)]
    for name, most in (("stderr", 15), ("stdout", 15)):
        text = str(step.data.get(name) or "").strip()
        if not text or text in message:
            continue
        found.append(line((f"end of {name}:", "dim"), indent=6))
        found += [line((each, "output"), indent=8) for each in tail(text, most)]
        break
    if step.trace:
        found.append(line(("this is a bug, in the module or in Suture:", "dim"), indent=6))
        found += [line((each, "output"), indent=8) for each in tail(step.trace, 30)]
    return found
