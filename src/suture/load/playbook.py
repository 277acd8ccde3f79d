"""A playbook file as plays, with everything checked that can be checked before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.errors import Invalid
from suture.foreign.places import in_collections, missing_collection
from suture.foreign.plugins import look_in, unused
from suture.load.hints import FALSE, TRUE
from suture.load.inclusions import inclusion, task_files
from suture.load.keyword_values import KeywordValues, nothing_else, said
from suture.load.keywords import is_template
from suture.load.level import NATIVE, Include, Level, become_of, listed, tags_of
from suture.load.reading import (
    CheckTemplate,
    Parts,
    Reading,
    RenderName,
    candidates,
    first_file,
    in_order,
    not_never,
    sequence,
    shown,
    sought,
)
from suture.load.role_uses import names_of, once
from suture.load.roles import RoleReader, variables
from suture.load.source import Opener, Source
from suture.load.specs import close, exists, plain_name
from suture.model import Mark, Play, Playbook, Problem, Prompt, Role, Task, Value, Variables
from suture.model import Node as Step
from suture.suggestions import quoted

STRATEGIES = ("free", "linear", "host_pinned")
PROMPT = (
    "name",
    "prompt",
    "default",
    "private",
    "confirm",
    "encrypt",
    "salt",
    "salt_size",
    "unsafe",
)
ORDERS = ("inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle")
CONNECTIONS = ("ssh", "local", "smart", "paramiko", "paramiko_ssh")
PLAIN = (
    *("gather_facts", "serial", "any_errors_fatal", "max_fail_percentage", "force_handlers"),
    *("port", "connection", "no_log", "check_mode", "diff", "ignore_errors"),
)

OF_PLAY = frozenset({"vars", "connection", "remote_user", "port"})
"""Keywords of a play that its tasks do not take over: they count by themselves."""


@dataclass(frozen=True, slots=True)
class Included:
    """What a role brings that is included while the play runs."""

    nodes: tuple[Step, ...]
    handlers: tuple[Task, ...]
    roles: tuple[Role, ...]


def playbook(
    path: str | Path,
    *,
    roles_path: Sequence[str] = (),
    vault: Opener | None = None,
    check_template: CheckTemplate | None = None,
    rendered: RenderName | None = None,
    extra_vars: Variables | None = None,
    selected: Callable[[frozenset[str]], bool] = not_never,
) -> Playbook:
    """The playbook; Invalid with every error in it and in what it reads.

    ``rendered`` fills the variables that are known, ``extra_vars`` among them, into names that are
    needed before anything runs; what tags do not let run (``selected``) is not certain to be reached.
    """
    reading = Reading(vault, check_template, rendered=rendered, selected=selected)
    found = read(reading, path, roles_path, extra_vars)
    errors = reading.errors()
    if errors:
        raise Invalid(errors)
    possible = tuple(each for each in in_order(reading.problems) if each.level == "possible")
    return replace(found, possible=possible)


def problems(
    path: str | Path,
    *,
    roles_path: Sequence[str] = (),
    vault: Opener | None = None,
    check_template: CheckTemplate | None = None,
) -> list[Problem]:
    """Everything wrong with the playbook and what it reads, warnings included, by file and line."""
    reading = Reading(vault, check_template)
    read(reading, path, roles_path)
    return in_order(reading.problems)


def tasks_file(
    path: str | Path,
    include: Include,
    *,
    variables: Mapping[str, Value] | None = None,
    vault: Opener | None = None,
    rendered: RenderName | None = None,
) -> tuple[Step, ...]:
    """The tasks that an ``include_tasks`` brings, now that its file is known: a name as the task
    gives it, or a path.  ``variables``: of the loop's item.  Invalid with every error."""
    reading = Reading(vault, rendered=rendered)
    level = inclusion(include, variables)
    mark = include.marks.get("file", include.mark)
    paths = task_files(str(path), include.origin, level)
    file = first_file(paths)
    if not file:
        raise Invalid([Problem(mark, f"there is no file '{path}'; {sought(paths)}")])
    found = RoleReader(reading).tasks.file(file, level, mark)
    if reading.errors():
        raise Invalid(reading.errors())
    return tuple(found)


def included_role(
    include: Include,
    args: Mapping[str, Value],
    *,
    variables: Mapping[str, Value] | None = None,
    vault: Opener | None = None,
    rendered: RenderName | None = None,
) -> Included:
    """What an ``include_role`` brings, now that its arguments are rendered; Invalid otherwise."""
    reading = Reading(vault, rendered=rendered)
    known = replace(include, args=args)
    if variables:
        known = replace(known, vars=(*include.vars, variables))
    mark = include.marks.get("name", include.mark)
    brought = RoleReader(reading).included(str(args["name"]), known, mark)
    if reading.errors():
        raise Invalid(reading.errors())
    used = (brought.use,) if brought.use is not None else ()
    return Included(once(brought.nodes, selected=False), tuple(brought.handlers), used)


