from law import Case, Dir


def case(args, after=None, **more):
    """A case whose command runs: the dry world cannot know its result, and it runs again."""
    return Case(
        "shell",
        args,
        after=after or {},
        **{"unpredicted": True, "again": True, "changed": True, **more},
    )


CASES = [
    case(
        {"cmd": "echo a | tr a b; echo $FOO >&2"},
        environment={"FOO": "f"},
        data={"stdout": "b", "stderr": "f", "rc": 0, "cmd": "echo a | tr a b; echo $FOO >&2"},
    ),
    case({"cmd": "exit 4"}, failure="non-zero return code", data={"rc": 4}),
    case(
        {"cmd": "[[ a == a ]] && echo yes", "executable": "/bin/bash"},
        data={"stdout": "yes"},
        needs="bash",
    ),
    case(
        {"cmd": "cat > f", "chdir": "{root}/d", "stdin": "in", "creates": "f"},
        {"d/f": "in\n"},
        before={"d": Dir()},
        again=False,
    ),
    case({"cmd": "kill -9 $$"}, failure="non-zero return code", data={"rc": 137}),
    Case(
        "shell", {"cmd": "touch {root}/x", "removes": "{root}/no*"}, changed=False, data={"rc": 0}
    ),
    Case("shell", {"cmd": "true", "executable": "/no/sh"}, failure="/no/sh: no such program"),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b"},
        before={"f": "a\n"},
        after={"f": "A\nb\n"},
        earlier=[("shell", {"cmd": "tr a A < {root}/f > {root}/g; mv {root}/g {root}/f"})],
        unpredicted=True,
        again=True,
        name="what a command line names is unknown",
    ),
    Case("shell", {"cmd": " "}, refused="empty"),
]
