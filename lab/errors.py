"""What the lab tells a person when it cannot go on."""

from __future__ import annotations


class LabError(Exception):
    """A sentence for the operator: what is wrong, and what to do about it."""
