"""Password hashes as ``/etc/shadow`` holds them: SHA-crypt and bcrypt."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DEFAULT_ROUNDS = {"sha256": 535_000, "sha512": 656_000}
STANDARD_ROUNDS = 5000
"""Rounds that need not be written into the hash."""


def hashed(
    password: str,
    scheme: str = "sha512",
    salt: str | None = None,
    salt_size: int | None = None,
    rounds: int | None = None,
    ident: str | None = None,
) -> str:
    """The hash with this salt, or with one of its own: then it is another one each time."""
    scheme = scheme.removesuffix("_crypt").replace("blowfish", "bcrypt")
    if scheme == "bcrypt":
        return _bcrypt(password, salt, rounds or 12, ident or "2b")
    if scheme not in DEFAULT_ROUNDS:
        raise ValueError(f"a password is hashed with sha512, sha256 or bcrypt, not '{scheme}'")
    salt = salt or "".join(secrets.choice(LETTERS) for _ in range(salt_size or 16))
    if len(salt) > 16 or not set(salt) <= set(LETTERS):
        raise ValueError("a salt has up to 16 letters, digits, dots and slashes")
    return sha_crypt(password, scheme, salt, rounds or DEFAULT_ROUNDS[scheme])


def _bcrypt(password: str, salt: str | None, rounds: int, ident: str) -> str:
    import bcrypt

    if salt is None:
        given = bcrypt.gensalt(rounds, ident.encode())
    else:
        if len(salt) != 22 or salt[-1] not in ".Oeu":
            raise ValueError("a salt for bcrypt has 22 characters, the last one of . O e u")
        given = f"${ident}${rounds:02d}$".encode() + salt.encode()
    return bcrypt.hashpw(password.encode(), given).decode()


def sha_crypt(password: str, scheme: str, salt: str, rounds: int) -> str:
    """Ulrich Drepper's SHA-crypt: https://www.akkadia.org/drepper/SHA-crypt.txt"""
    key, salted = password.encode(), salt.encode()
    final = _digested(key, salted, scheme, rounds)
    size = len(final)
    if scheme == "sha512":
        order = [(22 * i % 63, (22 * i + 21) % 63, (22 * i + 42) % 63) for i in range(21)]
        tail, length = [final[63]], 2
    else:
        order = [(21 * i % 30, (21 * i + 10) % 30, (21 * i + 20) % 30) for i in range(10)]
        tail, length = [final[30], final[31]], 3
    text = "".join(_letters([final[c], final[b], final[a]], 4) for a, b, c in order)
    text += _letters(tail, length)
    assert len(text) == (size * 8 + 5) // 6
    prefix = {"sha256": "5", "sha512": "6"}[scheme]
    shown = "" if rounds == STANDARD_ROUNDS else f"rounds={rounds}$"
    return f"${prefix}${shown}{salt}${text}"


def _digested(key: bytes, salt: bytes, scheme: str, rounds: int) -> bytes:
    def digest(*parts: bytes) -> bytes:
        return hashlib.new(scheme, b"".join(parts)).digest()

    def stretched(block: bytes, length: int) -> bytes:
        return (block * (length // len(block) + 1))[:length]

    inner = digest(key, salt, key)
    mixed = [key, salt, stretched(inner, len(key))]
    length = len(key)
    while length:
        mixed.append(inner if length & 1 else key)
        length >>= 1
    state = digest(*mixed)
    p = stretched(digest(key * len(key)), len(key))
    s = stretched(digest(salt * (16 + state[0])), len(salt))
    for i in range(rounds):
        odd = i & 1
        state = digest(
            p if odd else state,
            s if i % 3 else b"",
            p if i % 7 else b"",
            state if odd else p,
        )
    return state


def _letters(data: Sequence[int], length: int) -> str:
    """Bytes, the least significant one first, as that many letters."""
    number = sum(byte << (8 * at) for at, byte in enumerate(data))
    return "".join(LETTERS[(number >> (6 * at)) & 63] for at in range(length))
