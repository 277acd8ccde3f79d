"""``playbooks/plan.yml``: the phases, what each must fix, and how it proves that.

    title: The backend's 84 failing tests
    hosts: droplet
    outside:
      - {exception: ConnectionRefusedError, why: no database here}
    phases:
      - number: 1
        title: MLflow permissions
        cause: /mlflow may not be created by the application's user
        priority: high
        iterations: 1-2
        claims: {exception: PermissionError, message: /mlflow}
        must_fix: 41
        playbook: 1-mlflow.yml
        steps:
          - the trackers do without mlflow
        verify:
          paths: [tests/unit/test_agents/]
          n: 2
          timeout: 60
      - number: 2
        needs: [1]
        …
        verify: {remaining: true, n: 4}
    final:
      n: 4
      timeout: 60

``verify`` and ``final`` are arguments of the pytest module; ``verify`` may be a list of these, for
tests that have to run apart.  ``optional`` in it names those of its paths that an application may
lack; ``remaining: true`` makes the phase's what still fails there and nobody else claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from yaml.nodes import MappingNode, Node, SequenceNode

from suture.errors import Invalid
from suture.load.argument_checks import Argument, complaints
from suture.load.claims import claims
from suture.load.hints import coerced_to
from suture.load.keywords import is_template
from suture.load.reading import Reading, candidates, first_file, sequence, sought
from suture.load.source import Entry, Opener, Source
from suture.load.specs import close, exists, spec
from suture.model import Mark, Phase, Plan, Value, Verification

PRIORITIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the plan or of a phase; ``hint`` as a module's argument would have it."""

    name: str
    hint: object
    doc: str
    required: bool = True


OF_PLAN = (
    Field("title", str, "What all of it is about."),
    Field("hosts", str | list[str], "The hosts: a pattern.", False),
    Field("phases", object, "The phases, in order."),
    Field("outside", dict[str, object] | list[object], "Failures that no phase mends.", False),
    Field("final", dict[str, object], "The verification of everything, when all is done.", False),
)
OF_PHASE = (
    Field("number", int, "By what --phase selects it."),
    Field("title", str, "What it is about."),
    Field("cause", str, "Why the tests fail."),
    Field("priority", str, "high, medium or low.", False),
    Field("iterations", str, "How many attempts were expected.", False),
    Field("claims", dict[str, object] | list[object], "The failures that it mends.", False),
    Field("must_fix", int, "How many failing tests it has to fix.", False),
    Field("needs", list[int], "Phases that have to be done first.", False),
    Field("playbook", str, "The playbook, beside the plan."),
    Field("steps", list[str], "What is done, for people.", False),
    Field("verify", dict[str, object] | list[object], "Arguments of the pytest module."),
)
OF_VERIFICATION: dict[str, object] = {"optional": list[str], "remaining": bool}
"""What a verification says beside the arguments of the pytest module."""


def plan_of(path: str | Path, *, vault: Opener | None = None) -> Plan:
    """The plan; Invalid with every error in it.  Its playbooks are looked for, not read."""
    reading = Reading(vault)
    found = read(reading, path)
    if reading.errors():
        raise Invalid(reading.errors())
    assert found is not None
    return found


def read(reading: Reading, path: str | Path) -> Plan | None:
    """What is to be had of the plan; what is wrong goes to the reading's problems."""
    source = reading.source(str(path))
    if source.root is None:
        if not any(problem.mark.file == source.file for problem in reading.problems):
            reading.error(source.start, "this plan is empty: it needs 'title' and 'phases'")
        return None
    if not isinstance(source.root, MappingNode):
        reading.error(source.start, "a plan is a mapping with 'title' and 'phases'")
        return None
    entries, values = _fields(reading, source, source.root, OF_PLAN, "the plan")
    phases = []
    if "phases" in entries:
        for node in sequence(reading, source, entries["phases"].node, "'phases'"):
            phase = _phase(reading, source, node)
            if phase is not None:
                phases.append(phase)
    _numbered(reading, phases)
    _ordered(reading, phases)
    final, outside = entries.get("final"), entries.get("outside")
    return Plan(
        source.file,
        str(values.get("title", "")),
        values.get("hosts", "all"),
        tuple(sorted(phases, key=lambda phase: phase.number)),
        _verification(reading, source, final.mark, final.node) if final else None,
        tuple(claims(reading, source, outside, why=True)) if outside else (),
    )


def _fields(
    reading: Reading, source: Source, node: MappingNode, fields: Sequence[Field], what: str
) -> tuple[Mapping[str, Entry], Mapping[str, Value]]:
    """The mapping's entries and values by key; unknown, missing and unfit ones are problems."""
    known = {field.name: field for field in fields}
    entries: dict[str, Entry] = {}
    values: dict[str, Value] = {}
    for entry in source.entries(node):
        field = known.get(entry.key)
        if field is None:
            hint = close(entry.key, known) or f"; it has {', '.join(known)}"
            reading.error(entry.mark, f"{what} has no '{entry.key}'{hint}")
            continue
        entries[entry.key] = entry
        value = source.data(entry.node)
        if is_template(value) and field.name not in ("hosts", "claims", "outside"):
            reading.error(entry.mark, f"'{entry.key}' cannot be a template: the plan is read first")
            continue
        try:
            values[entry.key] = coerced_to(field.hint, value)
        except ValueError as error:
            reading.error(entry.mark, f"'{entry.key}' {error}")
    for field in fields:
        if field.required and field.name not in entries:
            reading.error(source.mark(node), f"{what} lacks '{field.name}': {field.doc}")
    return entries, values


