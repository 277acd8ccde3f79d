"""A playbook becomes plays: what is pushed down, expanded, dissolved, and kept."""

# ruff: noqa: E501  (what is said is quoted whole)

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from suture.errors import Invalid
from suture.load.level import Include
from suture.load.playbook import included_role, playbook, tasks_file
from suture.load.role_uses import once, tasks_of
from suture.model import Become, Block, Loop, Mark, Play, Task

Made = Callable[..., tuple[Play, ...]]


@pytest.fixture
def plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Plays of a playbook with files beside it."""
    monkeypatch.chdir(tmp_path)

    def made(text: str, files: Mapping[str, str] | None = None, **how: Any) -> tuple[Play, ...]:
        for name, content in {**(files or {}), "play.yml": text}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content)
        return playbook("play.yml", **how).plays

    return made


def tasks(play: Play) -> list[Task]:
    return [task for section in play.sections for task in tasks_of(section)]


def test_a_task_with_everything(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  tasks:
    - name: all of it
      command: {cmd: make, chdir: /x}
      when: [a, not b]
      loop: [1, 2]
      loop_control: {loop_var: it, index_var: i, label: "{{ it }}", pause: 0.5, extended: yes}
      register: made
      until: made is success
      retries: 3
      delay: 1
      changed_when: false
      failed_when: [x, y]
      ignore_errors: yes
      notify: h
      tags: [t, "u, v"]
      vars: {k: 1}
      environment: {A: b}
      become: yes
      become_user: ada
      no_log: "{{ quiet }}"
      check_mode: no
      diff: false
      run_once: true
      delegate_to: other
      timeout: 10
      throttle: 2
      exception: agreed with the owner
  handlers:
    - name: h
      debug:
      listen: topic
"""
    )
    (task,) = tasks(play)
    assert task == Task(
        name="all of it",
        module="command",
        args={"cmd": "make", "chdir": "/x"},
        mark=Mark("play.yml", 4, 7),
        marks=task.marks,
        when=("a", "not b"),
        loop=Loop("loop", [1, 2], Mark("play.yml", 7, 7), "it", "i", "{{ it }}", 0.5, True),
        register="made",
        until=("made is success",),
        retries=3,
        delay=1,
        changed_when=(False,),
        failed_when=("x", "y"),
        ignore_errors=True,
        notify=("h",),
        tags=frozenset({"t", "u", "v"}),
        vars=({"k": 1},),
        environment=({"A": "b"},),
        become=Become(True, "ada"),
        no_log="{{ quiet }}",
        check_mode=False,
        diff=False,
        run_once=True,
        delegate_to="other",
        timeout=10,
        throttle=2,
        origin=task.origin,
        exception="agreed with the owner",
    )
    assert task.origin.endswith("/play.yml")
    assert str(task.marks["chdir"]) == "play.yml:5:28" and str(task.marks["when"]) == "play.yml:6:7"
    assert play.handlers[0].listen == ("topic",)


def test_what_play_and_blocks_say_is_put_on_their_tasks(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  become: true
  tags: p
  vars: {of: play}
  environment: {A: 1}
  ignore_errors: true
  tasks:
    - when: one
      tags: [b]
      vars: {x: 1}
      environment: [{B: 2}]
      become_user: ada
      no_log: true
      block:
        - when: two
          vars: {y: 2}
          block:
            - debug:
              when: three
              vars: {z: 3}
              no_log: false
              become: false
"""
    )
    (task,) = play.sections[1]
    assert isinstance(task, Task), "blocks without rescue and always are dissolved"
    assert task.when == ("one", "two", "three")
    assert task.tags == {"p", "b"} and task.vars == ({"x": 1}, {"y": 2}, {"z": 3})
    assert task.environment == ({"A": 1}, {"B": 2})
    assert (
        task.become == Become(False, "ada") and task.no_log is False and task.ignore_errors is True
    )
    assert play.vars == {"of": "play"} and play.become == Become(True)


def test_rescue_and_always_make_a_block(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  tasks:
    - name: careful
      when: sure
      block: [{debug: }, {block: [{debug: }]}]
      rescue: [{debug: }]
      always: [{meta: noop}]
"""
    )
    (block,) = play.sections[1]
    assert isinstance(block, Block) and block.name == "careful" and block.when == ("sure",)
    assert [len(part) for part in (block.tasks, block.rescue, block.always)] == [2, 1, 1]
    assert all(task.when == ("sure",) for task in tasks(play))


