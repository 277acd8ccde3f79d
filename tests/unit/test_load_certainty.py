"""What is certain to fail is refused; what may be reached is a warning, and fails where it is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from suture.errors import Invalid
from suture.load.playbook import playbook, problems
from suture.load.problem_lines import lines_by_cause
from suture.load.role_uses import tasks_of
from suture.model import Problem
from suture.templating.rendering import static_value
from suture.templating.static_checks import check

PLACES = {
    "tasks: [TASK]": "error",
    "pre_tasks: [TASK]": "error",
    "tasks: [{block: [TASK]}]": "error",
    "tasks: [{block: [{debug: }], always: [TASK]}]": "error",
    "tasks: [{import_tasks: part.yml}]": "error",
    "roles: [r]": "error",
    "tasks: [{block: [TASK], rescue: [{debug: }]}]": "possible",
    "tasks: [{block: [{debug: }], rescue: [TASK]}]": "possible",
    "tasks: [{block: [TASK], when: a}]": "possible",
    "tasks: [{block: [TASK], ignore_errors: true}]": "possible",
    "tasks: [{import_tasks: part.yml, when: a}]": "possible",
    "tasks: [{include_tasks: part.yml}]": "possible",
    "roles: [{role: r, when: a}]": "possible",
    "handlers: [TASK]": "possible",
    "tasks: [{meta: end_play, when: a}, TASK]": "possible",
    "tasks: [{block: [TASK], tags: never}]": "possible",
}
FAULTS = (
    "{nosuch: {a: 1}}",
    "{nosuch.at.all: a}",
    "{copy: {dest: /x, contnt: a}}",
    "{file: {state: directory}}",
    "{debug: {msg: '{{ a | nosuch }}'}}",
    "{debug: {msg: \"{{ lookup('nosuch') }}\"}}",
    "{action: nosuch}",
)


def levels(text: str) -> set[str]:
    Path("roles/r/tasks").mkdir(parents=True, exist_ok=True)
    Path("p.yml").write_text(text)
    return {problem.level for problem in problems("p.yml", check_template=check)}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_is_as_grave_as_its_place(place: str) -> None:
    for fault in FAULTS:
        for name in ("part.yml", "roles/r/tasks/main.yml"):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(f"- {fault}\n")
        assert levels(f"- hosts: all\n  {place.replace('TASK', fault)}\n") == {PLACES[place]}, fault


@pytest.mark.parametrize(
    "word", ["when: a", "loop: [1]", "with_items: [1]", "failed_when: false", "ignore_errors: yes"]
)
def test_what_is_asked_of_a_task_may_keep_it_from_failing(word: str) -> None:
    assert levels(f"- hosts: all\n  tasks:\n    - nosuch:\n      {word}\n") == {"possible"}


def test_a_task_that_may_be_reached_carries_its_fault() -> None:
    Path("p.yml").write_text("- hosts: all\n  tasks: [{nosuch: , when: a}, {debug: }]\n")
    found = playbook("p.yml")
    bad, good = tasks_of(found.plays[0].sections[1])
    assert [fault.message.partition("'")[0] for fault in bad.faults] == ["there is no module "]
    assert not good.faults and found.possible == bad.faults


def test_what_tags_leave_out_is_not_certain() -> None:
    Path("p.yml").write_text("- hosts: all\n  tasks: [{nosuch: , tags: a}, {debug: }]\n")
    with pytest.raises(Invalid, match="nosuch"):
        playbook("p.yml")
    assert playbook("p.yml", selected=lambda tags: "a" not in tags).possible


def test_a_file_that_is_included_and_imported_is_certain_to_be_read() -> None:
    Path("part.yml").write_text("- {debug: {msg: x}, whn: a}\n")
    include, its = "{include_tasks: part.yml}", "{import_tasks: part.yml}"
    assert levels(f"- hosts: all\n  tasks: [{include}]\n") == {"possible"}
    assert levels(f"- hosts: all\n  tasks: [{include}, {its}]\n") == {"error"}


def test_names_of_imports_take_what_is_known_beforehand() -> None:
    Path("roles/web/tasks").mkdir(parents=True)
    Path("roles/web/tasks/main.yml").write_text("- debug:\n")
    Path("one.yml").write_text("- command: 'true'\n")
    Path("two.yml").write_text("- shell: 'true'\n")
    Path("p.yml").write_text(
        "- hosts: all\n  vars: {r: web, f: one}\n  roles: ['{{ r }}']\n"
        "  tasks: [{import_tasks: '{{ f }}.yml'}]\n"
    )
    found = playbook("p.yml", rendered=static_value)
    assert [task.module for task in tasks_of(found.plays[0].sections[1])] == ["debug", "command"]
    found = playbook("p.yml", rendered=static_value, extra_vars={"f": "two"})
    assert [task.module for task in tasks_of(found.plays[0].sections[1])] == ["debug", "shell"]
    Path("p.yml").write_text("- hosts: all\n  tasks: [{import_tasks: '{{ later }}.yml'}]\n")
    with pytest.raises(Invalid, match=r"cannot be known then: 'later' is undefined.*include_tasks"):
        playbook("p.yml", rendered=static_value)


def test_a_cause_is_told_once() -> None:
    Path("p.yml").write_text(
        "- hosts: all\n  tasks: [{nosuch: }, {nosuch: }, {nosuch: }, {other: }]\n"
    )
    first, second = lines_by_cause(problems("p.yml"))
    assert first.startswith("p.yml:2:12: there is no module 'nosuch'")
    assert first.endswith("(and in 2 more places)") and "'other'" in second


# -- mutations -------------------------------------------------------------------------------------

SOUND = """\
- name: a play
  hosts: all
  vars: {a: [1, 2], b: {c: "{{ d | default('x') }}"}}
  vars_prompt: [{name: q, prompt: Q, private: no}]
  roles: [{role: r, when: a, tags: [x]}]
  tasks:
    - name: one
      copy: {dest: /x, content: "{{ b.c }}", mode: 0644}
      loop: "{{ a }}"
      loop_control: {label: "{{ item }}"}
      notify: [restart]
      register: r
      until: r is success
    - block:
        - import_tasks: part.yml
        - include_role: {name: r, apply: {tags: [y]}}
      rescue: [{debug: {var: r}}]
      always: [{meta: flush_handlers}]
    - action: command echo a=b
      async: 5
      poll: 1
      vars: {v: !unsafe '{{', w: !vault "$ANSIBLE_VAULT;1.1;AES256\\n00"}
  handlers: [{name: restart, service: name=x state=restarted, listen: [t]}]
