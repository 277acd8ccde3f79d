"""A dry world's predictions on their way from one user's agent to the next one's."""

from __future__ import annotations

import base64
from dataclasses import fields
from typing import Any, Callable, Dict, List, Optional

from ..protocol.content import Bytes, Content, bytes_of
from ..protocol.spec import Failure
from . import node as nodes
from .dry import DryWorld
from .foresight import Foresight, Predicted
from .node import Node

Opened = Callable[[List[Any]], Content]
"""What makes content of a promise on the wire."""


def as_data(world: DryWorld) -> Dict[str, Any]:
    """All that the world predicts, as JSON carries it."""
    sight = world.foresight
    predicted = {
        path: [
            None
            if each.node is None
            else [getattr(each.node, known.name) for known in fields(each.node)],
            _content_data(each.content),
            each.fresh,
        ]
        for path, each in sight.predicted.items()
    }
    found = {"predicted": predicted, "spoiled": sight.spoiled, "expected": sight.expected}
    return {**found, "users_to_come": _users_to_come(sight.expected)}


def _users_to_come(expected: Dict[str, Any]) -> List[str]:
    """Users whom an earlier step would make: nobody can become one of them yet."""
    users = [key.partition(":")[2] for key in expected if key.startswith("user:") and expected[key]]
    return [user for user in users if not _is_there(user)]


def _is_there(user: str) -> bool:
    try:
        nodes.uid_of(user)
    except Failure:
        return False
    return True


def taken(wire: Dict[str, Any], opened: Opened) -> Foresight:
    """What ``told`` has told, as a world takes it over."""
    predicted = {
        path: Predicted(None if node is None else Node(*node), _content(content, opened), fresh)
        for path, (node, content, fresh) in wire["predicted"].items()
    }
    return Foresight(predicted, dict(wire["spoiled"]), dict(wire["expected"]))


def _content_data(content: Optional[Bytes]) -> Any:
    if isinstance(content, Content) and content.ahead is not None:
        return [content.sha256, content.size, content.name, content.mode]
    # what no controller has promised (a copy of the host's own file) goes along as it is
    return None if content is None else base64.b64encode(bytes_of(content)).decode("ascii")


def _content(wire: Any, opened: Opened) -> Optional[Bytes]:
    if isinstance(wire, list):
        return opened(wire)
    return None if wire is None else base64.b64decode(wire)
