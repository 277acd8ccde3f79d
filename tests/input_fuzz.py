"""Playbooks, inventories and plan files gone wrong: is each told in sentences, and in time?

    python -m tests.input_fuzz 100000 [seed]

prints how many were read, how many were refused, and each that ended with a bug or took too long.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from suture.commands import lint_files
from suture.commands.plan_file import SCHEMA, Given, HostPlan, PlannedStep, Saved, opened, sealed
from suture.errors import SutureError
from suture.inventory import reader
from suture.load import specs
from suture.templating.rendering import static_value
from suture.templating.static_checks import check

LONGEST = 20.0
"""Seconds that one reading may take, on a machine that does other things as well."""

ODD = (
    "{{", "}}", "{%", "%}", "'", '"', "\t", ":", "- ", "&a ", "*a", "<<: ", "!vault |", "!unsafe ", "[",
    "]", "{", "}", "\0", "\x0c", "\u2028", "\ufeff", "é", "\ud800", "null", "~", "0x", "1e999", ".nan",
    "2026-01-01", "99999999999999999999", "|", ">", "#", "%", "@", "`", "? ", "--- ", "...", "-1",
    "true", "''",
    "loop: '{{ x }}'", "when: ", "block:", "hosts: ", "vars: []", "tags: {}", "become: 7", "(" * 300,
)  # fmt: skip

GROUPS = """
all:
  hosts:
    a: {ansible_port: 22, ansible_host_key_checking: no}
  children:
    g: {hosts: {b: , c: {x: [1, 2]}}, vars: {y: '{{ x }}'}}
"""
INVENTORIES = (
    "[web]\nw[01:05].x ansible_port=2222\ndb ansible_user=a\n\n[web:vars]\na=1\n[all:children]\nweb\n",
    GROUPS,
    '{"all": {"hosts": {"a": {"ansible_timeout": 5}}, "vars": {"v": null}}}\n',
)


class Key:
    """A key for seals, of this program's own."""

    def mark(self, purpose: str, data: bytes) -> str:
        return f"{len(purpose)}{len(data)}"


def playbooks() -> list[str]:
    """A playbook of each module's examples."""
    found = []
    for name in specs.module_names():
        examples = specs.spec(name).examples.strip("\n")
        if examples:
            tasks = "\n".join(f"    {line}" for line in examples.split("\n"))
            found.append(f"- hosts: all\n  vars: {{a: 1}}\n  tasks:\n{tasks}\n")
    return found


def plan_file() -> str:
    step = PlannedStep("t", "copy", "p.yml", 3, "changed", ({"action": "write"},))
    host = HostPlan((step,), {"what stands at /x": "0"})
    plan = Saved("0", "0", "r", Given(playbook="p.yml"), "0", "0", {"p.yml": "0"}, {"h": host})
    assert plan.schema == SCHEMA
    return sealed(plan, Key())  # type: ignore[arg-type]


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to six things wrong."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        lines = text.split("\n")
        at, way = chance.randrange(len(lines)), chance.randrange(8)
        where = chance.randrange(len(text) or 1)
        if way == 0:
            text = text[:where] + chance.choice(ODD) + text[where:]
        elif way == 1:
            text = text[:where] + text[where + chance.randrange(1, 20) :]
        elif way == 2:
            lines[at] = " " * chance.randrange(9) + lines[at].lstrip()
            text = "\n".join(lines)
        elif way == 3:
            text = "\n".join([*lines[:at], *lines[at:][: chance.randrange(9)], *lines[at:]])
        elif way == 4:
            text = "\n".join(lines[:at] + lines[at + 1 :])
        elif way == 5:
            head, colon, _ = lines[at].partition(":")
            lines[at] = head + colon + " " + chance.choice(ODD)
            text = "\n".join(lines)
        elif way == 6:
            text = text[:where]
        else:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
            text = "\n".join(lines)
    return text


def outcome(kind: str, text: str, folder: Path) -> str:
    """How reading it ended: "read", "refused", or what went wrong."""
    began = time.monotonic()
    try:
        refused = _refused(kind, text, folder)
    except SutureError:
        refused = True
    except Exception:  # noqa: BLE001 - that is what is looked for
        return f"a bug: {traceback.format_exc()}"
    if time.monotonic() - began > LONGEST:
        return f"it took more than {LONGEST:g} s"
    return "refused" if refused else "read"


def _refused(kind: str, text: str, folder: Path) -> bool:
    if kind == "plan":
        opened(text, Key(), "plan.json")  # type: ignore[arg-type]
        return False
    file = folder / ("hosts.ini" if kind == "ini" else "text.yml")
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    if kind == "playbook":
        found = lint_files.problems([file], check_template=check, rendered=static_value)
    else:
        _, found = reader.read([file])
    for problem in found:
        assert "\n" not in problem.message.strip("\n") or len(problem.message) < 2_000
        str(problem)
    return any(problem.level == "error" for problem in found)


def seeds() -> list[tuple[str, str]]:
    found = [("playbook", text) for text in playbooks()]
    found += [("ini" if text.startswith("[web]") else "yaml", text) for text in INVENTORIES] * 9
    return found + [("plan", plan_file())] * 9


def wrong(count: int, seed: int, tell: bool = False) -> list[str]:
    """What went wrong among so many mutations."""
    chance, known, ends = random.Random(seed), seeds(), Counter[str]()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            kind, text = chance.choice(known)
            text = mutated(text, chance)
            end = outcome(kind, text, Path(folder))
            ends[end.partition(":")[0]] += 1
            if end not in ("read", "refused"):
                found.append(f"{kind} {json.dumps(text)}\n{end}")
    if tell:
        sys.stdout.write(f"{count} mutations, seed {seed}: {dict(ends)}\n")
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    found = wrong(count, int(sys.argv[2]) if len(sys.argv) > 2 else 0, tell=True)
    sys.stdout.write("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
