"""A task's arguments made ready for the host: rendered, coerced, files turned into content."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from suture.agent.protocol.content import Content, content_of
from suture.agent.protocol.spec import Failure
from suture.errors import TemplateError
from suture.load import specs
from suture.load.source import Opener, final
from suture.load.splitting import first_word
from suture.model import MORE, ForeignModule, Mark, Task
from suture.run.keywords import flag
from suture.run.variable_files import filled_in
from suture.secrets import Secret, Unsafe
from suture.templating.rendering import render, template_text, truth, value_of
from suture.variables.content import Contents, search_path
from suture.variables.scope import Scope

OVERLAY = "suture_overlay"
"""The variable that says whether a module is run in a copy, so that what it does can be undone."""


LOOKING = ("_info", "_facts", ".getent", ".ping", ".setup", ".stat", ".wait_for")
"""How modules are called that change nothing."""


@dataclass(frozen=True)
class Sealed(Content):
    """Content with a secret in it."""


class Arguments:
    """Makes arguments; remembers the content of the controller's files between tasks."""

    def __init__(self, contents: Contents, playbook_dir: str, vault: Opener | None = None) -> None:
        self._contents = contents
        self._playbook_dir = playbook_dir
        self._vault = vault

    def of(self, task: Task, scope: Scope) -> dict[str, Any]:
        """The arguments as the module's ``Args`` takes them; TemplateError with what is wrong."""
        if task.foreign is not None:
            return self._foreign(task, task.foreign, scope)
        about = specs.spec(task.module)
        rendered = self._rendered(task, scope, about)
        try:
            if task.module == "script" and isinstance(rendered.get("cmd"), str):
                rendered["cmd"], rendered["words"] = first_word(rendered["cmd"])
            if task.module == "include_vars":
                paths = search_path(task, self._playbook_dir)
                rendered = filled_in(rendered, paths, self._vault, lambda name: _held(name, scope))
            if task.module == "validate_argument_spec":
                rendered["provided_arguments"] = _provided(rendered, scope)
            there = about.finds_there(rendered)
            for name in list(rendered):
                parameter = about.parameters.get(name)
                if parameter is None or not isinstance(rendered[name], str):
                    continue
                if parameter.kind in ("file", "template") and not there:
                    rendered[name] = self._content(task, scope, parameter.kind, rendered, name)
            return specs.coerced(task.module, rendered)
        except Failure as error:
            raise TemplateError(str(error), task.mark) from None

    def lasting(self, tasks: Iterable[Task]) -> Iterator[tuple[str, Mark]]:
        """The modules that are not ours whose changes nobody will know how to undo, as far as that
        can be told before anything runs."""
        for task in tasks:
            module = task.foreign
            if module is None or task.undo_with or module.name.endswith(LOOKING):
                continue
            if any(OVERLAY in level for level in task.vars):
                continue
            from suture.foreign.packs import packed

            ready = packed(module, self._playbook_dir)
            if not ready.files_alone and not ready.refused:
                yield module.name, task.mark

    def _foreign(self, task: Task, module: ForeignModule, scope: Scope) -> dict[str, Any]:
        """What runs a module that is not ours: its sources, packed, and what it is given."""
        from suture.foreign.packs import packed, plain, standard_arguments

        rendered = dict(render(_written(task, scope), scope, task.mark))
        ready = packed(module, self._playbook_dir)
        if ready.refused:
            raise TemplateError(ready.refused, task.mark)
        return {
            "name": ready.dotted,
            "kind": ready.kind,
            "packs": list(ready.packs),
            "args": plain(rendered),
            "told": standard_arguments(
                module,
                verbosity=scope.find("ansible_verbosity")[0] or 0,
                secret=flag(task.no_log, scope, task.mark, "no_log"),
            ),
            "checks": ready.kind == "python",
            "overlay": _overlay(task, scope, files_alone=ready.files_alone),
            "undone": bool(task.undo_with),
        }

    def _rendered(self, task: Task, scope: Scope, about: specs.Spec) -> dict[str, Any]:
        """The arguments under their own names; expressions as what they are now."""
        kinds = {name: parameter.kind for name, parameter in about.parameters.items()}
        written = about.named(_written(task, scope, about))
        spoken = {
            name: value
            for name, value in written.items()
            if kinds.get(name) in ("condition", "expression")
        }
        others = {name: value for name, value in written.items() if name not in spoken}
        rendered: Any = dict(render(others, scope, task.mark))
        if about.extra:  # their names are the author's, and may be templates
            rendered = {
                str(render(name, scope, task.mark)): value for name, value in rendered.items()
            }
        for name, value in spoken.items():
            if kinds[name] == "expression":
                shown = str(render(value, scope, task.mark))
                value = _shown_value(task, shown, scope)
                rendered[name] = {"expression": shown, "value": value}
                continue
            given = value if isinstance(value, list) else [value]
            rendered[name] = [
                {"assertion": str(condition), "evaluated_to": truth(condition, scope, task.mark)}
                for condition in given
            ]
        return dict(rendered)

    def _content(
        self, task: Task, scope: Scope, kind: str, args: Mapping[str, Any], name: str
    ) -> Any:
        folder = "templates" if kind == "template" else "files"
        given = str(args[name])
        path = self._contents.sought(given, folder, search_path(task, self._playbook_dir))
        if kind == "template":
            self._contents.note(str(path))
            text = template_text(str(path), scope, args, task)
            made = content_of(text.encode(str(args.get("output_encoding") or "utf-8")))
            made = replace(made, name=path.name, mode=stat.S_IMODE(path.stat().st_mode))
            return Sealed(**vars(made)) if isinstance(text, Secret) else made
        if path.is_dir():
            slash = "/" if given.endswith("/") else ""
            return self._contents.tree(
                f"{path}{slash}",
                _patterns(args.get("exclude")),
                follow=task.module == "copy",
                include=_patterns(args.get("include")),
            )
        return self._contents.file(path)


