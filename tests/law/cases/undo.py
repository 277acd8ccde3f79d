"""What a run's journal holds is put back."""

import hashlib
import json
import os

from law import Case, Dir, File, Link

RUN = "state/suture/journal/r1"
ENVIRONMENT = {"XDG_STATE_HOME": "{root}/state"}
MINE = {"uid": os.geteuid(), "gid": os.getegid()}
LONG_AGO = 1_000_000_000


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def file(text, mode=0o644, **more):
    return {"kind": "file", "mode": mode, "sha256": sha256(text), "size": len(text), **MINE, **more}


def folder(mode=0o755):
    return {"kind": "directory", "mode": mode, **MINE}


def link(target):
    return {"kind": "link", "mode": 0o777, "target": target, **MINE}


def entry(path, before, after, **more):
    return {"path": "{root}/" + path, "before": before, "after": after, **more}


def journal(*changes, kept=()):
    """The files of a journal; each change is what its line holds beside the usual."""
    lines = []
    for number, change in enumerate(changes, 1):
        ended = change.pop("ended", True)
        line = {"by": "0", "n": number, "at": f"2026-01-01T00:00:{number:02}", "step": "a step"}
        line.update({"phase": 0, "action": "write", "target": "something", **change})
        lines.append(line)
        if ended:
            lines.append({"by": "0", "n": number, "done": True})
    text = "".join("\n" + json.dumps(line) for line in lines)
    files = {RUN + "/journal.jsonl": text}
    files.update({RUN + "/blobs/" + sha256(text): text for text in kept})
    return files


def case(changes, before, after, kept=(), name="", args=None, **more):
    before = {**journal(*changes, kept=kept), **before}
    given = {"run": "r1", **(args or {})}
    return Case("undo", given, before, after, environment=ENVIRONMENT, name=name, **more)


WRITTEN = {"entries": [entry("f", file("old\n", 0o640, mtime=LONG_AGO * 10**9), file("new\n"))]}
MADE = {"action": "mkdir", "entries": [entry("d", None, folder())]}
MADE_IN = {"entries": [entry("d/f", None, file("x"))]}
REMOVED = {
    "action": "remove",
    "entries": [
        entry("t", folder(0o750), None),
        entry("t/f", file("deep"), None),
        entry("t/l", link("f"), None),
    ],
}
ATTRIBUTES = {
    "action": "attributes",
    "entries": [
        entry("f", {"kind": "file", "mode": 0o600, **MINE}, {"kind": "file", "mode": 0o644, **MINE})
    ],
}

CASES = [
    case(
        [WRITTEN],
        {"f": File("new\n", 0o644)},
        {"f": File("old\n", 0o640, LONG_AGO)},
        ["old\n"],
        "a file",
    ),
    case([WRITTEN], {"f": File("old\n", 0o640)}, {}, ["old\n"], "already", changed=False),
    case([MADE, MADE_IN], {"d/f": "x"}, {"d": None}, name="directory"),
    case(
        [REMOVED],
        {},
        {"t": Dir(0o750), "t/f": "deep", "t/l": Link("f")},
        ["deep"],
        "tree",
    ),
    case([ATTRIBUTES], {"f": File("any", 0o644)}, {"f": File("any", 0o600)}, name="attributes"),
    case(
        [{"action": "link", "entries": [entry("l", link("a"), link("b"))]}],
        {"l": Link("b")},
        {"l": Link("a")},
        name="link",
    ),
    case(
        [WRITTEN],
        {"f": "somebody's\n"},
        {},
        ["old\n"],
        "changed since",
        failure="this is not what run r1 left: {root}/f;",
        data={"changed_since": ["{root}/f"], "refused": True},
        changed=False,
    ),
    case(
        [WRITTEN],
        {"f": "somebody's\n"},
        {"f": File("old\n", 0o640)},
        ["old\n"],
        "forced",
        args={"force": True},
    ),
    case(
        [MADE, MADE_IN],
        {"d/f": "x", "d/guest": "y"},
        {},
        name="strangers",
        failure="{root}/d/guest",
        changed=False,
    ),
    case([MADE, MADE_IN], {"d/f": "x"}, {"d/f": None}, name="numbers", args={"numbers": [2]}),
    case([MADE], {"d": Dir()}, {}, name="check", args={"check": True}, changed=False),
    case(
        [{**MADE, "phase": 1}, {**MADE_IN, "phase": 2}],
        {"d/f": "x"},
        {"d/f": None},
        name="phase",
        args={"phase": 2},
    ),
    case(
        [{**WRITTEN, "ended": False, "temporary": "{root}/.suture-0"}],
        {"f": File("old\n", 0o640), ".suture-0": "ne"},
        {".suture-0": None},
        ["old\n"],
        "killed",
    ),
    case(
        [WRITTEN],
        {"f": File("new\n", 0o644)},
        {},
        name="lost",
        data={"lost": ["{root}/f"]},
        changed=False,
    ),
    case(
        [{"action": "run", "target": "make", "undo": None}],
        {},
        {},
        name="no way back",
        data={
            "cannot": [
                {
                    "step": "a step",
                    "action": "run",
                    "target": "make",
                    "phase": 0,
                    "at": "2026-01-01T00:00:01",
                }
            ]
        },
        changed=False,
    ),
    case(
        [{"action": "run", "undo": [["touch", "made"]], "cwd": "{root}", "environment": {}}],
        {},
        {"made": ""},
        name="a command",
        again=True,
    ),
    Case("undo", {"run": "r0"}, environment=ENVIRONMENT, data={"records": 0}, name="nothing"),
]
