from law import Case, Dir, File, Link


def case(args, after=None, **more):
    """A case whose command runs: the dry world cannot know its result, and it runs again."""
    return Case(
        "command",
        args,
        after=after or {},
        **{"unpredicted": True, "again": True, "changed": True, **more},
    )


CASES = [
    case(
        {"cmd": "printf 'a b\\n\\n'"},
        data={
            "stdout": "a b",
            "stdout_lines": ["a b"],
            "stderr": "",
            "rc": 0,
            "cmd": ["printf", "a b\\n\\n"],
            "msg": "",
        },
    ),
    case({"argv": ["printf", "a\\n"], "strip_empty_ends": False}, data={"stdout": "a\n"}),
    case(
        {"argv": ["echo", "$FOO ${FOO} $NO ~/x"]},
        environment={"FOO": "bar", "HOME": "/h"},
        data={"stdout": "bar bar $NO ~/x", "cmd": ["echo", "$FOO ${FOO} $NO ~/x"]},
    ),
    case({"argv": ["echo", "~/x"]}, environment={"HOME": "/h"}, data={"stdout": "/h/x"}),
    case(
        {"argv": ["echo", "$FOO"], "expand_argument_vars": False},
        environment={"FOO": "bar"},
        data={"stdout": "$FOO"},
    ),
    case(
        {"cmd": "sh -c 'echo out; echo err >&2; exit 3'"},
        failure="non-zero return code",
        data={"rc": 3, "stdout": "out", "stderr": "err", "stderr_lines": ["err"]},
    ),
    case({"cmd": "cat", "stdin": "in"}, data={"stdout": "in"}),
    case({"cmd": "wc -c", "stdin": "é", "stdin_add_newline": False}, data={"stdout": "2"}),
    case({"cmd": "wc -c", "stdin": "é"}, data={"stdout": "3"}),
    case({"cmd": "printf '\\377'"}, data={"stdout": "\ufffd"}),
    case({"cmd": "touch f", "chdir": "{root}/d"}, {"d/f": ""}, before={"d": Dir()}),
    case(
        {"cmd": "touch {root}/f", "creates": "{root}/f"},
        {"f": ""},
        again=False,
        name="creates makes it once",
    ),
    Case(
        "command",
        {"cmd": "touch x", "chdir": "{root}", "creates": "f*"},
        before={"f1": ""},
        changed=False,
        data={
            "rc": 0,
            "stdout": "skipped, since 'f*' exists",
            "msg": "Did not run command since 'f*' exists",
        },
    ),
    Case(
        "command",
        {"cmd": "touch {root}/x", "creates": "{root}/l"},
        before={"l": Link("gone")},
        changed=False,
    ),
    Case(
        "command",
        {"cmd": "touch {root}/x", "removes": "{root}/gone"},
        changed=False,
        data={"rc": 0},
    ),
    case({"cmd": "rm {root}/f", "removes": "{root}/f"}, {"f": None}, before={"f": ""}, again=False),
    Case(
        "command",
        {"cmd": "no-such-program x"},
        failure="no-such-program: no such program",
        data={"rc": 127, "cmd": ["no-such-program", "x"]},
    ),
    Case("command", {"cmd": "./no x", "chdir": "{root}"}, failure="./no: no such program"),
    Case("command", {"cmd": "true", "chdir": "{root}/no"}, failure="{root}/no: it does not exist"),
    case(
        {"cmd": "./p", "chdir": "{root}"},
        before={"p": File("#!/bin/sh\necho hi\n", 0o755)},
        data={"stdout": "hi"},
    ),
    case({"cmd": "{root}/p"}, before={"p": File("x", 0o644)}, failure="not permitted to run it"),
    case(
        {"cmd": "p"},
        before={"bin/p": File("#!/bin/sh\necho hi\n", 0o755)},
        environment={"PATH": "{root}/bin:/usr/bin:/bin"},
        data={"stdout": "hi"},
    ),
    case(
        {"cmd": "{root}/d/p"},
        {"d": Dir(), "d/p": File("#!/bin/sh\n")},
        earlier=[
            ("file", {"path": "{root}/d", "state": "directory"}),
            ("copy", {"content": "#!/bin/sh\n", "dest": "{root}/d/p", "mode": "0755"}),
        ],
        name="a program of an earlier step",
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/f"},
        after={"f": "x"},
        earlier=[("command", {"cmd": "touch {root}/f"})],
        unpredicted=True,
        again=True,
        name="what a command names is unknown",
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/d/f"},
        before={"d/f": "y"},
        after={"d/f": "x"},
        earlier=[
            ("command", {"cmd": "touch --no-create g", "chdir": "{root}/d", "removes": "{root}/no"})
        ],
        name="a command that does not run spoils nothing",
    ),
    case(
        {"cmd": "echo hi"},
        before={"closed": Dir(0)},
        environment={"PATH": "{root}/closed:/usr/bin:/bin"},
        data={"stdout": "hi"},
        unprivileged=True,
    ),
    Case(
        "command",
        {"cmd": "no-such-program"},
        before={"closed": Dir(0)},
        environment={"PATH": "{root}/closed:/usr/bin:/bin"},
        failure="no-such-program: no such program",
        unprivileged=True,
    ),
    Case("command", {}, refused="either the command or 'argv'"),
    Case("command", {"cmd": "a", "argv": ["a"]}, refused="either the command or 'argv'"),
    Case("command", {"cmd": "echo 'a"}, refused="No closing quotation"),
    Case("command", {"argv": []}, refused="the command is empty"),
]
