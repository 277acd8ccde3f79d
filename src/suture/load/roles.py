"""Roles: found, read, and put in the place of what names them, dependencies first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from suture.load import tasks
from suture.load.calls import Call
from suture.load.hints import TRUE
from suture.load.keyword_values import said, variables_checked
from suture.load.keywords import is_template
from suture.load.level import Include, Level, RoleUse, tags_of
from suture.load.places import is_dir, is_file
from suture.load.reading import Reading, candidates, first_file, sequence, shown, sought, yaml_in
from suture.load.source import Source, mapping_of
from suture.load.specs import close
from suture.model import Block, Mark, Task, Value, Variables
from suture.model import Node as Step

META = ("dependencies", "allow_duplicates", "galaxy_info", "collections", "argument_specs")
OTHER_META = ("standalone",)
FROM = ("tasks", "vars", "defaults", "handlers")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A use of a role: its name, its parameters, which of its files to take, and the conditions
    and tags that stand on it itself."""

    name: str
    mark: Mark
    params: Variables = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    when: tuple[Value, ...] = ()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Own:
    """What one role's own files say, its dependencies and users left out."""

    path: str
    defaults: Variables
    vars: Variables
    params: Variables


@dataclass(frozen=True, slots=True)
class Brought:
    """What a role brings into a play.  ``own``: itself and its dependencies."""

    nodes: list[Step] = field(default_factory=list)
    handlers: list[Task] = field(default_factory=list)
    own: list[Own] = field(default_factory=list)
    use: RoleUse | None = None


# -- the statements that name roles ----------------------------------------------------------------


def of_play(reading: Reading, source: Source, node: Node | None, level: Level) -> list[Step]:
    """What a play's ``roles:`` bring; their handlers and variables go to the play's parts."""
    found: list[Step] = []
    for item in sequence(reading, source, node, "'roles'"):
        use = _use(reading, source, item, level)
        if use is None:
            continue
        wanted, inner = use
        brought = role(reading, wanted, inner)
        found += brought.nodes
        reading.parts.role_handlers += brought.handlers
        if brought.use is not None:
            reading.parts.roles.append(brought.use)
    return found


def imported(reading: Reading, name: str, made: Call, level: Level) -> list[Step]:
    """What an ``import_role`` brings."""
    brought = role(reading, _by_statement(name, made.args, made.mark), level, _users(level))
    reading.parts.handlers += brought.handlers
    if brought.use is not None and str(made.args.get("public", True)).lower() in TRUE:
        reading.parts.roles.append(brought.use)
    return brought.nodes


def included(reading: Reading, name: str, include: Include, mark: Mark) -> Brought:
    """What an ``include_role`` brings, once its name and arguments are known."""
    level = tasks.inclusion(include)
    brought = role(reading, _by_statement(name, include.args, mark), level, _users(level))
    for handler in brought.handlers:
        reading.parts.answering.update(names_of(handler))
    return brought


def _by_statement(name: str, args: Mapping[str, Value], mark: Mark) -> Wanted:
    files = {part: str(args[f"{part}_from"]) for part in FROM if args.get(f"{part}_from")}
    repeatable = str(args.get("allow_duplicates", True)).lower() in TRUE
    return Wanted(name, mark, {}, files, repeatable)


def _users(level: Level) -> list[Own]:
    """The role in whose tasks a statement stands: what it says holds in the named role too."""
    outer = level.role
    return [Own(outer.path, outer.defaults, outer.vars, outer.params)] if outer else []


def _use(reading: Reading, source: Source, node: Node, level: Level) -> tuple[Wanted, Level] | None:
    """A use as ``roles:`` and ``dependencies:`` write it: a name, or a mapping with parameters."""
    mark = source.mark(node)
    if isinstance(node, ScalarNode):
        return _named(reading, Wanted(node.value, mark), level)
    if not isinstance(node, MappingNode):
        reading.error(mark, "a role is a name, or a mapping with 'role: NAME'")
        return None
    here = said(reading, source, node, "role")
    params: dict[str, Value] = {}
    for entry in here.others:
        if entry.key in ("src", "version", "scm"):
            message = f"'{entry.key}' fetches a role from elsewhere: put the role into roles/"
            reading.error(entry.mark, message)
        elif not entry.key.isidentifier():
            reading.error(entry.mark, f"'{entry.key}' cannot name a variable of the role")
        else:
            params[entry.key] = source.data(entry.node)
            reading.templates(source, entry.node)
    said_here = dict(here.values)
    name = said_here.pop("role", None) or said_here.pop("name", None)
    if not name:
        reading.error(mark, "this role has no name: add 'role: NAME'")
        return None
    params |= said_here.pop("vars", None) or {}
    own = level.inner(said_here)
    wanted = Wanted(
        str(name),
        here.mark("role", here.mark("name", mark)),
        params,
        when=own.when[len(level.when) :],
        tags=tags_of(said_here.get("tags")),
    )
    return _named(reading, wanted, own)