"""
WORDS = (
    *("", "null", "~", "[]", "{}", "[[]]", "{{}}", "{? [] : x}", "1", "-1", "1e999", "0644", "yes"),
    *("'{{'", "'{{ a'", "'{% if %}'", "!vault x", "!!binary x", "!nosuch x", "&a [*a]", "*b", "''"),
    *("2001-01-01", "[1, {a: [b]}]", "'\\0'", "x: y", "- z", "include", "'a' * 3", "|", ">", "@"),
)


def mutated(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        line = lines[at]
        kind = dice.randrange(6)
        if kind == 0:
            lines[at] = line.partition(":")[0] + ": " + dice.choice(WORDS)
        elif kind == 1:
            del lines[at]
            lines = lines or [""]
        elif kind == 2:
            lines.insert(at, dice.choice(lines))
        elif kind == 3:
            lines[at] = " " * dice.randint(0, 8) + line.strip()
        elif kind == 4 and line:
            cut = dice.randrange(len(line))
            lines[at] = line[:cut] + dice.choice(WORDS) + line[cut + dice.randint(0, 3) :]
        else:
            words = line.split()
            dice.shuffle(words)
            lines[at] = line[: len(line) - len(line.lstrip())] + " ".join(words)
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(10))
def test_no_mutation_of_a_playbook_ends_in_a_traceback(seed: int) -> None:
    Path("roles/r/tasks").mkdir(parents=True)
    Path("roles/r/tasks/main.yml").write_text("- debug: {msg: x}\n- include_tasks: more.yml\n")
    Path("part.yml").write_text("- command: 'true'\n")
    dice = random.Random(seed)
    for _ in range(50):
        text = mutated(SOUND, dice)
        Path("p.yml").write_text(text)
        try:
            found = problems("p.yml", check_template=check)
        except Exception as error:
            raise AssertionError(text) from error
        for problem in found:
            assert isinstance(problem, Problem) and problem.mark.line >= 1 and problem.message


def test_what_a_template_may_leave_out_is_not_certain() -> None:
    for text in (
        "{{ a | nosuch if b else c }}",
        "{{ a or b | nosuch }}",
        "{% if a %}{{ b | nosuch }}{% endif %}",
    ):
        found = levels(f"[{{hosts: all, tasks: [{{debug: {{msg: '{text}'}}}}]}}]")
        assert found == {"warning"}, text
