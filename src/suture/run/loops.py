"""What a loop goes over, and what each round of it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suture.errors import TemplateError
from suture.model import Loop
from suture.secrets import Secret
from suture.templating.rendering import looped, render
from suture.variables.scope import Precedence, Scope
from suture.variables.values import secretive

FOLDERS = (("template", "templates"), ("var", "vars"))
"""Where ``with_first_found`` seeks, by what is in the name of the task's module."""


def items(loop: Loop, scope: Scope, module: str = "") -> list[Any]:
    """The items in order; data, never templates.  Raises what ``render`` raises."""
    if loop.kind == "loop":
        over = render(loop.over, scope, loop.mark)
        if isinstance(over, list):
            return over
        hint = ""
        if isinstance(over, Mapping):
            hint = "; for its keys and values write '| dict2items'"
        elif isinstance(over, str):
            hint = "; for one item write it in brackets"
        raise TemplateError(f"'loop' goes over a list, and this is {over!r}{hint}", loop.mark)
    folder = next((folder for part, folder in FOLDERS if part in module), "files")
    return looped(loop.kind, loop.over, scope, loop.mark, folder)


def item_scope(loop: Loop, scope: Scope, over: list[Any], index: int) -> Scope:
    """The scope of the round with this index, counted from 0."""
    names: dict[str, Any] = {loop.var: over[index], "ansible_loop_var": loop.var}
    if loop.index_var:
        names[loop.index_var] = index
        names["ansible_index_var"] = loop.index_var
    if loop.extended:
        names["ansible_loop"] = _extended(over, index)
    return scope.with_layer(Precedence.LOOP, names)


def item_result(loop: Loop, scope: Scope) -> dict[str, Any]:
    """What a round's result says about the round itself: the names that ``item_scope`` gave."""
    names = [loop.var, "ansible_loop_var"]
    if loop.index_var:
        names += [loop.index_var, "ansible_index_var"]
    if loop.extended:
        names.append("ansible_loop")
    return {name: scope.find(name)[0] for name in names}


def item_label(loop: Loop, scope: Scope) -> str:
    """How a round is called in what people read; a ``Secret`` where there is one in it."""
    label = scope.find(loop.var)[0] if loop.label is None else render(loop.label, scope, loop.mark)
    if isinstance(label, str):
        return label
    return Secret(repr(label)) if secretive(label) else repr(label)


def _extended(over: list[Any], index: int) -> dict[str, Any]:
    length = len(over)
    extended = {
        "allitems": over,
        "index": index + 1,
        "index0": index,
        "first": index == 0,
        "last": index + 1 == length,
        "length": length,
        "revindex": length - index,
        "revindex0": length - index - 1,
    }
    if index + 1 < length:
        extended["nextitem"] = over[index + 1]
    if index > 0:
        extended["previtem"] = over[index - 1]
    return extended
