"""wait_for: what comes about while it waits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.modules import wait_for
from suture.agent.modules.wait_for import connections
from suture.agent.world.world import World


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        yield found


def test_a_port_that_opens_later(listener: socket.socket) -> None:
    timer = threading.Timer(0.5, listener.listen)
    timer.start()
    port = listener.getsockname()[1]
    data = wait_for.apply(wait_for.Args(port=port, timeout=20), World())
    assert data["port"] == port
    timer.join()


def test_a_greeting_on_a_port(listener: socket.socket) -> None:
    listener.listen()

    def greet() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"220 rea")
            time.sleep(0.2)
            connection.sendall(b"dy now\r\n")
            time.sleep(0.2)

    thread = threading.Thread(target=greet)
    thread.start()
    args = wait_for.Args(port=listener.getsockname()[1], search_regex=r"(\w+) now", timeout=20)
    assert wait_for.apply(args, World())["match_groups"] == ["ready"]
    thread.join()


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "f"
    timer = threading.Timer(0.5, lambda: path.write_text("x"))
    timer.start()
    assert wait_for.apply(wait_for.Args(path=str(path), timeout=20), World())["state"] == "started"
    timer.join()


def test_connections_that_are_open(listener: socket.socket) -> None:
    listener.listen()
    port = listener.getsockname()[1]
    with socket.create_connection(listener.getsockname()):
        table = Path("/proc/net/tcp").read_text()
        assert connections(table, port) >= 1
    assert connections("  sl  local\n 0: 0100007F:0050 00000000:0000 0A x\n", 80) == 0
    assert connections("  sl  local\n 0: 0100007F:0050 0100007F:1000 01 x\n", 80) == 1


@given(st.text(alphabet="0123456789ABCDEF: \n"))
def test_a_table_without_columns_is_no_connection(text: str) -> None:
    try:
        assert connections(text, 80) >= 0
    except ValueError:
        pytest.fail("a line that is no connection was taken for one")
