"""Byte streams to an agent over SSH, through Fabric."""

from __future__ import annotations

import contextlib
import getpass
import io
import os
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from suture.connect.complaint import Complaint
from suture.connect.host_key import HostKey, noted
from suture.connect.host_settings import HostSettings, settings_of
from suture.connect.known_hosts import KeyTrust, Vouching, vouching
from suture.connect.login import Login
from suture.connect.refusals import key_refused, login_refused
from suture.connect.sockets import NEAR, Proxied, connected, distance
from suture.connect.target import Becoming, Target, start_command
from suture.connect.transport import Channel
from suture.errors import Unreachable
from suture.memo import once

HANDSHAKES = threading.BoundedSemaphore(16)
"""SSH key exchanges under way at once: more only wait for each other on our own processor."""

SLICE = 32 * 1024
"""Bytes given to Paramiko at once; its sendall of one large object is quadratic."""

OPENING = 20
"""Seconds that a host may take to open a channel, and to start a command in it."""

KEEPALIVE = 15

IDLE = 5
"""Seconds after which Paramiko's thread looks up from a connection where nothing happens; of its
own accord it does ten times a second, which hundreds of hosts do not leave the processor for."""

MOST_JUMPS = 8


class SshLink:
    """One Fabric connection.  Not for several threads at once, as Fabric says of itself."""

    def __init__(
        self,
        target: Target,
        settings: HostSettings | None = None,
        jumps: int = 0,
        warning: str = "",
    ) -> None:
        self.warning = warning
        self._target = target
        self._settings = settings or settings_of(target)
        self._jump = jump_link(target, self._settings, jumps)
        try:
            with HANDSHAKES:
                self._connection = _connected(target, self._settings, self._jump)
        except BaseException:
            self._close_jump()
            raise
        transport = self._connection.transport
        transport.set_keepalive(KEEPALIVE)
        transport.sock.settimeout(IDLE)
        self.user = str(transport.get_username())

    def channel(self, becoming: Becoming) -> Channel:
        command = start_command(self._target.python, becoming)
        return SshChannel(self._connection, command, self._settings.forward_agent)

    def tunnel(self, address: str, port: int, timeout: float) -> Any:
        """A way on from this host to another one."""
        return self._connection.transport.open_channel(
            "direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=timeout
        )

    def close(self) -> None:
        self._connection.close()
        self._close_jump()

    def _close_jump(self) -> None:
        if self._jump is not None:
            self._jump.close()


def jump_link(target: Target, settings: HostSettings, jumps: int = 0) -> SshLink | None:
    """The link to the last host that is jumped over, whose key is checked as strictly."""
    if not settings.jump:
        return None
    if jumps >= MOST_JUMPS:
        raise Unreachable(f"{target.where()}: its jump hosts lead in a circle ({settings.jump})")
    hop, own = hop_of(target, settings)
    return SshLink(hop, own, jumps + 1)


def hop_of(target: Target, settings: HostSettings) -> tuple[Target, HostSettings]:
    """The last host that is jumped over on the way to a target, and how it is reached."""
    before, _, last = settings.jump.rpartition(",")
    user, _, host = last.strip().removeprefix("ssh://").rpartition("@")
    address, colon, port = host.rpartition(":")
    if not colon or not port.isdigit() or (":" in address and not address.startswith("[")):
        address, port = host, ""
    hop = Target(
        target.name,
        address.strip("[]"),
        port=int(port) if port else None,
        user=user or None,
        known_hosts=target.known_hosts,
        strict=target.strict,
        timeout=target.timeout,
        role=f", by its jump host {last}",
    )
    own = settings_of(hop)
    if (own.address, own.port) == (settings.address, settings.port):
        raise Unreachable(f"{target.where()}: its jump host {last} is the host itself")
    return hop, replace(own, jump=before) if before else own


def _connected(target: Target, settings: HostSettings, jump: SshLink | None, tries: int = 5) -> Any:
    """An open Fabric connection.

    A server past its MaxStartups hangs up before the banner: tried again, ever more slowly.
    """
    where = target.where(None if settings.port == 22 else settings.port)
    for attempt in range(tries):
        connection, login = _prepared(target, settings, jump, where)
        try:
            connection.open()
        except Unreachable:
            connection.close()
            raise
        except Exception as error:
            sentence = _explained(error, str(connection.user))
            if sentence:
                connection.close()
                raise Unreachable(f"{where}: {sentence}") from None
            if not _passing(error):
                raise
            connection.close()
            if attempt + 1 == tries:
                used = connection.connect_kwargs["sock"]
                said = used.complaint() if isinstance(used, Proxied) else ""
                ending = f" (its ProxyCommand said: {said})" if said else ""
                raise Unreachable(f"{where}: {error}{ending}") from None
            time.sleep(0.1 * 2**attempt)
        else:
            return connection
        finally:
            login.close()
    raise AssertionError("the loop returns or raises")


