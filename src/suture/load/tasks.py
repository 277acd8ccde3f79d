"""Tasks and blocks: a list of them as written becomes a list of them as they are to be done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.load.calls import Call, TaskContext, call
from suture.load.foreign_calls import context, prefers_native
from suture.load.inclusions import inclusion, places, task_files
from suture.load.keyword_values import KeywordValues, marks_of, nothing_else, said
from suture.load.keywords import KEYWORDS, is_template
from suture.load.level import (
    DEEPEST,
    NATIVE,
    Include,
    LateTask,
    Level,
    become_of,
    listed,
    simple_of,
    tags_of,
)
from suture.load.loops import loop_of
from suture.load.places import exists
from suture.load.reading import Reading, candidates, first_file, sequence, sought
from suture.load.role_parts import RoleSource
from suture.load.source import Source
from suture.load.specs import close, spec
from suture.load.splitting import first_word
from suture.model import Block, Loop, Mark, Problem, Task
from suture.model import Node as Step

BLOCKS = ("block", "rescue", "always")
IMPORTS = ("import_tasks", "import_role")
INCLUDES = ("include_tasks", "include_role")
OF_INCLUDE = frozenset(
    {"name", "args", "action", "local_action", "vars", "when", "tags", "loop", "loop_control"}
    | {"run_once", "no_log", "ignore_errors", "timeout", "register", "collections", "listen"}
)
"""Keywords that an inclusion has for itself; every other one goes below its ``apply``."""

OF_TASK_ONLY = (
    *("loop", "register", "until", "retries", "delay", "changed_when", "failed_when", "undo_with"),
    *("async", "poll"),
)

ALONE = frozenset(
    {"add_host", "assemble", "assert", "async_status", "copy", "debug", "fail", "fetch"}
    | {"group_by", "include_vars", "pause", "raw", "reboot", "script", "set_fact", "set_stats"}
    | {"sync", "synchronize", "template", "unarchive", "wait_for_connection"}
)
"""Modules that cannot go on by themselves: the controller has a part in what they do."""


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads lists of tasks; what it finds goes to the ``reading``, what they name comes of
    ``roles``."""

    reading: Reading
    roles: RoleSource

    def steps(
        self, source: Source, node: Node | None, level: Level, what: str = "this"
    ) -> list[Step]:
        """The tasks and blocks in a list, with everything put upon them, imports expanded."""
        found: list[Step] = []
        for item in sequence(self.reading, source, node, what):
            found += self._step(source, item, level)
        return found

    def file(self, path: str, level: Level, mark: Mark) -> list[Step]:
        """The tasks of a file, for a statement at ``mark`` that names it."""
        if path in level.within:
            message = "this file imports itself: use 'include_tasks' with a condition"
            self.reading.error(mark, message)
            return []
        source = self.reading.source(path)
        if source.root is None:
            if not any(problem.mark.file == source.file for problem in self.reading.problems):
                self.reading.warning(source.start, "this file is empty: it has no task")
            return []
        inner = replace(level, within=(*level.within, path))
        return self.steps(source, source.root, inner, "a file of tasks")

    # -- one task or block -----------------------------------------------------------------------

    def _step(self, source: Source, node: Node, level: Level) -> list[Step]:
        if not isinstance(node, MappingNode):
            kind = "list" if isinstance(node, SequenceNode) else "single value"
            message = f"a task has to be a mapping, 'command: …', not a {kind}"
            self.reading.error(source.mark(node), message)
            return []
        keys = {key.value for key, _ in node.value if isinstance(key, ScalarNode)}
        if keys.intersection(BLOCKS):
            return self._block(source, node, level)
        return self.task(source, node, level)

    def _block(self, source: Source, node: MappingNode, level: Level) -> list[Step]:
        reading, mark = self.reading, source.mark(node)
        here = said(reading, source, node, "block", level.known)
        for entry in here.others:
            if entry.key in KEYWORDS["task"] or entry.key.startswith("with_"):
                message = f"a block has no '{entry.key}': put it on the block's tasks"
                reading.error(entry.mark, message)
            else:
                nothing_else(reading, "block", [entry])
        if "block" not in here.entries:
            reading.error(mark, "'rescue' and 'always' stand beside a 'block': add 'block: […]'")
        if level.depth >= DEEPEST:
            message = f"blocks are nested more than {DEEPEST} levels deep: make them flatter"
            reading.error(mark, message)
            return []
        inner = replace(level.inner(here.values), depth=level.depth + 1)
        rescued = here.node("rescue") is not None
        levels = {
            "block": replace(inner, certain=False) if rescued else inner,
            "rescue": replace(inner, certain=False),
            "always": inner,
        }
        parts = {
            part: self.steps(source, here.node(part), levels[part], f"'{part}'") for part in BLOCKS
        }
        if not parts["rescue"] and not parts["always"]:
            return parts["block"]
        if level.handlers:
            reading.error(mark, "a block of handlers has no 'rescue' and no 'always'")
        name = str(here.values.get("name") or "")
        tasks, rescue, always = (tuple(parts[part]) for part in BLOCKS)
        return [Block(tasks, rescue, always, mark, name, inner.when)]

    def task(self, source: Source, node: MappingNode, level: Level, named: str = "") -> list[Step]:
        """The task, or what its import brings; ``named``: its module, where a template said so."""
        reading, mark = self.reading, source.mark(node)
        place = "handler" if level.handlers else "task"
        here = said(reading, source, node, place, level.known)
        certain = _is_certain(reading, here, level)
        begin = len(reading.problems)
        reading.problems.extend(here.faults)
        faults = list(here.faults)
        known = level.knowing(here.values.get("vars") or {})
        loop = loop_of(reading, source, here, mark, faults, known)
        defaults = level.module_defaults
        if "module_defaults" in here.values:
            defaults = (*defaults, here.values["module_defaults"])
        where = context(level, here.values.get("collections", level.collections))
        native = prefers_native((here.values.get("vars") or {}).get(NATIVE, level.native))
        context_ = TaskContext(reading, source, mark, here, defaults, faults, where, native, named)
        made = call(context_)
        if made is None or made.module not in IMPORTS:
            faults += _without_meaning(reading, here, level, mark, made.module if made else "")
        if certain:
            reading.certain(begin)
        if made is None:
            return []
        mark = made.mark if made.mark.line < mark.line else mark
        if made.module == "import_playbook":
            reading.error(made.mark, "'import_playbook' stands between plays, not among tasks")
            return []
        if made.module in IMPORTS and not faults:
            return self._imported(source, here, made, level, loop)
        task = replace(_made(source, here, made, level, mark, loop), faults=tuple(faults))
        if faults:
            reading.parts.open = reading.parts.open or made.module in INCLUDES
            return [task]
        if made.late:
            fields: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
            return [LateTask(**fields, called=partial(self._called, source, node, level))]
        self._noted(task, level)
        if made.module in INCLUDES:
            return [self._include(here, task, level)]
        return [task]

    def _called(self, source: Source, node: MappingNode, level: Level, name: str) -> Task:
        """The task, now that a template has named its module; what is wrong with it are its faults."""
        reading = Reading(self.reading.vault, rendered=self.reading.rendered)
        reader = replace(self, reading=reading)
        found = reader.task(source, node, replace(level, certain=False), name)
        task = found[0] if len(found) == 1 and isinstance(found[0], Task) else None
        if task is None or task.module in (*INCLUDES, *IMPORTS, "meta"):
            why = f"a template cannot make '{name}' of 'action': name it as it is"
            mark = source.mark(node)
            return Task(name, name, {}, mark, faults=(Problem(mark, why, "possible"),))
        errors = tuple(replace(each, level="possible") for each in reading.errors())
        return replace(task, faults=(*task.faults, *errors))

    def _noted(self, task: Task, level: Level) -> None:
        """What the play, and those who look for files, have to know of the task."""
        parts = self.reading.parts
        for topic in task.notify:
            if not is_template(topic):
                parts.notified.append((str(topic), task.marks.get("notify", task.mark)))
            else:
                parts.open = True
        if task.module == "meta" and str(task.args.get("free_form")).startswith("end_"):
            parts.ended = True
        self._files(task, level)

    def _files(self, task: Task, level: Level) -> None:
        """A file of the controller that a task names may come to be only while the play runs: one
        that is not there is worth a word."""
        if task.foreign is not None:
            return
        about = spec(task.module)
        if is_template(task.args.get("remote_src")) or about.finds_there(task.args):
            return
        for name, value in task.args.items():
            parameter = about.parameters.get(about.names.get(name, ""))
            kind = parameter.kind if parameter else ""
            folder = {"file": "files", "template": "templates"}.get(kind)
            if folder is None or not isinstance(value, str) or is_template(value) or not value:
                continue
            value = first_word(value)[0] if task.module == "script" else value
            paths = candidates(value, (folder,), places(task.origin, level))
            if not any(exists(path) for path in paths):
                message = f"there is no file '{value}' for {about.name}.{name}; {sought(paths)}"
                self.reading.possible(task.marks.get(name, task.mark), message)

    # -- other files of tasks --------------------------------------------------------------------

    def _imported(
        self, source: Source, here: KeywordValues, made: Call, level: Level, loop: Loop | None
    ) -> list[Step]:
        """The tasks of a static import, with what is said on it put upon each of them."""
        reading = self.reading
        other = made.module.replace("import", "include")
        if loop is not None:
            message = f"'{made.module}' is read before anything runs and cannot loop: use '{other}'"
            reading.error(loop.mark, message)
        for name in OF_TASK_ONLY:
            if name in here.entries and name != "loop":
                message = (
                    f"'{name}' means nothing on '{made.module}': put it on the tasks themselves"
                )
                reading.warning(here.entries[name].mark, message)
        argument = "file" if made.module == "import_tasks" else "name"
        mark = made.marks.get(argument, made.mark)
        inner = level.inner(here.values)
        wanted = reading.named(made.args.get(argument), inner.known, mark, other)
        if not wanted:
            return []
        if made.module == "import_role":
            if level.handlers:
                reading.error(made.mark, "a role cannot be a handler: use 'import_tasks'")
                return []
            return self.roles.imported(wanted, made, inner)
        paths = task_files(wanted, source.path, inner)
        path = first_file(paths)
        if not path:
            reading.error(mark, f"there is no file '{wanted}'; {sought(paths)}")
            return []
        return self.file(path, inner, mark)

    def _include(self, here: KeywordValues, task: Task, level: Level) -> Include:
        """An inclusion as the task that it is, and a look at what it will include, where that is
        known."""
        reading = self.reading
        for name, entry in here.entries.items():
            if name not in OF_INCLUDE:
                message = f"'{name}' does not reach the included tasks: put it below 'apply:'"
                reading.error(entry.mark, message)
        fields: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
        enclosing = replace(level, within=(), certain=False, included=level.included + 1)
        include = Include(**fields, enclosing=enclosing, handler=level.handlers)
        apply = task.args.get("apply")
        if isinstance(apply, dict):
            for name in apply:
                if name not in KEYWORDS["block"] or name in BLOCKS:
                    hint = close(str(name), KEYWORDS["block"])
                    mark = task.marks.get("apply", task.mark)
                    reading.error(mark, f"'apply' takes keywords of a block, not '{name}'{hint}")
        if level.handlers and task.module == "include_role":
            reading.error(task.mark, "a role cannot be a handler: use 'include_tasks'")
        elif level.handlers:
            reading.parts.open = True
        wanted = task.args.get("file" if task.module == "include_tasks" else "name")
        if not isinstance(wanted, str) or is_template(wanted):
            reading.parts.open = True
        else:
            self._visited(include, wanted)
        return include

    def _visited(self, include: Include, name: str) -> None:
        """Look, once, through what an include of a known name will bring: what is wrong there is
        wrong only if the play gets there."""
        reading = self.reading
        where = include.role.path if include.role else ""
        key = (include.module, name, str(include.args.get("tasks_from")), include.origin, where)
        if key in reading.visited:
            return
        reading.visited.add(key)
        mark = include.marks.get("file", include.marks.get("name", include.mark))
        with reading.ahead():
            if include.module == "include_role":
                self.roles.included(name, include, mark)
                return
            level = inclusion(include)
            paths = task_files(name, include.origin, level)
            path = first_file(paths)
            if path:
                self.file(path, level, mark)
            else:
                reading.parts.open = True
                reading.error(mark, f"there is no file '{name}'; {sought(paths)}")


