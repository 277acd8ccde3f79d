"""Content on its way to the host: whole, in parts, withheld, and never waited for in vain."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.protocol import wire
from suture.agent.protocol.content import LARGE
from suture.agent.protocol.spec import Failure
from suture.agent.protocol.store import AHEAD, Store
from suture.agent.world.world import World
from suture.variables.content import Contents

SHA = hashlib.sha256(b"").hexdigest()


class Controller:
    """Answers each "want" with what it has: parts, or why there are none, or not at all."""

    def __init__(self, parts: list[bytes], withheld: str = "", hangs_up: bool = False) -> None:
        self.store = Store(self.asked)
        self.parts, self.withheld, self.hangs_up = parts, withheld, hangs_up
        self.wanted: list[str] = []
        self.put = 0
        self.reader: threading.Thread | None = None

    def asked(self, message: wire.Message) -> None:
        self.wanted += message["sha256"]
        self.reader = threading.Thread(target=self._answer, daemon=True)
        self.reader.start()

    def _answer(self) -> None:
        for part in self.parts:
            self.store.put(wire.Blob(SHA, part, part=True))
            self.put += 1
        if self.withheld:
            self.store.withhold(SHA, self.withheld)
        if self.hangs_up:
            self.store.close()

    def over(self) -> bool:
        """Whether the thread that reads what the controller sends is free again."""
        assert self.reader is not None
        self.reader.join(10)
        return not self.reader.is_alive()


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1, max_size=3 * AHEAD))
def test_parts_come_in_order(parts: list[bytes]) -> None:
    controller = Controller(parts)
    whole = b"".join(parts)
    assert b"".join(controller.store.stream(SHA, len(whole))) == whole
    assert controller.over()
    assert controller.wanted == [SHA]


def test_no_more_comes_than_is_used() -> None:
    controller = Controller([b"x"] * (4 * AHEAD))
    taken = controller.store.stream(SHA, 4 * AHEAD)
    next(taken)
    assert controller.reader is not None
    controller.reader.join(0.3)
    assert controller.put <= AHEAD
    assert len(b"".join(taken)) == 4 * AHEAD - 1


def test_who_stops_taking_does_not_hold_up_the_rest() -> None:
    controller = Controller([b"x"] * (4 * AHEAD))
    taken = controller.store.stream(SHA, 4 * AHEAD)
    next(taken)
    assert isinstance(taken, Iterator)
    taken.close()  # type: ignore[attr-defined]
    assert controller.over()


def test_what_is_withheld_is_a_failure_with_the_reason() -> None:
    controller = Controller([b"x"], withheld="'big' changed while it was being used: run again")
    with pytest.raises(Failure, match="'big' changed while it was being used"):
        list(controller.store.stream(SHA, 2))
    again = Controller([], withheld="gone")
    with pytest.raises(Failure, match="gone"):
        again.store.fetch(SHA)


def test_a_lost_connection_is_a_failure() -> None:
    controller = Controller([b"x"], hangs_up=True)
    with pytest.raises(Failure, match="the connection was lost before the content came"):
        list(controller.store.stream(SHA, 2))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    controller = Controller([b"x" * LARGE], withheld="no more")
    path = tmp_path / "f"
    path.write_text("old")
    content = controller.store.content([SHA, LARGE + 1, "f", 0o644])
    world = World()
    with pytest.raises(Failure, match="no more"):
        world.write(str(path), content)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_parts_are_told_from_whole_content() -> None:
    for part in (False, True):
        stream = io.BytesIO(wire.blob_head(SHA, 3, part) + b"abc")
        assert wire.read_frame(stream) == wire.Blob(SHA, b"abc", part)


def test_a_large_file_that_changes_is_noticed_before_its_last_part(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(LARGE + 5))
    content = Contents().file(path)
    assert hashlib.sha256(b"".join(content.chunks())).hexdigest() == content.sha256
    path.write_bytes(b"1" * (LARGE + 5))
    seen = 0
    with pytest.raises(Failure, match="changed while it was being used"):
        for chunk in content.chunks():
            seen += len(chunk)
    assert seen < content.size
    path.write_bytes(b"short")
    with pytest.raises(Failure, match="changed while it was being used"):
        list(content.chunks())


def test_what_is_asked_for_ahead_is_asked_for_once() -> None:
    asked: list[list[str]] = []
    store = Store(lambda message: asked.append(message["sha256"]))
    store.prefetch(["a", "b"])
    store.prefetch(["b", "c"])
    store.put(wire.Blob("b", b"bee"))
    threading.Timer(0.05, store.put, [wire.Blob("a", b"ay")]).start()
    assert (store.fetch("a"), store.fetch("b")) == (b"ay", b"bee")
    assert asked == [["a", "b"], ["c"]]
    store.withhold("c", "it has changed")
    threading.Timer(0.05, store.withhold, ["c", "it has changed again"]).start()
    with pytest.raises(Failure, match="it has changed again"):
        store.fetch("c")
    assert asked[2:] == [["c"]]
