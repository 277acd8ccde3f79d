"""The language's keywords: where each may stand, what it holds, and what to use instead of one
that is not supported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from suture.load.hints import FALSE, TRUE, shown
from suture.secrets import Unsafe

PLAY, BLOCK, TASK, HANDLER, ROLE, IMPORT = "play", "block", "task", "handler", "role", "import"
TASKS = frozenset({TASK, HANDLER})
INNER = TASKS | {BLOCK, ROLE}
EVERYWHERE = INNER | {PLAY}


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword.  ``holds`` is its type (see ``complaint``); ``instead`` what to do, where it is
    refused; ``inert`` why it does nothing here, where it is accepted all the same."""

    name: str
    on: frozenset[str]
    holds: str
    doc: str
    instead: str = ""
    inert: str = ""


def _table() -> Iterator[Keyword]:
    yield Keyword("name", EVERYWHERE | {IMPORT}, "text", "What this is about, for people.")
    yield Keyword("vars", EVERYWHERE | {IMPORT}, "variables", "Variables, seen in here only.")
    yield Keyword("tags", EVERYWHERE | {IMPORT}, "tags", "Words by which tasks are selected.")
    yield Keyword("when", INNER | {IMPORT}, "conditions", "Done only if all these hold.")
    yield Keyword("become", EVERYWHERE, "bool", "Whether to act as another user.")
    yield Keyword("become_user", EVERYWHERE, "text", "As which user.")
    yield Keyword("become_method", EVERYWHERE, "text", "By which program: sudo, su.")
    yield Keyword("become_flags", EVERYWHERE, "text", "Options for that program.")
    yield Keyword("become_exe", EVERYWHERE, "text", "Where that program is.")
    yield Keyword("environment", EVERYWHERE, "environment", "Environment variables on the host.")
    yield Keyword("no_log", EVERYWHERE, "bool", "Whether to hide arguments and results.")
    yield Keyword(
        "check_mode", EVERYWHERE, "bool", "Whether to predict only, whatever the run does."
    )
    yield Keyword("diff", EVERYWHERE, "bool", "Whether to show differences.")
    yield Keyword("ignore_errors", EVERYWHERE, "bool", "Whether a failure stops nothing.")
    yield Keyword("any_errors_fatal", EVERYWHERE, "bool", "Whether one host's failure stops all.")
    yield Keyword("run_once", EVERYWHERE, "bool", "Whether to do it on the first host only.")
    yield Keyword("timeout", EVERYWHERE, "number", "Seconds after which a task has failed.")
    yield Keyword("throttle", EVERYWHERE, "number", "On how many hosts at a time at most.")
    yield Keyword(
        "module_defaults", EVERYWHERE, "mapping", "Arguments for modules where not given."
    )
    yield Keyword("connection", INNER, "text", "How the host is reached: ssh, or local.")
    yield Keyword("remote_user", INNER, "text", "The user to log in as.")
    yield Keyword("port", INNER, "number", "The port to connect to.")
    yield Keyword("delegate_facts", INNER, "bool", "Whether facts are those of the other host.")
    yield Keyword("ignore_unreachable", EVERYWHERE, "bool", "Whether a lost host goes on.")
    yield Keyword("delegate_to", INNER, "text", "The host to act on, instead of this one.")
    yield Keyword("notify", TASKS | {BLOCK}, "names", "Handlers or topics to run after a change.")
    yield Keyword("exception", INNER, "text", "Why a policy of the host does not hold for this.")
    yield from _of_tasks()
    yield from _of_plays()
    yield from _refused()


def _of_tasks() -> Iterator[Keyword]:
    yield Keyword("block", frozenset({BLOCK}), "tasks", "Tasks that share what is said here.")
    yield Keyword("rescue", frozenset({BLOCK}), "tasks", "What to do when one of them fails.")
    yield Keyword("always", frozenset({BLOCK}), "tasks", "What to do in any case.")
    yield Keyword("args", TASKS, "mapping", "Arguments of the module, beside its text.")
    yield Keyword("action", TASKS, "any", "The module and its arguments.")
    yield Keyword("local_action", TASKS, "any", "The same, on the controller.")
    yield Keyword("register", TASKS, "variable", "The variable that takes the result.")
    yield Keyword("loop", TASKS, "list", "Once for each of these.")
    yield Keyword("loop_control", TASKS, "mapping", "Details of the loop.")
    yield Keyword("until", TASKS, "conditions", "Tried again until these hold.")
    yield Keyword("retries", TASKS, "number", "How often it is tried again at most.")
    yield Keyword("delay", TASKS, "number", "Seconds between two tries.")
    yield Keyword("changed_when", TASKS, "conditions", "It changed something if these hold.")
    yield Keyword("failed_when", TASKS, "conditions", "It failed if these hold.")
    yield Keyword("async", TASKS, "number", "Seconds that it may take.")
    yield Keyword("poll", TASKS, "number", "Seconds between two looks at it; 0: it is left alone.")
    yield Keyword("undo_with", TASKS, "commands", "Commands that undo what its command did.")
    yield Keyword("listen", frozenset({HANDLER}), "names", "Topics that this handler answers to.")