def test_sections_and_handlers_are_in_the_order_of_their_running(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  handlers: [{name: mine, debug: }]
  post_tasks: [{name: post, debug: , notify: mine}]
  tasks: [{name: main, debug: }, {import_role: {name: late}}]
  roles: [first]
  pre_tasks: [{name: pre, debug: }]
""",
        {
            "roles/first/tasks/main.yml": "- {name: of role, debug: }\n",
            "roles/first/handlers/main.yml": "- {name: of first, debug: }\n",
            "roles/late/tasks/main.yml": "- {name: of late, debug: }\n",
            "roles/late/handlers/main.yml": "- {name: from late, debug: }\n",
        },
    )
    names = [[task.name for task in tasks_of(section)] for section in play.sections]
    assert names == [["pre"], ["of role", "main", "of late"], ["post"]]
    assert [handler.name for handler in play.handlers] == ["of first", "mine", "from late"]
    assert [role.name for role in play.roles] == ["first", "late"]


@pytest.mark.parametrize(
    ("written", "module", "args"),
    [
        ("command: echo  a=b creates=/x", "command", {"cmd": "echo  a=b", "creates": "/x"}),
        ("ansible.builtin.command: {argv: [a]}", "command", {"argv": ["a"]}),
        ("file: dest=/x state=touch", "file", {"path": "/x", "state": "touch"}),
        ("action: file path=/x state=touch", "file", {"path": "/x", "state": "touch"}),
        ("action: {module: file, path: /x}", "file", {"path": "/x"}),
        ("action: {module: file, args: {path: /x}}", "file", {"path": "/x"}),
        ("action: command echo hi", "command", {"cmd": "echo hi"}),
        ("debug:", "debug", {}),
        ("meta: flush_handlers", "meta", {"free_form": "flush_handlers"}),
        ("set_fact: {a: 1, b: 2}", "set_fact", {"a": 1, "b": 2}),
        ("set_fact: a=1", "set_fact", {"a": "1"}),
        ("command: echo\n      args: {chdir: /y}", "command", {"cmd": "echo", "chdir": "/y"}),
        (
            "file: path=/x\n      args: {path: /y, state: touch}",
            "file",
            {"path": "/x", "state": "touch"},
        ),
    ],
)
def test_every_way_to_write_a_call(plays: Made, written: str, module: str, args: Any) -> None:
    (play,) = plays(f"- hosts: all\n  tasks:\n    - {written}\n")
    (task,) = tasks(play)
    assert (task.module, dict(task.args), task.name) == (module, args, module)


def test_local_action_is_delegated_to_the_controller(plays: Made) -> None:
    (play,) = plays("- hosts: all\n  tasks:\n    - local_action: command ls\n")
    assert tasks(play)[0].delegate_to == "localhost"


def test_with_loops(plays: Made) -> None:
    (play,) = plays(
        "- hosts: all\n  tasks:\n    - {debug: , with_dict: {a: 1}}\n    - {debug: , loop: '{{ x }}'}\n"
    )
    first, second = tasks(play)
    assert first.loop is not None and (first.loop.kind, first.loop.over) == ("dict", {"a": 1})
    assert second.loop is not None and (second.loop.kind, second.loop.over) == ("loop", "{{ x }}")


def test_module_defaults_fill_what_is_not_given(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  module_defaults:
    ansible.builtin.file: {owner: root, mode: "0600"}
  tasks:
    - file: {path: /x, mode: "0644"}
    - block: [{file: {dest: /y}}]
      module_defaults: {file: {owner: ada, name: /never}}
    - debug:
"""
    )
    first, second, third = tasks(play)
    assert first.args == {"path": "/x", "mode": "0644", "owner": "root"}
    assert second.args == {"path": "/y", "mode": "0600", "owner": "ada"}
    assert third.args == {}


