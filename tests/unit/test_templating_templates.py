"""What templates become: laziness, circles, errors for people, secrets, the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import TemplateError
from suture.model import Mark
from suture.secrets import Secret, Unsafe
from suture.templating.rendering import OMIT, render, truth, value_of
from suture.variables.scope import Precedence, Scope

MARK = Mark("site.yml", 3, 7)


def scope(**values: Any) -> Scope:
    return Scope().with_layer(Precedence.PLAY_VARS, values)


# -- values ------------------------------------------------------------------------------------

DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc é\n'\"", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=10,
)


@given(DATA)
def test_data_comes_through_unchanged_and_as_a_copy(value: Any) -> None:
    whole = scope(x=value, y="{{ x }}", z={"in": ["{{ y }}"]})
    for template in ("{{ x }}", "{{ y }}", "{{ z['in'][0] }}"):
        found = render(template, whole)
        assert found == value
        assert type(found) is type(value)
        if isinstance(value, (list, dict)):
            assert found is not value
    assert render(value, whole) == value


def test_a_template_that_changes_what_it_reads_changes_a_copy() -> None:
    words = ["b", "a"]
    whole = scope(words=words, cfg={"words": "{{ words }}"})
    assert render("{% set _ = words.append('c') %}{{ words }}", whole) == ["b", "a", "c"]
    assert render("{{ words.sort() }}{{ words | join }}", whole) == "ab"
    assert render("{% set w = cfg.words %}{% set _ = w.pop() %}{{ w }}", whole) == ["b"]
    assert words == ["b", "a"]
    assert render("{{ words }}{{ cfg.words }}", whole) == "['b', 'a']['b', 'a']"


def test_what_was_rendered_may_be_changed_by_who_asked() -> None:
    whole = scope(x={"list": ["{{ y }}"]}, y=1)
    first = render("{{ x }}", whole)
    first["list"].append(2)
    assert render("{{ x }}", whole) == {"list": [1]}


def test_omit() -> None:
    whole = scope(skip="{{ omit }}", maybe={"a": "{{ omit }}", "b": 1})
    assert render("{{ omit }}", whole) is OMIT
    assert render("{{ skip }}", whole) is OMIT
    assert render("{{ nothing | default(omit) }}", whole) is OMIT
    assert render({"a": "{{ skip }}", "b": ["{{ omit }}", 2]}, whole) == {"b": [2]}
    assert render("{{ maybe }}", whole) == {"b": 1}


def test_unsafe_text_is_final() -> None:
    whole = scope(x=Unsafe("{{ 1/0 }}"), y=[Unsafe("{% x %}")])
    assert render("{{ x }}", whole) == "{{ 1/0 }}"
    assert type(render("{{ x }}", whole)) is str
    assert render({"a": Unsafe("{{ y }}"), "b": "{{ y }}"}, whole) == {
        "a": "{{ y }}",
        "b": ["{% x %}"],
    }


# -- circles and errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "template", "chain"),
    [
        ({"a": "{{ a }}"}, "{{ a }}", "a → a"),
        ({"a": "{{ b }}", "b": "x{{ c }}", "c": "{{ a }}"}, "{{ a }}", "a → b → c → a"),
        ({"a": "{{ b }}", "b": "{{ a }}"}, "{{ b }}", "b → a → b"),
        ({"a": {"x": "{{ a.y }}", "y": "{{ a.x }}"}}, "{{ a.x }}", "a.x → a.y → a.x"),
        ({"a": {"x": "{{ a }}"}}, "{{ a }}", "a.x → a.x"),
        ({"a": ["{{ a[0] }}"]}, "{{ a[0] }}", "a[0] → a[0]"),
        ({"a": "{{ vars['a'] }}"}, "{{ a }}", "a → a"),
    ],
)
def test_a_circle_is_named(variables: dict[str, Any], template: str, chain: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, scope(**variables), MARK)
    assert f"refers to itself: {chain}" in str(caught.value)


def test_a_dict_may_refer_to_its_other_parts() -> None:
    assert render("{{ a }}", scope(a={"x": 1, "y": "{{ a.x + 1 }}"})) == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ bse }}", "'bse' is undefined; did you mean 'base'?"),
        ("{{ nowhere }}", "'nowhere' is undefined"),
        ("{{ through }}", "'nowhere' is undefined (in the variable 'through')"),
        ("{{ user.nam }}", "there is no 'nam' in this dict; did you mean 'name'?"),
        ("{{ base.x }}", "there is no 'x' in this str"),
        ("{{ words[9] }}", "there is no item 9 in a list of 2"),
        ("{{ 'x' | from_json }}", "the filter 'from_json': Expecting value"),
        ("{{ 'x' is version('1', '~') }}", "the test 'version': versions are compared with"),
        ("{{ lookup('fil', 'x') }}", "there is no lookup 'fil'; did you mean 'file'?"),
        ("{{ base | uper }}", "No filter named 'uper'"),
        ("{{ base", "unexpected end of template"),
        ("{{ range(3) }}", "the result is a range"),
        ("{{ base | mandatory('say where') }}{{ x | mandatory('say where') }}", "say where"),
        ("{{ undef('choose one') }}", "choose one"),
    ],
)
def test_an_error_is_a_sentence_with_its_place(template: str, sentence: str) -> None:
    whole = scope(base="/srv", through="{{ nowhere }}", user={"name": "x"}, words=["a", "b"])
    with pytest.raises(TemplateError) as caught:
        render(template, whole, MARK)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("site.yml:3:7: ")
    assert caught.value.mark == MARK


def test_a_value_may_hold_a_part_that_nobody_can_make() -> None:
    whole = scope(cfg={"good": 1, "bad": "{{ nowhere }}"})
    assert render("{{ cfg.good }}{{ cfg | length }}{{ 'bad' in cfg }}", whole) == "12True"
    with pytest.raises(TemplateError, match=r"\(in the variable 'cfg.bad'\)"):
        render("{{ cfg }}", whole)


def test_value_of() -> None:
    assert value_of("x", scope(x="{{ y }}", y=[1])) == [1]
    with pytest.raises(TemplateError, match="'z' is undefined"):
        value_of("z", scope())


# -- conditions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "hint"),
    [("words", "| length > 0"), ("number", "| bool"), ("text", "| length > 0")],
)
def test_a_condition_has_to_be_a_bool(condition: str, hint: str) -> None:
    whole = scope(words=["a"], number=1, text="yes")
    with pytest.raises(TemplateError, match="neither true nor false") as caught:
        truth(condition, whole, MARK)
    assert hint in str(caught.value)
    assert caught.value.mark == MARK


def test_an_empty_list_of_conditions_holds() -> None:
    assert truth([], scope()) is True


# -- the sandbox -------------------------------------------------------------------------------

ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ ''|attr('__class__') }}",
    "{{ ['']|map(attribute='__class__')|list }}",
    "{{ [[]]|map('attr', '__class__')|list }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '{0.__class__.__mro__}'.format(x) }}",
    "{{ '{x.__class__}'.format_map({'x': x}) }}",
    "{{ ('{0.__class__}'|string).format(x) }}",
    "{{ secret.__class__ }}",
    "{{ '{0.__class__}'.format(secret) }}",
    "{{ lookup.__globals__ }}",
    "{{ lookup.__wrapped__ }}",
    "{{ query.__closure__ }}",
    "{{ now.__globals__ }}",
    "{{ now().__class__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__class__ }}",
    "{{ (1).__class__ }}",
    "{{ omit.__class__ }}",
    "{{ vars.__class__ }}",
    "{{ vars._scope }}",
    "{{ vars['_scope'] }}",
    "{{ vars|attr('_scope') }}",
    "{{ x|extract({}, '__class__') }}",
    "{{ '__class__'|extract(x) }}",
    "{{ undefined_name.__class__ }}",
    "{{ (undefined_name|default(x)).__class__ }}",
    "{% macro m() %}{% endmacro %}{{ m.__class__ }}",
    "{% set g = (x for x in []) %}",
    "{{ ().__class__ }}",
    "{{ dict.__subclasses__() }}",
    "{{ dict.mro() }}",
    "{{ x.encode.__self__ }}",
    "{{ x.__init_subclass__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ import('os') }}",
    "{% include '/etc/passwd' %}",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_the_sandbox_is_closed(escape: str) -> None:
    with pytest.raises(TemplateError):
        render(escape, scope(x="x", secret=Secret("s")))


def test_an_item_is_not_hidden_by_a_forbidden_attribute() -> None:
    assert render("{{ x.__class__ }}{{ x['_y'] }}", scope(x={"__class__": 1, "_y": 2})) == "12"


# -- secrets -----------------------------------------------------------------------------------

SECRET = Secret("hunter2")


@pytest.mark.parametrize(
    "template",
    [
        "{{ password }}",
        "x{{ password }}y",
        "{{ 'a' ~ password }}",
        "{{ 'a' + password }}",
        "{{ '%s!' % password }}",
        "{{ '%s!' | format(password) }}",
        "{{ '{}!'.format(password) }}",
        "{{ password | upper }}",
        "{{ password.replace('h', 'H') }}",
        "{{ password | b64encode }}",
        "{{ password[1:] }}",
        "{{ [password, 'a'] | join(':') }}",
        "{{ {'p': password} | to_json }}",
        "{{ {'p': password} | to_nice_yaml }}",
        "x {{ [password] }}",
        "{{ through }}",
        "{{ cfg.db.password }}",
        "{{ lookup('vars', 'password') }}",
        "{% set x = password %}{{ x }}z",
        "{% macro m(p) %}{{ p }}!{% endmacro %}{{ m(password) }}",
        "{{ users | map(attribute='password') | first }}",
        "{{ users[0].values() | list | last }}",
        "{{ password | regex_replace('h', 'H') }}",
        "{{ password | hash('sha256') }}",
        "{{ password * 2 }}",
        "{{ secret_template }}",
        "{{ password\n}}\n",
    ],
)
def test_text_that_a_secret_went_into_is_secret(template: str) -> None:
    whole = scope(
        password=SECRET,
        through="{{ password }}",
        cfg={"db": {"password": "{{ password }}", "host": "h"}},
        users=[{"name": "ada", "password": SECRET}],
        secret_template=Secret("{{ plain }}!"),
        plain="p",
    )
    found = render(template, whole)
    assert type(found) is Secret, found
    assert found.isascii()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ users | map(attribute='name') | list }}", ["ada"]),
        ("{{ users | selectattr('password', 'defined') | map(attribute='name') | first }}", "ada"),
        ("{{ users[0].get('name') }}", "ada"),
        ("{{ 'set' if password else 'not set' }}", "set"),
        ("{{ users[0] | dict2items | map(attribute='key') | list }}", ["name", "password"]),
        ("{{ password | length }}", 7),
        ("{{ users[0].name }}", "ada"),
        ("{{ password | ternary('yes', 'no') }}", "yes"),
    ],
)
def test_what_only_stood_beside_a_secret_is_none(template: str, expected: Any) -> None:
    found = render(template, scope(password=SECRET, users=[{"name": "ada", "password": SECRET}]))
    assert found == expected
    flat = found if isinstance(found, list) else [found]
    assert not any(isinstance(item, Secret) for item in flat)


def test_a_list_with_a_secret_is_legible_in_text() -> None:
    assert render("p={{ [password] }}", scope(password=SECRET)) == "p=['hunter2']"
