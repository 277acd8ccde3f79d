"""Which module a task calls, and with what: every form in which that can be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from yaml.nodes import MappingNode, Node, ScalarNode

from suture.foreign.modules import Context, MissingModule
from suture.load import foreign_calls, specs
from suture.load.actions import ACTIONS, INSTEAD
from suture.load.argument_checks import Argument, complaints, is_out_of_choice, odd_numbers
from suture.load.foreign_checks import doubts
from suture.load.hints import mode_text, shown
from suture.load.keyword_values import KeywordValues
from suture.load.keywords import KEYWORDS, is_template
from suture.load.reading import Reading
from suture.load.source import Entry, Source
from suture.load.specs import COMMAND_LIKE, COMMAND_OPTIONS, Spec, close, exists, plain_name, spec
from suture.load.splitting import arguments as split
from suture.load.splitting import words
from suture.model import MORE, ForeignModule, Mark, Problem, Value

STEERING = frozenset({"when", "loop", "register", "notify", "tags", "until", "become", "vars"})
"""Keywords that nobody means to be a fact's name."""


@dataclass(frozen=True, slots=True)
class Call:
    """A module's name, where it stands, and its arguments by their own names.  ``local``: on the
    controller, as ``local_action`` says; ``foreign``: the module is not ours; ``late``: its name is
    a template."""

    module: str
    mark: Mark
    args: Mapping[str, Value]
    marks: Mapping[str, Mark]
    local: bool = False
    foreign: ForeignModule | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class TaskContext:
    """A task of which the call is wanted; ``defaults`` are its levels of module_defaults.
    ``faults``: takes what is wrong with the call, so that it fails where it is reached; ``where``:
    modules that are not ours are sought from there; ``native``: whether ours come first;
    ``named``: what the template became that stands in the place of its name."""

    reading: Reading
    source: Source
    mark: Mark
    said: KeywordValues
    defaults: Sequence[Mapping[str, Value]]
    faults: list[Problem]
    where: Context
    native: bool = True
    named: str = ""

    def error(self, mark: Mark, message: str) -> None:
        """What makes of the file no list of tasks: it is refused."""
        self.reading.error(mark, message)

    def fault(self, problem: Problem) -> None:
        """What makes the task fail wherever it is reached."""
        if problem.level == "error":
            problem = replace(problem, level="possible")
            self.faults.append(problem)
        self.reading.problems.append(problem)

    def argument(self, entry: Entry) -> Argument:
        return Argument(entry.key, self.source.data(entry.node), entry.mark, entry.node)


def call(task: TaskContext) -> Call | None:
    """The task's call; None, with the problem reported, where there is none."""
    if "action" in task.said.entries or "local_action" in task.said.entries:
        return _action(task)
    entry = _named(task)
    if entry is None:
        return None
    foreign = _foreign(task, entry.key)
    if foreign is None and not exists(entry.key):
        return _absent(task, entry.key, entry.mark, entry.node)
    about = foreign_calls.about(foreign) if foreign else spec(entry.key)
    strays = [
        task.argument(other)
        for other in task.said.others
        if other is not entry and other.key in about.names
    ]
    written = _given(task, about, entry.node)
    return _checked(task, about, entry.mark, written, strays, foreign=foreign)


def _foreign(task: TaskContext, name: str) -> ForeignModule | None:
    """Ansible's module, where the name means one: none of ours goes by it, or one of the author's own
    does, or the author does not want ours."""
    own = foreign_calls.overriding(name, task.where)
    if own is not None:
        return own
    if exists(name) and (task.native or plain_name(name) in ACTIONS):
        return None
    found = foreign_calls.foreign(name, task.where)
    return None if isinstance(found, MissingModule) else found


def _named(task: TaskContext) -> Entry | None:
    """The one key that is a module; every other one that is no keyword is a problem."""
    others = task.said.others
    modules = [entry for entry in others if exists(entry.key)]
    modules = modules or [entry for entry in others if _foreign(task, entry.key) is not None]
    if len(modules) > 1:
        names = " and ".join(f"'{entry.key}'" for entry in modules)
        about = spec(modules[0].key)
        hint = next((entry.key for entry in modules[1:] if entry.key in about.names), "")
        advice = f"indent '{hint}' below '{modules[0].key}', or " if hint else ""
        message = f"a task calls one module, this one names {names}: {advice}make two tasks of it"
        task.error(modules[1].mark, message)
        return None
    if not modules and (meant := _meant(others)) is not None:
        return meant
    for entry in others:
        if entry not in modules:
            task.error(entry.mark, unknown(entry.key, modules[0].key if modules else ""))
    if not others and not task.said.refused:
        task.error(task.mark, "this task calls no module: add one, such as 'command: …'")
    return modules[0] if modules else None


def _meant(others: Sequence[Entry]) -> Entry | None:
    """The one key that can only be a module's name, although there is no such module."""
    found = [entry for entry in others if "." in entry.key] or list(others)
    if len(found) != 1 or len(others) > 1 or of_elsewhere(found[0].key):
        return None
    return found[0]


