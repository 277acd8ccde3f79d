"""What an author wrote for pip: names, requirements files and options, taken apart."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ..protocol.spec import Failure

FORCED = {"-U", "--upgrade", "--force-reinstall", "-I", "--ignore-installed"}
"""Options with which a satisfied requirement may still be installed again."""

ELSEWHERE = {"-t", "--target", "--prefix", "--root"}
"""Options that install outside the environment."""


def rejoined(names: Sequence[str]) -> List[str]:
    """Requirements put together again where their own commas had split them.

    "a>=1", "<2", "b[x", "y]" are "a>=1,<2" and "b[x,y]"; "a, b" are two.
    """
    pieces: List[str] = []
    for name in names:
        whole = "://" in name or name.lstrip().startswith(("/", "."))
        pieces += [name] if whole else name.split(",")
    joined: List[str] = []
    for piece in filter(None, (piece.strip() for piece in pieces)):
        open_bracket = bool(joined) and joined[-1].count("[") > joined[-1].count("]")
        if joined and (open_bracket or piece[0] in "<>=!~"):
            joined[-1] += "," + piece
        else:
            joined.append(piece)
    return joined


def versioned(name: str, version: str) -> str:
    """A requirement with its version: "1.2" means exactly that, ">=1.2" what it says."""
    return f"{name}=={version}" if version.strip()[0].isalnum() else f"{name}{version.strip()}"


@dataclass
class Lines:
    """A requirements file with every file that it names drawn in.

    ``asks`` and ``constraints`` are requirement strings without pip's own options; ``lines`` and
    ``limits`` are what pip is given for them, hashes and all.
    """

    asks: List[Dict[str, Any]] = field(default_factory=list)
    lines: List[str] = field(default_factory=list)
    constraints: List[str] = field(default_factory=list)
    limits: List[str] = field(default_factory=list)
    opaque: bool = False
    """Whether there is something that only pip can read: a file behind an address."""


def flattened(
    paths: Sequence[str], read: Callable[[str], Optional[bytes]], limits: bool = False
) -> Lines:
    """These requirements files, or with ``limits`` these constraints files."""
    lines = Lines()
    for path in paths:
        _draw_in(path, read, limits, lines, ())
    return lines


def _draw_in(
    path: str,
    read: Callable[[str], Optional[bytes]],
    limits: bool,
    into: Lines,
    above: Tuple[str, ...],
) -> None:
    if re.match(r"(https?|ftp):", path):
        (into.limits if limits else into.lines).append(f"-{'c' if limits else 'r'} {path}")
        into.opaque = True
        return
    path = path[len("file://") :] if path.startswith("file://") else path
    content = read(path)
    if content is None:
        by = f", which {above[-1]} names" if above else ""
        raise Failure(f"there is no requirements file {path}{by}")
    if path in above:
        raise Failure(f"the requirements file {path} names itself, by way of {above[-1]}")
    for line in logical_lines(content.decode("utf-8-sig", "replace")):
        option, value = option_of(line)
        if option in ("-r", "--requirement", "-c", "--constraint"):
            named = value if "://" in value else os.path.join(os.path.dirname(path), value)
            _draw_in(named, read, limits or option in ("-c", "--constraint"), into, (*above, path))
            continue
        editable = option in ("-e", "--editable")
        if option in ("-f", "--find-links"):
            beside = os.path.join(os.path.dirname(path), value)
            if "://" not in value and not os.path.isabs(value):
                line = f"{option} {beside}"
        (into.limits if limits else into.lines).append(line)
        if option and not editable:
            continue
        text = value if editable else re.split(r"\s+--?[a-z]", line, maxsplit=1)[0]
        if limits:
            into.constraints.append(text)
        else:
            into.asks.append({"text": text, "editable": editable})


def logical_lines(text: str) -> List[str]:
    """The lines of a requirements file: continued ones joined, comments and blanks dropped."""
    joined: List[str] = []
    pending = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            line = ""
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        joined.append(pending + line)
        pending = ""
    joined.append(pending)
    stripped = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in joined)
    return [line for line in stripped if line]


def option_of(line: str) -> Tuple[str, str]:
    """The option that a line starts with and its value; two empty strings for a requirement."""
    match = re.match(r"(--[a-z-]+|-[a-zA-Z])(?:\s*=\s*|\s+|(?<=-[a-zA-Z])(?=\S)|$)(.*)", line)
    return (match[1], match[2].strip().strip("'\"")) if match else ("", "")


@dataclass(frozen=True)
class Options:
    """extra_args taken apart.  ``rest`` is what pip gets as it stands."""

    rest: List[str]
    requirements: List[str]
    constraints: List[str]
    editable: bool = False
    dependencies: bool = True
    forced: bool = False


def options_of(extra: Sequence[str]) -> Options:
    """What extra options ask for beyond what pip does with them by itself."""
    words = shlex.split(extra[0]) if len(extra) == 1 else list(extra)
    rest: List[str] = []
    requirements: List[str] = []
    constraints: List[str] = []
    editable = False
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in ELSEWHERE:
            raise Failure(
                f"extra_args: {name} installs outside the environment that this step compares"
                " with; name an environment with 'virtualenv' or 'python' instead"
            )
        if name in ("-r", "--requirement", "-c", "--constraint"):
            if not equals and not words:
                raise Failure(f"extra_args: {name} needs a file")
            files = requirements if name in ("-r", "--requirement") else constraints
            files.append(value if equals else words.pop(0))
        elif word in ("-e", "--editable"):
            editable = True
        else:
            rest.append(word)
    return Options(
        rest,
        requirements,
        constraints,
        editable,
        dependencies="--no-deps" not in rest,
        forced=bool(FORCED.intersection(rest)),
    )
