"""A foreign call's arguments, held against what the module documents: worth a word, never more,
since the module itself has the last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from suture.foreign.documentation import Option, Options
from suture.load.argument_checks import Argument, holds_template
from suture.load.hints import coerced_to, described, shown
from suture.model import ForeignModule, Mark, Problem
from suture.suggestions import did_you_mean

HINTS: dict[str, Any] = {"bool": bool, "int": int, "float": float, "dict": dict, "list": list}
"""Types that a value can fail to be; all else is taken for text, or as it is."""


def doubts(
    module: ForeignModule, options: Options, given: Sequence[Argument], mark: Mark
) -> Iterator[Problem]:
    """Everything that does not agree with the documentation."""
    short = module.name.rpartition(".")[2]
    there = set()
    for argument in given:
        option = options.by_name.get(argument.name)
        if option is not None:
            there.add(option)
            yield from _of_value(short, option, argument)
        elif options.whole:
            hint = did_you_mean(argument.name, options.by_name)
            said = f"{short} documents no option '{argument.name}'{hint}"
            yield Problem(argument.mark, said, "warning")
    for option in options.required():
        if option not in there:
            said = f"{short} needs '{option.names[0]}', as its documentation says"
            yield Problem(mark, said, "warning")


def _of_value(short: str, option: Option, argument: Argument) -> Iterator[Problem]:
    value, label = argument.value, f"{short}.{argument.name}"
    if value is None or holds_template(value):
        return
    hint = HINTS.get(option.kind)
    if hint is not None:
        try:
            value = coerced_to(hint, value)
        except ValueError:
            said = f"{label} must be {described(hint)}, not {shown(value)}"
            yield Problem(argument.mark, said, "warning")
            return
    if option.choices:
        words = [_word(each) for each in option.choices]
        for each in value if isinstance(value, list) else [value]:
            if _word(each) not in words and not _switch(each, words):
                hinted = did_you_mean(_word(each), words)
                said = f"{label} is one of {', '.join(words)}, not {shown(each)}{hinted}"
                yield Problem(argument.mark, said, "warning")


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _switch(value: Any, words: Sequence[str]) -> bool:
    """Whether YAML read a word such as "on" or "no" as a truth value, and the module means it."""
    if not isinstance(value, bool):
        return False
    return bool(
        {"yes", "on", "true"} & set(words) if value else {"no", "off", "false"} & set(words)
    )
