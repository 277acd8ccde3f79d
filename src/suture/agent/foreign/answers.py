"""What a foreign module printed, read with Ansible's meaning.  Pure."""

from __future__ import annotations

import json
import signal
from typing import Any, Dict, Iterator, List, Mapping, Optional

from ..protocol.result import Change
from ..world.beyond import Answer

DROPPED = ("invocation", "diff", "warnings", "deprecations")
"""What is told otherwise, or is nobody's business."""

TARGETS = ("path", "dest", "name", "key", "repo", "src", "host", "database", "db")
"""Arguments that say what a module is about."""

LARGEST, DEEPEST = 16 * 1024 * 1024, 40
"""Characters of a result, and levels in it, that a controller is told of at the most."""

SHOWN = 4000
"""Characters of a module's complaints that are worth showing."""


def answer(name: str, said: Mapping[str, Any], args: Mapping[str, Any]) -> Answer:
    """The module's result; without one, what it said instead."""
    short = name.rpartition(".")[2]
    found = result(said["out"])
    if said["trouble"] or found is None:
        return Answer(_raw(said), failure=_lost(short, said))
    if len(said["out"]) > LARGEST or deeper(found, DEEPEST):
        return Answer(failure=f"{short} gave a result that is too large, or too deep, to be told")
    failed = _is_true(found.get("failed"))
    if "failed" not in found and found.get("rc") not in (None, 0, "0"):
        failed = True
    changed = _is_true(found.get("changed"))
    changes = list(_changes(short, found.get("diff"), args)) if changed else []
    data = {key: value for key, value in found.items() if key not in DROPPED}
    data = {key: value for key, value in data.items() if not key.startswith("_ansible_")}
    message = str(found.get("msg") or "")
    silent = ""
    if _is_true(found.get("skipped")) and "support check mode" in message:
        silent = f"{short} cannot say what it would do without doing it: it has no check mode"
    failure = (message or f"{short} says that it failed") if failed else ""
    return Answer(data, changes, failure, silent, list(_notes(found)))


def deeper(value: Any, levels: int) -> bool:
    """Whether lists and mappings are nested deeper than this."""
    if not isinstance(value, (dict, list)):
        return False
    within = value.values() if isinstance(value, dict) else value
    return levels < 1 or any(deeper(each, levels - 1) for each in within)


def result(text: str) -> Optional[Dict[str, Any]]:
    """The JSON object in what a module printed, whatever stands before and behind it; the last one
    where there are several."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith("{")]
    decoder = json.JSONDecoder(parse_constant=str)  # what JSON has no number for goes as text
    for number in (*starts[:1], *reversed(starts)):
        rest = "\n".join(lines[number:]).lstrip()
        try:
            found, end = decoder.raw_decode(rest)
        except ValueError:
            continue
        if isinstance(found, dict) and (number != starts[0] or "{" not in rest[end:]):
            return found
    return None


def _is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on")


def _raw(said: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        "module_stdout": said["out"][-SHOWN:],
        "module_stderr": said["err"][-SHOWN:],
        "rc": said["rc"],
    }


def _lost(short: str, said: Mapping[str, Any]) -> str:
    """Why there is no result, the module's own sentence where it has one."""
    rc, trouble = said["rc"], said["trouble"]
    if trouble == "time":
        return f"{short} took longer than the task's timeout, and was ended"
    if trouble == "size":
        return f"{short} printed without end, and was ended"
    if trouble:
        return f"{short} could not be run: {trouble}"
    if rc < 0:
        return f"{short} was ended by {_signal(-rc)} before it gave a result"
    words = [line.strip() for line in (said["err"] or said["out"]).splitlines() if line.strip()]
    if words:
        return f"{words[-1]} (from {short}, which gave no result)"
    return f"{short} ended with {rc} and gave no result"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# -- what it changed -------------------------------------------------------------------------------


def _changes(short: str, diff: Any, args: Mapping[str, Any]) -> Iterator[Change]:
    """Its differences; one change without them where it has none to show."""
    target = next((str(args[name]) for name in TARGETS if args.get(name)), short)
    found: List[Change] = []
    for each in diff if isinstance(diff, list) else [diff]:
        if not isinstance(each, Mapping):
            continue
        before, after = _text(each.get("before")), _text(each.get("after"))
        header = str(each.get("after_header") or each.get("before_header") or target)
        header = header[: -len(" (content)")] if header.endswith(" (content)") else header
        if isinstance(each.get("prepared"), str) and before == after:
            after = each["prepared"]
        if before != after:
            found.append(Change("change", header, before, after))
    yield from found or [Change("change", target)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, sort_keys=True, default=str) + "\n"


def _notes(found: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    """Its warnings and deprecations, a sentence each."""
    for kind in ("warnings", "deprecations"):
        for each in found.get(kind) or ():
            text = _sentence(each)
            if text:
                yield {"kind": kind[:-1], "text": text[:SHOWN]}


def _sentence(value: Any) -> str:
    """The words in a warning: text, or a mapping that holds them somewhere."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        for name in ("msg", "message", "event", "details"):
            if name in value:
                text = _sentence(value[name])
                if text:
                    return text
    if isinstance(value, list):
        return next(filter(None, map(_sentence, value)), "")
    return ""
