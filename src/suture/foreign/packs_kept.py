"""Packs of foreign modules, kept from run to run as long as none of the files changes that they come
from: reading and packing those again takes longer than a run may."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = 1
"""Of what is kept; another one starts anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a module beside its packs; each pack is content and a name."""

    about: Mapping[str, Any]
    packs: Sequence[tuple[bytes, str]]


def kept(key: str) -> Kept | None:
    """What was kept under this key, if it still is what it would be made of now."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        folder = _folder()
        found = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
        if found["version"] == VERSION and found["states"] == _states(found["files"]):
            packs = [(_blob(folder, sha), name) for sha, name in found["packs"]]
            return Kept(found["about"], packs)
    return None


def keep(
    key: str, about: Mapping[str, Any], packs: Iterable[tuple[bytes, str]], files: Sequence[str]
) -> None:
    """Keep it for as long as these files and folders stay as they are; what cannot be kept only
    takes time."""
    with contextlib.suppress(OSError):
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        told = []
        for data, name in packs:
            sha = hashlib.sha256(data).hexdigest()
            if not (folder / sha).is_file():
                _written(folder / sha, data)
            told.append((sha, name))
        known = sorted(set(files))
        entry = {"version": VERSION, "about": about, "packs": told, "files": known}
        text = json.dumps({**entry, "states": _states(known)})
        _written(folder / f"{key}.json", text.encode())


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("suture") / "foreign" / "packs"


def _blob(folder: Path, sha: str) -> bytes:
    data = (folder / sha).read_bytes()
    if hashlib.sha256(data).hexdigest() != sha:
        raise ValueError(sha)
    return data


def _states(files: Iterable[str]) -> list[list[int]]:
    """When each was changed last, and its size; zeros for what is not there."""
    found = []
    for path in files:
        try:
            state = os.stat(path)  # noqa: PTH116 - hundreds of them, where a Path takes ten times as long
        except OSError:
            found.append([0, 0])
            continue
        found.append([state.st_mtime_ns, state.st_size])
    return found


def _written(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)