def _prepared(
    target: Target, settings: HostSettings, jump: SshLink | None, where: str
) -> tuple[Any, Login]:
    """A Fabric connection that knows what it may trust and how to log in; not open yet."""
    for key in target.keys:
        if not os.access(Path(key).expanduser(), os.R_OK):
            raise Unreachable(f"{where}: the key {Path(key).expanduser()} cannot be read")
    connection = _connection_type()(
        settings.address,
        user=settings.user or getpass.getuser(),
        port=settings.port,
        config=_config(),
        connect_timeout=int(target.timeout) or 1,
    )
    vouched = vouching(
        (*settings.known_hosts, *target.known_hosts),
        settings.address,
        settings.port,
        settings.alias,
    )
    connection.client.set_missing_host_key_policy(Trust(target, settings, vouched, where))
    login = Login(
        connection.user,
        settings.keys,
        only=settings.only_keys,
        password=target.password,
        passphrase=target.passphrase,
    )

    def transport(sock: Any, **options: Any) -> Any:
        return shaken(sock, vouched.kinds, **options)

    connection.connect_kwargs = {
        **(connection.connect_kwargs or {}),
        "banner_timeout": target.timeout + 5,
        "auth_timeout": target.timeout + 10,
        "channel_timeout": target.timeout + 10,
        "transport_factory": transport,
        "auth_strategy": login,
        "sock": way(settings, jump, target.timeout, where),
    }
    return connection, login


def way(settings: HostSettings, jump: SshLink | None, timeout: float, where: str) -> Any:
    """What the connection goes through: a socket, a tunnel from a jump host, a command's streams."""
    if jump is not None:
        import paramiko

        try:
            return jump.tunnel(settings.address, settings.port, timeout)
        except paramiko.ChannelException as error:
            raise Unreachable(
                f"{where}: its jump host does not get through to it ({error.text})"
            ) from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable(f"{where}: its jump host does not let it through: {error}") from None
    if settings.proxy:
        return Proxied(settings.proxy, timeout)
    return connected(settings.address, settings.port, timeout, where)


class Trust:
    """Paramiko's policy for a host key: every one is shown to it, since it is told of none."""

    def __init__(
        self, target: Target, settings: HostSettings, vouched: Vouching, where: str
    ) -> None:
        self._target = target
        self._checking = settings.checking if target.strict else "no"
        self._vouched = vouched
        self._where = where

    def missing_host_key(self, _client: Any, _name: str, key: Any) -> None:
        """Nothing where the key may be trusted, else Unreachable."""
        encoded = key.get_base64()
        verdict = self._vouched.verdict(key.get_name(), encoded)
        off = self._checking == "no"
        # As OpenSSH does: no password is told to a host that is not the one known.
        safe = verdict is KeyTrust.UNKNOWN or self._target.password is None
        if verdict is KeyTrust.KNOWN or (off and safe):
            return
        if verdict is KeyTrust.UNKNOWN and self._checking == "accept-new":
            own = self._target.known_hosts[-1:]
            if own:
                noted(HostKey(self._vouched.name, key.get_name(), encoded), Path(own[0]))
                return
        sentence = key_refused(verdict, self._target, self._vouched, encoded)
        raise Unreachable(f"{self._where}: {sentence}")


def shaken(sock: Any, kinds: frozenset[str], **options: Any) -> Any:
    """Paramiko's transport, but AES-GCM first: the others' authentication is computed apart, and
    compared byte by byte in Python.  ``kinds``: the kinds of key that the host is known by, which it
    is asked for first."""
    import paramiko

    made = paramiko.Transport(sock, **options)
    security = made.get_security_options()
    security.ciphers = sorted(security.ciphers, key=lambda name: "gcm" not in name)
    if kinds:
        names = {"rsa-sha2-512": "ssh-rsa", "rsa-sha2-256": "ssh-rsa"}
        security.key_types = sorted(
            security.key_types, key=lambda name: names.get(name, name) not in kinds
        )
    return made


@once(1)
def _connection_type() -> Any:
    """Fabric's Connection, but it has an attribute for the one setting that Fabric's would write
    into the Config, which all share: that is empty for a moment when it is written to."""
    from fabric import Connection

    return type("Connection", (Connection,), {"inline_ssh_env": True})


@once(1)
def _config() -> Any:
    """Fabric's own settings; what ssh_config says of a host is read apart."""
    import logging

    from fabric import Config

    # What it has to say is told in a sentence; its traces would land on the terminal.
    logging.getLogger("paramiko").addHandler(logging.NullHandler())
    return Config(lazy=False, overrides={"load_ssh_configs": False})


def _explained(error: Exception, user: str) -> str:
    """What the operator should do about an error that trying again would not mend, or nothing."""
    import paramiko

    if isinstance(error, paramiko.AuthenticationException):
        return login_refused(user, str(error))
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        return error.strerror or str(error)
    return ""


def _passing(error: Exception) -> bool:
    """Whether the same may well succeed a moment later."""
    import paramiko

    return isinstance(error, (paramiko.SSHException, EOFError, ConnectionError))


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

    def __init__(self, connection: Any, command: str, forward_agent: bool = False) -> None:
        self._connection = connection
        self._channel = connection.transport.open_session(timeout=OPENING)
        if forward_agent:
            from paramiko.agent import AgentRequestHandler

            AgentRequestHandler(self._channel)
        # Paramiko waits for the answer to this without a limit of its own.
        limit = threading.Timer(OPENING, self.cut)
        limit.daemon = True
        limit.start()
        try:
            self._channel.exec_command(command)
        finally:
            limit.cancel()
        self._complaint = Complaint(partial(self._channel.recv_stderr, 65536))
        self.near = distance(connection.transport.sock) < NEAR
        self.reader: BinaryIO = cast(BinaryIO, io.BufferedReader(_In(self._channel), 65536))
        self.writer: BinaryIO = cast(BinaryIO, io.BufferedWriter(_Out(self._channel), 65536))

    def complaint(self) -> str:
        return self._complaint.said()

    def close(self) -> None:
        with contextlib.suppress(EOFError, OSError):  # nobody is there to be told
            self._channel.close()

    def cut(self) -> None:
        self._connection.transport.sock.close()
