"""How a module declares its arguments, and the two ways in which it can end without a result."""

from __future__ import annotations

import dataclasses
from typing import Any, Sequence


class Failure(Exception):
    """The step cannot reach its goal; the message is written for the playbook's author.

    ``data`` is what the step still returns (a failed command's rc, stdout and stderr).
    """

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.data = data


class Unpredictable(Exception):
    """Raised by a dry world only: what was asked for hangs on something that did not run."""

    def __init__(self, what: str, cause: str) -> None:
        super().__init__(f"{what} cannot be predicted: it hangs on {cause}")
        self.cause = cause


def arg(
    doc: str,
    default: Any = dataclasses.MISSING,
    *,
    kind: str = "value",
    aliases: Sequence[str] = (),
    secret: bool = False,
) -> Any:
    """Declare an argument: its meaning, its default (none: required), and how it is treated.

    ``kind`` tells the controller what to make of the value before the step is sent:
    "value" as it is; "file" a path on the controller, sent as Content (Tree for a directory);
    "template" likewise, rendered first; "condition" an expression, sent as its truth.
    ``secret`` values are redacted wherever they would be shown.
    """
    metadata = {"doc": doc, "kind": kind, "aliases": tuple(aliases), "secret": secret}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
