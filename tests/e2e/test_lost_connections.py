"""A run outlives its connection: no step is done twice, none is lost, whatever is cut and when."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host
from tests.e2e.test_interruptions import agent, started, wait_for, working
from tests.e2e.test_stalls import Proxy

pytestmark = pytest.mark.e2e

STEPS = """
- hosts: droplets
  gather_facts: false
  tasks:
    - {{name: begins, copy: {{content: x, dest: {there}/begun}}}}
    - {{name: large, copy: {{src: large, dest: {there}/large}}}}
    - name: "counts"
      shell: "echo {{{{ item }}}} >> {there}/counted; sleep 0.1; echo {{{{ item }}}}"
      loop: "{{{{ range(40) | list }}}}"
      register: counted
    - {{name: small, copy: {{content: "{{{{ counted.results | map(attribute='stdout') | join(' ') }}}}",
       dest: {there}/small}}}}
    - name: talks
      shell: "for i in $(seq 200); do echo line $i; sleep 0.01; done; echo once >> {there}/talked"
"""


@pytest.fixture
def proxy(project: Project, bare_droplet: Host) -> Iterator[Proxy]:
    """The way to the droplet."""
    made = Proxy(bare_droplet.login.host, bare_droplet.login.port, 1 << 60, "cut")
    project.inventory(ansible_port=made.port, ansible_host_key_checking=False)
    yield made
    made.close()


def cutting(proxy: Proxy, times: int, there: str, running: threading.Event) -> None:
    """Cut it so many times, at random moments, once the run's first step is over."""
    chance = random.Random(4)
    wait_for(lambda: running.is_set() or Path(there, "begun").exists())
    for _ in range(times):
        if running.wait(chance.uniform(0.3, 0.8)):
            return
        proxy.cut()


def test_ten_cuts_lose_nothing_and_repeat_nothing(
    project: Project, there: str, proxy: Proxy
) -> None:
    content = os.urandom(1 << 16) * 200
    (project.root / "large").write_bytes(content)
    over = threading.Event()
    began = threading.Thread(target=cutting, args=(proxy, 10, there, over))
    began.start()
    try:
        done = project.run(STEPS.format(there=there), "--json")
    finally:
        over.set()
        began.join()
    assert done.code == 0, done.out + done.err
    assert [step["status"] for step in done.steps()] == ["changed"] * 5
    numbers = [str(number) for number in range(40)]
    assert Path(there, "counted").read_text().split() == numbers
    assert Path(there, "small").read_text().split() == numbers
    assert Path(there, "large").read_bytes() == content
    assert Path(there, "talked").read_text() == "once\n"
    lines = [e["text"] for e in done.events if e["event"] == "step_output" and e["task"] == "talks"]
    assert lines == [f"line {number}" for number in range(1, 201)]
    told = [e["message"] for e in done.events if e["event"] == "warned"]
    assert sum("connected again after" in each for each in told) >= 3, told
