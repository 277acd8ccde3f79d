from law import Case, File

TEXT = "top = 1\n\n[a]\nx = 1\n#y = 2\n\n[b]\nx = 1\nx = 2\n"


def case(args, before=TEXT, after=None, **more):
    had = {} if before is None else {"f": before}
    after = {} if after is None else {"f": after}
    return Case("ini_file", {"path": "{root}/f", **args}, had, after, **more)


CASES = [
    case(
        {"section": "a", "option": "x", "value": "9"},
        after=TEXT.replace("x = 1\n#", "x = 9\n#"),
        data={"msg": "option changed", "state": "file"},
    ),
    case({"section": "a", "option": "x", "value": "1"}, changed=False, data={"msg": "OK"}),
    case({"section": "a", "option": "y", "value": "3"}, after=TEXT.replace("#y = 2", "y = 3")),
    case(
        {"section": "a", "option": "y", "value": "3", "modify_inactive_option": False},
        after=TEXT.replace("x = 1\n#", "x = 1\ny = 3\n#"),
        data={"msg": "option added"},
    ),
    case(
        {"section": "a", "option": "z", "value": "3", "no_extra_spaces": True},
        after=TEXT.replace("x = 1\n#", "x = 1\nz=3\n#"),
    ),
    case(
        {"section": "b", "option": "x", "value": "2"}, after=TEXT.replace("x = 1\nx = 2", "x = 2")
    ),
    case(
        {"section": "b", "option": "x", "values": ["2", "3"]},
        after=TEXT.replace("x = 1\nx = 2", "x = 3\nx = 2"),
    ),
    case({"section": "b", "option": "x", "value": "3", "exclusive": False}, after=TEXT + "x = 3\n"),
    case(
        {"section": "c", "option": "z", "value": "é"},
        after=TEXT + "[c]\nz = é\n",
        data={"msg": "section and option added"},
    ),
    case({"section": "c"}, after=TEXT + "[c]\n", data={"msg": "only section added"}),
    case({"section": "c", "option": "z", "allow_no_value": True}, after=TEXT + "[c]\nz\n"),
    case({"section": "a", "option": "x", "allow_no_value": True}, "[a]\nx = 1\n", "[a]\nx\n"),
    case({"section": "a", "option": "x", "allow_no_value": True}, "[a]\nx\n", changed=False),
    case({"option": "top", "value": "2"}, after=TEXT.replace("top = 1", "top = 2")),
    case(
        {"section": "b", "option": "x", "state": "absent"}, after=TEXT.replace("x = 1\nx = 2\n", "")
    ),
    case(
        {"section": "b", "option": "x", "value": "1", "state": "absent", "exclusive": False},
        after=TEXT.replace("[b]\nx = 1\n", "[b]\n"),
    ),
    case(
        {"section": "b", "state": "absent"},
        after="top = 1\n\n[a]\nx = 1\n#y = 2\n\n",
        data={"msg": "section removed"},
    ),
    case({"section": "n", "state": "absent"}, changed=False),
    case({"section": "a", "state": "absent"}, None, changed=False, data={"state": "absent"}),
    Case(
        "ini_file",
        {"path": "{root}/d/f", "section": "a", "option": "x", "value": "1"},
        after={"d/f": "[a]\nx = 1\n"},
    ),
    case(
        {"section": "a", "option": "x", "value": "1", "create": False},
        None,
        failure="does not exist",
    ),
    case(
        {"section": "a", "option": "x", "value": "2", "mode": "0600"},
        "[a]\nx=1",
        File("[a]\nx = 2\n", 0o600),
    ),
    case(
        {"section": "a", "option": "x", "value": "1", "ignore_spaces": True},
        "[a]\nx=1\n",
        changed=False,
    ),
    case({"section": "a", "option": "y", "value": "1"}, "[a]\nx=1", "[a]\nx=1\ny = 1\n"),
    case(
        {
            "section": "a",
            "section_has_values": [{"option": "n", "value": "2"}],
            "option": "m",
            "value": "1",
        },
        "[a]\nn = 1\n[a]\nn = 2\n",
        "[a]\nn = 1\n[a]\nn = 2\nm = 1\n",
    ),
    Case("ini_file", {"path": "/f", "option": "x"}, refused="needs 'value'"),
    Case("ini_file", {"path": "/f", "option": "x", "value": "a\nb"}, refused="may have a break"),
    Case("ini_file", {"path": "/f", "value": "a", "values": ["b"]}, refused="either 'value'"),
]
