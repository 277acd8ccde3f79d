"""What lint finds in templates, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.model import Mark
from suture.secrets import Unsafe
from suture.templating.static_checks import check, reads, undefined

MARK = Mark("no-such-file.yml", 3, 7)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{{ a | uper }}", "there is no filter 'uper'; did you mean 'upper'?"),
        ("{{ a is definde }}", "there is no test 'definde'; did you mean 'defined'?"),
        ("{{ lookup('fil', a) }}", "there is no lookup 'fil'; did you mean 'file'?"),
        ("{{ q('nope') }}", "there is no lookup 'nope'"),
        ("{{ a | json_query('x') }}", "there is no filter 'json_query': use selectattr"),
        ("{{ a | community.general.json_query('x') }}", "use selectattr"),
        ("{{ a", "this is no template that can be read: unexpected end of template"),
        ("{% if a %}", "Unexpected end of template"),
        ("{% foo %}", "Encountered unknown tag 'foo'"),
        ({"x": ["{{ a | nope }}"]}, "there is no filter 'nope'"),
        ("{{ a.b('{{ c }}') | map('x') | nopenope }}", "'nopenope'"),
    ],
)
def test_problems(value: object, message: str) -> None:
    (problem,) = check(value, MARK)
    assert message in problem.message
    assert problem.level == "error"
    assert problem.mark == MARK


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        5,
        None,
        "{{ a | ansible.builtin.combine(b) }}",
        "{{ a is ansible.builtin.version('1', '>') }}",
        "{{ lookup('ansible.builtin.env', 'X') }}",
        "{{ lookup(kind, 'X') }}",
        "{{ a.lookup('nope') }}",
        "{% for x in y %}{{ loop.index }}{% endfor %}",
        Unsafe("{{ a | nope"),
    ],
)
def test_no_problems(value: object) -> None:
    assert list(check(value, MARK)) == []


def test_conditions() -> None:
    assert list(check("a == 1 and b is defined", MARK, condition=True)) == []
    (problem,) = check("a == ", MARK, condition=True)
    assert "cannot be read" in problem.message or "no template" in problem.message
    (problem,) = check("{{ a == 1 }}", MARK, condition=True)
    assert (problem.level, problem.message) == (
        "warning",
        "a condition is an expression: leave the braces out",
    )
    (problem,) = check(["a", "b | nope"], MARK, condition=True)
    assert "no filter 'nope'" in problem.message
    (problem,) = check("a b", MARK, condition=True)
    assert "unexpected 'b' behind the expression" in problem.message


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        ("{{ lookup('file', '{{ name }}.txt') }}", False),
        ("'{{ a }}' == 'b'", True),
        ("a in lookup('env', '{{ b }}')", True),
    ],
)
def test_a_template_inside_a_template_is_warned_of(value: str, condition: bool) -> None:
    (problem,) = check(value, MARK, condition)
    assert problem.level == "warning"
    assert "a template inside a template" in problem.message


def test_the_place_is_that_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "site.yml"
    file.write_text(
        "- debug:\n"
        '    msg: "{{ a | uper }}"\n'
        "- copy:\n"
        "    content: |\n"
        "      first\n"
        "      {{ b | nope }}\n"
        "      {{ c\n"
        "  when: x | odd_filter\n"
    )
    name = str(file)
    (one,) = check("{{ a | uper }}", Mark(name, 2, 10))
    assert (one.mark.line, one.mark.column) == (2, 18)
    (two,) = check("first\n{{ b | nope }}\n", Mark(name, 4, 14))
    assert (two.mark.line, two.mark.column) == (6, 14)
    (three,) = check("first\n{{ b }}\n{{ c\n", Mark(name, 4, 14))
    assert three.mark.line == 7
    for text, condition in (("x | odd_filter", True), ("{{ x | odd_filter }}", False)):
        (four,) = check(text, Mark(name, 8, 9), condition)
        assert (four.mark.line, four.mark.column) == (8, 13)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("plain", set()),
        ("{{ a.b[c] | default(d) }}", {"a", "c", "d"}),
        ("{% set x = y %}{{ x }}", {"y"}),
        ("{% for x in y %}{{ x }}{{ loop.index }}{% endfor %}", {"y"}),
        ("{{ vars['a'] }}{{ vars.b }}", {"a", "b"}),
        ("{{ lookup('vars', 'a', 'b') }}", {"a", "b"}),
        ("{{ hostvars[h].x }}", {"hostvars", "h"}),
        ("{{ omit }}{{ range(3) }}{{ now() }}", set()),
        ({"k": ["{{ a }}", {"x": "{{ b }}"}]}, {"a", "b"}),
        ("{{ a | nope(b) }}", {"a", "b"}),
        ("{{ broken", set()),
    ],
)
def test_reads(value: object, names: set[str]) -> None:
    assert reads(value) == names


def test_reads_of_a_condition() -> None:
    assert reads(["a == b", "c is defined"], condition=True) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("{{ known }}", []),
        ("{{ knwon }}", ["knwon"]),
        ("{{ x | default(1) }}", []),
        ("{{ x.y | default(1) }}", []),
        ("{{ x if x is defined else known }}", []),
        ("{{ x.y is defined }}", []),
        ("{{ ansible_os_family }}", []),
        ("{{ x | upper }}{{ y }}", ["x", "y"]),
        ("{{ x | default(y) }}", ["y"]),
        ("{{ broken", []),
    ],
)
def test_undefined(value: str, names: list[str]) -> None:
    problems = list(undefined(value, {"known", "known_too"}, MARK))
    assert [problem.message.split("'")[1] for problem in problems] == names
    if "knwon" in names:
        assert problems[0].message == "'knwon' is nowhere defined; did you mean 'known'?"
