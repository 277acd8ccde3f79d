"""A host's key: seen, compared with what is known, and written down once the operator agrees."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from suture.connect.target import Target
from suture.errors import Unreachable


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public host key as the host itself offered it: not yet trusted."""

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


def offered(target: Target) -> HostKey:
    """The key that the host offers now."""
    import paramiko

    address, port = resolved(target)
    try:
        transport = paramiko.Transport((address, port))
        transport.start_client(timeout=target.timeout)
        key = transport.get_remote_server_key()
        transport.close()
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise Unreachable(f"{target.name} ({address}:{port}): {error}") from None
    name = address if port == 22 else f"[{address}]:{port}"
    return HostKey(name, key.get_name(), key.get_base64())


def resolved(target: Target) -> tuple[str, int]:
    """The address and port, as ~/.ssh/config would have them."""
    from fabric import Connection

    connection = Connection(target.address, port=target.port)
    return str(connection.host), int(connection.port)


def known(key: HostKey, files: tuple[str, ...]) -> str:
    """The key that these files know for the host, in base64; nothing where there is none."""
    import paramiko

    for path in files:
        file = Path(path).expanduser()
        if not file.exists():
            continue
        entry = paramiko.HostKeys(str(file)).lookup(key.host)
        if entry is not None and key.kind in entry:
            return str(entry[key.kind].get_base64())
    return ""


def accepted(key: HostKey, file: Path) -> None:
    """From now on this key is the host's: other keys of the host leave the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    kept = [line for line in lines if line.split(" ", 1)[0] != key.host]
    temporary = file.with_name(file.name + ".new")
    temporary.write_text("".join([*kept, key.line]))
    temporary.chmod(0o600)
    temporary.replace(file)
