"""What modules accept, reflected from their Args: names, coercion, schema, reference."""

# ruff: noqa: E501  (what is said is quoted whole)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from suture.agent.protocol.content import content_of
from suture.agent.protocol.spec import Failure, arg
from suture.load import actions, specs
from suture.load.hints import coerced_to, described
from suture.load.playbook import problems
from suture.load.reference import json_schema, reference
from suture.secrets import Secret


@dataclass(frozen=True)
class Thing:
    """A thing is there.

    For tests."""

    EXAMPLES: ClassVar[str] = "- thing: {path: /x}"
    FREE_FORM: ClassVar[str] = "path"

    path: str = arg("Where | at all.", aliases=("dest", "name"))
    state: Literal["present", "absent", "yes"] = arg("How.", "present")
    mode: str | int | None = arg("Mode.", None)
    names: list[str] = arg("Names.", [])
    count: int = arg("How many.", 1)
    force: bool = arg("Whether.", False)
    settings: dict[str, Any] | None = arg("Settings.", None)
    src: str | None = arg("A file.", None, kind="file")
    token: str = arg("A secret.", "", secret=True)

    def __post_init__(self) -> None:
        if self.state == "absent" and self.src:
            raise ValueError("state: absent takes no 'src'")


@pytest.fixture
def thing(monkeypatch: pytest.MonkeyPatch) -> Iterator[specs.Spec]:
    monkeypatch.setitem(actions.ACTIONS, "thing", Thing)  # type: ignore[arg-type]
    specs.spec.cache_clear()
    specs.module_names.cache_clear()
    yield specs.spec("thing")
    specs.spec.cache_clear()
    specs.module_names.cache_clear()


def test_a_spec_knows_names_and_aliases(thing: specs.Spec) -> None:
    assert thing.doc == "A thing is there.\n\nFor tests."
    assert thing.names["dest"] == thing.names["name"] == thing.names["path"] == "path"
    assert thing.named({"dest": 1, "other": 2}) == {"path": 1, "other": 2}
    assert [p.name for p in thing.parameters.values() if p.required] == ["path"]
    assert thing.parameters["token"].secret and thing.parameters["src"].kind == "file"
    assert thing.here and thing.free_form == "path"


def test_collections_are_part_of_a_name_only_where_they_are_ours() -> None:
    assert specs.spec("ansible.builtin.include_role").name == "include_role"
    assert specs.plain_name("ansible.legacy.meta") == "meta"
    assert (
        specs.plain_name("community.docker.docker_container") == "community.docker.docker_container"
    )
    assert not specs.exists("ansible.posix.synchronize") and not specs.exists("nobody.nothing.meta")
    with pytest.raises(KeyError):
        specs.spec("ansible.posix.synchronize")


def test_every_module_has_a_spec() -> None:
    for name in specs.module_names():
        about = specs.spec(name)
        assert about.doc, name
        assert all(parameter.doc for parameter in about.parameters.values()), name
        assert {about.free_form, about.extra} <= {"", *about.parameters}, name


@pytest.mark.parametrize("name", specs.module_names())
def test_examples_are_what_the_loader_accepts(name: str, tmp_path: Any) -> None:
    about = specs.spec(name)
    if not about.examples or name == "import_playbook":
        return
    tasks = yaml.safe_load(about.examples)
    text = yaml.safe_dump([{"hosts": "all", "tasks": tasks}], width=1000)
    (tmp_path / "play.yml").write_text(text)
    files = ("there is no file", "there is no role", "handler")
    wrong = [
        str(p) for p in problems(tmp_path / "play.yml") if not any(f in p.message for f in files)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({"path": "/x"}, {"path": "/x"}),
        ({"dest": 5, "count": "7"}, {"path": "5", "count": 7}),
        ({"path": "x", "count": 3.0, "force": "Yes"}, {"path": "x", "count": 3, "force": True}),
        ({"path": "x", "force": 0}, {"path": "x", "force": False}),
        ({"path": "x", "names": "a, b"}, {"path": "x", "names": ["a", "b"]}),
        ({"path": "x", "names": 5}, {"path": "x", "names": ["5"]}),
        ({"path": "x", "names": ["a", 1]}, {"path": "x", "names": ["a", "1"]}),
        ({"path": "x", "names": ""}, {"path": "x", "names": []}),
        ({"path": "x", "mode": 420}, {"path": "x", "mode": "0644"}),
        ({"path": "x", "mode": None}, {"path": "x", "mode": None}),
        ({"path": "x", "count": None}, {"path": "x"}),
        ({"path": "x", "state": True}, {"path": "x", "state": "yes"}),
        ({"path": "x", "settings": '{"a": 1}'}, {"path": "x", "settings": {"a": 1}}),
        ({"path": "x", "settings": "a=1, b=2"}, {"path": "x", "settings": {"a": "1", "b": "2"}}),
    ],
)
def test_rendered_values_become_what_args_takes(
    thing: specs.Spec, given: dict[str, Any], becomes: dict[str, Any]
) -> None:
    coerced = specs.coerced("thing", given)
    assert coerced == becomes
    assert isinstance(Thing(**coerced), Thing)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "thing needs 'path'"),
        ({"path": []}, "thing.path must be text, not a list"),
        ({"paht": "x"}, "thing has no argument 'paht'; did you mean 'path'?; thing needs 'path'"),
        ({"path": "x", "count": "many"}, "thing.count must be a whole number, not 'many'"),
        ({"path": "x", "count": True}, "thing.count must be a whole number, not true"),
        ({"path": "x", "count": 1.5}, "thing.count must be a whole number, not 1.5"),
        ({"path": "x", "force": "maybe"}, "thing.force must be true or false, not 'maybe'"),
        (
            {"path": "x", "state": "gone"},
            "thing.state must be one of present, absent, yes, not 'gone'",
        ),
        ({"path": "x", "names": {}}, "thing.names must be a list of texts, not a mapping"),
        ({"path": "x", "settings": "a"}, "thing.settings must be a mapping, not 'a'"),
        ({"path": "x", "state": "absent", "src": "f"}, "thing: state: absent takes no 'src'"),
        ({"path": "x", "count": "a", "force": "b"}, "whole number, not 'a'; thing.force must be"),
    ],
)
def test_what_does_not_fit_is_said_all_at_once(
    thing: specs.Spec, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Failure) as caught:
        specs.coerced("thing", given)
    assert said in str(caught.value)


