"""Loops: their items, what each round knows, and what is wrong said plainly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suture.errors import TemplateError, UnknownValue
from suture.model import Loop, Mark
from suture.run import loops
from suture.secrets import Secret
from suture.templating.rendering import render
from suture.variables.scope import Precedence, Promise, Scope

MARK = Mark("site.yml", 9, 5)


def scope(**values: Any) -> Scope:
    return Scope().with_layer(Precedence.PLAY_VARS, values)


def test_an_item_is_data() -> None:
    loop = Loop("loop", "{{ r.lines }}", MARK)
    whole = scope(x="{{ item }}!").with_layer(
        Precedence.RESULTS, {"r": {"lines": ["{{ 1/0 }}", "b"]}}
    )
    found = loops.items(loop, whole)
    rounds = [loops.item_scope(loop, whole, found, at) for at in range(len(found))]
    assert [render("{{ item }} {{ x }}", each) for each in rounds] == [
        "{{ 1/0 }} {{ 1/0 }}!",
        "b b!",
    ]


def test_what_a_round_knows() -> None:
    loop = Loop("loop", ["a", "b"], MARK, var="thing", index_var="at", extended=True)
    whole = scope()
    found = loops.items(loop, whole)
    last = loops.item_scope(loop, whole, found, 1)
    assert render("{{ thing }}{{ at }}{{ ansible_loop.last }}", last) == "b1True"
    assert loops.item_result(loop, last) == {
        "thing": "b",
        "at": 1,
        "ansible_loop_var": "thing",
        "ansible_index_var": "at",
        "ansible_loop": {
            "allitems": ["a", "b"],
            "index": 2,
            "index0": 1,
            "first": False,
            "last": True,
            "length": 2,
            "revindex": 1,
            "revindex0": 0,
            "previtem": "a",
        },
    }


def test_the_item_hides_every_other_variable_of_its_name() -> None:
    loop = Loop("loop", [1], MARK)
    whole = scope(item="play").with_layer(Precedence.EXTRA_VARS, {"item": "extra"})
    assert render("{{ item }}", loops.item_scope(loop, whole, [1], 0)) == 1


def test_labels() -> None:
    loop = Loop("loop", [{"name": "x"}, "y"], MARK)
    whole = scope()
    found = loops.items(loop, whole)
    labels = [loops.item_label(loop, loops.item_scope(loop, whole, found, at)) for at in (0, 1)]
    assert labels == ["{'name': 'x'}", "y"]
    named = Loop("loop", [{"name": "x"}], MARK, label="{{ item.name }}!")
    assert loops.item_label(named, loops.item_scope(named, whole, found, 0)) == "x!"
    secret = [{"p": Secret("hunter2")}]
    assert isinstance(loops.item_label(loop, loops.item_scope(loop, whole, secret, 0)), Secret)


@pytest.mark.parametrize(
    ("kind", "over", "sentence"),
    [
        ("loop", "text", "'loop' goes over a list, and this is 'text'; for one item"),
        ("loop", {"a": 1}, "for its keys and values write '| dict2items'"),
        ("loop", "{{ nowhere }}", "'nowhere' is undefined"),
        ("nope", [1], "there is no lookup 'nope'"),
        ("item", [1], "there is no lookup 'item'; did you mean 'items'?"),
        ("dict", [1], "with_dict: the dict lookup takes a dict"),
        ("sequence", "start=5 end=1", "with_sequence: a sequence that counts backwards"),
        ("sequence", "start=1", "takes either 'end' or 'count'"),
        ("sequence", "end=2 format=x", "exactly one place"),
        ("sequence", "end=2 nope=1", "with_sequence"),
        ("file", ["nope.txt"], "'nope.txt' is not there; looked for"),
        ("first_found", ["nope"], "none of these files is there: nope"),
        ("items", ["{{ nowhere }}"], "'nowhere' is undefined"),
        ("subelements", [[{"a": 1}], "b"], "there is no 'b' in"),
        ("subelements", [[{"a": 1}], "a"], "'a' is 1, which is no list"),
        ("subelements", [1], "takes a list, the name of a key"),
        ("lines", ["exit 3"], "the command ended with 3: exit 3"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(kind: str, over: Any, sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        loops.items(Loop(kind, over, MARK), scope())
    assert sentence in str(caught.value)
    assert caught.value.mark == MARK


def test_what_cannot_be_known_yet_is_told_as_such() -> None:
    def value() -> Any:
        raise UnknownValue("r", "Install")

    whole = scope().with_layer(Precedence.RESULTS, {"r": Promise(value)})
    for kind in ("loop", "items", "first_found"):
        with pytest.raises(UnknownValue):
            loops.items(Loop(kind, "{{ r.x }}", MARK), whole)


@pytest.mark.parametrize(
    ("over", "found"),
    [
        ("0x0f-0x11", ["15", "16", "17"]),
        ("start=0x0f count=2 format=%04x", ["000f", "0010"]),
        ("start=010 end=011", ["8", "9"]),
        ("count=0", []),
        ("start=1 end=5 stride=0", []),
        ("5-8", ["5", "6", "7", "8"]),
    ],
)
def test_sequences_that_ansible_documents(over: str, found: list[str]) -> None:
    assert loops.items(Loop("sequence", over, MARK), scope()) == found


def test_the_first_file_found_is_sought_where_the_module_looks(tmp_path: Path) -> None:
    for folder in ("files", "templates", "vars"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").write_text(folder)
    whole = scope().with_layer(Precedence.MAGIC, {"ansible_search_path": [str(tmp_path)]})
    loop = Loop("first_found", ["nope", "x"], MARK)
    for module, folder in (("template", "templates"), ("include_vars", "vars"), ("copy", "files")):
        assert loops.items(loop, whole, module) == [str(tmp_path / folder / "x")]


def test_patterns_of_hosts() -> None:
    groups = {"all": ["a", "b", "c"], "web": ["a", "b"], "prod": ["b", "c"]}
    whole = Scope().with_layer(Precedence.MAGIC, {"groups": groups})
    loop = Loop("inventory_hostnames", ["web:&prod", "c", "nobody"], MARK)
    assert loops.items(loop, whole) == ["b", "c"]
    assert loops.items(Loop("inventory_hostnames", "all:!web", MARK), whole) == ["c"]
