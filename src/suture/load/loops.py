"""A task's loop, as ``loop`` or a ``with_*`` says it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from yaml.nodes import MappingNode

from suture.load.hints import TRUE
from suture.load.keyword_values import KeywordValues
from suture.load.keywords import LOOP_CONTROL, LOOPS, complaint, is_template
from suture.load.level import listed
from suture.load.reading import Reading
from suture.load.source import Source
from suture.load.specs import close
from suture.model import Loop, Mark, Problem, Value, Variables


def loop_of(
    reading: Reading,
    source: Source,
    here: KeywordValues,
    mark: Mark,
    faults: list[Problem],
    known: Sequence[Variables] = (),
) -> Loop | None:
    """The task's loop; its keys are taken out of what is left over.  One of
    a kind that there is not is none, and one of the ``faults``.  ``known``: the variables that can
    be told by now, of which its names may be made."""
    loops = [entry for entry in here.others if entry.key.startswith("with_")]
    here.others[:] = [entry for entry in here.others if entry not in loops]
    if "loop" in here.entries:
        loops.append(here.entries["loop"])
    if len(loops) > 1:
        names = " and ".join(f"'{entry.key}'" for entry in loops)
        reading.error(loops[1].mark, f"a task has one loop, this one has {names}: keep one")
    control = _loop_control(reading, source, here, faults, known)
    if not loops:
        if control:
            reading.warning(here.mark("loop_control", mark), "'loop_control' without a loop")
        return None
    entry = loops[0]
    kind = entry.key.removeprefix("with_").rpartition(".")[2]
    if kind != "loop" and kind not in LOOPS:
        hint = close(kind, LOOPS) or f"; there are {', '.join(sorted(LOOPS))}"
        fault = Problem(entry.mark, f"there is no loop '{entry.key}'{hint}", "possible")
        faults.append(fault)
        reading.problems.append(fault)
        return None
    over = here.values.get("loop") if kind == "loop" else source.data(entry.node)
    if kind != "loop":
        reading.templates(source, entry.node)
        if over is None:
            reading.error(entry.mark, f"'{entry.key}' is empty: give it what to loop over")
    extended = str(control.get("extended", False)).lower() in TRUE
    return Loop(
        kind,
        over,
        entry.mark,
        str(control.get("loop_var") or "item"),
        str(control.get("index_var") or ""),
        control.get("label"),
        control.get("pause", 0),
        extended,
        listed(control.get("break_when")),
    )


def _loop_control(
    reading: Reading,
    source: Source,
    here: KeywordValues,
    faults: list[Problem],
    known: Sequence[Variables],
) -> Mapping[str, Value]:
    node = here.node("loop_control")
    if not isinstance(node, MappingNode):
        return {}
    found = {}
    for entry in source.entries(node):
        value = source.data(entry.node)
        holds = LOOP_CONTROL.get(entry.key)
        if holds == "variable" and is_template(value) and reading.rendered is not None:
            with contextlib.suppress(ValueError):
                value = reading.rendered(value, known)
        if holds is None:
            hint = close(entry.key, LOOP_CONTROL) or f"; it has {', '.join(LOOP_CONTROL)}"
            reading.error(entry.mark, f"loop_control has no '{entry.key}'{hint}")
        elif wrong := complaint(holds, value):
            problem = Problem(entry.mark, f"loop_control.{entry.key} {wrong}")
            if is_template(value):
                problem = replace(problem, level="possible")
                faults.append(problem)
            reading.problems.append(problem)
        else:
            found[entry.key] = value
            for each in listed(value) if holds == "conditions" else ():
                reading.expression(str(each), entry.mark)
    return found
