"""What is looked for in a syntax tree: definitions by name, statements by what they do.

A *scope* is a module, a class or a function without the definitions nested in it.
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import inspect
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple, Union

from ..protocol.spec import Failure

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TRIES: Tuple[type, ...] = tuple(
    getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name)
)
KINDS: Dict[str, Tuple[type, ...]] = {
    "with": (ast.With, ast.AsyncWith),
    "try": TRIES,
    "if": (ast.If,),
    "for": (ast.For, ast.AsyncFor),
    "while": (ast.While,),
    "return": (ast.Return,),
    "raise": (ast.Raise,),
    "assert": (ast.Assert,),
    "delete": (ast.Delete,),
    "expression": (ast.Expr,),
    "assignment": (ast.Assign, ast.AnnAssign, ast.AugAssign),
    "import": (ast.Import, ast.ImportFrom),
    "function": FUNCTIONS,
    "class": (ast.ClassDef,),
}
LOADERS = ("importlib.import_module", "__import__", "pytest.importorskip")
"""Calls whose first argument names a module that they import."""


class NotFound(Failure):
    """Nothing in the file is what an edit looks for."""


@dataclass(frozen=True)
class Definition:
    """A function or class by its dotted name: ``Tracker._log``, ``outer.inner``."""

    name: str
    node: Any


# -- walking -----------------------------------------------------------------------------------


def blocks(node: ast.AST) -> Iterator[List[ast.stmt]]:
    """The lists of statements that a node holds directly."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and block:
            yield block
    for part in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        yield part.body


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a scope, outer ones first."""
    for statement in body:
        yield statement
        if not isinstance(statement, DEFINITIONS):
            for block in blocks(statement):
                yield from statements(block)


def own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, without the bodies of definitions."""
    yield node
    inside = node.body if isinstance(node, DEFINITIONS) else ()
    for child in ast.iter_child_nodes(node):
        if child not in inside:
            yield from own(child)


def parents(root: ast.AST) -> Dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(root) for child in ast.iter_child_nodes(node)}


# -- definitions -------------------------------------------------------------------------------


def definitions(tree: ast.AST) -> List[Definition]:
    """Every function and class of a file, in its order."""
    found: List[Definition] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for block in blocks(node):
            for statement in block:
                if isinstance(statement, DEFINITIONS):
                    name = prefix + statement.name
                    found.append(Definition(name, statement))
                    visit(statement, name + ".")
                else:
                    visit(statement, prefix)

    visit(tree, "")
    return found


def defined(tree: ast.AST, wanted: str, kind: str = "function") -> List[Definition]:
    """The one definition of this name, or all that a name with ``*`` matches, part by part.

    The full dotted name wins over its end: ``run`` is the module's own ``run`` where it has one.
    Overloads' stubs do not count beside their implementation.
    """
    name = wanted.replace(".<locals>", "")
    every = [found for found in definitions(tree) if isinstance(found.node, KINDS[kind])]
    if any(character in name for character in "*?["):
        chosen = [found for found in every if _matches(found.name, name)]
        if not chosen:
            raise NotFound(f"there is no {kind} whose name matches '{wanted}'")
        return chosen
    exact = [found for found in every if found.name == name]
    chosen = exact or [found for found in every if found.name.endswith("." + name)]
    if len(chosen) > 1:
        chosen = [found for found in chosen if not _overload(found.node)] or chosen
    if not chosen:
        names = {found.name: found.name for found in every}
        names.update((found.name.split(".")[-1], found.name) for found in every)
        close = difflib.get_close_matches(name.split(".")[-1], names, 1)
        hint = f"; did you mean '{names[close[0]]}'?" if close else ""
        raise NotFound(f"there is no {kind} '{wanted}'{hint}")
    if len(chosen) > 1:
        where = ", ".join(f"{found.name} at line {found.node.lineno}" for found in chosen)
        raise Failure(f"'{wanted}' names {len(chosen)} {kind}s: {where}")
    return chosen


def _matches(name: str, pattern: str) -> bool:
    """Whether the last parts of a dotted name match those of the pattern."""
    parts, wanted = name.split("."), pattern.split(".")
    ends = parts[-len(wanted) :]
    return len(ends) == len(wanted) and all(map(fnmatch.fnmatchcase, ends, wanted))


def _overload(node: Any) -> bool:
    return any(dotted(each).split(".")[-1] == "overload" for each in node.decorator_list)


# -- names -------------------------------------------------------------------------------------


def dotted(node: ast.AST) -> str:
    """The name that an expression spells, ``a.b.c``; what is no name in it becomes ``?``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def aliases(tree: ast.AST) -> Dict[str, str]:
    """What the names that a file imports stand for: ``np`` for ``numpy``."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.asname:
                    found[name.asname] = name.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def means(node: ast.AST, wanted: str, known: Mapping[str, str]) -> bool:
    """Whether an expression names what is wanted, as it is written or by way of an import; the end
    of a dotted name is enough."""
    written = dotted(node)
    head, _, rest = written.partition(".")
    resolved = ".".join(filter(None, [known.get(head, head), rest]))
    return any(name == wanted or name.endswith("." + wanted) for name in (written, resolved))


