from law import Case, Dir, File, Link, content, tree

SENT = content("new\n", "app.conf", 0o640)
FILES = {"a.txt": "a\n", "sub/b.sh": File("b\n", 0o755), "sub/deep/c": "c\n", "empty": Dir()}

CASES = [
    Case("copy", {"src": SENT, "dest": "{root}/f"}, after={"f": File("new\n", 0o644)}),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f"},
        before={"f": File("new\n", 0o600)},
        after={"f": File("new\n", 0o600)},
        changed=False,
        data={"dest": "{root}/f", "mode": "0600", "size": 4, "state": "file"},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f"},
        before={"f": File("old\n", 0o600)},
        after={"f": File("new\n", 0o600)},
        data={"checksum": "389cc6b7ae5a659383eab5dfc253764eccf84732"},
        name="keeps the mode",
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "mode": "preserve"},
        after={"f": File("new\n", 0o640)},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "mode": "u=rw,go=r"},
        before={"f": File("new\n", 0o777)},
        after={"f": File("new\n", 0o644)},
        name="only the mode",
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/d"},
        before={"d": Dir()},
        after={"d/app.conf": "new\n"},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/d/e/", "directory_mode": "0700"},
        after={"d": Dir(0o700), "d/e": Dir(0o700), "d/e/app.conf": "new\n"},
        data={"dest": "{root}/d/e/app.conf"},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/no/f"},
        failure="the directory {root}/no does not exist",
    ),
    Case(
        "copy", {"src": SENT, "dest": "{root}/f/g"}, before={"f": ""}, failure="{root}/f is a file"
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/d"},
        before={"d": Dir()},
        failure="{root}/d is a directory",
    ),
    Case(
        "copy",
        {"content": {"b": [1, None], "a": "é"}, "dest": "{root}/f"},
        after={"f": '{"b": [1, null], "a": "\\u00e9"}'},
    ),
    Case("copy", {"content": "", "dest": "{root}/f"}, after={"f": ""}),
    Case("copy", {"content": "caf\udce9\n", "dest": "{root}/f"}, after={"f": b"caf\xe9\n"}),
    Case(
        "copy",
        {"src": content(b"\0\xff" * 9), "dest": "{root}/f"},
        before={"f": b"\0"},
        after={"f": b"\0\xff" * 9},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "force": False},
        before={"f": "old\n"},
        changed=False,
    ),
    Case("copy", {"src": SENT, "dest": "{root}/f", "force": False}, after={"f": "new\n"}),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/l"},
        before={"f": "old\n", "l": Link("f")},
        after={"l": "new\n"},
        name="replaces a link",
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/l", "follow": True},
        before={"d/f": "old\n", "l": Link("d/f")},
        after={"d/f": "new\n"},
        data={"dest": "{root}/d/f"},
        name="follows a link",
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/l", "follow": True},
        before={"l": Link("nowhere")},
        after={"l": "new\n"},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/l"},
        before={"d": Dir(), "l": Link("d")},
        after={"d/app.conf": "new\n"},
        name="a link to a directory is a directory",
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "backup": True},
        before={"f": File("old\n", 0o600)},
        after={"f": "new\n", "f.01d09d19c213~": File("old\n", 0o600)},
        data={"backup_file": "{root}/f.01d09d19c213~"},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "backup": True},
        before={"f": "new\n"},
        changed=False,
    ),
    Case(
        "copy", {"src": SENT, "dest": "{root}/f", "validate": "grep new %s"}, after={"f": "new\n"}
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "validate": "grep other %s"},
        before={"f": "old\n"},
        failure="failed to validate {root}/f: rc:1",
        data={"exit_status": 1},
    ),
    Case(
        "copy",
        {"src": SENT, "dest": "{root}/f", "validate": "false %s"},
        before={"f": "new\n"},
        changed=False,
        name="what is there is not validated",
    ),
    Case("copy", {"src": SENT, "dest": "/x", "validate": "true"}, refused="needs a %s"),
    Case("copy", {"dest": "/x"}, refused="either 'src' or 'content'"),
    Case("copy", {"src": SENT, "content": "x", "dest": "/x"}, refused="either 'src' or 'content'"),
    Case("copy", {"content": "x", "dest": "/x/"}, refused="name of a file"),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/f", "checksum": "bad"},
        failure="not the expected bad",
    ),
    Case(
        "copy",
        {
            "content": "x",
            "dest": "{root}/f",
            "checksum": "11f6ad8ec52a2984abaafd7c3b516503785c2072",
        },
        after={"f": "x"},
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/f", "owner": "nobody"},
        after={"f": "x"},
        needs="root",
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/f", "owner": "no-such"},
        failure="no user 'no-such'",
    ),
    Case(
        "copy",
        {"content": "x", "dest": "{root}/d/f"},
        before={"d": Dir(0o500)},
        failure="cannot write {root}/d/f: Permission denied",
        unprivileged=True,
    ),
    # trees of the controller
    Case(
        "copy",
        {"src": tree("site", FILES), "dest": "{root}/d"},
        after={
            "d/site/a.txt": File("a\n", 0o644),
            "d/site/sub/b.sh": File("b\n", 0o644),
            "d/site/sub/deep/c": "c\n",
            "d/site/empty": Dir(0o755),
        },
    ),
    Case(
        "copy",
        {
            "src": tree("site", FILES, True),
            "dest": "{root}/d/",
            "mode": "preserve",
            "directory_mode": "0750",
        },
        before={"d": Dir(0o711), "d/a.txt": "old\n", "d/kept": "x"},
        after={
            "d": Dir(0o711),
            "d/a.txt": "a\n",
            "d/sub": Dir(0o750),
            "d/sub/b.sh": File("b\n", 0o755),
            "d/sub/deep": Dir(0o750),
            "d/sub/deep/c": "c\n",
            "d/empty": Dir(0o750),
        },
    ),
    Case(
        "copy",
        {"src": tree("t", {"f": "f\n", "l": Link("f")}, True), "dest": "{root}/d"},
        after={"d/f": "f\n", "d/l": Link("f")},
    ),
    Case(
        "copy",
        {"src": tree("t", {"f": "f\n"}, True), "dest": "{root}/d"},
        before={"d/f": Dir()},
        failure="{root}/d/f: a directory is there",
    ),
    Case("copy", {"src": tree("t", {}), "dest": "{root}"}, after={"t": Dir()}),
    # the host's own files
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/b", "remote_src": True},
        before={"a": File("a\n", 0o750), "b": File("b\n", 0o600)},
        after={"b": File("a\n", 0o750)},
    ),
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/b", "remote_src": True},
        before={"a": File("a\n", 0o750), "b": File("a\n", 0o600)},
        changed=False,
    ),
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/b", "remote_src": True},
        failure="{root}/a does not exist",
    ),
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/d", "remote_src": True},
        before={"a/f": File("f\n", 0o600), "a/x/g": "g\n", "a/l": Link("f")},
        after={"d/a/f": File("f\n", 0o600), "d/a/x/g": "g\n", "d/a/l": Link("f")},
    ),
    Case(
        "copy",
        {"src": "{root}/a/", "dest": "{root}/d", "remote_src": True},
        before={"a/f": "f\n", "d/f": "old\n", "d/kept": ""},
        after={"d/f": "f\n"},
    ),
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/a/b", "remote_src": True},
        before={"a/f": ""},
        failure="into itself",
    ),
    Case(
        "copy",
        {"src": "{root}/a", "dest": "{root}/b", "remote_src": True},
        before={"a": "old\n"},
        after={"a": "new\n", "b": "new\n"},
        earlier=[("copy", {"content": "new\n", "dest": "{root}/a"})],
        name="of what an earlier step writes",
    ),
    Case(
        "copy",
        {"content": "x", "dest": "~/f"},
        after={"f": "x"},
        environment={"HOME": "{root}"},
    ),
    Case(
        "copy",
        {"content": "x", "dest": "${WHERE}/$NAME"},
        after={"f": "x"},
        environment={"WHERE": "{root}", "NAME": "f"},
    ),
]
