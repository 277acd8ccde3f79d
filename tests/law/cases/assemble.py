from law import Case, Dir, File, content, tree

PARTS = {"d/10-b": "b\n", "d/02-a": "a", "d/.hidden": "h\n", "d/sub/x": "x\n"}


def case(args, wanted=None, **more):
    after = {} if wanted is None else {"f": wanted}
    given = {"src": "{root}/d", "dest": "{root}/f", **args}
    before = {**PARTS, **more.pop("before", {})}
    return Case("assemble", given, before, after, **more)


CASES = [
    case({}, "h\na\nb\n", data={"msg": "OK", "dest": "{root}/f", "state": "file"}),
    case({"ignore_hidden": True}, "a\nb\n"),
    case({"regexp": "^1"}, "b\n"),
    case({"regexp": "^0"}, "a"),
    case({"regexp": "nothing"}, ""),
    case({"ignore_hidden": True, "delimiter": "# --"}, "a\n# --\nb\n"),
    case({"ignore_hidden": True, "delimiter": r"\n---\n"}, "a\n\n---\nb\n"),
    case({"ignore_hidden": True, "delimiter": "é\\"}, "a\né\\\nb\n"),
    case({"ignore_hidden": True}, before={"f": "a\nb\n"}, changed=False),
    case({"mode": "0600", "regexp": "^0"}, File("a", 0o600), before={"f": "old"}),
    case({"validate": "grep -q zz %s"}, failure="failed to validate", before={"f": "old"}),
    case({"src": "{root}/no"}, failure="Source ({root}/no) does not exist"),
    case({"src": "{root}/f"}, failure="is not a directory", before={"f": ""}),
    case({"dest": "{root}/d"}, failure="'dest' is a file"),
    case({"src": content("x", "x")}, failure="Source (x) is not a directory"),
    case({"src": tree("t", {"b": "2", "a": "1", "s/c": "3"}), "remote_src": False}, "1\n2"),
    case({"src": "{root}/e"}, "", before={"e": Dir()}),
    Case("assemble", {"src": "d", "dest": "f", "regexp": "("}, refused="no regular expression"),
    Case("assemble", {"src": "d", "dest": "f", "validate": "x"}, refused="needs a %s"),
]
