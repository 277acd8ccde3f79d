"""A host's key, and how it is written down: into files of the project's own, never into others."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key as the host itself offered it: not yet trusted.  ``host`` is its name as
    known_hosts files write it."""

    host: str
    kind: str
    encoded: str

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it."""
        digest = hashlib.sha256(base64.b64decode(self.encoded)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The line of a known_hosts file."""
        return f"{self.host} {self.kind} {self.encoded}\n"


def accepted(key: HostKey, file: Path) -> None:
    """From now on this key is the host's: other keys of the host alone leave the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = file.read_text().split("\n") if file.exists() else []
    kept = [f"{line}\n" for line in lines if line and line.split(" ", 1)[0] != key.host]
    temporary = file.with_name(file.name + ".new")
    temporary.write_text("".join([*kept, key.line]))
    temporary.chmod(0o600)
    temporary.replace(file)


def noted(key: HostKey, file: Path) -> None:
    """A new host's key is in the file too; from any thread."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, key.line.encode())
    finally:
        os.close(handle)
