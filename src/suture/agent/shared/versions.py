"""Version specifiers as PEP 440 has them, for a host where ``packaging`` may not be installed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, List, Optional, Tuple

_VERSION = re.compile(
    r"\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<kind>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<number>\d*))?"
    r"(?:-(?P<bare>\d+)|(?P<post>[-_.]?(?:post|rev|r)[-_.]?(?P<revision>\d*)))?"
    r"(?:(?P<dev>[-_.]?dev[-_.]?)(?P<build>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(===|==|!=|~=|>=|<=|>|<)\s*([^\s,<>=~;]+)\s*")
_KINDS = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_LAST, _FIRST = (1, "", 0), (-1, "", 0)


@dataclass(frozen=True)
class Version:
    """A version in the order of PEP 440; ``pre`` is ("rc", 1), ``post`` and ``dev`` numbers."""

    epoch: int
    release: Tuple[int, ...]
    pre: Optional[Tuple[str, int]]
    post: Optional[int]
    dev: Optional[int]
    local: Tuple[Tuple[int, int, str], ...]

    @property
    def short(self) -> Tuple[int, ...]:
        """The release without the zeros at its end."""
        end = len(self.release)
        while end > 1 and self.release[end - 1] == 0:
            end -= 1
        return self.release[:end]

    @property
    def public(self) -> Tuple[Any, ...]:
        """What orders versions whose local parts do not count."""
        pre: Tuple[int, str, int] = _LAST
        if self.pre is not None:
            pre = (0, *self.pre)
        elif self.post is None and self.dev is not None:
            pre = _FIRST
        post = -1 if self.post is None else self.post
        return (self.epoch, self.short, pre, post, self.dev is None, self.dev or 0)


def version_of(text: str) -> Optional[Version]:
    """The version that the text spells, or None where it spells none."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    kind = (match["kind"] or "").lower()
    post = match["bare"] or (None if match["post"] is None else match["revision"] or "0")
    local = re.split(r"[-_.]", match["local"].lower()) if match["local"] else []
    return Version(
        int(match["epoch"] or 0),
        tuple(map(int, match["release"].split("."))),
        (_KINDS.get(kind, kind), int(match["number"] or 0)) if kind else None,
        None if post is None else int(post),
        None if match["dev"] is None else int(match["build"] or 0),
        tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in local),
    )


def clauses(specifier: str) -> List[Tuple[str, str]]:
    """The operators and versions of ``>=1.3,<2``; a ValueError where it is no specifier."""
    found = []
    for text in specifier.split(","):
        match = _CLAUSE.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text.strip()}' is no version specifier, such as '>=1.3,<2'")
        operator, version = match.groups()
        starred = version.endswith(".*")
        parsed = version_of(version[:-2] if starred else version)
        if operator != "===" and (
            parsed is None
            or (starred and operator not in ("==", "!="))
            or (operator == "~=" and len(parsed.release) < 2)
        ):
            raise ValueError(f"'{text.strip()}' is no version specifier, such as '>=1.3,<2'")
        found.append((operator, version))
    return found


def accepts(specifier: str, version: str) -> bool:
    """Whether an installed version satisfies the specifier; a pre-release counts like any other."""
    have = version_of(version)
    return all(_satisfies(have, version, *clause) for clause in clauses(specifier))


def _satisfies(have: Optional[Version], text: str, operator: str, wanted: str) -> bool:
    if operator == "===":
        return text.strip().lower() == wanted.lower()
    if have is None:
        return False
    if wanted.endswith(".*"):
        same = _begins(have, wanted[:-2])
        return same if operator == "==" else not same
    want = version_of(wanted)
    assert want is not None
    if operator in ("==", "!="):
        same = have.public == want.public and (not want.local or have.local == want.local)
        return same if operator == "==" else not same
    if operator == "~=":
        prefix = ".".join(map(str, want.release[:-1]))
        return have.public >= want.public and _begins(have, f"{want.epoch}!{prefix}")
    if operator == ">=":
        return have.public >= want.public
    if operator == "<=":
        return have.public <= want.public
    return _beyond(have, want, operator)


def _beyond(have: Version, want: Version, operator: str) -> bool:
    """``>`` and ``<``: neither post-releases nor pre-releases of the very version itself count."""
    if operator == "<":
        early = want.pre is not None or want.dev is not None
        return have.public < (want if early else replace(want, dev=0)).public
    if want.post is None and want.dev is None and have.post is not None:
        same = (have.epoch, have.short, have.pre) == (want.epoch, want.short, want.pre)
        return have.public > want.public and not same
    return have.public > want.public


def _begins(have: Version, prefix: str) -> bool:
    """Whether the version begins with these numbers: what ``== 1.3.*`` asks."""
    want = version_of(prefix)
    if want is None or have.epoch != want.epoch:
        return False
    if want.pre is not None or want.post is not None:
        return have.public[:4] == want.public[:4]
    padded = have.release + (0,) * (len(want.release) - len(have.release))
    return padded[: len(want.release)] == want.release
