"""One reading of a playbook: what was read for it, what was found wrong, what a play needs."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.load import source as sources
from suture.load.keywords import is_template
from suture.load.places import is_dir, is_file
from suture.load.source import Opener, Source
from suture.model import Gravity, Mark, Problem, Role, Task, Value, Variables

RenderName = Callable[[str, Sequence[Variables]], Value]
"""Fills variables, the strongest last, into a template; ValueError where one of them is not known."""

CheckTemplate = Callable[[str, Mark], Iterable[Problem]]
EXTENSIONS = (".yml", ".yaml", ".json")


@dataclass(slots=True)
class Parts:
    """What the pieces of one play contribute to it as a whole."""

    role_handlers: list[Task] = field(default_factory=list)
    handlers: list[Task] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    notified: list[tuple[str, Mark]] = field(default_factory=list)
    answering: set[str] = field(default_factory=set)
    """Names and topics of handlers that only come with an include."""
    open: bool = False
    """Whether handlers may come that cannot be known before the play runs."""
    ended: bool = False
    """Whether the play may be over before what comes now."""


def not_never(tags: frozenset[str]) -> bool:
    """Whether a task with these tags runs where no tags are asked for."""
    return "never" not in tags


@dataclass(slots=True)
class Reading:
    """``problems`` are in the order of finding; ``parts`` are those of the play being read.

    ``check_template`` looks through a template; ``selected`` says whether tags let a task run;
    ``rendered`` fills variables into a name that is needed before anything runs.
    """

    vault: Opener | None = None
    check_template: CheckTemplate | None = None
    problems: list[Problem] = field(default_factory=list)
    parts: Parts = field(default_factory=Parts)
    visited: set[tuple[str, ...]] = field(default_factory=set)
    selected: Callable[[frozenset[str]], bool] = not_never
    rendered: RenderName | None = None
    _sources: dict[str, Source] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """Everything that was read, in order."""
        return tuple(self._sources)

    def source(self, path: str) -> Source:
        """The file, parsed once."""
        path = os.path.normpath(Path(path).absolute())
        found = self._sources.get(path)
        if found is not None and found.root is None:
            self.problems.extend(found.early)  # perhaps known as possible only
        if found is None:
            found = sources.read(Path(path), self.vault, shown(path))
            found.path = path
            found.problems, found.early = self.problems, found.problems
            self.problems.extend(found.early)
            self._sources[path] = found
        return found

    def errors(self) -> list[Problem]:
        return [problem for problem in in_order(self.problems) if problem.level == "error"]

    def error(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(mark, message))

    def warning(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(mark, message, "warning"))

    def possible(self, mark: Mark, message: str) -> None:
        """Something that fails if the run gets there."""
        self.problems.append(Problem(mark, message, "possible"))

    def certain(self, begin: int) -> None:
        """What was found possible since then is certain: the run does get there."""
        self.problems[begin:] = _as("error", "possible", self.problems[begin:])

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """Reads ahead what may be reached: whatever is wrong in there is possible at the most."""
        begin = len(self.problems)
        yield
        self.problems[begin:] = _as("possible", "error", self.problems[begin:])

    def named(self, given: Value, known: Sequence[Variables], mark: Mark, other: str) -> str:
        """A name that is needed before anything runs, its templates filled in with what is known
        by then; empty, with the problem reported, where that cannot be.  ``other``: what takes a
        name that is known later."""
        if not is_template(given):
            return given if isinstance(given, str) else ""
        advice = f"; '{other}' takes one that is known later"
        found = self.filled(given, known, mark, "the name is", advice)
        return "" if found is None else str(found)

    def filled(
        self, given: str, known: Sequence[Variables], mark: Mark, what: str, advice: str = ""
    ) -> Value:
        """What a template becomes that has to be known before anything runs; None, with the problem
        reported, where that cannot be."""
        why = ""
        if self.rendered is not None:
            try:
                return self.rendered(given, known)
            except ValueError as error:
                why = f": {error}"
        message = f"{what} needed before anything runs, and cannot be known then{why}"
        self.error(mark, f"{message}{advice}")
        return None

    def templates(self, source: Source, node: Node) -> None:
        """Check every template in a value."""
        if self.check_template is not None:
            for text, mark in texts(source, node, set()):
                self.template(text, mark)

    def template(self, value: Value, mark: Mark) -> None:
        """Check a value, if it is a template."""
        if self.check_template is not None and is_template(value):
            self._lazily(self.check_template(value, mark))

    def _lazily(self, problems: Iterable[Problem]) -> None:
        """What is wrong with a template fails where the template is read."""
        self.problems.extend(_as("possible", "error", problems))

    def expression(self, text: str, mark: Mark) -> None:
        """Check a condition: an expression without its braces."""
        if "{{" in text or "{%" in text:
            self.warning(mark, "a condition is an expression already: leave the '{{' and '}}' out")
        elif self.check_template is not None and text.strip():
            self._lazily(self.check_template("{{ " + text + " }}", mark))


def _as(level: Gravity, before: Gravity, problems: Iterable[Problem]) -> list[Problem]:
    return [replace(each, level=level) if each.level == before else each for each in problems]


def texts(source: Source, node: Node, seen: set[int]) -> Iterator[tuple[str, Mark]]:
    """Every text in a value with its place, keys included; what is never templated left out."""
    if isinstance(node, ScalarNode):
        if node.tag.endswith(":str"):
            yield node.value, source.mark(node)
    elif id(node) not in seen:
        seen.add(id(node))
        children = node.value
        if isinstance(node, MappingNode):
            children = [child for pair in node.value for child in pair]
        for child in children:
            yield from texts(source, child, seen)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, as the gravest that it is anywhere, by file, line and column."""
    found: dict[tuple[Mark, str], Problem] = {}
    for problem in problems:
        known = found.setdefault((problem.mark, problem.message), problem)
        if GRAVITY[problem.level] > GRAVITY[known.level]:
            found[(problem.mark, problem.message)] = problem
    return sorted(found.values(), key=_place)


