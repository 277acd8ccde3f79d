"""How Paramiko logs in: with the keys that OpenSSH would offer, the agent's and the files', and then
with the password."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from suture.connect.keys import asked_passphrase, is_encrypted, is_private, public_blob
from suture.connect.refusals import key_locked

USUAL = ("id_rsa", "id_ecdsa", "id_ed25519")
"""Keys in ~/.ssh that are tried where none is named; Paramiko can use no others."""

AGENT_PATIENCE = 5
"""Seconds for an agent to list its keys: a stale socket would be waited for without end."""


class Login:
    """Given to Paramiko as its strategy.

    ``keys`` are the files that are named, private or public ones; ``only``: no other keys of the
    agent's are offered; ``passphrase`` opens encrypted files without asking.
    """

    def __init__(
        self,
        user: str,
        keys: tuple[str, ...],
        *,
        only: bool,
        password: str | None,
        passphrase: str | None,
    ) -> None:
        self._user = user
        self._keys = keys or tuple(str(Path.home() / ".ssh" / name) for name in USUAL)
        self._only = only
        self._password = password
        self._passphrase = passphrase
        self._agent: Any = None
        self._locked: list[str] = []

    def authenticate(self, transport: Any) -> list[str]:
        """Log in; AuthenticationException where nothing of all that is taken."""
        import paramiko

        refusal = "no key is there to offer"
        for key in self._offered():
            try:
                missing = transport.auth_publickey(self._user, key)
            except paramiko.BadAuthenticationType as error:
                refusal = str(error)
                break
            except paramiko.AuthenticationException as error:
                refusal = str(error)
                continue
            if not missing:
                return []
            refusal = f"the key was taken, and {' or '.join(missing)} is wanted too"
            break
        if self._password is not None:
            return list(transport.auth_password(self._user, self._password))
        if self._locked:
            refusal = key_locked(self._locked[0])
        raise paramiko.AuthenticationException(refusal)

    def close(self) -> None:
        """The agent's socket is not held any longer."""
        if self._agent is not None:
            self._agent.close()

    def _offered(self) -> Iterator[Any]:
        """The keys in the order in which they are tried: named files that are open, what the agent
        has of the named ones, the agent's others, and files that a passphrase opens."""
        private = [key for key in self._keys if is_private(key)]
        for path in private:
            if not is_encrypted(path):
                yield from _loaded(path, None)
        named = {public_blob(key) for key in self._keys}
        held = list(self._agents_keys())
        yield from (key for key in held if key.blob in named)
        if not self._only:
            yield from (key for key in held if key.blob not in named)
        there = {key.blob for key in held}
        for path in private:
            if is_encrypted(path) and public_blob(path) not in there:
                passphrase = self._passphrase or asked_passphrase(path)
                if passphrase:
                    yield from _loaded(path, passphrase)
                else:
                    self._locked.append(path)

    def _agents_keys(self) -> tuple[Any, ...]:
        if not os.environ.get("SSH_AUTH_SOCK"):
            return ()
        found: list[Any] = []

        def look() -> None:
            import paramiko

            found.append(paramiko.Agent())

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(AGENT_PATIENCE)
        if not found:
            return ()
        self._agent = found[0]
        return tuple(self._agent.get_keys())


def _loaded(path: str, passphrase: str | None) -> Iterator[Any]:
    """A private key, with its certificate first where there is one beside it."""
    import paramiko
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko.pkey import UnknownKeyType

    # Its annotation says text, and it wants bytes.
    secret: Any = passphrase.encode() if passphrase else None
    unusable = (paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm)
    try:
        key = paramiko.PKey.from_path(path, secret)
    except (*unusable, ValueError, TypeError, OSError):
        return
    yield key
    if key.public_blob is not None:
        key.public_blob = None
        yield key