def _absent(task: TaskContext, name: str, mark: Mark, node: Node | None) -> Call:
    """The call of a module that there is not: it fails where it is reached."""
    task.fault(Problem(mark, unknown(name, where=task.where)))
    given: Sequence[Argument] = ()
    if isinstance(node, MappingNode):
        given = [task.argument(entry) for entry in task.source.entries(node)]
    args = {argument.name: argument.value for argument in given}
    return Call(name, mark, args, {argument.name: argument.mark for argument in given})


def of_elsewhere(key: str) -> str:
    """The sentence for a keyword that stands on a task and belongs elsewhere, or nothing."""
    for place, table in KEYWORDS.items():
        if key in table and place not in ("task", "handler"):
            return f"'{key}' is a keyword of a {place}, not of a task"
    return f"'{key}' is for handlers, not for tasks" if key in KEYWORDS["handler"] else ""


def unknown(key: str, module: str = "", where: Context | None = None) -> str:
    """The sentence for a task's key that is neither a keyword nor a module that there is."""
    names = spec(module).names if module and exists(module) else {}
    if key in names:
        return f"'{key}' is an argument of {module}: indent it below '{module}:'"
    if elsewhere := of_elsewhere(key):
        return elsewhere
    if module:
        words = [*KEYWORDS["task"], *names]
        hint = close(key, words) or f"; remove it, or indent it below '{module}:'"
        return f"a task has no keyword '{key}'{hint}"
    name = key.rpartition(".")[2]
    if name in INSTEAD:
        return f"there is no module '{key}' here; {INSTEAD[name]}"
    hint = close(name, specs.module_names())
    if name != key and exists(name):
        hint = f"; '{name}' is there"
    missing = foreign_calls.foreign(key, where) if where is not None else None
    if isinstance(missing, MissingModule) and missing.reason and (missing.certain or not hint):
        return f"there is no module '{key}' here: {missing.reason}{'' if missing.certain else hint}"
    return f"there is no module '{key}'{hint or '; `suture modules` lists those that are there'}"


def _action(task: TaskContext) -> Call | None:
    """``action: copy src=a dest=b``, and the same as a mapping with ``module``."""
    said = task.said.entries
    local = "local_action" in said
    entry = said["local_action" if local else "action"]
    if local and "action" in said:
        task.error(entry.mark, "give either 'action' or 'local_action'")
        return None
    for other in task.said.others:
        task.error(other.mark, unknown(other.key))
    node, text, rest = entry.node, "", []
    if isinstance(node, MappingNode):
        inner = {each.key: each for each in task.source.entries(node)}
        text = str(task.source.data(inner.pop("module").node)) if "module" in inner else ""
        beside = inner.pop("args", None)
        if beside is not None and isinstance(beside.node, MappingNode):
            rest = [task.argument(each) for each in task.source.entries(beside.node)]
        rest += map(task.argument, inner.values())
    elif isinstance(node, ScalarNode):
        text = str(task.source.data(node) or "")
    mark = task.source.mark(node)
    try:
        name = words(text.strip())[0].text if text.strip() else ""
    except ValueError as error:
        task.error(mark, str(error))
        return None
    text = text.strip()[len(name) :]
    if not name:
        task.error(mark, f"'{entry.key}' names no module: '{entry.key}: ping'")
        return None
    if is_template(name) and not task.named:
        task.reading.template(name, mark)
        return Call(name, mark, {}, {}, local, late=True)
    name = task.named or name
    foreign = _foreign(task, name)
    if foreign is None and not exists(name):
        return _absent(task, name, mark, None)
    about = foreign_calls.about(foreign) if foreign else spec(name)
    written = _of_text(task, about, text, mark)
    return _checked(task, about, mark, written, rest, local, foreign)


def _checked(
    task: TaskContext,
    about: Spec,
    mark: Mark,
    written: list[Argument] | None,
    others: Sequence[Argument] = (),
    local: bool = False,
    foreign: ForeignModule | None = None,
) -> Call:
    """The call with its arguments: as ``written`` (None: not readable), beside it, by default."""
    given = [*(written or ()), *others]
    if foreign is None:
        foreign = _better(task, about, given, mark)
        about = foreign_calls.about(foreign) if foreign else about
    names = {argument.name for argument in given}
    beside = task.said.node("args")
    if isinstance(beside, MappingNode):
        entries = (entry for entry in task.source.entries(beside) if entry.key not in names)
        given += map(task.argument, entries)
    elif isinstance(beside, ScalarNode) and _is_one_template(beside.value):
        given.append(Argument(MORE, beside.value, task.source.mark(beside), beside))
    open_ = any(argument.name == MORE for argument in given)
    there = {about.names.get(argument.name, argument.name) for argument in given}
    for name, value in _defaults(task, about, foreign).items():
        if about.names.get(name, name) not in there:
            given.append(Argument(name, value, mark))
    known = foreign_calls.documented(foreign, task.where) if foreign else None
    if foreign is not None and known is not None and not open_:
        task.reading.problems.extend(doubts(foreign, known, given, mark))
    if written is not None and foreign is None and not open_:
        for problem in complaints(about, given, task.source, mark):
            task.fault(problem)
    given = [_meant_mode(about, argument) for argument in given]
    for argument in given:
        _look_inside(task, about, argument)
    args = about.named({argument.name: argument.value for argument in given})
    marks = about.named({argument.name: argument.mark for argument in given})
    return Call(about.name, mark, args, marks, local, foreign)


