"""Input that nobody means: a sentence, in bounded time and memory."""

from __future__ import annotations

import json
import signal
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.shared import patterns as host_patterns
from suture.agent.shared.patterns import patiently
from suture.agent.world.world import World
from suture.commands import lint_files
from suture.commands.plan_file import SCHEMA, opened
from suture.errors import Refused, TemplateError
from suture.events import StepFinished, to_json
from suture.load import source
from suture.model import Mark
from suture.templating import bounds, patterns
from suture.templating.rendering import render
from suture.templating.static_checks import check
from suture.variables.scope import Scope
from tests import input_fuzz

HERE = Mark("p.yml", 4, 7)
PLAY = "- hosts: all\n  gather_facts: false\n  tasks:\n"


def told(folder: Path, text: str, name: str = "p.yml") -> list[str]:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [str(problem) for problem in lint_files.problems([file], check_template=check)]


# -- depth -----------------------------------------------------------------------------------------


def nested(levels: int) -> str:
    lines = [f"{' ' * (4 + 4 * level)}- block:" for level in range(levels)]
    return PLAY + "\n".join([*lines, " " * (4 + 4 * levels) + "- ping:", ""])


def test_blocks_are_nested_as_deep_as_anyone_means(tmp_path: Path) -> None:
    assert told(tmp_path, nested(50)) == []
    for levels in (51, 1000):
        (only,) = told(tmp_path, nested(levels))
        assert only.endswith("blocks are nested more than 50 levels deep: make them flatter")


DEEP = {
    "parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "lists": "{{ " + "[" * 3000 + "1" + "]" * 3000 + " }}",
    "conditions": "{% if true %}" * 3000 + "1" + "{% endif %}" * 3000,
    "loops": "{% for i in [1] %}" * 30 + "1" + "{% endfor %}" * 30,
    "negations": "{{ " + "not " * 5000 + "1 }}",
    "signs": "{{ " + "-" * 5000 + "1 }}",
    "sums": "{{ " + "1+" * 5000 + "1 }}",
    "filters": "{{ 'x'" + "|upper" * 5000 + " }}",
    "parts": "{{ 'x'" + ".a" * 5000 + " }}",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_a_template_too_deep_is_a_sentence_before_the_run_and_in_it(text: str) -> None:
    for problem in check(text, HERE):
        assert "too deeply" in problem.message
    with pytest.raises(TemplateError, match=r"too deeply|there is no 'a'|no attribute"):
        render(text, Scope(), HERE)


def test_a_condition_too_deep_is_a_sentence() -> None:
    (problem,) = check("(" * 3000 + "true" + ")" * 3000, HERE, condition=True)
    assert problem.message.endswith(
        "it is nested too deeply: give parts of it names of their own, in 'vars'"
    )


@pytest.mark.parametrize("text", ["[" * 100_000, '{"seal":' * 100_000, "null", "", '{"seal": NaN}'])
def test_a_plan_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is no plan that 'plan --out' has written"):
        opened(text, Nobodys(), "plan.json")


class Nobodys:
    """A key that has sealed nothing."""

    def mark(self, purpose: str, data: bytes) -> str:
        return "0" * 64


@pytest.mark.parametrize("seal", ["é" * 64, "\ud800", "0" * 63, ""])
@pytest.mark.parametrize("which", ["sha256", "hmac_sha256"])
def test_a_seal_of_other_letters_is_refused(seal: str, which: str) -> None:
    import hashlib

    from suture.commands.plan_file import _canonical

    body: dict[str, Any] = {"schema": SCHEMA}
    right = {"sha256": hashlib.sha256(_canonical(body)).hexdigest(), "hmac_sha256": "0" * 64}
    text = json.dumps({**body, "seal": {**right, which: seal}})
    with pytest.raises(Refused, match=r"was changed since|was not sealed"):
        opened(text, Nobodys(), "plan.json")


# -- size ------------------------------------------------------------------------------------------

LARGE = (
    "'a' * 10**10",
    "('a' * 10**10) | length",
    "10**10 * 'a'",
    "[1] * 10**10",
    "2 ** (10 ** 9)",
    "range(10**9) | list",
    "range(10**12) | list | length",
    "'a'.ljust(10**10)",
    "'a'.center(10**10)",
    "'a'.zfill(10**10)",
    "'a' | center(10**10)",
    "'a\nb' | indent(10**10)",
    "'%10000000000d' % 1",
    "'%.10000000000f' % 1",
    "'%*d' % (10**10, 1)",
    "'%10000000000d' | format(1)",
    "'{:>10000000000}'.format(1)",
    "('a' * 10000) | replace('a', 'b' * 1000000)",
    "('a' * 10000).replace('a', 'b' * 1000000)",
    "('a' * 4000000).join(range(90) | map('string') | list)",
    "range(1001) | product(range(1000)) | list | length",
    "range(10) | permutations | list | length",
    "[1, 2] | batch(10**10) | list",
)


@pytest.mark.parametrize("expression", LARGE)
def test_what_a_template_makes_is_bounded(expression: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError, match="nobody means that"):
            render("{{ " + expression + " }}", Scope(), HERE)
        assert tracemalloc.get_traced_memory()[1] < 300 << 20
    finally:
        tracemalloc.stop()


def test_what_a_template_makes_bit_by_bit_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TEXT", 10_000)
    monkeypatch.setattr(bounds, "ITEMS", 10_000)
    grown = "{{% set n = namespace(x={}) %}}{{% for i in range(60) %}}{{% set n.x = n.x {} n.x %}}"
    for start, operator in (("'aa'", "~"), ("'aa'", "+"), ("['a']", "+")):
        text = grown.format(start, operator) + "{% endfor %}{{ n.x | length }}"
        with pytest.raises(TemplateError, match="nobody means that"):
            render(text, Scope(), HERE)
    with pytest.raises(TemplateError, match="nobody means that"):
        render("{% for i in range(6000) %}ab{% endfor %}", Scope(), HERE)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'ab' * 3", "ababab"),
        ("2 ** 100", 2**100),
        ("'%s took 12345678 ms' % 'it'", "it took 12345678 ms"),
        ("'%08d' % 7", "00000007"),
        ("'{:>4}'.format(1)", "   1"),
        ("'a' | center(3)", " a "),
        ("range(3) | product([1]) | list | length", 3),
    ],
)
def test_what_anyone_means_is_made(expression: str, value: object) -> None:
    assert render("{{ " + expression + " }}", Scope(), HERE) == value


