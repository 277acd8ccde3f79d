"""Private keys as files: their public halves, whether they are encrypted, and their passphrases."""

from __future__ import annotations

import base64
import binascii
import getpass
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from suture.memo import once

MAGIC = b"openssh-key-v1\0"
TRIES = 3
PATIENCE = 120
"""Seconds that the operator, or an askpass program, has for a passphrase."""


def public_blob(path: str) -> bytes:
    """The public half of a key, from the file itself (a public key, or OpenSSH's private format) or
    from ``.pub`` beside it; empty where there is none to be had."""
    for each in (path, f"{path}.pub"):
        data = _content(each)
        words = data.split(None, 2)
        if len(words) > 1 and not data.startswith(b"-----"):
            try:
                return base64.b64decode(words[1], validate=True)
            except (binascii.Error, ValueError):
                continue
        body = _body(data)
        if body.startswith(MAGIC):
            return _fields(body[len(MAGIC) :])[3]
    return b""


def is_private(path: str) -> bool:
    """Whether the file holds a private key."""
    return b"PRIVATE KEY-----" in _content(path)[:200]


def is_encrypted(path: str) -> bool:
    """Whether a private key wants a passphrase."""
    data = _content(path)
    body = _body(data)
    if body.startswith(MAGIC):
        return _fields(body[len(MAGIC) :])[0] != b"none"
    return b"ENCRYPTED" in data


def kind(blob: bytes) -> str:
    """The kind of a public key, as known_hosts and authorized_keys name it."""
    return blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii", "replace")


def is_right(path: str, passphrase: str) -> bool:
    """Whether the passphrase opens the key."""
    from cryptography.hazmat.primitives import serialization

    data = _content(path)
    read = (
        serialization.load_ssh_private_key
        if _body(data).startswith(MAGIC)
        else serialization.load_pem_private_key
    )
    try:
        read(data, passphrase.encode())
    except (ValueError, TypeError):
        return False
    return True


@once(64)
def asked_passphrase(path: str) -> str | None:
    """The passphrase of a key, asked once in a run; None where nobody can be asked, or knows it.

    As ssh does: of the program in SSH_ASKPASS where there is no terminal or SSH_ASKPASS_REQUIRE
    says so, else on the terminal.
    """
    prompt = f"Enter passphrase for key '{path}': "
    for _ in range(TRIES):
        given = _asked(prompt, os.environ)
        if not given:
            return None
        if is_right(path, given):
            return given
    return None


def _asked(prompt: str, environ: Mapping[str, str]) -> str | None:
    program = environ.get("SSH_ASKPASS", "")
    wish = environ.get("SSH_ASKPASS_REQUIRE", "")
    screen = bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    terminal = sys.stdin is not None and sys.stdin.isatty() and wish != "force"
    if program and wish != "never" and (wish in ("force", "prefer") or (screen and not terminal)):
        try:
            done = subprocess.run(
                [program, prompt],
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.rstrip("\n") if done.returncode == 0 else None
    return getpass.getpass(prompt) if terminal else None


def _content(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(65536)
    except OSError:
        return b""


def _body(data: bytes) -> bytes:
    """What stands between the dashed lines, decoded."""
    if not data.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----"):
        return b""
    try:
        return base64.b64decode(b"".join(data.split(b"\n")[1:]).split(b"-----")[0])
    except (binascii.Error, ValueError):
        return b""


def _fields(body: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Cipher, key derivation, its options, and the public key of OpenSSH's private format."""
    found = []
    for index in range(4):
        if index == 3:
            body = body[4:]  # the number of keys, which is 1
        size = int.from_bytes(body[:4], "big")
        found.append(body[4 : 4 + size])
        body = body[4 + size :]
    return found[0], found[1], found[2], found[3]
