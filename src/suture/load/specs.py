"""What modules and statements accept, found by reflection on their ``Args``.

The same dataclass serves validation at its place in the file, coercion of rendered values, JSON
Schema and the reference documentation; the agent only ever instantiates it.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import suture.agent.modules
from suture.agent.protocol.spec import Failure
from suture.load import actions
from suture.load.hints import TRUE, coerced_to, mode_text, optional, options
from suture.suggestions import did_you_mean

REQUIRED: Any = object()
"""The default of an argument that has none."""

COMMAND_LIKE = frozenset({"command", "shell", "script", "raw"})
"""Modules whose text is a command: only these words in it are arguments when followed by '='."""

COMMAND_OPTIONS = frozenset(
    {
        "creates",
        "removes",
        "chdir",
        "executable",
        "stdin",
        "stdin_add_newline",
        "strip_empty_ends",
        "warn",
    }
)

RENAMED = {"systemd_service": "systemd", "gather_facts": "setup", "dnf5": "dnf", "yum": "dnf"}
"""Ansible's names for modules that go by another name here, where the module is there."""

COLLECTIONS = frozenset({"ansible.builtin", "ansible.legacy", "suture"})
OTHER_COLLECTIONS = {
    "ansible.posix": frozenset({"authorized_key", "mount", "sysctl"}),
    "community.general": frozenset({"alternatives", "ini_file", "locale_gen", "timezone"}),
}
"""Modules of other collections that mean the same here, where they are there."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument.  ``kind`` as in ``agent.spec.arg``."""

    name: str
    hint: Any
    doc: str = ""
    kind: str = "value"
    aliases: tuple[str, ...] = ()
    default: Any = REQUIRED
    secret: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    @property
    def is_mode(self) -> bool:
        """Whether it is a file's mode, of which a number means its octal digits."""
        named = self.name.endswith("mode") or self.name == "umask"
        return named and str in options(self.hint)


