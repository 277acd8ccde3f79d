"""A step that a process of its own performs: it goes on when the agent, and the connection, have
gone.

    ~/.ansible_async/<id>      what has become of it, as Ansible's modules would find it, and under
                               "suture" the step's whole result
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional

from ..protocol.content import LARGE, Content, Tree
from ..protocol.result import Change, Result, Status
from ..protocol.spec import Failure
from ..protocol.time_limit import OutOfTime, limited
from .descendants import descendants, killed

RESULT = "suture"
OVER = "Timeout exceeded"
WITHOUT = "the job's process has ended without a result: it was killed, or the host was restarted"

Note = Dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A job that was begun: ``path`` is its note's, ``pid`` its process; ``lives`` is the end of a
    pipe that is at its end when that process is."""

    id: str
    path: str
    pid: int
    lives: int

    @property
    def told(self) -> Dict[str, Any]:
        """What the step that began it returns."""
        return {"ansible_job_id": self.id, "results_file": self.path, "started": True}


def directory(environment: Mapping[str, str]) -> str:
    """Where this user's jobs have their notes."""
    named = environment.get("ANSIBLE_ASYNC_DIR") or os.environ.get("ANSIBLE_ASYNC_DIR")
    return os.path.expanduser(named or "~/.ansible_async")


def begun(
    work: Callable[[], Result], made: Callable[[], List[Change]], seconds: float, where: str
) -> Job:
    """The work under way in a process of its own, which ends after so many seconds at the latest;
    ``made`` tells there what was changed up to then."""
    try:
        os.makedirs(where, 0o700, exist_ok=True)
    except OSError as error:
        raise Failure(f"no job was begun: cannot make {where}: {error.strerror}") from None
    name = "j%d.%d" % (random.SystemRandom().randrange(10**12), os.getpid())
    path = os.path.join(where, name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            if os.fork() == 0:
                _lived(work, made, seconds, path, writing)
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    said = os.read(reading, 64)
    if not said:
        os.close(reading)
        raise Failure(f"no job was begun: its process could not write {path}")
    return Job(name, path, int(said), reading)


def _lived(
    work: Callable[[], Result],
    made: Callable[[], List[Change]],
    seconds: float,
    path: str,
    alive: int,
) -> None:
    """All that the job's process does; nothing that it inherited keeps anybody waiting."""

    def ended(_number: int, _frame: Any) -> None:
        raise OutOfTime("the job was ended, at the operator's word: it may be half done")

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        if int(name) > 2 and int(name) != alive:
            with contextlib.suppress(OSError):
                os.close(int(name))
    pid = os.getpid()
    begin = {"ansible_job_id": os.path.basename(path), "started": 1, "child_pid": pid}
    _write(path, {**begin, "finished": 0})
    os.write(alive, b"%d" % pid)
    try:
        with limited(seconds):
            result = work()
    except OutOfTime as error:
        killed(descendants())
        why = str(error) if "operator" in str(error) else OVER
        result = Result(Status.FAILED, made(), {"child_pid": pid}, why)
    told: Note = {"changed": bool(result.changes), "failed": result.status is Status.FAILED}
    if result.message:
        told["msg"] = result.message
    _write(path, {**begin, "finished": 1, **result.data, **told, RESULT: result.to_wire()})


def _write(path: str, note: Note) -> None:
    """The note, whole or not at all, for its user alone."""
    temporary = path + ".tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(note, file)
    os.replace(temporary, path)


def result(text: bytes) -> Optional[Result]:
    """What the job of this note came to, None while it is under way; a Failure where there is
    nothing that could still come to an end."""
    try:
        note: Note = json.loads(text)
        finished = bool(note.get("finished"))
    except (ValueError, AttributeError):
        raise Failure("Could not parse job output") from None
    if not finished:
        if isinstance(note.get("child_pid"), int) and not _lives(note["child_pid"]):
            raise Failure(WITHOUT)
        return None
    if RESULT in note:
        return Result.from_wire(note[RESULT])
    failed = bool(note.get("failed") or note.get("rc"))  # Ansible's own
    changes = [Change("job", str(note.get("ansible_job_id", "")))] if note.get("changed") else []
    status = Status.FAILED if failed else Status.CHANGED if changes else Status.OK
    return Result(status, changes, note, str(note.get("msg", "")))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def waited(job: Job) -> Result:
    """What the job came to, once it is over; its note is taken away."""
    try:
        os.read(job.lives, 1)
    finally:
        os.close(job.lives)
    try:
        with open(job.path, "rb") as file:
            found = result(file.read())
        os.unlink(job.path)
    except (Failure, FileNotFoundError):
        found = None
    if found is None:
        found = Result(Status.FAILED, message=WITHOUT)
    return replace(found, data={**found.data, **job.told, "finished": True})


def left(job: Job) -> Result:
    """What the step comes to that has begun the job, and leaves it alone."""
    os.close(job.lives)
    change = Change("start", f"job {job.id}")
    return Result(Status.CHANGED, [change], {**job.told, "finished": False})


def end(job: Job) -> None:
    """The job is to end now, with all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(job.pid, signal.SIGTERM)


def foretold(predicted: Result, step: str, waits: bool) -> Result:
    """The same step in a dry run, of what it would do without being a job."""
    if waits:
        return replace(predicted, data={**predicted.data, "started": True, "finished": True})
    changes = [*predicted.changes, Change("start", "a job")]
    return Result(
        Status.CHANGED,
        changes,
        {"started": True, "finished": False},
        seconds=predicted.seconds,
        unpredicted=step,
    )


def held(value: Any) -> Any:
    """Arguments with all their content here: nobody can be asked for it later."""
    if isinstance(value, Tree) or (isinstance(value, Content) and value.size > LARGE):
        raise Failure("a job cannot be given a tree, or a file of more than 16 MiB")
    if isinstance(value, Content):
        data = value.bytes()
        return replace(value, fetch=lambda: data, stream=None, ahead=None)
    if isinstance(value, dict):
        return {key: held(item) for key, item in value.items()}
    if isinstance(value, list):
        return [held(item) for item in value]
    return value
