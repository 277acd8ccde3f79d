"""Byte streams to an agent: over SSH through Fabric, or to a local process."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from suture.connect.target import Becoming, Target, start_command
from suture.errors import Unreachable
from suture.memo import once

HANDSHAKES = threading.BoundedSemaphore(16)
"""SSH key exchanges under way at once: more only wait for each other on our own processor."""

SLICE = 32 * 1024
"""Bytes given to Paramiko at once; its sendall of one large object is quadratic."""

KEEPALIVE = 15
LOST_AFTER = 45
"""Seconds without an acknowledgement after which the kernel gives the connection up."""

IDLE = 5
"""Seconds after which Paramiko's thread looks up from a connection where nothing happens; of its
own accord it does ten times a second, which hundreds of hosts do not leave the processor for."""

NEAR = 0.005
"""Seconds to the host and back up to which some hundred kilobytes more take no time to speak of."""


class Channel(Protocol):
    """Two streams and a way to hang up; ``complaint`` is what the other side said on stderr.
    ``near``: what takes work there is better done here, and sent."""

    reader: BinaryIO
    writer: BinaryIO
    near: bool

    def complaint(self) -> str: ...

    def close(self) -> None: ...


class Link(Protocol):
    """A way to a host on which agents can be started."""

    user: str

    def channel(self, becoming: Becoming) -> Channel: ...

    def close(self) -> None: ...


def linked(target: Target) -> Link:
    """A connected link; Unreachable with a sentence for the operator where there is none."""
    return LocalLink(target) if target.local else SshLink(target)


class LocalLink:
    """This machine."""

    def __init__(self, target: Target) -> None:
        import getpass

        self._target = target
        self.user = getpass.getuser()

    def channel(self, becoming: Becoming) -> Channel:
        return LocalChannel(start_command(self._target.python, becoming))

    def close(self) -> None:
        """A local link holds nothing open."""


class LocalChannel:
    near = True

    def __init__(self, command: str) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout
        self.reader: BinaryIO = cast(BinaryIO, self._process.stdout)
        self.writer: BinaryIO = cast(BinaryIO, self._process.stdin)

    def complaint(self) -> str:
        assert self._process.stderr
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            return ""
        return self._process.stderr.read(65536).decode("utf-8", "replace").strip()

    def close(self) -> None:
        try:
            self.writer.close()
        except BrokenPipeError:
            self._process.kill()
        self._process.wait()


class SshLink:
    """One Fabric connection.  Not for several threads at once, as Fabric says of itself."""

    def __init__(self, target: Target) -> None:
        self._target = target
        with HANDSHAKES:
            self._connection = _connected(target)
        transport = self._connection.transport
        transport.set_keepalive(KEEPALIVE)
        transport.sock.settimeout(IDLE)
        self.user = str(transport.get_username())

    def channel(self, becoming: Becoming) -> Channel:
        return SshChannel(self._connection, start_command(self._target.python, becoming))

    def close(self) -> None:
        self._connection.close()


def _connected(target: Target, tries: int = 5) -> Any:
    """An open Fabric connection.

    A server past its MaxStartups hangs up before the banner: tried again, ever more slowly.
    """
    where = f"{target.name} ({target.address}" + (f":{target.port})" if target.port else ")")
    for attempt in range(tries):
        connection = _prepared(target, where)
        try:
            connection.open()
        except Exception as error:
            sentence = _explained(error, target, str(connection.user))
            if sentence:
                raise Unreachable(f"{where}: {sentence}") from None
            if not _passing(error):
                raise
            connection.close()
            if attempt + 1 == tries:
                raise Unreachable(f"{where}: {error}") from None
            time.sleep(0.1 * 2**attempt)
        else:
            return connection
    raise AssertionError("the loop returns or raises")


def _prepared(target: Target, where: str) -> Any:
    """A Fabric connection that knows what it may trust and how to log in; not open yet."""
    import paramiko

    connection = _connection_type()(
        target.address,
        user=target.user,
        port=target.port,
        config=_config(),
        connect_timeout=int(target.timeout),
    )
    client = connection.client
    client.set_missing_host_key_policy(
        paramiko.RejectPolicy() if target.strict else paramiko.AutoAddPolicy()
    )
    for name in ("~/.ssh/known_hosts", *target.known_hosts):
        path = Path(name).expanduser()
        if path.exists() and target.strict:
            _trust(client.get_host_keys(), path, connection.host, connection.port)
        elif path.exists():
            client.load_host_keys(str(path))
    options: dict[str, Any] = {
        "banner_timeout": target.timeout + 5,
        "auth_timeout": target.timeout + 10,
        "channel_timeout": target.timeout + 10,
        "transport_factory": _transport,
    }
    keys = [str(Path(key).expanduser()) for key in target.keys]
    for key in keys:
        if not os.access(key, os.R_OK):
            raise Unreachable(f"{where}: the key {key} cannot be read")
    if keys:
        options |= {"key_filename": keys, "look_for_keys": False, "allow_agent": False}
    if target.password is not None:
        options["password"] = target.password
    options["sock"] = _socket(connection.host, connection.port, target.timeout, where)
    connection.connect_kwargs = {**(connection.connect_kwargs or {}), **options}
    return connection


def _transport(sock: socket.socket, **options: Any) -> Any:
    """Paramiko's transport, but AES-GCM first: the others' authentication is computed apart, and
    compared byte by byte in Python."""
    import paramiko

    made = paramiko.Transport(sock, **options)
    security = made.get_security_options()
    security.ciphers = sorted(security.ciphers, key=lambda name: "gcm" not in name)
    return made


@once(1)
def _connection_type() -> Any:
    """Fabric's Connection, but it has an attribute for the one setting that Fabric's would write
    into the Config, which all share: that is empty for a moment when it is written to."""
    from fabric import Connection

    return type("Connection", (Connection,), {"inline_ssh_env": True})


@once(1)
def _config() -> Any:
    """What the operator's ssh_config says; read once, since Fabric takes its time over it."""
    from fabric import Config

    return Config(lazy=False, overrides={"load_ssh_configs": True})


