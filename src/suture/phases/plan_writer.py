"""A triage written down: the plan, and a playbook for each of its phases.  Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from suture.model import Claim, Mark
from suture.phases.causes import Failure
from suture.phases.claims import fits
from suture.phases.proposals import Proposal
from suture.phases.triage import MISC, Group

WIDTH = 100
NOWHERE = Mark("", 0)
MOST_PATHS = 8
"""Files of a verification; more, and their folders are named."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A phase to be: its groups, each with what is proposed for it."""

    title: str
    groups: tuple[tuple[Group, Proposal], ...]
    remaining: bool = False

    @property
    def count(self) -> int:
        return sum(group.count for group, _ in self.groups)

    @property
    def priority(self) -> str:
        words = [group.priority for group, _ in self.groups]
        return next(word for word in ("high", "medium", "low") if word in words)

    def file(self, number: int) -> str:
        plain = re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")[:40].strip("-")
        return f"phase{number}-{plain or 'failures'}.yml"


def drafts(found: Sequence[Group], proposals: Mapping[int, Proposal]) -> list[Draft]:
    """The phases: one for each large group, and a last one for what remains.  What is not the
    application's fault is no phase's."""
    made = [
        Draft(group.title, ((group, proposals.get(at, Proposal())),))
        for at, group in enumerate(found)
        if group.category != MISC and not group.outside
    ]
    rest = [
        (group, proposals.get(at, Proposal()))
        for at, group in enumerate(found)
        if group.category == MISC and not group.outside
    ]
    return [*made, Draft("Misc", tuple(rest), remaining=True)] if rest else made


def written(
    found: Sequence[Group],
    proposals: Mapping[int, Proposal],
    settings: Mapping[str, Any],
    hosts: str,
    total: int,
) -> dict[str, str]:
    """The files by name; ``settings`` are the arguments of pytest that the suite was run with."""
    every = [failure for group in found for failure in group.failures]
    phases = drafts(found, proposals)
    files = {"plan.yml": _plan(phases, found, every, settings, hosts, total)}
    for number, draft in enumerate(phases, 1):
        files[draft.file(number)] = _playbook(number, draft, hosts)
    return files


# -- the plan --------------------------------------------------------------------------------------


def _plan(
    phases: Sequence[Draft],
    found: Sequence[Group],
    every: Sequence[Failure],
    settings: Mapping[str, Any],
    hosts: str,
    total: int,
) -> str:
    outside = [group for group in found if group.outside]
    plan: dict[str, Any] = {"title": f"{total} failing tests", "hosts": hosts}
    if outside:
        plan["outside"] = [
            {**_claim(group, every), "why": _plain(group.cause, 200)} for group in outside
        ]
    plan["phases"] = [
        _phase(number, draft, every, settings) for number, draft in enumerate(phases, 1)
    ]
    plan["final"] = dict(settings)
    head = (
        "# A plan that triage has written: a phase for each cause, with what it claims. Read it, and\n"
        "# mend what is proposed, before anything is applied.\n\n"
    )
    return head + _dumped(plan)


def _phase(
    number: int, draft: Draft, every: Sequence[Failure], settings: Mapping[str, Any]
) -> dict[str, Any]:
    causes = "; ".join(dict.fromkeys(group.cause for group, _ in draft.groups))
    phase: dict[str, Any] = {
        "number": number,
        "title": _plain(draft.title, 80),
        "cause": _plain(causes, 300),
        "priority": draft.priority,
    }
    if not draft.remaining:
        ((group, _),) = draft.groups
        phase["claims"] = _claim(group, every)
    phase["must_fix"] = draft.count
    phase["playbook"] = draft.file(number)
    tasks = [task["name"] for _, proposal in draft.groups for task in proposal.tasks]
    if tasks:
        phase["steps"] = list(dict.fromkeys(tasks))
    if draft.remaining:
        phase["verify"] = {"remaining": True, **settings}
    else:
        tests = [failure.id for group, _ in draft.groups for failure in group.failures]
        phase["verify"] = {"paths": _paths(tests), **settings}
    return phase


