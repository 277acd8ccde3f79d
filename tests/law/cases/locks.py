"""Who holds locks is told; a lock that nobody holds is none."""

from law import Case

CASES = [
    Case("locks", {}, name="nobody works here", changed=False, loose=True),
    Case(
        "locks", {"unlock": "no-such-run"}, name="a run that holds none", changed=False, loose=True
    ),
]
