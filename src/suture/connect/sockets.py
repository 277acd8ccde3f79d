"""The sockets that Paramiko is given: prompt ones of our own, and the streams of a ProxyCommand."""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import subprocess
import sys
import threading
from typing import Any

from suture.connect.refusals import no_answer
from suture.errors import Unreachable

LOST_AFTER = 45
"""Seconds without an acknowledgement after which the kernel gives the connection up."""


NEAR = 0.005
"""Seconds to the host and back up to which some hundred kilobytes more take no time to speak of."""


class Proxied(socket.socket):
    """The streams of a ProxyCommand, as a socket; the command ends with it."""

    def __init__(self, command: str, timeout: float) -> None:
        import tempfile

        ours, its = socket.socketpair()
        super().__init__(ours.family, ours.type, ours.proto, ours.detach())
        self.settimeout(timeout)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - read once the command has ended
        with its:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=its.fileno(),
                stdout=its.fileno(),
                stderr=self._said,
                start_new_session=True,
            )

    def complaint(self) -> str:
        """The last that the command said on stderr."""
        self._said.seek(0)
        lines = self._said.read(65536).decode("utf-8", "replace").strip().split("\n")
        return lines[-1].strip()

    def close(self) -> None:
        """The command learns of it at once."""
        with contextlib.suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()
        self._process.terminate()
        self._process.wait()


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


def _addresses(name: str, port: int, timeout: float, where: str) -> list[str]:
    """The addresses of a name: the system's resolver knows no limit of time, so it is asked in a
    thread that nobody waits for any longer."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(name))]
    answers: queue.SimpleQueue[list[Any] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except UnicodeError:
            answers.put(OSError("this can be no host's name"))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name=f"resolve {name}", daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise Unreachable(
            f"{where}: nobody said within {timeout:g} s which address '{name}' has"
        ) from None
    if isinstance(found, OSError):
        raise found
    return list(dict.fromkeys(_spelt(each[4]) for each in found))


def _spelt(place: Any) -> str:
    """The address of a socket's, with the interface where it needs one."""
    address, _, *others = place
    return f"{address}%{others[1]}" if len(others) == 2 and others[1] else str(address)


def _first_of(addresses: list[str], port: int, timeout: float) -> socket.socket:
    """A connection to the first of the addresses that answers; OSError where none does."""
    trouble = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            trouble = error
    raise trouble


def connected(address: str, port: int, timeout: float, where: str) -> socket.socket:
    """A connected socket of our own: Paramiko's would delay small packets."""
    try:
        plain = _first_of(_addresses(address, port, timeout, where), port, timeout)
    except TimeoutError:
        raise Unreachable(f"{where}: {no_answer(timeout)}") from None
    except OSError as error:
        raise Unreachable(f"{where}: {error.strerror or error}") from None
    made = Prompt(plain.family, plain.type, plain.proto, plain.detach())
    made.settimeout(timeout)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_AFTER * 1000)
    return made


def distance(connection: Any) -> float:
    """Seconds to the other side and back, the least that the kernel has seen; a second where it
    does not say, or sees only a part of the way."""
    if not isinstance(connection, Prompt) or not hasattr(socket, "TCP_INFO"):
        return 1.0
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 152)
    least = told[148:152]  # tcpi_min_rtt of linux/tcp.h, in microseconds
    return int.from_bytes(least, sys.byteorder) / 1e6 if len(least) == 4 else 1.0
