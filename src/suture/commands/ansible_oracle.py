"""Asks an installed ansible-core whether it loads a playbook, and remembers what it said."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENDED = "ansible-core ended"
WORKER = Path(__file__).with_name("ansible_loads.py")


@dataclass(frozen=True, slots=True)
class Request:
    """A playbook to load, where its roles are sought, and the file or folder that it stands for."""

    playbook: str
    roles: tuple[str, ...]
    stands_for: str


class Oracle:
    """``answers`` are kept in a file of the user's cache, as long as no file below a request's
    folder has changed since."""

    def __init__(self, cache: Path | None = None) -> None:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
        self._cache = cache or Path(home, "suture", "ansible-loads.json")
        try:
            self._version = importlib.metadata.version("ansible-core")
        except importlib.metadata.PackageNotFoundError:
            self._version = ""

    def answers(self, requests: Sequence[Request]) -> list[str | None]:
        """An empty text for each playbook that ansible-core loads, else what it says; None for all
        where it is not installed."""
        if not self._version:
            return [None] * len(requests)
        known = dict(self._remembered())
        states: dict[Path, str] = {}
        keys = [self._key(request, states) for request in requests]
        new = {
            key: request for key, request in zip(keys, requests, strict=True) if key not in known
        }
        if new:
            asked = dict(zip(new, _asked(list(new.values())), strict=True))
            known.update(asked)
            self._remember({key: said for key, said in asked.items() if not said.startswith(ENDED)})
        return [known[key] for key in keys]

    def _key(self, request: Request, states: dict[Path, str]) -> str:
        top = _repository(Path(request.stands_for))
        if top not in states:
            states[top] = _state(top)
        return f"{self._version} {request.stands_for} {states[top]}"

    def _remembered(self) -> Mapping[str, str]:
        try:
            found = json.loads(self._cache.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, known: Mapping[str, str]) -> None:
        kept = {**self._remembered(), **known}
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        new = self._cache.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(self._cache)


def _repository(path: Path) -> Path:
    """The clone that a path is in, or its own folder."""
    return next((each for each in (path, *path.parents) if (each / ".git").exists()), path.parent)


def _state(top: Path) -> str:
    """A digest that changes when a YAML file below the folder does."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(each for each in folders if each != ".git")
        for name in sorted(files):
            if name.endswith((".yml", ".yaml", ".json", "main", ".py")):
                status = os.lstat(Path(folder, name))
                line = f"{folder}/{name} {status.st_size} {status.st_mtime_ns}"
                digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:16]


def _asked(requests: Sequence[Request]) -> list[str]:
    """What ansible-core answers, in a process of its own with nothing of the operator's settings."""
    lines = "".join(
        json.dumps({"playbook": each.playbook, "roles": list(each.roles)}) + "\n"
        for each in requests
    )
    environ = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
    with tempfile.TemporaryDirectory(prefix="suture-corpus-") as scratch:
        settings = Path(scratch, "ansible.cfg")
        settings.write_text("[defaults]\n", "utf-8")
        done = subprocess.run(
            [sys.executable, "-P", str(WORKER)],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            env={**environ, "ANSIBLE_CONFIG": str(settings)},
            cwd="/",
        )
    answers = [str(json.loads(line)) for line in done.stdout.splitlines()]
    missing = len(requests) - len(answers)
    end = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
    return [*answers, *[f"{ENDED}: {end[0]}"] * missing]