def read(
    reading: Reading,
    path: str | Path,
    roles_path: Sequence[str] = (),
    extra_vars: Variables | None = None,
) -> Playbook:
    """What there is to be had of the playbook; what is wrong goes to the reading's problems."""
    path = Path(path).absolute()
    look_in(str(path.parent))
    for note in unused(str(path.parent)):
        reading.warning(Mark(shown(path), 1, 1), note)
    elsewhere = tuple(str(Path(each).absolute()) for each in roles_path)
    level = Level(str(path.parent), elsewhere, known=(extra_vars or {},))
    plays = _plays(reading, str(path), level, Mark(shown(path), 1, 1))
    return Playbook(shown(path), tuple(plays), reading.files)


def _plays(reading: Reading, path: str, level: Level, mark: Mark) -> list[Play]:
    if path in level.within:
        reading.error(mark, "this playbook imports itself: break the circle")
        return []
    source = reading.source(path)
    if source.root is None or source.root.value == []:
        if not any(problem.mark.file == source.file for problem in reading.problems):
            reading.error(source.start, "this playbook is empty: it needs a play, '- hosts: …'")
        return []
    if not isinstance(source.root, SequenceNode):
        message = "a playbook is a list of plays: begin each with '- hosts: …'"
        reading.error(source.mark(source.root), message)
        return []
    level = replace(level, within=(*level.within, path))
    found: list[Play] = []
    for node in source.root.value:
        found += _entry(reading, source, node, level)
    return found


def _entry(reading: Reading, source: Source, node: Node, level: Level) -> list[Play]:
    """A play, or the plays of an imported playbook."""
    mark = source.mark(node)
    if not isinstance(node, MappingNode):
        reading.error(mark, "a play has to be a mapping with 'hosts: …' and 'tasks: …'")
        return []
    keys = [str(key.value) for key, _ in node.value if isinstance(key, ScalarNode)]
    if any(plain_name(key) == "import_playbook" for key in keys):
        return _imported(reading, source, node, level)
    if "hosts" not in keys and "include" in map(plain_name, keys):
        message = "Ansible has no 'include' of a playbook any more: write 'import_playbook: …'"
        reading.error(mark, message)
        return []
    if "hosts" not in keys and any(exists(key) for key in keys):
        message = (
            "this is a task, and a playbook is a list of plays: put it below a play's 'tasks:'"
        )
        reading.error(mark, message)
        return []
    return [_play(reading, source, node, level)]


def _imported(reading: Reading, source: Source, node: MappingNode, level: Level) -> list[Play]:
    """The plays of another playbook; what the import says goes on each of them."""
    here = said(reading, source, node, "import", level.known)
    value = here.values.get("import_playbook")
    mark = here.mark("import_playbook", source.mark(node))
    for entry in list(here.others):
        if plain_name(entry.key) == "import_playbook":
            here.others.remove(entry)
            value, mark = source.data(entry.node), entry.mark
    nothing_else(reading, "import", here.others)
    if not isinstance(value, str) or is_template(value):
        message = "'import_playbook' is read before anything runs: give it the path of a playbook"
        reading.error(mark, message)
        return []
    paths = candidates(value, (), [str(Path(source.path).parent)])
    of_collections = in_collections(value, "playbooks", level.home)
    ends = (".yml", ".yaml")
    path = first_file([*paths, *(each.with_suffix(end) for each in of_collections for end in ends)])
    if not path:
        missing = missing_collection(value, level.home)
        said_of = f": {missing}" if missing else f"; {sought(paths)}"
        reading.error(mark, f"there is no playbook {quoted(value)}{said_of}")
        return []
    pushed = {name: value for name, value in here.values.items() if name in ("when", "tags")}
    variables = here.values.get("vars") or {}
    inner = replace(level.inner(pushed), home=str(Path(path).parent))
    inner = replace(inner, known=inner.knowing(variables))
    plays = _plays(reading, path, inner, mark)
    return [replace(play, vars={**play.vars, **variables}) for play in plays]


def _play(reading: Reading, source: Source, node: MappingNode, level: Level) -> Play:
    mark = source.mark(node)
    here = said(reading, source, node, "play", level.known)
    nothing_else(reading, "play", here.others)
    own = here.values
    _choices(reading, here)
    hosts = own.get("hosts")
    if "hosts" not in here.entries:
        reading.error(mark, "this play names no hosts: add 'hosts: all'")
    elif hosts in ("", []):
        reading.error(here.mark("hosts", mark), "'hosts' is empty: name hosts, or 'all'")
    reading.parts = parts = Parts()
    pushed = {name: value for name, value in own.items() if name not in OF_PLAY}
    inner = level.inner(pushed)
    inner = replace(inner, known=(own.get("vars") or {}, *level.known))
    inner = replace(inner, native=(own.get("vars") or {}).get(NATIVE))
    roles = RoleReader(reading)
    tasks = roles.tasks
    pre = tasks.steps(source, here.node("pre_tasks"), inner, "'pre_tasks'")
    of_roles = roles.of_play(source, here.node("roles"), inner)
    main = tasks.steps(source, here.node("tasks"), inner, "'tasks'")
    post = tasks.steps(source, here.node("post_tasks"), inner, "'post_tasks'")
    late = replace(inner, handlers=True)
    handlers = tasks.steps(source, here.node("handlers"), late, "'handlers'")
    known = [each for each in handlers if isinstance(each, Task)]
    every = (*parts.role_handlers, *known, *parts.handlers)
    _answered(reading, every)
    _vars_files(reading, source, here, level)
    named = ",".join(map(str, listed(hosts)))
    return Play(
        name=str(own.get("name") or named),
        hosts=hosts if hosts is not None else "",
        sections=(tuple(pre), once([*of_roles, *main], selected=False), tuple(post)),
        handlers=every,
        mark=mark,
        vars=own.get("vars") or {},
        vars_files=listed(own.get("vars_files")),
        prompts=_prompts(reading, source, here),
        roles=tuple(parts.roles),
        strategy=str(own.get("strategy") or "linear"),
        become=become_of(own),
        environment=listed(own.get("environment")),
        remote_user=own.get("remote_user", own.get("user")),
        order=str(own.get("order") or "inventory"),
        tags=level.tags | tags_of(own.get("tags")),
        **_plain(own),
    )


