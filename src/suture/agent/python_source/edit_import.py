"""Edits of what a module imports, and of what it does before."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .edit import Edit, EditScope, Outcome, part
from .edit_statement import inserted
from .snippet import Snippet, after, before, ends_line, lines_spliced, spaced
from .source import SourceText
from .syntax import (
    FUNCTIONS,
    KINDS,
    Matcher,
    aliases,
    blocks,
    document_of,
    dotted,
    imports,
    one,
    same,
    targets,
)


@dataclass(frozen=True)
class EnsureImport(Edit):
    """A module imports these names when it is imported itself."""

    source: Snippet = part("imports", "Import statements.", key="import")
    ahead: Optional[Matcher] = part(
        "matcher", "They stand before this statement.", None, key="before"
    )
    behind: Optional[Matcher] = part(
        "matcher", "They stand after this statement.", None, key="after"
    )

    def applied(self, source: SourceText) -> Outcome:
        body, known = source.tree.body, aliases(source.tree)
        low, high = -1, len(body)
        if self.behind is not None:
            low = body.index(_top(body, self.behind, known))
        if self.ahead is not None:
            high = body.index(_top(body, self.ahead, known))
        lacking = lacked(self.source, body[:high])
        if not lacking:
            return Outcome(source, 0, "it is imported already")
        if any(getattr(each, "module", "") == "__future__" for each in lacking):
            at, gap = first_place(source), 1
        else:
            at, gap = _import_place(source, low, high)
        text = "".join(line + source.newline for line in map(_written, lacking))
        return Outcome(
            lines_spliced(source, at, at, spaced(source, at, text, gap)), source.line(at)
        )


def _top(body: Sequence[ast.stmt], matcher: Matcher, known: Dict[str, str]) -> Any:
    return one([each for each in body if matcher.holds(each, known)], matcher.said, "the module")


def _written(statement: Any) -> str:
    names = ", ".join(
        f"{name.name} as {name.asname}" if name.asname else name.name for name in statement.names
    )
    if isinstance(statement, ast.Import):
        return f"import {names}"
    return f"from {'.' * statement.level}{statement.module or ''} import {names}"


def lacked(wanted: Snippet, body: Sequence[ast.stmt]) -> List[Any]:
    """The import statements, cut down to the names that the module does not import yet."""
    there = {binding for each in imported_always(body) for binding in _bindings(each)}
    lacking: List[Any] = []
    for statement in wanted.body:
        assert isinstance(statement, (ast.Import, ast.ImportFrom))
        bindings = _bindings(statement)
        names = [name for name, each in zip(statement.names, bindings) if each not in there]
        if isinstance(statement, ast.Import):
            lacking += [ast.Import(names=[name]) for name in names]
        elif names:
            lacking.append(
                ast.ImportFrom(module=statement.module, names=names, level=statement.level)
            )
    return lacking


def imported_always(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The imports that are performed whatever happens: the module's own, and those it tries."""
    for each in body:
        if isinstance(each, KINDS["import"]):
            yield each
        elif isinstance(each, (*KINDS["try"], *KINDS["with"])):
            yield from imported_always(each.body)  # type: ignore[attr-defined]


def _bindings(statement: Any) -> List[Tuple[Any, ...]]:
    """What each name of an import statement is bound to."""
    if isinstance(statement, ast.ImportFrom):
        return [
            (statement.module, statement.level, name.name, name.asname or name.name)
            for name in statement.names
        ]
    return [("", 0, name.name, name.asname or name.name) for name in statement.names]


def first_place(source: SourceText) -> int:
    """Where a module's first import may stand: below its docstring and __future__ imports."""
    above = _above(source.tree.body)
    if above:
        return after(source, above[-1])
    body = source.tree.body
    return before(source, body[0]) if body else len(source.text)


def _above(body: Sequence[ast.stmt]) -> List[ast.stmt]:
    count = 1 if body and document_of(body[0]) is not None else 0
    while count < len(body):
        each = body[count]
        if not (isinstance(each, ast.ImportFrom) and each.module == "__future__"):
            break
        count += 1
    return list(body[:count])


