"""What ansible-core did, kept as data beside the tests: one JSON line for each thing it was given.

A line is found by the hash of what was given, ansible-core's version included, so that what has changed
since is not compared with an old answer.  ``invoke differential --fresh`` records anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ANEW = "not recorded as it is now; record it: ./inv differential --fresh"


def hash_of(*given: object) -> str:
    """The hash of what ansible-core is given, and of which ansible-core it is."""
    digest = hashlib.sha256(version("ansible-core").encode())
    for each in given:
        digest.update(b"\0" + (each if isinstance(each, bytes) else str(each).encode()))
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Recording:
    """The file with the answers."""

    path: Path

    def answers(self) -> dict[str, Any]:
        """Every answer, by the hash of what it was to."""
        return dict(json.loads(self.path.read_text("utf-8"))) if self.path.exists() else {}

    def keep(self, answers: Mapping[str, Any]) -> None:
        """These are the answers from now on; the order stays."""
        lines = (
            f"{json.dumps(key)}: {json.dumps(answer, ensure_ascii=False)}"
            for key, answer in answers.items()
        )
        self.path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
