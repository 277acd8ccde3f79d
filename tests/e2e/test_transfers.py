"""What is large or many goes over whole, and only once."""

from __future__ import annotations

import hashlib
import os

from tests.e2e.command_line import Project
from tests.e2e.conftest import Host

MIB = 1024 * 1024


def test_a_large_file_comes_whole_and_only_once(
    project: Project, bare_droplet: Host, there: str
) -> None:
    data = os.urandom(MIB) * 40
    (project.root / "files").mkdir()
    (project.root / "files" / "big").write_bytes(data)
    playbook = f"""
- hosts: droplets
  tasks:
    - {{name: big, copy: {{src: big, dest: {there}/big, mode: "0640"}}}}
    - {{name: with its sum, copy: {{src: big, dest: {there}/again,
        checksum: {hashlib.sha1(data).hexdigest()}}}}}
    - {{name: small, copy: {{content: after, dest: {there}/small}}}}
"""
    first = project.run(playbook, "--json")
    assert first.code == 0, first.out
    assert set(first.statuses().values()) == {"changed"}
    wanted = hashlib.sha256(data).hexdigest()
    said = bare_droplet.ssh(f"cd {there} && sha256sum big again && stat -c %a big && ls -A")
    assert said.stdout.count(wanted) == 2
    assert said.stdout.split()[-4:] == ["640", "again", "big", "small"]
    assert set(project.run(playbook, "--json").statuses().values()) == {"ok"}


def test_a_full_disk_leaves_no_half_of_a_large_file(
    project: Project, bare_droplet: Host, there: str
) -> None:
    (project.root / "files").mkdir()
    (project.root / "files" / "big").write_bytes(bytes(40 * MIB))
    bare_droplet.ssh(f"echo old > {there}/big")
    limited = f'#!/bin/sh\\nulimit -f 20000\\nexec {bare_droplet.login.python} "$@"\\n'
    bare_droplet.ssh(f"printf '{limited}' > {there}/python && chmod +x {there}/python")
    project.inventory(ansible_python_interpreter=f"{there}/python")
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - {{name: big, copy: {{src: big, dest: {there}/big}}, ignore_errors: true}}
    - {{name: after, command: cat {there}/big}}
""",
        "--json",
    )
    assert done.statuses() == {"big": "ignored", "after": "changed"}, done.out
    (failed,) = done.steps("ignored")
    assert "File too large" in failed["message"]
    (after,) = done.steps("changed")
    assert after["data"]["stdout"] == "old"
    assert bare_droplet.ssh(f"ls -A {there}").stdout.split() == ["big", "python"]
