"""What can be found wrong with templates before anything runs."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError, meta, nodes

from suture.foreign import plugin_names, plugins
from suture.model import Mark, Problem, Value
from suture.secrets import Unsafe
from suture.suggestions import did_you_mean
from suture.templating.code import TOO_DEEP, templated
from suture.templating.engine import parsed
from suture.templating.lookups import LOOKUPS
from suture.templating.plugins import OURS

INSTEAD: Mapping[str, str] = {
    "json_query": "use selectattr, map(attribute=…) and the like",
    "ipaddr": "compute addresses before the run",
    "to_nice_toml": "write a template file",
    "win_basename": "hosts are no Windows machines",
    "vault": "encrypt files with ansible-vault beforehand",
    "unvault": "values encrypted with ansible-vault are decrypted as they are read",
    "url": "fetch it with the uri module and register the result",
    "config": "ansible-core has to be installed here to tell its settings",
}
"""What to use in place of what is known and not supported."""

ALWAYS = frozenset({"vars", "omit", "lookup", "query", "q", "now", "undef", "range", "dict"}) | {
    *("namespace", "cycler", "joiner", "lipsum", "loop", "self", "caller", "varargs", "kwargs"),
}
"""Names that every template knows."""


_CALLED = re.compile(
    r"\|\s*([A-Za-z_][\w.]*)"
    r"|\bis\s+(?:not\s+)?([A-Za-z_][\w.]*)"
    r"|\b(?:lookup|query|q)\(\s*['\"]([\w.]+)"
)


def calls_unknown(text: str) -> bool:
    """Whether the text may call a filter, a test or a lookup that is none of ours: a look that costs
    next to nothing, for ``check`` to be asked only where it can find one."""
    return any(
        name.removeprefix("ansible.builtin.") not in OURS
        for found in _CALLED.finditer(text)
        for name in found.groups()
        if name
    )


def check(value: Value, mark: Mark, condition: bool = False) -> Iterator[Problem]:
    """What is wrong with the templates in this value: syntax, names of filters, tests, lookups.

    A ``condition`` is an expression without braces around it.
    """
    for text, bare in _templates(value, condition):
        try:
            tree = _tree(text, bare)
        except TemplateSyntaxError as error:
            needle = "" if bare else "{{" if "{{" in text else "{%"
            place = located(mark, text, error.lineno, needle)
            yield Problem(place, f"this is no template that can be read: {error.message}")
            continue
        if condition and not bare:
            yield Problem(mark, "a condition is an expression: leave the braces out", "warning")
        try:
            yield from [
                *_unknown_names(tree, text, mark),
                *_templates_inside(tree, text, bare, mark),
            ]
        except RecursionError:
            yield Problem(mark, f"this is no template that can be read: {TOO_DEEP}")


def reads(value: Value, condition: bool = False) -> set[str]:
    """The names of variables that the value's templates mention; those that the templates set
    themselves and those that are always there are left out."""
    names: set[str] = set()
    for text, bare in _templates(value, condition):
        try:
            names |= _reads(text, bare)
        except (TemplateSyntaxError, RecursionError):
            continue
    return names


def undefined(
    value: Value, known: Collection[str], mark: Mark, condition: bool = False
) -> Iterator[Problem]:
    """A problem for each name that no variable can have; ``known`` are all that may be there.

    A name that the template asks about (``is defined``) or has a ``default`` for is no problem,
    nor is one that may be a fact.
    """
    for text, bare in _templates(value, condition):
        try:
            missing = _reads(text, bare) - _excused(_tree(text, bare))
        except (TemplateSyntaxError, RecursionError):
            continue
        for name in sorted(missing.difference(known)):
            if not name.startswith("ansible_"):
                place = located(mark, text, 1, name)
                yield Problem(place, f"'{name}' is nowhere defined{did_you_mean(name, known)}")


def located(mark: Mark, text: str, line: int, needle: str) -> Mark:
    """Where in its file this piece of a value is; the value's own mark where that is not clear."""
    lines = _lines(mark.file)
    inside = text.split("\n")[line - 1].strip() if line <= text.count("\n") + 1 else ""
    bare = inside.removeprefix("{{").removesuffix("}}").strip()
    for sought in (inside, bare, needle):
        if not sought:
            continue
        for number in range(mark.line, min(mark.line + text.count("\n") + 50, len(lines) + 1)):
            begin = mark.column - 1 if number == mark.line else 0
            column = lines[number - 1].find(sought, begin)
            if column >= 0:
                within = max(sought.find(needle), 0) if needle else 0
                return Mark(mark.file, number, column + within + 1)
    return mark


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def _templates(value: Any, condition: bool) -> Iterator[tuple[str, bool]]:
    """Each text in the value that is a template, and whether it is a bare expression."""
    if isinstance(value, Unsafe):
        return
    if isinstance(value, str):
        braced = value.strip().startswith(("{{", "{%"))
        if condition and not braced:
            yield value, True
        elif templated(value):
            yield value, False
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _templates(item, condition)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _templates(item, condition)