def test_imported_tasks_stand_where_the_import_stood(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  tasks:
    - import_tasks: sub/one.yml
      when: a
      tags: t
      vars: {v: 1}
      become: true
    - debug:
""",
        {
            "sub/one.yml": "- {name: one, debug: , when: b}\n- import_tasks: two.yml\n",
            "sub/two.yml": "- {name: two, debug: , tags: u}\n",
        },
    )
    one, two, last = tasks(play)
    assert (one.name, one.when, one.tags, one.vars) == ("one", ("a", "b"), {"t"}, ({"v": 1},))
    assert (two.name, two.when, two.tags) == ("two", ("a",), {"t", "u"})
    assert one.become.wanted is True and last.become.wanted is None
    assert str(two.mark) == "sub/two.yml:1:3" and two.origin.endswith("/sub/two.yml")


def test_included_tasks_take_variables_and_surroundings_but_no_conditions(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  tags: p
  tasks:
    - block:
        - include_tasks:
            file: "{{ os }}.yml"
            apply: {tags: [applied], become: true}
          when: mine
          tags: t
          vars: {v: 1}
      when: outer
""",
        {"debian.yml": "- {name: found, debug: , when: own}\n", "bad.yml": "- nosuch:\n"},
    )
    (include,) = tasks(play)
    assert isinstance(include, Include) and include.when == ("outer", "mine")
    assert include.tags == {"p", "t"} and include.args["file"] == "{{ os }}.yml"
    include = pickle.loads(pickle.dumps(include))
    (found,) = tasks_file("debian.yml", include, variables={"item": 7})
    assert isinstance(found, Task)
    assert (found.when, found.tags) == (("outer", "own"), {"p", "applied"})
    assert found.vars == ({"v": 1}, {"item": 7}) and found.become.wanted is True
    (bad,) = tasks_file("bad.yml", include)
    assert isinstance(bad, Task) and bad.module == "nosuch"
    assert [fault.message.partition(";")[0] for fault in bad.faults] == [
        "there is no module 'nosuch'"
    ]
    with pytest.raises(
        Invalid, match=r"play.yml:7:13: there is no file 'none.yml'; sought: none.yml"
    ):
        tasks_file("none.yml", include)


def test_a_role_is_included_with_its_handlers(plays: Made) -> None:
    (play,) = plays(
        "- hosts: all\n  tasks:\n    - include_role: {name: '{{ r }}', tasks_from: '{{ f }}'}\n      vars: {v: 1}\n",
        {
            "roles/web/tasks/part.yml": "- {name: part, debug: }\n",
            "roles/web/tasks/main.yml": "- {name: main, debug: }\n",
            "roles/web/handlers/main.yml": "- {name: h, debug: }\n",
            "roles/web/defaults/main.yml": "d: 1\n",
        },
    )
    (include,) = tasks(play)
    assert isinstance(include, Include)
    brought = included_role(include, {"name": "web", "tasks_from": "part"})
    (task,) = brought.nodes
    assert isinstance(task, Task) and task.name == "part" and task.vars == ({"v": 1},)
    assert [handler.name for handler in brought.handlers] == ["h"]
    assert (
        task.role is not None and task.role.defaults == {"d": 1} and brought.roles == (task.role,)
    )
    with pytest.raises(Invalid, match="there is no role 'nope'"):
        included_role(include, {"name": "nope"})


