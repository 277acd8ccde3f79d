"""A folder of strangers' roles and playbooks: how many of them load, and what stops the rest."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from suture.commands.ansible_oracle import Oracle, Request
from suture.errors import SutureError
from suture.load import playbook
from suture.load.reading import Reading, first_file, yaml_in
from suture.load.source import read
from suture.model import Mark, Problem
from suture.templating.rendering import static_value
from suture.templating.static_checks import check

SKIPPED = frozenset({"files", "templates", "node_modules", "venv", "library", "collections"})
OF_ROLES = frozenset({"tasks", "handlers", "vars", "defaults", "meta", "group_vars", "host_vars"})
PLAYS = frozenset({"hosts", "import_playbook", "ansible.builtin.import_playbook"})
SHOWN = 40
"""Reasons that are printed; JSON has all of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A role's directory or a playbook's file."""

    kind: str
    path: Path

    @property
    def roles_path(self) -> tuple[str, ...]:
        """Where the roles that it names are sought."""
        return (str(self.path.parent),) if self.kind == "role" else ()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """``errors`` keep Suture from loading it, ``possible`` may fail where they are reached;
    ``ansible``: what ansible-core says against it, None where it was not asked."""

    found: Found
    errors: tuple[Problem, ...]
    possible: tuple[Problem, ...]
    ansible: str | None

    @property
    def loads(self) -> bool:
        return not self.errors

    @property
    def counts(self) -> bool:
        """Whether it is a fair question: ansible-core, where it was asked, loads it."""
        return not self.ansible


def corpus(folder: str, as_json: bool = False) -> int:
    """Print how many of the folder's roles and playbooks load, and the reasons of the others."""
    root = Path(folder)
    if not root.is_dir():
        raise SutureError(f"there is no folder '{folder}': name one that holds cloned repositories")
    verdicts = judged(sorted(candidates(root), key=lambda each: (each.kind, each.path)))
    print(json.dumps(told(verdicts), indent=1) if as_json else "\n".join(lines(verdicts)))
    return 0


def candidates(root: Path) -> Iterator[Found]:
    """Every role and playbook below a folder, a role's own inner files left out."""
    stack = [root]
    while stack:
        here = stack.pop()
        role = _is_role(here)
        if role:
            yield Found("role", here.absolute())
        try:
            inside = sorted(here.iterdir())
        except OSError:
            continue
        for path in inside:
            if path.name.startswith(".") or path.is_symlink():
                continue
            if path.is_dir():
                if path.name not in SKIPPED and not (role and path.name in OF_ROLES):
                    stack.append(path)
            elif path.suffix in (".yml", ".yaml") and _is_playbook(path):
                yield Found("playbook", path.absolute())


def _is_role(path: Path) -> bool:
    return bool(first_file(yaml_in(str(path / "tasks"), "main", exact_first=False)))


def _is_playbook(path: Path) -> bool:
    root = read(path).root
    if not isinstance(root, SequenceNode):
        return False
    return any(
        isinstance(key, ScalarNode) and key.value in PLAYS
        for item in root.value
        if isinstance(item, MappingNode)
        for key, _ in item.value
    )


def judged(found: Sequence[Found]) -> list[LoadResult]:
    """A verdict on each; ansible-core's too, where it is installed."""
    with tempfile.TemporaryDirectory(prefix="suture-corpus-") as scratch:
        plays = [_play(each, Path(scratch, f"{number}.yml")) for number, each in enumerate(found)]
        answers = Oracle().answers(
            [
                Request(str(play), each.roles_path, str(each.path))
                for each, play in zip(found, plays, strict=True)
            ]
        )
        return [
            _verdict(each, play, answer)
            for each, play, answer in zip(found, plays, answers, strict=True)
        ]


def _play(found: Found, scratch: Path) -> Path:
    """The playbook that stands for it: a role is used by a play of its own."""
    if found.kind == "playbook":
        return found.path
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": str(found.path)}]}]
    scratch.write_text(json.dumps(play), encoding="utf-8")
    return scratch


def _verdict(found: Found, play: Path, ansible: str | None) -> LoadResult:
    reading = Reading(check_template=check, rendered=static_value)
    try:
        playbook.read(reading, play, found.roles_path)
    except Exception as error:  # noqa: BLE001 - a bug is one more reason, and counted
        reason = f"a bug in Suture: {type(error).__name__}: {error}"
        reading.error(Mark(str(found.path), 1), reason)
    possible = tuple(each for each in reading.problems if each.level == "possible")
    return LoadResult(found, tuple(reading.errors()), possible, ansible)


# -- what is told ----------------------------------------------------------------------------------


def reasons(verdicts: Sequence[LoadResult]) -> list[tuple[str, int, int, str]]:
    """Each reason once: its sentence, how many it keeps from loading, how many of them it alone,
    and a place; the one that stops most comes first."""
    all_of, alone, places = Counter[str](), Counter[str](), dict[str, str]()
    for verdict in verdicts:
        own = {_cause(problem): problem for problem in verdict.errors}
        all_of.update(own.keys())
        if len(own) == 1:
            alone.update(own.keys())
        for cause, problem in own.items():
            places.setdefault(cause, str(problem.mark))
    ranked = sorted(all_of, key=lambda cause: (-all_of[cause], cause))
    return [(cause, all_of[cause], alone[cause], places[cause]) for cause in ranked]


def _cause(problem: Problem) -> str:
    return problem.message.partition("; sought:")[0]


def told(verdicts: Sequence[LoadResult]) -> dict[str, object]:
    """All of it, for programs."""
    fair = [verdict for verdict in verdicts if verdict.counts]
    return {
        "shares": {
            kind: {
                "found": sum(each.found.kind == kind for each in verdicts),
                "ansible_loads": sum(each.found.kind == kind for each in fair)
                if any(each.ansible is not None for each in verdicts)
                else None,
                "loads": sum(each.found.kind == kind and each.loads for each in fair),
            }
            for kind in ("role", "playbook")
        },
        "reasons": [
            {"reason": cause, "count": count, "alone": alone, "place": place}
            for cause, count, alone, place in reasons([each for each in fair if not each.loads])
        ],
        "items": [
            {
                "kind": each.found.kind,
                "path": str(each.found.path),
                "loads": each.loads,
                "errors": list(map(str, each.errors)),
                "possible": len(each.possible),
                "ansible": each.ansible,
            }
            for each in verdicts
        ],
    }


def lines(verdicts: Sequence[LoadResult]) -> Iterator[str]:
    """The same for people: the shares, then the reasons, the one that stops most first."""
    asked = any(each.ansible is not None for each in verdicts)
    fair = [each for each in verdicts if each.counts]
    for kind in ("role", "playbook"):
        own = [each for each in fair if each.found.kind == kind]
        load = sum(each.loads for each in own)
        share = f" ({load / len(own):.1%})" if own else ""
        every = sum(each.found.kind == kind for each in verdicts)
        of = f"that ansible-core loads, of {every:,}" if asked else "found; no ansible-core here"
        yield f"{kind}s: {load:,} of {len(own):,} {of}{share}"
    found = reasons([each for each in fair if not each.loads])
    if found:
        yield ""
        yield "stops  alone  reason"
    for cause, count, alone, place in found[:SHOWN]:
        yield f"{count:5}  {alone:5}  {cause}  ({place})"
    if len(found) > SHOWN:
        yield f"… and {len(found) - SHOWN:,} more: --json has all of them"
