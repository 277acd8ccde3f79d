"""The language, through the real command line on a real sshd."""

from __future__ import annotations

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e


@pytest.mark.quick
def test_files_are_written_and_the_second_run_changes_nothing(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = f"""
- hosts: droplets
  vars: {{where: {there}, greeting: "hello {{{{ name }}}}", name: world}}
  tasks:
    - name: a file
      copy: {{content: "{{{{ greeting }}}}\\n", dest: "{{{{ where }}}}/a", mode: "0640"}}
    - name: each of three
      copy: {{content: "{{{{ item }}}}", dest: "{{{{ where }}}}/{{{{ item }}}}"}}
      loop: [x, y, z]
"""
    first = project.run(playbook, "--json")
    assert first.code == 0, first.err
    assert first.statuses() == {"a file": "changed", "each of three": "changed"}
    assert bare_droplet.ssh(f"cat {there}/a; stat -c %a {there}/a").stdout == "hello world\n640\n"
    assert bare_droplet.ssh(f"cat {there}/x {there}/y {there}/z").stdout == "xyz"
    second = project.run(playbook, "--json")
    assert second.finished["hosts"]["droplet"]["changed"] == 0
    assert second.statuses() == {"a file": "ok", "each of three": "ok"}


def test_a_dry_run_touches_nothing_and_sees_its_own_predictions(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = f"""
- hosts: droplets
  tasks:
    - file: {{path: {there}/new, state: directory}}
      name: a directory
    - copy: {{content: "one\\n", dest: {there}/new/file, force: false}}
      name: a file in it
    - lineinfile: {{path: {there}/new/file, line: two}}
      name: a line in that
    - name: what it would be
      stat: {{path: {there}/new/file}}
      register: found
    - name: known
      assert: {{that: [found.stat.exists, found.stat.size == 8]}}
"""
    walk = f"cd {there} && find . -printf '%p %m %T@ %C@\\n' | sort"
    before = bare_droplet.ssh(walk).stdout
    dry = project.run(playbook, "--dry-run", "--json")
    assert dry.code == 2, dry.out + dry.err
    assert bare_droplet.ssh(walk).stdout == before
    assert list(dry.statuses().values()) == ["changed", "changed", "changed", "ok", "ok"]
    real = project.run(playbook, "--json")
    assert [step["changes"] for step in real.steps()] == [step["changes"] for step in dry.steps()]
    assert project.run(playbook, "--dry-run").code == 0


def test_what_hangs_on_a_command_that_did_not_run_is_unknown(project: Project, there: str) -> None:
    dry = project.run(
        f"""
- hosts: droplets
  tasks:
    - name: build
      command: echo built
      register: built
    - name: uses its output
      copy: {{content: "{{{{ built.stdout }}}}", dest: {there}/out}}
      register: used
    - name: behind that
      copy: {{content: "{{{{ used.dest }}}}", dest: {there}/behind}}
    - name: knows that it would change
      copy: {{content: x, dest: {there}/changed}}
      when: built is changed
    - name: what the unknown step makes
      copy: {{content: "{{{{ item }}}}", dest: {there}/items}}
      loop: "{{{{ built.stdout_lines }}}}"
""",
        "-C",
        "--json",
    )
    assert dry.code == 2
    assert dry.statuses() == {
        "build": "changed",
        "uses its output": "unknown",
        "behind that": "unknown",
        "knows that it would change": "changed",
        "what the unknown step makes": "unknown",
    }
    (used,) = (step for step in dry.steps() if step["task"] == "uses its output")
    assert "'build'" in used["reason"]


def test_blocks_are_rescued_and_always_runs(
    project: Project, bare_droplet: Host, there: str
) -> None:
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - block:
        - name: breaks
          command: /bin/false
        - name: never
          copy: {{content: x, dest: {there}/never}}
      rescue:
        - name: mends
          copy: {{content: "{{{{ ansible_failed_task.name }}}}", dest: {there}/rescued}}
      always:
        - name: cleans up
          copy: {{content: x, dest: {there}/always}}
    - name: goes on
      copy: {{content: x, dest: {there}/on}}
    - block:
        - name: breaks too
          fail: {{msg: on purpose}}
      always:
        - name: cleans up again
          copy: {{content: x, dest: {there}/again}}
    - name: not reached
      copy: {{content: x, dest: {there}/unreached}}
""",
        "--json",
    )
    assert done.code == 1
    assert done.statuses() == {
        "breaks": "ignored",
        "mends": "changed",
        "cleans up": "changed",
        "goes on": "changed",
        "breaks too": "failed",
        "cleans up again": "changed",
    }
    assert bare_droplet.ssh(f"ls {there}; cat {there}/rescued").stdout.split() == [
        *("again", "always", "on", "rescued"),
        "breaks",
    ]


def test_handlers_run_once_and_only_after_a_change(project: Project, there: str) -> None:
    playbook = f"""
- hosts: droplets
  tasks:
    - name: one
      copy: {{content: x, dest: {there}/one}}
      notify: [first, topic]
    - name: two
      copy: {{content: x, dest: {there}/two}}
      notify: first
    - meta: flush_handlers
    - name: three
      copy: {{content: x, dest: {there}/three}}
      notify: chained
  handlers:
    - name: first
      command: echo first
    - name: second
      listen: topic
      command: echo second
    - name: chained
      command: echo chained
      notify: last
    - name: last
      command: echo last
    - name: never
      command: echo never
"""
    first = project.run(playbook, "--json")
    assert first.code == 0, first.out
    assert list(first.statuses()) == ["one", "two", "first", "second", "three", "chained", "last"]
    again = project.run(playbook, "--json")
    assert list(again.statuses()) == ["one", "two", "three"]


def test_until_changed_when_and_failed_when(project: Project, there: str) -> None:
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - name: third time lucky
      shell: "echo x >> {there}/tries; wc -l < {there}/tries"
      register: tries
      until: tries.stdout | int >= 3
      retries: 5
      delay: 0
    - name: looks only
      command: cat {there}/tries
      changed_when: false
    - name: says for itself
      command: echo CHANGED
      register: said
      changed_when: "'CHANGED' in said.stdout"
    - name: one is no failure
      command: sh -c 'exit 1'
      register: code
      failed_when: code.rc > 1
      changed_when: false
    - name: counted
      assert: {{that: [tries.attempts == 3, code.rc == 1, not code.failed, said is changed]}}
    - name: three is one
      command: sh -c 'exit 3'
      register: code
      failed_when: code.rc > 1
""",
        "--json",
    )
    assert list(done.statuses().values()) == ["changed", "ok", "changed", "ok", "ok", "failed"]
    assert done.code == 1


def test_what_a_host_says_is_never_templated(
    project: Project, bare_droplet: Host, there: str
) -> None:
    bare_droplet.ssh(f"cat > {there}/evil", "{{ lookup('env', 'HOME') }} {% raw %}")
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - slurp: {{src: {there}/evil}}
      register: evil
    - set_fact: {{text: "{{{{ evil.content | b64decode }}}}"}}
    - copy: {{content: "{{{{ text }}}}!", dest: {there}/copied}}
"""
    )
    assert done.code == 0, done.out
    assert bare_droplet.ssh(f"cat {there}/copied").stdout == (
        "{{ lookup('env', 'HOME') }} {% raw %}!"
    )


def test_roles_includes_and_precedence(project: Project, bare_droplet: Host, there: str) -> None:
    project.write("roles/base/defaults/main.yml", "who: base default\nwhere: nowhere\n")
    project.write("roles/base/tasks/main.yml", "- include_tasks: more.yml\n  loop: [a, b]\n")
    project.write(
        "roles/base/tasks/more.yml",
        "- template: {src: note.j2, dest: '{{ where }}/{{ item }}'}\n  notify: told\n",
    )
    project.write("roles/base/templates/note.j2", "{{ who }} {{ item }} {{ role_name }}\n")
    project.write("roles/base/handlers/main.yml", "- name: told\n  command: echo told\n")
    project.write("roles/top/meta/main.yml", "dependencies: [{role: base, who: a parameter}]\n")
    project.write("roles/top/tasks/main.yml", "- import_tasks: own.yml\n  when: wanted\n")
    project.write("roles/top/tasks/own.yml", "- copy: {src: own.txt, dest: '{{ where }}/own'}\n")
    project.write("roles/top/files/own.txt", "own\n")
    project.write("group_vars/droplets.yml", f"where: {there}\nwanted: false\n")
    playbook = "- hosts: droplets\n  roles: [top]\n"
    done = project.run(playbook, "-e", "wanted=yes", "-e", '{"wanted": true}', "--json")
    assert done.code == 0, done.out + done.err
    told = bare_droplet.ssh(f"cat {there}/a {there}/b {there}/own").stdout
    assert told == "a parameter a base\na parameter b base\nown\n"
    assert done.statuses()["told"] == "changed"


def test_tags_choose(project: Project) -> None:
    playbook = """
- hosts: droplets
  tasks:
    - {name: one, command: echo, tags: one}
    - {name: two, command: echo, tags: [two, both]}
    - {name: always, command: echo, tags: always}
    - {name: never, command: echo, tags: [never, two]}
"""
    assert list(project.run(playbook, "--json", "-t", "one").statuses()) == ["one", "always"]
    assert list(project.run(playbook, "--json", "-t", "two").statuses()) == [
        "two",
        "always",
        "never",
    ]
    assert list(project.run(playbook, "--json", "--skip-tags", "both").statuses()) == [
        "one",
        "always",
    ]


def test_facts_are_gathered_only_when_one_is_read(project: Project) -> None:
    unread = project.run("- hosts: droplets\n  tasks: [{command: echo}]\n", "--json", "-v")
    assert unread.code == 0
    read = project.run(
        "- hosts: droplets\n  tasks:\n"
        "    - assert: {that: [ansible_facts.system == 'Linux', ansible_user_id != 'root']}\n",
        "--json",
    )
    assert read.code == 0, read.out


def test_no_log_hides_what_a_task_says(project: Project) -> None:
    done = project.run(
        "- hosts: droplets\n  tasks:\n"
        "    - {name: hush, command: echo s3cr3t-word, no_log: true, register: said}\n"
        "    - {name: use, assert: {that: [said.stdout == 's3cr3t-word']}}\n",
        "--json",
    )
    assert done.code == 0
    (hush,) = (step for step in done.steps() if step["task"] == "hush")
    assert "s3cr3t" not in str(hush)


def test_environment_and_check_mode_of_a_task(project: Project, there: str) -> None:
    done = project.run(
        f"""
- hosts: droplets
  environment: {{OUTER: one}}
  tasks:
    - {{name: sees, shell: echo $OUTER $INNER, register: seen, environment: {{INNER: two}},
       check_mode: false}}
    - {{name: holds, assert: {{that: [seen.stdout == 'one two']}}}}
    - {{name: predicted, copy: {{content: x, dest: {there}/predicted}}, check_mode: true}}
    - {{name: not there, stat: {{path: {there}/predicted}}, register: found, check_mode: false}}
    - {{name: really, assert: {{that: [not found.stat.exists]}}}}
""",
        "--json",
    )
    assert done.code == 0, done.out
    assert done.statuses()["predicted"] == "changed"
