"""Everything wrong with a playbook is said: at its place, in a sentence, all at once."""

# ruff: noqa: E501  (what is said is quoted whole)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.errors import Invalid
from suture.load.playbook import playbook, problems
from suture.model import Mark, Problem


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(text: str, files: Mapping[str, str] | None = None) -> list[str]:
    for name, content in {**(files or {}), "p.yml": text}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)
    return [str(problem).removeprefix("p.yml:") for problem in problems("p.yml")]


# A task (below "- hosts: all / tasks:", so its first line is line 3, column 7) and what is said.
TASKS: dict[str, str | list[str]] = {
    "- lineinfile: {path: /x, line: a, regxp: b}": (
        "3:39: lineinfile has no argument 'regxp'; did you mean 'regexp'?"
    ),
    "- lineinfile:\n        path: /x\n        line: a\n        when: b": (
        "6:9: 'when' is a keyword of the task, no argument of lineinfile: indent it like 'lineinfile',"
        " not below it"
    ),
    "- copy:\n        dest: /x\n      content: a": "5:7: 'content' is an argument of copy: indent it below 'copy:'",
    "- copy: {dest: /x, content: a, mode: 0644}": (
        "3:36: warning: copy.mode: YAML reads 0644 as the number 420; taken for '0644': put it in quotes"
    ),
    "- copy: {dest: /x, content: a, mode: 644}": (
        "3:36: copy.mode: 644 without quotes is a decimal number: write '0644', in quotes"
    ),
    "- copy: {dest: /x, src: no.conf}": (
        "3:24: warning: fails if reached: there is no file 'no.conf' for copy.src; sought: files/no.conf, no.conf"
    ),
    "- template: {dest: /x, src: site.con}": (
        "3:28: warning: fails if reached: there is no file 'site.con' for template.src; sought:"
        " templates/site.con, site.con; did you mean 'site.conf'?"
    ),
    "- file: {path: /x, name: /y}": "3:24: 'name' and 'path' are the same argument of file: give it once",
    "- file: {path: /x, state: direcotry}": (
        "3:24: file.state must be one of absent, directory, file, hard, link, touch, not 'direcotry'"
    ),
    "- file: {path: [/x]}": "3:14: file.path must be text, not a list",
    "- file: {path: /x, path: /y}": "3:24: warning: 'path' is given twice, and the last one counts: keep one of them",
    "- command: {argv: [ls, no, 1.10, 0755, yes, 5]}": [
        "3:28: warning: command.argv: YAML reads no as False: put it in quotes",
        "3:32: warning: command.argv: YAML reads 1.10 as 1.1: put it in quotes",
        "3:38: warning: command.argv: YAML reads 0755 as 493: put it in quotes",
        "3:44: warning: command.argv: YAML reads yes as True: put it in quotes",
    ],
    "- command: {cmd: ls, chdir: 2024-01-01}": [],
    "- command: true": "3:16: command: YAML reads true not as text, but as true: put it in quotes",
    "- debug: {verbosity: 1e3}": (
        "3:15: debug.verbosity must be a whole number, not '1e3'; YAML reads 1e3 as text: write the number out"
    ),
    "- set_fact: {at: 22:22, mask: 022}": [
        "3:22: warning: YAML reads 22:22 as a number in base 60: put it in quotes",
        "3:35: warning: YAML reads 022 as the octal number 18: put it in quotes if it is text",
    ],
    "- set_fact:\n        a: 1\n        when: b": (
        "5:9: warning: this makes 'when' a variable: if the keyword is meant, indent it like 'set_fact'"
    ),
    "- coppy: {dest: /x}": "3:7: there is no module 'coppy'; did you mean 'copy'?",
    "- name: nothing to do": "3:7: this task calls no module: add one, such as 'command: …'",
    "- debug:\n      file: {path: /x}": (
        "4:7: a task calls one module, this one names 'debug' and 'file': make two tasks of it"
    ),
    "- copy: {dest: /x, content: a}\n      group: wheel\n      debug:": (
        "4:7: a task calls one module, this one names 'copy' and 'group' and 'debug': indent 'group' below"
        " 'copy', or make two tasks of it"
    ),
    "- debug:\n      notfy: x": "4:7: a task has no keyword 'notfy'; did you mean 'notify'?",
    "- debug:\n      hosts: all": "4:7: 'hosts' is a keyword of a play, not of a task",
    "- debug:\n      listen: x": "4:7: 'listen' is for handlers, not for tasks",
    '- debug:\n      when: "{{ x }}"': (
        "4:13: warning: a condition is an expression already: leave the '{{' and '}}' out"
    ),
    "- debug:\n      when: {a: 1}": (
        "4:7: 'when' must be a condition or a list of conditions, not a mapping: quote the condition"
    ),
    "- assert: {that: ['{{ a }} == 1']}": (
        "3:16: warning: a condition is an expression already: leave the '{{' and '}}' out"
    ),
    "- debug:\n      become: perhaps": "4:7: 'become' must be true or false, not 'perhaps'",
    "- debug:\n      register: a-b": (
        "4:7: 'register' must be the name of a variable (letters, digits and _), not 'a-b'"
    ),
    "- debug:\n      register: '{{ x }}'": (
        "4:7: 'register' must be the name of a variable (letters, digits and _), not '{{ x }}': it is read"
        " before anything runs, so it cannot be a template"
    ),
    "- debug:\n      retries: many": "4:7: 'retries' must be a number, not 'many'",
    "- debug:\n      tags: '{{ t }}'": "4:7: tags are needed before anything runs, and cannot be known then",
    "- debug:\n      vars: [a]": "4:7: 'vars' must be a mapping, 'name: value' by line, not a list",
    "- debug:\n      vars: {a-b: 1}": "4:14: 'a-b' cannot name a variable: use letters, digits and _ only",
    "- debug:\n      loop: {a: 1}": (
        "4:7: 'loop' must be a list, not a mapping: use 'with_dict', or '{{ … | dict2items }}'"
    ),
    "- debug:\n      with_itms: [1]": "4:7: warning: fails if reached: there is no loop 'with_itms'; did you mean 'items'?",
    "- debug:\n      loop: [1]\n      with_items: [1]": (
        "4:7: a task has one loop, this one has 'with_items' and 'loop': keep one"
    ),
    "- debug:\n      with_items:": "4:7: 'with_items' is empty: give it what to loop over",
    "- debug:\n      loop: [1]\n      loop_control: {loopvar: x, pause: no}": [
        "5:22: loop_control has no 'loopvar'; did you mean 'loop_var'?",
        "5:34: loop_control.pause must be a number, not false",
    ],
    "- debug:\n      loop_control: {label: x}": "4:7: warning: 'loop_control' without a loop",
    "- command: a\n      async: 5\n      poll: 0": [],
    "- debug:\n      async: 5": "4:7: This action (debug) does not support async.",
    "- debug:\n      async: 5\n      poll: 0\n      when: a": (
        "4:7: warning: fails if reached: This action (debug) does not support async."
    ),
    "- include: x.yml": (
        "3:7: 'include' is not supported here: it was removed from Ansible: use 'include_tasks' or"
        " 'import_tasks'"
    ),
    "- debug: [a]": "3:14: debug takes a mapping of arguments, not a list: leave the '- ' out",
    "- debug: hello there": "3:14: debug takes named arguments, not a text: write 'debug: {msg: …}'",
    "- debug: msg='a": "3:14: the quote ' is never closed in: msg='a",
    "- action: nosuch a=b": (
        "3:15: there is no module 'nosuch'; `suture modules` lists those that are there"
    ),
    "- action:": "3:14: 'action' names no module: 'action: ping'",
    "- action: debug\n      local_action: debug": "4:7: give either 'action' or 'local_action'",
    "- meta: flush": (
        "3:13: meta.free_form must be one of flush_handlers, end_play, end_host, end_batch,"
        " end_role, clear_facts, clear_host_errors, reset_connection, refresh_inventory, noop, not 'flush'"
    ),
    "- import_playbook: x.yml": "3:7: 'import_playbook' stands between plays, not among tasks",
    "- import_tasks: no.yml": "3:21: there is no file 'no.yml'; sought: no.yml, tasks/no.yml",
    "- import_tasks: '{{ x }}.yml'": (
        "3:21: the name is needed before anything runs, and cannot be known then; 'include_tasks'"
        " takes one that is known later"
    ),
    "- import_tasks: empty.yml\n      loop: [1]\n      register: x": [
        "empty.yml:1:1: warning: this file is empty: it has no task",
        "4:7: 'import_tasks' is read before anything runs and cannot loop: use 'include_tasks'",
        "5:7: warning: 'register' means nothing on 'import_tasks': put it on the tasks themselves",
    ],
    "- import_tasks: mapping.yml": (
        "mapping.yml:1:1: a file of tasks has to be a list, not a mapping: begin each item with '- '"
    ),
    "- import_tasks: circle.yml": (
        "circle.yml:1:17: this file imports itself: use 'include_tasks' with a condition"
    ),
    "- include_tasks: no.yml": "3:22: warning: fails if reached: there is no file 'no.yml'; sought: no.yml, tasks/no.yml",
    "- include_tasks: broken.yml": "broken.yml:1:3: warning: fails if reached: there is no module 'nosuch'; `suture modules` lists those that are there",
    "- include_tasks: recursive.yml": [],
    "- include_tasks: '{{ x }}'\n      become: true": (
        "4:7: 'become' does not reach the included tasks: put it below 'apply:'"
    ),
    "- include_tasks: {file: '{{ x }}', apply: {whn: a}}": (
        "3:40: 'apply' takes keywords of a block, not 'whn'; did you mean 'when'?"
    ),
    "- include_role: {nam: x}": [
        "3:7: include_role needs 'name'",
        "3:22: include_role has no argument 'nam'; did you mean 'name'?",
    ],
    "- import_role: {name: weB}": (
        "3:7: there is no role 'weB'; sought: roles/weB, weB; did you mean 'web'?"
    ),
    "- import_role: {name: web, tasks_from: nope}": (
        "3:7: the role has no 'tasks/nope'; sought: roles/web/tasks/nope, roles/web/tasks/nope.yml"
    ),
    "- import_role: {name: circular}": (
        "roles/circular/meta/main.yml:1:16: the role 'circular' needs itself: break the circle"
    ),
    "- import_role: {name: bad_meta}": [
        "roles/bad_meta/meta/main.yml:1:1: a role's meta file has no 'dependancies'; did you mean 'dependencies'?",
    ],
    "- block:\n        - debug:\n      rescu: []\n      loop: [1]": [
        "5:7: a block has no keyword 'rescu'; did you mean 'rescue'?",
        "6:7: a block has no 'loop': put it on the block's tasks",
    ],
    "- rescue: []": "3:7: 'rescue' and 'always' stand beside a 'block': add 'block: […]'",
    "- block: {debug: }": "3:14: 'block' has to be a list, not a mapping: begin each item with '- '",
    "- just text": "3:7: a task has to be a mapping, 'command: …', not a single value",
    "- - a list": "3:7: a task has to be a mapping, 'command: …', not a list",
    "- debug:\n      notify: nobody": "4:7: warning: fails if reached: there is no handler 'nobody'; there are restart, topic",
    "- debug:\n      notify: [restrt, topic]": (
        "4:7: warning: fails if reached: there is no handler 'restrt'; did you mean 'restart'?"
    ),
    "- debug:\n      notify: nobody\n    - include_role: {name: '{{ r }}'}": (
        "4:7: warning: no handler 'nobody' is known; an include may bring it"
    ),
    "- debug: {msg: '{{ fine }}'}\n      when: fine": [],
}


