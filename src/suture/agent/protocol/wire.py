"""Frames: what the controller and the agent say to each other.

    u32 big-endian length, then one JSON object
    u32 length with the top bit set, then 32 bytes of SHA-256 and the content that has this hash
    the same with the second bit set too: a part of that content, the next one in order

The agent's side begins with MARK, so that whatever a login shell prints before is passed over.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, Dict, Optional, Union

MARK = b"\0suture-agent-1\0\n"
BLOB = 0x80000000
PART = 0x40000000
Message = Dict[str, Any]

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True)
class Blob:
    """Content on the wire."""

    sha256: str
    data: bytes
    part: bool = False


def frame(message: Message) -> bytes:
    body = _encode(message).encode()
    return struct.pack(">I", len(body)) + body


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
