"""What ssh says when it does not connect becomes the sentence that Fabric's link has for it."""

from __future__ import annotations

import pytest

from suture.connect.openssh_words import Ended, ended
from suture.connect.target import Target

TARGET = Target("web", "web.example", timeout=7)
CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key for web.example has changed and you have requested strict checking.
Host key verification failed."""
REVOKED = """\
@       WARNING: REVOKED HOST KEY DETECTED!               @
The ED25519 host key for web.example is marked as revoked.
Host key verification failed."""
UNKNOWN = """\
No ED25519 host key is known for web.example and you have requested strict checking.
Host key verification failed."""


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        (UNKNOWN, 255, (Ended.REFUSED, "its host key is not known yet; run '")),
        (CHANGED, 255, (Ended.REFUSED, "the host key is not the one known; if the host was")),
        (REVOKED, 255, (Ended.REFUSED, "its host key was revoked")),
        (
            f"{UNKNOWN}\nkex_exchange_identification: Connection closed by remote host",
            255,
            (Ended.REFUSED, "its host key is not known yet"),
        ),
        (
            "me@web.example: Permission denied (publickey,password).",
            255,
            (Ended.DENIED, "me was not let in (Permission denied (publickey,password)); check"),
        ),
        (
            "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures",
            255,
            (Ended.DENIED, "me was not let in (Too many authentication failures); check"),
        ),
        (
            "ssh: connect to host web.example port 22: Connection refused",
            255,
            (Ended.REFUSED, "Connection refused"),
        ),
        (
            "ssh: connect to host web.example port 22: Connection timed out",
            255,
            (Ended.REFUSED, "no answer within 7 s"),
        ),
        (
            "Connection timed out during banner exchange",
            255,
            (Ended.REFUSED, "no answer within 7 s"),
        ),
        (
            "ssh: Could not resolve hostname web.example: Name or service not known",
            255,
            (Ended.REFUSED, "Name or service not known"),
        ),
        (
            "kex_exchange_identification: read: Connection reset by peer",
            255,
            (Ended.PASSING, "kex_exchange_identification: read: Connection reset by peer"),
        ),
        (
            "mux_client_request_session: session request failed: Session open refused by peer",
            255,
            (Ended.PASSING, "mux_client_request_session"),
        ),
        ("Bad owner or permissions on /x", 255, (Ended.REFUSED, "Bad owner or permissions on /x")),
        ("", 255, (Ended.REFUSED, "ssh ended without a word")),
        (
            "This account is currently not available.",
            1,
            (
                Ended.REFUSED,
                "its login shell ended at once, with exit code 1 (This account is currently",
            ),
        ),
    ],
)
def test_words_of_ssh(said: str, code: int, expected: tuple[Ended, str]) -> None:
    why, sentence = ended(said, code, TARGET, "me")
    assert why is expected[0]
    assert sentence.startswith(expected[1])