@dataclass(frozen=True, slots=True)
class Spec:
    """A module as the controller knows it.  ``names`` maps every name and alias to the argument.

    ``free_form`` is the argument that bare text fills, ``extra`` the one that collects what is not
    declared; a module that is performed ``here`` is never sent to a host.
    """

    name: str
    args: Any
    doc: str
    examples: str
    parameters: Mapping[str, Parameter]
    names: Mapping[str, str]
    free_form: str = ""
    extra: str = ""
    here: bool = False

    def finds_there(self, args: Mapping[str, Any]) -> bool:
        """Whether the files that these arguments name are the host's own (``remote_src``)."""
        if "remote_src" not in self.parameters:
            return False
        said = args.get("remote_src", self.parameters["remote_src"].default)
        if "copy" in self.parameters and "remote_src" not in args:
            said = str(args.get("copy", True)).lower() not in TRUE
        return str(said).lower() in TRUE

    def named(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments under their own names instead of aliases."""
        return {self.names.get(str(name), str(name)): value for name, value in args.items()}


@functools.cache
def module_names() -> tuple[str, ...]:
    """Every module and statement that a task can name, sorted."""
    found = pkgutil.iter_modules(suture.agent.modules.__path__)
    shipped = {info.name.rstrip("_") for info in found if not info.name.startswith("_")}
    return tuple(sorted(shipped | set(actions.ACTIONS)))


def plain_name(module: str) -> str:
    """The name that a module goes by here: without its collection, where that is one of ours."""
    collection, _, name = module.rpartition(".")
    if not collection:
        name = module
    elif collection not in COLLECTIONS and name not in OTHER_COLLECTIONS.get(collection, ()):
        return module
    known = module_names()
    if name not in known and RENAMED.get(name) in known:
        return RENAMED[name]
    return name if name in known or not collection else module


def exists(module: str) -> bool:
    return plain_name(module) in module_names()


@functools.cache
def spec(module: str) -> Spec:
    """The module's spec; KeyError when there is no such module."""
    name = plain_name(module)
    if name in actions.ACTIONS:
        action = actions.ACTIONS[name]
        return _reflected(name, action, action.__doc__ or "", action.EXAMPLES, action, True)
    if name not in module_names():
        raise KeyError(module)
    code = _code(name)
    here = bool(getattr(code, "CONTROLLER", False))
    return _reflected(
        name, code.Args, code.__doc__ or "", getattr(code, "EXAMPLES", ""), code, here
    )


def _code(name: str) -> Any:
    try:
        return importlib.import_module(f"suture.agent.modules.{name}")
    except ModuleNotFoundError:
        return importlib.import_module(f"suture.agent.modules.{name}_")


def _reflected(name: str, args: Any, doc: str, examples: str, code: Any, here: bool) -> Spec:
    hints = typing.get_type_hints(args)
    parameters = {}
    for field in dataclasses.fields(args):
        default = REQUIRED if field.default is dataclasses.MISSING else field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        parameters[field.name] = Parameter(
            field.name,
            hints[field.name],
            field.metadata.get("doc", ""),
            field.metadata.get("kind", "value"),
            tuple(field.metadata.get("aliases", ())),
            default,
            bool(field.metadata.get("secret")),
        )
    extra = getattr(code, "EXTRA", "")
    names = {each: each for each in parameters if each != extra}
    for parameter in parameters.values():
        names.update(dict.fromkeys(parameter.aliases, parameter.name))
    free_form = getattr(code, "FREE_FORM", "")
    doc, examples = inspect.cleandoc(doc), inspect.cleandoc(examples)
    return Spec(name, args, doc, examples, parameters, names, free_form, extra, here)


def close(word: str, words: Iterable[str]) -> str:
    """'; did you mean …?' where one of the words is near, else nothing."""
    return did_you_mean(word.lower(), words)


# -- rendered arguments ----------------------------------------------------------------------------


def coerced(module: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Rendered arguments as the module's ``Args`` takes them; Failure with everything wrong.

    Aliases become names, undeclared ones go where the module collects them, values that say
    nothing (None) are left out where None is not a value.
    """
    about = spec(module)
    found: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    wrong = []
    for name, value in args.items():
        canonical = about.names.get(name)
        if canonical is None and about.extra:
            extra[name] = value
        elif canonical is None:
            wrong.append(undeclared(about, name))
        elif about.parameters[canonical].kind != "value":
            found[canonical] = value
        elif value is not None or optional(about.parameters[canonical].hint):
            try:
                if about.parameters[canonical].is_mode:
                    value = mode_text(value)
                found[canonical] = coerced_to(about.parameters[canonical].hint, value)
            except ValueError as error:
                wrong.append(f"{about.name}.{name} {error}")
    if about.extra:
        found[about.extra] = extra
    given = (about.names.get(name, "") for name in args)
    wrong += [missing(about, each) for each in lacking(about, given)]
    wrong += [empty(about, name) for name in args if is_empty(about, name, args[name])]
    if not wrong:
        try:
            about.args(**found)
        except ValueError as error:
            wrong.append(f"{about.name}: {error}")
    if wrong:
        raise Failure("; ".join(wrong))
    return found


def lacking(about: Spec, given: Iterable[str]) -> Iterator[str]:
    """The required arguments that are not among the given ones."""
    there = set(given)
    for parameter in about.parameters.values():
        if parameter.required and parameter.name not in there and parameter.name != about.extra:
            yield parameter.name


def missing(about: Spec, name: str) -> str:
    return f"{about.name} needs '{name}'"


def is_empty(about: Spec, name: str, value: Any) -> bool:
    """Whether a required text is one of nothing: an empty path would be the folder that an agent
    happens to stand in."""
    parameter = about.parameters.get(about.names.get(name, ""))
    if parameter is None or not parameter.required or parameter.name == about.free_form:
        return False
    given = value if isinstance(value, list) else [value]
    return any(isinstance(each, str) and not each.strip() for each in given)


def empty(about: Spec, name: str) -> str:
    return f"{about.name} needs '{name}', and it is empty"


def undeclared(about: Spec, name: str) -> str:
    """The sentence for an argument that the module does not have."""
    hint = close(name, about.names)
    if not hint:
        takes = ", ".join(each for each in about.parameters if each != about.extra)
        hint = f"; it takes {takes}" if takes else "; it takes none"
    return f"{about.name} has no argument '{name}'{hint}"
