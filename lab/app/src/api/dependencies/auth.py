"""Who is asking: signed tokens, and the switch that turns them off for tests.

A token is a JWT in all but name: header, claims and an HMAC-SHA256 signature, each
base64url, joined with dots.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request

from src.config import settings

# Read once, when the application is imported: a request can't switch it, and
# neither can a test that comes too late.
TESTING_MODE = os.environ.get("E2I_TESTING_MODE", "").lower() in {"1", "true", "yes"}

TOKEN_LIFETIME = 3600  # seconds


class InvalidToken(ValueError):
    """The token is malformed, forged or expired."""


@dataclass(frozen=True)
class User:
    """A signed-in user and what they may do."""

    name: str
    roles: tuple[str, ...] = ()


TEST_USER = User("test-user", ("admin", "analyst", "viewer"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(body: str) -> str:
    secret = settings().jwt_secret.encode()
    return _encode(hmac.new(secret, body.encode(), hashlib.sha256).digest())


def issue_token(user: User, lifetime: float = TOKEN_LIFETIME) -> str:
    """A token for `user`, good for `lifetime` seconds."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": user.name, "roles": list(user.roles), "exp": time.time() + lifetime}
    body = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{body}.{_signature(body)}"


def read_token(token: str) -> User:
    """The user a token speaks for; InvalidToken if it speaks for nobody."""
    body, _, signature = token.rpartition(".")
    if body.count(".") != 1:
        raise InvalidToken("not a token")
    if not hmac.compare_digest(signature, _signature(body)):
        raise InvalidToken("the signature does not match")
    claims: dict[str, Any] = json.loads(_decode(body.split(".")[1]))
    if claims["exp"] <= time.time():
        raise InvalidToken("the token has expired")
    return User(claims["sub"], tuple(claims["roles"]))


def bearer(authorization: str | None) -> User:
    """The user of an Authorization header; InvalidToken without a good one."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("no bearer token")
    return read_token(token.strip())


async def current_user(
    request: Request, authorization: Annotated[str | None, Header()] = None
) -> User:
    """The user of this request, or a 401."""
    if request.app.state.testing_mode:
        return TEST_USER
    try:
        return bearer(authorization)
    except InvalidToken as error:
        raise HTTPException(
            status_code=401, detail=str(error), headers={"WWW-Authenticate": "Bearer"}
        ) from error


CurrentUser = Annotated[User, Depends(current_user)]


def require_role(role: str):
    """A dependency that lets through who has `role`, and answers 403 to others."""

    async def check(user: CurrentUser) -> User:
        if role not in user.roles:
            raise HTTPException(status_code=403, detail=f"needs the role {role}")
        return user

    return check
