"""What ssh says when it does not connect, in the words that Suture has for it."""

from __future__ import annotations

import re
from enum import Enum

from suture.connect.known_hosts import KeyTrust, Vouching
from suture.connect.refusals import key_refused, login_refused, no_answer
from suture.connect.target import Target


class Ended(Enum):
    """Why ssh ended: for good, because of who logs in, or in a way that may well pass."""

    REFUSED = "refused"
    DENIED = "denied"
    PASSING = "passing"


PASSING = re.compile(
    r"kex_exchange_identification|ssh_exchange_identification|Connection (?:closed|reset) by"
    r"|[Mm]ux_client|mux_|[Cc]ontrol socket|[Mm]axStartups|banner exchange|Broken pipe"
)
KEYS = (
    (re.compile(r"REVOKED HOST KEY|key .*revoked", re.IGNORECASE), KeyTrust.REVOKED),
    (re.compile(r"HOST IDENTIFICATION HAS CHANGED"), KeyTrust.CHANGED),
    (re.compile(r"host key is known for|Host key verification failed"), KeyTrust.UNKNOWN),
)
DENIED = re.compile(
    r"(?:^|: )(Permission denied.*|Too many authentication failures.*)", re.MULTILINE
)
NO_WAY = re.compile(
    r"(?:connect to (?:host|address) \S+ port \d+|Could not resolve hostname \S+): (.*)"
)
TIMED_OUT = re.compile(r"timed out", re.IGNORECASE)


def ended(said: str, code: int, target: Target, user: str) -> tuple[Ended, str]:
    """Why ssh ended, from its stderr and exit code, and the sentence for the operator."""
    for pattern, verdict in KEYS:
        if pattern.search(said):
            return Ended.REFUSED, key_refused(verdict, target, Vouching(""))
    if found := DENIED.search(said):
        return Ended.DENIED, login_refused(user, found[1].strip())
    if found := NO_WAY.search(said):
        reason = no_answer(target.timeout) if TIMED_OUT.search(found[1]) else found[1].strip()
        return Ended.REFUSED, reason
    if TIMED_OUT.search(said):
        return Ended.REFUSED, no_answer(target.timeout)
    last = said.rsplit("\n", maxsplit=1)[-1].strip()
    if PASSING.search(said):
        return Ended.PASSING, last
    if code == 255:
        return Ended.REFUSED, last or "ssh ended without a word (exit code 255)"
    told = f" ({last})" if last else ""
    return Ended.REFUSED, f"its login shell ended at once, with exit code {code}{told}"
