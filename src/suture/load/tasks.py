"""Tasks and blocks: a list of them as written becomes a list of them as they are to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.load import roles
from suture.load.calls import Call, TaskContext, call
from suture.load.hints import TRUE
from suture.load.keyword_values import KeywordValues, marks_of, nothing_else, said
from suture.load.keywords import KEYWORDS, LOOP_CONTROL, LOOPS, complaint, is_template
from suture.load.level import SIMPLE, Include, Level, become_of, listed, tags_of
from suture.load.places import exists
from suture.load.reading import Reading, candidates, first_file, sequence, sought
from suture.load.source import Source
from suture.load.specs import close, spec
from suture.load.splitting import first_word
from suture.model import Block, Loop, Mark, Task, Value
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
)


def steps(
    reading: Reading,
    source: Source,
    node: Node | None,
    level: Level,
    what: str = "this",
    handlers: bool = False,
) -> list[Step]:
    """The tasks and blocks in a list, with everything put upon them, imports expanded."""
    found: list[Step] = []
    for item in sequence(reading, source, node, what):
        found += _step(reading, source, item, level, handlers)
    return found


def _step(reading: Reading, source: Source, node: Node, level: Level, handlers: bool) -> list[Step]:
    if not isinstance(node, MappingNode):
        kind = "list" if isinstance(node, SequenceNode) else "single value"
        reading.error(source.mark(node), f"a task has to be a mapping, 'command: …', not a {kind}")
        return []
    keys = {key.value for key, _ in node.value if isinstance(key, ScalarNode)}
    if keys.intersection(BLOCKS):
        return _block(reading, source, node, level, handlers)
    return _task(reading, source, node, level, handlers)


def _block(
    reading: Reading, source: Source, node: MappingNode, level: Level, handlers: bool
) -> list[Step]:
    mark = source.mark(node)
    if handlers:
        reading.error(mark, "a handler cannot be a block: let several handlers listen to one topic")
        return []
    here = said(reading, source, node, "block")
    for entry in here.others:
        if entry.key in KEYWORDS["task"] or entry.key.startswith("with_"):
            reading.error(entry.mark, f"a block has no '{entry.key}': put it on the block's tasks")
        else:
            nothing_else(reading, "block", [entry])
    if "block" not in here.entries:
        reading.error(mark, "'rescue' and 'always' stand beside a 'block': add 'block: […]'")
    inner = level.inner(here.values)
    parts = {part: steps(reading, source, here.node(part), inner, f"'{part}'") for part in BLOCKS}
    if not parts["rescue"] and not parts["always"]:
        return parts["block"]
    name = str(here.values.get("name") or "")
    tasks, rescue, always = (tuple(parts[part]) for part in BLOCKS)
    return [Block(tasks, rescue, always, mark, name, inner.when)]


def _task(
    reading: Reading, source: Source, node: MappingNode, level: Level, handlers: bool
) -> list[Step]:
    mark = source.mark(node)
    here = said(reading, source, node, "handler" if handlers else "task")
    loop = _loop(reading, source, here, mark)
    defaults = level.module_defaults
    if "module_defaults" in here.values:
        defaults = (*defaults, here.values["module_defaults"])
    made = call(TaskContext(reading, source, mark, here, defaults))
    if made is None:
        return []
    mark = made.mark if made.mark.line < mark.line else mark
    if made.module == "import_playbook":
        reading.error(made.mark, "'import_playbook' stands between plays, not among tasks")
        return []
    if made.module in IMPORTS:
        return _imported(reading, source, here, made, level, handlers, loop)
    task = _made(source, here, made, level, mark, loop)
    _notified(reading, task)
    _files(reading, task, level)
    if made.module in INCLUDES:
        return [_include(reading, here, task, level, handlers)]
    return [task]


def _made(
    source: Source, here: KeywordValues, made: Call, level: Level, mark: Mark, loop: Loop | None
) -> Task:
    """The task with everything that its own keywords and the level say."""
    own = here.values
    simple = {**level.simple, **{name: own[name] for name in SIMPLE if name in own}}
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
        **simple,
    )


def _loop(reading: Reading, source: Source, here: KeywordValues, mark: Mark) -> Loop | None:
    """The task's loop; its keys are taken out of what is left over."""
    loops = [entry for entry in here.others if entry.key.startswith("with_")]
    here.others[:] = [entry for entry in here.others if entry not in loops]
    if "loop" in here.entries:
        loops.append(here.entries["loop"])
    if len(loops) > 1:
        names = " and ".join(f"'{entry.key}'" for entry in loops)
        reading.error(loops[1].mark, f"a task has one loop, this one has {names}: keep one")
    control = _loop_control(reading, source, here)
    if not loops:
        if control:
            reading.warning(here.mark("loop_control", mark), "'loop_control' without a loop")
        return None
    entry = loops[0]
    kind = entry.key.removeprefix("with_")
    if kind != "loop" and kind not in LOOPS:
        hint = close(kind, LOOPS) or f"; there are {', '.join(sorted(LOOPS))}"
        reading.error(entry.mark, f"there is no loop '{entry.key}'{hint}")
    over = here.values.get("loop") if kind == "loop" else source.data(entry.node)
    if kind != "loop":
        reading.templates(source, entry.node)
        if over is None:
            reading.error(entry.mark, f"'{entry.key}' is empty: give it what to loop over")
    extended = str(control.get("extended", False)).lower() in TRUE
    return Loop(
        kind,
        over,
        entry.mark,
        str(control.get("loop_var") or "item"),
        str(control.get("index_var") or ""),
        control.get("label"),
        control.get("pause", 0),
        extended,
    )


