"""Where the tools meet: one project folder for each, with the same work and the same hosts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import peers, workloads
from bench.hosts import Farm
from bench.measure import Contestant
from bench.peers import Peer

FLOOR = Path(__file__).with_name("floor.py")


@dataclass
class Arena:
    """``scratch`` holds the tools' project folders; ``ports`` is where each delay's proxy listens,
    by milliseconds of round trip."""

    farm: Farm
    scratch: Path
    tools: Mapping[str, Peer]
    ports: Mapping[int, int]
    say: Callable[[str], None]
    quick: bool
    _written: set[tuple[str, str]] = field(default_factory=set)

    def folder(self, tool: str, rtt_ms: int = 0) -> Path:
        """A tool's project folder for hosts that are so far away."""
        folder = self.scratch / f"{tool.replace(' ', '-')}-{rtt_ms}"
        if not folder.is_dir():
            workloads.written(folder)
            port = self.ports[rtt_ms]
            hosts = {
                f"h{number}": (address, port) for number, address in enumerate(self.farm.addresses)
            }
            workloads.inventories(folder, hosts, self.farm.login, str(self.place(tool)))
        return folder

    def place(self, tool: str) -> Path:
        """Where a tool puts things on the hosts."""
        return self.farm.home / f"bench-{tool.replace(' ', '-')}"

    def fresh(self, tool: str) -> Callable[[], None]:
        """What makes the tool's place on the hosts empty."""
        place = self.place(tool)

        def act() -> None:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            owner = self.farm.home.stat()
            os.chown(place, owner.st_uid, owner.st_gid)

        return act

    def contestant(
        self,
        tool: str,
        work: str,
        texts: Mapping[str, str],
        *,
        rtt_ms: int = 0,
        hosts: int = 1,
        rounds: int = 3,
        words: tuple[str, ...] = (),
        before: Callable[[], None] = lambda: None,
        scale: float = 1.0,
        note: str = "",
        codes: tuple[int, ...] = (0,),
    ) -> Contestant:
        """The tool with a piece of work; ``texts`` says the work in each language."""
        peer = self.tools[tool]
        folder = self.folder(tool, rtt_ms)
        ending = ".py" if peer.language == "pyinfra" else ".yml"
        if peer.language in texts:
            (folder / f"{work}{ending}").write_text(texts[peer.language])
        names = [f"h{number}" for number in range(hosts)]
        limit = "all" if hosts == len(self.farm.addresses) else ",".join(names)
        if tool == "fabric floor":
            limit = self._floor_hosts(folder, rtt_ms, hosts)
        command = [*peer.command(folder, work, limit, hosts), *words]
        environ = {**peers.clean_environment(), **peer.environ}
        return Contestant(
            tool, command, folder, environ, before, rounds, scale, note=note, codes=codes
        )

    def _floor_hosts(self, folder: Path, rtt_ms: int, hosts: int) -> str:
        login = self.farm.login
        told = [
            {
                "host": address,
                "port": self.ports[rtt_ms],
                "user": login.user,
                "key": login.key,
            }
            for address in self.farm.addresses[:hosts]
        ]
        path = folder / f"hosts-{hosts}.json"
        path.write_text(json.dumps(told))
        return str(path)

    def plain_ssh(self, rtt_ms: int = 0) -> list[str]:
        """OpenSSH's own command to the first host, the port for this delay given."""
        words = self.farm.login.ssh()
        words[words.index("-p") + 1] = str(self.ports[rtt_ms])
        return words

    def plain(
        self,
        tool: str,
        command: list[str],
        *,
        rounds: int = 3,
        before: Callable[[], None] = lambda: None,
    ) -> Contestant:
        """A command that is none of the tools."""
        folder = self.scratch / "plain"
        folder.mkdir(exist_ok=True)
        return Contestant(tool, command, folder, peers.clean_environment(), before, rounds)

    def forget(self) -> None:
        """No connection is kept open from one measurement to the next."""
        for name in ("ansible", "mitogen"):
            for socket in (self.scratch / f"{name}-sockets").glob("*"):
                subprocess.run(
                    ["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "nowhere"],
                    check=False,
                    capture_output=True,
                )
