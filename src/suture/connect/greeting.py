"""The first words: ours, and the agent's: it is ready, it cannot work there, or it has to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from suture.agent.protocol import wire
from suture.connect.listening import explained, heard
from suture.connect.locking import Locked, Locking, Orphaned, is_orphaned, sentence
from suture.connect.messages import Unsaid
from suture.connect.returning import Returning
from suture.connect.transport import Channel
from suture.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """An agent works in a throw-away copy of its host.  ``network``: whether that has one; ``where``:
    in "memory" or on "disk", or empty for the better one.  ``refused`` is told why there can be
    no copy, ``noted`` in what it differs from the host,
    ``told`` in the end what changed in it."""

    network: bool
    where: str
    refused: Callable[[str], None]
    noted: Callable[[str], None]
    told: Callable[[Mapping[str, Any]], None]


def hello(
    *,
    dry: bool,
    journal: str,
    rehearsing: Rehearsing | None,
    locking: Locking | None,
    lease: float | None,
    returning: Returning | None,
) -> dict[str, Any]:
    """Our own first words: how the agent is to work."""
    words: dict[str, Any] = {"op": "hello", "dry": dry}
    if journal:
        words["journal"] = journal
    if rehearsing is not None:
        words["rehearse"] = {"network": rehearsing.network, "where": rehearsing.where}
    if locking is not None:
        words["lock"] = locking.hello()
    if lease is not None:
        words["lease"] = lease
    if returning is not None:
        words |= {"returns": returning.name, "goes_on": returning.goes_on}
    return words


def first_words(
    channel: Channel,
    alive: Callable[[], None],
    name: str,
    rehearsing: Rehearsing | None,
    locking: Locking | None,
) -> tuple[Mapping[str, Any], int]:
    """What the agent on the host ``name`` says of itself once it is ready, past whatever the login
    shell printed, and how many messages that took; ``alive`` is called now and then.  Unreachable,
    Locked, Orphaned or Unsaid where it never is."""
    count = 1
    event, said = _heard(channel, alive, name, wire.MARK)
    while event in ("waiting", "alive", "held") and locking is not None:
        if (
            event != "alive"
            and is_orphaned(said["holder"])
            and locking.over != said["holder"]["run"]
        ):
            raise Orphaned(said["holder"]["run"])
        if event == "held":
            break
        if event == "waiting":
            locking.waits(sentence(name, said["holder"]))
        event, said = _heard(channel, alive, name)
        count += 1
    if event == "held" and locking is not None:
        raise Locked(
            f"{sentence(name, said['holder'])}; give --wait to wait for it, or end it with"
            f" 'unlock {name}'"
        )
    if event == "refused" and rehearsing is not None and "reason" in said:
        rehearsing.refused(str(said["reason"]))
        raise Unreachable(f"no rehearsal is possible there: {said['reason']}")
    if event == "refused":
        raise Unreachable(
            f"{name}: its Python is {said.get('python', 'too old')} and 3.8 is needed;"
            " set ansible_python_interpreter to a newer one"
        )
    if event != "ready":
        raise Unsaid(f"a '{event}' before it was ready")
    return said, count


def _heard(
    channel: Channel, alive: Callable[[], None], name: str, mark: bytes = b""
) -> tuple[str, dict[str, Any]]:
    found = heard(channel, alive, mark)
    if found is None:
        raise Unreachable(f"{name}: {explained(channel.complaint())}")
    return found
