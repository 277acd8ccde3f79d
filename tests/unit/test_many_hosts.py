"""Two hundred hosts of which some are broken: the others finish, in bounded time.

    python -m tests.unit.test_many_hosts 200

prints how long that took, and how each of the broken ones ended.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from suture.agent.protocol import wire
from suture.connect import sockets
from suture.connect.target import Becoming, Target
from suture.connect.transport import Channel
from suture.errors import Unreachable
from suture.events import HostLost
from tests.unit.scripted import Played, Scripted, ScriptedChannel, ScriptedLink, played

BROKEN = {"h7": "stalling", "h8": "cutting", "h9": "mute", "h10": "dripping"}
IDLE = 3
PLAY = f"""
- hosts: all
  gather_facts: false
  vars: {{suture_idle_timeout: {IDLE}}}
  tasks:
    - {{name: one, ping: }}
    - {{name: two, ping: }}
    - {{name: three, ping: }}
"""


class Broken(ScriptedChannel):
    """stalling: says nothing at all; cutting: hangs up after its first word; mute: takes what it is
    sent and says no more; dripping: says a byte a second."""

    def __init__(self, host: str, script: Scripted, way: str) -> None:
        self._way, self._over = way, threading.Event()
        super().__init__(host, script)

    def close(self) -> None:
        self._over.set()
        super().close()

    def _serve(self, host: str, script: Scripted) -> None:
        stream, out = self._agent
        ready = {"event": "ready", "python": "3.11.0", "executable": "", "pid": 1, "uid": 0}
        said = wire.MARK + wire.frame({**ready, "notes": []})
        with contextlib.suppress(OSError, ValueError), out, stream:
            if self._way == "dripping":
                for byte in said * 10:
                    out.write(bytes([byte]))
                    if self._over.wait(1):
                        return
            elif self._way != "stalling":
                out.write(said)
            if self._way == "cutting":
                return
            while stream.read1():
                pass


class Hosts(Scripted):
    def link(self, target: Target) -> ScriptedLink:
        return Way(target.name, self)


class Way(ScriptedLink):
    def channel(self, becoming: Becoming) -> Channel:
        if way := BROKEN.get(self.host):
            return Broken(self.host, self.script, way)
        return super().channel(becoming)


def many(folder: Path, count: int) -> Played:
    text = PLAY
    (folder / "group_vars").mkdir(exist_ok=True)
    (folder / "group_vars" / "all.yml").write_text(f"suture_idle_timeout: {IDLE}\n")
    return played(folder, text, count, Hosts(), forks=50)


def test_two_hundred_hosts_with_broken_ones_among_them(tmp_path: Path) -> None:
    began = time.monotonic()
    done = many(tmp_path, 200)
    assert time.monotonic() - began < 60
    lost = {event.host: event.reason for event in done.events if isinstance(event, HostLost)}
    assert set(lost) == set(BROKEN)
    assert all(lost.values())
    assert done.result.exit == 4
    for number in range(1, 201):
        if f"h{number}" not in BROKEN:
            assert list(done.statuses(f"h{number}").values()) == ["changed"] * 3


def test_a_resolver_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*asked: Any, **how: Any) -> Any:
        over.wait(30)
        raise OSError

    monkeypatch.setattr(sockets.socket, "getaddrinfo", silent)
    began = time.monotonic()
    with pytest.raises(
        Unreachable, match=r"^db3: nobody said within 0.2 s which address 'db3\.x' has"
    ):
        sockets.connected("db3.x", 22, 0.2, "db3")
    assert time.monotonic() - began < 5
    over.set()


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(Unreachable, match="db3: this can be no host's name"):
        sockets.connected("a" * 80 + ".x", 22, 2, "db3")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = many(Path(folder), count)
        seconds = time.monotonic() - began
    lost = {event.host: event.reason for event in done.events if isinstance(event, HostLost)}
    sys.stdout.write(f"{count} hosts, {seconds:.1f} s, exit {done.result.exit}\n")
    for host, way in BROKEN.items():
        sys.stdout.write(f"  {host} ({way}): {lost.get(host, 'was not lost')}\n")


if __name__ == "__main__":
    main()
