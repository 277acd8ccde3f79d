"""Run a program to its end, handing on each line as it comes."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections import deque
from typing import Callable, Deque, List, Mapping, Optional, Sequence

from ..protocol.spec import Failure
from .done import Done, decoded

GRACE = 1.0
"""Seconds that a daemon may keep the finished program's pipes open before we let go of them."""

LINE = 64 * 1024
"""Bytes after which a line without an end is handed on all the same."""


KEPT = 16 * 1024 * 1024
"""Bytes of an output that are kept of a command whose lines are shown: half of them the last."""


class Output:
    """One of a program's outputs: all of it, and each line handed on when it is complete.  Of one
    whose lines are handed on no more than ``KEPT`` bytes are kept, with a word of what is left out
    in their middle."""

    def __init__(self, on_line: Optional[Callable[[str], None]]) -> None:
        self._on_line = on_line
        self._head: List[bytes] = []
        self._tail: Deque[bytes] = deque()
        self._sizes = [0, 0]
        self._dropped = 0
        self._partial = b""

    def take(self, data: bytes) -> None:
        self._keep(data)
        if self._on_line is None:
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))
        if len(self._partial) > LINE:
            self.end()

    def _keep(self, data: bytes) -> None:
        if self._on_line is None or self._sizes[0] < KEPT // 2:
            self._head.append(data)
            self._sizes[0] += len(data)
            return
        self._tail.append(data)
        self._sizes[1] += len(data)
        while self._sizes[1] - len(self._tail[0]) >= KEPT // 2:
            gone = len(self._tail.popleft())
            self._sizes[1] -= gone
            self._dropped += gone

    def end(self) -> None:
        """Hand on what stands behind the last newline."""
        if self._on_line and self._partial:
            self._on_line(self._partial.decode("utf-8", "replace"))
        self._partial = b""

    def all(self) -> bytes:
        """What was kept."""
        left_out = b"\n[... %d bytes of output are left out here ...]\n" % self._dropped
        return b"".join([*self._head, *([left_out] if self._dropped else []), *self._tail])


def finished(
    argv: Sequence[str],
    *,
    cwd: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    stdin: bytes = b"",
    timeout: Optional[float] = None,
    on_line: Optional[Callable[[str], None]] = None,
) -> Done:
    """The program's exit code and output; past ``timeout`` seconds its whole session is killed.

    ``env`` is added to the agent's own.  rc is 128 + the signal for a program that a signal ended.
    """
    process = _started(argv, cwd, {**os.environ, **env} if env else None, bool(stdin))
    assert process.stdout and process.stderr
    out, err = Output(on_line), Output(on_line)
    ends = None if timeout is None else time.monotonic() + timeout
    try:
        _drain(process, {process.stdout.fileno(): out, process.stderr.fileno(): err}, stdin, ends)
        code = process.wait(None if ends is None else max(0.0, ends - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill_session(process)
        said = {"stdout": decoded(out.all()), "stderr": decoded(err.all())}
        raise Failure(f"{argv[0]} took longer than {timeout:g} s", rc=124, **said) from None
    except BaseException:
        _kill_session(process)
        raise
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
    out.end()
    err.end()
    return Done(tuple(argv), code if code >= 0 else 128 - code, out.all(), err.all())


def _started(
    argv: Sequence[str], cwd: Optional[str], env: Optional[Mapping[str, str]], fed: bool
) -> subprocess.Popen[bytes]:
    """The program, running; what keeps it from running is a Failure."""
    if cwd is not None and not os.path.isdir(cwd):
        raise Failure(f"cannot run {argv[0]}: the directory {cwd} does not exist")
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=env,
            bufsize=0,
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        if os.path.exists(argv[0]):
            message = f"cannot run {argv[0]}: its interpreter does not exist"
            raise Failure(message, rc=127) from None
        raise Failure(f"{argv[0]}: no such program", rc=127) from None
    except PermissionError as error:
        if error.filename == cwd:
            message = f"cannot run {argv[0]}: not permitted to enter {cwd}"
            raise Failure(message, rc=126) from None
        if (
            "/" not in argv[0]
            and shutil.which(argv[0], path=(env or os.environ).get("PATH")) is None
        ):
            raise Failure(f"{argv[0]}: no such program", rc=127) from None
        raise Failure(f"{argv[0]}: not permitted to run it", rc=126) from None
    except OSError as error:
        raise Failure(f"cannot run {argv[0]}: {error.strerror}", rc=126) from None
    except ValueError:
        raise Failure(f"cannot run {argv[0]!r}: a NUL is in its arguments", rc=126) from None


def _drain(
    process: subprocess.Popen[bytes],
    outputs: Mapping[int, Output],
    stdin: bytes,
    ends: Optional[float],
) -> None:
    """Read both outputs side by side, so that neither pipe can fill up and block the program."""
    exited: Optional[float] = None
    waiting = memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for number in outputs:
            selector.register(number, selectors.EVENT_READ)
        if process.stdin:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            now = time.monotonic()
            if ends is not None and now > ends:
                raise subprocess.TimeoutExpired(process.args, 0)
            if exited is None and process.poll() is not None:
                exited = now
            if exited is not None and now - exited > GRACE:
                return
            for key, _ in selector.select(0.2):
                if key.fd not in outputs:
                    waiting = _fed(process, waiting, selector)
                    continue
                data = os.read(key.fd, 65536)
                if data:
                    outputs[key.fd].take(data)
                else:
                    selector.unregister(key.fd)


def _fed(
    process: subprocess.Popen[bytes], waiting: memoryview, selector: selectors.BaseSelector
) -> memoryview:
    """What is still to be written to the program's stdin, after one more write."""
    assert process.stdin
    try:
        waiting = waiting[os.write(process.stdin.fileno(), waiting[:65536]) :]
    except BrokenPipeError:
        waiting = waiting[:0]
    if not waiting:
        selector.unregister(process.stdin)
        process.stdin.close()
    return waiting


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """End the program and everything it started; it leads a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
