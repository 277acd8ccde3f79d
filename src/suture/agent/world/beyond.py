"""What acts past the world: it cannot be watched, only asked, and its word is taken for it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, Optional

from ..protocol.result import Change
from ..protocol.spec import Failure, Unpredictable

if TYPE_CHECKING:
    from .dry import DryWorld
    from .foresight import Foresight

BLIND = "what acts past the world"
"""The expectation that stands for all that cannot be predicted of a step: it names the step."""


@dataclass(frozen=True)
class Answer:
    """What something that acted by itself says of it.  ``failure``: why it failed; ``silent``: why
    it cannot say, without acting, what it would do; ``made``: the changes that are noted and made
    already, where somebody has seen what it did."""

    data: Dict[str, Any] = field(default_factory=dict)
    changes: List[Change] = field(default_factory=list)
    failure: str = ""
    silent: str = ""
    notes: List[Mapping[str, Any]] = field(default_factory=list)
    made: Optional[List[Change]] = None


Ask = Callable[[bool], Answer]
"""Makes it act, or with True only say what it would do."""


def settled(answer: Answer) -> Dict[str, Any]:
    """The answer's data; a Failure where it is one."""
    if answer.failure:
        raise Failure(answer.failure, **answer.data)
    return answer.data


def marked(change: Change, *, own_word: bool = False, final: bool = False) -> Change:
    """The change, as one that is its maker's own word, or that cannot be undone."""
    marks = {"own_word": own_word, "final": final}
    held = {name: True for name, holds in marks.items() if holds}
    return replace(change, detail={**change.detail, **held}) if held else change


def foretold(
    world: DryWorld,
    name: str,
    given: Mapping[str, Any],
    ask: Ask,
    *,
    checks: bool,
    final: Callable[[], bool],
) -> Dict[str, Any]:
    """What it says that it would do, each change marked as its own word; Unpredictable where it
    cannot say, or looks at a machine that is not as it will be by then.  ``final``: whether it
    could not be undone, which is told."""
    lasting = final()
    end = ", and what it does cannot be undone" if lasting else ""
    cause = doubt(given, world.foresight)
    if cause:
        why = f"what {name} would do cannot be predicted: it hangs on '{cause}'"
        raise Unpredicted(f"{why}{end}", cause)
    if not checks:
        raise Unpredicted(f"{name} cannot say what it would do without doing it{end}", name)
    answer = ask(True)
    if answer.silent:
        raise Unpredicted(f"{answer.silent}{end}", name)
    for change in answer.changes:
        own = marked(change, own_word=True, final=lasting)
        world.make(own, lambda: None, expects={BLIND: world.step})
    return settled(answer)


class Unpredicted(Unpredictable):
    """A sentence of its own for what cannot be predicted."""

    def __init__(self, sentence: str, cause: str) -> None:
        Exception.__init__(self, sentence)
        self.cause = cause


def doubt(given: Mapping[str, Any], known: Foresight) -> str:
    """The earlier step of a dry run that could matter to what looks at the real machine, or nothing.

    A predicted file matters to whoever is given a path at, above or below it, and to whoever is
    given no path at all, since nobody knows where that looks; all else may matter to anybody.
    """
    if BLIND in known.expected:
        return str(known.expected[BLIND])
    if known.spoiled:
        return next(iter(known.spoiled.values()))
    if known.expected:
        return "an earlier step"
    paths = list(paths_in(given))
    for predicted in known.predicted:
        if not paths or any(_related(predicted, path) for path in paths):
            return f"an earlier step, which changes {predicted}"
    return ""


def paths_in(value: Any) -> Iterator[str]:
    """The absolute paths in a module's arguments."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from paths_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from paths_in(each)
    elif isinstance(value, str) and value.startswith(("/", "~")):
        yield os.path.realpath(os.path.expanduser(value))


def _related(one: str, other: str) -> bool:
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)