def test_content_and_evaluated_conditions_pass_as_they_are(thing: specs.Spec) -> None:
    content = content_of(b"x")
    assert specs.coerced("thing", {"path": "x", "src": content})["src"] is content


def test_what_is_not_declared_goes_where_it_is_collected() -> None:
    assert specs.coerced("set_fact", {"a": 1, "b": "x", "cacheable": "no"}) == {
        "facts": {"a": 1, "b": "x"},
        "cacheable": False,
    }
    assert specs.coerced("set_fact", {"facts": 1})["facts"] == {"facts": 1}


def test_a_secret_stays_one_when_it_is_split() -> None:
    assert coerced_to(str, Secret("a")) == "a" and type(coerced_to(str, Secret("a"))) is Secret
    assert all(type(each) is Secret for each in coerced_to(list[str], Secret("a,b")))


def test_types_in_words() -> None:
    assert described(str | int | None) == "text or a whole number"
    assert described(list[str] | dict[str, Any]) == "a list of texts or a mapping"
    assert described(Literal["a", True]) == "one of a, true"


HINTS = [str, int, float, bool, list[str], list[int], dict[str, Any], str | int | None, Any]
HINTS += [Literal["a", "b"], bool | Literal["auto"], list[str] | None, dict[str, str] | str]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.sampled_from(HINTS), VALUES)
@example(int, float("inf"))
@example(int, float("nan"))
def test_a_value_fits_or_is_refused_and_what_fits_fits_again(hint: Any, value: Any) -> None:
    try:
        made = coerced_to(hint, value)
    except ValueError as error:
        assert str(error).startswith("must be ")
    else:
        again = coerced_to(hint, made)
        assert again == made or again != again  # nan


def test_json_schema(thing: specs.Spec) -> None:
    schema = json_schema("thing")
    assert schema["additionalProperties"] is False
    assert schema["properties"]["dest"] == {"description": "Where | at all.", "type": "string"}
    assert schema["properties"]["force"]["anyOf"][0] == {"type": "boolean"}
    assert schema["properties"]["state"]["anyOf"][0] == {"enum": ["present", "absent", "yes"]}
    assert schema["allOf"] == [{"anyOf": [{"required": [n]} for n in ("path", "dest", "name")]}]
    assert json_schema("set_fact")["additionalProperties"] is True
    assert "facts" not in json_schema("set_fact")["properties"]


def test_the_reference_page(thing: specs.Spec) -> None:
    page = reference("thing")
    assert page.startswith("## thing\n\nA thing is there.")
    assert "| `path` (`dest`, `name`) | text | required | Where \\| at all. |" in page
    assert "| `force` | true or false | false | Whether. |" in page
    assert "| `src` | a file here |  | A file. |" in page
    assert "```yaml\n- thing: {path: /x}\n```" in page


def test_loading_is_cheap() -> None:
    """Importing the loader brings neither Jinja nor cryptography nor Fabric."""
    import subprocess
    import sys

    code = (
        "import sys, suture.commands.lint_files, suture.inventory.reader, suture.load.vault, suture.load.extra_vars;"
        "print([name for name in ('jinja2', 'cryptography', 'fabric', 'paramiko') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_thousand_tasks_are_read(tmp_path: Any) -> None:
    task = "    - name: step {n}\n      include_role:\n        name: '{{{{ r }}}}'\n      when: a is defined\n"
    text = "- hosts: all\n  tasks:\n" + "".join(task.format(n=n) for n in range(1000))
    (tmp_path / "big.yml").write_text(text)
    assert [p for p in problems(tmp_path / "big.yml") if p.level == "error"] == []