def _trust(keys: Any, path: Path, host: str, port: int) -> None:
    """The keys that a known_hosts file has for this host are known.

    Paramiko would read the whole file, in time that grows with its length squared.
    """
    from paramiko.hostkeys import HostKeyEntry, HostKeys, InvalidHostKey

    wanted = host if port == 22 else f"[{host}]:{port}"
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if wanted not in line and "|1|" not in line:
            continue
        names = line.partition(" ")[0].split(",")
        # A line that is no good vouches for nobody.
        with contextlib.suppress(InvalidHostKey, ValueError, AssertionError):
            hashed = [name for name in names if name.startswith("|1|")]
            if wanted in names or any(HostKeys.hash_host(wanted, name) == name for name in hashed):
                entry = HostKeyEntry.from_line(line)
                if entry is not None:
                    keys.add(wanted, entry.key.get_name(), entry.key)


def _explained(error: Exception, target: Target, user: str) -> str:
    """What the operator should do about an error that trying again would not mend, or nothing."""
    import paramiko

    if isinstance(error, paramiko.BadHostKeyException):
        return (
            "the host key is not the one known; if the host was reinstalled, run"
            f" 'invoke enroll {target.name}' to see and accept the new key"
        )
    if isinstance(error, paramiko.AuthenticationException):
        said = str(error).rstrip(".")
        return f"{user} was not let in ({said}); check the user and the key"
    if "not found in known_hosts" in str(error):
        return (
            f"its host key is not known yet; run 'invoke enroll {target.name}' to see and accept it"
        )
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        return error.strerror or str(error)
    return ""


def _passing(error: Exception) -> bool:
    """Whether the same may well succeed a moment later."""
    import paramiko

    return isinstance(error, (paramiko.SSHException, EOFError, ConnectionError))


class Prompt(socket.socket):
    """Acknowledges what comes at once: sshd holds its next small packet back until it knows that
    the last one has arrived, and the kernel would let it wait for 40 ms.

    Takes all that is there, because Paramiko asks for every packet's first bytes by themselves.
    """

    _held = memoryview(b"")

    def recv(self, size: int, flags: int = 0) -> bytes:
        if not self._held:
            self._held = memoryview(super().recv(max(size, 65536), flags))
            if hasattr(socket, "TCP_QUICKACK"):
                self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data, self._held = bytes(self._held[:size]), self._held[size:]
        return data

    def close(self) -> None:
        """Whoever waits for something to arrive learns of it at once."""
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()


def _socket(address: str, port: int, timeout: float, where: str) -> socket.socket:
    """A connected socket of our own: Paramiko's would delay small packets."""
    try:
        plain = socket.create_connection((address, port), timeout)
    except TimeoutError:
        raise Unreachable(f"{where}: no answer within {timeout:g} s") from None
    except OSError as error:
        raise Unreachable(f"{where}: {error.strerror or error}") from None
    made = Prompt(plain.family, plain.type, plain.proto, plain.detach())
    made.settimeout(timeout)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER * 1000)
    return made


def _distance(connection: socket.socket) -> float:
    """Seconds to the other side and back, the least that the kernel has seen; a second where it
    does not say."""
    if not hasattr(socket, "TCP_INFO"):
        return 1.0
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 152)
    least = told[148:152]  # tcpi_min_rtt of linux/tcp.h, in microseconds
    return int.from_bytes(least, sys.byteorder) / 1e6 if len(least) == 4 else 1.0


class _In(io.RawIOBase):
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._channel.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Out(io.RawIOBase):
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        for start in range(0, len(view), SLICE):
            self._channel.sendall(view[start : start + SLICE])
        return len(view)


class SshChannel:
    """One exec channel of a Fabric connection."""

    def __init__(self, connection: Any, command: str) -> None:
        self._channel = connection.transport.open_session(timeout=20)
        self._channel.exec_command(command)
        self.near = _distance(connection.transport.sock) < NEAR
        self.reader: BinaryIO = cast(BinaryIO, io.BufferedReader(_In(self._channel), 65536))
        self.writer: BinaryIO = cast(BinaryIO, io.BufferedWriter(_Out(self._channel), 65536))

    def complaint(self) -> str:
        self._channel.settimeout(2)
        try:
            return cast(bytes, self._channel.recv_stderr(65536)).decode("utf-8", "replace").strip()
        except TimeoutError:
            return ""

    def close(self) -> None:
        self._channel.close()
