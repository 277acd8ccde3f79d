"""Frames gone wrong in every way: does the reader of one host always end, and say why?

    python -m tests.frame_fuzz 1000000 [seed]

prints how many streams were read, how they ended, and each that ended silently or with a bug.
"""

from __future__ import annotations

import io
import json
import queue
import random
import struct
import sys
import time
from collections import Counter
from typing import Any, BinaryIO

from suture.agent.protocol import wire
from suture.connect.session import Hearing, Session

READY = {"event": "ready", "python": "3.11.0", "executable": "/x", "pid": 1, "uid": 0, "notes": []}
ANSWERS: tuple[dict[str, Any], ...] = (
    {"event": "output", "id": 1, "text": "a line"},
    {"event": "report", "id": 1, "kind": "test", "data": {"id": "t", "outcome": "passed"}},
    {"event": "result", "id": 1, "status": "ok", "data": {"ping": "pong"}, "seconds": 0.1},
    {"event": "want", "sha256": ["0" * 64]},
    {"event": "answer", "looks": {}},
    {"event": "upper", "changes": {}},
    {"event": "gone", "reason": "x"},
    {
        "event": "result",
        "id": 2,
        "status": "changed",
        "changes": [{"action": "write", "target": "/x", "before": "a", "after": "b"}],
    },
)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 3, 1 << 64, 1.5, 1e300, "", "x", "ok", "\ud800", "\0\n", [], [[]], {},
    {"a": {}}, "x" * 2_000_000, ["0" * 64],
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """A stream of an agent's in which something is wrong, more often than not."""
    frames = [_frame(READY)]
    frames += [_frame(_changed(chance.choice(ANSWERS), chance)) for _ in range(chance.randrange(4))]
    if chance.random() < 0.2:
        frames[0] = _frame(_changed(READY, chance))
    stream = bytearray(wire.MARK + b"".join(frames))
    for _ in range(chance.choice((0, 0, 1, 1, 3))):
        _spoil(stream, chance)
    return bytes(stream)


def _frame(message: Any) -> bytes:
    body = json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body


def _changed(message: dict[str, Any], chance: random.Random) -> Any:
    found: dict[str, Any] = json.loads(json.dumps(message))
    if chance.random() < 0.3:
        return found
    where = found
    while chance.random() < 0.5:
        inner = [item for item in where.values() if isinstance(item, dict) and item]
        if not inner:
            break
        where = chance.choice(inner)
    name = chance.choice([*where, "more"])
    way = chance.randrange(3)
    if way == 0:
        where.pop(name, None)
    elif way == 1:
        where[name] = chance.choice(VALUES)
    else:
        where[chance.choice(("more", "event", "id", "\0"))] = where.get(name)
    return chance.choice(VALUES) if chance.random() < 0.02 else found


def _spoil(stream: bytearray, chance: random.Random) -> None:
    """Bytes are turned, lost, doubled or put in."""
    at = chance.randrange(len(stream) or 1)
    way = chance.randrange(5)
    if way == 0 and stream:
        stream[at] ^= 1 << chance.randrange(8)
    elif way == 1:
        del stream[at : at + chance.randrange(1, 40)]
    elif way == 2:
        stream[at:at] = stream[at : at + chance.randrange(1, 40)]
    elif way == 3:
        stream[at:at] = chance.randbytes(chance.randrange(1, 8))
    else:
        del stream[at:]


class ScriptedChannel:
    """A channel on which all is said that will be."""

    near = False

    def __init__(self, said: bytes) -> None:
        self.reader: BinaryIO = io.BytesIO(said)
        self.writer: BinaryIO = io.BytesIO()

    def complaint(self) -> str:
        return ""

    def close(self) -> None:
        self.reader.close()

    def cut(self) -> None:
        self.close()


def session_survives(said: bytes) -> str:
    """Empty when a session that reads this stream ends and says so once at least; else what went
    wrong."""
    heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    hearing = Hearing(
        lambda number, result: heard.put(("result", (number, result))),
        lambda number, text: heard.put(("output", (number, text))),
        lambda number, kind, data: heard.put(("report", (number, kind, data))),
        lambda reason: heard.put(("lost", reason)),
        lambda error: heard.put(("failed", error)),
    )
    session = Session(
        lambda: ScriptedChannel(said),
        dry=False,
        modules=frozenset({"ping"}),
        hearing=hearing,
        ready=lambda python: None,
        name="db3",
    )
    for number in (1, 2):
        session.step({"id": number, "task": "t", "module": "ping", "epochs": []}, {})
    session._reader.join(30)
    if session._reader.is_alive():
        return "it never ended"
    ends = []
    while not heard.empty():
        kind, told = heard.get()
        if kind in ("lost", "failed"):
            ends.append(str(told))
    if not ends:
        return "it ended in silence"
    return next((end for end in ends if "bug" in end), "")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    chance, found, began = random.Random(seed), Counter[str](), time.monotonic()
    for number in range(count):
        stream = mutated(chance)
        wrong = session_survives(stream)
        found[wrong or "said why"] += 1
        if wrong:
            sys.stdout.write(f"stream {number} of seed {seed}: {wrong}: {stream[:300]!r}\n")
    seconds = time.monotonic() - began
    sys.stdout.write(f"{count} streams, seed {seed}, {seconds:.0f} s: {dict(found)}\n")
    sys.exit(1 if set(found) - {"said why"} else 0)


if __name__ == "__main__":
    main()
