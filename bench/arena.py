"""Where the tools meet: one project folder for each, with the same work and the same hosts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench import peers, same, workloads
from bench.hosts import Farm
from bench.measure import Clock, Contestant, Series, in_turn
from bench.peers import Peer


def _nothing() -> None:
    pass


@dataclass
class Arena:
    """``scratch`` holds the tools' project folders; ``ports`` is where each delay's proxy listens,
    by milliseconds of round trip; ``most`` is how many rounds there are at the most; ``same`` is
    whether the tools ended alike, by measure."""

    farm: Farm
    scratch: Path
    tools: Mapping[str, Peer]
    ports: Mapping[int, int]
    say: Callable[[str], None]
    quick: bool
    clock: Clock = field(default_factory=Clock)
    most: int = 9
    same: dict[str, str] = field(default_factory=dict)

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
            self.given_away([place])

        return act

    def given_away(self, paths: Iterable[Path]) -> None:
        """These are the hosts' user's own."""
        owner = self.farm.home.stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def converged(self, tool: str, source: Path, hosts: int = 1) -> Callable[[], None]:
        """What puts copies of what lies in ``source`` on so many of the tool's hosts."""
        place = self.place(tool)

        def act() -> None:
            self.fresh(tool)()
            for number in range(hosts):
                subprocess.run(["cp", "-a", str(source), str(place / f"h{number}")], check=True)

        return act

    def turns(
        self, measure: str, contestants: Sequence[Contestant], *, budget: float, **about: Any
    ) -> list[Series]:
        """They run in turn, and it is said."""
        chosen = [replace(each, rounds=min(each.rounds, self.most)) for each in contestants]
        return in_turn(measure, chosen, budget=budget, clock=self.clock, say=self.say, **about)

    def check(
        self,
        measure: str,
        series: Sequence[Series],
        folders: Callable[[str], Path],
        part: frozenset[str] = frozenset(),
    ) -> None:
        """Whether all that ran left the same behind is noted, and said."""
        tools = [each.tool for each in series if each.runs and not each.note.startswith("failed")]
        if len(tools) > 1:
            self.same[measure] = same.compared({tool: folders(tool) for tool in tools}, part)
            self.say(f"  {self.same[measure]}")

    def contestant(
        self,
        tool: str,
        work: str,
        texts: Mapping[str, str],
        *,
        rtt_ms: int = 0,
        hosts: int = 1,
        words: tuple[str, ...] = (),
        **more: Any,
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
        environ = {**self.environment(), **peer.environ}
        return Contestant(tool, command, folder, environ, **{"missing": peer.missing, **more})

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
        folder: Path | None = None,
        before: Callable[[], None] = _nothing,
        **more: Any,
    ) -> Contestant:
        """A command that is given as it is; if it is one of the tools, in that one's environment."""
        folder = folder or self.scratch / "plain"
        folder.mkdir(exist_ok=True)
        own = self.tools[tool].environ if tool in self.tools else {}
        environ = {**self.environment(), **own}
        return Contestant(tool, command, folder, environ, before=before, **more)

    def environment(self) -> dict[str, str]:
        """What every tool gets; what it leaves in a temporary folder goes with the arena."""
        temporary = self.scratch / "tmp"
        temporary.mkdir(exist_ok=True)
        return {**peers.clean_environment(), "TMPDIR": str(temporary)}

    def forget(self) -> None:
        """No connection is kept open from one measurement to the next."""
        for name in ("ansible", "mitogen"):
            for socket in (self.scratch / f"{name}-sockets").glob("*"):
                subprocess.run(
                    ["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "nowhere"],
                    check=False,
                    capture_output=True,
                    timeout=20,
                )
