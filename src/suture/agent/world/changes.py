"""What is known of a change before it is made: what it predicts, how it is told, what undoes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, ContextManager, Dict, Mapping, Optional, Sequence, Tuple

from ..protocol.content import Bytes, Content, bytes_of, content_of, text_of
from ..protocol.result import Change
from .node import Node, Time

SHOWN = 256 * 1024
"""Bytes of a file up to which a change carries its text; above, its size and hash."""

Prediction = Tuple[str, Optional[Node], Optional[Bytes]]
"""A path, what will stand there, and a file's content; (path, None, None): nothing will."""

Commands = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Reversal:
    """What undoing needs to know of a change beside the files that it predicts.

    ``temporary``: the path of a file that is there while the change is made.  ``undo``: commands
    that put things back, None where nobody knows any; ``late``: once everything else is as it was.
    ``makes``: paths whose content is the command's own; ``touches``: where it may be.  ``reverts``
    names the changes in another
    run's journal that this one puts back.  ``hidden``: nobody is shown what was there.
    """

    temporary: str = ""
    command: Sequence[str] = ()
    cwd: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    undo: Optional[Commands] = None
    late: bool = False
    makes: Sequence[str] = ()
    touches: Sequence[str] = ()
    reverts: str = ""
    hidden: bool = False


NOTHING = Reversal()


@dataclass(frozen=True)
class Deed:
    """A change about to be made.  ``act`` makes it; ``above``: the time that the directory of its
    target is given then."""

    change: Change
    act: Callable[[], None]
    predictions: Sequence[Prediction] = ()
    reversal: Reversal = NOTHING
    above: Time = None


Recorder = Callable[[Sequence[Deed]], ContextManager[Callable[[], None]]]
"""Notes changes before any of them is made; they are made within the context, in their order, and
each is told to what the context gives."""


def verb(change: Change) -> str:
    """The change's action, fit for "cannot …"."""
    return "change the attributes of" if change.action == "attributes" else change.action


def content_change(
    path: str,
    before: Optional[bytes],
    content: Bytes,
    old: Optional[Node],
    hidden: bool = False,
    digest: Callable[[], str] = str,
) -> Change:
    """A write's change; ``before`` is the old file's content where it is to be shown.

    ``hidden``: the texts are nobody's business.  ``digest`` gives the old content's SHA-256, empty
    where it cannot be read: content that is no text is told by sizes and hashes, before and after.
    """
    detail: Dict[str, Any] = {}
    if old is None:
        detail["new"] = True
    size = len(content) if isinstance(content, bytes) else content.size
    old_text = "" if old is None else text_of(before)
    new_text = text_of(bytes_of(content)) if size <= SHOWN and not hidden else None
    if old_text is None or new_text is None:
        detail["size"] = [0 if old is None else old.size, size]
        if not hidden:
            known = content if isinstance(content, Content) else content_of(content)
            detail["sha256"] = ["" if old is None else digest(), known.sha256]
        return Change("write", path, detail=detail)
    return Change("write", path, old_text, new_text, detail)
