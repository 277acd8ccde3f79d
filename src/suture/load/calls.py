"""Which module a task calls, and with what: every form in which that can be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode

from suture.load import specs
from suture.load.checks import Argument, complaints, odd_numbers
from suture.load.hints import shown
from suture.load.keywords import KEYWORDS, is_template
from suture.load.reading import Reading
from suture.load.source import Entry, Source
from suture.load.specs import COMMAND_LIKE, COMMAND_OPTIONS, Spec, close, exists, plain_name, spec
from suture.load.splitting import arguments as split
from suture.model import Mark, Value


@dataclass(frozen=True, slots=True)
class Call:
    """A module's name, where it stands, and its arguments by their own names.  ``local``: on the
    controller, as ``local_action`` says."""

    module: str
    mark: Mark
    args: Mapping[str, Value]
    marks: Mapping[str, Mark]
    local: bool = False


def call(
    reading: Reading,
    source: Source,
    mark: Mark,
    said: Mapping[str, Entry],
    others: Sequence[Entry],
    defaults: Sequence[Mapping[str, Value]] = (),
) -> Call | None:
    """The call in a task whose keywords are ``said`` and whose other keys are ``others``; None,
    with the problem reported, where there is none."""
    if "action" in said or "local_action" in said:
        return _action(reading, source, said, others, defaults)
    entry = _named(reading, mark, others)
    if entry is None:
        return None
    about = spec(entry.key)
    given = list(_given(reading, source, about, entry.node))
    return _checked(reading, source, about, entry.mark, given, said, defaults)


def _named(reading: Reading, mark: Mark, others: Sequence[Entry]) -> Entry | None:
    """The one key among ``others`` that is a module; everything else is a problem."""
    modules = [entry for entry in others if exists(entry.key)]
    if len(modules) > 1:
        names = " and ".join(f"'{entry.key}'" for entry in modules)
        about = spec(modules[0].key)
        hint = next((entry.key for entry in modules[1:] if entry.key in about.names), "")
        advice = f"indent '{hint}' below '{modules[0].key}', or " if hint else ""
        message = f"a task calls one module, this one names {names}: {advice}make two tasks of it"
        reading.error(modules[1].mark, message)
        return None
    for entry in others:
        if entry not in modules:
            reading.error(entry.mark, unknown(entry.key, modules[0].key if modules else ""))
    if not others:
        reading.error(mark, "this task calls no module: add one, such as 'command: …'")
    return modules[0] if modules else None


def unknown(key: str, module: str = "") -> str:
    """The sentence for a task's key that is neither a keyword nor a module that there is."""
    if module and key in spec(module).names:
        return f"'{key}' is an argument of {module}: indent it below '{module}:'"
    for place, table in KEYWORDS.items():
        if key in table and place not in ("task", "handler"):
            return f"'{key}' is a keyword of a {place}, not of a task"
    if key in KEYWORDS["handler"]:
        return f"'{key}' is for handlers, not for tasks"
    if module:
        words = [*KEYWORDS["task"], *spec(module).names]
        hint = close(key, words) or f"; remove it, or indent it below '{module}:'"
        return f"a task has no keyword '{key}'{hint}"
    name = key.rpartition(".")[2]
    hint = close(name, [*specs.module_names(), *KEYWORDS["task"]])
    if not hint and name != key and exists(name):
        hint = f"; '{name}' is there"
    return f"there is no module '{key}'{hint or '; `suture modules` lists those that are there'}"


def _action(
    reading: Reading,
    source: Source,
    said: Mapping[str, Entry],
    others: Sequence[Entry],
    defaults: Sequence[Mapping[str, Value]],
) -> Call | None:
    """``action: copy src=a dest=b``, and the same as a mapping with ``module``."""
    local = "local_action" in said
    entry = said["local_action" if local else "action"]
    if local and "action" in said:
        reading.error(entry.mark, "give either 'action' or 'local_action'")
        return None
    for other in others:
        reading.error(other.mark, unknown(other.key))
    node, text, rest = entry.node, "", []
    if isinstance(node, MappingNode):
        rest = [each for each in source.entries(node) if each.key not in ("module", "args")]
        inner = {each.key: each for each in source.entries(node)}
        text = str(source.data(inner["module"].node)) if "module" in inner else ""
        if "args" in inner:
            said = {**said, "args": inner["args"]}
    elif isinstance(node, ScalarNode):
        text = str(source.data(node) or "")
    name, _, text = text.strip().partition(" ")
    if not name or not exists(name):
        what = unknown(name) if name else f"'{entry.key}' names no module: '{entry.key}: ping'"
        reading.error(source.mark(node), what)
        return None
    about = spec(name)
    given = list(_of_text(reading, about, text, source.mark(node)))
    given += [Argument(each.key, source.data(each.node), each.mark, each.node) for each in rest]
    return _checked(reading, source, about, source.mark(node), given, said, defaults, local)


