"""Compare what Ansible's check mode and our dry run predict with what really happens.

For each playbook of ``previews/``: the state before it, a preview, the same state again, the real run;
by ansible-core and by Suture, each held to its own real run.  What ansible-core says is recorded in
``previews.json``; ``invoke differential --fresh`` records it anew and writes docs/previews.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.differential.recording import Recording, hash_of

PLAYBOOKS = Path(__file__).with_name("previews")
RECORDING = Recording(Path(__file__).with_name("previews.json"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "previews.md"

CALLBACK = """
import json, os
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "stdout", "told"

    def _tell(self, result, status):
        said = result.result
        if status == "ok" and said.get("changed"):
            status = "changed"
        told = {"task": result.task.get_name(), "status": status, "said": str(said.get("msg", ""))}
        with open(os.environ["TOLD"], "a") as file:
            file.write(json.dumps(told) + "\\n")

    def v2_runner_on_ok(self, result): self._tell(result, "ok")
    def v2_runner_on_skipped(self, result): self._tell(result, "skipped")
    def v2_runner_on_failed(self, result, ignore_errors=False): self._tell(result, "failed")
"""


@dataclass(frozen=True)
class End:
    """How a task ended, or would: its status, and what was said about it."""

    status: str
    said: str = ""


Ends = Mapping[str, End]


@dataclass(frozen=True)
class Tool:
    """What one tool foresaw, and what it then did."""

    foreseen: Ends
    happened: Ends

    def judged(self) -> dict[str, str]:
        """Each task that was in one of them: right, wrong or unknown."""
        names = dict.fromkeys([*self.happened, *self.foreseen])
        return {name: self._judged(name) for name in names}

    def _judged(self, name: str) -> str:
        foreseen = self.foreseen.get(name)
        if foreseen is not None and foreseen.status == "unknown":
            return "unknown"
        return "right" if _status(foreseen) == _status(self.happened.get(name)) else "wrong"

    def complaints(self) -> list[str]:
        """What was wrong, in a phrase each."""
        return [
            f"*{name}*: {_phrase(self.foreseen.get(name))}, was {_status(self.happened.get(name))}"
            for name, verdict in self.judged().items()
            if verdict == "wrong"
        ]


def _status(end: End | None) -> str:
    return "not reached" if end is None else end.status


def _phrase(end: End | None) -> str:
    return "never came to it" if end is None else f"said {end.status}"


def foreseen_by_ansible(ends: Ends) -> dict[str, End]:
    """Where it says itself that it does not know, that is what it foresees."""
    return {
        name: End("unknown", end.said) if "would have run if not in check mode" in end.said else end
        for name, end in ends.items()
    }


def book(name: str) -> tuple[str, str]:
    """The playbook's title, and the shell commands that make the state before it."""
    title, second, *_ = (PLAYBOOKS / f"{name}.yml").read_text("utf-8").splitlines()
    before = second.removeprefix("# before: ") if second.startswith("# before: ") else ""
    return title.removeprefix("# "), before


def names() -> list[str]:
    return sorted(path.stem for path in PLAYBOOKS.glob("*.yml"))


def _fresh(where: Path, before: str) -> None:
    subprocess.run(["rm", "-rf", str(where)], check=True)
    where.mkdir()
    subprocess.run(["/bin/sh", "-ec", before], cwd=where, check=True, stdout=subprocess.DEVNULL)


