from law import Case, Dir, File, Link, content, tree

SRC = {
    "conftest.py": "a\n",
    "run.sh": File("b\n", 0o755),
    "unit/conftest.py": "c\n",
    "unit/data/x.json": "{}",
    "link": Link("run.sh"),
    "empty": Dir(),
}
WHOLE = {
    "d/conftest.py": File("a\n", 0o644),
    "d/run.sh": File("b\n", 0o755),
    "d/unit/conftest.py": "c\n",
    "d/unit/data/x.json": "{}",
    "d/link": Link("run.sh"),
    "d/empty": Dir(),
}


def case(args, before, after, **more):
    return Case(
        "sync",
        {"src": tree("t", SRC), "dest": "{root}/d", **args},
        before=before,
        after=after,
        **more,
    )


CASES = [
    case(
        {}, {}, WHOLE, data={"added": 5, "changed": 0, "removed": 0, "bytes": 8, "dest": "{root}/d"}
    ),
    case(
        {},
        WHOLE,
        {},
        changed=False,
        data={"added": 0, "changed": 0, "files": {"added": [], "changed": [], "removed": []}},
    ),
    case(
        {},
        {
            **WHOLE,
            "d/conftest.py": File("A\n", 0o600),
            "d/run.sh": "longer\n",
            "d/link": Link("x"),
            "d/extra": "",
        },
        {"d/conftest.py": File("a\n", 0o600), "d/run.sh": "b\n", "d/link": Link("run.sh")},
        data={
            "added": 0,
            "changed": 3,
            "removed": 0,
            "bytes": 4,
            "files": {"changed": ["conftest.py", "link", "run.sh"]},
        },
    ),
    case(
        {"include": ["conftest.py"]},
        {},
        {"d/conftest.py": "a\n", "d/unit/conftest.py": "c\n"},
        data={"added": 2},
    ),
    case({"include": ["unit/*"]}, {}, {"d/unit/conftest.py": "c\n", "d/unit/data/x.json": "{}"}),
    case({"include": ["unit"], "exclude": ["data/"]}, {}, {"d/unit/conftest.py": "c\n"}),
    case(
        {"exclude": ["*.py", "empty", "unit/data"]},
        {},
        {"d/run.sh": "b\n", "d/link": Link("run.sh"), "d/unit": Dir()},
    ),
    case(
        {"delete": True, "exclude": ["keep*"]},
        {
            **WHOLE,
            "d/extra": "",
            "d/old/x": "",
            "d/old/keep/y": "",
            "d/gone/z": "",
            "d/unit/more": "",
            "d/keep": "",
            "d/out": Link("../outside"),
            "outside/f": "",
        },
        {"d/extra": None, "d/old/x": None, "d/gone": None, "d/unit/more": None, "d/out": None},
        data={"removed": 5, "files": {"removed": ["extra", "gone", "old/x", "out", "unit/more"]}},
    ),
    case(
        {"delete": True, "include": ["conftest.py"]},
        {"d/old/conftest.py": "", "d/old/kept": "", "d/kept.py": "", "d/none": Dir()},
        {"d/conftest.py": "a\n", "d/unit/conftest.py": "c\n", "d/old/conftest.py": None},
        data={"removed": 1},
    ),
    case(
        {},
        {
            "outside/f": "",
            "d": Dir(),
            "d/unit": Link("../outside"),
            "d/run.sh": Link("../outside/f"),
        },
        {**WHOLE},
        name="links below dest are replaced, not followed",
    ),
    case(
        {},
        {"real": Dir(), "d": Link("real")},
        {path.replace("d/", "real/", 1): entry for path, entry in WHOLE.items()},
        data={"dest": "{root}/real"},
    ),
    case({}, {"d/run.sh/x": ""}, {"d/run.sh/x": ""}, failure="a directory is at {root}/d/run.sh"),
    case({}, {"d/unit": ""}, {}, failure="a file is at {root}/d/unit"),
    case(
        {"delete": True},
        {"d/run.sh/x": "", "d/unit": "", "d/link": Dir()},
        WHOLE,
    ),
    case(
        {"mode": "0600", "directory_mode": "0700"},
        {},
        {
            **WHOLE,
            "d": Dir(0o700),
            "d/empty": Dir(0o700),
            "d/conftest.py": File("a\n", 0o600),
            "d/run.sh": File("b\n", 0o600),
        },
    ),
    case(
        {"mode": "preserve", "directory_mode": "preserve"},
        {**WHOLE, "d": Dir(0o711), "d/run.sh": File("b\n", 0o600), "d/empty": Dir(0o700)},
        {"d": Dir(0o711), "d/run.sh": File("b\n", 0o755), "d/empty": Dir(0o755)},
    ),
    case({"owner": "nobody", "group": "nogroup"}, WHOLE, {}, changed=True, needs="root"),
    case({"owner": "nobody"}, {}, WHOLE, needs="root"),
    case({}, {"d": Dir(0o500)}, {}, failure="Permission denied", unprivileged=True),
    Case("sync", {"src": content("x"), "dest": "{root}/d"}, failure="copy takes a file"),
    Case("sync", {"src": tree("t", {}), "dest": "{root}/d"}, after={"d": Dir(0o755)}),
    Case(
        "sync",
        {"src": tree("t", {}), "dest": "{root}/d/e", "delete": True},
        before={"d/e/f": ""},
        after={"d/e": Dir(), "d/e/f": None},
    ),
    Case(
        "sync",
        {"src": tree("t", {"f": "1\n"}), "dest": "{root}/d", "delete": True},
        before={"d/g": ""},
        after={"d/f": "1\n", "d/g": None},
        earlier=[
            ("copy", {"content": "1\n", "dest": "{root}/d/f"}),
            ("copy", {"content": "1\n", "dest": "{root}/d/h"}),
        ],
        again=True,
        data={"added": 0, "changed": 0, "removed": 2},
        name="carries on",
    ),
]
