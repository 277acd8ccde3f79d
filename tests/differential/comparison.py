"""Playbooks under ansible-core and under Suture, compared: exit codes, statuses, values, trees.

    invoke differential [KIND…] [--fresh]        prints the table, writes docs/differential.md

Each ``playbooks/KIND/NAME.yml`` is a case; files that begin with "_" and folders are what the cases
of that kind need.  What ansible-core did is recorded in ``playbooks/KIND/recorded.json``, with the
hash of what it was given, so that it runs again only where a case has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

PLAYBOOKS = Path(__file__).with_name("playbooks")
DOCUMENT = Path(__file__).parents[2] / "docs" / "differential.md"
ROOT = Path("/tmp/suture-differential")
"""Where cases run: the same path for both tools, since results tell paths."""

INVENTORY = """\
[web]
web1 ansible_connection=local
web2 ansible_connection=local
[db]
db1 ansible_connection=local
"""
CALLBACK = """
import json, os
from ansible.plugins.callback import CallbackBase

NOISE = {"changed", "failed", "verbose_always", "warnings", "deprecations"}

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "stdout", "told"

    def _tell(self, result, status):
        said = {k: v for k, v in result._result.items() if not k.startswith("_ansible")}
        if status == "ok" and said.get("changed"):
            status = "changed"
        task = result._task
        name = result._task_fields.get("name") or task.action
        told = {"host": result._host.get_name(), "task": name, "status": status,
                "module": task.action.rpartition(".")[2]}
        if told["module"] == "debug" and status == "ok" and "results" not in said:
            keep = {k: v for k, v in said.items() if k not in NOISE}
            told["said"] = json.loads(json.dumps(keep, default=str))
        with open(os.environ["TOLD"], "a") as file:
            file.write(json.dumps(told) + "\\n")

    def v2_runner_on_ok(self, result): self._tell(result, "ok")
    def v2_runner_on_skipped(self, result): self._tell(result, "skipped")
    def v2_runner_on_unreachable(self, result): self._tell(result, "unreachable")
    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell(result, "ignored" if ignore_errors else "failed")
"""
HUNG = 124
"""The exit code of a tool that did not come to an end."""

SILENT = frozenset({"meta", "include_tasks", "include_role", "import_tasks", "import_role"})
"""Statements of which only a failure counts: the tools tell differently of what they bring."""


INTRODUCTION = """\
Each playbook of `tests/differential/playbooks/` runs under ansible-core {version} and under Suture,
in equal folders and on equal hosts. Compared are the exit code, every task's status on every host,
what `debug` shows (registered values and facts among it), and the files made.
`invoke differential` writes this page.
"""


@dataclass(frozen=True)
class Ran:
    """What one tool did with a case: steps are [host, task, status, what debug said]."""

    code: int
    steps: list[list[Any]] = field(default_factory=list)
    tree: dict[str, str] = field(default_factory=dict)
    output: str = ""

    def differences(self, other: Ran) -> list[str]:
        """In what the other tool's run differs from this one's, a line each."""
        found = [] if self.code == other.code else [f"exit {self.code}, ours {other.code}"]
        hosts = dict.fromkeys(step[0] for step in (*self.steps, *other.steps))
        for host in hosts:
            found += _unlike(host, _of(host, self.steps), _of(host, other.steps))
        for path in sorted({*self.tree, *other.tree}):
            theirs, ours = self.tree.get(path, "(nothing)"), other.tree.get(path, "(nothing)")
            if theirs != ours:
                found.append(f"{path}: {theirs!r}, ours {ours!r}")
        return found


def _of(host: str, steps: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return [step[1:] for step in steps if step[0] == host]


def _unlike(host: str, theirs: list[Sequence[Any]], ours: list[Sequence[Any]]) -> Iterator[str]:
    for at in range(max(len(theirs), len(ours))):
        left = theirs[at] if at < len(theirs) else "nothing more"
        right = ours[at] if at < len(ours) else "nothing more"
        if left != right:
            yield f"{host}, step {at + 1}: {left}, ours {right}"
            if left[:1] != right[:1]:
                return


@dataclass(frozen=True)
class Case:
    """A playbook; ``args``: what its line "# args:" adds to the command line."""

    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def _said(self, key: str) -> str:
        found = re.search(rf"^# {key}: (.*)$", self.path.read_text("utf-8"), re.MULTILINE)
        return found[1] if found else ""

    @property
    def args(self) -> list[str]:
        return shlex.split(self._said("args"))

    @property
    def inventory(self) -> list[str]:
        """Three hosts that are this machine, unless the case says "# inventory: none" or names
        its own."""
        said = self._said("inventory")
        return [] if said == "none" else ["-i", said or "inventory"]

    @property
    def differs(self) -> str:
        """In what Suture differs here, where that is known."""
        return self._said("differs")

    @property
    def hash(self) -> str:
        digest = hashlib.sha256(CALLBACK.encode() + INVENTORY.encode())
        for path in [self.path, *_needs(self.path.parent)]:
            text = re.sub(rb"^# differs: .*\n", b"", path.read_bytes(), flags=re.MULTILINE)
            digest.update(f"{path.relative_to(PLAYBOOKS)}\0".encode() + text)
        return digest.hexdigest()[:16]


def _needs(folder: Path) -> list[Path]:
    """Every file that the cases of a kind share."""
    beside = [path for path in folder.iterdir() if path.is_dir() or path.name.startswith("_")]
    files = [
        file
        for path in beside
        for file in (path.rglob("*") if path.is_dir() else [path])
        if file.is_file() and "__pycache__" not in file.parts
    ]
    return sorted(files)


def cases(kinds: Sequence[str] = ()) -> list[Case]:
    """All cases, or those of some kinds (or with these whole names), by name."""
    found = [Case(path) for path in sorted(PLAYBOOKS.glob("*/*.yml")) if path.name[0] != "_"]
    return [c for c in found if not kinds or c.path.parent.name in kinds or c.name in kinds]


# -- running ---------------------------------------------------------------------------------------


def _prepared(case: Case, where: Path) -> dict[str, str]:
    """The case's folder, fresh; the environment in which a tool runs it."""
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(case.path.parent, where / "play", ignore=shutil.ignore_patterns("*.json"))
    (where / "play" / "inventory").write_text(INVENTORY)
    for name in ("out", "home"):
        (where / name).mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "USER") if name in os.environ}
    return {
        **kept,
        "HOME": str(where / "home"),
        "CASE": "of the environment",
        "LC_ALL": "C.UTF-8",
        "PYTHONPYCACHEPREFIX": str(ROOT / "compiled"),
    }