def _overlay(task: Task, scope: Scope, *, files_alone: bool) -> str:
    """When a module that is not ours is run in a copy of the host's files: as the variable says, or
    else where it concerns nothing but files."""
    said = render(f"{{{{ {OVERLAY} }}}}", scope, task.mark) if OVERLAY in scope else "auto"
    if said not in ("auto", "always", "never"):
        raise TemplateError(f"{OVERLAY} is auto, always or never, not {said!r}", task.mark)
    return {"always": "always", "never": ""}.get(str(said), "files" if files_alone else "")


def _written(task: Task, scope: Scope, about: specs.Spec | None = None) -> dict[str, Any]:
    """The arguments as written, with those that a template brings as a mapping: data, no templates."""
    if MORE not in task.args:
        return dict(task.args)
    more = render(task.args[MORE], scope, task.mark)
    if not isinstance(more, Mapping):
        raise TemplateError(f"the arguments have to be a mapping, and this is {more!r}", task.mark)
    for name in more:
        parameter = about.parameters.get(about.names.get(str(name), "")) if about else None
        if parameter is not None and parameter.kind in ("condition", "expression"):
            why = f"'{name}' is evaluated: write it out, no template can bring it"
            raise TemplateError(why, task.mark)
    own = {name: value for name, value in task.args.items() if name != MORE}
    return {**{Unsafe(name): final(value) for name, value in more.items()}, **own}


def _held(name: str, scope: Scope) -> Any:
    """What the variable holds, as data: no template any more; None where there is none."""
    return final(value_of(name, scope)) if name in scope else None


def _provided(args: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The values that a specification is held against: the variables of its names, and those that
    are given, which come first."""
    wanted = args.get("argument_spec")
    names = wanted if isinstance(wanted, Mapping) else {}
    found = {name: value_of(name, scope) for name in names if name in scope}
    return {**found, **(args.get("provided_arguments") or {})}


def _shown_value(task: Task, expression: str, scope: Scope) -> Any:
    """The expression's value; where there is none, debug shows what is wrong."""
    try:
        return render("{{ " + expression + " }}", scope, task.mark)
    except TemplateError as error:
        if task.module != "debug":
            raise
        return f"<< error 1 - {error.bare.partition(';')[0]} >>"


def _patterns(given: Any) -> list[str]:
    """Patterns as a list or as text with commas, as the module itself would read them."""
    return given.split(",") if isinstance(given, str) else list(given or ())
