from law import Case, File, Link

BEGIN, END = "# BEGIN ANSIBLE MANAGED BLOCK\n", "# END ANSIBLE MANAGED BLOCK\n"
BLOCK = f"{BEGIN}x\ny\n{END}"


def case(args, before, after, **more):
    """A case over the one file ``f``; ``after`` None: it stays as it is."""
    return Case(
        "blockinfile",
        {"path": "{root}/f", **args},
        before={} if before is None else {"f": before},
        after={} if after is None else {"f": after},
        changed=after is not None,
        **more,
    )


CASES = [
    case({"block": "x\ny"}, "a\n", "a\n" + BLOCK, data={"msg": "Block inserted"}),
    case({"block": "x\ny\n"}, "a\n" + BLOCK, None, data={"msg": ""}),
    case({"block": "x\ny"}, f"a\n{BEGIN}old\n{END}b\n", f"a\n{BLOCK}b\n"),
    case(
        {"block": "x\ny"},
        f"a\n{END}old\n{BEGIN}b\n",
        f"a\n{BLOCK}b\n",
        name="markers the wrong way round",
    ),
    case({"block": "x\ny"}, f"a\n{BEGIN}b\n", f"a\n{BEGIN}b\n{BLOCK}", name="one marker only"),
    case({"block": "x\ny"}, "a", "a\n" + BLOCK),
    case({"block": "x\ny", "insertafter": "^a"}, "a\nb\n", f"a\n{BLOCK}b\n"),
    case({"block": "x\ny", "insertafter": "^b"}, "a\nb", f"a\nb\n{BLOCK}"),
    case({"block": "x\ny", "insertbefore": "^b"}, "a\nb\n", f"a\n{BLOCK}b\n"),
    case({"block": "x\ny", "insertbefore": "BOF"}, "a\n", f"{BLOCK}a\n"),
    case({"block": "x\ny", "insertafter": "EOF"}, "a\n", f"a\n{BLOCK}"),
    case({"block": "x\ny", "insertafter": "nothing"}, "a\n", f"a\n{BLOCK}"),
    case({"block": "x\ny", "insertbefore": "nothing"}, "a\n", f"a\n{BLOCK}"),
    case({"block": "x\ny", "insertafter": r"(?m)^a\nb$"}, "a\nb\nc\n", f"a\nb\n{BLOCK}c\n"),
    case({"block": "x\ny", "insertbefore": r"(?m)^b$"}, "a\nb\nc\n", f"a\n{BLOCK}b\nc\n"),
    case(
        {"block": "x\ny", "prepend_newline": True, "append_newline": True, "insertafter": "a"},
        "a\nb\n",
        f"a\n\n{BLOCK}\nb\n",
    ),
    case(
        {"block": "x\ny", "prepend_newline": True, "append_newline": True},
        f"a\n\n{BLOCK}\nb\n",
        None,
    ),
    case({"block": "x\ny", "prepend_newline": True, "append_newline": True}, "", BLOCK),
    case(
        {"block": "1", "marker": "<!-- {mark} it -->", "marker_begin": "on", "marker_end": "off"},
        "",
        "<!-- on it -->\n1\n<!-- off it -->\n",
    ),
    case({"block": r"\1 \d", "marker": r"{mark} \1"}, "", "BEGIN \\1\n\\1 \\d\nEND \\1\n"),
    case(
        {"block": "é\udce9"},
        b"\xff\r\n",
        b"\xff\r\n" + (BEGIN.encode() + b"\xc3\xa9\xe9\n" + END.encode()).replace(b"\n", b"\r\n"),
    ),
    case({"state": "absent"}, f"a\n{BLOCK}b\n", "a\nb\n", data={"msg": "Block removed"}),
    case({"block": ""}, f"a\n{BLOCK}b\n", "a\nb\n"),
    # ansible-core adds a second block here, with other line ends
    case(
        {"block": "x\ny"},
        BLOCK.replace("\n", "\r\n"),
        None,
        name="the block is there, with the file's own ends",
    ),
    case({"state": "absent"}, "a\n", None),
    case({"state": "absent", "create": True}, None, None),
    case(
        {"block": "x\ny", "create": True, "mode": "0600"},
        None,
        File(BLOCK, 0o600),
        data={"msg": "File created and ownership, perms or SE linux context changed"},
    ),
    case({"block": "x\ny", "mode": "0600"}, File(BLOCK, 0o644), File(BLOCK, 0o600)),
    Case(
        "blockinfile",
        {"path": "{root}/f", "block": "x"},
        failure="{root}/f does not exist",
        data={"rc": 257},
    ),
    Case("blockinfile", {"path": "{root}", "block": "x"}, failure="is a directory"),
    Case(
        "blockinfile", {"path": "{root}/d/f", "block": "x\ny", "create": True}, after={"d/f": BLOCK}
    ),
    Case(
        "blockinfile",
        {"path": "{root}/l", "block": "x\ny"},
        before={"f": "", "l": Link("f")},
        after={"f": BLOCK},
    ),
    Case(
        "blockinfile",
        {"path": "{root}/f", "block": "x\ny", "backup": True},
        before={"f": "a\n"},
        after={"f": "a\n" + BLOCK, "f.87428fc52280~": "a\n"},
        data={"backup_file": "{root}/f.87428fc52280~"},
    ),
    Case(
        "blockinfile",
        {"path": "{root}/f", "block": "x", "validate": "false %s"},
        before={"f": ""},
        failure="failed to validate",
    ),
    Case("blockinfile", {"path": "/f", "block": "x", "marker": "# mine"}, refused="{mark}"),
    Case("blockinfile", {"path": "/f", "block": "x", "marker_end": "BEGIN"}, refused="must differ"),
    Case("blockinfile", {"path": "/f", "block": "x", "marker": "# {mark}\n"}, refused="one line"),
    Case(
        "blockinfile",
        {"path": "/f", "block": "x", "insertafter": "a", "insertbefore": "b"},
        refused="either",
    ),
    Case(
        "blockinfile",
        {"path": "/f", "block": "x", "insertafter": "("},
        refused="no regular expression",
    ),
]
