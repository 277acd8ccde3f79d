"""How much a template may make: what is larger is a mistake, and would take the machine's memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from jinja2.nodes import EvalContext

from suture.errors import TemplateError

TEXT = 64 << 20
"""Characters of a text."""
ITEMS = 1_000_000
"""Items of a list."""
BITS = 1 << 20
"""Bits of a number."""

_WIDE_PERCENT = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(?:\d{8}|\d*\.\d{8})")
_WIDE_BRACES = re.compile(r"\{[^{}]*:[^{}]*\d{8}[^{}]*\}")
_PADDING = frozenset(
    {"ljust", "rjust", "center", "zfill", "expandtabs", "indent", "batch", "slice"}
)


def _refusal(what: str, most: int) -> TemplateError:
    return TemplateError(f"this makes {what}, more than {most:,}: nobody means that")


def bounded(value: Any) -> Any:
    """The value, where it is not too large."""
    if isinstance(value, str) and len(value) > TEXT:
        raise _refusal(f"a text of {len(value):,} characters", TEXT)
    if isinstance(value, (list, tuple, range)) and len(value) > ITEMS:
        raise _refusal(f"a list of {len(value):,} items", ITEMS)
    return value


def listed(values: Iterable[Any]) -> list[Any]:
    """All that comes, up to what a list may hold."""
    found = list(islice(values, ITEMS + 1))
    if len(found) > ITEMS:
        raise _refusal("a list of too many items", ITEMS)
    return found


def ranged(*given: Any) -> range:
    """``range``, where it is no longer than a list may be."""
    found = range(*given)
    try:
        size = len(found)
    except OverflowError:
        size = ITEMS + 1
    if size > ITEMS:
        raise _refusal("a range of too many numbers", ITEMS)
    return found


def check_operation(operator: str, left: Any, right: Any) -> None:
    """TemplateError where ``left operator right`` would be too large to be worked out."""
    if operator == "*":
        for each, times in ((left, right), (right, left)):
            if isinstance(times, int) and isinstance(each, (str, bytes, list, tuple)):
                _check_size(each, len(each) * times)
    elif operator == "**" and isinstance(left, int) and isinstance(right, int):
        if abs(left) > 1 and abs(left).bit_length() * right > BITS:
            raise _refusal("a number of too many bits", BITS)
    elif operator == "%" and isinstance(left, str):
        _check_percent(left, right)


def _check_size(each: Sequence[Any], size: int) -> None:
    if isinstance(each, (list, tuple)):
        if size > ITEMS:
            raise _refusal(f"a list of {size:,} items", ITEMS)
    elif size > TEXT:
        raise _refusal(f"a text of {size:,} characters", TEXT)


def _check_percent(pattern: str, *given: Any) -> None:
    if _WIDE_PERCENT.search(pattern) or ("*" in pattern and _large(given)):
        raise _refusal("a text of such a width", TEXT)


def check_call(name: str, subject: Any, given: Sequence[Any]) -> None:
    """The same for a method of a text's; for a filter over it, see ``check_filter``."""
    if name in _PADDING and _large(given):
        raise _refusal("something of such a width", TEXT)
    if not isinstance(subject, str):
        return
    if name in ("format", "format_map"):
        if _WIDE_BRACES.search(subject) or ("{:{" in subject and _large(given)):
            raise _refusal("a text of such a width", TEXT)
    elif name == "replace" and len(given) > 1 and isinstance(given[0], str):
        times = subject.count(given[0]) if len(str(given[1])) > len(given[0]) else 0
        _check_size(subject, len(subject) + times * len(str(given[1])))
    elif name == "join" and given and isinstance(given[0], Sequence):
        _check_size(subject, len(subject) * len(given[0]))


def check_filter(name: str, given: Sequence[Any]) -> None:
    """TemplateError where a filter over the first of these would make too much."""
    if name != "format" and name != "replace" and name not in _PADDING:
        return
    # What Jinja2 hands its own filters of itself comes first.
    subject, *others = [each for each in given if not isinstance(each, EvalContext)] or [None]
    if name == "format" and isinstance(subject, str):
        _check_percent(subject, *others)
    elif name != "format":
        check_call(name, subject, others)


def _large(given: Iterable[Any]) -> bool:
    return any(
        _large(each) if isinstance(each, tuple) else isinstance(each, int) and abs(each) > TEXT
        for each in given
    )
