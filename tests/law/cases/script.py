from law import Case, Dir, content

ECHO = content('#!/bin/sh\necho "$1-$2" "$FOO"\n', "echo.sh")


def case(args, after=None, **more):
    """A case whose script runs: the dry world cannot know its result, and it runs again."""
    return Case(
        "script",
        args,
        after=after or {},
        **{"unpredicted": True, "again": True, "changed": True, **more},
    )


CASES = [
    case(
        {"cmd": ECHO, "words": "a 'b c'"},
        environment={"FOO": "f"},
        data={"stdout": "a-b c f\n", "rc": 0, "cmd": "echo.sh a 'b c'"},
    ),
    case({"cmd": content("echo plain\n", "plain")}, data={"stdout": "plain\n"}),
    case(
        {"cmd": content("#!/usr/bin/env -S sh -e\nfalse\necho no\n", "e")},
        failure="non-zero return code",
        data={"rc": 1, "stdout": ""},
    ),
    case(
        {"cmd": content("print(6 * 7)\n", "p.py"), "executable": "python3 -B"},
        data={"stdout": "42\n"},
        needs="python3",
    ),
    case(
        {"cmd": content("touch f\n", "t"), "chdir": "{root}/d", "creates": "{root}/d/f"},
        {"d/f": ""},
        before={"d": Dir()},
        again=False,
    ),
    Case(
        "script",
        {"cmd": ECHO, "creates": "{root}/f"},
        before={"f": ""},
        changed=False,
        data={"skipped": True, "msg": "{root}/f exists, matching creates option"},
    ),
    Case("script", {"cmd": ECHO, "removes": "{root}/f"}, changed=False, data={"skipped": True}),
    Case("script", {"cmd": ECHO, "chdir": "{root}/no"}, failure="{root}/no: it does not exist"),
    Case("script", {"cmd": ECHO, "chdir": "d"}, refused="absolute"),
]
