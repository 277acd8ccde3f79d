"""What playbooks and inventories say, once read.  Plain values: no behaviour, nothing defaulted
from elsewhere.  A value that may hold templates is typed ``Value`` and is rendered late."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = Any
"""YAML data as written: str (perhaps a template), int, float, bool, None, list, dict."""

Variables = Mapping[str, Value]

MORE = ""
"""The name under which a task's ``args`` hold a template that is a mapping of more of them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something was written; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Gravity = Literal["error", "possible", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the playbook's author has to mend ("error"), what fails if a run gets there
    ("possible"), or what should be looked at ("warning")."""

    mark: Mark
    message: str
    level: Gravity = "error"

    def __str__(self) -> str:
        return f"{self.mark}: {PREFIX[self.level]}{self.message}"


PREFIX = {"error": "", "possible": "warning: fails if reached: ", "warning": "warning: "}


@dataclass(frozen=True, slots=True)
class Inherited:
    """A keyword's template, and what holds where it comes to ``omit``: what the next level out
    says."""

    value: Value
    outer: Value


@dataclass(frozen=True, slots=True)
class Loop:
    """``loop`` or a ``with_*``: ``kind`` is "loop" or what stands behind ``with_``."""

    kind: str
    over: Value
    mark: Mark
    var: str = "item"
    index_var: str = ""
    label: Value = None
    pause: Value = 0
    extended: bool = False
    break_when: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Become:
    """Whether and as whom; None where nothing was said and an outer level decides."""

    wanted: Value = None
    user: Value = None
    method: Value = None
    flags: Value = None
    exe: Value = None


@dataclass(frozen=True, slots=True)
class Role:
    """A role as one play uses it.  ``path`` is its directory; ``params`` come from the use."""

    name: str
    path: str
    defaults: Variables = field(default_factory=dict)
    vars: Variables = field(default_factory=dict)
    params: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignModule:
    """A module written for Ansible, as the operator has it: its full ``name``, its file, the
    ``dotted`` name that Python knows it by, and folders of ``module_utils`` that come before
    ansible-core's, the first one first.  ``notes`` are for the operator: which of two it is, what it
    is deprecated for."""

    name: str
    path: str
    dotted: str
    utils: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One module call as written, with everything its enclosing blocks, role and play put upon it.

    ``when``, ``changed_when`` and ``failed_when`` are conjunctions; a block's conditions come
    first.  ``vars`` holds the block levels from the outermost inward, the task's own last.
    ``origin`` is the file that relative paths are sought beside.  For a handler, ``listen`` names
    its topics.  ``faults``: why it fails wherever it is reached; ``foreign``: the module is not
    ours, but one of Ansible's.  ``job`` is what ``async`` says.  None means: not said here.
    """

    name: str
    module: str
    args: Variables
    mark: Mark
    marks: Mapping[str, Mark] = field(default_factory=dict)
    when: tuple[Value, ...] = ()
    loop: Loop | None = None
    register: str = ""
    until: tuple[Value, ...] = ()
    retries: Value = None
    delay: Value = None
    job: Value = None
    poll: Value = None
    changed_when: tuple[Value, ...] | None = None
    failed_when: tuple[Value, ...] | None = None
    ignore_errors: Value = None
    notify: tuple[Value, ...] = ()
    listen: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    vars: tuple[Variables, ...] = ()
    environment: tuple[Value, ...] = ()
    become: Become = Become()
    no_log: Value = None
    check_mode: Value = None
    diff: Value = None
    run_once: Value = None
    delegate_to: Value = None
    delegate_facts: Value = None
    ignore_unreachable: Value = None
    connection: Value = None
    remote_user: Value = None
    port: Value = None
    any_errors_fatal: Value = None
    timeout: Value = None
    throttle: Value = None
    role: Role | None = None
    origin: str = ""
    exception: Value = None
    undo_with: tuple[Value, ...] = ()
    faults: tuple[Problem, ...] = ()
    foreign: ForeignModule | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Tasks with what to do when one fails, and what to do in any case.  A block without
    ``rescue`` and ``always`` has been dissolved into its tasks by the loader."""

    tasks: tuple[Task | Block, ...]
    rescue: tuple[Task | Block, ...]
    always: tuple[Task | Block, ...]
    mark: Mark
    name: str = ""
    when: tuple[Value, ...] = ()


Node = Task | Block


@dataclass(frozen=True, slots=True)
class Prompt:
    """A variable that the operator is asked for; ``private``: without an echo."""

    name: str
    text: str
    mark: Mark
    default: Value = None
    encrypt: str = ""
    salt: str = ""
    salt_size: int = 0
    private: bool = True
    confirm: bool = False
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Play:
    """One play.  ``sections`` are pre_tasks, roles with tasks, and post_tasks; notified handlers run
    at the end of each.  ``handlers`` are in the order in which they would run."""

    name: str
    hosts: Value
    sections: tuple[tuple[Node, ...], ...]
    handlers: tuple[Task, ...]
    mark: Mark
    vars: Variables = field(default_factory=dict)
    vars_files: tuple[Value, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    roles: tuple[Role, ...] = ()
    gather_facts: Value = None
    strategy: str = "linear"
    serial: Value = None
    any_errors_fatal: Value = None
    max_fail_percentage: Value = None
    force_handlers: Value = None
    become: Become = Become()
    environment: tuple[Value, ...] = ()
    remote_user: Value = None
    port: Value = None
    connection: Value = None
    no_log: Value = None
    check_mode: Value = None
    diff: Value = None
    ignore_errors: Value = None
    order: str = "inventory"
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Playbook:
    """A playbook file with its imports expanded.  ``files``: everything that was read for it;
    ``possible``: what fails if the run gets there."""

    file: str
    plays: tuple[Play, ...]
    files: tuple[str, ...] = ()
    possible: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Host:
    """A host of the inventory.  ``layers`` are its variables by origin, weakest first: group all,
    parent groups, child groups, the host itself; group_vars and host_vars files each after the
    inventory's own of the same level.  ``groups`` is sorted and leaves out "all"."""

    name: str
    groups: tuple[str, ...] = ()
    layers: tuple[Variables, ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """A host that joins groups while a run is under way; ``parents`` are groups above each of them,
    ``vars`` the host's own variables."""

    host: str
    groups: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    vars: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inventory:
    """``groups`` maps each group, "all" and "ungrouped" included, to its hosts in order.
    ``grown`` gives the inventory that one more host, or membership, makes of it."""

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...] = ()
    grown: Callable[[Joining], Inventory] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Verification:
    """How a phase proves itself: arguments of the pytest module, kept as written.

    ``optional`` are paths that an application may lack; ``remaining``: what fails in it and no
    other phase claims is what the phase has to mend.
    """

    args: Variables
    mark: Mark
    optional: tuple[str, ...] = ()
    remaining: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Which failing tests are meant: those that fit all of what is said.

    ``paths`` are prefixes of test ids, ``k`` is an expression as pytest's, ``exceptions`` are names
    of types, ``message`` is a regular expression; ``why`` is a reason for people.
    """

    mark: Mark
    paths: tuple[str, ...] = ()
    k: str = ""
    exceptions: tuple[str, ...] = ()
    message: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the plan: what is wrong, why, and how its mending is shown: by all of its
    ``verifications``, of which a test's worst outcome counts.

    ``claims`` are the failures that it has to mend, ``must_fix`` of them (0: nobody said how many);
    without claims, all that fails in its verifications.  ``needs`` are phases that come first.
    """

    number: int
    title: str
    cause: str
    priority: str
    playbook: str
    must_fix: int
    verifications: tuple[Verification, ...]
    mark: Mark
    steps: tuple[str, ...] = ()
    iterations: str = ""
    claims: tuple[Claim, ...] = ()
    needs: tuple[int, ...] = ()

    @property
    def remaining(self) -> bool:
        """Whether it has to mend what fails and no other phase claims."""
        return any(each.remaining for each in self.verifications)


@dataclass(frozen=True, slots=True)
class Plan:
    """``playbooks/plan.yml``: the phases in order, and the whole suite's verification.

    ``outside`` are failures that no phase has to mend, each with why.
    """

    file: str
    title: str
    hosts: Value
    phases: tuple[Phase, ...]
    final: Verification | None = None
    outside: tuple[Claim, ...] = ()
