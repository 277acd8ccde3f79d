"""Hosts to measure on: real sshds on loopback, one address of 127.0.0.0/8 for each host.

They share one machine and one user's home, so every task keeps to a folder named for its host.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab.account import Account, existing_account
from lab.droplet import Droplet, Login, default_root
from lab.processes import Process, command_line, end, processes, with_descendants
from lab.sshd import Sshd

LISTENERS = 16
"""Addresses that one sshd listens on at the most; it is compiled with this number."""


@dataclass(frozen=True)
class Farm:
    """Hosts that are up.  ``home`` is the home that all of them share, seen from this side."""

    login: Login
    home: Path
    known_hosts: Path
    addresses: tuple[str, ...]
    public_key: str

    def trusted(self, address: str, port: int) -> None:
        """The hosts' key is known at this address and port too."""
        with self.known_hosts.open("a") as file:
            file.write(f"[{address}]:{port} {self.public_key}\n")

    def ssh(self, command: str) -> str:
        """What a command prints on the first host."""
        done = subprocess.run(
            self.login.ssh(command), check=True, capture_output=True, text=True, timeout=300
        )
        return done.stdout


def bench_root(checkout: Path) -> Path:
    """Where the benchmark's hosts lie: beside the practice droplet of the checkout."""
    root = default_root(checkout)
    return root.with_name(f"{root.name}-bench")


@contextmanager
def farm(root: Path, hosts: int) -> Iterator[Farm]:
    """So many hosts with their files below ``root``, up while the block runs; nothing of them is
    left afterwards."""
    droplet = Droplet(root)
    droplet.root.parent.mkdir(parents=True, exist_ok=True)
    with droplet.root.with_name(f"{droplet.root.name}.in-use").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one benchmark at a time
        try:
            yield _up(droplet, hosts)
        finally:
            _down(droplet)


def _up(droplet: Droplet, hosts: int) -> Farm:
    _down(droplet)  # what a killed run has left
    login = droplet.up(_silent)
    account = existing_account(droplet.root)
    assert account is not None, "a droplet that is up has its account"
    addresses = tuple(_address(number) for number in range(1, hosts + 1))
    first = Sshd(droplet.root / "sshd", account, droplet.home)
    for start in range(0, hosts, LISTENERS):
        _start(droplet, account, first, addresses[start : start + LISTENERS])
    known_hosts = droplet.root / "key" / "all_known_hosts"
    made = replace(login, host=addresses[0], known_hosts=str(known_hosts))
    key = " ".join(first.host_key.with_suffix(".pub").read_text().split()[:2])
    result = Farm(made, droplet.home, known_hosts, addresses, key)
    for address in addresses:
        result.trusted(address, login.port)
    return result


def _down(droplet: Droplet) -> None:
    """No sshd of the farm listens any more, and none of its files is left."""
    named = f"-f {droplet.root}/sshd-"
    known: set[Process] = set()

    def left() -> set[Process]:
        now = processes()
        listeners = {process.pid for process in now if named in command_line(process.pid)}
        # What serves a connection does not name its configuration, and outlives its listener.
        known.update(
            with_descendants(
                {*listeners, *(process.pid for process in known.intersection(now))}, now
            )
        )
        return known.intersection(now)

    end(left)
    droplet.down(_silent, purge=True)


def _address(number: int) -> str:
    return f"127.0.{10 + number // 250}.{number % 250 + 1}"


def _start(droplet: Droplet, account: Account, like: Sshd, addresses: tuple[str, ...]) -> None:
    """An sshd listens on these addresses, configured as the droplet's own."""
    folder = droplet.root / f"sshd-{hashlib.sha256(addresses[0].encode()).hexdigest()[:6]}"
    folder.mkdir()
    port = like.port
    assert port is not None, "the droplet's own sshd runs"
    text = like.config_file.read_text()
    listens = "\n".join(f"ListenAddress {address}" for address in addresses)
    text = text.replace("ListenAddress 127.0.0.1", listens)
    text = text.replace(f"{like.folder}/sshd.pid", f"{folder}/sshd.pid")
    text = text.replace("LogLevel VERBOSE", "LogLevel ERROR")
    config = folder / "sshd_config"
    config.write_text(text)
    sshd = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert sshd is not None, "the droplet's own sshd was started with it"
    subprocess.run([sshd, "-f", str(config), "-E", str(folder / "log")], check=True)
    _until(lambda: _answers(addresses[-1], port), f"sshd on {addresses[-1]} did not come up")


def _answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    ends = time.monotonic() + 10
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError(otherwise)
        time.sleep(0.02)


def _silent(_line: str) -> None:
    pass