def _named(reading: Reading, wanted: Wanted, level: Level) -> tuple[Wanted, Level] | None:
    if is_template(wanted.name):
        message = "roles are read before anything runs: for a name in a template use 'include_role'"
        reading.error(wanted.mark, message)
        return None
    return wanted, level


# -- one role --------------------------------------------------------------------------------------


def role(
    reading: Reading,
    wanted: Wanted,
    level: Level,
    users: Sequence[Own] = (),
) -> Brought:
    """The role with its dependencies.  ``users`` are the roles that it is named by, outermost
    first."""
    path = _directory(reading, wanted, level, users)
    if not path:
        return Brought()
    key = f"{path}:{wanted.files.get('tasks', 'main')}"
    if key in level.within:
        reading.error(wanted.mark, f"the role '{wanted.name}' needs itself: break the circle")
        return Brought()
    level = replace(level, within=(*level.within, key))
    files = wanted.files
    own = Own(
        path,
        _variables(reading, path, "defaults", files, wanted.mark),
        _variables(reading, path, "vars", files, wanted.mark),
        wanted.params,
    )
    brought = Brought()
    meta = _meta(reading, path)
    for use in _dependencies(reading, meta, replace(level, role=None)):
        dependency = role(reading, *use, [*users, own])
        brought.nodes.extend(dependency.nodes)
        brought.handlers.extend(dependency.handlers)
        brought.own.extend(dependency.own)
    used = RoleUse(
        Path(path).name if Path(wanted.name).is_absolute() else wanted.name,
        path,
        _merged(*(each.defaults for each in (*brought.own, *users, own))),
        _merged(*(each.vars for each in (*users, *brought.own, own))),
        _merged(*(each.params for each in (*users, own))),
        level.when,
        level.tags,
        _said_true(meta, "allow_duplicates") if wanted.repeatable is None else wanted.repeatable,
        (wanted.when, wanted.tags),
    )
    inner = replace(level, role=used)
    for handlers, part in ((False, "tasks"), (True, "handlers")):
        for file in _files(reading, path, part, files, wanted.mark):
            nodes = tasks.tasks_in(reading, file, inner, wanted.mark, handlers)
            if handlers:
                brought.handlers.extend(node for node in nodes if isinstance(node, Task))
            else:
                brought.nodes.extend(nodes)
    brought.own.append(own)
    return replace(brought, use=used)


def _merged(*levels: Variables) -> Variables:
    found: dict[str, Value] = {}
    for level in levels:
        found.update(level)
    return found


def _directory(reading: Reading, wanted: Wanted, level: Level, users: Sequence[Own]) -> str:
    """The role's directory; a problem that says where it was sought when there is none."""
    beside = [str(Path(user.path).parent) for user in users[-1:]]
    homes = [str(Path(level.home, "roles")), *level.roles_path, *beside, level.home]
    paths = candidates(wanted.name, (), homes)
    for path in [*paths, Path(wanted.name).absolute()]:
        if wanted.name and is_dir(path):
            return str(path)
    reading.error(wanted.mark, f"there is no role '{wanted.name}'; {sought(paths)}")
    return ""


def _files(
    reading: Reading, path: str, part: str, files: Mapping[str, str], mark: Mark
) -> list[str]:
    """The role's file of that part, if there is one; one that was asked for has to be there."""
    directory = str(Path(path, part))
    wanted = files.get(part)
    paths = yaml_in(directory, wanted or "main", exact_first=wanted is not None)
    found = first_file(paths)
    if not found and wanted:
        reading.error(mark, f"the role has no '{part}/{wanted}'; {sought(paths[:2])}")
    return [found] if found else []


def _variables(
    reading: Reading, path: str, part: str, files: Mapping[str, str], mark: Mark
) -> Variables:
    """The role's defaults or vars: a file, or every file in a directory of that name."""
    directory = Path(path, part, files.get(part, "main"))
    if is_dir(directory):
        found = sorted(each for each in directory.rglob("*") if _is_data(each))
        names = [str(each) for each in found]
    else:
        names = _files(reading, path, part, files, mark)
    return _merged(*(variables(reading, name) for name in names))


