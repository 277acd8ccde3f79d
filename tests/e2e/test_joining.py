"""add_host and group_by: later plays go to hosts and groups that earlier ones made."""

from __future__ import annotations

import pytest

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_later_play_goes_to_what_an_earlier_one_added(
    project: Project, bare_droplet: Host, options: tuple[str, ...]
) -> None:
    playbook = """
- hosts: droplets
  gather_facts: false
  tasks:
    - name: a host
      add_host: {name: "{{ item }}", groups: [fresh], ansible_connection: local, colour: red}
      loop: [new1, new2]
    - name: again
      add_host: {name: new1, groups: fresh, colour: red}
    - name: a group
      group_by: {key: "like {{ inventory_hostname }}", parents: likes}
    - name: figures
      set_stats: {data: {n: 1}}
- hosts: fresh:likes
  gather_facts: false
  tasks:
    - name: told
      debug: {msg: "{{ inventory_hostname }} {{ colour | default('-') }} {{ group_names }}"}
"""
    done = project.run(playbook, "--json", *options)
    told = {
        (step["task"], step["host"]): step["status"]
        for step in done.steps()
        if step["task"] != "told"
    }
    assert told == {
        ("a host", "droplet"): "changed",
        ("again", "droplet"): "ok",
        ("a group", "droplet"): "changed",
        ("figures", "droplet"): "ok",
    }
    said = {step["host"] for step in done.steps() if step["task"] == "told"}
    assert said == {"new1", "new2", "droplet"}