def _without_meaning(
    reading: Reading, here: KeywordValues, level: Level, mark: Mark, module: str
) -> list[Problem]:
    """Faults of a task that asks for what Suture cannot do: they are never passed over in silence."""
    own = {**level.simple, **here.values}
    found: list[tuple[str, str]] = []
    if module in ALONE and str(own.get("async", 0)) != "0":
        found.append(
            ("async", f"This action ({module}) does not support async.")
        )  # Ansible's words
    connection = str(own.get("connection", "local")).rpartition(".")[2]
    if not is_template(own.get("connection")) and connection not in (
        "local",
        "ssh",
        "smart",
        "paramiko",
        "paramiko_ssh",
    ):
        found.append(
            ("connection", f"the connection '{connection}' is not possible: use ssh or local")
        )
    faults = [Problem(here.mark(name, mark), why, "possible") for name, why in found]
    reading.problems.extend(faults)
    return faults


def _is_certain(reading: Reading, here: KeywordValues, level: Level) -> bool:
    """Whether the play surely comes to this task, and ends if it fails."""
    within = level.inner({name: here.values[name] for name in CERTAINTY if name in here.values})
    loops = any(entry.key.startswith("with_") for entry in here.others)
    return (
        within.certain
        and not loops
        and not {"loop", "failed_when", "until"} & here.entries.keys()
        and not reading.parts.ended
        and not level.handlers
        and reading.selected(within.tags)
    )


