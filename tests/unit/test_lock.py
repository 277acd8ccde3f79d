"""A lock is held by one run, told to the others, and gone with whoever held it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from suture.agent.locks.lock import Held, Holder, asked, claimed, holders, name_of, place

MORE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from suture.agent.locks.lock import Holder, claimed
lock = claimed(Holder(sys.argv[2], sys.argv[3], "ann", "laptop", "2026-01-01T00:00:00Z", "phase 3"),
    0, lambda: False, lambda holder: None)
print("held", flush=True)
time.sleep(60)
"""


def other(path: Path, run: str) -> subprocess.Popen[str]:
    """A process that holds the lock."""
    source = str(Path(__file__).parents[2] / "src")
    words = [sys.executable, "-c", MORE, source, str(path), run]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None and started.stdout.readline() == "held\n"
    return started


def claim(path: Path, run: str = "mine", wait: float = 0) -> object:
    return claimed(Holder(str(path), run), wait, lambda: False, lambda holder: None)


def test_another_run_is_told_who_holds_it(tmp_path: Path) -> None:
    holder = other(tmp_path, "first")
    try:
        with pytest.raises(Held) as caught:
            claim(tmp_path)
        found = caught.value.holder
        assert (found.run, found.operator, found.at, found.reason, found.pid) == (
            ("first", "ann", "laptop", "phase 3", holder.pid)
        )
        assert found in list(holders())
    finally:
        holder.kill()
        holder.wait()


def test_another_agent_of_the_same_run_shares_it(tmp_path: Path) -> None:
    holder = other(tmp_path, "mine")
    try:
        assert claim(tmp_path) is None
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_agent_however_that_ends(tmp_path: Path, number: signal.Signals) -> None:
    holder = other(tmp_path, "first")
    os.kill(holder.pid, number)
    holder.wait()
    lock = claim(tmp_path)
    assert lock is not None
    lock.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_who_waits_gets_it_when_it_is_free(tmp_path: Path) -> None:
    holder = other(tmp_path, "first")
    threading.Timer(0.7, holder.kill).start()
    waited: list[Holder] = []
    began = time.monotonic()
    lock = claimed(Holder(str(tmp_path), "mine"), 30, lambda: False, waited.append)
    assert lock is not None and 0.5 < time.monotonic() - began < 20
    assert [each.run for each in waited] == ["first"]
    lock.close()
    holder.wait()


def test_nobody_waits_for_an_operator_who_has_gone(tmp_path: Path) -> None:
    holder = other(tmp_path, "first")
    try:
        with pytest.raises(Held):
            claimed(Holder(str(tmp_path), "mine"), 600, lambda: True, lambda holder: None)
    finally:
        holder.kill()
        holder.wait()


def test_other_directories_are_other_locks_and_a_link_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "l").symlink_to("a")
    assert name_of(place([str(tmp_path / "l")])) == name_of(str(tmp_path / "a"))
    assert name_of(str(tmp_path / "a")) != name_of(str(tmp_path / "b"))
    assert place([str(tmp_path / "no"), ""]) == str(Path.home().resolve())


def test_what_holds_a_name_and_is_no_agent_is_told_as_that(tmp_path: Path) -> None:
    import socket

    squatter = socket.socket(socket.AF_UNIX)
    squatter.bind("\0" + name_of(str(tmp_path)))
    squatter.listen()

    def serve() -> None:
        connection, _ = squatter.accept()
        connection.sendall(b"\xff{[")
        connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    found = asked(name_of(str(tmp_path)))
    assert found is not None and "no agent" in found.run and found.pid == os.getpid()
    squatter.close()


def test_who_hangs_up_without_a_word_is_asked_again_and_then_told(tmp_path: Path) -> None:
    """An agent that is just ending may do so: the lock is free a moment later."""
    import socket

    squatter = socket.socket(socket.AF_UNIX)
    squatter.bind("\0" + name_of(str(tmp_path)))
    squatter.listen()
    asking = 0

    def serve() -> None:
        nonlocal asking
        while asking < 3 or tmp_path.joinpath("stay").exists():
            squatter.accept()[0].close()
            asking += 1
        squatter.close()

    (tmp_path / "stay").touch()
    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(Held, match="no agent"):
        claim(tmp_path)
    asking = 0
    (tmp_path / "stay").unlink()
    lock = claim(tmp_path)
    assert lock is not None and asking <= 3
    lock.close()  # type: ignore[attr-defined]
