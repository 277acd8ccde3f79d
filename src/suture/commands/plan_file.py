"""Saved plans: what was predicted, what that rests on, and the seal that shows every edit."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from suture.errors import Refused, SutureError

SCHEMA = 1
NAMED = 12
"""Differences that a refusal names; the rest are counted."""

ABSENT = "absent"
"""The mark of a file that is not there."""


@dataclass(frozen=True, slots=True)
class Key:
    """The project's own secret.  Every digest in a plan is made with it, so that nobody can guess
    a password by trying out what has this digest."""

    data: bytes

    def mark(self, purpose: str, content: bytes) -> str:
        """A digest that only this project can make; ``purpose`` keeps kinds of digests apart."""
        return hmac.new(self.data, purpose.encode() + b"\0" + content, hashlib.sha256).hexdigest()

    def mark_of_file(self, path: Path) -> str:
        try:
            return self.mark("file", path.read_bytes())
        except OSError:
            return ABSENT


def key_of(state: Path) -> Key:
    """The key in the project's state folder, made when there is none; nobody else may read it."""
    path = state / "plan.key"
    state.mkdir(parents=True, exist_ok=True)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(number, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    try:
        data = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise SutureError(
            f"the key of this project's plans, {path}, cannot be read: {error}"
        ) from None
    if len(data) < 16:
        raise SutureError(f"the key of this project's plans, {path}, is too short; remove it")
    return Key(data)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A task on one host.  ``status`` and ``changes`` are predicted; ``digests`` are those of the
    arguments that its steps are sent with, by item; ``sent`` steps not in there are unknown."""

    task: str
    module: str
    file: str
    line: int
    status: str
    changes: Sequence[Mapping[str, Any]] = ()
    reason: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"'{self.task}' ({self.file}:{self.line})"


@dataclass(frozen=True, slots=True)
class HostPlan:
    """One host's steps in their order, and the marks of all that was seen of it."""

    steps: tuple[PlannedStep, ...] = ()
    looks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator asked for: phases or a playbook, and on which hosts and tasks of them."""

    phases: tuple[int, ...] = ()
    playbook: str = ""
    inventory: tuple[str, ...] = ()
    limit: str = ""
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan as its file holds it.  ``inventory`` and ``extra_vars`` are marks, ``files`` those of
    the controller's files by path."""

    version: str
    made: str
    run: str
    given: Given
    inventory: str
    extra_vars: str
    files: Mapping[str, str]
    hosts: Mapping[str, HostPlan]
    schema: int = SCHEMA

    @property
    def steps(self) -> Iterator[tuple[str, PlannedStep]]:
        for host, plan in self.hosts.items():
            for step in plan.steps:
                yield host, step

    @property
    def unknown(self) -> list[str]:
        """The steps that could not be predicted."""
        return [f"{host}: {step.place}" for host, step in self.steps if step.status == "unknown"]


# -- the file --------------------------------------------------------------------------------------


def sealed(plan: Saved, key: Key) -> str:
    """The plan as a file's text."""
    body = json.loads(json.dumps(asdict(plan)))
    canonical = _canonical(body)
    seal = {
        "sha256": hashlib.sha256(canonical).hexdigest(),
        "hmac_sha256": key.mark("plan", canonical),
    }
    return json.dumps({**body, "seal": seal}, indent=1, sort_keys=True) + "\n"


def opened(text: str, key: Key, name: str) -> Saved:
    """The plan that a file's text is; Refused when that is not what this project has written."""
    try:
        body = json.loads(text)
        seal = body.pop("seal")
        schema = body["schema"]
        told = (str(seal["sha256"]), str(seal["hmac_sha256"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(f"{name} is no plan that 'plan --out' has written") from None
    if schema != SCHEMA:
        raise Refused(
            f"{name} has schema {schema} and this version reads {SCHEMA}: make the plan anew"
        )
    canonical = _canonical(body)
    if told[0] != hashlib.sha256(canonical).hexdigest():
        raise Refused(f"{name} was changed since it was written: make the plan anew")
    if not hmac.compare_digest(
        told[1].encode("utf-8", "replace"), key.mark("plan", canonical).encode()
    ):
        raise Refused(
            f"{name} was not sealed with this project's key (.suture/plan.key): it was written"
            " elsewhere, or by somebody who does not have the key; make the plan anew here"
        )
    return _saved(body)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _saved(body: Mapping[str, Any]) -> Saved:
    def host(plan: Mapping[str, Any]) -> HostPlan:
        steps = tuple(
            PlannedStep(**{**step, "changes": tuple(step["changes"])}) for step in plan["steps"]
        )
        return HostPlan(steps, plan["looks"])

    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in body["given"].items()
    }
    hosts = {name: host(plan) for name, plan in body["hosts"].items()}
    return Saved(**{**body, "given": Given(**given), "hosts": hosts})


# -- what differs ----------------------------------------------------------------------------------


def listed(differences: Sequence[str]) -> str:
    """Differences one to a line, as many as anyone would read."""
    lines = [f"  {each}" for each in differences[:NAMED]]
    if len(differences) > NAMED:
        lines.append(f"  … and {len(differences) - NAMED} more")
    return "\n".join(lines)


def changed_files(plan: Saved, key: Key, root: Path) -> list[str]:
    """The controller's files that are not what they were."""
    now = {name: key.mark_of_file(root / name) for name in plan.files}
    return [name for name in plan.files if plan.files[name] != now[name]]


def drift(planned: Mapping[str, HostPlan], now: Mapping[str, HostPlan]) -> list[str]:
    """What is not on the hosts as it was when the plan was made, and which steps would therefore
    be other ones; empty where the plan still holds to the last step."""
    found = []
    for host in sorted(planned.keys() | now.keys()):
        if host not in planned or host not in now:
            found.append(f"{host}: " + ("is new" if host in now else "is no host of it any more"))
            continue
        before, after = planned[host], now[host]
        found += [f"{host}: {each}" for each in _seen(before.looks, after.looks)] or [
            f"{host}: {each}" for each in _steps(before.steps, after.steps)
        ]
    return found


def _seen(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[str]:
    """What was looked at twice and is different; where a file's content is, its size is no news."""
    both = sorted(name for name in before.keys() & after.keys() if before[name] != after[name])
    contents = {name.removeprefix("content of ") for name in both if name.startswith("content of ")}
    return [name for name in both if name.removeprefix("what stands at ") not in contents]


def _steps(before: Sequence[PlannedStep], after: Sequence[PlannedStep]) -> Iterator[str]:
    for old, new in zip(before, after, strict=False):
        if (old.file, old.line, old.module) != (new.file, new.line, new.module):
            yield f"the step {new.place} would come where the plan has {old.place}"
            return
        if old.status != new.status:
            yield f"the step {new.place} would be {new.status}, and was {old.status}"
        elif old.digests != new.digests:
            yield f"the step {new.place} would be done with other arguments"
        elif json.dumps(old.changes, sort_keys=True) != json.dumps(new.changes, sort_keys=True):
            yield f"the step {new.place} would make other changes"
    if len(before) != len(after):
        yield f"there would be {len(after)} steps, and were {len(before)}"
