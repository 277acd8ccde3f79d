"""Frames: what the controller and the agent say to each other.

    u32 big-endian length, then one JSON object
    u32 length with the top bit set, then 32 bytes of SHA-256 and the content that has this hash
    the same with the second bit set too: a part of that content, the next one in order

The agent's side begins with MARK, so that whatever a login shell prints before is passed over.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, Dict, List, Optional, Union

MARK = b"\0suture-agent-1\0\n"
BLOB = 0x80000000
PART = 0x40000000
Message = Dict[str, Any]

FRAME = 64 << 20
"""Bytes of the longest message that an agent sends."""
DEPTH = 64
"""Levels that lists and mappings of an agent's message have at the most."""

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


@dataclass(frozen=True)
class Blob:
    """Content on the wire."""

    sha256: str
    data: bytes
    part: bool = False


def frame(message: Message) -> bytes:
    body = _encode(message).encode()
    return struct.pack(">I", len(body)) + body


def answer(message: Message) -> bytes:
    """An agent's message as a frame: a result that is too long or too deep loses the texts of its
    changes, or is a failure that says so; a number that is none (NaN) is null."""
    data = _body(message)
    if len(data) > FRAME:
        # What a change was stays; what stood there before and after is on the host.
        kept = [
            {name: part for name, part in change.items() if name not in ("before", "after")}
            for change in message.get("changes", ())
        ]
        message = {**message, "changes": kept}
        data = _body(message)
    if len(data) > FRAME:
        said = f"the result is {len(data) >> 20} MiB long, and {FRAME >> 20} MiB can be sent"
        data = _body(_instead(message, said))
    elif data.count(b"[") + data.count(b"{") > DEPTH and deeper(message, DEPTH):
        said = f"the result has lists within lists, more than {DEPTH} deep"
        data = _body(_instead(message, said))
    return struct.pack(">I", len(data)) + data


def _instead(message: Message, said: str) -> Message:
    """The message of a step that failed because its result cannot be told."""
    return {**message, "status": "failed", "data": {}, "changes": [], "trace": "", "message": said}


def _body(message: Message) -> bytes:
    try:
        return _encode(message).encode()
    except ValueError:
        return _encode(finite(message)).encode()
    except RecursionError:
        return _encode(_instead(message, "the result is nested too deeply to be told")).encode()


def finite(value: Any) -> Any:
    """The value with null for each number that is none, or has no end."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def deeper(value: Any, depth: int) -> bool:
    """Whether lists and mappings stand more than ``depth`` levels within each other."""
    level = [value]
    for _ in range(depth):
        inner: List[Any] = []
        for each in level:
            items = each.values() if isinstance(each, dict) else each
            inner += [item for item in items if isinstance(item, (dict, list, tuple))]
        if not inner:
            return False
        level = inner
    return True


def blob_head(sha256: str, size: int, part: bool = False) -> bytes:
    """What goes before a blob's content, or before a part of it."""
    return struct.pack(">I", size + 32 | BLOB | (PART if part else 0)) + bytes.fromhex(sha256)


def read_frame(stream: BinaryIO) -> Optional[Union[Message, Blob]]:
    """The next frame, or None when the other side has hung up, in the middle of a frame too."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack(">I", head)
    sha256 = stream.read(32) if size & BLOB else b""  # apart: a slice would be a copy
    wanted = (size & ~(BLOB | PART)) - len(sha256)
    body = stream.read(wanted)
    if len(body) < wanted:
        return None
    if size & BLOB:
        return Blob(sha256.hex(), body, bool(size & PART))
    message: Message = json.loads(body)
    return message