def ansible(name: str, where: Path, place: Path, *options: str) -> dict[str, End]:
    """What ansible-core says of each task."""
    told = place / "told.jsonl"
    told.unlink(missing_ok=True)
    (place / "callbacks").mkdir(exist_ok=True)
    (place / "callbacks" / "told.py").write_text(CALLBACK)
    (place / "ansible.cfg").write_text("")
    environ = {
        **os.environ,
        "TOLD": str(told),
        "ANSIBLE_CONFIG": str(place / "ansible.cfg"),
        "ANSIBLE_HOME": str(place / ".ansible"),
        "ANSIBLE_CALLBACK_PLUGINS": str(place / "callbacks"),
        "ANSIBLE_STDOUT_CALLBACK": "told",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    playbook = str(PLAYBOOKS / f"{name}.yml")
    command = [program, "-i", "here,", "-c", "local", "-e", f"where={where}", *options, playbook]
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    if not told.exists():
        raise SystemExit(f"ansible-playbook said nothing of {name}:\n{done.stdout}{done.stderr}")
    found = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    return {each["task"]: End(each["status"], each["said"]) for each in found}


def suture(name: str, where: Path, place: Path, *options: str) -> dict[str, End]:
    """What we say of each task."""
    inventory = place / "inventory.yml"
    inventory.write_text("all: {hosts: {here: {ansible_connection: local}}}\n")
    words = ["run", str(PLAYBOOKS / f"{name}.yml"), "-i", str(inventory), "-e", f"where={where}"]
    command = [sys.executable, "-P", "-c", "from suture.cli import main; main()", *words]
    environ = {**os.environ, "SUTURE_LEDGER": str(place / "ledger.db")}
    done = subprocess.run(
        [*command, "--json", *options],
        check=False,
        cwd=place,
        env=environ,
        capture_output=True,
        text=True,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [event for event in events if event["event"] == "step_finished"]
    if not steps:
        raise SystemExit(f"suture said nothing of {name}:\n{done.stdout}{done.stderr}")
    return {
        step["task"]: End(
            "failed" if step["status"] == "ignored" else step["status"],
            step["reason"] or step["message"],
        )
        for step in steps
    }


def hash_of_book(name: str) -> str:
    """Of what ansible-core is given."""
    return hash_of((PLAYBOOKS / f"{name}.yml").read_text("utf-8"), CALLBACK)


def by_ansible(name: str, place: Path) -> Tool:
    """What ansible-core foresees of a playbook, and does."""
    foreseen, happened = _twice(
        name,
        place,
        lambda where: ansible(name, where, place, "--check", "--diff"),
        lambda where: ansible(name, where, place),
    )
    return Tool(foreseen_by_ansible(foreseen), happened)


def by_suture(name: str, place: Path) -> Tool:
    """What we foresee of it, and do."""
    return Tool(
        *_twice(
            name,
            place,
            lambda where: suture(name, where, place, "--dry-run"),
            lambda where: suture(name, where, place),
        )
    )


def _twice(name: str, place: Path, *runs: Callable[[Path], Ends]) -> tuple[Ends, Ends]:
    _, before = book(name)
    where, found = place / "where", []
    for run in runs:
        _fresh(where, before)
        found.append(run(where))
    foreseen, happened = found
    return foreseen, happened


def recorded(name: str) -> Tool | None:
    """What ansible-core foresaw of the playbook as it is now, and did; statuses only."""
    known = RECORDING.answers().get(hash_of_book(name))
    return known and Tool(*({task: End(end) for task, end in ends.items()} for ends in known))


def statuses(tool: Tool) -> list[dict[str, str]]:
    """How each task ended, or would; what is recorded."""
    return [
        {task: end.status for task, end in ends.items()} for ends in (tool.foreseen, tool.happened)
    ]


def document(results: Mapping[str, tuple[Tool, Tool]]) -> str:
    """The page, from every playbook's comparison."""
    rows, notes = [], []
    sums: list[Counter[str]] = [Counter(), Counter()]
    for name, tools in results.items():
        title, _ = book(name)
        cells = []
        for tool, total in zip(tools, sums, strict=True):
            counts = Counter(tool.judged().values())
            total.update(counts)
            cells.append(_counted(counts))
        tasks = len(tools[1].happened)
        rows.append(f"| {name} | {title} | {tasks} | {cells[0]} | {cells[1]} |")
        notes += _notes(name, tools)
    tasks = sum(len(tools[1].happened) for tools in results.values())
    rows.append(f"| **all** | | **{tasks}** | {_counted(sums[0])} | {_counted(sums[1])} |")
    return HEAD + "\n".join(rows) + "\n" + MIDDLE + "\n".join(notes) + "\n"


def _counted(counts: Mapping[str, int]) -> str:
    return " / ".join(str(counts.get(verdict, 0)) for verdict in ("right", "wrong", "unknown"))


def _notes(name: str, tools: Sequence[Tool]) -> list[str]:
    found = []
    for who, tool in zip(("Ansible", "Suture"), tools, strict=True):
        if complaints := tool.complaints():
            found.append(f"- {name}, {who}: " + "; ".join(complaints))
    unknown = [task for task, verdict in tools[1].judged().items() if verdict == "unknown"]
    if unknown:
        found.append(f"- {name}, Suture leaves open: " + ", ".join(f"*{task}*" for task in unknown))
    return found


HEAD = """# How true the previews are

Thirteen playbooks, each previewed and then really run, by `ansible-playbook --check --diff`
(ansible-core 2.19) and by `suture run --dry-run`. A prediction is *right* if the task then ended so
(ok, changed, failed, skipped, or not reached), *unknown* if the tool itself says that it cannot
tell, and *wrong* otherwise: what is unknown costs a second look, what is wrong costs the trust.
This page is written by `invoke differential --fresh`; a test holds it to what really happens.

Right / wrong / unknown:

| playbook | what is nasty about it | tasks | Ansible | Suture |
|---|---|---:|---:|---:|
"""

MIDDLE = """
## What was wrong, and what is left open

"""


def record() -> None:
    """Record what ansible-core says of every playbook, and write the page."""
    with tempfile.TemporaryDirectory() as place:
        results = {
            name: (by_ansible(name, Path(place)), by_suture(name, Path(place))) for name in names()
        }
    RECORDING.keep({hash_of_book(name): statuses(theirs) for name, (theirs, _) in results.items()})
    DOCUMENT.write_text(document(results), "utf-8")
