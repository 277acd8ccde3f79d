"""Warm processes, from the agent's side: started when first needed, asked to run a call."""

from __future__ import annotations

import struct
import subprocess
import sys
from json import dumps, loads
from typing import Any, Dict, List, Mapping, Tuple

from ..protocol.spec import Failure

START = (
    "import sys;sys.path[:1]=[p for p in sys.path[:1] if p];"
    "import os;requests=os.fdopen(os.dup(0),'rb');answers=os.fdopen(os.dup(1),'wb');"
    "os.dup2(os.open(os.devnull,0),0);os.dup2(2,1);"
    "exec(compile(requests.read(int(requests.readline())),'<suture>','exec'));"
    "serve(requests,answers)"
)
"""The working directory is no place to import from; all else is as the host's Python has it."""

Sources = Mapping[str, Tuple[str, str, bool]]
"""Text, its hash and whether a package, by dotted name."""


class Warm:
    """One warm process, and the sources that it has."""

    def __init__(self, program: str) -> None:
        self._known: Dict[str, str] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        data = program.encode()
        self._write(b"%d\n%b" % (len(data), data))

    def fits(self, sources: Sources) -> bool:
        """Whether nothing that it has goes by the name of something else among these."""
        known = self._known
        return all(known.get(name, sha) == sha for name, (_, sha, _) in sources.items())

    def answer(self, request: Mapping[str, Any], sources: Sources) -> Dict[str, Any]:
        """What came of a call; EOFError where the process has died of it."""
        new = {
            name: (text, package)
            for name, (text, sha, package) in sources.items()
            if name not in self._known
        }
        self._known.update({name: sources[name][1] for name in new})
        body = dumps({**request, "sources": new, "needs": list(sources)}).encode()
        self._write(struct.pack(">I", len(body)) + body)
        head = self._read(4)
        told: Dict[str, Any] = loads(self._read(struct.unpack(">I", head)[0]))
        return told

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) < size:
            raise EOFError
        return data


class WarmProcesses:
    """The warm processes of one agent: several only where two modules want different sources of
    one name."""

    def __init__(self) -> None:
        self._warm: List[Warm] = []

    def answer(self, request: Mapping[str, Any], sources: Sources) -> Dict[str, Any]:
        """What came of a call, in a process that has, or is given, these sources."""
        warm = next((each for each in self._warm if each.fits(sources)), None)
        if warm is None:
            warm = Warm(_program())
            self._warm.append(warm)
        try:
            return warm.answer(request, sources)
        except (EOFError, OSError):
            self._warm.remove(warm)
            raise Failure(
                f"{request['name']}: the process that runs modules on this host has ended"
                " (was it killed for want of memory?)"
            ) from None


def _program() -> str:
    """The source of what runs in the warm process."""
    from . import serving

    loader: Any = serving.__spec__.loader
    return str(loader.get_source(serving.__name__))