def _loop_control(reading: Reading, source: Source, here: KeywordValues) -> Mapping[str, Value]:
    node = here.node("loop_control")
    if not isinstance(node, MappingNode):
        return {}
    found = {}
    for entry in source.entries(node):
        value = source.data(entry.node)
        holds = LOOP_CONTROL.get(entry.key)
        if holds is None:
            hint = close(entry.key, LOOP_CONTROL) or f"; it has {', '.join(LOOP_CONTROL)}"
            reading.error(entry.mark, f"loop_control has no '{entry.key}'{hint}")
        elif wrong := complaint(holds, value):
            reading.error(entry.mark, f"loop_control.{entry.key} {wrong}")
        else:
            found[entry.key] = value
    return found


def _notified(reading: Reading, task: Task) -> None:
    for topic in task.notify:
        if not is_template(topic):
            mark = task.marks.get("notify", task.mark)
            reading.parts.notified.append((str(topic), mark))
        else:
            reading.parts.open = True


def _files(reading: Reading, task: Task, level: Level) -> None:
    """Files of the controller that a task names for certain have to be there."""
    about = spec(task.module)
    if is_template(task.args.get("remote_src")) or about.finds_there(task.args):
        return
    for name, value in task.args.items():
        parameter = about.parameters.get(about.names.get(name, ""))
        folder = {"file": "files", "template": "templates"}.get(parameter.kind if parameter else "")
        if folder is None or not isinstance(value, str) or is_template(value) or not value:
            continue
        value = first_word(value)[0] if task.module == "script" else value
        paths = candidates(value, (folder,), places(task.origin, level))
        if not any(exists(path) for path in paths):
            message = f"there is no file '{value}' for {about.name}.{name}; {sought(paths)}"
            reading.error(task.marks.get(name, task.mark), message)


def places(origin: str, level: Level) -> list[str]:
    """The directories in which a task's files are sought: the role's, its own, the playbook's."""
    own = str(Path(origin).parent)
    return [level.role.path if level.role else "", own, level.home]


# -- other files of tasks --------------------------------------------------------------------------


def _imported(
    reading: Reading,
    source: Source,
    here: KeywordValues,
    made: Call,
    level: Level,
    handlers: bool,
    loop: Loop | None,
) -> list[Step]:
    """The tasks of a static import, with what is said on it put upon each of them."""
    other = made.module.replace("import", "include")
    if loop is not None:
        message = f"'{made.module}' is read before anything runs and cannot loop: use '{other}'"
        reading.error(loop.mark, message)
    for name in OF_TASK_ONLY:
        if name in here.entries and name != "loop":
            message = f"'{name}' means nothing on '{made.module}': put it on the tasks themselves"
            reading.error(here.entries[name].mark, message)
    argument = "file" if made.module == "import_tasks" else "name"
    wanted = made.args.get(argument)
    if is_template(wanted):
        message = f"'{made.module}' is read before anything runs and takes no template: use"
        reading.error(made.marks[argument], f"{message} '{other}'")
        return []
    if not isinstance(wanted, str):
        return []
    inner = level.inner(here.values)
    if made.module == "import_role":
        if handlers:
            reading.error(made.mark, "a role cannot be a handler: use 'import_tasks'")
            return []
        return roles.imported(reading, wanted, made, inner)
    paths = task_files(wanted, source.path, inner, handlers)
    path = first_file(paths)
    if not path:
        reading.error(
            made.marks.get("file", made.mark), f"there is no file '{wanted}'; {sought(paths)}"
        )
        return []
    return tasks_in(reading, path, inner, made.marks.get("file", made.mark), handlers)


