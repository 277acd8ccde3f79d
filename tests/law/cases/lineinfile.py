from law import Case, Dir, File, Link

SSHD = "Port 22\n#PermitRootLogin yes\nUsePAM yes\n"


def case(args, before, after, **more):
    """A case over the one file ``f``; ``after`` None: it stays as it is."""
    return Case(
        "lineinfile",
        {"path": "{root}/f", **args},
        before={} if before is None else {"f": before},
        after={} if after is None else {"f": after},
        changed=after is not None,
        **more,
    )


CASES = [
    case(
        {"regexp": "^#?PermitRootLogin", "line": "PermitRootLogin no"},
        SSHD,
        "Port 22\nPermitRootLogin no\nUsePAM yes\n",
        data={"msg": "line replaced", "backup": ""},
    ),
    case({"line": "UsePAM yes"}, SSHD, None, data={"msg": ""}),
    case({"line": "UsePAM yes"}, "UsePAM yes", "UsePAM yes\n"),
    case({"line": "a"}, "a\r\nb\n", "a\nb\n"),
    # ansible-core adds a second line here, with another end
    case({"line": "a"}, "a\r\na\r\n", None, name="the line is there, with the file's own end"),
    case({"line": "X 1"}, "a", "a\nX 1\n", data={"msg": "line added"}),
    case({"line": "X 1"}, "a\r", "a\r\nX 1\n"),
    case({"line": "X 1"}, "", "X 1\n"),
    case({"line": ""}, "a\n", "a\n\n"),
    case(
        {"line": "X 1", "insertafter": "^Port"},
        SSHD,
        "Port 22\nX 1\n#PermitRootLogin yes\nUsePAM yes\n",
    ),
    case({"line": "X 1", "insertafter": "yes$"}, SSHD, SSHD + "X 1\n"),
    case(
        {"line": "X 1", "insertafter": "yes$", "firstmatch": True},
        SSHD,
        "Port 22\n#PermitRootLogin yes\nX 1\nUsePAM yes\n",
    ),
    case({"line": "X 1", "insertafter": "nothing"}, SSHD, SSHD + "X 1\n"),
    case({"line": "X 1", "insertafter": "EOF"}, SSHD, SSHD + "X 1\n"),
    case({"line": "X 1", "insertafter": "BOF"}, SSHD, "X 1\n" + SSHD),
    case({"line": "X 1", "insertbefore": "BOF"}, SSHD, "X 1\n" + SSHD),
    case(
        {"line": "X 1", "insertbefore": "yes"},
        SSHD,
        "Port 22\n#PermitRootLogin yes\nX 1\nUsePAM yes\n",
    ),
    case(
        {"line": "X 1", "insertbefore": "yes", "firstmatch": True},
        SSHD,
        "Port 22\nX 1\n#PermitRootLogin yes\nUsePAM yes\n",
    ),
    case({"line": "X 1", "insertbefore": "nothing"}, SSHD, SSHD + "X 1\n"),
    case(
        {"line": "X 1", "insertafter": "^b"},
        "a\nb",
        "a\nb\nX 1\n",
        name="after a last line without an end",
    ),
    case({"line": "x", "insertafter": "^a", "firstmatch": True}, "a\nx\n", None),
    case({"regexp": "^a", "line": "x"}, "a1\nb\na2\n", "a1\nb\nx\n", again=True),
    case(
        {"regexp": "^a", "line": "x", "firstmatch": True},
        "a1\nb\na2\n",
        "x\nb\na2\n",
        again=True,
    ),
    case({"regexp": "^nothing", "line": "b"}, "a\nb\n", None),
    case({"search_string": ".", "line": "x"}, "a\nb.c\n", "a\nx\n"),
    case(
        {"regexp": r"^(\w+) = (\d+)", "line": r"\1 = 9\2", "backrefs": True},
        "b = 1\n",
        "b = 91\n",
        again=True,
    ),
    case({"regexp": "^nothing", "line": "x", "backrefs": True}, "a\n", None),
    case({"line": "caf\udce9"}, b"a\xe9\r\nb\n", b"a\xe9\r\nb\ncaf\xe9\n"),
    case({"line": "é", "insertafter": "ü"}, "ü\nz\n", "ü\né\nz\n"),
    case({"line": "X", "create": True}, None, File("X\n", 0o644)),
    case({"line": "X", "create": True, "mode": "0600"}, None, File("X\n", 0o600)),
    case({"line": "a", "mode": "0600"}, File("a\n", 0o644), File("a\n", 0o600)),
    case({"line": "b"}, File("a\n", 0o640), File("a\nb\n", 0o640)),
    case(
        {"regexp": "Port|PAM", "state": "absent"},
        SSHD,
        "#PermitRootLogin yes\n",
        data={"found": 2, "msg": "2 line(s) removed"},
    ),
    case({"line": "Port 22", "state": "absent"}, SSHD, "#PermitRootLogin yes\nUsePAM yes\n"),
    case({"search_string": "#", "state": "absent"}, SSHD, "Port 22\nUsePAM yes\n"),
    case({"line": "gone", "state": "absent"}, SSHD, None, data={"found": 0}),
    case({"line": "gone", "state": "absent"}, None, None),
    Case(
        "lineinfile",
        {"path": "{root}/no", "line": "b"},
        failure="{root}/no does not exist; 'create: true'",
        data={"rc": 257},
    ),
    Case("lineinfile", {"path": "{root}", "line": "b"}, failure="{root} is a directory"),
    Case(
        "lineinfile", {"path": "{root}/d/e/f", "line": "b", "create": True}, after={"d/e/f": "b\n"}
    ),
    Case(
        "lineinfile",
        {"path": "{root}/l", "line": "b"},
        before={"d/f": "a\n", "l": Link("d/f")},
        after={"d/f": "a\nb\n"},
    ),
    Case(
        "lineinfile",
        {"path": "{root}/l", "line": "b", "create": True},
        before={"l": Link("d/f")},
        after={"d/f": "b\n"},
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b", "backup": True},
        before={"f": File("a\n", 0o600)},
        after={"f": "a\nb\n", "f.87428fc52280~": File("a\n", 0o600)},
        data={"backup": "{root}/f.87428fc52280~"},
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b", "validate": "grep a %s"},
        before={"f": "a\n"},
        after={"f": "a\nb\n"},
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b", "validate": "grep c %s"},
        before={"f": "a\n"},
        failure="failed to validate {root}/f",
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b", "validate": "no-such-checker %s"},
        before={"f": "a\n"},
        failure="no-such-checker: no such program",
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "c"},
        after={"f": "a\nb\nc\n"},
        earlier=[
            ("copy", {"content": "a\n", "dest": "{root}/f"}),
            ("lineinfile", {"path": "{root}/f", "line": "b"}),
        ],
        again=True,
        name="carries on",
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "b"},
        before={"f": File("a\n", 0)},
        failure="cannot read {root}/f: Permission denied",
        unprivileged=True,
    ),
    Case(
        "lineinfile",
        {"path": "{root}/d/f", "line": "b"},
        before={"d": Dir(0o500), "d/f": "a\n"},
        failure="cannot write {root}/d/f: Permission denied",
        unprivileged=True,
    ),
    Case("lineinfile", {"path": "/f"}, refused="present needs 'line'"),
    Case("lineinfile", {"path": "/f", "state": "absent"}, refused="absent needs"),
    Case("lineinfile", {"path": "/f", "line": "a\nb"}, refused="blockinfile"),
    Case(
        "lineinfile",
        {"path": "/f", "line": "a", "insertafter": "a", "insertbefore": "b"},
        refused="either 'insertafter'",
    ),
    Case(
        "lineinfile",
        {"path": "/f", "line": "a", "regexp": "a", "search_string": "b"},
        refused="either 'regexp'",
    ),
    Case("lineinfile", {"path": "/f", "line": "a", "backrefs": True}, refused="'backrefs' needs"),
    Case(
        "lineinfile",
        {"path": "/f", "line": "a", "regexp": "("},
        refused="'regexp' is no regular expression",
    ),
]