# -- patterns --------------------------------------------------------------------------------------

BAD = "(a+)+$"
TEXT = "a" * 40 + "!"


@pytest.mark.parametrize(
    "expression",
    [
        "text | regex_search(bad)",
        "text | regex_replace(bad, '')",
        "text | regex_findall(bad)",
        "text is match(bad)",
        "text is search(bad)",
        "[text] | select('search', bad) | list",
    ],
)
def test_a_pattern_that_never_ends_is_given_up(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.3)
    given = "{% set bad = '" + BAD + "' %}{% set text = '" + TEXT + "' %}"
    with pytest.raises(TemplateError, match=r"the pattern '\(a\+\)\+\$' takes more than 0.3 s"):
        render(given + "{{ " + expression + " }}", Scope(), HERE)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a|b)+c", "xxab" * 10 + "c"),
        (r"((\w+)=(\d+);?)*", "a=1;b=2;" * 8),
        (r"(?<=k)(x+)+y", "kxxxy" * 9),
        (r"(é+)+\ud800?", "é" * 30),
    ],
)
def test_a_pattern_tried_apart_finds_the_same(pattern: str, text: str) -> None:
    import re

    assert patterns.may_run_away(pattern, text)
    for how in ("search", "match", "fullmatch"):
        ours, theirs = patterns.first(how, pattern, text), getattr(re, how)(pattern, text)
        assert (ours and (ours.span(), ours.groups())) == (
            theirs and (theirs.span(), theirs.groups())
        )
    assert patterns.every(pattern, text) == re.findall(pattern, text)
    assert patterns.replaced(pattern, r"<\1>", text, count=2) == re.subn(
        pattern, r"<\1>", text, count=2
    )


def test_usual_patterns_are_tried_at_once() -> None:
    for pattern in (r"^(\S+)\s+(\S+)$", r"\bversion: *(.*)", r"[a-z]+@[a-z.]+"):
        assert not patterns.may_run_away(pattern, "x" * 400)


