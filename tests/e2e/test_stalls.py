"""Hosts that stall, cut, or drip: the others finish, and the run ends in bounded time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.droplet import Login
from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import Host
from tests.lying import FINE, READY, liar

pytestmark = pytest.mark.e2e

PLAY = yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [{"ping": {}}] * 3}])


def lost(done: Done) -> dict[str, str]:
    return {
        event["host"]: event["reason"] for event in done.events if event["event"] == "host_lost"
    }


def test_silent_hosts_are_given_up_and_the_others_finish(tmp_path: Path) -> None:
    project = Project(tmp_path, Login("127.0.0.1", 1, "u", "", "", "python3", ""), patience=90)
    late = {"sleep": 600}
    told: dict[str, str] = {
        "fine": liar(tmp_path, FINE, name="fine"),
        "mute": liar(tmp_path, late, name="mute"),
        "never": liar(tmp_path, FINE, name="never", first=(late, READY)),
        "half": liar(tmp_path, {"raw": "\0\0\0\x40{"}, late, name="half"),
        "cut": liar(tmp_path, {"end": 1}, name="cut"),
        "loud": liar(tmp_path, {"stderr": 3_000_000}, FINE, name="loud"),
    }
    known = {
        name: {
            "ansible_connection": "local",
            "ansible_python_interpreter": path,
            "suture_idle_timeout": 4,
        }
        for name, path in told.items()
    }
    project.write("inventory.yml", yaml.safe_dump({"all": {"hosts": known}}))
    done = project.run(PLAY, "--json")
    assert done.code == 4, done.out + done.err
    reasons = lost(done)
    assert reasons["mute"] == reasons["half"].replace("half", "mute")
    assert reasons["mute"] == "mute: nothing was heard of it for 4 s"
    assert reasons["never"] == "never: the agent did not speak for 4 s"
    assert reasons["cut"] == "the connection was lost"
    assert set(reasons) == {"mute", "never", "half", "cut"}
    for name in ("fine", "loud"):
        assert [s["status"] for s in done.steps() if s["host"] == name] == ["ok"] * 3


class Proxy:
    """Passes bytes on to an sshd, until ``most`` bytes of its have been passed; then it does as
    ``way`` says: "stall", "cut", or "drip" a byte a second."""

    def __init__(self, host: str, port: int, most: int, way: str) -> None:
        self._there = (host, port)
        self._most, self._way = most, way
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._refuses = False
        self._dead: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                if self._refuses:
                    ours.close()
                    continue
                theirs = socket.create_connection(self._there)
                self._open += [ours, theirs]
                for pair in ((ours, theirs, 1 << 60), (theirs, ours, self._most)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, left: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source in self._dead:
                    return
                target.sendall(data[:left])
                rest, left = data[left:], left - len(data)
                if left > 0:
                    continue
                if self._way == "cut":
                    source.close()
                    target.shutdown(socket.SHUT_RDWR)
                if self._way != "drip":
                    return
                for byte in rest:
                    time.sleep(1)
                    target.sendall(bytes([byte]))
                left = 0

    def cut(self) -> None:
        """What is connected now is cut."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Of what is connected now nothing passes any more, and nobody is told."""
        self._dead.update(self._open)

    def refuse(self, refuses: bool) -> None:
        """Whoever connects is cut off at once."""
        self._refuses = refuses

    def close(self) -> None:
        for each in (self._listening, *self._open):
            each.close()


@pytest.fixture
def proxies(bare_droplet: Host) -> Iterator[Any]:
    made = []

    def proxy(most: int, way: str) -> Proxy:
        made.append(Proxy(bare_droplet.login.host, bare_droplet.login.port, most, way))
        return made[-1]

    yield proxy
    for each in made:
        each.close()


@pytest.mark.parametrize("way", ["stall", "cut", "drip"])
def test_a_connection_that_fails_at_any_stage_ends_in_bounded_time(
    project: Project, bare_droplet: Host, proxies: Any, way: str
) -> None:
    """Before the banner, in it, in the key exchange, after it, in authentication, in the channel's
    opening, before the first word and after it."""
    login = bare_droplet.login
    shared = {
        "ansible_host": login.host,
        "ansible_user": login.user,
        "ansible_ssh_private_key_file": login.key,
        "ansible_host_key_checking": False,
        "ansible_timeout": 2,
        "suture_idle_timeout": 4,
    }
    stages = (0, 10, 300, 1200, 1700, 2300, 2600, 2800, 3000, 3200)
    hosts: dict[str, Any] = {"fine": {**shared, "ansible_port": login.port}}
    for most in stages:
        hosts[f"at{most}"] = {**shared, "ansible_port": proxies(most, way).port}
    project.write("inventory.yml", yaml.safe_dump({"all": {"hosts": hosts}}))
    began = time.monotonic()
    done = project.run(PLAY, "--json")
    assert time.monotonic() - began < 150
    assert done.code == 4, done.out + done.err
    assert "Traceback" not in done.err
    finished = [step for step in done.steps() if step["host"] == "fine"]
    assert [step["status"] for step in finished] == ["ok"] * 3
    reasons = lost(done)
    assert {f"at{most}" for most in stages[:6]} <= set(reasons)
    assert all(reasons.values())
