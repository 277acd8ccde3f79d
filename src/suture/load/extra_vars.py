"""``--extra-vars``: variables stronger than all others, in each form in which they can be given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from suture.errors import Invalid, SutureError
from suture.load import source
from suture.load.source import Opener
from suture.load.splitting import arguments
from suture.model import Value


def extra_vars(given: Iterable[str], vault: Opener | None = None) -> dict[str, Value]:
    """All of them together, the later ones stronger: KEY=VALUE words, a JSON mapping, or @FILE.

    Invalid or SutureError for what cannot be read.
    """
    found: dict[str, Value] = {}
    for text in given:
        found |= _variables(text.strip(), vault)
    for name in found:
        if not name.isidentifier():
            raise SutureError(
                f"--extra-vars: '{name}' cannot name a variable: use letters, digits and _ only"
            )
    return found


def _variables(text: str, vault: Opener | None) -> dict[str, Value]:
    if text.startswith("@"):
        return source.variables(Path(text[1:]).expanduser(), vault)
    if text.startswith("{"):  # JSON is YAML
        read = source.parsed("--extra-vars", text, vault)
        named = source.mapping_of(read)
        if read.problems:
            raise Invalid(read.problems)
        return named
    try:
        pairs, rest = arguments(text)
    except ValueError as error:
        raise SutureError(f"--extra-vars {text}: {error}") from None
    if rest.strip():
        raise SutureError(f"--extra-vars {rest.strip()}: give KEY=VALUE, a JSON mapping, or @FILE")
    return dict(pairs)