def calls(node: ast.AST, wanted: str, known: Mapping[str, str]) -> bool:
    return any(isinstance(each, ast.Call) and means(each.func, wanted, known) for each in own(node))


def imported(node: ast.AST, known: Mapping[str, str]) -> Set[str]:
    """The modules (and ``module.name``) that a statement or call imports; relative ones with
    their dots."""
    if isinstance(node, ast.Import):
        return {name.name for name in node.names}
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        joint = "" if module.endswith(".") else "."
        return {module, *(f"{module}{joint}{name.name}" for name in node.names)}
    if isinstance(node, ast.Call) and any(means(node.func, name, known) for name in LOADERS):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return {first.value}
    return set()


def imports(node: ast.AST, package: str, known: Mapping[str, str]) -> bool:
    """Whether anything in a node imports the package or something in it; "." is any relative."""
    return any(
        name == package or name.startswith(package if package == "." else package + ".")
        for each in own(node)
        for name in imported(each, known)
    )


# -- sameness ----------------------------------------------------------------------------------


def shape(node: Any, renamed: Optional[Mapping[str, str]] = None) -> Any:
    """What a tree says, whatever its formatting; docstrings count without their indentation.

    ``renamed`` reads one variable as another.
    """
    if isinstance(node, list):
        return [shape(each, renamed) for each in node]
    if not isinstance(node, ast.AST):
        return (type(node).__name__, node)
    if isinstance(node, ast.Name) and renamed and node.id in renamed:
        return ["Name", ("str", renamed[node.id])]
    document = docstring(node)
    parts: List[Any] = [type(node).__name__]
    for field in node._fields:
        value = getattr(node, field, None)
        if field in ("kind", "type_comment", "type_ignores", "ctx"):
            continue
        if field == "body" and value and document is not None:
            parts.append((inspect.cleandoc(document), shape(value[1:], renamed)))
        else:
            parts.append(shape(value, renamed))
    return parts


def docstring(node: Any) -> Optional[str]:
    """The docstring of a module, class or function."""
    body = getattr(node, "body", None)
    if not isinstance(node, (ast.Module, *DEFINITIONS)) or not body:
        return None
    return document_of(body[0])


def document_of(statement: Optional[ast.stmt]) -> Optional[str]:
    """The text of a statement that is a mere string."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        text = statement.value.value
        return text if isinstance(text, str) else None
    return None


def same(one: Any, other: Any) -> bool:
    return bool(shape(one) == shape(other))


# -- statements --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matcher:
    """What a statement must be; every part that is given must hold.

    ``opens``: what a ``with`` calls.  ``calls``, ``imports``: what happens anywhere in it.
    ``assigns``: the target of an assignment.  ``defines``: the name of a function or class.
    ``source``: the statement itself, whatever its formatting.
    """

    opens: str = ""
    calls: str = ""
    imports: str = ""
    assigns: Optional[ast.expr] = None
    defines: str = ""
    kind: str = ""
    source: Optional[ast.stmt] = None
    said: str = ""

    def holds(self, statement: ast.stmt, known: Mapping[str, str]) -> bool:
        if self.kind and not isinstance(statement, KINDS[self.kind]):
            return False
        if self.opens and not _opens(statement, self.opens, known):
            return False
        if self.calls and not calls(statement, self.calls, known):
            return False
        if self.imports and not imports(statement, self.imports, known):
            return False
        if self.assigns is not None and not any(
            same(target, self.assigns) for target in targets(statement)
        ):
            return False
        if self.defines and not (
            isinstance(statement, DEFINITIONS) and statement.name == self.defines
        ):
            return False
        return self.source is None or same(statement, self.source)

    def found(self, body: Sequence[ast.stmt], known: Mapping[str, str]) -> List[ast.stmt]:
        """The statements of a scope that are meant: where only their content is told, the
        innermost ones that have it."""
        matching = [each for each in statements(body) if self.holds(each, known)]
        if self.opens or self.kind or self.source is not None:
            return matching
        inner = {id(each) for outer in matching for each in _below(outer)}
        holding = {id(each) for each in matching} & inner
        return [
            each for each in matching if not any(id(below) in holding for below in _below(each))
        ]


def _below(statement: ast.stmt) -> List[ast.stmt]:
    if isinstance(statement, DEFINITIONS):
        return []
    return [each for block in blocks(statement) for each in statements(block)]


def _opens(statement: ast.stmt, wanted: str, known: Mapping[str, str]) -> bool:
    return isinstance(statement, (ast.With, ast.AsyncWith)) and any(
        calls(item.context_expr, wanted, known) for item in statement.items
    )


def targets(statement: ast.stmt) -> List[ast.expr]:
    """What a statement assigns to."""
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        return [statement.target]
    return []


def one(found: Sequence[Any], what: str, where: str) -> Any:
    """The only one found; a Failure that names what was looked for where there is none, or more."""
    if not found:
        raise NotFound(f"there is no {what} in {where}")
    if len(found) > 1:
        lines = ", ".join(map(str, sorted(node.lineno for node in found)))
        raise Failure(f"there is more than one {what} in {where}: lines {lines}")
    return found[0]
