"""A template once it is compiled, and its output for a scope."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, TemplateSyntaxError

from suture.secrets import Secret, Unsafe
from suture.templating.plain_templates import Simple
from suture.templating.sandbox import Sandbox
from suture.variables.scope import Promise, Scope

Path = tuple[Any, ...]
MUTATES = re.compile(
    r"\.(append|extend|insert|pop|remove|clear|update|setdefault|popitem|sort|reverse|add|discard)\b"
)
"""A template that may change a list or dict which it reads; it gets copies."""


def templated(text: str) -> bool:
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


def plain(value: Any) -> bool:
    """Whether this value of the author's holds no template anywhere."""
    if isinstance(value, str):
        return isinstance(value, Unsafe) or not templated(value)
    if isinstance(value, Mapping):
        return all(plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(plain(item) for item in value)
    return not isinstance(value, Promise)


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled template; ``newlines`` is how many its text ends with."""

    template: Template | Simple
    mutates: bool
    newlines: int = 0

    def closed(self, value: Any) -> Any:
        """The result with as many newlines at its end as the text has: Jinja2 drops one."""
        if not self.newlines or not isinstance(value, str):
            return value
        short = self.newlines - (len(value) - len(value.rstrip("\n")))
        text = value + self.template.environment.newline_sequence * max(short, 0)
        return Secret(text) if isinstance(value, Secret) else text


TOO_DEEP = "it is nested too deeply: give parts of it names of their own, in 'vars'"


@contextlib.contextmanager
def shallow() -> Iterator[None]:
    """What is too deep for parser or compiler raises ``TemplateSyntaxError``, which says so."""
    try:
        yield
    except TemplateSyntaxError:
        raise
    except (RecursionError, SyntaxError, MemoryError):
        raise TemplateSyntaxError(TOO_DEEP, 1) from None


def code_of(environment: Sandbox, text: str) -> Code:
    """The code of a whole template; raises ``TemplateSyntaxError``."""
    with shallow():
        return coded(environment.from_string(text), text)


def coded(template: Template | Simple, text: str) -> Code:
    newlines = len(text) - len(text.rstrip("\n"))
    return Code(template, MUTATES.search(text) is not None, newlines)


def chunks(code: Code, scope: Scope, chain: tuple[Path, ...] = ()) -> Iterator[Any]:
    """The template's output, piece by piece."""
    template = code.template
    environment: Any = template.environment
    context = environment.context_class(environment, {}, template.name, template.blocks)
    context.scope, context.chain = scope, chain
    context.copies = {} if code.mutates else None
    return template.root_render_func(context)
