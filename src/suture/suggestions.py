"""Words for messages: the name that was probably meant, a text in quotes."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable
from pathlib import Path


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'X'?``, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, sorted(map(str, known)), 1, 0.7)
    return f"; did you mean '{near[0]}'?" if near else ""


def quoted(text: object) -> str:
    """The text in quotes, of a kind that it does not hold itself where there is one."""
    shown = str(text)
    mark = next((each for each in ("'", '"', "`") if each not in shown), "'")
    return f"{mark}{shown}{mark}"


def called() -> str:
    """Suture's name as the operator types it: ``./inv``, ``invoke`` or ``suture``."""
    given = os.environ.get("SUTURE_CALLED_AS")
    if given:
        return given
    return "invoke" if Path(sys.argv[0]).stem in ("invoke", "inv", "__main__") else "suture"
