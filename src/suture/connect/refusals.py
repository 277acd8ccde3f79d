"""Why a host is not connected to, in the same words whichever program it is that does not."""

from __future__ import annotations

from suture.connect.known_hosts import KeyTrust, Vouching
from suture.connect.target import Target
from suture.suggestions import called


def key_refused(verdict: KeyTrust, target: Target, vouched: Vouching, encoded: str = "") -> str:
    """What the operator should do about a host key that may not be trusted."""
    if verdict is KeyTrust.REVOKED:
        place = vouched.revocation(encoded)
        at = f" ({place})" if place else ""
        return f"its host key was revoked{at}: whoever answers there may not be trusted"
    if verdict is KeyTrust.CHANGED:
        return (
            "the host key is not the one known; if the host was reinstalled, run"
            f" '{called()} enroll {target.name}' to see and accept the new key"
        )
    command = f"{called()} enroll {target.name}"
    return f"its host key is not known yet; run '{command}' to see and accept it"


def login_refused(user: str, said: str) -> str:
    """What the operator should do about a user who was not let in."""
    return f"{user} was not let in ({said.strip().rstrip('.')}); check the user and the key"


def no_answer(seconds: float) -> str:
    """That nobody answered in time."""
    return f"no answer within {seconds:g} s"


def key_locked(path: str) -> str:
    """What the operator should do about a key that nobody opens."""
    return (
        f"the key {path} is encrypted and nobody gave its passphrase: load it with ssh-add, or set"
        " SSH_ASKPASS"
    )
