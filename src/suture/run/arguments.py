"""A task's arguments made ready for the host: rendered, coerced, files turned into content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suture.agent.content import content_of
from suture.agent.spec import Failure
from suture.errors import TemplateError
from suture.load import specs
from suture.model import Task
from suture.plan.content import Contents, search_path, sought
from suture.plan.files import template_text
from suture.plan.templates import render, truth
from suture.plan.variables import Scope


class Arguments:
    """Makes arguments; remembers the content of the controller's files between tasks."""

    def __init__(self, contents: Contents, playbook_dir: str) -> None:
        self._contents = contents
        self._playbook_dir = playbook_dir

    def of(self, task: Task, scope: Scope) -> dict[str, Any]:
        """The arguments as the module's ``Args`` takes them; TemplateError with what is wrong."""
        about = specs.spec(task.module)
        rendered = self._rendered(task, scope, about)
        try:
            for name in list(rendered):
                parameter = about.parameters.get(name)
                if parameter is None or not isinstance(rendered[name], str):
                    continue
                if parameter.kind in ("file", "template") and not rendered.get("remote_src"):
                    rendered[name] = self._content(task, scope, parameter.kind, rendered, name)
            return specs.coerced(task.module, rendered)
        except Failure as error:
            raise TemplateError(str(error), task.mark) from None

    def _rendered(self, task: Task, scope: Scope, about: specs.Spec) -> dict[str, Any]:
        """The arguments under their own names; conditions as their truth."""
        conditions = {
            name: value
            for name, value in about.named(task.args).items()
            if name in about.parameters and about.parameters[name].kind == "condition"
        }
        others = {
            name: value for name, value in about.named(task.args).items() if name not in conditions
        }
        rendered: Any = render(others, scope, task.mark)
        for name, value in conditions.items():
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
        path = sought(given, folder, search_path(task, self._playbook_dir))
        if kind == "template":
            text = template_text(path, scope, args, task)
            return content_of(text.encode(str(args.get("output_encoding") or "utf-8")))
        if Path(path).is_dir():
            exclude = args.get("exclude") or ()
            patterns = [exclude] if isinstance(exclude, str) else list(exclude)
            slash = "/" if given.endswith("/") else ""
            return self._contents.tree(path + slash, patterns, follow=task.module == "copy")
        return self._contents.file(path)
