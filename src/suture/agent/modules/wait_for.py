"""A port answers, or does not; a path exists, or does not; a text appears: waited for, for a while.

A dry run looks once: what does not hold yet may come to hold through steps that it did not perform,
so it is unknown.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import Any, Dict, Literal, Optional

from ..protocol.spec import Failure, arg
from ..shared.paths import expanded
from ..shared.patterns import patiently
from ..world.world import World

EXAMPLES = """
- name: the application answers
  wait_for: {port: 8000, timeout: 60}

- name: the worker has said that it is ready
  wait_for: {path: /var/log/worker.log, search_regex: "ready to (\\\\w+)"}
"""
LOOKS = True

ACTIVE = {"01", "02", "03", "04", "05", "06"}
"""States of open connections in /proc/net/tcp: established, opening, closing, time wait."""

CHUNK = 65536


@dataclass(frozen=True)
class Args:
    host: str = arg("The host that the port is on.", "127.0.0.1")
    port: int | None = arg("The port.", None)
    path: str | None = arg("A path on the host, instead of a port.", None)
    state: Literal["started", "stopped", "present", "absent", "drained"] = arg(
        "started and present: it is there; stopped and absent: it is not; drained: no connection"
        " to the port is open.",
        "started",
    )
    search_regex: str | None = arg(
        "A text that has to be in the file, or come over the connection.", None
    )
    timeout: int = arg("Seconds to wait at most.", 300)
    connect_timeout: int = arg("Seconds to wait for one connection.", 5)
    delay: int = arg("Seconds to wait before looking at all.", 0)
    sleep: int = arg("Seconds between looks.", 1)
    msg: str | None = arg("What to say when it does not come to pass.", None)

    def __post_init__(self) -> None:
        if self.port is not None and self.path:
            raise ValueError("give either 'port' or 'path', not both")
        if self.path and self.state in ("stopped", "drained"):
            raise ValueError(f"state {self.state} is for a port; for a path use absent")
        if self.state == "drained" and self.port is None:
            raise ValueError("state drained needs 'port'")
        if self.search_regex is not None:
            try:
                re.compile(self.search_regex)
            except re.error as error:
                raise ValueError(f"'search_regex' is no regular expression: {error}") from None


@dataclass(frozen=True)
class Seen:
    """What a look has shown: whether it is there, and where the text was found."""

    there: bool
    match: Optional[re.Match[str]] = None


def apply(args: Args, world: World) -> Dict[str, Any]:
    began = time.monotonic()
    _wait(args.delay, world)
    wanted = args.state not in ("stopped", "absent")
    seen = Seen(False)
    while args.port is not None or args.path:
        seen = _look(args, world)
        left = args.timeout - (time.monotonic() - began)
        if seen.there == wanted:
            break
        if left <= 0:
            raise Failure(args.msg or _sentence(args), elapsed=int(time.monotonic() - began))
        _wait(min(args.sleep, left), world)
    else:
        _wait(args.timeout - args.delay, world)
    return {
        "state": args.state,
        "port": args.port,
        "path": args.path,
        "search_regex": args.search_regex,
        "match_groups": list(seen.match.groups()) if seen.match else [],
        "match_groupdict": seen.match.groupdict() if seen.match else {},
        "elapsed": int(time.monotonic() - began),
    }


def _wait(seconds: float, world: World) -> None:
    """Let time pass; a dry world, in which nothing happens meanwhile, says so."""
    if seconds > 0:
        world.measure("sleep", f"{seconds:g}", live=False)


def _look(args: Args, world: World) -> Seen:
    if args.path:
        path = expanded(args.path, world)
        node = world.stat(path)
        if node is None or args.search_regex is None or args.state == "absent":
            return Seen(node is not None)
        content = world.read(path) if node.kind == "file" else b""
        with patiently(args.search_regex, path):
            match = re.search(args.search_regex, _text(content or b""), re.MULTILINE)
        return Seen(match is not None, match)
    port = args.port or 0
    if args.state == "drained":
        tables = [world.read(f"/proc/net/{name}") or b"" for name in ("tcp", "tcp6")]
        return Seen(not any(connections(_text(table), port) for table in tables))
    if args.search_regex is None or args.state in ("stopped", "absent"):
        return Seen(bool(world.state(f"port:{args.host}:{port}", lambda: _answers(args, port))))
    said = _text(_said(args, port, args.search_regex))
    match = _searched(args.search_regex, said, port)
    return Seen(match is not None, match)


def _answers(args: Args, port: int) -> bool:
    try:
        with socket.create_connection((args.host, port), args.connect_timeout):
            return True
    except OSError:
        return False


def _searched(pattern: str, said: str, port: int) -> Optional[re.Match[str]]:
    with patiently(pattern, f"what port {port} says"):
        return re.search(pattern, said, re.MULTILINE)


def _said(args: Args, port: int, pattern: str) -> bytes:
    """What comes over a connection, until the text is in it or no more comes."""
    said = b""
    ends = time.monotonic() + min(args.timeout, args.connect_timeout)
    try:
        with socket.create_connection((args.host, port), args.connect_timeout) as connection:
            while not _searched(pattern, _text(said), port):
                left = ends - time.monotonic()
                if left <= 0:
                    break
                connection.settimeout(left)
                data = connection.recv(CHUNK)
                if not data:
                    break
                said += data
    except OSError:
        return said
    return said


def connections(table: str, port: int) -> int:
    """How many connections of /proc/net/tcp to a local port are open."""
    found = 0
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 3 and words[3] in ACTIVE:
            found += int(words[1].rpartition(":")[2], 16) == port
    return found


def _sentence(args: Args) -> str:
    after = f"after {args.timeout} s"
    what = args.path or f"{args.host}:{args.port}"
    if args.state == "drained":
        return f"connections to {what} are still open {after}"
    if args.state in ("stopped", "absent"):
        return f"{what} {'still exists' if args.path else 'still answers'} {after}"
    if args.search_regex is not None:
        return f"nothing in {what} matches '{args.search_regex}' {after}"
    return f"{what} does not exist {after}" if args.path else f"nothing answers at {what} {after}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
