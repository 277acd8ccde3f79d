from law import Case, Dir, File, Link

TREE = {
    "a.log": File("error: x\n", 0o644),
    "b.txt": File("fine\nan error\n", 0o600),
    ".hidden.log": "",
    "sub/c.log": File("123456789\n", 0o644),
    "sub/deep/d.log": "",
    "l": Link("a.log"),
    "ld": Link("sub"),
}


def case(args, found, before=TREE, **more):
    data = {
        "matched": len(found),
        "files": [{"path": f"{{root}}/{name}"} for name in found],
        **more.pop("data", {}),
    }
    args = {"paths": ["{root}"], **args}
    return Case("find", args, before=before, data=data, changed=False, **more)


CASES = [
    case({}, ["a.log", "b.txt"], data={"examined": 6, "msg": "All paths examined"}),
    case({"hidden": True, "patterns": ["*.log"]}, [".hidden.log", "a.log"]),
    case({"patterns": ["*.log", "*.txt"], "excludes": ["a*"]}, ["b.txt"]),
    case({"patterns": [r"[ab]\.\w+"], "use_regex": True}, ["a.log", "b.txt"]),
    case({"patterns": [".*"], "use_regex": True, "excludes": ["a"]}, ["b.txt"]),
    case({"recurse": True, "patterns": ["*.log"]}, ["a.log", "sub/c.log", "sub/deep/d.log"]),
    case({"recurse": True, "patterns": ["*.log"], "depth": 2}, ["a.log", "sub/c.log"]),
    case({"recurse": True, "depth": 1}, ["a.log", "b.txt"]),
    case({"file_type": "directory", "recurse": True}, ["sub", "sub/deep"]),
    case({"file_type": "link"}, ["l", "ld"]),
    case({"file_type": "any"}, ["a.log", "b.txt", "l", "ld", "sub"]),
    case(
        {"recurse": True, "follow": True, "patterns": ["d.log"]},
        ["ld/deep/d.log"],
        name="a directory once",
    ),
    case({"contains": "error"}, ["a.log"]),
    case({"contains": ".*error"}, ["a.log", "b.txt"]),
    case({"contains": "fine\nan", "read_whole_file": True}, ["b.txt"]),
    case({"contains": "é"}, ["e"], before={"e": "é\r\n", "bad": b"\xe9\n"}),
    case({"contains": "é", "encoding": "latin-1"}, ["bad"], before={"bad": b"\xe9\n"}),
    case({"mode": "0600"}, ["b.txt"]),
    case({"mode": "g=r", "exact_mode": False}, ["a.log"]),
    case({"mode": "u=rw,go=r"}, ["a.log"]),
    case({"size": "10"}, ["b.txt"]),
    case({"size": "-9b"}, ["a.log"]),
    case({"size": "1k"}, []),
    case({"age": "1w"}, ["old"], before={"old": File("", mtime=1000.0), "new": ""}),
    case({"age": "-1w"}, ["new"], before={"old": File("", mtime=1000.0), "new": ""}),
    case(
        {"recurse": True, "limit": 2}, ["a.log", "b.txt"], data={"msg": "Limit of matches reached"}
    ),
    case(
        {"paths": ["{root}/gone", "{root}/a.log", "{root}/sub/"]},
        ["sub/c.log"],
        data={
            "skipped_paths": {
                "{root}/gone": "'{root}/gone' is not a directory",
                "{root}/a.log": "'{root}/a.log' is not a directory",
            }
        },
    ),
    case(
        {"recurse": True},
        ["a"],
        before={"a": "", "d": Dir(0)},
        unprivileged=True,
        data={"skipped_paths": {"{root}/d": "cannot list {root}/d: Permission denied"}},
    ),
    case({"recurse": True, "follow": True}, ["a"], before={"a": "", "loop": Link(".")}),
    Case(
        "find",
        {"paths": ["{root}"], "get_checksum": True},
        before={"f": "x"},
        data={"files": [{"checksum": "11f6ad8ec52a2984abaafd7c3b516503785c2072"}]},
    ),
    Case("find", {"paths": ["/"], "age": "2y"}, refused="'age' is a number"),
    Case("find", {"paths": ["/"], "size": "big"}, refused="'size' is a number"),
    Case("find", {"paths": ["/"], "limit": 0}, refused="at least 1"),
    Case("find", {"paths": ["/"], "contains": "("}, refused="no regular expression"),
    Case(
        "find",
        {"paths": ["/"], "patterns": ["*"], "use_regex": True},
        refused="no regular expression",
    ),
    Case(
        "find",
        {"paths": ["{root}"], "patterns": ["x"], "age": "-1h"},
        after={"x": ""},
        earlier=[("file", {"path": "{root}/x", "state": "touch"})],
        data={"matched": 1},
        again=True,
        name="what an earlier step makes",
    ),
]
