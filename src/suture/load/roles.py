"""Roles: found, read, and put in the place of what names them, dependencies first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from suture.foreign.places import in_collections, missing_collection
from suture.foreign.plugins import look_in, unused
from suture.load.calls import Call
from suture.load.hints import TRUE
from suture.load.inclusions import inclusion
from suture.load.keyword_values import said, variables_checked
from suture.load.keywords import is_template
from suture.load.level import Include, Level, RoleUse, tags_of
from suture.load.places import is_dir, is_file
from suture.load.reading import Reading, candidates, first_file, sequence, shown, sought, yaml_in
from suture.load.role_parts import Brought, Own, WantedRole
from suture.load.role_uses import names_of
from suture.load.source import Source, is_null, mapping_of
from suture.load.specs import close
from suture.load.tasks import TaskReader
from suture.model import Mark, Task, Value, Variables
from suture.model import Node as Step

META = ("dependencies", "allow_duplicates", "galaxy_info", "collections", "argument_specs")
OTHER_META = ("standalone",)
OF_GALAXY = ("src", "version", "scm")
"""What says where ``ansible-galaxy`` fetches a role from: nothing to whoever runs it."""

EVERYBODYS = ("~/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles")
"""Where ``ansible-galaxy`` puts roles."""

FROM = ("tasks", "vars", "defaults", "handlers")


@dataclass(frozen=True, slots=True)
class RoleReader:
    """Reads roles, and through ``tasks`` what is in them; what it finds goes to the ``reading``."""

    reading: Reading

    @property
    def tasks(self) -> TaskReader:
        return TaskReader(self.reading, self)

    def of_play(self, source: Source, node: Node | None, level: Level) -> list[Step]:
        """What a play's ``roles:`` bring; their handlers and variables go to the play's parts."""
        found: list[Step] = []
        for item in sequence(self.reading, source, node, "'roles'"):
            use = self._use(source, item, level)
            if use is None:
                continue
            wanted, inner = use
            brought = self.role(wanted, inner)
            found += brought.nodes
            self.reading.parts.role_handlers += brought.handlers
            if brought.use is not None:
                self.reading.parts.roles.append(brought.use)
        return found

    def imported(self, name: str, made: Call, level: Level) -> list[Step]:
        """What an ``import_role`` brings."""
        args = dict(made.args)
        for file in (f"{part}_from" for part in FROM):
            if is_template(args.get(file)):
                mark = made.marks.get(file, made.mark)
                args[file] = self.reading.named(args[file], level.known, mark, "include_role")
        brought = self.role(_by_statement(name, args, made.mark), level, _users(level))
        self.reading.parts.handlers += brought.handlers
        if brought.use is not None and str(made.args.get("public", True)).lower() in TRUE:
            self.reading.parts.roles.append(brought.use)
        return brought.nodes

    def included(self, name: str, include: Include, mark: Mark) -> Brought:
        """What an ``include_role`` brings, once its name and arguments are known."""
        level = inclusion(include)
        brought = self.role(_by_statement(name, include.args, mark), level, _users(level))
        for handler in brought.handlers:
            self.reading.parts.answering.update(names_of(handler))
        return brought

    def _use(self, source: Source, node: Node, level: Level) -> tuple[WantedRole, Level] | None:
        """A use as ``roles:`` and ``dependencies:`` write it: a name, or a mapping with parameters."""
        mark = source.mark(node)
        if isinstance(node, ScalarNode):
            return self._named(WantedRole(node.value, mark), level)
        if not isinstance(node, MappingNode):
            self.reading.error(mark, "a role is a name, or a mapping with 'role: NAME'")
            return None
        here = said(self.reading, source, node, "role", level.known)
        params: dict[str, Value] = {}
        fetched = ""
        for entry in here.others:
            if entry.key in OF_GALAXY:
                fetched = str(source.data(entry.node)) if entry.key == "src" else fetched
            elif not entry.key.isidentifier():
                message = f"'{entry.key}' cannot name a variable: templates will not see it"
                self.reading.warning(entry.mark, message)
            else:
                params[entry.key] = source.data(entry.node)
                self.reading.templates(source, entry.node)
        said_here = dict(here.values)
        name = said_here.pop("role", None) or said_here.pop("name", None)
        name = name or role_of_url(fetched)
        if not name:
            self.reading.error(mark, "this role has no name: add 'role: NAME'")
            return None
        params |= said_here.pop("vars", None) or {}
        own = level.inner(said_here)
        wanted = WantedRole(
            str(name),
            here.mark("role", here.mark("name", mark)),
            params,
            when=own.when[len(level.when) :],
            tags=tags_of(said_here.get("tags")),
        )
        return self._named(wanted, own)

    def _named(self, wanted: WantedRole, level: Level) -> tuple[WantedRole, Level] | None:
        name = self.reading.named(wanted.name, level.known, wanted.mark, "include_role")
        return (replace(wanted, name=name), level) if name else None

    def role(
        self,
        wanted: WantedRole,
        level: Level,
        users: Sequence[Own] = (),
    ) -> Brought:
        """The role with its dependencies.  ``users`` are the roles that it is named by, outermost
        first."""
        path = self._directory(wanted, level, users)
        if not path:
            return Brought()
        look_in(path)
        for note in unused(path):
            self.reading.warning(wanted.mark, note)
        key = f"{path}:{wanted.files.get('tasks', 'main')}"
        if key in level.within:
            self.reading.error(
                wanted.mark, f"the role '{wanted.name}' needs itself: break the circle"
            )
            return Brought()
        level = replace(level, within=(*level.within, key))
        files = wanted.files
        own = Own(
            path,
            self._variables(path, "defaults", files, wanted.mark),
            self._variables(path, "vars", files, wanted.mark),
            wanted.params,
        )
        brought = Brought()
        meta = self._meta(path)
        for use in self._dependencies(meta, replace(level, role=None)):
            dependency = self.role(*use, [*users, own])
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
            _said_true(meta, "allow_duplicates")
            if wanted.repeatable is None
            else wanted.repeatable,
            (wanted.when, wanted.tags),
        )
        inner = replace(
            level, role=used, handlers=False, known=(used.defaults, *level.knowing(used.vars))
        )
        entry = Path(files.get("tasks", "main")).stem
        check = self._argument_check(path, meta, entry, inner)
        brought.nodes.extend([check] if check else [])
        for file in self._files(path, "tasks", files, wanted.mark):
            brought.nodes.extend(self.tasks.file(file, inner, wanted.mark))
        for file in self._files(path, "handlers", files, wanted.mark):
            nodes = self.tasks.file(file, replace(inner, handlers=True), wanted.mark)
            brought.handlers.extend(node for node in nodes if isinstance(node, Task))
        brought.own.append(own)
        return replace(brought, use=used)

    def _directory(self, wanted: WantedRole, level: Level, users: Sequence[Own]) -> str:
        """The role's directory; a problem that says where it was sought when there is none."""
        beside = [str(Path(user.path).parent) for user in users[-1:]]
        homes = [str(Path(level.home, "roles")), *level.roles_path, *beside, level.home]
        near = candidates(wanted.name, (), homes)
        shared = [str(Path(each).expanduser()) for each in EVERYBODYS]
        names = [wanted.name, *(f"{each}.{wanted.name}" for each in level.collections)]
        elsewhere = [
            *(path for name in names for path in in_collections(name, "roles", level.home)),
            *candidates(wanted.name, (), shared),
        ]
        for path in [*near, *elsewhere, Path(wanted.name).absolute()]:
            if wanted.name and is_dir(path):
                return str(path)
        if missing := missing_collection(wanted.name, level.home):
            self.reading.error(wanted.mark, f"there is no role '{wanted.name}': {missing}")
            return ""
        message = f"there is no role '{wanted.name}'{_to_install(wanted.name, level)}"
        self.reading.error(wanted.mark, f"{message}; {sought(near)}")
        return ""

    def _files(self, path: str, part: str, files: Mapping[str, str], mark: Mark) -> list[str]:
        """The role's file of that part, if there is one; one that was asked for has to be there."""
        directory = str(Path(path, part))
        wanted = files.get(part)
        paths = yaml_in(directory, wanted or "main", exact_first=wanted is not None)
        found = first_file(paths)
        if not found and wanted:
            self.reading.error(mark, f"the role has no '{part}/{wanted}'; {sought(paths[:2])}")
        return [found] if found else []

    def _variables(self, path: str, part: str, files: Mapping[str, str], mark: Mark) -> Variables:
        """The role's defaults or vars: a file, or every file in a directory of that name."""
        directory = Path(path, part, files.get(part, "main"))
        if is_dir(directory):
            found = sorted(each for each in directory.rglob("*") if _is_data(each))
            names = [str(each) for each in found]
        else:
            names = self._files(path, part, files, mark)
        return _merged(*(variables(self.reading, name) for name in names))

    def _dependencies(self, meta: Meta, level: Level) -> Iterator[tuple[WantedRole, Level]]:
        if "dependencies" in meta:
            source, node = meta["dependencies"]
            for item in sequence(self.reading, source, node, "'dependencies'"):
                use = self._use(source, item, level)
                if use is not None:
                    yield use

    def _argument_check(self, path: str, meta: Meta, entry: str, level: Level) -> Task | None:
        """The task that holds the role's variables against what the role says of them, if it says
        anything of this entry: it has the tag "always"."""
        file = first_file(yaml_in(str(Path(path, "meta")), "argument_specs", exact_first=False))
        source, node = meta.get("argument_specs", (None, None))
        told: Value = source.data(node) if source is not None and node is not None else None
        mark = source.mark(node) if source is not None and node is not None else Mark(path, 1, 1)
        if file:
            source = self.reading.source(file)
            told, mark = mapping_of(source).get("argument_specs"), source.start
        about = told.get(entry) if isinstance(told, dict) else None
        if not isinstance(about, dict) or level.role is None:
            return None
        short = str(about.get("short_description") or "")
        name = f"Validating arguments against arg spec '{entry}'"
        context = {
            "type": "role",
            "name": level.role.name,
            "argument_spec_name": entry,
            "path": path,
        }
        return Task(
            f"{name} - {short}" if short else name,
            "validate_argument_spec",
            {"argument_spec": about.get("options") or {}, "validate_args_context": context},
            mark,
            when=level.when,
            tags=level.tags | {"always"},
            vars=level.vars,
            environment=level.environment,
            role=level.role,
            origin=str(Path(path, "tasks", "main.yml")),
            **level.simple,
        )

    def _meta(self, path: str) -> Meta:
        """What ``meta/main.yml`` says, by key."""
        directory = str(Path(path, "meta"))
        file = first_file(yaml_in(directory, "main", exact_first=False))
        source = self.reading.source(file) if file else None
        if source is None or source.root is None or is_null(source.root):
            return {}
        if not isinstance(source.root, MappingNode):
            self.reading.error(
                source.start, "a role's meta file holds a mapping, such as 'dependencies: []'"
            )
            return {}
        found = {}
        for entry in source.entries(source.root):
            if entry.key not in (*META, *OTHER_META):
                hint = close(entry.key, META) or f"; it has {', '.join(META)}"
                self.reading.error(entry.mark, f"a role's meta file has no '{entry.key}'{hint}")
            found[entry.key] = (source, entry.node)
        return found