def _prompts(reading: Reading, source: Source, here: KeywordValues) -> tuple[Prompt, ...]:
    """The variables that a play asks the operator for."""
    found = []
    node = here.node("vars_prompt") if "vars_prompt" in here.values else None
    for each in sequence(reading, source, node, "'vars_prompt'"):
        if not isinstance(each, MappingNode):
            continue
        given = {}
        for entry in source.entries(each):
            if entry.key not in PROMPT:
                message = f"a prompt has no '{entry.key}'{close(entry.key, PROMPT)}"
                reading.error(entry.mark, message)
            given[entry.key] = source.data(entry.node)
        name = given.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            reading.error(source.mark(each), "a prompt has to name its variable: add 'name: …'")
            continue
        size = str(given.get("salt_size"))
        found.append(
            Prompt(
                name,
                str(given.get("prompt") or name),
                source.mark(each),
                default=given.get("default"),
                encrypt=str(given.get("encrypt") or ""),
                salt=str(given.get("salt") or ""),
                salt_size=int(size) if size.isdigit() else 0,
                private=str(given.get("private", True)).lower() not in FALSE,
                confirm=str(given.get("confirm", False)).lower() in TRUE,
                unsafe=str(given.get("unsafe", False)).lower() in TRUE,
            )
        )
    return tuple(found)


def _plain(own: Mapping[str, Value]) -> dict[str, Any]:
    """The play's keywords that are kept as they are written."""
    return {name: own[name] for name in PLAIN if name in own}


def _choices(reading: Reading, here: KeywordValues) -> None:
    """Keywords of a play that are one of a few words."""
    own = here.values
    if "user" in own and "remote_user" in own:
        reading.error(here.entries["user"].mark, "'user' is 'remote_user': give it once")
    choices = {"strategy": STRATEGIES, "order": ORDERS, "connection": CONNECTIONS}
    for name, words in choices.items():
        value = own.get(name)
        plain = str(value).rpartition(".")[2]
        if value is not None and not is_template(value) and plain not in words:
            hint = close(plain, words)
            message = f"'{name}' is one of {', '.join(words)}, not {quoted(value)}{hint}"
            reading.error(here.entries[name].mark, message)


def _answered(reading: Reading, handlers: Sequence[Task]) -> None:
    """Each name that a task notifies has to be a handler's, or a topic of one."""
    names = set(reading.parts.answering)
    for handler in handlers:
        names |= names_of(handler)
    late = reading.parts.open or any(map(is_template, names))
    for topic, mark in reading.parts.notified:
        if topic in names:
            continue
        hint = close(topic, names)
        if late:
            message = f"no handler '{topic}' is known{hint or '; an include may bring it'}"
            reading.warning(mark, message)
            continue
        if not hint:
            hint = f"; there are {', '.join(sorted(names))}" if names else "; the play has none"
        reading.possible(mark, f"there is no handler '{topic}'{hint}")


def _vars_files(reading: Reading, source: Source, here: KeywordValues, level: Level) -> None:
    """Files of variables that are named for certain have to be there, and to be right."""
    node = here.node("vars_files")
    if node is None:
        return
    items = node.value if isinstance(node, SequenceNode) else [node]
    for item in items:
        names = listed(source.data(item))
        if not names or not all(isinstance(name, str) for name in names):
            message = (
                "'vars_files' has names of files, and lists of which the first there is counts"
            )
            reading.error(source.mark(item), message)
            continue
        if any(map(is_template, names)):
            continue
        paths = [path for name in names for path in variable_files(name, level.home)]
        found = first_file(paths)
        if found:
            variables(reading, found)
        else:
            message = f"there is no file '{names[0]}'; {sought(paths)}"
            reading.error(source.mark(item), message)


def variable_files(name: str, home: str) -> list[Path]:
    """Where a file of ``vars_files`` is sought: beside the playbook, and in its vars/."""
    return [*candidates(name, (), [home]), *candidates(name, (), [str(Path(home, "vars"))])]
