"""Secrets do not get out, however they are written; the rest stays as it was."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suture.events import StepFinished
from suture.redaction import MASK, SHORTEST, Redactor, named_secrets
from suture.secrets import Secret

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "quoted": lambda text: quote(text, safe=""),
    "quoted path": quote,
    "quoted form": quote_plus,
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps({"a": [text]}),
    "shell": shlex.quote,
    "Python": repr,
    "HTML": html.escape,
}
secrets = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=SHORTEST).filter(
    lambda text: len(text.strip()) >= SHORTEST
)
around = st.text(max_size=20)


@pytest.mark.parametrize("way", WRITTEN)
@given(secret=secrets, before=around, after=around)
def test_a_secret_is_masked_however_it_is_written(
    way: str, secret: str, before: str, after: str
) -> None:
    written = WRITTEN[way](secret)
    redactor = Redactor([secret])
    redacted = redactor.text(before + written + after)
    assert MASK in redacted
    assert secret not in redacted.replace(MASK, "") or secret in before + after
    inner = written.strip("\"'")
    assume(inner not in before + after)
    assert inner not in redacted or len(inner.strip()) < SHORTEST


@given(st.lists(secrets, max_size=4), around)
def test_masking_again_changes_nothing(given_secrets: list[str], text: str) -> None:
    redactor = Redactor(given_secrets)
    once = redactor.text(text + "".join(given_secrets))
    assert not any(secret in once.replace(MASK, "\0") for secret in given_secrets)


@given(around)
def test_without_secrets_nothing_is_masked(text: str) -> None:
    assert Redactor().text(text) == text


@given(secrets.filter(lambda text: len(text) >= 8), around.map(str.encode), around.map(str.encode))
def test_base64_of_a_longer_text_does_not_tell_the_secret(
    secret: str, before: bytes, after: bytes
) -> None:
    data = secret.encode()
    redacted = Redactor([secret]).text(base64.b64encode(before + data + after).decode())
    assert MASK in redacted


def test_overlapping_secrets_are_one_stretch() -> None:
    redactor = Redactor(["abcd", "cdef", "xyz"])
    assert redactor.text("-abcdef-") == f"-{MASK}-"
    assert redactor.text("abcdxyz.") == f"{MASK}."


def test_each_line_of_a_key_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nx9\n-----END KEY-----\n"
    redactor = Redactor([key])
    assert "MIIEpAIB" not in redactor.text("+MIIEpAIBAAKCAQEA\n+x9\n")
    assert redactor.text(key) == MASK


def test_what_is_too_short_is_left_alone() -> None:
    assert Redactor(["a", "ab", "", "  ", "***"]).text("ab *** cab") == "ab *** cab"


def test_a_text_around_a_secret_is_no_secret() -> None:
    redactor = Redactor(["hunter2"])
    redactor.add_all({"content": Secret("listen 80;\npassword hunter2;\n"), "note": "open"})
    assert redactor.text("listen 80;\npassword hunter2;") == f"listen 80;\npassword {MASK};"


def test_secrets_are_found_in_data_and_masked_in_it() -> None:
    redactor = Redactor()
    assert redactor.data({"a": "hunter2"}) == {"a": "hunter2"}
    redactor.add_all({"x": [{"password": Secret("hunter2")}], "pin": Secret("4711"), "y": "open"})
    data = {"hunter2": ["my hunter2", 4711, 1, None, True], "open": ("open",)}
    assert redactor.data(data) == {MASK: [f"my {MASK}", MASK, 1, None, True], "open": ("open",)}


def test_values_are_secret_by_their_names() -> None:
    environment = {"PWD": "/srv/site", "DB_PWD": "hunter2", "API_TOKEN": "tok-1", "HOME": "/root"}
    assert [*named_secrets(environment)] == ["hunter2", "tok-1"]
    assert [*named_secrets({"db": {"password": "swordfish"}, "pwd": "open-sesame"})] == [
        "swordfish",
        "open-sesame",
    ]


def test_an_event_keeps_what_it_is_sorted_by() -> None:
    event = StepFinished(
        host="changed",
        task="set changed",
        module="copy",
        status="changed",
        data={"stdout": "changed"},
        changes=({"after": "changed"},),
    )
    redacted = Redactor(["changed"]).event(event)
    assert isinstance(redacted, StepFinished)
    assert (redacted.status, redacted.host, redacted.at) == ("changed", "changed", event.at)
    assert redacted.task == f"set {MASK}"
    assert redacted.data == {"stdout": MASK}
    assert redacted.changes == ({"after": MASK},)
    assert Redactor().event(event) == event
