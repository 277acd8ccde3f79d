"""Bytes that belong on the host, known by their hash before they are there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Callable, Iterable, Iterator, List, Optional, Union

CHUNK = 1 << 20

LARGE = 16 << 20
"""Bytes above which content is sent, read and written piece by piece, and never held as a whole
if nobody asks for that."""

Chunks = Iterator[bytes]


@dataclass(frozen=True)
class Content:
    """A file's content as the controller promises it; the bytes come when they are first needed.

    ``mode`` is the source file's permission bits; ``name`` its base name.
    """

    sha256: str
    size: int
    fetch: Callable[[], bytes] = field(repr=False, compare=False)
    name: str = ""
    mode: int = 0o644
    ahead: Optional[Callable[[Iterable[str]], None]] = field(
        default=None, repr=False, compare=False
    )
    stream: Optional[Callable[[], Iterator[bytes]]] = field(default=None, repr=False, compare=False)

    def bytes(self) -> bytes:
        return self.fetch()

    def chunks(self) -> Chunks:
        """All of it, piece by piece where it is large."""
        return self.stream() if self.stream is not None else iter([self.fetch()])


@dataclass(frozen=True)
class Pack(Content):
    """Content that goes ahead with the first step that needs it, however large it is."""


@dataclass(frozen=True)
class TreeEntry:
    """One thing in a tree: a file (``content``), a link (``target``) or a directory (neither)."""

    path: str
    mode: int
    content: Optional[Content] = None
    target: Optional[str] = None


@dataclass(frozen=True)
class Tree:
    """A directory of the controller: its entries sorted by path, parents before children.

    ``contents_only`` is what a trailing slash on ``src`` asks for.
    """

    name: str
    entries: List[TreeEntry]
    contents_only: bool = False


Bytes = Union[bytes, Content]


def content_of(data: bytes) -> Content:
    """The content that these bytes are."""
    return Content(hashlib.sha256(data).hexdigest(), len(data), lambda: data)


def prefetch(contents: Iterable[Content]) -> None:
    """Ask for all of these at once, so that the first use of each need not wait a round trip.
    Large ones come when they are used."""
    wanted = [content for content in contents if content.size <= LARGE]
    if wanted and wanted[0].ahead is not None:
        wanted[0].ahead([content.sha256 for content in wanted])


def bytes_of(content: Bytes) -> bytes:
    return content if isinstance(content, bytes) else content.bytes()


def chunks_of(content: Bytes) -> Iterator[bytes]:
    return iter([content]) if isinstance(content, bytes) else content.chunks()


def digest(chunks: Iterator[bytes], algorithm: str = "sha256") -> str:
    """The hexadecimal hash of what the chunks add up to."""
    state = hashlib.new(algorithm)
    for chunk in chunks:
        state.update(chunk)
    return state.hexdigest()


def text_of(data: Optional[bytes]) -> Optional[str]:
    """The bytes as text, or None where they are not text."""
    if data is None or b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