def _import_place(source: SourceText, low: int, high: int) -> Tuple[int, int]:
    """Below ``low``, else below the imports that the module begins with; and how many blank lines
    belong around."""
    body = source.tree.body
    if low >= 0:
        return after(source, body[low]), 0
    first = last = len(_above(body))
    while last < high and isinstance(body[last], KINDS["import"]):
        last += 1
    if last > first:
        return after(source, body[last - 1]), 0
    return first_place(source), 1


@dataclass(frozen=True)
class EnsureBeforeImports(Edit):
    """A module performs statements before it imports certain packages for the first time.

    They go as far up as they can: right below the imports they need, else below the docstring and
    __future__ imports, because other imports may bring the packages in too.
    """

    source: Snippet = part("statements", "The statements.", key="statements")
    of: Tuple[str, ...] = part("packages", 'The packages; "." is any relative import.')
    needs: Optional[Snippet] = part("imports", "Imports that the statements need.", None)

    def applied(self, source: SourceText) -> Outcome:
        body = source.tree.body
        end = self._first_import(source)
        missing = [each for each in self.source.body if not self._done(each, body[:end])]
        if not missing:
            return Outcome(source, 0, "they come first already")
        needs = self.needs.body if self.needs else []
        lacking = lacked(self.needs, body[:end]) if self.needs else []
        count = self._below(body[:end], missing, bool(lacking))
        if count > len(_above(body)) and not ends_line(source, body[count - 1]):
            lacking, count = [*needs], 0  # nothing fits into that line: import them once more
        at = after(source, body[count - 1]) if count else first_place(source)
        snippet = self.source.only(missing)
        if lacking:
            snippet = Snippet.of("\n".join([*map(_written, lacking), "", snippet.text]))
        edited = inserted(source, EditScope("the module", source.tree), at, snippet)
        return Outcome(edited, source.line(at))

    def _first_import(self, source: SourceText) -> int:
        """The index of the first statement of the module that brings one of the packages in."""
        known = aliases(source.tree)
        body = source.tree.body
        for index, each in enumerate(body):
            for node in executed(each):
                if any(imports(node, package, known) for package in self.of):
                    return index
        return len(body)

    def _done(self, wanted: ast.stmt, body: Sequence[ast.stmt]) -> bool:
        """Whether the statement is performed, and not undone by a later assignment."""
        at = [index for index, each in enumerate(body) if same(each, wanted)]
        if not at:
            return False
        mine = targets(wanted)
        return not any(
            same(one_target, other)
            for each in body[at[-1] + 1 :]
            for other in targets(each)
            for one_target in mine
        )

    def _below(self, body: Sequence[ast.stmt], missing: Sequence[ast.stmt], lacking: bool) -> int:
        """How many of the module's statements stay above: the imports that ours need, those of
        ours that are there, and other assignments to what ours assign."""
        count = len(_above(body))
        while self.needs and not lacking and lacked(self.needs, body[:count]):
            count += 1
        mine = [target for each in missing for target in targets(each)]
        for index, each in enumerate(body):
            done = any(same(each, has) for has in self.source.body if has not in missing)
            undone = any(same(target, other) for target in mine for other in targets(each))
            if done or undone:
                count = max(count, index + 1)
        return count


def executed(statement: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a module's statement that run when it is imported: not what functions hold,
    nor what is for type checkers or for a script."""
    if isinstance(statement, FUNCTIONS):
        yield from [*statement.decorator_list, statement.args]
        return
    held = list(blocks(statement))
    if not held:
        yield statement
        return
    inside = {id(each) for block in held for each in block}
    yield from (each for each in ast.iter_child_nodes(statement) if id(each) not in inside)
    if isinstance(statement, ast.If) and _never(statement.test):
        held = held[1:]
    for block in held:
        for each in block:
            yield from executed(each)


def _never(test: ast.expr) -> bool:
    """Whether a condition is false when a module is imported."""
    if isinstance(test, ast.Compare):
        return dotted(test.left) == "__name__"
    return dotted(test).rpartition(".")[2] == "TYPE_CHECKING"
