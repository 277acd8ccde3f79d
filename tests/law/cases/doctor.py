"""doctor only looks."""

from law import Case

CASES = [
    Case("doctor", {}, before={"f": "x"}, after={"f": "x"}, changed=False),
    Case(
        "doctor",
        {"app_dir": "{root}/app", "python": "{root}/no/python"},
        before={},
        after={"app": None},
        changed=False,
    ),
]
