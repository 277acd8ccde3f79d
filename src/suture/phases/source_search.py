"""What stands where in Python source: the clause that should have caught, a flag, a late setting.
Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Caught:
    """An except clause: the function that it is in, and the types that it names."""

    function: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """A with statement: the function that it is in, and what it calls."""

    function: str
    call: str


def functions(source: str) -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name, outer ones first."""

    def inside(node: ast.AST, above: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{above}.{child.name}" if above else child.name
                if not isinstance(child, ast.ClassDef):
                    yield name, child
                yield from inside(child, name)
            else:
                yield from inside(child, above)

    return inside(ast.parse(source), "")


def caught_above(source: str, function: str, line: int) -> Caught | None:
    """The except clause that a failure in this line met and did not name: one around the line, else
    one around a call of the function from elsewhere in the file."""
    for name, node in functions(source):
        if node.name == function and _holds(node, line):
            for tried in _tries(node):
                if any(_holds(each, line) for each in tried.body):
                    return _clause(name, tried)
    for name, node in functions(source):
        for tried in _tries(node):
            if any(_calls(each, function) for each in tried.body):
                return _clause(name, tried)
    return None


def _tries(node: ast.AST) -> Iterator[ast.Try]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Try) and each.handlers)


def _clause(function: str, tried: ast.Try) -> Caught | None:
    for handler in tried.handlers:
        named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        types = tuple(ast.unparse(each) for each in named if each is not None)
        if types:
            return Caught(function, types)
    return None


def _calls(node: ast.AST, function: str) -> bool:
    return any(
        isinstance(each, ast.Call) and ast.unparse(each.func).rpartition(".")[2] == function
        for each in ast.walk(node)
    )


def _holds(node: ast.AST, line: int) -> bool:
    first = getattr(node, "lineno", 0)
    return first <= line <= (getattr(node, "end_lineno", None) or first)


def with_around(source: str, function: str, line: int) -> Around | None:
    """The outermost with statement of the function that has the line in it."""
    for name, node in functions(source):
        if node.name != function or not _holds(node, line):
            continue
        for each in ast.walk(node):
            if isinstance(each, (ast.With, ast.AsyncWith)) and _holds(each, line):
                called = each.items[0].context_expr
                if isinstance(called, ast.Call):
                    return Around(name, ast.unparse(called.func))
    return None


def logger_of(source: str) -> str:
    """The module's own logger, or one that is asked for by name."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if "getLogger" in ast.unparse(node.value):
            return node.targets[0].id
    return "logging.getLogger(__name__)"


def settings_in_functions(source: str) -> Iterator[str]:
    """What functions put into the environment: ``os.environ["X"] = "1"``."""
    for _, node in functions(source):
        for each in ast.walk(node):
            if not isinstance(each, ast.Assign) or not isinstance(each.value, ast.Constant):
                continue
            target = each.targets[0]
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "os.environ":
                yield ast.unparse(each)


def functions_running(source: str) -> Iterator[tuple[str, str]]:
    """Functions of one argument that is a coroutine, which they hand to ``asyncio.run``."""
    for name, node in functions(source):
        arguments = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        if len(arguments) != 1 or isinstance(node, ast.AsyncFunctionDef):
            continue
        if f"asyncio.run({arguments[0]})" in ast.unparse(node):
            yield name, arguments[0]


def flags_of(source: str, module: str) -> Iterator[str]:
    """Names that are set to True where a module could be imported."""
    for tried in _tries(ast.parse(source)):
        names = {
            alias.name.partition(".")[0]
            for each in tried.body
            if isinstance(each, ast.Import)
            for alias in each.names
        } | {
            (each.module or "").partition(".")[0]
            for each in tried.body
            if isinstance(each, ast.ImportFrom)
        }
        if module.partition(".")[0] not in names:
            continue
        for each in tried.body:
            if not isinstance(each, ast.Assign) or not isinstance(each.value, ast.Constant):
                continue
            if isinstance(each.targets[0], ast.Name) and each.value.value is True:
                yield each.targets[0].id


def imported_files(source: str) -> set[str]:
    """The files that a module's imports may be, as paths from where they are looked for."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= {name.replace(".", "/") + ".py" for name in names}
    return found