def task_files(name: str, origin: str, level: Level, handlers: bool = False) -> list[Path]:
    """Where a file of tasks is sought: beside the one that names it, in the role, beside the
    playbook."""
    folder = "handlers" if handlers else "tasks"
    own = str(Path(origin).parent)
    inside = [str(Path(level.role.path, folder)), level.role.path] if level.role else []
    return candidates(name, (), [own, *inside, str(Path(level.home, folder)), level.home])


def tasks_in(
    reading: Reading, path: str, level: Level, mark: Mark, handlers: bool = False
) -> list[Step]:
    """The tasks of a file, for a statement at ``mark`` that names it."""
    if path in level.within:
        reading.error(mark, "this file imports itself: use 'include_tasks' with a condition")
        return []
    source = reading.source(path)
    if source.root is None:
        if not any(problem.mark.file == source.file for problem in reading.problems):
            reading.warning(source.start, "this file is empty: it has no task")
        return []
    inner = replace(level, within=(*level.within, path))
    return steps(reading, source, source.root, inner, "a file of tasks", handlers)


def _include(
    reading: Reading, here: KeywordValues, task: Task, level: Level, handlers: bool
) -> Include:
    """An inclusion as the task that it is, and a look at what it will include, where that is
    known."""
    for name, entry in here.entries.items():
        if name not in OF_INCLUDE:
            message = f"'{name}' does not reach the included tasks: put it below 'apply:'"
            reading.error(entry.mark, message)
    fields: dict[str, Any] = {name: getattr(task, name) for name in Task.__slots__}
    include = Include(**fields, enclosing=replace(level, within=()), handler=handlers)
    apply = task.args.get("apply")
    if isinstance(apply, dict):
        for name in apply:
            if name not in KEYWORDS["block"] or name in BLOCKS:
                hint = close(str(name), KEYWORDS["block"])
                mark = task.marks.get("apply", task.mark)
                reading.error(mark, f"'apply' takes keywords of a block, not '{name}'{hint}")
    if handlers and task.module == "include_role":
        reading.error(task.mark, "a role cannot be a handler: use 'include_tasks'")
    elif handlers:
        reading.parts.open = True
    wanted = task.args.get("file" if task.module == "include_tasks" else "name")
    if not isinstance(wanted, str) or is_template(wanted):
        reading.parts.open = True
    else:
        _visited(reading, include, wanted)
    return include


def inclusion(include: Include, variables: Mapping[str, Value] | None = None) -> Level:
    """The level of what an include brings: what encloses it, its variables, its ``apply``."""
    level = replace(include.enclosing, vars=include.vars)
    if variables:
        level = replace(level, vars=(*level.vars, variables))
    apply = include.args.get("apply")
    return level.inner(apply) if isinstance(apply, dict) else level


def _visited(reading: Reading, include: Include, name: str) -> None:
    """Look, once, through what an include of a known name will bring."""
    where = include.role.path if include.role else ""
    key = (include.module, name, str(include.args.get("tasks_from")), include.origin, where)
    if key in reading.visited:
        return
    reading.visited.add(key)
    mark = include.marks.get("file", include.marks.get("name", include.mark))
    if include.module == "include_role":
        roles.included(reading, name, include, mark)
        return
    level = inclusion(include)
    paths = task_files(name, include.origin, level, include.handler)
    path = first_file(paths)
    if path:
        tasks_in(reading, path, level, mark, include.handler)
    else:
        reading.error(mark, f"there is no file '{name}'; {sought(paths)}")
