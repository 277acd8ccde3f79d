"""Secrets taken out of whatever is shown or kept: text, events, plan files."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote, quote_plus

from suture.events import Event
from suture.secrets import secrets_in

MASK = "********"
SHORTEST = 3
"""Shorter secrets are not looked for: masking every 'a' would tell more than it hides."""

SHORTEST_LINE = 6
"""The same for a single line of a secret that has several."""

STRUCTURE = frozenset(
    {"at", "run", "mode", "status", "host", "hosts", "module", "play", "phase", "exit_code"}
    | {"outcome", "purpose", "verdict"}
)
"""Fields of events that sinks sort by: a password "changed" must not hide that a step changed."""

SHORTEST_CODED = 6
"""The same for what is left of a secret inside other text in base64."""


class Redactor:
    """Knows secrets and masks them, also where they are encoded, quoted or escaped.

    One of them serves a whole run: secrets are added by any thread, as they come to light.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """From now on this text is masked wherever it appears.

        A text that a known secret is part of is masked in that part, not as a whole: a
        configuration file is no secret because a password stands in it.
        """
        text = str(secret)
        if text in self._known:
            return
        with self._lock:
            self._known.add(text)
            if self.text(text) != text:
                return
            forms = {*self._forms, *forms_of(text)}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def add_all(self, value: Any) -> None:
        """Every ``Secret`` in this plain data is masked from now on."""
        for secret in secrets_in(value):
            self.add(secret)

    def text(self, text: str) -> str:
        """The text with every secret in it masked; secrets that overlap are one stretch."""
        spans = sorted([*self._spans(text), *_credentials(text)])
        if not spans:
            return str(text)
        pieces: list[str] = []
        at = 0
        end = -1
        for start, stop in spans:
            if start > end:
                pieces += [text[at:start], MASK]
            at = end = max(end, stop)
        return "".join([*pieces, text[at:]])

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        for form in self._forms:
            start = text.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = text.find(form, start + 1)

    def data(self, value: Any) -> Any:
        """The same for plain data, keys included; what is no text is left alone."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.data(key): self.data(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.data(item) for item in value)
        if type(value) is int and str(value) in self._known:
            return MASK
        return value

    def event(self, event: Event) -> Event:
        """The event without secrets; what sinks sort it by stays as it is."""
        told = {
            field.name: self.data(getattr(event, field.name))
            for field in fields(event)
            if field.name not in STRUCTURE
        }
        return replace(event, **told)


TELLING = re.compile(
    r"passw|passphrase|secret|token|credential|(^|_)(pwd|pass|key)$", re.IGNORECASE
)
"""Names of variables whose values are secrets."""

PLAIN = frozenset({"PWD"})
"""Names that only look so: the working directory, as every shell exports it."""

TRIVIAL = frozenset({"true", "false", "none", "null", "yes", "present", "absent"})
PASSWORD_IN_URL = re.compile(r"(?<=://)[^\s/@:\"']*:([^\s/@\"']+)(?=@)")


def named_secrets(variables: Mapping[str, Any]) -> Iterator[str]:
    """The values whose names say that they are secret."""
    for name, value in variables.items():
        if name in PLAIN:
            continue
        if TELLING.search(str(name)):
            yield from leaves(value)
        elif isinstance(value, Mapping):
            yield from named_secrets(value)


def leaves(value: Any) -> Iterator[str]:
    """Every text and number in plain data that is worth hiding."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        text = str(value)
        if len(text) > SHORTEST and text.lower() not in TRIVIAL:
            yield text


def _credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where the passwords stand that are written into addresses."""
    if "://" in text and "@" in text:
        for match in PASSWORD_IN_URL.finditer(text):
            yield match.span(1)


def forms_of(secret: str) -> set[str]:
    """The ways in which a secret may be written."""
    texts = {secret, secret.strip()}
    texts |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= SHORTEST_LINE}
    forms: set[str] = set()
    for text in texts:
        if len(text) >= SHORTEST and text.strip("*"):
            forms |= {text, *_escaped(text)}
    if len(secret) >= SHORTEST:
        if len(secret) >= SHORTEST_CODED:
            raw = secret.encode("utf-8", "surrogateescape")
            forms |= {secret[::-1], raw.hex(), raw.hex().upper()}
        forms |= set(_coded(secret.encode("utf-8", "surrogateescape")))
    return forms


def _escaped(text: str) -> Iterator[str]:
    safe = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    yield quote(safe, safe="")
    yield quote(safe)
    yield quote_plus(safe)
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    yield shlex.quote(text)
    yield html.escape(text)


def _coded(data: bytes) -> Iterator[str]:
    """Base64 of the secret alone, and what is the same wherever it stands in a longer text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode("ascii")
        for before in range(3):
            whole = encode(bytes(before) + data).decode("ascii").rstrip("=")
            # the letters that hold bits of what stands before or behind differ from place to place
            first = -(-before * 8 // 6)
            last = (before + len(data)) * 8 // 6
            if last - first >= SHORTEST_CODED:
                yield whole[first:last]
