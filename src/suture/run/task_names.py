"""What a task is called, and what it calls, where templates say so."""

from __future__ import annotations

from dataclasses import replace

from suture.errors import TemplateError, UnknownValue
from suture.load.level import LateTask
from suture.model import Problem, Task
from suture.templating.rendering import render
from suture.variables.scope import Scope


def called(task: Task, scope: Scope) -> Task:
    """The task with its module known, where a template names that; one that fails where it cannot
    be known."""
    if not isinstance(task, LateTask):
        return task
    try:
        return task.called(str(render(task.module, scope, task.mark)))
    except (TemplateError, UnknownValue) as error:
        why = error.bare if isinstance(error, TemplateError) else str(error)
        return replace(task, faults=(Problem(task.mark, f"action: {why}", "possible"),))


def shown_name(task: Task, scope: Scope) -> str:
    """The task's name with its templates filled in where they can be without waiting."""
    name = task.name or task.module
    if "{{" not in name:
        return name
    try:
        return str(render(name, scope, task.mark))
    except (TemplateError, UnknownValue):
        return name


def topics(task: Task, scope: Scope) -> list[str]:
    """The names that the task notifies."""
    rendered = [render(topic, scope, task.mark) for topic in task.notify]
    lists = (given if isinstance(given, list) else [given] for given in rendered)
    return [str(topic) for given in lists for topic in given]
