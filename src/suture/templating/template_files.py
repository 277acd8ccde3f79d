"""Template files: filled in with a scope, in the syntax that their task or first line asks for."""

from __future__ import annotations

import ast
import os
import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import FileSystemLoader, TemplateSyntaxError

from suture.errors import TemplateError
from suture.memo import once
from suture.model import Mark
from suture.templating.code import Code, chunks, code_of
from suture.templating.filters import to_bool
from suture.templating.finishing import final
from suture.templating.sandbox import Sandbox
from suture.variables.scope import Precedence, Promise, Scope
from suture.variables.values import UndefinedValue, failed

HEADER = "#jinja2:"
NEWLINES = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}


@dataclass(frozen=True)
class Syntax:
    """How a template file is written; the fields are the template module's arguments."""

    block_start_string: str = "{%"
    block_end_string: str = "%}"
    variable_start_string: str = "{{"
    variable_end_string: str = "}}"
    comment_start_string: str = "{#"
    comment_end_string: str = "#}"
    line_statement_prefix: str | None = None
    line_comment_prefix: str | None = None
    trim_blocks: bool = True
    lstrip_blocks: bool = False
    newline_sequence: str = "\n"
    keep_trailing_newline: bool = False

    def __post_init__(self) -> None:
        if self.newline_sequence not in NEWLINES.values():
            raise ValueError("newline_sequence is one of \\n, \\r and \\r\\n")


_FLAGS = frozenset({"trim_blocks", "lstrip_blocks", "keep_trailing_newline"})


def syntax_of(args: Mapping[str, Any]) -> Syntax:
    """The syntax that these arguments of the template module ask for."""
    given: dict[str, Any] = {
        field.name: args[field.name] for field in fields(Syntax) if args.get(field.name) is not None
    }
    for name in given.keys() & _FLAGS:
        given[name] = to_bool(given[name])
    if "newline_sequence" in given:
        given["newline_sequence"] = NEWLINES.get(
            given["newline_sequence"], given["newline_sequence"]
        )
    return Syntax(**given)


def headed(text: str, syntax: Syntax) -> tuple[str, Syntax, int]:
    """The text without a ``#jinja2:`` line, the syntax with what that says, the lines taken off."""
    if not text.startswith(HEADER):
        return text, syntax, 0
    line, _, rest = text.partition("\n")
    known = {field.name for field in fields(Syntax)}
    given = {}
    for pair in line.removeprefix(HEADER).split(","):
        name, colon, value = (part.strip() for part in pair.partition(":"))
        if name not in known or not colon:
            raise ValueError(f"the line {line!r} says what is not known: '{pair.strip()}'")
        given[name] = ast.literal_eval(value)
    return rest, replace(syntax, **given), 1


Factory = Callable[..., Sandbox]
"""What makes an environment of Jinja2's options."""


@once(64)
def _environment(engine: Factory, syntax: Syntax, folders: tuple[str, ...]) -> Sandbox:
    return engine(loader=FileSystemLoader(folders), **asdict(syntax))


@once(2048)
def _compiled(engine: Factory, text: str, syntax: Syntax, folders: tuple[str, ...]) -> Code:
    return code_of(_environment(engine, syntax, folders), text)


def template_value(
    engine: Factory,
    path: str,
    scope: Scope,
    args: Mapping[str, Any],
    paths: Sequence[str],
    more: Mapping[str, Any] | None = None,
) -> Any:
    """What the file becomes, with its type where all of it is one expression; ``args`` are those of
    the template module, ``more`` further names.  TemplateError with the place in the file."""
    start = Mark(path, 1)
    try:
        written = Path(path).read_text("utf-8")
        text, syntax, skipped = headed(written, syntax_of(args))
    except (OSError, ValueError, SyntaxError) as error:
        raise TemplateError(f"the template cannot be read: {error}", start) from None
    scope = scope.with_layer(Precedence.LOOP, {**_about(path, args, scope), **(more or {})})
    folders = tuple(folder for base in paths for folder in (f"{base}/templates", base))
    try:
        code = _compiled(engine, text, syntax, folders)
    except TemplateSyntaxError as error:
        place = Mark(path, error.lineno + skipped)
        raise TemplateError(error.message or "this is no template", place) from None
    value = Sandbox.concat(_pieces(code, scope, path, skipped))
    return final(code.closed(value), scope, start)


def _about(path: str, args: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """What a template file may say about itself."""
    found = Path(path).stat()
    names = {
        "template_host": os.uname().nodename,
        "template_path": str(args.get("src") or path),
        "template_fullpath": str(Path(path).absolute()),
        "template_mtime": datetime.fromtimestamp(found.st_mtime),  # noqa: DTZ006 - as Ansible
        "template_uid": Promise(lambda: _owner(found.st_uid)),
        "template_run_date": datetime.now(),  # noqa: DTZ005 - as Ansible
    }
    if args.get("dest"):
        names["template_destpath"] = str(args["dest"])
    if "ansible_managed" not in scope:
        names["ansible_managed"] = "Ansible managed"
    return names


def _owner(uid: int) -> str | int:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return uid


def _pieces(code: Code, scope: Scope, path: str, skipped: int) -> Iterator[Any]:
    """The output piece by piece; what goes wrong is raised with its line."""
    generator: Any = chunks(code, scope)
    while True:
        try:
            piece = next(generator)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 - a template's own code may raise anything
            piece, line = failed(error), _line(error.__traceback__, generator.gi_code)
        else:
            line = generator.gi_frame.f_lineno
        if isinstance(piece, (UndefinedValue, dict, list)):
            place = Mark(path, code.template.get_corresponding_lineno(line) + skipped)
            final(piece, scope, place)
        yield piece


def _line(trace: TracebackType | None, code: Any) -> int:
    """The line of the generated code at which it stopped."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
