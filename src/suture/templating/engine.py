"""Jinja2 made to read a variable only when it is really used, typed natively, in the sandbox.

A name resolves to a ``Ref``: nothing is rendered and nobody waits before the generated code uses
the value.  A path such as ``cfg.dir`` steps through references, so only what it ends at is
rendered.  What goes wrong becomes an ``UndefinedValue``, which ``default`` can still replace; it is
raised when it is used.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.utils import missing

from suture.errors import TemplateError
from suture.memo import once
from suture.secrets import Secret, Unsafe
from suture.templating.code import (
    MUTATES,
    Code,
    Path,
    chunks,
    code_of,
    coded,
    plain,
    shallow,
    templated,
)
from suture.templating.file_lookups import LookupContext
from suture.templating.plain_templates import Simple, pieces
from suture.templating.plugins import install
from suture.templating.sandbox import Sandbox
from suture.templating.template_files import template_value
from suture.variables.scope import LATE, Promise, Scope
from suture.variables.values import MISSING, Names, UndefinedValue, Unread, failed, forced, tainted

SCALARS = frozenset({int, float, bool, type(None)})


class Ref(Unread):
    """A variable that is not read yet, or a part of one."""

    __slots__ = ("_value", "chain", "path", "raw", "scope")

    def __init__(self, raw: Any, scope: Scope, path: Path, chain: tuple[Path, ...]) -> None:
        self.raw = raw
        self.scope = scope
        self.path = path
        self.chain = chain
        self._value: Any = MISSING

    def value(self) -> Any:
        """What it becomes; waits where it has to."""
        if self._value is MISSING:
            self._value = self._made()
        return self._value

    def _made(self) -> Any:
        raw = self.raw
        if raw is LATE:
            raw, layer = self.scope.find(self.path[0], wait=True)
            if layer is None:
                return UndefinedValue(name=self.path[0])
            if not layer.trusted:
                return raw.value() if type(raw) is Promise else raw
        return made(raw, self.scope, self.path, self.chain)

    def promised(self) -> bool:
        return type(self.raw) is Promise

    def part(self, key: Any) -> Any:
        """The part under this key, unread where it can be; MISSING where only reading tells."""
        raw = self.raw
        try:
            inner = raw[key] if isinstance(raw, (Mapping, list)) else MISSING
        except (TypeError, LookupError):
            return MISSING
        if inner is MISSING or (isinstance(inner, (int, float)) or inner is None):
            return inner
        if isinstance(raw, list) and key < 0:
            key += len(raw)
        return Ref(inner, self.scope, (*self.path, key), self.chain)


def reference(scope: Scope, name: str, chain: tuple[Path, ...]) -> Any:
    """The variable, read only where reading costs nothing; MISSING where there is none."""
    raw, layer = scope.find(name)
    if layer is None:
        return MISSING
    if raw is not LATE and type(raw) is not Promise:
        if not layer.trusted or type(raw) in SCALARS:
            return raw
        static = layer.plain.get(name)
        if static is None:
            static = layer.plain[name] = plain(raw)
        if static:
            return raw
    return Ref(raw, scope, (name,), chain)


def made(raw: Any, scope: Scope, path: Path, chain: tuple[Path, ...]) -> Any:
    """What the author's value becomes, deep; what cannot be made is an ``UndefinedValue`` in its place.

    ``path`` says which variable it is and is empty where it is none.
    """
    if isinstance(raw, str):
        if isinstance(raw, Unsafe) or not templated(raw):
            return raw
        return _text_made(raw, scope, path, chain)
    if isinstance(raw, Mapping):
        return {key: made(item, scope, path and (*path, key), chain) for key, item in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [made(item, scope, path and (*path, at), chain) for at, item in enumerate(raw)]
    return raw.value() if type(raw) is Promise else raw


def _text_made(text: str, scope: Scope, path: Path, chain: tuple[Path, ...]) -> Any:
    value = scope.memo.get(path, MISSING) if path else MISSING
    if value is not MISSING:
        return value
    if path and path in chain:
        loop = " → ".join(spelt(step) for step in (*chain[chain.index(path) :], path))
        return UndefinedValue(error=TemplateError(f"a variable refers to itself: {loop}"))
    try:
        value = evaluated(compiled(text), scope, (*chain, path) if path else chain)
    except TemplateSyntaxError as error:
        value = failed(error)
    if type(value) is UndefinedValue:
        value.via = value.via or (spelt(path) if path else "")
        return value
    if isinstance(text, Secret):
        value = tainted(value)
    if path:
        scope.memo[path] = value
    return value


def spelt(path: Path) -> str:
    """A path as an author would write it."""
    head, *rest = path
    return str(head) + "".join(
        f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]" for key in rest
    )


class ScopeView(Names):
    """All variables of a scope: what ``vars`` and ``hostvars[name]`` are."""

    __slots__ = ("_chain", "_scope")

    def __init__(self, scope: Scope, chain: tuple[Path, ...] = ()) -> None:
        self._scope = scope
        self._chain = chain

    def __getitem__(self, name: str) -> Any:
        value = reference(self._scope, name, self._chain)
        if value is MISSING:
            raise KeyError(name)
        return value.value() if type(value) is Ref else value

    def __iter__(self) -> Any:
        # those two lead to all other hosts' variables, and back here
        return iter(sorted(self._scope.names() - {"hostvars", "vars"}))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return self._scope.find(str(name), wait=True)[1] is not None

    def unread(self, name: str) -> Any:
        return reference(self._scope, name, self._chain)


class ViewContext(Context):
    """A template's names: what the template itself has set, then the scope, then the globals."""

    scope: Scope
    chain: tuple[Path, ...]
    copies: dict[str, Any] | None

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        value = self._of_scope(key)
        if value is MISSING:
            return self.environment.globals.get(key, missing)
        return value

    def _of_scope(self, key: str) -> Any:
        if key == "vars":
            return ScopeView(self.scope, self.chain)
        if self.copies is None:
            return reference(self.scope, key, self.chain)
        if key not in self.copies:
            self.copies[key] = copied(forced(reference(self.scope, key, self.chain)))
        return self.copies[key]

    def embedded(self, text: str) -> Any:
        """What a constant becomes that is a template itself."""
        return evaluated(compiled(text), self.scope, self.chain)

    def place(self) -> LookupContext:
        """Where a lookup is asked that this template calls."""
        return place(self.scope, chain=self.chain)

    def get_all(self) -> Locals:
        return Locals(self, {**self.parent, **self.vars})

    def derived(self, locals: dict[str, Any] | None = None) -> ViewContext:  # noqa: A002
        context = _context(self.environment, self.name, {}, self.get_all(), locals)
        context.eval_ctx = self.eval_ctx
        context.blocks.update((name, list(blocks)) for name, blocks in self.blocks.items())
        return context