def _of_plays() -> Iterator[Keyword]:
    play = frozenset({PLAY})
    yield Keyword("hosts", play, "names", "Which hosts: a pattern.")
    yield Keyword(
        "import_playbook", frozenset({IMPORT}), "text", "The playbook whose plays these are."
    )
    yield Keyword("role", frozenset({ROLE}), "text", "The role's name.")
    for section in ("pre_tasks", "tasks", "post_tasks", "handlers"):
        yield Keyword(section, play, "tasks", "Tasks.")
    yield Keyword("roles", play, "roles", "Roles, before the play's own tasks.")
    yield Keyword("vars_files", play, "files", "Files of variables.")
    yield Keyword("gather_facts", play, "bool", "False: no facts, even where one is read.")
    yield Keyword(
        "strategy",
        play,
        "text",
        "linear: hosts keep the order of tasks wherever it can be noticed; free: they do not wait.",
    )
    yield Keyword("serial", play, "serial", "How many hosts at a time.")
    yield Keyword("max_fail_percentage", play, "number", "How many hosts may fail, in percent.")
    yield Keyword("force_handlers", play, "bool", "Whether handlers run after a failure too.")
    yield Keyword("order", play, "text", "The order of the hosts.")
    yield Keyword("remote_user", play, "text", "The user to log in as.")
    yield Keyword("user", play, "text", "The user to log in as.")
    yield Keyword("port", play, "number", "The port to connect to.")
    yield Keyword("connection", play, "text", "How to reach the hosts: ssh, or local.")
    yield Keyword("vars_prompt", play, "prompts", "Variables that the operator is asked for.")
    facts = "facts are gathered when one is read, and all of them"
    yield Keyword("gather_subset", play, "any", "Which facts.", inert=facts)
    yield Keyword("gather_timeout", play, "any", "Seconds for facts.", inert=facts)
    yield Keyword("fact_path", play, "any", "Where local facts are.", inert=facts)
    builtin = "modules and roles are found without it"
    yield Keyword("collections", EVERYWHERE, "any", "Where modules are sought.", inert=builtin)


def _refused() -> Iterator[Keyword]:
    yield Keyword("debugger", EVERYWHERE, "any", "", "look at the task with --dry-run or -v")
    play = frozenset({PLAY})
    imports = "it was removed from Ansible: use 'include_tasks' or 'import_tasks'"
    yield Keyword("include", TASKS | play, "any", "", imports)


KEYWORDS: Mapping[str, Mapping[str, Keyword]] = {
    place: {keyword.name: keyword for keyword in _table() if place in keyword.on}
    for place in (PLAY, BLOCK, TASK, HANDLER, ROLE, IMPORT)
}
"""By place, then by name."""

LOOPS = frozenset(
    {"items", "list", "dict", "sequence", "nested", "cartesian", "together", "indexed_items"}
    | {"subelements", "flattened", "fileglob", "first_found", "lines", "file", "random_choice"}
    | {"inventory_hostnames", "vars", "varnames", "env", "pipe", "ini", "csvfile", "template"}
)
"""What may stand behind ``with_``."""

LOOP_CONTROL = {
    "loop_var": "variable",
    "index_var": "variable",
    "label": "any",
    "pause": "number",
    "extended": "bool",
    "extended_allitems": "bool",
    "break_when": "conditions",
}


def is_template(value: Any) -> bool:
    """Whether rendering would change this text."""
    return isinstance(value, str) and ("{{" in value or "{%" in value) and type(value) is not Unsafe


def complaint(holds: str, value: Any) -> str:
    """What is wrong with a keyword's value, to follow its name; nothing where it fits.

    A value that is a template as a whole fits wherever templates are rendered in time.
    """
    late = holds not in ("variable", "variables", "tags", "tasks", "roles", "mapping")
    if holds == "any" or (late and is_template(value)):
        return ""
    words, fits = _TYPES[holds]
    return "" if fits(value) else f"must be {words}, not {shown(value)}"


def _scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _bool(value: Any) -> bool:
    return isinstance(value, bool) or str(value).lower() in TRUE | FALSE


def _number(value: Any) -> bool:
    try:
        return _scalar(value) and float(str(value).removesuffix("%")) >= 0
    except ValueError:
        return False


def _condition(value: Any) -> bool:
    return isinstance(value, (str, bool))


def _listed(fits: Any) -> Any:
    return lambda value: all(map(fits, value)) if isinstance(value, list) else fits(value)


def _command(value: Any) -> bool:
    """Text, or a list of words; a word that stands where a command should is not taken for one."""
    if isinstance(value, list):
        return bool(value) and all(map(_scalar, value))
    return isinstance(value, str) and not value.lstrip().startswith("-")


def _variables(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _variable(value: Any) -> bool:
    return isinstance(value, str) and value.isidentifier()


_TYPES: Mapping[str, tuple[str, Any]] = {
    "text": ("text", _scalar),
    "bool": ("true or false", _bool),
    "number": ("a number", _number),
    "serial": ("a number, a percentage, or a list of these", _listed(_number)),
    "conditions": ("a condition or a list of conditions", _listed(_condition)),
    "names": ("a name or a list of names", _listed(_scalar)),
    "commands": (
        "a command or a list of commands; one in words is a list in it",
        _listed(_command),
    ),
    "tags": ("a tag or a list of tags", _listed(_scalar)),
    "variable": ("the name of a variable (letters, digits and _)", _variable),
    "variables": ("a mapping, 'name: value' by line", _variables),
    "mapping": ("a mapping, 'name: value' by line", lambda value: isinstance(value, dict)),
    "prompts": ("a list of mappings with 'name'", _listed(lambda value: isinstance(value, dict))),
    "list": ("a list", lambda value: isinstance(value, list)),
    "files": ("a file or a list of files", lambda value: isinstance(value, (str, list))),
    "environment": (
        "a mapping, or a list of mappings",
        _listed(lambda value: isinstance(value, dict) or is_template(value)),
    ),
}
