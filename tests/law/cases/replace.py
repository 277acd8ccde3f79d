from law import Case, File, Link

INI = "[a]\nsize = 1\n\n[b]\nsize = 1\n\n[c]\nsize = 1\n"


def case(args, before, after, **more):
    """A case over the one file ``f``; ``after`` None: it stays as it is."""
    return Case(
        "replace",
        {"path": "{root}/f", **args},
        before={"f": before},
        after={} if after is None else {"f": after},
        changed=after is not None,
        **more,
    )


CASES = [
    case(
        {"regexp": "^size = 1$", "replace": "size = 2"},
        INI,
        INI.replace("1", "2"),
        data={"msg": "3 replacements made", "rc": 0},
    ),
    case({"regexp": "nothing", "replace": "x"}, INI, None, data={"msg": ""}),
    case({"regexp": "size", "replace": "size"}, INI, None),
    case({"regexp": r"^(\w+) = (\d)$", "replace": r"\2 is \g<1>"}, "n = 1\n", "1 is n\n"),
    case({"regexp": "a"}, "banana", "bnn"),
    case({"regexp": "a", "replace": "aa"}, "a", "aa", again=True),
    case(
        {"regexp": "1", "replace": "2", "after": r"\[b\]", "before": r"\[c\]"},
        INI,
        "[a]\nsize = 1\n\n[b]\nsize = 2\n\n[c]\nsize = 1\n",
    ),
    case(
        {"regexp": "1", "replace": "2", "after": r"\[b\]"},
        INI,
        "[a]\nsize = 1\n\n[b]\nsize = 2\n\n[c]\nsize = 2\n",
    ),
    case(
        {"regexp": "1", "replace": "2", "before": r"\[b\]"},
        INI,
        "[a]\nsize = 2\n\n[b]\nsize = 1\n\n[c]\nsize = 1\n",
    ),
    case(
        {"regexp": "1", "replace": "2", "after": "nothing"},
        INI,
        None,
        data={
            "msg": "Pattern for before/after params did not match the given file:"
            " nothing(?P<subsection>.*)"
        },
    ),
    case({"regexp": "é", "replace": "e"}, "é\n", "e\n"),
    case({"regexp": "b", "replace": "c"}, b"\xe9\r\nb", b"\xe9\r\nc"),
    case({"regexp": "é", "replace": "ü", "encoding": "latin-1"}, b"\xe9", b"\xfc"),
    case({"regexp": "a", "replace": "b", "mode": "0600"}, File("c", 0o644), File("c", 0o600)),
    case(
        {"regexp": "a", "replace": "b", "backup": True},
        "a\n",
        "b\n",
        loose=True,
        data={"backup_file": "{root}/f.87428fc52280~"},
    ),
    Case(
        "replace",
        {"path": "{root}/l", "regexp": "a", "replace": "b"},
        before={"f": "a", "l": Link("f")},
        after={"f": "b"},
    ),
    Case(
        "replace",
        {"path": "{root}/f", "regexp": "a"},
        failure="{root}/f does not exist",
        data={"rc": 257},
    ),
    Case("replace", {"path": "{root}", "regexp": "a"}, failure="is a directory"),
    Case(
        "replace",
        {"path": "{root}/f", "regexp": "a", "replace": r"\1"},
        before={"f": "a"},
        failure="'replace' does not fit 'regexp'",
    ),
    Case(
        "replace",
        {"path": "{root}/f", "regexp": "a", "replace": "b", "validate": "false %s"},
        before={"f": "a"},
        failure="failed to validate",
    ),
    Case("replace", {"path": "/f", "regexp": "("}, refused="'regexp' is no regular expression"),
    Case(
        "replace",
        {"path": "/f", "regexp": "a", "after": "["},
        refused="'after' is no regular expression",
    ),
    Case("replace", {"path": "/f", "regexp": "a", "encoding": "utf-9"}, refused="no encoding"),
]