def test_a_pattern_on_the_host_is_given_up_and_an_outer_limit_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import re

    monkeypatch.setattr(host_patterns, "SECONDS", 0.2)
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 50)
    try:
        said = r"takes more than 0\.2 s on /etc/motd"
        with pytest.raises(Failure, match=said), patiently(BAD, "/etc/motd"):
            re.search(BAD, TEXT)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 45 < left < 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# -- nothing, numbers that are none, keys ------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ("copy: {content: x, dest: ''}", "copy needs 'dest', and it is empty"),
        ("file: {path: ' ', state: absent}", "file needs 'path', and it is empty"),
        ("file: {dest: '', state: absent}", "file needs 'dest', and it is empty"),
        ("find: {paths: ['']}", "find needs 'paths', and it is empty"),
        ("user: {name: ''}", "user needs 'name', and it is empty"),
    ],
)
def test_an_empty_required_argument_is_told(tmp_path: Path, task: str, sentence: str) -> None:
    (only,) = told(tmp_path, f"{PLAY}    - {task}\n")
    assert only.endswith(sentence)


def test_an_empty_path_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").write_text("x")
    monkeypatch.chdir(tmp_path)
    world = World()
    for act in (world.remove, world.mkdir):
        with pytest.raises(Failure, match="the path is empty"):
            act("")
    assert (tmp_path / "kept").read_text() == "x"


def test_keys_that_only_count_as_equal_are_different_keys() -> None:
    found = source.parsed("p.yml", "{1: 2, true: x, 1.0: 4, null: 5, 'null': 6}")
    assert found.root is not None
    assert found.data(found.root) == {1: 2, "true": "x", "1.0": 4, None: 5, "null": 6}
    assert found.problems == []
    again = source.parsed("p.yml", "{1: 2, 1: 3}")
    assert again.root is not None
    assert again.data(again.root) == {1: 3}
    assert [problem.level for problem in again.problems] == ["warning"]


def test_a_number_that_is_none_never_leaves_as_json() -> None:
    event = StepFinished(
        host="h", task="t", module="m", status="ok", data={"a": [float("nan"), float("inf"), 1.5]}
    )
    line = to_json(event)
    assert json.loads(line, parse_constant=pytest.fail)["data"] == {"a": [None, None, 1.5]}


NONE = "this is no playbook, nor tasks, variables, a plan or an inventory"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.txt", "Dear all,\nthis is a letter: nothing more.\n", NONE),
        ("a.yml", "Dear all, this is a letter\n", NONE),
        ("a.yml", "42\n", NONE),
        ("a.yml", "[1, 2]\n", NONE),
        ("a.yml", "- {}\n", NONE),
        ("a.sh", "#!/bin/sh\necho hi\n", NONE),
        ("a.yml", "", "this file is empty"),
    ],
)
def test_a_text_that_is_no_playbook_is_told_so(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (only,) = told(tmp_path, text, name)
    assert sentence in only


def test_a_large_playbook_is_loaded_in_time(tmp_path: Path) -> None:
    """A hundredth of 20 MB: its cost grows with its size alone, see docs/reliability.md."""
    from suture.load import playbook
    from suture.load.reading import Reading

    task = "    - name: task {}\n      command: echo {} {}\n      when: x is defined\n"
    filler = "a" * 60
    text = PLAY + "".join(task.format(n, n, filler) for n in range(1_650))
    assert len(text) > 200_000
    file = tmp_path / "large.yml"
    file.write_text(text)
    reading = Reading(None, None)
    began = time.process_time()
    playbook.read(reading, file, ())
    spent = time.process_time() - began
    assert reading.problems == []
    assert spent < 2, spent


def test_input_gone_wrong_is_told_in_sentences() -> None:
    """Six hundred playbooks, inventories and plan files; ``python -m tests.input_fuzz`` draws more."""
    assert input_fuzz.wrong(600, 11) == []


def test_a_module_whose_name_no_file_could_have_is_told(tmp_path: Path) -> None:
    for name in ("x" * 300, "é" * 150, "a.b." + "c" * 300):
        (only,) = told(tmp_path, f"{PLAY}    - {name}: {{}}\n")
        assert "there is no module" in only or "no module" in only