def test_rules_across_arguments_are_the_module_s_own() -> None:
    (only,) = said(PLAY.format(task="- command: {chdir: /x}"))
    assert only.startswith("3:7: command: ") and "argv" in only


FILES = {
    "templates/site.conf": "",
    "empty.yml": "# nothing\n",
    "mapping.yml": "debug:\n",
    "circle.yml": "- import_tasks: circle.yml\n",
    "recursive.yml": "- include_tasks: recursive.yml\n  when: more\n",
    "broken.yml": "- nosuch:\n",
    "roles/web/tasks/main.yml": "- debug:\n",
    "roles/circular/meta/main.yml": "dependencies: [circular]\n",
    "roles/bad_meta/meta/main.yml": "dependancies: []\n",
    "roles/bad_meta/meta/argument_specs.yml": "argument_specs: {}\n",
}

PLAY = (
    "- hosts: all\n  tasks:\n    {task}\n  handlers: [{{name: restart, debug: , listen: topic}}]\n"
)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_wrong_with_a_task(task: str) -> None:
    expected = TASKS[task]
    wanted = [expected] if isinstance(expected, str) else expected
    assert said(PLAY.format(task=task), FILES) == wanted


PLAYBOOKS: dict[str, list[str]] = {
    "[]": ["1:1: this playbook is empty: it needs a play, '- hosts: …'"],
    "": ["1:1: this playbook is empty: it needs a play, '- hosts: …'"],
    "hosts: all\n": ["1:1: a playbook is a list of plays: begin each with '- hosts: …'"],
    "- text\n": ["1:3: a play has to be a mapping with 'hosts: …' and 'tasks: …'"],
    "- debug:\n": [
        "1:3: this is a task, and a playbook is a list of plays: put it below a play's 'tasks:'"
    ],
    "- name: x\n": ["1:3: this play names no hosts: add 'hosts: all'"],
    "- hosts:\n": ["1:3: 'hosts' must be a name or a list of names, not empty"],
    "- hosts: ''\n": ["1:3: 'hosts' is empty: name hosts, or 'all'"],
    "- hosts: all\n  task: []\n": ["2:3: a play has no keyword 'task'; did you mean 'tasks'?"],
    "- hosts: all\n  debug:\n": ["2:3: a play has no keyword 'debug'; a task goes below 'tasks:'"],
    "- hosts: all\n  strategy: liner\n  order: up\n": [
        "2:3: 'strategy' is one of free, linear, host_pinned, not 'liner'; did you mean 'linear'?",
        "3:3: 'order' is one of inventory, sorted, reverse_sorted, reverse_inventory, shuffle, not 'up'",
    ],
    "- hosts: all\n  gather_subset: [min]\n": [
        "2:3: warning: 'gather_subset' does nothing here: facts are gathered when one is read, and all of them"
    ],
    "- hosts: all\n  vars_prompt: []\n": [],
    "- include: other.yml\n": [
        "1:3: Ansible has no 'include' of a playbook any more: write 'import_playbook: …'"
    ],
    "- hosts: all\n  tasks: [{copy: {dest: , content: a}}]\n": ["2:12: copy needs 'dest'"],
    "- hosts: all\n  vars_prompt: [{name: a, promt: A}, {prompt: B}]\n": [
        "2:27: a prompt has no 'promt'; did you mean 'prompt'?",
        "2:38: a prompt has to name its variable: add 'name: …'",
    ],
    "- hosts: all\n  user: a\n  remote_user: b\n": ["2:3: 'user' is 'remote_user': give it once"],
    "- hosts: all\n  vars_files: [no.yml, [no.yml, '{{ x }}'], bad.yml]\n": [
        "bad.yml:1:1: 'a b' cannot name a variable: use letters, digits and _ only",
        "2:16: there is no file 'no.yml'; sought: no.yml, vars/no.yml",
    ],
    f"- hosts: all\n  vars_files: [{{a: 1}}, [], {'x' * 300}]\n": [
        "2:16: 'vars_files' has names of files, and lists of which the first there is counts",
        "2:24: 'vars_files' has names of files, and lists of which the first there is counts",
        f"2:28: there is no file '{'x' * 300}'; sought: {'x' * 300}, vars/{'x' * 300}",
    ],
    "- hosts: all\n  tasks: {debug: }\n": [
        "2:10: 'tasks' has to be a list, not a mapping: begin each item with '- '"
    ],
    "- hosts: all\n  roles: [nope, {tags: x}, {role: '{{ r }}'}, [a], {role: web, a-b: 1, when: 5}]\n": [
        "2:11: there is no role 'nope'; sought: roles/nope, nope",
        "2:17: this role has no name: add 'role: NAME'",
        (
            "2:29: the name is needed before anything runs, and cannot be known then; 'include_role'"
            " takes one that is known later"
        ),
        "2:47: a role is a name, or a mapping with 'role: NAME'",
        "2:64: warning: 'a-b' cannot name a variable: templates will not see it",
        "2:72: 'when' must be a condition or a list of conditions, not 5",
    ],
    "- hosts: all\n  handlers: [{block: [], rescue: [{debug: }]}, {include_role: {name: web}}]\n": [
        "2:14: a block of handlers has no 'rescue' and no 'always'",
        "2:48: a role cannot be a handler: use 'include_tasks'",
    ],
    "- import_playbook: no.yml\n  bcome: 1\n": [
        "1:3: there is no playbook 'no.yml'; sought: no.yml",
        "2:3: an import has no keyword 'bcome'",
    ],
    "- import_playbook: p.yml\n": ["1:3: this playbook imports itself: break the circle"],
    "- import_playbook: '{{ x }}'\n": [
        "1:3: 'import_playbook' is read before anything runs: give it the path of a playbook"
    ],
    "- hosts: all\n  environment: A=b\n  module_defaults: x\n": [
        "2:3: 'environment' must be a mapping, or a list of mappings, not 'A=b'",
        "3:3: 'module_defaults' must be a mapping, 'name: value' by line, not 'x'",
    ],
    "- hosts: all\n  tasks:\n  - debug:\n      msg: {{ x }}\n": [
        "4:12: a value that begins with '{{' has to be quoted: \"{{ … }}\""
    ],
}


