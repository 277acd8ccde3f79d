"""Runs that changed something are told, and forgotten when they are old."""

import json

from law import Case

# Neither place may be the tester's own: other runs write there meanwhile.
ENVIRONMENT = {"HOME": "{root}/home", "XDG_STATE_HOME": "{root}/state"}
HOME = "state/suture/journal"


def line(number, **more):
    told = {"by": "0", "n": number, "at": f"2026-01-01T00:00:{number:02}", "step": "a step"}
    return "\n" + json.dumps({**told, "phase": 2, "action": "run", "target": "make", **more})


WRITTEN = line(
    1, action="write", target="/f", entries=[{"path": "/f", "before": None, "after": None}]
)
RUNS = {
    HOME + "/r1/journal.jsonl": WRITTEN + line(2, undo=None) + line(3, undo=[]),
    HOME + "/r2/journal.jsonl": line(1, undo=None),
}


def record(number, **more):
    told = {"number": number, "at": f"2026-01-01T00:00:{number:02}", "step": "a step", "phase": 2}
    return {**told, "action": "run", "target": "make", "paths": [], **more}


CASES = [
    Case("journal", before=RUNS, environment=ENVIRONMENT, changed=False, data={"pruned": []}),
    Case(
        "journal",
        {"run": "r1"},
        RUNS,
        environment=ENVIRONMENT,
        changed=False,
        data={
            "records": [
                record(1, action="write", target="/f", paths=["/f"], can_be_undone=True),
                record(2, can_be_undone=False),
                record(3, can_be_undone=True),
            ]
        },
    ),
    Case("journal", {"run": "r9"}, RUNS, environment=ENVIRONMENT, data={"records": []}),
    Case("journal", {"prune": True}, RUNS, environment=ENVIRONMENT, changed=False),
    Case(
        "journal",
        {"prune": True, "keep": 0},
        RUNS,
        {HOME + "/r1": None, HOME + "/r2": None},
        environment=ENVIRONMENT,
        data={"runs": []},
    ),
    Case("journal", {"prune": True, "days": 1}, RUNS, environment=ENVIRONMENT, changed=False),
    Case(
        "journal",
        {"prune": True, "size": 10},
        RUNS,
        {HOME + "/r1": None, HOME + "/r2": None},
        environment=ENVIRONMENT,
    ),
]
