"""What is in a tar or zip archive, as one kind of members.  Pure but for reading the archive."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import time
import zipfile
from dataclasses import dataclass
from typing import Callable, Iterator, List, Optional

from ..protocol.content import CHUNK, LARGE, Bytes, Content
from ..protocol.spec import Failure

ZIP, TAR = "ZipArchive", "TarArchive"
HANDLERS = {
    b"\x1f\x8b": "TgzArchive",
    b"PK\x03\x04": ZIP,
    b"PK\x05\x06": ZIP,
}
"""What ansible-core calls an archive, by its first bytes; all other ones are plain tar to it."""

ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Member:
    """One thing in an archive: ``kind`` is file, directory, link or other.  ``owner`` and ``group``
    are names, empty where the archive tells none; ``data`` gives a file's content."""

    path: str
    kind: str
    mode: int
    mtime: float
    owner: str = ""
    group: str = ""
    uid: Optional[int] = None
    gid: Optional[int] = None
    target: str = ""
    data: Callable[[], Bytes] = bytes


def handler(data: bytes) -> str:
    """What kind of archive it is."""
    return next((name for start, name in HANDLERS.items() if data.startswith(start)), TAR)


def members(data: bytes) -> Iterator[Member]:
    """What is in the archive, in its order; Failure where it is none, or breaks off."""
    try:
        yield from _of_zip(data) if handler(data) == ZIP else _of_tar(data)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise Failure(f"this is no archive, or a broken one: {error}") from None


def _of_tar(data: bytes) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for info in archive:
            kind = "other"
            if info.isfile() or info.islnk():
                kind = "file"
            elif info.isdir():
                kind = "directory"
            elif info.issym():
                kind = "link"
            yield Member(
                info.name,
                kind,
                info.mode & 0o7777,
                float(info.mtime),
                info.uname,
                info.gname,
                info.uid,
                info.gid,
                info.linkname if kind == "link" else "",
                _tar_data(archive, info),
            )


def _tar_data(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], Bytes]:
    def opened() -> io.BufferedIOBase:
        file = archive.extractfile(info)
        if file is None:
            raise Failure(f"the archive has nothing for {info.name}")
        return file  # type: ignore[return-value]  # what typeshed calls IO[bytes]

    return lambda: _content(opened, info.size)


def _of_zip(data: bytes) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            kind = "directory" if info.filename.endswith("/") else "file"
            if stat.S_ISLNK(mode):
                kind = "link"
            target = archive.read(info).decode("utf-8", "replace") if kind == "link" else ""
            mtime = time.mktime((*info.date_time, 0, 0, -1))
            usual = 0o777 if kind == "directory" else 0o666
            yield Member(
                info.filename,
                kind,
                stat.S_IMODE(mode) or usual,
                mtime,
                target=target,
                data=_zip_data(archive, info),
            )


def _zip_data(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], Bytes]:
    return lambda: _content(lambda: archive.open(info), info.file_size)  # type: ignore[arg-type, return-value]  # ZipExtFile is one


def _content(opened: Callable[[], io.BufferedIOBase], size: int) -> Bytes:
    """What can be read there: large content is read piece by piece, each time that it is used."""
    if size <= LARGE:
        with opened() as file:
            return file.read()

    def chunks() -> Iterator[bytes]:
        with opened() as file:
            yield from iter(lambda: file.read(CHUNK), b"")

    found = hashlib.sha256()
    for chunk in chunks():
        found.update(chunk)
    return Content(found.hexdigest(), size, lambda: b"".join(chunks()), stream=chunks)


def stripped(path: str, components: int) -> str:
    """The member's path below the place of unpacking, without its first components; empty where
    nothing is left.  Failure for one that would lead out of there."""
    parts: List[str] = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Failure(f"the archive has a path that leads out of it: {path}")
    return "/".join(parts[components:])