def _done(
    command: list[str], where: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=where / "play",
            env=env,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = f"{Path(command[0]).name} did not come to an end in {error.timeout} s"
        return subprocess.CompletedProcess(command, HUNG, "", said)


def _tree(where: Path) -> dict[str, str]:
    """What is below out/, by name: the text of files, what else there is as a word."""
    found = {}
    out = where / "out"
    for path in sorted(out.rglob("*")):
        name = str(path.relative_to(out))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = "a directory"
        else:
            mode = path.stat().st_mode & 0o7777
            found[name] = f"{mode:o} " + path.read_text("utf-8", "backslashreplace")
    return found


def under_ansible(case: Case) -> Ran:
    """What ansible-core does with the case."""
    where = ROOT / case.name
    env = _prepared(case, where)
    plugins = where / "plugins"
    plugins.mkdir()
    (plugins / "told.py").write_text(CALLBACK)
    told = where / "told"
    env |= {
        "TOLD": str(told),
        "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
        "ANSIBLE_STDOUT_CALLBACK": "told",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = [sys.executable, "-m", "ansible.cli.playbook", case.path.name, *case.inventory]
    done = _done([*command, "-e", f"out={where}/out", *case.args], where, env)
    steps = []
    for line in told.read_text().splitlines() if told.exists() else []:
        step = json.loads(line)
        if step["task"] == "Gathering Facts" or _untold(step["module"], step["status"]):
            continue
        steps.append([step["host"], _named(step["task"]), step["status"], step.get("said")])
    code = {0: 0, 4: 4 if any(step[2] == "unreachable" for step in steps) else 1}
    return _shortened(Ran(code.get(done.returncode, 1), steps, _tree(where), ""), where)


def under_suture(case: Case) -> Ran:
    """What Suture does with it."""
    where = ROOT / case.name
    env = _prepared(case, where) | {"SUTURE_LEDGER": str(where / "home" / "ledger")}
    command = [
        str(Path(sys.executable).with_name("suture")),
        "run",
        case.path.name,
        *case.inventory,
    ]
    done = _done([*command, "-e", f"out={where}/out", "--yes", "--json", *case.args], where, env)
    steps = []
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        if event["event"] != "step_finished" or _untold(event["module"], event["status"]):
            continue
        status = {"rescued": "failed", "unreachable": "unreachable"}.get(
            event["reason"], event["status"]
        )
        said = event["data"] if event["module"] == "debug" and status == "ok" else None
        said = None if said is not None and "results" in said else said
        steps.append([event["host"], _named(event["task"]), status, said])
    ends = [line for line in done.stdout.splitlines() if '"run_finished"' in line]
    said = "\n".join([done.stderr.strip(), *(json.loads(end)["message"] for end in ends)])
    return _shortened(Ran(done.returncode, steps, _tree(where), said.strip()), where)


def _untold(module: str, status: str) -> bool:
    return module in SILENT and status not in ("failed", "ignored", "unreachable")


def _named(task: str) -> str:
    return task.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.")


def _shortened(ran: Ran, where: Path) -> Ran:
    """The run with the case's folder called CASE."""
    text = json.dumps(asdict(ran)).replace(str(where), "CASE")
    return Ran(**json.loads(text))


# -- recordings ------------------------------------------------------------------------------------


def recorded(case: Case, fresh: bool = False) -> Ran:
    """What ansible-core did with the case as it is now; it runs where that is not recorded."""
    known = _recordings(case.path.parent).get(case.path.stem)
    if known and known["hash"] == case.hash and not fresh:
        return Ran(known["code"], known["steps"], known["tree"])
    return under_ansible(case)


def is_recorded(case: Case) -> bool:
    """Whether what is recorded is of the case as it is now."""
    known = _recordings(case.path.parent).get(case.path.stem)
    return known is not None and known["hash"] == case.hash


def _recordings(folder: Path) -> dict[str, Any]:
    path = folder / "recorded.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def record(runs: Mapping[Case, Ran]) -> None:
    """Keep what ansible-core did; cases that are no more are forgotten."""
    for folder in {case.path.parent for case in runs}:
        there = {case.path.stem for case in cases([folder.name])}
        known = {name: ran for name, ran in _recordings(folder).items() if name in there}
        for case, ran in runs.items():
            if case.path.parent == folder:
                said = {"hash": case.hash, "code": ran.code, "steps": ran.steps, "tree": ran.tree}
                known[case.path.stem] = said
        lines = (
            f"{json.dumps(name)}: {json.dumps(known[name], ensure_ascii=False)}"
            for name in sorted(known)
        )
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (folder / "recorded.json").write_text(text, "utf-8")


@dataclass(frozen=True)
class Compared:
    """A case with what both tools did."""

    case: Case
    theirs: Ran
    ours: Ran

    @property
    def differences(self) -> list[str]:
        found = self.theirs.differences(self.ours)
        if "Traceback" in self.ours.output:
            found.append(f"a traceback: {self.ours.output[-300:]}")
        return found

    @property
    def verdict(self) -> str:
        if not self.differences:
            return "agrees"
        return "differs, as known" if self.case.differs else "differs"


def compared(case: Case, fresh: bool = False) -> Compared:
    theirs = recorded(case, fresh)
    return Compared(case, theirs, under_suture(case))


def all_compared(kinds: Sequence[str] = (), fresh: bool = False) -> list[Compared]:
    """Every case under both tools, several at a time; what ansible-core did is recorded."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        found = list(threads.map(lambda case: compared(case, fresh), cases(kinds)))
    record({each.case: each.theirs for each in found})
    return found


# -- the page --------------------------------------------------------------------------------------


def page(found: Sequence[Compared]) -> str:
    """docs/differential.md."""
    kinds = dict.fromkeys(each.case.path.parent.name for each in found)
    agree = sum(each.verdict == "agrees" for each in found)
    lines = [
        "# The language, held against Ansible's",
        "",
        *INTRODUCTION.format(version=version("ansible-core")).splitlines(),
        "",
        f"**{agree} of {len(found)} agree.**",
        "",
        "| kind | playbooks | agree | differ |",
        "|---|---|---|---|",
    ]
    for kind in kinds:
        those = [each for each in found if each.case.path.parent.name == kind]
        same = sum(each.verdict == "agrees" for each in those)
        lines.append(f"| {kind} | {len(those)} | {same} | {len(those) - same} |")
    rest = [each for each in found if each.verdict != "agrees"]
    if rest:
        lines += ["", "## What differs", ""]
        lines += [f"- `{each.case.name}`: {each.case.differs or each.verdict}" for each in rest]
    return "\n".join(lines) + "\n"


def main(kinds: Sequence[str] = (), fresh: bool = False) -> int:
    """Compare, print the table, write the page where all kinds were compared."""
    found = all_compared(kinds, fresh)
    for each in found:
        if each.verdict == "agrees":
            continue
        print(f"{each.case.name}: {each.verdict}")
        for line in each.differences[:6]:
            print(f"    {line[:400]}")
        if each.ours.output and each.ours.code:
            print(f"    said: {each.ours.output[:300]}")
    same = sum(each.verdict == "agrees" for each in found)
    print(f"{same} of {len(found)} agree")
    if not kinds:
        DOCUMENT.write_text(page(found), "utf-8")
    return int(any(each.verdict == "differs" for each in found))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--fresh"]
    raise SystemExit(main(words, "--fresh" in sys.argv))