def _by_statement(name: str, args: Mapping[str, Value], mark: Mark) -> WantedRole:
    files = {part: str(args[f"{part}_from"]) for part in FROM if args.get(f"{part}_from")}
    repeatable = str(args.get("allow_duplicates", True)).lower() in TRUE
    return WantedRole(name, mark, {}, files, repeatable)


def _users(level: Level) -> list[Own]:
    """The role in whose tasks a statement stands: what it says holds in the named role too."""
    outer = level.role
    return [Own(outer.path, outer.defaults, outer.vars, outer.params)] if outer else []


def _merged(*levels: Variables) -> Variables:
    found: dict[str, Value] = {}
    for level in levels:
        found.update(level)
    return found


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


def _said_true(meta: Meta, key: str) -> bool:
    if key not in meta:
        return False
    source, node = meta[key]
    return str(source.data(node)).lower() in TRUE


def role_of_url(url: str) -> str:
    """The name of a role that is fetched from there, as ``ansible-galaxy`` calls it."""
    name = url.split(",", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    return re.sub(r"(\.git|\.tar\.gz)$", "", name)


def _to_install(name: str, level: Level) -> str:
    """The command that installs a role which a requirements file beside the playbook names."""
    for folder in ("roles", "."):
        for file in ("requirements.yml", "requirements.yaml"):
            path = Path(level.home, folder, file)
            if is_file(path) and re.search(rf"\b{re.escape(name)}\b", _text(path)):
                install = f"ansible-galaxy install -r {shown(path)}"
                return f": it is not installed yet; do so with '{install}'"
    return ""


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")
