"""What known_hosts files say of a host, as OpenSSH reads them: patterns, negation, hashes, ports and
markers.  Read only: nothing here ever writes to a file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from suture.memo import once

MARKERS = ("@revoked", "@cert-authority")


class KeyTrust(Enum):
    """What is known of a key that a host offers."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line: a host's key.  ``marker`` is empty for a plain one."""

    marker: str
    names: str
    kind: str
    encoded: str
    file: str
    number: int

    def names_host(self, wanted: str) -> bool:
        """Whether the line is about this host, written as ``name`` or ``[name]:port``."""
        if self.names.startswith("|"):
            return _hashed(self.names, wanted)
        found = False
        for name in self.names.split(","):
            if name.startswith("!"):
                if _like(name[1:], wanted):
                    return False
            elif _like(name, wanted):
                found = True
        return found


@dataclass(frozen=True, slots=True)
class Vouching:
    """All that some files say of one host.  ``elsewhere``: its keys on the default port, which
    OpenSSH lets vouch for the same key on another; ``authorities``: the lines of certificate
    authorities that may vouch for it."""

    name: str
    known: tuple[KeyLine, ...] = ()
    elsewhere: tuple[KeyLine, ...] = ()
    revoked: tuple[KeyLine, ...] = ()
    authorities: tuple[KeyLine, ...] = ()

    def verdict(self, kind: str, encoded: str) -> KeyTrust:
        """What is known of this key."""
        if any(line.encoded == encoded for line in self.revoked):
            return KeyTrust.REVOKED
        if any(line.encoded == encoded for line in (*self.known, *self.elsewhere)):
            return KeyTrust.KNOWN
        if any(line.kind == kind for line in self.known):
            return KeyTrust.CHANGED
        return KeyTrust.UNKNOWN

    def revocation(self, encoded: str) -> str:
        """Where the key was revoked, as file:line."""
        return next(
            (f"{line.file}:{line.number}" for line in self.revoked if line.encoded == encoded), ""
        )

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of key that the host is known by: the one to ask it for."""
        return frozenset(line.kind for line in self.known or self.elsewhere)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file's lines: those with a plain name by that name, and those that have to be compared."""

    named: dict[str, list[KeyLine]] = field(default_factory=dict)
    others: list[KeyLine] = field(default_factory=list)

    def about(self, wanted: str) -> Iterator[KeyLine]:
        """The lines that name this host."""
        yield from self.named.get(wanted, ())
        yield from (line for line in self.others if line.names_host(wanted))


def host_name(address: str, port: int) -> str:
    """A host as known_hosts files write it."""
    return address.lower() if port == 22 else f"[{address.lower()}]:{port}"


def vouching(files: Iterable[str], address: str, port: int, alias: str = "") -> Vouching:
    """What these files say of the host at an address and port.  ``alias``: by which name it is
    known instead; files that are not there say nothing."""
    name = alias.lower() or host_name(address, port)
    read = [key_file(path) for path in map(expanded, files) if path is not None]
    lines = [line for each in read for line in each.about(name)]
    bare = address.lower()
    plain = [] if alias or name == bare else [line for each in read for line in each.about(bare)]

    def marked(marker: str, among: list[KeyLine]) -> tuple[KeyLine, ...]:
        return tuple(line for line in among if line.marker == marker)

    return Vouching(
        name,
        marked("", lines),
        marked("", plain),
        marked("@revoked", lines + plain),
        marked("@cert-authority", lines),
    )


def expanded(name: str) -> Path | None:
    """The file, with ~ filled in; None where there is none to read."""
    path = Path(name).expanduser()
    return path if path.is_file() else None


def key_file(path: Path) -> KeyFile:
    """The file's lines; read once as long as it does not change."""
    told = path.stat()
    return _read(str(path), told.st_mtime_ns, told.st_size)


@once(16)
def _read(path: str, _changed: int, _size: int) -> KeyFile:
    made = KeyFile()
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    for number, text_line in enumerate(text.split("\n"), 1):
        line = key_line(text_line, path, number)
        if line is None:
            continue
        if any(sign in line.names for sign in "|*?!") or line.marker:
            made.others.append(line)
        else:
            for name in line.names.lower().split(","):
                made.named.setdefault(name, []).append(line)
    return made


def key_line(text: str, file: str = "", number: int = 0) -> KeyLine | None:
    """A line read; None for a comment, and for one that is no good: it vouches for nobody."""
    words = text.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if len(words) < 3 or (marker and marker not in MARKERS):
        return None
    names, kind, encoded = words[:3]
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    size = int.from_bytes(blob[:4], "big")
    if len(blob) <= 4 + size or blob[4 : 4 + size] != kind.encode():
        return None
    return KeyLine(marker, names, kind, encoded, file, number)


def _hashed(names: str, wanted: str) -> bool:
    """Whether ``|1|SALT|HASH`` is this host's name."""
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[2:])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, wanted.encode(), hashlib.sha1).digest(), digest)


def _like(pattern: str, wanted: str) -> bool:
    """Whether a pattern of OpenSSH's fits: * is any text, ? any letter, and nothing else is special."""
    return _pattern(pattern.lower()).fullmatch(wanted) is not None


@once(1024)
def _pattern(text: str) -> re.Pattern[str]:
    escaped = re.escape(re.sub(r"\*+", "*", text))
    return re.compile(escaped.replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
