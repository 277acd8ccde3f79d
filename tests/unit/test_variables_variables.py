"""Which value a name has, who waits for it, and that data stays data."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import TemplateError, UnknownValue
from suture.model import Host, Inventory, Mark, Play, Role, Task
from suture.run.magic import HostVars, host_magic, play_magic
from suture.templating.rendering import render, truth, value_of
from suture.variables.scope import (
    DATA,
    Late,
    Precedence,
    Promise,
    Scope,
    host_scope,
    play_scope,
    task_scope,
)

MARK = Mark("site.yml", 1)
NAMES = st.sampled_from(["a", "b", "c"])


class Counted:
    """A promise that says how often it was waited for."""

    def __init__(self, value: Any) -> None:
        self.reads = 0
        self._value = value
        self.promise = Promise(self._read)

    def _read(self) -> Any:
        self.reads += 1
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


def author(**values: Any) -> Scope:
    return Scope().with_layer(Precedence.PLAY_VARS, values)


# -- precedence --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(Precedence), NAMES, st.integers()), max_size=30))
def test_the_strongest_level_wins_and_within_one_the_latest(
    layers: list[tuple[Precedence, str, int]],
) -> None:
    scope = Scope()
    for level, name, value in layers:
        scope = scope.with_layer(level, {name: value})
    for name in "abc":
        having = [(level, at) for at, (level, found, _) in enumerate(layers) if found == name]
        if not having:
            assert name not in scope
            continue
        assert scope.find(name)[0] == layers[max(having)[1]][2]
    assert scope.names() == {name for _, name, _ in layers}


def test_the_order_of_levels_is_ansibles() -> None:
    play = Play(
        "p",
        "all",
        (),
        (),
        MARK,
        vars={"x": "play", "play": 1},
        roles=(Role("r", "/r", {"x": "default", "default": 1}, {"x": "role"}),),
    )
    host = Host("h", (), ({"x": "all", "group": 1}, {"x": "host"}))
    shared = play_scope(play, {})
    assert value_of("x", shared) == "role"
    scope = host_scope(shared, host)
    assert value_of("x", scope) == "role"
    assert value_of("default", scope) == 1
    task = Task("t", "debug", {}, MARK, vars=({"x": "block"}, {"x": "task"}))
    assert value_of("x", task_scope(scope, task)) == "task"
    results = scope.with_layer(Precedence.RESULTS, {"x": "set_fact"})
    assert value_of("x", task_scope(results, task)) == "set_fact"
    params = Task("t", "debug", {}, MARK, role=Role("r", "/r", params={"x": "param"}))
    assert value_of("x", task_scope(results, params)) == "param"
    extra = host_scope(play_scope(play, {"x": "extra"}), host)
    assert value_of("x", task_scope(extra, params)) == "extra"


def test_a_roles_own_variables_hide_those_of_other_roles() -> None:
    one = Role("one", "/one", {"port": 1}, {"name": "one"})
    two = Role("two", "/two", {"port": 2}, {"name": "two"})
    scope = play_scope(Play("p", "all", (), (), MARK, roles=(one, two)), {})
    assert value_of("port", scope) == 2
    inner = task_scope(scope, Task("t", "debug", {}, MARK, role=one))
    assert (
        render("{{ port }} {{ name }} {{ role_name }} {{ role_path }}", inner) == "1 one one /one"
    )


def test_a_scope_does_not_change_when_a_layer_is_put_on_it() -> None:
    scope = author(a=1)
    assert scope.with_layer(Precedence.EXTRA_VARS, {"a": 2}).find("a")[0] == 2
    assert scope.find("a")[0] == 1


# -- promises ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "reads"),
    [
        ("{{ other }}", 0),
        ("{{ result is defined }}", 0),
        ("{{ result is undefined }}", 0),
        ("{{ other if other else result.stdout }}", 0),
        ("{{ other or result.rc }}", 0),
        ("{% if not other %}{{ result }}{% endif %}", 0),
        ("{{ cfg.plain }}", 0),
        ("{{ cfg['plain'] }}", 0),
        ("{{ items[0] }}", 0),
        ("{{ vars['other'] }}", 0),
        ("{{ result.stdout }}", 1),
        ("{{ result }}", 1),
        ("{{ result is succeeded }}", 1),
        ("{{ result.stdout is defined }}", 1),
        ("{{ result.nothing | default('x') }}", 1),
        ("{{ cfg.of_result }}", 1),
        ("{{ items[1] }}", 1),
        ("{{ cfg }}", 1),
        ("{{ through }}", 1),
        ("{{ vars.result.stdout }}", 1),
        ("{{ lookup('vars', 'result') }}", 1),
    ],
)
def test_only_what_is_really_read_makes_wait(template: str, reads: int) -> None:
    result = Counted({"stdout": "out", "rc": 0, "failed": False})
    scope = author(
        other=1,
        cfg={"plain": "{{ other }}", "of_result": "{{ result.stdout }}"},
        items=["{{ other }}", "{{ result.stdout }}"],
        through="{{ cfg.of_result }}",
    ).with_layer(Precedence.RESULTS, {"result": result.promise})
    render(template, scope)
    assert bool(result.reads) is bool(reads)


def test_a_condition_stops_reading_at_the_first_that_does_not_hold() -> None:
    result = Counted({"rc": 0})
    scope = author(off=False).with_layer(Precedence.RESULTS, {"result": result.promise})
    assert truth(["off", "result.rc == 0"], scope) is False
    assert truth("off and result.rc == 0", scope) is False
    assert result.reads == 0


def test_what_a_dry_run_cannot_know_is_told_and_nothing_replaces_it() -> None:
    unknown = Counted(UnknownValue("result", "Install"))
    scope = author(a="{{ result.stdout }}").with_layer(
        Precedence.RESULTS, {"result": unknown.promise}
    )
    for template in (
        "{{ result.stdout }}",
        "{{ a }}",
        "{{ result.stdout | default('x') }}",
        "{{ a | default('x') }}",
        "{{ [1] | map('extract', [result.x]) | list }}",
        "{% for x in result.y %}{% endfor %}",
        "{{ lookup('vars', 'result', errors='ignore') }}",
        {"deep": ["{{ a }}"]},
    ):
        with pytest.raises(UnknownValue, match="Install"):
            render(template, scope)
    with pytest.raises(UnknownValue):
        truth("result is failed", scope)
    assert truth("result is defined", scope) is True


def test_facts_are_waited_for_by_those_who_read_one() -> None:
    facts = Counted({"ansible_distribution": "Debian"})
    late = Late(facts.promise, lambda name: name.startswith("ansible_"))
    scope = author(a=1, ansible_version="mine").with_layer(Precedence.FACTS, late)
    scope = scope.with_layer(Precedence.INVENTORY, {"ansible_port": 22})
    assert render("{{ a }} {{ ansible_version }} {{ nowhere | default(2) }}", scope) == "1 mine 2"
    assert render("{{ a if a else ansible_distribution }}", scope) == 1
    assert facts.reads == 0
    assert render("{{ ansible_distribution }}", scope) == "Debian"
    assert facts.reads == 1
    assert render("{{ ansible_port }}", scope) == 22
    assert render("{{ ansible_nothing is defined }}", scope) is False
    assert render("{{ ansible_nothing | default('none') }}", scope) == "none"
    with pytest.raises(TemplateError, match="'ansible_nothing' is undefined"):
        render("{{ ansible_nothing }}", scope)


def test_two_threads_may_read_one_scope() -> None:
    scope = author(a="{{ b }}", b="{{ c }}", c="{{ d }}", d=4)
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(render("{{ a }}{{ b }}", scope)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["44"] * 8


# -- data stays data ---------------------------------------------------------------------------

BRACES = st.text(st.sampled_from(list("{}%# 'ab1/0lookup()")), max_size=30)
HOSTILE = BRACES | st.sampled_from(
    ["{{ 1/0 }}", "{{ lookup('pipe', 'id') }}", "{% for %}", "{# x #}", "{{", "}}", "#jinja2:x:1\n"]
)


@pytest.mark.parametrize("level", sorted(DATA))
@given(text=HOSTILE)
def test_what_came_from_a_host_is_never_a_template(level: Precedence, text: str) -> None:
    scope = author(
        direct="{{ result.stdout }}",
        inside="a {{ result.stdout }} b",
        nested={"x": ["{{ direct }}"]},
        again="{{ inside }}",
    ).with_layer(level, {"result": {"stdout": text, "lines": [text], text: text}})
    assert render("{{ result.stdout }}", scope) == text
    assert render("{{ result }}", scope)["lines"] == [text]
    assert render("{{ direct }}", scope) == text
    assert render("{{ again }}", scope) == f"a {text} b"
    assert render("{{ nested }}", scope) == {"x": [text]}
    assert render("{{ result.lines | first }}", scope) == text
    assert render("{% set x = result.stdout %}{{ x }}!", scope) == text + "!"
    assert render({"k": "{{ result.stdout }}"}, scope) == {"k": text}
    kept = scope.with_layer(Precedence.RESULTS, {"fact": render("{{ again }}", scope)})
    assert render("{{ fact }}", kept) == f"a {text} b"
    assert render("{{ vars['direct'] }}", scope) == text
    assert render("{{ lookup('vars', 'direct') }}", scope) == text


@given(text=HOSTILE)
def test_a_promised_value_is_data_too(text: str) -> None:
    scope = author(a="{{ r.x }}").with_layer(
        Precedence.RESULTS, {"r": Promise(lambda: {"x": text})}
    )
    assert render("{{ a }}", scope) == text


@pytest.mark.parametrize("text", ["true", "lookup('pipe', 'touch pwned')", "1 == 1", "{{ true }}"])
def test_a_condition_never_evaluates_what_came_from_a_host(text: str, tmp_path: Any) -> None:
    scope = author(a="{{ r.x }}").with_layer(Precedence.RESULTS, {"r": {"x": text}, "x": text})
    for condition in ("{{ r.x }}", "{{ x }}", "{{ a }}", "r.x", "x", "a"):
        with pytest.raises(TemplateError, match="neither true nor false"):
            truth(condition, scope)


# -- magic -------------------------------------------------------------------------------------


def test_magic_variables() -> None:
    play = Play("p", "all", (), (), MARK)
    web = Host("web.example", ("web",), ({"color": "{{ shade }} red", "shade": "dark"},))
    db = Host("db", ("data",), ({"color": "blue"},))
    inventory = Inventory(
        {"web.example": web, "db": db},
        {"all": ("web.example", "db"), "web": ("web.example",), "data": ("db",)},
    )
    scopes = {
        name: host_scope(play_scope(play, {}), host).with_layer(
            Precedence.MAGIC, host_magic(name, inventory)
        )
        for name, host in inventory.hosts.items()
    }
    magic = play_magic(
        play,
        inventory,
        playbook_dir="/p",
        hosts=["web.example", "db"],
        scope_of=scopes.__getitem__,
        dry_run=True,
    )
    scope = scopes["db"].with_layer(Precedence.MAGIC, magic)
    told = {
        "{{ inventory_hostname }}": "db",
        "{{ group_names }}": ["data"],
        "{{ hostvars['web.example'].color }}": "dark red",
        "{{ hostvars['web.example']['inventory_hostname_short'] }}": "web",
        "{{ groups.web | map('extract', hostvars, 'color') | list }}": ["dark red"],
        "{{ 'x' in hostvars }}": False,
        "{{ hostvars.nobody is defined }}": False,
        "{{ hostvars.db.nothing | default('d') }}": "d",
        "{{ hostvars | list }}": ["web.example", "db"],
        "{{ hostvars['db'].keys() | select('match', 'color') | list }}": ["color"],
        "{{ ansible_check_mode }}": True,
        "{{ ansible_version.full is version('2.19', '>=') }}": True,
        "{{ ansible_play_hosts }}": ["web.example", "db"],
        "{{ playbook_dir }}": "/p",
        "{{ hostvars.db | dict2items | selectattr('key', 'eq', 'color') | first }}": {
            "key": "color",
            "value": "blue",
        },
    }
    assert {template: render(template, scope) for template in told} == told


def test_a_circle_through_another_host_ends() -> None:
    names = ("one", "two")

    def scope_of(name: str) -> Scope:
        other = names[name == "one"]
        mine = author(a="{{ hostvars.NAME.a }}".replace("NAME", other))
        return mine.with_layer(Precedence.MAGIC, {"hostvars": HostVars(names, scope_of)})

    with pytest.raises(TemplateError, match="in a circle"):
        render("{{ a }}", scope_of("one"))


def test_the_variables_of_another_host_wait_only_when_read() -> None:
    result = Counted({"stdout": "there"})
    other = author(plain=1).with_layer(Precedence.RESULTS, {"r": result.promise})
    scope = Scope().with_layer(
        Precedence.MAGIC, {"hostvars": HostVars(("other",), lambda _: other)}
    )
    assert (
        render("{{ hostvars.other.plain }}{{ hostvars['other'].r is defined }}", scope) == "1True"
    )
    assert result.reads == 0
    assert render("{{ hostvars.other.r.stdout }}", scope) == "there"