def _is_data(path: Path) -> bool:
    hidden = path.name.startswith(".") or path.name.endswith("~")
    return is_file(path) and not hidden and path.suffix in ("", ".yml", ".yaml", ".json")


def variables(reading: Reading, path: str) -> Variables:
    """A file of variables, with its names, numbers and templates checked."""
    source = reading.source(path)
    if isinstance(source.root, MappingNode):
        variables_checked(reading, source, source.root)
        reading.templates(source, source.root)
    return mapping_of(source)


Meta = Mapping[str, tuple[Source, Node]]


def _dependencies(reading: Reading, meta: Meta, level: Level) -> Iterator[tuple[Wanted, Level]]:
    if "dependencies" in meta:
        source, node = meta["dependencies"]
        for item in sequence(reading, source, node, "'dependencies'"):
            use = _use(reading, source, item, level)
            if use is not None:
                yield use


def _said_true(meta: Meta, key: str) -> bool:
    if key not in meta:
        return False
    source, node = meta[key]
    return str(source.data(node)).lower() in TRUE


def _meta(reading: Reading, path: str) -> Meta:
    """What ``meta/main.yml`` says, by key."""
    directory = str(Path(path, "meta"))
    unchecked = "argument specs are not checked: use 'assert' in the role's tasks"
    specs = first_file(yaml_in(directory, "argument_specs", exact_first=False))
    if specs:
        reading.warning(Mark(shown(specs), 1, 1), unchecked)
    file = first_file(yaml_in(directory, "main", exact_first=False))
    source = reading.source(file) if file else None
    if source is None or source.root is None:
        return {}
    if not isinstance(source.root, MappingNode):
        reading.error(
            source.start, "a role's meta file holds a mapping, such as 'dependencies: []'"
        )
        return {}
    found = {}
    for entry in source.entries(source.root):
        if entry.key not in (*META, *OTHER_META):
            hint = close(entry.key, META) or f"; it has {', '.join(META)}"
            reading.error(entry.mark, f"a role's meta file has no '{entry.key}'{hint}")
        if entry.key == "argument_specs":
            reading.warning(entry.mark, unchecked)
        found[entry.key] = (source, entry.node)
    return found


def names_of(handler: Task) -> set[str]:
    """What a handler answers to: its name, with its role's before it too, and its topics."""
    names = {handler.name, *handler.listen}
    return names | {f"{handler.role.name} : {handler.name}"} if handler.role else names


# -- a role that is used twice ---------------------------------------------------------------------


def once(nodes: Sequence[Step], *, selected: bool) -> tuple[Step, ...]:
    """The nodes without those of a role that an earlier use in the same play has done already.

    A use is done already by an equal one (parameters, own conditions, own tags) that stands under
    no further condition and, unless tags have been ``selected`` already, would be selected
    whenever this one is.
    """
    uses: list[RoleUse] = []
    for task in tasks_of(nodes):
        if isinstance(task.role, RoleUse) and not any(task.role is use for use in uses):
            uses.append(task.role)
    done = [
        later
        for index, later in enumerate(uses)
        if any(_covers(earlier, later, selected) for earlier in uses[:index])
    ]
    return tuple(_without(nodes, done)) if done else tuple(nodes)


def _covers(earlier: RoleUse, later: RoleUse, selected: bool) -> bool:
    same = earlier.path == later.path and earlier.own == later.own
    if not same or earlier.params != later.params or later.repeatable or earlier.repeatable:
        return False
    conditions = all(condition in later.when for condition in earlier.when)
    return conditions and (selected or later.tags <= earlier.tags)


def _without(nodes: Sequence[Step], done: Sequence[RoleUse]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Block):
            parts = (tuple(_without(part, done)) for part in (node.tasks, node.rescue, node.always))
            block, rescue, always = parts
            if block or rescue or always:
                yield replace(node, tasks=block, rescue=rescue, always=always)
        elif not any(node.role is use for use in done):
            yield node


def tasks_of(nodes: Sequence[Step], *, rescues: bool = True) -> Iterator[Task]:
    """Every task among the nodes, in blocks too; those of ``rescue`` and ``always`` if wanted."""
    for node in nodes:
        if isinstance(node, Block):
            parts = (*node.tasks, *node.rescue, *node.always) if rescues else node.tasks
            yield from tasks_of(parts, rescues=rescues)
        else:
            yield node