def _claim(group: Group, every: Iterable[Failure]) -> dict[str, Any]:
    """The shortest claim that means the group's failures and no others; at worst their names."""
    mine = {failure.id for failure in group.failures}
    named = re.fullmatch(r"[\w.]+", group.first.type)
    exception = named[0] if named else ""
    words = _words(group)
    files = sorted({failure.id.partition("::")[0] for failure in group.failures})
    every = list(every)
    tries: list[dict[str, Any]] = []
    if exception:
        tries += [{"exception": exception}, {"exception": exception, "message": words}]
    tries += [{"message": words}, {"paths": files, "message": words}, {"paths": files}]
    for claim in tries[1:] + tries[:1]:
        if claim.get("message", "-") and _means(claim, every) == mine:
            return claim
    return {"paths": sorted({name.partition("[")[0] if "{" in name else name for name in mine})}


def _means(claim: Mapping[str, Any], every: Iterable[Failure]) -> set[str]:
    exception = claim.get("exception")
    made = Claim(
        NOWHERE,
        tuple(claim.get("paths", ())),
        "",
        (exception,) if exception else (),
        claim.get("message", ""),
    )
    return {failure.id for failure in every if fits(made, failure)}


def _words(group: Group) -> str:
    """A pattern for what all of the group's failures say: the subject, else the longest of words
    that they have in common."""
    said = [failure.said for failure in group.failures]
    if group.subject and all(group.subject in each for each in said):
        return _escaped(group.subject.split("\n")[0])
    first = [set(re.findall(r"[A-Za-z][\w ]{3,}", each)) for each in said]
    common = set.intersection(*first) if first else set()
    longest = max(sorted(common), key=len, default="").strip()
    return _escaped(longest)


def _escaped(text: str) -> str:
    return re.sub(r"([.^$*+?{}%#\[\]\\|()])", r"\\\1", text)


def _paths(tests: Iterable[str]) -> list[str]:
    files = sorted({test.partition("::")[0] for test in tests})
    if len(files) <= MOST_PATHS:
        return files
    return sorted({file.rpartition("/")[0] + "/" for file in files})


# -- a playbook ------------------------------------------------------------------------------------


def _playbook(number: int, draft: Draft, hosts: str) -> str:
    lines = [
        f"# Phase {number}: {_plain(draft.title, 80)}",
        "#",
        "# A proposal by triage: read it before it is applied.",
    ]
    tasks: list[dict[str, Any]] = []
    for group, proposal in draft.groups:
        lines += ["#", *_evidence(group, proposal)]
        tasks += proposal.tasks or [_stub(group)]
    play = [{"name": _plain(draft.title, 80), "hosts": hosts, "tasks": tasks}]
    return "\n".join(lines) + "\n\n" + _dumped(play)


def _evidence(group: Group, proposal: Proposal) -> list[str]:
    first = group.first
    told = [
        f"{group.count} of {group.title}: {group.cause}",
        f"said: {first.said.splitlines()[0] if first.said else 'nothing'}",
        f"where: {first.where or '?'}; first: {first.id}",
        f"what helps: {group.remedy}" if group.remedy else "nobody knows yet what helps",
        *proposal.notes,
    ]
    return [line for each in told for line in _comment(each)]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(_plain(text, 400), WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _stub(group: Group) -> dict[str, Any]:
    said = f"{group.count} of {group.title}: {group.remedy or 'read the evidence above'}"
    return {
        "name": f"to be written: {_plain(group.title, 60)}",
        "debug": {"msg": _plain(said, 200)},
    }


def _plain(text: str, longest: int) -> str:
    """The text on one line, and no template in it."""
    flat = re.sub(r"\{(?=[{%#])", "{ ", " ".join(text.split()))
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


class _Dumper(yaml.SafeDumper):
    """Text of several lines as a block, lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True)
    return text