def test_plays_of_an_imported_playbook(plays: Made) -> None:
    first, second = plays(
        """
- import_playbook: sub/other.yml
  vars: {a: 2}
  tags: t
  when: sure
- {hosts: b, name: named}
""",
        {
            "sub/other.yml": "- hosts: [x, y]\n  vars: {a: 1, b: 1}\n  tags: own\n"
            "  tasks: [{debug: }]\n  roles: [near]\n",
            "sub/roles/near/tasks/main.yml": "- debug:\n",
        },
    )
    assert (first.name, second.name) == ("x,y", "named")
    assert first.vars == {"a": 2, "b": 1} and first.tags == {"t", "own"}
    assert all(task.when == ("sure",) and task.tags == {"t", "own"} for task in tasks(first))
    assert len(tasks(first)) == 2


def test_keywords_of_a_play(plays: Made) -> None:
    (play,) = plays(
        """
- name: n
  hosts: web:&prod
  gather_facts: no
  serial: [1, "50%"]
  strategy: linear
  max_fail_percentage: 20
  any_errors_fatal: true
  force_handlers: yes
  order: sorted
  remote_user: ada
  port: 2222
  connection: ssh
  vars_files: [a.yml, ["{{ os }}.yml", a.yml]]
""",
        {"a.yml": "x: 1\n"},
    )
    assert play.hosts == "web:&prod" and play.gather_facts is False and play.serial == [1, "50%"]
    assert (play.strategy, play.order, play.remote_user, play.port) == (
        "linear",
        "sorted",
        "ada",
        2222,
    )
    assert play.vars_files == ("a.yml", ["{{ os }}.yml", "a.yml"])
    assert play.max_fail_percentage == 20 and play.any_errors_fatal and play.force_handlers is True


def test_the_playbook_knows_what_was_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text("- hosts: all\n  tasks: [{import_tasks: t.yml}]\n")
    (tmp_path / "t.yml").write_text("- debug:\n")
    assert playbook(tmp_path / "p.yml").files == (str(tmp_path / "p.yml"), str(tmp_path / "t.yml"))


def test_a_play_can_be_sent_elsewhere(plays: Made) -> None:
    made = plays(
        "- hosts: all\n  roles: [r]\n  tasks: [{include_tasks: '{{ x }}'}]\n",
        {"roles/r/tasks/main.yml": "- debug:\n"},
    )
    assert pickle.loads(pickle.dumps(made)) == made


# -- roles -----------------------------------------------------------------------------------------


