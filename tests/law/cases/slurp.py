from law import Case, File, Link

CASES = [
    Case(
        "slurp",
        {"src": "{root}/f"},
        before={"f": b"\0\xff"},
        data={"content": "AP8=", "encoding": "base64", "source": "{root}/f"},
        changed=False,
    ),
    Case("slurp", {"src": "{root}/l"}, before={"f": "x", "l": Link("f")}, data={"content": "eA=="}),
    Case("slurp", {"src": "{root}/f"}, failure="{root}/f does not exist"),
    Case("slurp", {"src": "{root}"}, failure="{root} is a directory"),
    Case(
        "slurp",
        {"src": "{root}/f"},
        before={"f": File("", 0)},
        failure="cannot read {root}/f: Permission denied",
        unprivileged=True,
    ),
    Case(
        "slurp",
        {"src": "{root}/f"},
        after={"f": "x"},
        earlier=[("copy", {"content": "x", "dest": "{root}/f"})],
        data={"content": "eA=="},
    ),
]