def _checked(
    reading: Reading,
    source: Source,
    about: Spec,
    mark: Mark,
    given: list[Argument],
    said: Mapping[str, Entry],
    defaults: Sequence[Mapping[str, Value]],
    local: bool = False,
) -> Call:
    beside = said.get("args")
    if beside is not None and isinstance(beside.node, MappingNode):
        names = {argument.name for argument in given}
        given += [
            Argument(entry.key, source.data(entry.node), entry.mark, entry.node)
            for entry in source.entries(beside.node)
            if entry.key not in names
        ]
    there = {about.names.get(argument.name) for argument in given}
    for name, value in _defaults(about, defaults).items():
        if about.names.get(name) not in there:
            given.append(Argument(name, value, mark))
    reading.problems.extend(complaints(about, given, source, mark))
    for argument in given:
        if argument.node is not None:
            reading.templates(source, argument.node)
            if about.extra:
                reading.problems.extend(odd_numbers(source, argument.node, set()))
        elif is_template(argument.value) and reading.check_template is not None:
            reading.problems.extend(reading.check_template(argument.value, argument.mark))
        name = about.names.get(argument.name, "")
        if name and about.parameters[name].kind == "condition":
            values = argument.value if isinstance(argument.value, list) else [argument.value]
            for each in values:
                if isinstance(each, str):
                    reading.expression(each, argument.mark)
    args = about.named({argument.name: argument.value for argument in given})
    marks = about.named({argument.name: argument.mark for argument in given})
    return Call(about.name, mark, args, marks, local)


def _defaults(about: Spec, levels: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """What ``module_defaults`` say for a module, the innermost level last."""
    found: dict[str, Value] = {}
    for level in levels:
        for name, values in level.items():
            if plain_name(str(name)) == about.name and isinstance(values, dict):
                found.update(values)
    return found


def _given(reading: Reading, source: Source, about: Spec, node: Node) -> Iterator[Argument]:
    """The arguments in what stands behind the module's name."""
    if isinstance(node, MappingNode):
        for entry in source.entries(node):
            yield Argument(entry.key, source.data(entry.node), entry.mark, entry.node)
    elif isinstance(node, ScalarNode):
        value = source.data(node)
        if isinstance(value, str):
            yield from _of_text(reading, about, value, source.mark(node), node)
        elif value is not None and about.free_form:
            message = f"YAML reads {node.value} as no text, but as {shown(value)}: put it in quotes"
            reading.error(source.mark(node), f"{about.name}: {message}")
            yield Argument(about.free_form, node.value, source.mark(node))
        elif value is not None:
            reading.error(source.mark(node), _no_text(about))
    else:
        message = f"{about.name} takes a mapping of arguments, not a list: leave the '- ' out"
        reading.error(source.mark(node), message)


def _of_text(
    reading: Reading, about: Spec, text: str, mark: Mark, node: Node | None = None
) -> Iterator[Argument]:
    """The arguments in a text: ``k=v`` words, and what is left over for a module that takes it."""
    try:
        named, rest = split(text, COMMAND_OPTIONS if about.name in COMMAND_LIKE else None)
    except ValueError as error:
        reading.error(mark, str(error))
        return
    for name, value in named.items():
        yield Argument(name, value, mark)
    if rest.strip() and about.free_form:
        yield Argument(about.free_form, rest, mark, node if rest == text else None)
    elif rest.strip():
        reading.error(mark, _no_text(about))


def _no_text(about: Spec) -> str:
    first = next(iter(about.names), "")
    example = f": write '{about.name}: {{{first}: …}}'" if first else ""
    return f"{about.name} takes named arguments, not a text{example}"
