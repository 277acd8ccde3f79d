"""The password lookup: a password that is made once, and kept in a file of the controller's."""

from __future__ import annotations

import fcntl
import os
import random
import shlex
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.errors import UnknownValue
from suture.secrets import Secret
from suture.templating.file_lookups import LookupContext, Terms
from suture.templating.password_hashes import LETTERS, hashed

CHARS = ("ascii_letters", "digits", ".,:-_")
OPTIONS = frozenset({"length", "chars", "encrypt", "ident", "seed"})
SALTS = {"bcrypt": 22, "md5_crypt": 8}
"""Characters of a salt, by scheme; every other one has 16."""


@dataclass(frozen=True)
class Wanted:
    """How a password that is not there yet is made, and as what it is given out."""

    length: int = 20
    chars: tuple[str, ...] = CHARS
    encrypt: str = ""
    ident: str | None = None
    seed: Any = None

    def made(self) -> str:
        """A new password; with a seed always the same one."""
        letters = "".join(getattr(string, each, each) for each in self.chars)
        letters = letters.replace('"', "").replace("'", "")
        if not letters:
            raise ValueError("'chars' leaves no character for a password")
        source = random.SystemRandom() if self.seed is None else random.Random(self.seed)  # noqa: S311 - what a seed asks for
        return "".join(source.choice(letters) for _ in range(self.length))

    def salt(self) -> str:
        source = random.SystemRandom()
        last = ".Oeu" if self.encrypt == "bcrypt" else ""
        letters = [source.choice(LETTERS) for _ in range(SALTS.get(self.encrypt, 16))]
        return "".join([*letters[:-1], source.choice(last)] if last else letters)

    def given_out(self, password: str, salt: str, ident: str) -> Secret:
        if not self.encrypt:
            return Secret(password)
        return Secret(hashed(password, self.encrypt, salt, ident=self.ident or ident or None))


def password(terms: Terms, place: LookupContext, **options: Any) -> list[str]:
    return [_password(str(term), place, options) for term in terms]


def _password(term: str, place: LookupContext, options: Mapping[str, Any]) -> str:
    name, given = _read(term)
    wanted = _wanted({**options, **given})
    path = Path(place.directory, os.path.expanduser(name))  # noqa: PTH111 - a relative one too
    if str(path) == os.devnull:
        return wanted.given_out(wanted.made(), wanted.salt(), "")
    if place.scope.find("ansible_check_mode")[0] is True and not _is_whole(path, wanted):
        raise UnknownValue(f"the password in {path}", "making a password")
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two hosts may ask for the same one at once
        before = file.read()
        text, salt, ident = _parts(before)
        text = text or wanted.made()
        salt = salt or (wanted.salt() if wanted.encrypt else "")
        after = text + (f" salt={salt}" if salt else "") + (f" ident={ident}" if ident else "")
        if after != before.rstrip("\n"):
            file.seek(0)
            file.write(f"{after}\n")  # it begins with what was there: a full disk loses nothing
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    return wanted.given_out(text, salt, ident)


def _read(term: str) -> tuple[str, dict[str, str]]:
    """The file's name, which may hold blanks, and the options behind it."""
    words = term.split(" ")
    at = next((at for at, word in enumerate(words) if word.partition("=")[0] in OPTIONS), None)
    if at is None:
        return term.strip(), {}
    given = dict(word.partition("=")[::2] for word in shlex.split(" ".join(words[at:])))
    unknown = given.keys() - OPTIONS
    if unknown:
        raise ValueError(f"the password lookup has no option '{min(unknown)}'")
    return " ".join(words[:at]).strip(), given


def _wanted(options: Mapping[str, Any]) -> Wanted:
    chars = options.get("chars") or CHARS
    return Wanted(
        int(options.get("length") or 20),
        _chars(chars) if isinstance(chars, str) else tuple(map(str, chars)),
        str(options.get("encrypt") or ""),
        options.get("ident"),
        options.get("seed"),
    )


def _chars(text: str) -> tuple[str, ...]:
    """Names and characters, cut at commas; two commas are one that is meant."""
    comma = (",",) if ",," in text else ()
    return (*comma, *(part for part in text.replace(",,", ",").split(",") if part))


def _parts(text: str) -> Sequence[str]:
    """What a file holds: the password, its salt, its ident."""
    rest, _, ident = text.rstrip("\n").partition(" ident=")
    found, _, salt = rest.partition(" salt=")
    return found, salt, ident


def _is_whole(path: Path, wanted: Wanted) -> bool:
    """Whether nothing has to be made or written: what is asked for is in the file."""
    try:
        found, salt, _ = _parts(path.read_text("utf-8"))
    except FileNotFoundError:
        return False
    return bool(found) and bool(salt or not wanted.encrypt)
