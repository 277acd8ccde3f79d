"""Hosts as inventories write them: an address, perhaps with a port, perhaps a range of them."""

from __future__ import annotations

import re
import string
from ipaddress import ip_address

MOST = 100_000
"""Hosts that one range may stand for."""

_RANGE = re.compile(r"\[([^\[\]]*)\]")
_WELL_FORMED = re.compile(
    r"(?:[0-9]+:[0-9]+|[a-zA-Z]:[a-zA-Z]|[0-9a-fA-F]+:[0-9a-fA-F]+)(?::[0-9]+)?"
)
_BRACKETED = re.compile(r"\[(.+)\]:([0-9]+)")
_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)")
_LABEL = re.compile(r"\w[\w-]*(?<![_-])")


def address(text: str) -> tuple[str, int | None]:
    """The host and the port, where one is given; a text that is no address is a host's name."""
    host, port = text, None
    for form in (_BRACKETED, _WITH_PORT):
        match = form.fullmatch(host)
        if match:
            host, port = match[1], int(match[2])
    return (host, port) if is_address(host) else (text, None)


def is_address(text: str) -> bool:
    """Whether it could be a host name or an IP address, ranges in it allowed."""
    ranges = _RANGE.findall(text)
    if any(_WELL_FORMED.fullmatch(each) is None for each in ranges):
        return False
    plain = _RANGE.sub("1", text)
    try:
        ip_address(plain)
    except ValueError:
        return all(_LABEL.fullmatch(label) for label in plain.split("."))
    return True


def expanded(text: str) -> list[str]:
    """The hosts that a name stands for: ``web[01:03]`` is web01, web02, web03.

    ValueError with a sentence for a range that makes no sense.
    """
    if "[" not in text:
        return [text]
    match = _RANGE.search(text)
    if match is None:
        raise ValueError(f"'{text}' has a '[' without its ']'")
    heads = [text[: match.start()] + each for each in _members(match[1], text)]
    tails = expanded(text[match.end() :])
    if len(heads) * len(tails) > MOST:
        raise ValueError(f"'{text}' stands for more than {MOST} hosts")
    return [head + tail for head in heads for tail in tails]


def _members(bounds: str, text: str) -> list[str]:
    parts = bounds.split(":")
    if len(parts) not in (2, 3) or not parts[1]:
        raise ValueError(f"the range in '{text}' has to be [first:last] or [first:last:step]")
    first, last, step = parts[0] or "0", parts[1], parts[2] if len(parts) == 3 else "1"
    if not (step.isascii() and step.isdigit() and int(step)):
        raise ValueError(f"the step of the range in '{text}' has to be a positive number")
    letters = string.ascii_letters
    if first in letters and last in letters and len(first) == len(last) == 1:
        if letters.index(first) > letters.index(last):
            raise ValueError(f"the range in '{text}' ends before it begins")
        return list(letters[letters.index(first) : letters.index(last) + 1 : int(step)])
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in (first, last)):
        raise ValueError(
            f"the range in '{text}' has to go from number to number or letter to letter"
        )
    width = len(first) if first.startswith("0") and len(first) > 1 else 0
    if width and width != len(last):
        raise ValueError(f"first and last of the range in '{text}' have to be of one length")
    numbers = range(int(first), int(last) + 1, int(step))
    if len(numbers) > MOST:
        raise ValueError(f"'{text}' stands for more than {MOST} hosts")
    return [str(number).zfill(width) for number in numbers]
