"""What a dry run foresees, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional

from ..protocol.content import Bytes
from .node import Node


@dataclass(frozen=True)
class Predicted:
    """What will stand at a path: ``node`` (None: nothing), a file's ``content`` (None: what the
    disk holds), and whether the disk's own entries below it no longer count (``fresh``)."""

    node: Optional[Node]
    content: Optional[Bytes] = None
    fresh: bool = False


@dataclass(frozen=True)
class Foresight:
    """All that a dry world predicts: what stands at paths, which paths hang on which step, and what
    states are expected."""

    predicted: Dict[str, Predicted] = field(default_factory=dict)
    spoiled: Dict[str, str] = field(default_factory=dict)
    expected: Dict[str, Any] = field(default_factory=dict)
