"""What a play, a role, an import or a block puts on every task inside of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from suture.load.keywords import is_template
from suture.model import Become, Inherited, Role, Task, Value, Variables

NATIVE = "suture_native"
"""The variable that says which module runs where both Suture and Ansible have one: "prefer" ours, or
"never".  It is read before anything runs: in ``vars`` of a task, a block or a play, and for a whole
run in the environment, in capitals."""

UNSAID = Become()
"""Nothing is said about becoming another user."""

SIMPLE = (
    "no_log",
    "check_mode",
    "diff",
    "ignore_errors",
    "run_once",
    "delegate_to",
    "any_errors_fatal",
    "timeout",
    "throttle",
    "exception",
    "delegate_facts",
    "ignore_unreachable",
    "connection",
    "remote_user",
    "port",
)
"""Keywords of which the innermost counts."""


CONDITIONAL = frozenset({"when", "ignore_errors"})
"""Keywords below which nothing is certain to be reached, or to end the play by its failure."""


DEEPEST = 50
"""Levels of blocks, or of includes that include each other, beyond which nothing is meant."""


def listed(value: Value) -> tuple[Value, ...]:
    """A value that may be one thing or a list of them."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def tags_of(value: Value) -> frozenset[str]:
    """The tags of a ``tags`` keyword: a list, or text with commas."""
    words = (word.strip() for each in listed(value) for word in str(each).split(","))
    return frozenset(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Level:
    """Everything said so far on the way in, outermost first.

    ``home`` is the playbook's directory and ``roles_path`` where else roles are sought; ``within``
    the files on the way in, so that one that imports itself is found out.  ``certain``: whether
    what stands here is surely reached, and its failure ends the play for the host; ``known``: the
    variables that can be told before anything runs, the strongest last, which are the operator's;
    ``handlers``: whether handlers stand here; ``depth``: how many blocks stand around, and
    ``included`` how many includes that were met one within the other.
    """

    home: str
    roles_path: tuple[str, ...] = ()
    role: Role | None = None
    within: tuple[str, ...] = ()
    when: tuple[Value, ...] = ()
    tags: frozenset[str] = frozenset()
    vars: tuple[Variables, ...] = ()
    environment: tuple[Value, ...] = ()
    notify: tuple[Value, ...] = ()
    become: Become = UNSAID
    module_defaults: tuple[Mapping[str, Value], ...] = ()
    simple: Mapping[str, Value] = field(default_factory=dict)
    certain: bool = True
    known: tuple[Variables, ...] = ()
    handlers: bool = False
    collections: tuple[Value, ...] = ()
    native: Value = None
    depth: int = 0
    included: int = 0

    def knowing(self, variables: Variables) -> tuple[Variables, ...]:
        """What is known with these too, which are stronger than all but the operator's."""
        return (*self.known[:-1], variables, *self.known[-1:])

    def inner(self, said: Mapping[str, Value]) -> Level:
        """The level inside something that says this."""
        simple = simple_of(said, self.simple)
        variables = said.get("vars")
        defaults = said.get("module_defaults")
        return replace(
            self,
            when=(*self.when, *listed(said.get("when"))),
            tags=self.tags | tags_of(said.get("tags")),
            vars=(*self.vars, variables) if variables else self.vars,
            environment=(*self.environment, *listed(said.get("environment"))),
            notify=listed(said["notify"]) if "notify" in said else self.notify,
            become=become_of(said, self.become),
            module_defaults=(*self.module_defaults, defaults) if defaults else self.module_defaults,
            simple={**self.simple, **simple} if simple else self.simple,
            certain=self.certain and not CONDITIONAL & said.keys(),
            known=self.knowing(variables) if variables else self.known,
            collections=listed(said.get("collections", self.collections)),
            native=(variables or {}).get(NATIVE, self.native),
        )


def simple_of(said: Mapping[str, Value], outer: Mapping[str, Value]) -> dict[str, Value]:
    """The simple keywords that are said here, over what the outer levels say."""
    return {name: over(said[name], outer.get(name)) for name in SIMPLE if name in said}


def over(said: Value, outer: Value) -> Value:
    """A keyword's value; a template may be omitted, and then the outer level's holds."""
    return said if outer is None or not is_template(said) else Inherited(said, outer)


def become_of(said: Mapping[str, Value], outer: Become = UNSAID) -> Become:
    """Become as said here, and by the outer level where nothing is said."""
    if not any(f"become{suffix}" in said for suffix in ("", "_user", "_method", "_flags", "_exe")):
        return outer
    outermost = (outer.wanted, outer.user, outer.method, outer.flags, outer.exe)
    names = ("become", "become_user", "become_method", "become_flags", "become_exe")
    return Become(
        *(
            over(said[name], beyond) if name in said else beyond
            for name, beyond in zip(names, outermost, strict=True)
        )
    )


@dataclass(frozen=True, slots=True)
class Include(Task):
    """An ``include_tasks`` or ``include_role``: ``enclosing`` is what its tasks will inherit (they
    take the statement's variables, not its conditions and tags)."""

    enclosing: Level = Level("")
    handler: bool = False


@dataclass(frozen=True, slots=True)
class LateTask(Task):
    """A task whose ``module`` is a template; ``called`` gives the task with the module's name."""

    called: Callable[[str], Task] = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class RoleUse(Role):
    """A role where it is used: the conditions and tags put on it, whether it may run again
    although it ran before in the same play, and its ``own`` conditions and tags among all."""

    when: tuple[Value, ...] = ()
    tags: frozenset[str] = frozenset()
    repeatable: bool = False
    own: tuple[tuple[Value, ...], frozenset[str]] = ((), frozenset())
