"""A file that a host sends, put where the task asked for it: nothing that the host says leads anywhere
else."""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import hashlib
import os
import secrets
import stat as st
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from suture.agent.protocol.result import Change, Status
from suture.errors import SutureError
from suture.run.outcome import Outcome

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Unfit(SutureError):
    """What a host sent is not what was asked of it, or may not stand where it would."""


@dataclass(frozen=True, slots=True)
class FetchDestination:
    """Where a fetched file goes: a directory of the operator's, and the names below it."""

    top: Path
    names: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.top.joinpath(*self.names)


def kept(raw: Outcome, asked: Mapping[str, Any], host: str, stays: bool) -> Outcome:
    """The outcome of a ``fetch`` once its content is in its place, unless it was there already.

    ``asked``: the task's arguments; they alone say where that is.  ``stays`` is False in a dry run.
    """
    data = dict(raw.data)
    data.pop("flat", None)
    given = data.pop("content", None)
    if given is None:
        return replace(raw, data=data)
    try:
        content = _content(given)
        _whole(content, data)
        place = place_of(asked, str(data.get("src", "")), host)
        data |= {"src": data.get("src"), "dest": str(place.path)}
        data["checksum"] = hashlib.sha1(content).hexdigest()  # noqa: S324 (ansible-core's checksum)
        if not _stored(place, content, stays):
            return replace(raw, status=Status.OK, changes=(), data=data)
    except Unfit as error:
        return replace(raw, status=Status.FAILED, changes=(), data={}, message=str(error))
    except OSError as error:
        message = f"cannot keep the fetched file: {error.strerror} ({error.filename})"
        return replace(raw, status=Status.FAILED, changes=(), data={}, message=message)
    change = Change("fetch", str(place.path), detail={"size": len(content)})
    return replace(raw, status=Status.CHANGED, changes=(change,), data=data)


def place_of(asked: Mapping[str, Any], answered: str, host: str) -> FetchDestination:
    """Where the file goes that the task asked for.  ``answered``, the host's own word for its source,
    counts only for what stands for ``~`` and ``$NAME`` there: a path of plain names."""
    dest, source = str(asked["dest"]), str(asked["src"])
    top = Path(dest)
    if asked.get("flat"):
        if not dest.endswith("/"):
            return FetchDestination(top.parent, _plain((top.name,), dest))
        return FetchDestination(top, _plain((os.path.basename(source.rstrip("/")),), source))
    if source.startswith("~") or "$" in source:
        if not answered.startswith("/"):
            raise Unfit(f"the host says that {source} is {answered!r}, which is no absolute path")
        source = answered
    names = [name for name in source.split("/") if name not in ("", ".")]
    return FetchDestination(top, _plain((host, *names), source))


def _plain(names: Sequence[str], said: str) -> tuple[str, ...]:
    """These names, if each is one of a file and leads nowhere else."""
    for name in names:
        if name in ("", ".", "..") or "/" in name or _breaks(name):
            raise Unfit(f"{said!r} would not stay in the folder that fetch has for it")
    return tuple(names)


def _breaks(name: str) -> bool:
    """Whether a name holds what ends a line, or a character that controls something."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name)


def _content(given: Any) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Unfit("the host sent no content that can be read (it is no Base64)") from None


def _whole(content: bytes, data: Mapping[str, Any]) -> None:
    """Raise Unfit where the host's checksum is not the content's."""
    said = data.get("checksum")
    if said is not None and said != hashlib.sha1(content).hexdigest():  # noqa: S324 (as above)
        raise Unfit("what came is not what the host read: the checksums differ; fetch it again")


# -- the file itself -------------------------------------------------------------------------------


def _stored(place: FetchDestination, content: bytes, stays: bool) -> bool:
    """Whether the content was put in its place (or would be); False where it stands there already.

    Below ``top`` no link is followed, and nothing but a regular file is replaced.
    """
    if not stays and not place.top.is_dir():
        return True
    if stays:
        place.top.mkdir(parents=True, exist_ok=True)
    name = place.names[-1]
    with _folder(place, stays) as folder:
        if folder < 0:
            return True
        _check_spelling(name, os.listdir(folder), lambda: _exists(folder, name), place)
        if _holds(folder, name, content, place):
            return False
        if stays:
            _put(folder, name, content)
    return True


@contextlib.contextmanager
def _folder(place: FetchDestination, make: bool) -> Iterator[int]:
    """A handle of the directory that the file goes to, made where it is not there; -1 where it is not
    there and must not be made."""
    handle = os.open(place.top, FOLDER)
    try:
        for name in place.names[:-1]:
            inner = _inner(handle, name, make, place)
            os.close(handle)
            handle = inner
            if handle < 0:
                break
        yield handle
    finally:
        if handle >= 0:
            os.close(handle)


def _inner(handle: int, name: str, make: bool, place: FetchDestination) -> int:
    _check_spelling(name, os.listdir(handle), lambda: _exists(handle, name), place)
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=handle)
    try:
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=handle)
    except FileNotFoundError:
        return -1
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Unfit(
                f"{place.path} is not written: {name} on the way to it is no directory"
            ) from None
        raise


def _exists(handle: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _check_spelling(
    name: str, there: Sequence[str], exists: Callable[[], bool], place: FetchDestination
) -> None:
    """Raise Unfit where a file system takes this name for another that differs only in case."""
    if name not in there and exists():
        raise Unfit(
            f"{place.path} is not written: a name there differs from '{name}' only in case, and"
            " this file system takes them for one; fetch it into another directory"
        )


def _holds(folder: int, name: str, content: bytes, place: FetchDestination) -> bool:
    """Whether a file with this content is there; Unfit where something else than a file is."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    if not st.S_ISREG(found.st_mode):
        raise Unfit(
            f"{place.path} is not written: what is there is no regular file; remove it first"
        )
    if found.st_size != len(content):
        return False
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
        return file.read() == content


def _put(folder: int, name: str, content: bytes) -> None:
    """The file is there, whole, at once."""
    temporary = f".suture-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with open(os.open(temporary, flags, 0o666, dir_fd=folder), "wb") as file:
            file.write(content)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
