"""Which tasks ``--tags`` and ``--skip-tags`` leave."""

from __future__ import annotations

from collections.abc import Collection


def selected(
    tags: Collection[str], wanted: Collection[str] = ("all",), skipped: Collection[str] = ()
) -> bool:
    """Whether a task with these tags is to run.

    ``always`` and ``never`` on a task, ``all``, ``tagged`` and ``untagged`` in what is asked for
    mean what they mean in Ansible.
    """
    own = set(tags) or {"untagged"}
    return _wanted(own, set(wanted)) and not _skipped(own, set(skipped))


def _wanted(own: set[str], wanted: set[str]) -> bool:
    if not wanted or "always" in own or own & wanted:
        return True
    if "never" in own:
        return False
    return "all" in wanted or ("tagged" in wanted and own != {"untagged"})


def _skipped(own: set[str], skipped: set[str]) -> bool:
    if "all" in skipped:
        return "always" not in own or "always" in skipped
    return bool(own & skipped) or ("tagged" in skipped and own != {"untagged"})
