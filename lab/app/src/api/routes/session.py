"""Signing in, and who is signed in."""

from __future__ import annotations

import hashlib
import hmac

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from src.api.dependencies.auth import TOKEN_LIFETIME, CurrentUser, User, issue_token

router = APIRouter(prefix="/api/session", tags=["session"])


def _digest(name: str, password: str) -> str:
    return hashlib.sha256(f"{name}:{password}".encode()).hexdigest()


ACCOUNTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ada": (_digest("ada", "correct horse"), ("admin", "analyst", "viewer")),
    "ben": (_digest("ben", "battery staple"), ("analyst", "viewer")),
    "cleo": (_digest("cleo", "look only"), ("viewer",)),
}


class Credentials(BaseModel):
    name: str
    password: str


@router.post("/login")
async def login(credentials: Credentials) -> dict[str, object]:
    """A token for right credentials; always checked, whatever the mode."""
    digest, roles = ACCOUNTS.get(credentials.name, ("", ()))
    if not hmac.compare_digest(digest, _digest(credentials.name, credentials.password)):
        raise HTTPException(status_code=401, detail="wrong name or password")
    token = issue_token(User(credentials.name, roles))
    return {"token": token, "token_type": "bearer", "expires_in": TOKEN_LIFETIME}


@router.get("/me")
async def me(user: CurrentUser) -> dict[str, object]:
    return {"name": user.name, "roles": list(user.roles)}
