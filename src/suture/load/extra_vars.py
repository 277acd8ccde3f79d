"""``--extra-vars``: variables stronger than all others, in each form in which they can be given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from suture.errors import SutureError
from suture.load import source
from suture.load.source import Opener
from suture.load.splitting import arguments


def extra_vars(given: Iterable[str], vault: Opener | None = None) -> dict[str, Any]:
    """All of them together, the later ones stronger: KEY=VALUE words, a JSON mapping, or @FILE."""
    found: dict[str, Any] = {}
    for text in given:
        found |= _variables(text, vault)
    return found


def _variables(text: str, vault: Opener | None) -> dict[str, Any]:
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        if not path.is_file():
            raise SutureError(f"--extra-vars {text}: there is no file {path}")
        return source.variables(path, vault)
    if text.lstrip().startswith("{"):
        try:
            made = json.loads(text)
        except json.JSONDecodeError as error:
            raise SutureError(f"--extra-vars {text}: this is no JSON: {error}") from None
        return dict(made)
    try:
        named, rest = arguments(text)
    except ValueError as error:
        raise SutureError(f"--extra-vars {text}: {error}") from None
    if rest.strip():
        raise SutureError(f"--extra-vars {rest.strip()}: give KEY=VALUE, a JSON mapping, or @FILE")
    return dict(named)