def test_a_role_has_its_files_its_parameters_and_its_dependencies(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  roles:
    - {role: app, tags: a, port: 80, when: sure, become: true}
""".replace("port", "level"),
        {
            "roles/app/meta/main.yml": "dependencies:\n  - {role: base, vars: {given: 1}}\nallow_duplicates: false\n",
            "roles/app/defaults/main/one.yml": "d: app\n",
            "roles/app/defaults/main/two.yaml": "e: app\n",
            "roles/app/vars/main.yml": "v: app\n",
            "roles/app/tasks/main.yaml": "- {name: app, debug: }\n",
            "roles/base/defaults/main.yml": "d: base\nb: base\n",
            "roles/base/vars/main.json": '{"v": "base", "w": "base"}',
            "roles/base/tasks/main": "- {name: base, debug: }\n",
        },
    )
    base, app = tasks(play)
    assert (base.name, app.name) == ("base", "app")
    for task in (base, app):
        assert task.tags == {"a"} and task.when == ("sure",) and task.become.wanted is True
    assert app.role is not None and base.role is not None
    assert app.role.path.endswith("/roles/app") and app.role.name == "app"
    assert app.role.defaults == {"d": "app", "b": "base", "e": "app"}
    assert app.role.vars == {"v": "app", "w": "base"} and app.role.params == {"level": 80}
    assert base.role.vars == {"v": "base", "w": "base"}, "its user's, under its own"
    assert base.role.params == {"level": 80, "given": 1}


def test_parts_of_a_role(plays: Made) -> None:
    (play,) = plays(
        """
- hosts: all
  tasks:
    - import_role: {name: r, tasks_from: sub/other, vars_from: special.yml, defaults_from: special}
""",
        {
            "roles/r/tasks/main.yml": "- debug:\n",
            "roles/r/tasks/sub/other.yml": "- {name: other, debug: }\n",
            "roles/r/vars/special.yml": "v: 1\n",
            "roles/r/defaults/special.yaml": "d: 1\n",
            "roles/r/vars/main.yml": "v: 2\n",
        },
    )
    (task,) = tasks(play)
    assert task.name == "other" and task.role is not None
    assert (task.role.vars, task.role.defaults) == ({"v": 1}, {"d": 1})


def test_roles_are_sought_in_several_places(plays: Made, tmp_path: Path) -> None:
    files = {
        "elsewhere/far/tasks/main.yml": "- {name: far, debug: }\n",
        "here/tasks/main.yml": "- {name: here, debug: }\n",
        "elsewhere/far/meta/main.yml": "dependencies: [sibling]\n",
        "elsewhere/sibling/tasks/main.yml": "- {name: sibling, debug: }\n",
    }
    absolute = tmp_path / "here"
    (play,) = plays(
        f"- hosts: all\n  roles: [far, here, {absolute}]\n", files, roles_path=["elsewhere"]
    )
    assert [task.name for task in tasks(play)] == ["sibling", "far", "here"], "the same role"
    assert [role.name for role in play.roles] == ["far", "here", "here"]


DEPENDING = {
    "roles/common/tasks/main.yml": "- {name: common, debug: }\n",
    "roles/web/meta/main.yml": "dependencies: [common]\n",
    "roles/web/tasks/main.yml": "- {name: web, debug: }\n",
    "roles/db/meta/main.yml": "dependencies: [common]\n",
    "roles/db/tasks/main.yml": "- {name: db, debug: }\n",
}


@pytest.mark.parametrize(
    ("roles", "names"),
    [
        ("[web, db]", "common web db"),
        ("[common, common]", "common"),
        ("[{role: common, x: 1}, {role: common, x: 2}, {role: common, x: 1}]", "common common"),
        ("[{role: common, tags: a}, {role: common, tags: b}]", "common common"),
        ("[{role: web, when: maybe}, db]", "common web common db"),
        ("[web, {role: db, when: maybe}]", "common web db"),
        ("[{role: web, tags: a}, {role: db, tags: b}]", "common web common db"),
    ],
)
def test_a_role_that_is_done_is_not_done_again(plays: Made, roles: str, names: str) -> None:
    (play,) = plays(f"- hosts: all\n  roles: {roles}\n", DEPENDING)
    assert [task.name for task in tasks(play)] == names.split()


def test_once_tags_are_selected_the_same_role_is_left_out(plays: Made) -> None:
    (play,) = plays(
        "- hosts: all\n  roles: [{role: web, tags: a}, {role: db, tags: b}]\n", DEPENDING
    )
    everything = play.sections[1]
    assert [task.name for task in tasks_of(once(everything, selected=True))] == [
        "common",
        "web",
        "db",
    ]
    of_b = [node for node in everything if isinstance(node, Task) and "b" in node.tags]
    assert [task.name for task in tasks_of(once(of_b, selected=True))] == ["common", "db"]


def test_a_role_may_say_that_it_runs_again(plays: Made) -> None:
    files = {**DEPENDING, "roles/common/meta/main.yml": "allow_duplicates: yes\n"}
    (play,) = plays("- hosts: all\n  roles: [web, db]\n", files)
    assert [task.name for task in tasks(play)] == ["common", "web", "common", "db"]


def test_roles_within_roles_share_what_they_say(plays: Made) -> None:
    (play,) = plays(
        "- hosts: all\n  roles: [{role: outer, p: 1}]\n",
        {
            "roles/outer/tasks/main.yml": "- import_role: {name: inner}\n  when: c\n",
            "roles/outer/vars/main.yml": "o: 1\nboth: outer\n",
            "roles/inner/tasks/main.yml": "- debug:\n",
            "roles/inner/vars/main.yml": "both: inner\n",
        },
    )
    (task,) = tasks(play)
    assert task.when == ("c",) and task.role is not None and task.role.name == "inner"
    assert task.role.vars == {"o": 1, "both": "inner"} and task.role.params == {"p": 1}
