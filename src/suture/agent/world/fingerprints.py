"""What a dry run saw of the real host: the ground that its predictions stand on."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import node as nodes
from .done import Done
from .node import Node

FLEETING = ("/proc/", "/sys/", "/dev/")
"""What stands below these is another thing at every look."""

CHANCE = re.compile(r"suture-\w+|\"seconds\": ?[-+.\de]+")
"""What the modules' own commands leave to chance: names of private files, marks, durations."""

UNIT = ("LoadState", "ActiveState", "UnitFileState", "FragmentPath")
"""Of a unit's properties, those that a step goes by; others tell of its memory and its age."""


class Looks:
    """Every look at the real host, by what was looked at, with a digest of what was found.

    Times of files count for nothing.  The first look at a thing is the one that counts: a dry run
    changes nothing in between.
    """

    def __init__(self) -> None:
        self._found: Dict[str, Tuple[str, int]] = {}
        self._step = 0
        self._inner = 0

    def begin(self, step: int, module: str) -> None:
        """The looks from now on are this step's.  Those of gathering facts do not count: what a
        playbook makes of a fact stands in the arguments of its steps."""
        self._step, self._inner = step, int(module == "setup")

    def as_data(self) -> Dict[str, List[Any]]:
        """For each thing that was looked at the digest and the number of the first step."""
        return {name: list(found) for name, found in self._found.items()}

    # -- looks at the real host, recorded --------------------------------------------------------

    def node(self, path: str, follow: bool = False) -> Optional[Node]:
        node = nodes.node_at(path, follow)
        if self._counts(f"what stands at {path}", path):
            self._note(f"what stands at {path}", _shown(node))
        return node

    def content(self, path: str, named: str) -> Optional[bytes]:
        """The content of the file; ``named`` is how a complaint calls it."""
        data = nodes.looked("read", named, lambda: nodes.content_at(path))
        name = f"content of {path}"
        if self._counts(name, path):
            self._note(name, "" if data is None else hashlib.sha256(data).hexdigest())
        return data

    def digest(self, path: str, algorithm: str, named: str) -> Optional[str]:
        found = nodes.looked("read", named, lambda: nodes.digest_at(path, algorithm))
        name = f"content of {path}" if algorithm == "sha256" else f"{algorithm} of {path}"
        if self._counts(name, path):
            self._note(name, found or "")
        return found

    def names(self, path: str, named: str) -> List[str]:
        found = sorted(nodes.looked("list", named, lambda: os.listdir(path)) or [])
        if self._counts(f"entries of {path}", path):
            self._note(f"entries of {path}", json.dumps(found))
        return found

    def said(self, done: Done, how: Dict[str, Any]) -> Done:
        """What a command that only looks has said."""
        asked = CHANCE.sub("", json.dumps([*done.argv, str(how.get("cwd") or "")]))
        stdin = how.get("stdin") or b""
        mark = hashlib.sha256(asked.encode() + b"\0" + stdin).hexdigest()[:8]
        name = f"answer of {done.argv[0]} (question {mark})"
        if self._counts(name):
            self._note(name, f"{done.rc}\0{CHANCE.sub('', done.out)}")
        return done

    def enter(self) -> None:
        """The looks from now on are part of one look at a state, until ``leave``."""
        self._inner += 1

    def leave(self, key: str, found: Any) -> None:
        self._inner -= 1
        if isinstance(found, dict) and "ActiveState" in found:
            found = {name: found.get(name) for name in UNIT}
        if self._counts(f"state of {key}"):
            self._note(f"state of {key}", json.dumps(found, sort_keys=True, default=str))

    def abandon(self) -> None:
        """The look at a state came to nothing."""
        self._inner -= 1

    def _counts(self, name: str, path: str = "") -> bool:
        return not self._inner and name not in self._found and not path.startswith(FLEETING)

    def _note(self, name: str, found: str) -> None:
        digest = hashlib.sha256(found.encode("utf-8", "surrogateescape")).hexdigest()
        self._found[name] = (digest, self._step)


def _shown(node: Optional[Node]) -> str:
    if node is None:
        return "nothing"
    shown: Sequence[Any] = (node.kind, node.mode, node.uid, node.gid, node.target)
    return json.dumps([*shown, node.size if node.kind == "file" else 0])