@functools.lru_cache(maxsize=4096)
def _tree(text: str, bare: bool) -> nodes.Template:
    return parsed(text, bare)


def _unknown_names(tree: nodes.Template, text: str, mark: Mark) -> Iterator[Problem]:
    environment = tree.environment
    assert environment is not None
    for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Call)):
        kind: plugins.Kind | None
        kind, name, known = None, "", frozenset[str]()
        if isinstance(node, nodes.Filter):
            kind, name, known = "filter", node.name, frozenset(environment.filters)
        elif isinstance(node, nodes.Test):
            kind, name, known = "test", node.name, frozenset(environment.tests)
        elif (terms := _lookup_terms(node)) and terms[0] is not None:
            kind, name, known = "lookup", str(terms[0]), frozenset(LOOKUPS)
        if kind is None or name.removeprefix("ansible.builtin.") in known or name in known:
            continue
        if plugin_names.is_named(kind, name):
            continue
        collection, _, short = name.rpartition(".")
        full = plugin_names.leads_to(kind, name)
        missing = plugins.unfound(kind, full) if "." in full else ""
        instead = f": {INSTEAD[short]}; {missing[2:]}".rstrip("; ") if short in INSTEAD else missing
        if not instead and collection in ("", "ansible.builtin", "ansible.legacy"):
            instead = did_you_mean(short, (each for each in known if "." not in each))
        place = located(mark, text, node.lineno, name)
        message = f"there is no {kind} '{name}'{instead}"
        yield Problem(place, message, "warning" if _may_be_left_out(tree, node) else "error")


def _may_be_left_out(tree: nodes.Template, node: nodes.Node) -> bool:
    """Whether the template may be filled in without this part of it."""
    parts: list[nodes.Node] = []
    for branch in tree.find_all((nodes.CondExpr, nodes.If, nodes.For, nodes.And, nodes.Or)):
        if isinstance(branch, nodes.CondExpr):
            parts += [each for each in (branch.expr1, branch.expr2) if each is not None]
        elif isinstance(branch, nodes.If):
            parts += [*branch.body, *branch.elif_, *branch.else_]
        elif isinstance(branch, nodes.For):
            parts += [*branch.body, *branch.else_]
        elif isinstance(branch, (nodes.And, nodes.Or)):
            parts.append(branch.right)
    return any(part is node or node in part.find_all(type(node)) for part in parts)


def _templates_inside(tree: nodes.Template, text: str, bare: bool, mark: Mark) -> Iterator[Problem]:
    """Constants that Ansible would fill in once more, for old playbooks' sake."""
    calls = [node for node in tree.find_all(nodes.Call) if _lookup_terms(node)]
    for node in [tree] if bare else calls:
        for const in node.find_all(nodes.Const):
            if isinstance(const.value, str) and "{{" in const.value:
                message = "a template inside a template: name the variable itself, without braces"
                yield Problem(located(mark, text, const.lineno, const.value), message, "warning")


def _lookup_terms(node: nodes.Node) -> list[Any]:
    """What ``lookup`` is called with, None for what is no constant; empty for other nodes."""
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Name):
        return []
    if node.node.name not in {"lookup", "query", "q"}:
        return []
    return [arg.value if isinstance(arg, nodes.Const) else None for arg in node.args]


@functools.lru_cache(maxsize=4096)
def _reads(text: str, bare: bool) -> frozenset[str]:
    tree = _tree(text, bare)
    try:
        names = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError:  # a filter that does not exist
        names = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    return frozenset(names | _by_name(tree)) - ALWAYS


def _by_name(tree: nodes.Template) -> set[str]:
    """Names that are spelt as text: ``vars['x']``, ``lookup('vars', 'x')``."""
    names: set[str] = set()
    for node in tree.find_all((nodes.Getitem, nodes.Getattr, nodes.Call)):
        terms = _lookup_terms(node)
        if terms[:1] == ["vars"]:
            names |= {term for term in terms[1:] if isinstance(term, str)}
        if not isinstance(node, (nodes.Getitem, nodes.Getattr)):
            continue
        if isinstance(node.node, nodes.Name) and node.node.name == "vars":
            key = nodes.Const(node.attr) if isinstance(node, nodes.Getattr) else node.arg
            names |= {str(key.value)} if isinstance(key, nodes.Const) else set()
    return names


def _excused(tree: nodes.Template) -> set[str]:
    """Names whose absence the template provides for."""
    names: set[str] = set()
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        asked = isinstance(node, nodes.Test) and node.name in {"defined", "undefined"}
        given = isinstance(node, nodes.Filter) and node.name in {"default", "d", "mandatory"}
        root: nodes.Node | None = node.node if asked or given else None
        while isinstance(root, (nodes.Getattr, nodes.Getitem, nodes.Filter)):
            root = root.node
        if isinstance(root, nodes.Name):
            names.add(root.name)
    return names