class Locals(dict[str, Any]):
    """Names that a template has set, with the scope that it reads."""

    def __init__(self, source: ViewContext | None, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.scope = source.scope if source is not None else Scope()
        self.chain = source.chain if source is not None else ()
        self.copies = source.copies if source is not None else None


def _context(
    environment: Any,
    name: str | None,
    blocks: Any,
    given: Mapping[str, Any],
    local: Mapping[str, Any] | None,
) -> ViewContext:
    names = {**given, **{k: v for k, v in (local or {}).items() if v is not missing}}
    context = ViewContext(environment, names, name, blocks)
    origin = given if isinstance(given, Locals) else Locals(None, {})
    context.scope, context.chain, context.copies = origin.scope, origin.chain, origin.copies
    return context


class ViewTemplate(Template):
    """A template whose includes and imports see the scope."""

    def new_context(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,  # noqa: A002
    ) -> ViewContext:
        return _context(
            self.environment, self.name, self.blocks, {} if vars is None else vars, locals
        )


def copied(value: Any) -> Any:
    """The value with containers of its own, for a template that changes what it reads."""
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    if type(value) is list:
        return [copied(item) for item in value]
    return value


class Engine(Sandbox):
    """The sandbox over scopes."""

    context_class = ViewContext
    template_class = ViewTemplate


def engine(**options: Any) -> Sandbox:
    """An environment with all that playbooks may use."""
    return install(
        Engine(**{"trim_blocks": True, **options}, undefined=UndefinedValue, optimized=False)
    )


def place(scope: Scope, folder: str = "", chain: tuple[Path, ...] = ()) -> LookupContext:
    """Where a lookup is asked: with what names mean there, and with how a file is filled in."""
    return LookupContext(
        scope, ScopeView(scope, chain), functools.partial(template_value, engine), folder
    )


@functools.cache
def _values() -> Sandbox:
    environment = engine()
    environment.escapes = True
    return environment


@functools.cache
def _expressions() -> Sandbox:
    environment = engine()
    environment.embeds = True
    return environment


@once(4096)
def compiled(text: str) -> Code:
    """The code of a value's template; raises ``TemplateSyntaxError``."""
    found = pieces(text)
    if found is None:
        return code_of(_values(), text)
    return coded(Simple(_values(), found), text)


@once(4096)
def compiled_expression(text: str) -> Code:
    """The code of a bare expression; raises ``TemplateSyntaxError``."""
    with shallow():
        code = _expressions().from_string(parsed(text, True))
    return Code(code, MUTATES.search(text) is not None)


def parsed(text: str, expression: bool) -> nodes.Template:
    """The syntax tree of a value, or of a bare expression; raises ``TemplateSyntaxError``."""
    if not expression:
        with shallow():
            return _values().parse(text)
    environment = _expressions()
    with shallow():
        parser = Parser(environment, text, state="variable")
        tree = parser.parse_expression()
    if not parser.stream.eos:
        token = parser.stream.current
        raise TemplateSyntaxError(f"unexpected '{token.value}' behind the expression", token.lineno)
    root = nodes.Template([nodes.Output([tree], lineno=1)], lineno=1)
    root.set_environment(environment)
    return root


def evaluated(code: Code, scope: Scope, chain: tuple[Path, ...] = ()) -> Any:
    """What the template becomes in this scope; an ``UndefinedValue`` where it cannot be made."""
    try:
        value = Sandbox.concat(chunks(code, scope, chain))
    except Exception as error:  # noqa: BLE001 - a template's own code may raise anything
        return failed(error)
    return code.closed(value)
