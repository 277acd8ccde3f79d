"""The warehouse: where the history of checks is kept, in a database on this machine."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_URL = "postgresql://e2i@127.0.0.1:1/e2i"


@dataclass(frozen=True)
class Address:
    """Where the database listens."""

    host: str
    port: int
    name: str

    @classmethod
    def of(cls, url: str) -> Address:
        """The address in a URL; ValueError for one of something else."""
        parts = urlsplit(url)
        if parts.scheme not in ("postgresql", "postgres"):
            raise ValueError(f"not the URL of a database: {url}")
        return cls(parts.hostname or "localhost", parts.port or 5432, parts.path.lstrip("/"))


class Warehouse:
    """A connection to the database, made when it is needed first."""

    def __init__(self, url: str | None = None, timeout: float = 3.0) -> None:
        self.address = Address.of(url or os.environ.get("E2I_WAREHOUSE_URL", DEFAULT_URL))
        self._timeout = timeout
        self._connection: socket.socket | None = None

    def connect(self) -> socket.socket:
        """The open connection; OSError where nobody listens."""
        if self._connection is None:
            place = (self.address.host, self.address.port)
            self._connection = socket.create_connection(place, timeout=self._timeout)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def tables(self) -> list[str]:
        """The names of the tables that there are."""
        return self._asked("TABLES").split()

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._asked(f"COUNT {table}"))

    def history(self, monitor: str) -> list[str]:
        """The checks of a monitor, the newest first."""
        return self._asked(f"HISTORY {monitor}").splitlines()

    def _asked(self, question: str) -> str:
        connection = self.connect()
        connection.sendall(question.encode() + b"\n")
        return connection.makefile().readline()
