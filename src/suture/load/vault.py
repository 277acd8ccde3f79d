"""Ansible's vault: texts and files that are encrypted with a password (formats 1.1 and 1.2)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import subprocess
from binascii import hexlify, unhexlify
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from suture.errors import SutureError
from suture.load.places import is_file

HEADER = "$ANSIBLE_VAULT"
ROUNDS = 10_000
WIDTH = 80
"""Characters to a line of an encrypted text."""


@dataclass(frozen=True, slots=True)
class Password:
    """``label`` is what ``--vault-id LABEL@FILE`` calls it; texts may name the one they need."""

    secret: bytes = field(repr=False)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Vault:
    """Opens what one of its passwords was used for."""

    passwords: Sequence[Password]

    def opened(self, text: str) -> str:
        """The plain text; ValueError with a sentence where it cannot be had."""
        header, _, body = text.strip().partition("\n")
        parts = [part.strip() for part in header.split(";")]
        if parts[0] != HEADER or len(parts) < 3 or parts[1] not in ("1.1", "1.2"):
            raise ValueError("this is no vault text of format 1.1 or 1.2: encrypt the value anew")
        if parts[2] != "AES256":
            raise ValueError(f"the cipher {parts[2]} is not supported: encrypt the value anew")
        label = parts[3] if len(parts) > 3 else ""
        salt, digest, sealed = _parts("".join(body.split()))
        for password in sorted(self.passwords, key=lambda each: each.label != label):
            cipher_key, hmac_key, start = _keys(password.secret, salt)
            if hmac.compare_digest(hmac.new(hmac_key, sealed, hashlib.sha256).digest(), digest):
                return _plain(_counted(cipher_key, start, sealed))
        of = f" of '{label}'" if label else ""
        raise ValueError(f"no password{of} opens this value: check --vault-password-file")


def sealed(text: str, password: Password, salt: bytes = b"") -> str:
    """The text encrypted, in format 1.2 where the password has a label, else 1.1."""
    salt = salt or secrets.token_bytes(32)
    cipher_key, hmac_key, start = _keys(password.secret, salt)
    plain = text.encode()
    missing = 16 - len(plain) % 16
    hidden = _counted(cipher_key, start, plain + bytes([missing]) * missing)
    digest = hmac.new(hmac_key, hidden, hashlib.sha256).hexdigest().encode()
    body = hexlify(b"\n".join((hexlify(salt), digest, hexlify(hidden)))).decode()
    header = f"{HEADER};1.2;AES256;{password.label}" if password.label else f"{HEADER};1.1;AES256"
    lines = (body[start : start + WIDTH] for start in range(0, len(body), WIDTH))
    return "\n".join((header, *lines)) + "\n"


def _parts(body: str) -> tuple[bytes, bytes, bytes]:
    """Salt, digest and encrypted bytes."""
    try:
        salt, digest, hidden = unhexlify(body).split(b"\n", 2)
        return unhexlify(salt), unhexlify(digest), unhexlify(hidden)
    except ValueError:
        raise ValueError("this vault text is damaged: copy it whole, or encrypt anew") from None


def _keys(password: bytes, salt: bytes) -> tuple[bytes, bytes, bytes]:
    """The key of the cipher, that of the digest, and where the cipher's counter starts."""
    keys = hashlib.pbkdf2_hmac("sha256", password, salt, ROUNDS, 80)
    return keys[:32], keys[32:64], keys[64:]


def _counted(key: bytes, start: bytes, data: bytes) -> bytes:
    """AES in counter mode, which is its own inverse."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _plain(padded: bytes) -> str:
    try:
        return padded[: -padded[-1]].decode()
    except (IndexError, UnicodeDecodeError):
        raise ValueError("this vault value is no UTF-8 text: encrypt text only") from None


def vault_of(path: str, environ: Mapping[str, str]) -> Vault | None:
    """A vault with the password in a file: the one given, else the environment's, else none."""
    path = path or environ.get("ANSIBLE_VAULT_PASSWORD_FILE", "")
    return Vault((password_file(path),)) if path else None


def password_file(path: str | Path, label: str = "") -> Password:
    """The password in a file; an executable file is run and prints it."""
    path = Path(path).expanduser()
    try:
        if os.access(path, os.X_OK) and is_file(path):
            done = subprocess.run([str(path.absolute())], capture_output=True, check=True)
            secret = done.stdout
        else:
            secret = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SutureError(f"the vault password file {path} cannot be read: {reason}") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise SutureError(f"the vault password program {path} failed: {said}") from None
    secret = secret.strip(b"\r\n")
    if not secret:
        raise SutureError(f"the vault password file {path} is empty: write the password into it")
    return Password(secret, label)
