"""What is measured of files: trees of many small ones, and one that is large."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import workloads as work
from bench.arena import Arena
from bench.contests import ALL, of_whole, said
from bench.measure import Contestant, Series

MEASURES = ("first", "nothing changed", "ten changed")


def trees(arena: Arena, count: int) -> list[Series]:
    """Many small files: sent, looked at, ten of them changed."""
    series = []
    woods = Woods(arena, count)
    for measure in MEASURES:
        contestants = woods.contestants(measure)
        arena.say(f"{count} small files, {measure}")
        found = arena.turns(f"tree {measure}", contestants, budget=40, tasks=count)
        # The last of those that share a place has left its own there.
        whole = [each for each in found if each.tool in ("suture", "rsync", "ansible synchronize")]
        arena.check(f"tree {measure}", whole, woods.target)
        series += found
    for rtt in sorted(arena.ports)[1:]:  # what is there already, from further away
        for measure in MEASURES[1:]:
            arena.say(f"{count} small files, {measure}, {rtt} ms away")
            series += arena.turns(
                f"tree {measure}", woods.far(measure, rtt), budget=20, tasks=count, rtt_ms=rtt
            )
    shutil.rmtree(arena.scratch / "trees")
    return series


@dataclass
class Woods:
    """The trees that are brought over: old ones, which are on the host, and new ones of which a
    few files differ.  ``laid``: the size of the tree that lies in a place on the host."""

    arena: Arena
    count: int
    laid: dict[Path, int] = field(default_factory=dict)

    def contestants(self, measure: str) -> list[Contestant]:
        """Every tool that brings trees over; slow ones bring a part, and one file by itself."""
        texts = said(work.syncing("sync"), work.pyinfra_syncing())
        rounds = 7 if measure == "nothing changed" else 5
        made = [
            self._with("suture", "suture", "sync", texts, measure, self.count, rounds),
            self._rsync("rsync", measure, rounds),
        ]
        if measure != "first":
            made.append(self._rsync("rsync --checksum", measure, rounds, "--checksum"))
        posix = said(work.syncing("synchronize"), "")
        name = "ansible synchronize"
        made.append(self._with(name, "ansible", "synchronize", posix, measure, self.count, 2))
        few = max(100, self.count // 10) if measure == "ten changed" else 100
        made.append(self._part("pyinfra", "pyinfra", "sync", texts, measure, few))
        copy = said(work.syncing("copy"), "")
        made.append(self._part("ansible copy", "ansible", "copy", copy, measure, 25))
        return made

    def far(self, measure: str, rtt_ms: int) -> list[Contestant]:
        """Suture and rsync, at this distance."""
        texts = said(work.syncing("sync"), "")
        reset = self._reset("suture", "suture", measure, self.count, rtt_ms)
        made = self.arena.contestant("suture", "sync", texts, rtt_ms=rtt_ms, rounds=3, before=reset)
        rsync = self._rsync("rsync", measure, 3, rtt_ms=rtt_ms)
        return [
            made,
            rsync,
            self._rsync("rsync --checksum", measure, 3, "--checksum", rtt_ms=rtt_ms),
        ]

    def target(self, tool: str) -> Path:
        """Where a tool's copy of the tree is on the host."""
        place = self.arena.place(tool.replace("rsync --checksum", "rsync"))
        if tool.startswith("ansible"):
            place = self.arena.place("ansible")
        return place / "tree" if tool.startswith("rsync") else place / "h0" / "tree"

    def _with(
        self,
        named: str,
        tool: str,
        name: str,
        texts: Mapping[str, str],
        measure: str,
        size: int,
        rounds: int,
    ) -> Contestant:
        made = self.arena.contestant(
            tool, name, texts, rounds=rounds, before=self._reset(named, tool, measure, size)
        )
        return replace(made, tool=named)

    def _part(
        self,
        named: str,
        tool: str,
        name: str,
        texts: Mapping[str, str],
        measure: str,
        size: int,
    ) -> Contestant:
        rounds = 0 if self.arena.quick and named == "ansible copy" else 1
        expected = size * (0.4 if named == "ansible copy" else 0.1)
        some = self._with(named, tool, name, texts, measure, size, rounds)
        if not rounds or (measure == "ten changed" and named == "ansible copy"):
            # Of a part this small less than one file is changed.
            return replace(some, rounds=0, expected=expected * self.count / size)
        unchanged = measure.replace("ten", "nothing")  # what is changed is multiplied with the rest
        one = self._with(named, tool, name, texts, unchanged, 1, 1)
        return of_whole(replace(some, expected=expected), one, size, self.count)

    def _rsync(
        self, tool: str, measure: str, rounds: int, *more: str, rtt_ms: int = 0
    ) -> Contestant:
        login = self.arena.farm.login
        shell = " ".join(self.arena.plain_ssh(rtt_ms)[:-1])
        source = self._tree(self.count, measure)
        words = ["rsync", "-rlpt", "--delete", *more, "-e", shell, f"{source}/"]
        target = f"{login.user}@{login.host}:{self.target(tool)}/"
        missing = "" if shutil.which("rsync") else "rsync is not installed"
        before = self._reset(tool, "", measure, self.count)
        return self.arena.plain(
            tool, [*words, target], rounds=rounds, missing=missing, before=before
        )

    def _tree(self, size: int, measure: str) -> Path:
        """A tree as it is to be on the host; of a part of it as large a share is changed."""
        changed = max(1, 10 * size // self.count) if measure == "ten changed" else 0
        folder = self.arena.scratch / "trees" / f"{size}-{changed}"
        if not folder.is_dir():
            work.tree(folder, size, changed)
        return folder

    def _reset(
        self, named: str, tool: str, measure: str, size: int, rtt_ms: int = 0
    ) -> Callable[[], None]:
        """What puts the tool's source, and its copy on the host, as the measurement wants them."""
        target, source = self.target(named), self._tree(size, measure)

        def act() -> None:
            if tool:
                self._brought(self.arena.folder(tool, rtt_ms) / "files" / "tree", source)
            if measure == "first" or self.laid.get(target) != size or not target.is_dir():
                place = target.parent if not tool else target.parent.parent
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                self.arena.given_away([place])
            if measure != "first":
                self._lay(self._tree(size, "first"), target)
            self.laid[target] = size

        return act

    def _brought(self, given: Path, source: Path) -> None:
        """The source is in the tool's own project too."""
        stamp = given.with_name("tree.from")
        if not stamp.is_file() or stamp.read_text() != str(source):
            shutil.rmtree(given, ignore_errors=True)
            shutil.copytree(source, given)
            stamp.write_text(str(source))

    def _lay(self, old: Path, target: Path) -> None:
        """The copy on the host is as the first time left it."""
        below = (path for path in sorted(old.rglob("*")) if path.is_dir())
        folders = [target.parent, target, *(target / path.relative_to(old) for path in below)]
        made = [folder for folder in folders if not folder.is_dir()]
        for folder in made:
            folder.mkdir()
        for path in old.rglob("*.txt"):
            copy = target / path.relative_to(old)
            if not copy.exists() or copy.stat().st_size != path.stat().st_size:
                shutil.copy2(path, copy)
                made.append(copy)
        self.arena.given_away(made)


def large(arena: Arena, mib: int) -> list[Series]:
    """One large file that is not there yet."""
    login = arena.farm.login
    source = arena.scratch / "big"
    with source.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1024 * 1024))
    texts = said(work.placing(), work.pyinfra_placing())
    place = arena.place("scp")
    options = login.ssh()[1:-1]
    options[options.index("-p")] = "-P"
    scp = ["scp", "-q", *options, str(source), f"{login.user}@{login.host}:{place}/big"]
    contestants = [arena.plain("scp", scp, rounds=3, before=arena.fresh("scp"))]
    for tool in ALL:
        given = arena.folder(tool) / "files" / "big"
        given.unlink(missing_ok=True)
        os.link(source, given)
        contestants.append(
            arena.contestant(
                tool,
                "big",
                texts,
                rounds=3 if tool == "suture" else 1,
                before=arena.fresh(tool),
                expected=2 + mib * (0.1 if tool in ("ansible", "mitogen") else 0.02),
            )
        )
    arena.say(f"one file of {mib} MiB")
    series = arena.turns("large file", contestants, budget=60, watch=True, tasks=mib)
    copies = {each.tool: place / "big" for each in series if each.runs and each.tool == "scp"}
    copies |= {
        each.tool: arena.place(each.tool) / "h0" / "big"
        for each in series
        if each.runs and each.tool != "scp"
    }
    wrong = [
        tool
        for tool, copy in copies.items()
        if not copy.is_file() or not filecmp.cmp(source, copy, shallow=False)
    ]
    told = f"not as it was sent: {', '.join(wrong)}" if wrong else f"the same: {', '.join(copies)}"
    arena.same["large file"] = told
    arena.say(f"  {told}")
    for path in (source, *copies.values()):
        path.unlink(missing_ok=True)
    for tool in ALL:
        (arena.folder(tool) / "files" / "big").unlink()
    return series
