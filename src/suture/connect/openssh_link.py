"""Byte streams to an agent over the system's own ``ssh``, one process a channel.

All of ssh_config holds, as ssh itself reads it.  A channel counts as open when the login shell has
said so: until then it is ssh that ended, afterwards the agent, which the exit code 255 alone does
not tell.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import pty
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

from suture.connect.fabric_link import hop_of
from suture.connect.host_settings import (
    HostSettings,
    config_arguments,
    settings_of,
    ssh_arguments,
    ssh_program,
)
from suture.connect.keys import asked_passphrase, is_encrypted, is_private
from suture.connect.openssh_words import Ended, ended
from suture.connect.refusals import key_locked, no_answer
from suture.connect.target import Becoming, Target, start_command
from suture.connect.transport import Channel
from suture.errors import Unreachable

HERE = b"suture-is-here\n"
"""What the login shell says first; whatever its start-up files print comes before it."""

NOISE = 1024 * 1024
STDERR = 64 * 1024
"""Bytes of stderr that are kept: the last ones."""

PIPE = 1024 * 1024
"""Bytes that a pipe to ssh holds where the system lets it: fewer turns of both for a large file."""

TRIES = 5
GRACE = 5
"""Seconds that ssh has to end once nothing more is sent."""

PATIENCE = 20
"""Seconds for logging in, on top of those for an answer."""

HANDSHAKES = threading.BoundedSemaphore(16)
"""Connections being made at once: a bastion drops those past its MaxStartups."""

TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR), termios.TIOCSCTTY, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs ssh with a terminal of its own, which is where it asks for a password."""


class OpenSshLink:
    """A host that ssh connects to, anew for each channel unless its settings share connections.

    ``why`` it is ssh that does.
    """

    def __init__(
        self, target: Target, settings: HostSettings | None = None, warning: str = ""
    ) -> None:
        if not ssh_program():
            raise Unreachable(
                f"{target.where()}: there is no ssh program on this machine: install OpenSSH's"
                " client, or set ansible_connection to paramiko"
            )
        self.warning = warning
        self._target = target
        self._settings = settings or settings_of(target, ask=True)
        self._first = threading.Lock()
        for key in target.keys:
            if not os.access(Path(key).expanduser(), os.R_OK):
                raise Unreachable(f"{self._where}: the key {Path(key).expanduser()} cannot be read")

    @property
    def user(self) -> str:
        return self._settings.user or getpass.getuser()

    @property
    def _where(self) -> str:
        port = self._settings.port
        return self._target.where(None if port == 22 else port)

    def channel(self, becoming: Becoming) -> Channel:
        """One after the other until each is open: what shares the first one's connection finds it
        made."""
        with self._first, HANDSHAKES:
            return self._opened(start_command(self._target.python, becoming))

    def close(self) -> None:
        """Nothing is held open: each ssh ends with its channel."""

    def _opened(self, command: str) -> OpenSshChannel:
        target = self._target
        asks = target.password is not None or bool(target.passphrase)
        passphrase = target.passphrase
        attempt = 0
        while True:
            made = self._started(command, asks, passphrase)
            if made.arrived(target.timeout + PATIENCE):
                return made
            said = made.complaint()
            made.close()
            if made.late:
                raise Unreachable(f"{self._where}: {no_answer(target.timeout + PATIENCE)}")
            why, sentence = ended(said, made.code, target, self.user)
            if why is Ended.DENIED and not asks and (key := self._locked()):
                asks, passphrase = True, asked_passphrase(key)
                if passphrase is None:
                    raise Unreachable(f"{self._where}: {key_locked(key)}")
                continue
            attempt += 1
            if why is not Ended.PASSING or attempt == TRIES:
                raise Unreachable(f"{self._where}: {sentence}")
            time.sleep(0.1 * 2**attempt)

    def _started(self, command: str, asks: bool, passphrase: str | None) -> OpenSshChannel:
        words = [ssh_program(), *options(self._target, self._settings, batch=not asks)]
        words += ["--", self._target.address, f"echo {HERE.decode().strip()};{command}"]
        near = self._settings.address.startswith(("127.", "localhost", "::1"))
        return OpenSshChannel(words, near, self._target.password, passphrase, asks)

    def _locked(self) -> str:
        """The first key that is encrypted; nothing where none is."""
        usual = [str(Path.home() / ".ssh" / f"id_{kind}") for kind in ("rsa", "ecdsa", "ed25519")]
        keys = self._settings.keys or usual
        return next((key for key in keys if is_private(key) and is_encrypted(key)), "")


