"""The name that was probably meant."""

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


def called() -> str:
    """Suture's name as the operator types it: ``./inv``, ``invoke`` or ``suture``."""
    given = os.environ.get("SUTURE_CALLED_AS")
    if given:
        return given
    return "invoke" if Path(sys.argv[0]).stem in ("invoke", "inv", "__main__") else "suture"
