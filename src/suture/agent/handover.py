"""A dry world's predictions on their way from one user's agent to the next one's."""

from __future__ import annotations

import base64
from dataclasses import astuple
from typing import Any, Callable, Dict, List, Optional

from .content import Bytes, Content, bytes_of
from .dry import DryWorld, Foresight, Predicted
from .node import Node

Opened = Callable[[List[Any]], Content]
"""What makes content of a promise on the wire."""


def told(world: DryWorld) -> Dict[str, Any]:
    """All that the world predicts, as JSON carries it."""
    sight = world.foresight
    predicted = {
        path: [
            None if each.node is None else list(astuple(each.node)),
            _told_content(each.content),
            each.fresh,
        ]
        for path, each in sight.predicted.items()
    }
    return {"predicted": predicted, "spoiled": sight.spoiled, "expected": sight.expected}


def taken(wire: Dict[str, Any], opened: Opened) -> Foresight:
    """The exact inverse of ``told``."""
    predicted = {
        path: Predicted(None if node is None else Node(*node), _content(content, opened), fresh)
        for path, (node, content, fresh) in wire["predicted"].items()
    }
    return Foresight(predicted, dict(wire["spoiled"]), dict(wire["expected"]))


def _told_content(content: Optional[Bytes]) -> Any:
    if isinstance(content, Content) and content.ahead is not None:
        return [content.sha256, content.size, content.name, content.mode]
    # what no controller has promised (a copy of the host's own file) goes along as it is
    return None if content is None else base64.b64encode(bytes_of(content)).decode("ascii")


def _content(wire: Any, opened: Opened) -> Optional[Bytes]:
    if isinstance(wire, list):
        return opened(wire)
    return None if wire is None else base64.b64decode(wire)