def options(target: Target, settings: HostSettings, *, batch: bool = True) -> list[str]:
    """The words after ``ssh`` that come before the host: what has to hold, what the inventory says,
    the operator's own arguments, and what holds where none of them says anything."""
    words = ["-T", *config_arguments()]

    def option(name: str, value: str) -> None:
        words.extend(("-o", f"{name}={value}"))

    option("BatchMode", "yes" if batch else "no")
    option("LogLevel", "ERROR")
    option("RequestTTY", "no")
    option("RemoteCommand", "none")
    option("EscapeChar", "none")
    option("UpdateHostKeys", "no")
    option("NumberOfPasswordPrompts", "1")
    if target.port:
        words += ["-p", str(target.port)]
    if target.user:
        words += ["-l", target.user]
    for key in target.keys:
        words += ["-i", str(Path(key).expanduser())]
    for name, value in _trusting(target, settings).items():
        option(name, value)
    if settings.jump:
        hop, own = hop_of(target, settings)
        inner = [ssh_program(), *options(hop, own), "-W", "[%h]:%p", "--", hop.address]
        option("ProxyCommand", shlex.join(inner).replace("'[%h]:%p'", "[%h]:%p"))
    words += ssh_arguments(target)
    option("ConnectTimeout", str(max(1, int(target.timeout))))
    option("ServerAliveInterval", "15")
    option("ServerAliveCountMax", "3")
    return words


def _trusting(target: Target, settings: HostSettings) -> dict[str, str]:
    """Which files vouch for the host: the operator's and the project's; nothing is written into the
    operator's."""
    own = [str(Path(name).expanduser()) for name in target.known_hosts]
    found = {}
    if there := [name for name in own if Path(name).is_file()]:
        found["GlobalKnownHostsFile"] = _listed((*settings.system_files, *there))
    if not target.strict:
        found["StrictHostKeyChecking"] = "no"
        found["UserKnownHostsFile"] = _listed(("/dev/null", *settings.users_files))
    elif settings.checking == "accept-new" and own:
        Path(own[-1]).parent.mkdir(parents=True, exist_ok=True)
        found["UserKnownHostsFile"] = _listed((own[-1], *settings.users_files))
        found["HashKnownHosts"] = "no"
    else:
        found["UserKnownHostsFile"] = _listed(settings.users_files)
    return found


def _listed(names: tuple[str, ...]) -> str:
    """Files as one value of an option; a % that is meant is written twice."""
    return " ".join(
        f'"{Path(name).expanduser()}"'.replace("%", "%%") if name != "none" else name
        for name in names
    )


class OpenSshChannel:
    """One ssh process.  ``asks``: it gets a terminal, on which it is told password and passphrase.

    Its streams are pipes of its own, stderr too: a connection that it leaves behind for others to
    share holds those, and nobody waits for their end.
    """

    def __init__(
        self,
        words: list[str],
        near: bool,
        password: str | None,
        passphrase: str | None,
        asks: bool,
    ) -> None:
        self.near = near
        self.late = False
        self._said = b""
        environ = {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
        master = slave = -1
        if asks:
            master, slave = pty.openpty()
            words = [sys.executable, "-ISc", TERMINAL, os.ttyname(slave), *words]
        self._process = subprocess.Popen(
            words,
            bufsize=65536,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self.reader: BinaryIO = cast(BinaryIO, self._process.stdout)
        self.writer: BinaryIO = cast(BinaryIO, self._process.stdin)
        _widen(self.reader.fileno(), self.writer.fileno())
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if asks:
            answers = {"passphrase": passphrase, "password": password}
            threading.Thread(target=_answer, args=(master, answers), daemon=True).start()
            threading.Thread(target=self._close_terminal, args=(slave,), daemon=True).start()

    @property
    def code(self) -> int:
        """The exit code."""
        return self._process.wait()

    def arrived(self, seconds: float) -> bool:
        """Whether the login shell is there, which is waited for."""

        def stop() -> None:
            self.late = True
            self._process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        seen = b""
        for _ in range(NOISE):
            byte = self.reader.read(1)
            seen = (seen + byte)[-len(HERE) :]
            if not byte or seen == HERE:
                break
        else:
            self._process.kill()
        timer.cancel()
        return seen == HERE

    def complaint(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._listener.join(0.5)
        return self._said.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """The end of what is sent is the end of the agent, and so of ssh: one that a dead network
        holds up is ended, and with it whoever waits to write."""
        timer = threading.Timer(GRACE, self._process.terminate)
        timer.daemon = True
        timer.start()
        with contextlib.suppress(BrokenPipeError):
            self.writer.close()

    def cut(self) -> None:
        self._process.kill()

    def _close_terminal(self, slave: int) -> None:
        """ssh keeps no end of its terminal open: ours is closed when it has ended, not before."""
        self._process.wait()
        os.close(slave)

    def _listen(self) -> None:
        stderr = self._process.stderr
        assert stderr
        while data := os.read(stderr.fileno(), 65536):
            self._said = (self._said + data)[-STDERR:]


def _answer(master: int, answers: dict[str, str | None]) -> None:
    """Tell ssh what it asks for on its terminal, each thing once, until it has ended."""
    seen = b""
    try:
        while data := os.read(master, 4096):
            seen += data
            lowered = seen.lower()
            for word, answer in answers.items():
                if word.encode() in lowered and lowered.rstrip(b" ").endswith(b":"):
                    os.write(master, (answer or "").encode() + b"\n")
                    seen = b""
                    break
    except OSError:
        return  # ssh has ended, and its terminal with it
    finally:
        os.close(master)


def _widen(*pipes: int) -> None:
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        for pipe in pipes:
            with contextlib.suppress(OSError):  # past what this user may have altogether
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
