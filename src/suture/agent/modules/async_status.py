"""What has become of a job is known; or, once it was cleaned up, that is forgotten.

A job is a task with ``async`` and ``poll: 0``.  Its own failure is the failure of this step.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, Literal

from ..protocol.result import Status
from ..protocol.spec import Failure, arg
from ..world import job
from ..world.world import World

EXAMPLES = """
- name: the index that a task with 'async' and a 'poll' of 0 builds is there
  async_status:
    jid: "{{ index.ansible_job_id }}"
  register: built
  until: built is finished
  retries: 120
  delay: 30
"""

LOOKS = True


@dataclass(frozen=True)
class Args:
    jid: str = arg("The job, as 'ansible_job_id' names it.")
    mode: Literal["status", "cleanup"] = arg("Ask for it, or forget it.", "status")

    def __post_init__(self) -> None:
        if not self.jid or os.path.basename(self.jid) != self.jid or self.jid in (".", ".."):
            raise ValueError("'jid' is the name of a job, no path")


def apply(args: Args, world: World) -> Dict[str, Any]:
    path = os.path.join(job.directory(world.environment), args.jid)
    nothing: Dict[str, Any] = {"stdout": "", "stderr": "", "stdout_lines": [], "stderr_lines": []}
    told = {**nothing, "ansible_job_id": args.jid}
    if args.mode == "cleanup":
        world.forget(path)
        return {**told, "erased": path, "started": False, "finished": False}
    told = {**told, "results_file": path, "started": True, "finished": True}
    if world.stat(path) is None:
        raise Failure("could not find job", **told)  # ansible-core's words
    try:
        found = job.result(world.read(path) or b"")
    except Failure as failure:
        raise Failure(str(failure), **told) from None
    if found is None:
        return {**told, "finished": False}
    world.adopt(found.changes)
    data = {**told, **found.data, "started": True, "finished": True}
    if found.status is Status.FAILED:
        raise Failure(found.message, **data)
    return data
