"""Warm processes, from the agent's side: started when first needed, asked to run a call."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import struct
import subprocess
import sys
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ..protocol.spec import Failure

if TYPE_CHECKING:
    from ..rehearsal.overlay_diff import Overlay

START = (
    "import sys;sys.path[:1]=[p for p in sys.path[:1] if p];"
    "import os;requests=os.fdopen(os.dup(0),'rb');answers=os.fdopen(os.dup(1),'wb');"
    "os.dup2(os.open(os.devnull,0),0);os.dup2(2,1);"
    "exec(compile(requests.read(int(requests.readline())),'<suture>','exec'));"
    "serve(requests,answers,int(sys.argv[1]))"
)
"""The working directory is no place to import from; all else is as the host's Python has it."""

COPYING = (
    "rehearsal.attempt",
    "rehearsal.mounts",
    "rehearsal.namespaces",
    "rehearsal.overlay_diff",
    "rehearsal.overlay_tree",
    "rehearsal.scratch_storage",
    "world.linux",
    "lean_dataclasses",
)
"""What of ours a warm process needs to make a call in a copy of the host's files."""

HOME = "suture_agent"
"""The package that these are in there: a host may have an ``agent`` of its own."""

Sources = Mapping[str, Tuple[str, str, bool]]
"""Text, its hash and whether a package, by dotted name."""


class Warm:
    """One warm process, and the sources that it has."""

    def __init__(self, program: str) -> None:
        self._known: Dict[str, str] = {}
        self._inlet, outlet = socket.socketpair()
        self._attempts = 0
        self._owed = False
        with outlet:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(outlet.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                pass_fds=[outlet.fileno()],
            )
        data = program.encode()
        self._write(b"%d\n%b" % (len(data), data))

    def fits(self, sources: Sources) -> bool:
        """Whether nothing that it has goes by the name of something else among these."""
        known = self._known
        return all(known.get(name, sha) == sha for name, (_, sha, _) in sources.items())

    def answer(self, request: Mapping[str, Any], sources: Sources) -> Dict[str, Any]:
        """What came of a call; EOFError where the process has died of it."""
        self._ask(request, sources)
        return self._answered()

    @contextlib.contextmanager
    def attempt(
        self, request: Mapping[str, Any], sources: Sources
    ) -> Iterator[Tuple[Mapping[str, Any], Sequence[Overlay]]]:
        """What came of a call in a copy, and the layers that it wrote to, open within the context:
        nothing of them is left then."""
        from ..rehearsal import attempt

        self._attempts += 1
        number = self._attempts
        how = {**request["attempt"], "number": number, "code": f"{HOME}.rehearsal.attempt"}
        self._ask({**request, "attempt": how}, {**sources, **_copying()})
        message, overlays = attempt.received(self._inlet)
        while message.get("lost", number) != number:  # of an earlier one, which had told all
            message, overlays = attempt.received(self._inlet)
        try:
            yield message, overlays
        finally:
            for overlay in overlays:
                os.close(overlay.upper)
                os.close(overlay.lower)
            if overlays:
                self._inlet.sendall(b".")
            self._owed = True  # taking the copy down takes a while, in which others may work

    def end(self) -> None:
        """It is of no more use."""
        self._process.kill()
        self._process.wait()
        self._inlet.close()

    def _ask(self, request: Mapping[str, Any], sources: Sources) -> None:
        if self._owed:
            self._answered()
        new = {
            name: (text, package)
            for name, (text, sha, package) in sources.items()
            if name not in self._known
        }
        self._known.update({name: sources[name][1] for name in new})
        body = dumps({**request, "sources": new, "needs": list(sources)}).encode()
        self._write(struct.pack(">I", len(body)) + body)

    def _answered(self) -> Dict[str, Any]:
        self._owed = False
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
        with self._fitting(request, sources) as warm:
            return warm.answer(request, sources)

    @contextlib.contextmanager
    def attempt(
        self, request: Mapping[str, Any], sources: Sources
    ) -> Iterator[Tuple[Mapping[str, Any], Sequence[Overlay]]]:
        """The same call in a throw-away copy of the host's files."""
        with self._fitting(request, sources) as warm, warm.attempt(request, sources) as came:
            yield came

    @contextlib.contextmanager
    def _fitting(self, request: Mapping[str, Any], sources: Sources) -> Iterator[Warm]:
        warm = next((each for each in self._warm if each.fits(sources)), None)
        if warm is None:
            warm = Warm(_program())
            self._warm.append(warm)
        try:
            yield warm
        except (EOFError, OSError):
            self._dropped(warm)
            raise Failure(
                f"{request['name']}: the process that runs modules on this host has ended"
                " (was it killed for want of memory?)"
            ) from None
        except Failure:
            raise
        except BaseException:
            self._dropped(warm)  # nobody knows what it would answer next
            raise

    def _dropped(self, warm: Warm) -> None:
        self._warm.remove(warm)
        warm.end()


def _program() -> str:
    """The source of what runs in the warm process."""
    from . import serving

    loader: Any = serving.__spec__.loader
    return str(loader.get_source(serving.__name__))


def _copying() -> Sources:
    """The sources of COPYING, under names of their own."""
    found = dict.fromkeys((HOME, f"{HOME}.rehearsal", f"{HOME}.world"), ("", "", True))
    ours = (__package__ or "").rpartition(".")[0]
    for name in COPYING:
        code = importlib.import_module(f"{ours}.{name}")
        loader: Any = code.__spec__ and code.__spec__.loader
        text = str(loader.get_source(code.__name__))
        text = text.replace("\nfrom agent.lean_dataclasses", f"\nfrom {HOME}.lean_dataclasses")
        found[f"{HOME}.{name}"] = (text, HOME, False)
    return found