@pytest.mark.parametrize("text", PLAYBOOKS)
def test_what_is_wrong_with_a_playbook(text: str) -> None:
    assert said(text, {**FILES, "bad.yml": "a b: 1\n"}) == PLAYBOOKS[text]


def test_all_problems_at_once_and_none_twice() -> None:
    text = (
        "- hosts: all\n  roles: [web, web]\n  tasks:\n    - nosuch:\n    - debug:\n      whn: x\n"
    )
    files = {"roles/web/tasks/main.yml": "- nosuch:\n"}
    assert [line.partition(": ")[0] for line in said(text, files)] == [
        "4:7",
        "6:7",
        "roles/web/tasks/main.yml:1:3",
    ]
    with pytest.raises(Invalid) as caught:
        playbook("p.yml")
    assert len(caught.value.problems) == 3


def test_warnings_do_not_stop_a_playbook() -> None:
    Path("p.yml").write_text("- hosts: all\n  tasks:\n    - debug:\n      when: '{{ x }}'\n")
    assert [problem.level for problem in problems("p.yml")] == ["warning"]
    assert playbook("p.yml").plays


def test_every_template_and_expression_is_shown_to_the_checker() -> None:
    text = """
- hosts: "{{ group }}"
  vars: {a: "{{ in_vars }}", b: [!unsafe "{{ never }}", "{{ deep }}"]}
  roles: [{role: web, param: "{{ in_param }}"}]
  tasks:
    - name: "{{ in_name }}"
      command: echo {{ in_text }}
      when: [in_when, "plain == 1"]
      until: in_until
      loop: "{{ in_loop }}"
    - debug: {msg: {"{{ in_key }}": "{% if in_block %}{% endif %}"}}
      with_items: ["{{ in_with }}"]
    - assert: {that: in_that}
    - debug: msg="{{ in_kv }}"
"""
    files = {
        "roles/web/tasks/main.yml": "- debug: {msg: '{{ in_role }}'}\n",
        "roles/web/defaults/main.yml": "d: '{{ in_defaults }}'\n",
    }
    for name, content in {**files, "p.yml": text}.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)
    seen: dict[str, Mark] = {}

    def check(template: str, mark: Mark) -> list[Problem]:
        seen[template] = mark
        return [Problem(mark, "mind")] if "in_deep" in template else []

    problems("p.yml", check_template=check)
    for name in (
        "vars",
        "param",
        "name",
        "text",
        "loop",
        "key",
        "block",
        "with",
        "kv",
        "role",
        "defaults",
    ):
        assert any(f"in_{name}" in template for template in seen), name
    assert {"{{ in_when }}", "{{ plain == 1 }}", "{{ in_until }}", "{{ in_that }}"} <= seen.keys()
    assert "{{ deep }}" in seen and "{{ group }}" in seen
    assert not any("never" in template for template in seen)
    assert str(seen["{{ deep }}"]) == "p.yml:3:57"


def test_what_the_checker_finds_is_a_problem_like_any_other() -> None:
    Path("p.yml").write_text("- hosts: all\n  tasks: [{debug: {msg: '{{ bad }}'}}]\n")
    found = problems("p.yml", check_template=lambda text, mark: [Problem(mark, f"mend {text}")])
    assert [str(problem) for problem in found] == ["p.yml:2:25: mend {{ bad }}"]


WORDS = (
    "hosts tasks roles block rescue when loop vars debug copy command args action import_tasks name"
    " include_role notify tags loop_control with_items nosuch environment become handlers meta msg"
    " import_playbook set_fact vars_files register"
)
KEYS = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(["all", "{{ x }}", "a=b", "p.yml", "", "x y", "'", "0644", "web", "{% if"])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 700) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.dictionaries(KEYS, TREES, max_size=6), max_size=3))
def test_no_tree_ends_in_anything_but_plays_or_problems(tree: list[object]) -> None:
    import yaml

    Path("p.yml").write_text(yaml.safe_dump(tree))
    found = problems("p.yml", check_template=lambda text, mark: ())
    assert all(problem.message and problem.mark.file for problem in found)
    if not any(problem.level == "error" for problem in found):
        assert playbook("p.yml").plays
