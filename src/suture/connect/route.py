"""Which way a host is connected to."""

from __future__ import annotations

from suture.connect.fabric_link import SshLink
from suture.connect.target import Target
from suture.connect.transport import Link, LocalLink


def linked(target: Target) -> Link:
    """A connected link; Unreachable with a sentence for the operator where there is none."""
    return LocalLink(target) if target.local else SshLink(target)
