"""Jobs, which ``async`` makes of tasks, through the real command line on a real sshd."""

from __future__ import annotations

import time

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e

WAITING = "while ! test -e {there}/go; do sleep 0.1; done"


def job(there: str, then: str) -> str:
    return f"""
- hosts: droplets
  gather_facts: false
  vars: {{ansible_async_dir: {there}/jobs}}
  tasks:
    - name: begun
      shell: {WAITING.format(there=there)}; {then}
      async: 60
      poll: 0
      register: job
      undo_with: rm -f {there}/made
    - name: its name
      debug: var=job.ansible_job_id
"""


def test_a_job_outlives_its_run_and_is_asked_for_and_undone_by_others(
    project: Project, bare_droplet: Host, there: str
) -> None:
    begun = project.run(job(there, f"echo made > {there}/made"), "--json")
    assert begun.code == 0, begun.out + begun.err
    assert begun.statuses()["begun"] == "changed"
    name = bare_droplet.ssh(f"ls {there}/jobs").stdout.strip()
    assert bare_droplet.ssh(f"stat -c %a {there}/jobs {there}/jobs/{name}").stdout == "700\n600\n"
    assert bare_droplet.ssh(f"touch {there}/go; ls {there}").stdout == "go\njobs\n"
    asked = project.run(
        f"""
- hosts: droplets
  gather_facts: false
  vars: {{ansible_async_dir: {there}/jobs}}
  tasks:
    - name: over
      async_status: {{jid: {name}}}
      register: over
      until: over is finished
      retries: 100
      delay: 0.1
    - {{name: forgotten, async_status: {{jid: {name}, mode: cleanup}}}}
""",
        "--json",
    )
    assert asked.statuses() == {"over": "changed", "forgotten": "ok"}, asked.out
    assert bare_droplet.ssh(f"cat {there}/made; ls {there}/jobs").stdout == "made\n"
    run = begun.finished["run"]
    undone = project.suture("undo", "--run", run, "--yes", "--json")
    assert undone.code == 0, undone.out + undone.err
    assert bare_droplet.ssh(f"ls {there}").stdout == "go\njobs\n"


def test_a_dry_run_begins_no_job_and_says_what_of_it_cannot_be_known(
    project: Project, bare_droplet: Host, there: str
) -> None:
    playbook = (
        job(there, "true")
        + """
    - name: known
      assert: {that: [job.changed, job.started, not job.finished]}
    - name: asked
      async_status: jid={{ job.ansible_job_id }}
"""
    )
    dry = project.run(playbook, "--dry-run", "--json")
    assert dry.code == 2, dry.out
    statuses = dry.statuses()
    assert [statuses[name] for name in ("begun", "known", "asked")] == ["changed", "ok", "unknown"]
    assert bare_droplet.ssh(f"ls {there}").stdout == ""


def test_a_task_that_waits_for_its_job_ends_it_where_its_own_time_is_over(
    project: Project, bare_droplet: Host, there: str
) -> None:
    late = f"""
- hosts: droplets
  gather_facts: false
  vars: {{ansible_async_dir: {there}/jobs}}
  tasks:
    - name: late
      shell: echo $$ > {there}/pid; sleep 300
      async: 200
      timeout: 1
"""
    ended = project.run(late, "--json")
    assert ended.code == 1
    assert ended.statuses() == {"late": "failed"}
    for _ in range(50):
        gone = bare_droplet.ssh(f"kill -0 $(cat {there}/pid) || echo gone").stdout
        if gone:
            break
        time.sleep(0.1)
    assert gone == "gone\n"