CERTAINTY = ("when", "ignore_errors", "tags")


def _made(
    source: Source, here: KeywordValues, made: Call, level: Level, mark: Mark, loop: Loop | None
) -> Task:
    """The task with everything that its own keywords and the level say."""
    own = here.values
    simple = {**level.simple, **simple_of(own, level.simple)}
    if made.local:
        simple["delegate_to"] = "localhost"
    return Task(
        name=str(own.get("name") or made.module),
        module=made.module,
        args=made.args,
        mark=mark,
        marks={**marks_of(here.entries), **made.marks},
        when=(*level.when, *listed(own.get("when"))),
        loop=loop,
        register=str(own.get("register") or ""),
        until=listed(own.get("until")),
        retries=own.get("retries"),
        delay=own.get("delay"),
        job=own.get("async"),
        poll=own.get("poll"),
        changed_when=listed(own["changed_when"]) if "changed_when" in own else None,
        failed_when=listed(own["failed_when"]) if "failed_when" in own else None,
        notify=listed(own["notify"]) if "notify" in own else level.notify,
        listen=tuple(map(str, listed(own.get("listen")))),
        undo_with=listed(own.get("undo_with")),
        tags=level.tags | tags_of(own.get("tags")),
        vars=(*level.vars, own["vars"]) if own.get("vars") else level.vars,
        environment=(*level.environment, *listed(own.get("environment"))),
        become=become_of(own, level.become),
        role=level.role,
        origin=source.path,
        foreign=made.foreign,
        **simple,
    )
