"""What the controller performs itself and no module stands for: each statement's arguments.

A statement is a dataclass like a module's ``Args``; its docstring says what it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from suture.agent.protocol.spec import arg


@dataclass(frozen=True)
class IncludeTasks:
    """Tasks from a file, read when the play gets there: its name may be a template, and it may be
    looped over.  Conditions and tags hold for the inclusion itself; see ``apply``."""

    EXAMPLES: ClassVar[str] = """
    - include_tasks: "{{ ansible_facts.os_family }}.yml"

    - include_tasks:
        file: tls.yml
        apply: {become: true, tags: [tls]}
      tags: [always]
    """
    FREE_FORM: ClassVar[str] = "file"

    file: str = arg("The file, sought beside this one, in the role, and beside the playbook.")
    apply: dict[str, Any] | None = arg("Keywords to put on every task that is included.", None)


@dataclass(frozen=True)
class ImportTasks:
    """Tasks from a file, as if they were written here: conditions, tags and variables of the
    statement hold for each of them."""

    EXAMPLES: ClassVar[str] = """
    - import_tasks: database.yml
      when: with_database
    """
    FREE_FORM: ClassVar[str] = "file"

    file: str = arg("The file, sought beside this one, in the role, and beside the playbook.")


@dataclass(frozen=True)
class IncludeRole:
    """A role, read when the play gets there: its name may be a template, and it may be looped
    over."""

    EXAMPLES: ClassVar[str] = """
    - include_role:
        name: certificate
      loop: "{{ domains }}"
      loop_control: {loop_var: domain}

    - include_role:
        name: certificate
        tasks_from: renew
    """

    name: str = arg("The role's name, or the path of its directory.", aliases=("role",))
    tasks_from: str = arg("The file in tasks/ to run.", "main")
    vars_from: str = arg("The file in vars/ to read.", "main")
    defaults_from: str = arg("The file in defaults/ to read.", "main")
    handlers_from: str = arg("The file in handlers/ to read.", "main")
    apply: dict[str, Any] | None = arg("Keywords to put on every task of the role.", None)
    public: bool = arg("Whether the rest of the play sees the role's variables.", False)
    allow_duplicates: bool = arg("Whether it may run again in this play.", True)


@dataclass(frozen=True)
class ImportRole:
    """A role, as if its tasks were written here: conditions, tags and variables of the statement
    hold for each of them."""

    EXAMPLES: ClassVar[str] = """
    - import_role:
        name: python_environment
      vars:
        environment_path: /srv/app/.venv
    """

    name: str = arg("The role's name, or the path of its directory.", aliases=("role",))
    tasks_from: str = arg("The file in tasks/ to run.", "main")
    vars_from: str = arg("The file in vars/ to read.", "main")
    defaults_from: str = arg("The file in defaults/ to read.", "main")
    handlers_from: str = arg("The file in handlers/ to read.", "main")
    public: bool = arg("Whether the rest of the play sees the role's variables.", True)
    allow_duplicates: bool = arg("Whether it may run again in this play.", True)


@dataclass(frozen=True)
class ImportPlaybook:
    """The plays of another playbook; stands between plays, not among tasks."""

    EXAMPLES: ClassVar[str] = """
    - import_playbook: database.yml
    """
    FREE_FORM: ClassVar[str] = "file"

    file: str = arg("The playbook, sought beside this one.")


@dataclass(frozen=True)
class Meta:
    """Something done to the run itself."""

    EXAMPLES: ClassVar[str] = """
    - meta: flush_handlers
    """
    FREE_FORM: ClassVar[str] = "free_form"

    free_form: Literal[
        "flush_handlers",
        "end_play",
        "end_host",
        "end_batch",
        "end_role",
        "clear_facts",
        "clear_host_errors",
        "reset_connection",
        "refresh_inventory",
        "noop",
    ] = arg(
        "flush_handlers: run what was notified so far. end_play, end_host, end_batch, end_role: go"
        " no further, without a failure. clear_facts: gather them anew when next read."
        " reset_connection: connect anew. noop: nothing."
    )


ACTIONS: Mapping[str, Any] = {
    "include_tasks": IncludeTasks,
    "import_tasks": ImportTasks,
    "include_role": IncludeRole,
    "import_role": ImportRole,
    "import_playbook": ImportPlaybook,
    "meta": Meta,
}

INSTEAD: Mapping[str, str] = {
    "synchronize": "use 'sync'",
}
"""Ansible's modules that are not here, and what to do without them."""