GRAVITY = {"warning": 0, "possible": 1, "error": 2}


def _place(problem: Problem) -> tuple[str, int, int]:
    return problem.mark.file, problem.mark.line, problem.mark.column


def shown(path: str | Path) -> str:
    """How a file is called: relative to where we are, when it is in there."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def first_file(candidates: Iterable[Path]) -> str:
    """The first that is a file, or nothing."""
    return next((str(path) for path in candidates if is_file(path)), "")


def candidates(name: str, folders: Sequence[str], directories: Iterable[str]) -> list[Path]:
    """Where a file of that name may be: in each directory's folders first, then in itself."""
    path = Path(name).expanduser() if name.startswith("~") else Path(name)
    if path.is_absolute():
        return [path]
    found = (
        Path(os.path.normpath(Path(directory, folder, path)))
        for directory in directories
        if directory
        for folder in (*folders, "")
    )
    return list(dict.fromkeys(found))


def sought(paths: Sequence[Path]) -> str:
    """The sentence's end that says where something was sought, and what is there instead."""
    near: list[str] = []
    for path in paths:
        if is_dir(path.parent):
            names = {each.name.lower(): each.name for each in path.parent.iterdir()}
            close = difflib.get_close_matches(path.name.lower(), names, 1, 0.75)
            near += (names[name] for name in close)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"sought: {', '.join(map(shown, paths))}{hint}"


def yaml_in(directory: str, name: str, *, exact_first: bool) -> list[Path]:
    """Where ``name`` may be in a directory, with the extensions of YAML and without one."""
    extensions = ("", *EXTENSIONS) if exact_first else (*EXTENSIONS, "")
    return [Path(directory, name + extension) for extension in extensions]


def sequence(reading: Reading, source: Source, node: Node | None, what: str) -> list[Node]:
    """The items of a list; a problem where something else stands."""
    if node is None or (isinstance(node, ScalarNode) and source.data(node) is None):
        return []
    if isinstance(node, SequenceNode):
        return list(node.value)
    kind = "mapping: begin each item with '- '" if isinstance(node, MappingNode) else "single value"
    reading.error(source.mark(node), f"{what} has to be a list, not a {kind}")
    return []
