"""What is read without Jinja2's compiler becomes what Jinja2 would have made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.secrets import Secret
from suture.templating import engine
from suture.templating.plain_templates import pieces
from suture.variables.scope import Precedence, Promise, Scope
from suture.variables.values import UndefinedValue

SCOPE = (
    Scope()
    .with_layer(
        Precedence.PLAY_VARS,
        {
            "a": "text\n",
            "n": 7,
            "nothing": None,
            "deep": {"dir": "/srv", "lists": [1], "more": {"x": "{{ n }}"}},
            "told": "{{ deep.dir }}/{{ n }}",
            "secret": Secret("hush"),
            "pop": "a name like a method's",
        },
    )
    .with_layer(Precedence.RESULTS, {"late": Promise(lambda: {"rc": 0})})
)
NAMES = ["a", "n", "nothing", "deep", "told", "secret", "late", "gone", "pop", "range", "vars"]
PARTS = st.one_of(
    st.sampled_from(
        ["/", "\n", " ", "é", "{", "}}", "text", *(f"{{{{{name}}}}}" for name in NAMES)]
    ),
    st.sampled_from(["{{ deep.dir }}", "{{ deep.more.x }}", "{{ late.rc }}", "{{\ndeep.gone }}"]),
    st.sampled_from(["{{ deep.lists }}", "{{ a.pop }}", "{{ true }}", "{{ loop }}", "{% raw %}"]),
    st.text(alphabet="ab\n\t%#", max_size=3),
)


def _by_jinja(text: str) -> Any:
    return engine.evaluated(engine.code_of(engine._values(), text), SCOPE)


def _told(value: Any) -> Any:
    return value.sentence if isinstance(value, UndefinedValue) else (type(value), value)


@given(st.lists(PARTS, max_size=6).map("".join))
def test_the_result_is_jinja2s(text: str) -> None:
    try:
        expected = _told(_by_jinja(text))
    except Exception as error:  # noqa: BLE001 - the same must come of the other way
        with pytest.raises(type(error)):
            engine.compiled.__wrapped__(text)
        return
    assert _told(engine.evaluated(engine.compiled.__wrapped__(text), SCOPE)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a }}/b", (("a",), "/b")),
        ("x{{ a.b }}", ("x", ("a", "b"))),
        ("{{ a }}\n", (("a",),)),
        ("{{ a | upper }}", None),
        ("{{- a }}", None),
        ("{{ a }}{# why #}", None),
        ("{{ none }}", None),
        ("{{ a }}\r\n", None),
        ("{{{ a }}", None),
    ],
)
def test_only_text_and_paths_are_taken(text: str, expected: Any) -> None:
    assert pieces(text) == expected
