"""All hosts of a play: side by side, in batches, or in lockstep where the play asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from suture.errors import SutureError, Unreachable
from suture.events import Event, PlayStarted
from suture.model import Host, Play
from suture.run.execution import HostGone
from suture.run.host import HostRun
from suture.run.lockstep import Lockstep, Shared
from suture.run.pool import Pool


@dataclass(frozen=True, slots=True)
class PlayEnd:
    """How a play ended: the hosts that came through, that failed, and that were lost."""

    through: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.failed and not self.gone


@dataclass(frozen=True, slots=True)
class Batches:
    """How a play wants its hosts taken.  ``sizes``: of the batches, the last one repeating."""

    sizes: tuple[int, ...]
    lockstep: bool
    any_fatal: bool
    max_fail: float | None
    force_handlers: bool


def batches_of(play: Play, hosts: int, render: Callable[[Any], Any]) -> Batches:
    """What the play says of serial, strategy and failures, with its templates filled in."""
    serial = render(play.serial)
    given = serial if isinstance(serial, list) else [serial] if serial else []
    sizes = tuple(max(1, _number(size, hosts)) for size in given)
    max_fail = render(play.max_fail_percentage)
    any_fatal = bool(render(play.any_errors_fatal))
    lockstep = play.strategy == "linear" or any_fatal or max_fail is not None
    return Batches(
        sizes or (max(hosts, 1),),
        lockstep,
        any_fatal,
        None if max_fail is None else float(max_fail),
        bool(render(play.force_handlers)),
    )


def _number(size: Any, hosts: int) -> int:
    """A batch size: a number, or a share of the hosts such as "30%"."""
    text = str(size)
    return int(hosts * float(text[:-1]) / 100) if text.endswith("%") else int(text)


def performed(
    play: Play,
    hosts: Sequence[Host],
    batches: Batches,
    pool: Pool,
    made: Callable[[Host, Sequence[Host], Shared], HostRun],
    emit: Callable[[Event], None],
    forks: int,
) -> PlayEnd:
    """Run the play on its hosts.  ``made`` builds one host's run of it, given its batch."""
    emit(PlayStarted(play=play.name, hosts=tuple(host.name for host in hosts)))
    through: list[str] = []
    failed: list[str] = []
    for batch in _batched(hosts, batches.sizes):
        alive = [host for host in batch if host.name not in pool.gone]
        good = _batch(alive, batches, pool, made, forks)
        through += [host.name for host in alive if host.name in good]
        failed += [
            host.name for host in alive if host.name not in good and host.name not in pool.gone
        ]
        lost = len(alive) - len(good)
        if lost and (batches.any_fatal or lost == len(alive)):
            break
        if batches.max_fail is not None and lost * 100 > batches.max_fail * len(alive):
            break
    gone = tuple(host.name for host in hosts if host.name in pool.gone)
    return PlayEnd(tuple(through), tuple(failed), gone)


def _batch(
    hosts: Sequence[Host],
    batches: Batches,
    pool: Pool,
    made: Callable[[Host, Sequence[Host], Shared], HostRun],
    forks: int,
) -> set[str]:
    """The hosts of one batch that came through."""

    def verdict(failed: int) -> bool:
        if batches.any_fatal and failed:
            return False
        return batches.max_fail is None or failed * 100 <= batches.max_fail * len(hosts)

    lockstep = Lockstep(len(hosts), verdict) if batches.lockstep and len(hosts) > 1 else None
    shared = Shared(None if lockstep is None else lambda: _met(lockstep))

    def one(host: Host) -> bool:
        good = False
        try:
            good = made(host, hosts, shared).run(batches.force_handlers)
        except (HostGone, Unreachable) as error:
            pool.lost(host.name, str(error))
        except PlayStopped:
            good = True
        finally:
            if lockstep is not None:
                lockstep.leave(not good)
        return good

    if len(hosts) == 1:
        return {host.name for host in hosts if one(host)}
    workers = len(hosts) if lockstep else min(forks, max(len(hosts), 1))
    with ThreadPoolExecutor(workers, "host") as threads:
        return {
            host.name for host, good in zip(hosts, threads.map(one, hosts), strict=True) if good
        }


class PlayStopped(SutureError):
    """Other hosts' failures end the play for this one too."""


def _met(lockstep: Lockstep) -> None:
    if not lockstep.meet():
        raise PlayStopped("too many hosts have failed")


def _batched(hosts: Sequence[Host], sizes: Sequence[int]) -> Iterator[Sequence[Host]]:
    start = 0
    for number in range(len(hosts)):
        size = sizes[min(number, len(sizes) - 1)]
        batch = hosts[start : start + size]
        if not batch:
            return
        yield batch
        start += size
