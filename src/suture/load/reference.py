"""A module's page in the reference, and its JSON Schema for editors: both from its ``Args``."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, Union

from suture.load.hints import described
from suture.load.specs import Parameter, spec

JSON_TYPES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def reference(module: str) -> str:
    """The module's reference page, in Markdown; KeyError when there is no such module."""
    about = spec(module)
    rows = [_row(parameter) for parameter in about.parameters.values()]
    parts = [f"## {about.name}", about.doc]
    if about.here:
        parts.append("Done on the controller; nothing is sent to the host.")
    if rows:
        parts.append(
            "\n".join(["| argument | type | default | meaning |", "|---|---|---|---|", *rows])
        )
    if about.free_form:
        parts.append(f"Text behind `{about.name}:` is its `{about.free_form}`.")
    if about.examples:
        parts.append(f"```yaml\n{about.examples}\n```")
    return "\n\n".join(parts) + "\n"


def _row(parameter: Parameter) -> str:
    name = f"`{parameter.name}`"
    if parameter.aliases:
        name += " (" + ", ".join(f"`{alias}`" for alias in parameter.aliases) + ")"
    default = "required" if parameter.required else _default(parameter.default)
    cells = (name, _kind(parameter), default, parameter.doc)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _kind(parameter: Parameter) -> str:
    words = {"file": "a file here", "template": "a template here", "condition": "a condition"}
    return words.get(parameter.kind) or described(parameter.hint)


def _default(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_schema(module: str) -> dict[str, Any]:
    """What the module's arguments are as JSON Schema; a template may stand for any value."""
    about = spec(module)
    properties: dict[str, Any] = {}
    for parameter in about.parameters.values():
        if parameter.name == about.extra:
            continue
        schema = {"description": parameter.doc, **_schema(parameter.hint)}
        for name in (parameter.name, *parameter.aliases):
            properties[name] = schema
    required = [_one_of_its_names(each) for each in about.parameters.values() if each.required]
    return {
        "type": "object",
        "description": about.doc,
        "additionalProperties": bool(about.extra),
        **({"allOf": required} if required else {}),
        "properties": properties,
    }


def _one_of_its_names(parameter: Parameter) -> dict[str, Any]:
    names = (parameter.name, *parameter.aliases)
    return {"anyOf": [{"required": [name]} for name in names]}


def _schema(hint: Any) -> dict[str, Any]:
    """The type's schema; what is no text may be given as a template, which is text."""
    plain = _plain(hint)
    if plain in ({}, {"type": "string"}):
        return plain
    return {"anyOf": [plain, {"type": "string", "pattern": r"\{\{"}]}


def _plain(hint: Any) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, types.UnionType):
        found = [_plain(option) for option in inner if option is not type(None)]
        return found[0] if len(found) == 1 else {"anyOf": found}
    if origin is list or hint is list:
        return {"type": "array", **({"items": _plain(inner[0])} if inner else {})}
    if origin is dict or hint is dict:
        return {"type": "object"}
    return {"type": JSON_TYPES[hint]} if hint in JSON_TYPES else {}
