"""A run outlives its connection: no step is done twice, none is lost, whatever is cut and when."""

from __future__ import annotations

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
from tests.e2e.test_interruptions import started, wait_for, working
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
def proxy(bare_droplet: Host) -> Iterator[Proxy]:
    """The way to the droplet."""
    made = Proxy(bare_droplet.login.host, bare_droplet.login.port, 1 << 60, "cut")
    yield made
    made.close()


def through(proxy: Proxy) -> dict[str, Any]:
    """The variables of a host that is reached this way."""
    return {"ansible_port": proxy.port, "ansible_host_key_checking": False}


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
    project.inventory(**through(proxy))
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


LONG = """
- hosts: droplets
  gather_facts: false
  tasks:
    - {{name: first, copy: {{content: x, dest: {there}/first}}}}
    - name: waits
      shell: "cd {there}; touch begun; until [ -e go ]; do sleep 0.1; done; echo once >> after"
    - {{name: next, shell: "cd {there}; echo once >> next"}}
"""


def finished(running: Any) -> Done:
    out, err = running.communicate(timeout=90)
    return Done(running.returncode, out, err)


def test_a_connection_that_is_silently_dead_is_given_up_and_made_anew(
    project: Project, there: str, proxy: Proxy
) -> None:
    """As when a laptop moves to another network: nobody is told, and the old connection hangs."""
    running = started(project, there, LONG, suture_idle_timeout=7, **through(proxy))
    proxy.stall()
    Path(there, "go").touch()
    went_on(finished(running), there)


@pytest.mark.parametrize(("way", "goes_on"), [("hold", False), ("finish", True)])
def test_what_was_sent_is_held_while_nobody_is_there_unless_the_host_says_otherwise(
    project: Project, there: str, proxy: Proxy, way: str, goes_on: bool
) -> None:
    running = started(project, there, LONG, suture_on_disconnect=way, **through(proxy))
    proxy.refuse(True)
    proxy.cut()
    time.sleep(0.5)
    Path(there, "go").touch()
    wait_for(Path(there, "after").exists)
    time.sleep(1)
    assert Path(there, "next").exists() == goes_on
    proxy.refuse(False)
    went_on(finished(running), there)


def went_on(done: Done, there: str) -> None:
    """Each step of the long play was done, once."""
    assert done.code == 0, done.out + done.err
    assert done.statuses() == {"first": "changed", "waits": "changed", "next": "changed"}
    assert (Path(there, "after").read_text(), Path(there, "next").read_text()) == ("once\n",) * 2


def test_the_agent_waits_for_its_lease_and_no_longer(
    project: Project, there: str, proxy: Proxy
) -> None:
    running = started(project, there, LONG, suture_lease=3, **through(proxy))
    host = agent_of(there)
    proxy.refuse(True)
    proxy.cut()
    done = finished(running)
    assert done.code == 4, done.out + done.err
    (lost,) = (event for event in done.events if event["event"] == "host_lost")
    assert "could not be made again for 3 s" in lost["reason"]
    wait_for(lambda: not Path(f"/proc/{host}").exists())
    assert working(there) == []


def test_an_agent_that_is_gone_is_not_waited_for(project: Project, there: str) -> None:
    running = started(project, there, LONG)
    os.kill(agent_of(there), signal.SIGKILL)
    began = time.monotonic()
    done = finished(running)
    assert done.code == 4 and time.monotonic() - began < 20, done.out
    assert done.statuses() == {"first": "changed", "waits": "unreachable"}
    Path(there, "go").touch()


def agent_of(there: str) -> int:
    """The process that has started the step that is under way."""
    (shell,) = (int(each.split()[0]) for each in working(there) if "until" in each)
    return int(Path(f"/proc/{shell}/status").read_text().partition("PPid:")[2].split()[0])
