from law import Case, Dir, File

CASES = [
    Case(
        "tempfile",
        {"path": "{root}"},
        loose=True,
        changed=True,
        again=True,
        data={"state": "file", "mode": "0600"},
    ),
    Case(
        "tempfile",
        {"path": "{root}", "state": "directory", "suffix": ".d"},
        loose=True,
        changed=True,
        again=True,
        data={"mode": "0700"},
    ),
    Case(
        "tempfile",
        {},
        before={"t": Dir()},
        after={"t/ansible.64d9e2d0": File("", 0o600)},
        environment={"TMPDIR": "{root}/t"},
        again=True,
    ),
    Case("tempfile", {"path": "{root}/no"}, failure="the directory {root}/no does not exist"),
    Case(
        "tempfile",
        {"path": "{root}/d"},
        before={"d": Dir(0o500)},
        failure="Permission denied",
        unprivileged=True,
    ),
    Case("tempfile", {"prefix": "a/b"}, refused="cannot hold a slash"),
    Case("tempfile", {"suffix": "/"}, refused="cannot hold a slash"),
]