def _better(
    task: TaskContext, about: Spec, given: Sequence[Argument], mark: Mark
) -> ForeignModule | None:
    """Ansible's module of the same name, where it knows the arguments and the words that ours does
    not, all of them."""
    lacking = [each.name for each in given if each.name not in (*about.names, MORE)]
    strange = [each for each in given if is_out_of_choice(about, each)]
    if not lacking and not strange:
        return None
    said = [*lacking, *(f"{each.name}: {each.value}" for each in strange)]
    names = [*lacking, *(each.name for each in strange)]
    found = foreign_calls.better(about, names, task.where, said)
    known = foreign_calls.documented(found, task.where) if found and strange else None
    if known is not None and found is not None:
        faults = {problem.mark for problem in doubts(found, known, strange, mark)}
        return None if faults & {each.mark for each in strange} else found
    return found


def _meant_mode(about: Spec, argument: Argument) -> Argument:
    """A mode that YAML took for an octal number, as the author wrote it."""
    parameter = about.parameters.get(about.names.get(argument.name, ""))
    if parameter is None or not parameter.is_mode or type(argument.value) is not int:
        return argument
    try:
        return replace(argument, value=mode_text(argument.value))
    except ValueError:
        return argument


def _look_inside(task: TaskContext, about: Spec, argument: Argument) -> None:
    """An argument's templates, expressions and numbers."""
    reading = task.reading
    if argument.node is not None:
        reading.templates(task.source, argument.node)
        if about.extra:
            reading.problems.extend(odd_numbers(task.source, argument.node, set()))
    else:
        reading.template(argument.value, argument.mark)
    name = about.names.get(argument.name, "")
    if not name and about.extra and argument.name in STEERING:
        message = (
            f"this makes '{argument.name}' a variable: if the keyword is meant, indent it like"
        )
        reading.warning(argument.mark, f"{message} '{about.name}'")
    if name and about.parameters[name].kind == "condition":
        for each in argument.value if isinstance(argument.value, list) else [argument.value]:
            if isinstance(each, str):
                reading.expression(each, argument.mark)


def _defaults(task: TaskContext, about: Spec, foreign: ForeignModule | None) -> dict[str, Value]:
    """What ``module_defaults`` say for a module, the innermost level last."""
    found: dict[str, Value] = {}
    for level in task.defaults:
        for name, values in level.items():
            meant = plain_name(str(name)) == about.name
            if foreign is not None and not meant:
                meant = foreign_calls.concerns(foreign, str(name), task.where)
            if meant and isinstance(values, dict):
                found.update(values)
    return found


def _given(task: TaskContext, about: Spec, node: Node) -> list[Argument] | None:
    """The arguments in what stands behind the module's name; None where they cannot be read."""
    if isinstance(node, MappingNode):
        return [task.argument(entry) for entry in task.source.entries(node)]
    mark = task.source.mark(node)
    if not isinstance(node, ScalarNode):
        message = f"{about.name} takes a mapping of arguments, not a list: leave the '- ' out"
        task.error(mark, message)
        return None
    value = task.source.data(node)
    if value is None:
        return []
    if isinstance(value, str):
        return _of_text(task, about, value, mark, node)
    read = f"{about.name}: YAML reads {node.value} not as text, but as {shown(value)}"
    task.error(mark, f"{read}: put it in quotes" if about.free_form else _no_text(about))
    return None


def _of_text(
    task: TaskContext, about: Spec, text: str, mark: Mark, node: Node | None = None
) -> list[Argument] | None:
    """The arguments in a text: ``k=v`` words, and what is left over for a module that takes it."""
    try:
        named, rest = split(text, COMMAND_OPTIONS if about.name in COMMAND_LIKE else None)
    except ValueError as error:
        task.error(mark, str(error))
        return None
    found = [Argument(name, value, mark) for name, value in named.items()]
    if not rest.strip():
        return found
    if not about.free_form:
        if _is_one_template(rest) and about.name not in ACTIONS:
            return [*found, Argument(MORE, rest, mark, node if rest == text else None)]
        if is_template(rest):
            task.fault(Problem(mark, _no_text(about)))
        else:
            task.error(mark, _no_text(about))
        return None
    return [*found, Argument(about.free_form, rest, mark, node if rest == text else None)]


def _is_one_template(text: str) -> bool:
    """Whether a text is nothing but a template, which may become a mapping."""
    return is_template(text) and text.strip().startswith("{{") and text.strip().endswith("}}")


def _no_text(about: Spec) -> str:
    first = next(iter(about.names), "")
    example = f": write '{about.name}: {{{first}: …}}'" if first else ""
    return f"{about.name} takes named arguments, not a text{example}"
