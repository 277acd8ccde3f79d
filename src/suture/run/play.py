"""All hosts of a play: in batches, in the language's order or freely, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from suture.errors import Exit, Unreachable
from suture.events import Event, PlayStarted
from suture.model import Block, Host, Node, Play
from suture.run.batch import Batch, PlayStopped
from suture.run.execution import HostGone
from suture.run.host import HostRun
from suture.run.pool import Pool


@dataclass(frozen=True, slots=True)
class PlayEnd:
    """How a play ended: the hosts that came through, that failed, and that were lost.

    ``stops``: no later play begins, because failures were fatal or a whole batch failed."""

    through: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    stops: bool = False

    @property
    def good(self) -> bool:
        return not self.failed and not self.gone and not self.stops


@dataclass(frozen=True, slots=True)
class RunResult:
    """How the plays of a run ended, in their order."""

    ends: tuple[PlayEnd, ...] = ()

    @property
    def good(self) -> bool:
        return all(end.good for end in self.ends)

    @property
    def exit(self) -> Exit:
        """A host that was lost outweighs one that failed."""
        if any(end.gone for end in self.ends):
            return Exit.UNREACHABLE
        return Exit.DONE if self.good else Exit.FAILED


@dataclass(frozen=True, slots=True)
class Batching:
    """How a play wants its hosts taken.  ``sizes``: of the batches, the last one repeating.
    ``any_fatal``: one host's failure is every host's; ``max_fail``: the share of a batch, in percent,
    that may fail.  ``strict``: a failure of one task may end the play for all."""

    sizes: tuple[int, ...]
    linear: bool
    strict: bool
    any_fatal: bool
    max_fail: float | None
    force_handlers: bool


def batching(play: Play, hosts: int, render: Callable[[Any], Any]) -> Batching:
    """What the play says of serial, strategy and failures, with its templates filled in."""
    serial = render(play.serial)
    given = serial if isinstance(serial, list) else [serial] if serial else []
    sizes = tuple(max(1, _number(size, hosts)) for size in given)
    max_fail = render(play.max_fail_percentage)
    any_fatal = bool(render(play.any_errors_fatal))
    return Batching(
        sizes or (max(hosts, 1),),
        play.strategy == "linear",
        any_fatal or max_fail is not None or _failures_matter(play),
        any_fatal,
        None if max_fail is None else float(max_fail),
        bool(render(play.force_handlers)),
    )


def _failures_matter(play: Play) -> bool:
    """Whether a task of the play lets one host's failure decide how the others go on."""

    def does(node: Node) -> bool:
        if isinstance(node, Block):
            return any(map(does, (*node.tasks, *node.rescue, *node.always)))
        clears = node.module == "meta" and node.args.get("free_form") == "clear_host_errors"
        return clears or bool(node.any_errors_fatal)

    return any(does(node) for section in play.sections for node in section)


def _number(size: Any, hosts: int) -> int:
    """A batch size: a number, or a share of the hosts such as "30%"."""
    text = str(size)
    return int(hosts * float(text[:-1]) / 100) if text.endswith("%") else int(text)


def performed(
    play: Play,
    hosts: Sequence[Host],
    batching: Batching,
    pool: Pool,
    made: Callable[[Host, Sequence[Host], Batch], HostRun],
    emit: Callable[[Event], None],
    forks: int,
) -> PlayEnd:
    """Run the play on its hosts.  ``made`` builds one host's run of it, given its batch."""
    emit(PlayStarted(play=play.name, hosts=tuple(host.name for host in hosts)))
    through: list[str] = []
    failed: list[str] = []
    stops = False
    for members in _batched(hosts, batching.sizes):
        alive = [host for host in members if host.name not in pool.gone]
        good, batch = _batch(alive, batching, pool, made, forks)
        through += [host.name for host in alive if host.name in good]
        failed += [host.name for host in alive if host.name in batch.failed]
        stops = batch.ended or batch.all_out
        if stops or batch.over:
            break
    gone = tuple(host.name for host in hosts if host.name in pool.gone)
    return PlayEnd(tuple(through), tuple(failed), gone, stops)


def _batch(
    hosts: Sequence[Host],
    batching: Batching,
    pool: Pool,
    made: Callable[[Host, Sequence[Host], Batch], HostRun],
    forks: int,
) -> tuple[set[str], Batch]:
    """The hosts of one batch that came through, and what became of the batch."""

    def verdict(failed: int) -> bool:
        return batching.max_fail is None or failed * 100 <= batching.max_fail * len(hosts)

    batch = Batch(
        [host.name for host in hosts],
        linear=batching.linear,
        strict=batching.strict,
        forks=forks,
        verdict=verdict,
    )

    def one(host: Host) -> bool:
        good = lost = fatal = False
        with batch.working():
            try:
                run = made(host, hosts, batch)
                good = run.performed(batching.force_handlers)
                fatal = run.fatal
            except (HostGone, Unreachable) as error:
                pool.lost(host.name, str(error))
                lost, fatal = True, batching.any_fatal
            except PlayStopped:
                good = True
            finally:
                batch.leave(host.name, failed=not good and not lost, lost=lost, fatal=fatal)
        return good

    if len(hosts) == 1:
        return {host.name for host in hosts if one(host)}, batch
    # Hosts that wait for each other must all have begun; ``forks`` bounds those that work.
    workers = len(hosts) if batch.linear or batch.strict else min(forks, max(len(hosts), 1))
    with ThreadPoolExecutor(workers, "host") as threads:
        ends = zip(hosts, threads.map(one, hosts), strict=True)
        return {host.name for host, good in ends if good}, batch


def _batched(hosts: Sequence[Host], sizes: Sequence[int]) -> Iterator[Sequence[Host]]:
    start = 0
    for number in range(len(hosts)):
        size = sizes[min(number, len(sizes) - 1)]
        batch = hosts[start : start + size]
        if not batch:
            return
        yield batch
        start += size