def _phase(reading: Reading, source: Source, node: Node) -> Phase | None:
    mark = source.mark(node)
    if not isinstance(node, MappingNode):
        reading.error(mark, "a phase is a mapping with 'number', 'title', 'cause' and so on")
        return None
    entries, values = _fields(reading, source, node, OF_PHASE, "this phase")
    priority = str(values.get("priority", "medium")).lower()
    if priority not in PRIORITIES:
        message = f"'priority' is one of {', '.join(PRIORITIES)}, not '{priority}'"
        reading.error(entries["priority"].mark, message + close(priority, PRIORITIES))
    playbook = str(values.get("playbook", ""))
    if playbook:
        paths = candidates(playbook, (), [str(Path(source.path).parent)])
        if not first_file(paths):
            message = f"there is no playbook '{playbook}'; {sought(paths)}"
            reading.error(entries["playbook"].mark, message)
        playbook = str(paths[0])
    must_fix = values.get("must_fix", 0)
    for name in ("must_fix", "number"):
        if isinstance(values.get(name), int) and values[name] < 0:
            reading.error(entries[name].mark, f"'{name}' cannot be less than 0")
    verify = entries.get("verify")
    verifications = tuple(_verifications(reading, source, verify)) if verify else ()
    steps = tuple(map(str, values.get("steps") or ()))
    number, title = int(values.get("number", 0)), str(values.get("title", ""))
    cause, iterations = str(values.get("cause", "")), str(values.get("iterations", ""))
    claimed = entries.get("claims")
    return Phase(
        number,
        title,
        cause,
        priority,
        playbook,
        must_fix,
        verifications,
        mark,
        steps,
        iterations,
        tuple(claims(reading, source, claimed, why=False)) if claimed else (),
        tuple(values.get("needs") or ()),
    )


def _verifications(reading: Reading, source: Source, entry: Entry) -> Iterator[Verification]:
    """A phase's verifications: one, or a list of them."""
    if not isinstance(entry.node, SequenceNode):
        yield _verification(reading, source, entry.mark, entry.node)
        return
    if not entry.node.value:
        reading.error(entry.mark, "'verify' is empty: say which tests show that the phase is done")
    for node in entry.node.value:
        if not isinstance(node, MappingNode):
            reading.error(source.mark(node), "a verification is a mapping: 'paths: […]' and so on")
        else:
            yield _verification(reading, source, source.mark(node), node)


def _verification(reading: Reading, source: Source, mark: Mark, node: Node) -> Verification:
    """The arguments of the verification, as those of a task that calls pytest, and its own."""
    if not isinstance(node, MappingNode):
        return Verification({}, mark)
    given = []
    own: dict[str, Value] = {"optional": (), "remaining": False}
    for each in source.entries(node):
        value = source.data(each.node)
        if each.key in OF_VERIFICATION:
            try:
                own[each.key] = coerced_to(OF_VERIFICATION[each.key], value)
            except ValueError as error:
                reading.error(each.mark, f"'{each.key}' {error}")
        else:
            given.append(Argument(each.key, value, each.mark, each.node))
    if exists("pytest"):
        reading.problems.extend(complaints(spec("pytest"), given, source, mark))
    reading.templates(source, node)
    args = {argument.name: argument.value for argument in given}
    optional = tuple(map(str, own["optional"]))
    return Verification(args, mark, optional, bool(own["remaining"]))


def _ordered(reading: Reading, phases: Sequence[Phase]) -> None:
    """What a phase needs comes before it; at most one takes what remains, and it is the last."""
    numbers = {phase.number for phase in phases}
    for phase in phases:
        for needed in phase.needs:
            if needed not in numbers:
                reading.error(
                    phase.mark, f"phase {phase.number} needs phase {needed}: there is none"
                )
            elif needed >= phase.number:
                message = (
                    f"phase {phase.number} needs phase {needed}, which does not come before it"
                )
                reading.error(phase.mark, message)
    taking = [phase for phase in phases if phase.remaining]
    for phase in taking[1:]:
        message = f"phase {taking[0].number} takes what remains already: only one phase can"
        reading.error(phase.mark, message)


def _numbered(reading: Reading, phases: Sequence[Phase]) -> None:
    """Each phase has a number of its own, and they are written in order."""
    seen: dict[int, Mark] = {}
    for phase in phases:
        if phase.number in seen:
            first = seen[phase.number].line
            message = f"phase {phase.number} is there already, in line {first}: number it anew"
            reading.error(phase.mark, message)
        elif seen and phase.number < max(seen):
            message = f"phase {phase.number} stands after phase {max(seen)}: put them in order"
            reading.warning(phase.mark, message)
        seen.setdefault(phase.number, phase.mark)
