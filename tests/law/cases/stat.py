from law import Case, Dir, File, Link

CASES = [
    Case("stat", {"path": "{root}/gone"}, data={"stat": {"exists": False}}),
    Case(
        "stat",
        {"path": "{root}/f"},
        before={"f": File("x", 0o640, 1000.0)},
        changed=False,
        data={
            "stat": {
                "exists": True,
                "path": "{root}/f",
                "isreg": True,
                "isdir": False,
                "mode": "0640",
                "size": 1,
                "mtime": 1000.0,
                "checksum": "11f6ad8ec52a2984abaafd7c3b516503785c2072",
                "rusr": True,
                "xusr": False,
                "wgrp": False,
                "roth": False,
                "readable": True,
                "executable": False,
            }
        },
    ),
    Case(
        "stat",
        {"path": "{root}/f", "checksum_algorithm": "sha256"},
        before={"f": ""},
        data={
            "stat": {"checksum": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
        },
    ),
    Case(
        "stat",
        {"path": "{root}/d"},
        before={"d": Dir(0o750)},
        data={"stat": {"isdir": True, "mode": "0750"}},
    ),
    Case(
        "stat",
        {"path": "{root}/l"},
        before={"f": "x", "l": Link("f")},
        data={"stat": {"islnk": True, "isreg": False, "lnk_target": "f", "lnk_source": "{root}/f"}},
    ),
    Case(
        "stat",
        {"path": "{root}/l", "follow": True},
        before={"f": "x", "l": Link("f")},
        data={"stat": {"islnk": False, "isreg": True, "size": 1}},
    ),
    Case(
        "stat",
        {"path": "{root}/l", "follow": True},
        before={"l": Link("gone")},
        data={"stat": {"exists": False}},
    ),
    Case(
        "stat",
        {"path": "{root}/l", "follow": True},
        before={"l": Link("l")},
        data={"stat": {"exists": False}},
    ),
    Case("stat", {"path": "/dev/null"}, data={"stat": {"ischr": True, "isreg": False}}),
    Case(
        "stat",
        {"path": "{root}/d/f"},
        before={"d": Dir(0), "d/f": ""},
        failure="cannot look at {root}/d/f: Permission denied",
        unprivileged=True,
    ),
    Case(
        "stat",
        {"path": "{root}/f"},
        before={"f": File("", 0)},
        data={"stat": {"readable": False}},
        unprivileged=True,
    ),
    Case(
        "stat",
        {"path": "{root}/f", "get_mime": True, "get_attributes": True},
        before={"f": "plain words\n"},
        data={"stat": {"mimetype": "text/plain", "charset": "us-ascii"}},
        needs="file",
    ),
    Case(
        "stat",
        {"path": "{root}/f", "get_mime": True, "get_attributes": True},
        before={"f": "", "bin": Dir()},
        environment={"PATH": "{root}/bin"},
        data={
            "stat": {
                "mimetype": "unknown",
                "charset": "unknown",
                "attributes": [],
                "attr_flags": "",
            }
        },
        name="without the programs",
    ),
    Case(
        "stat",
        {"path": "{root}/f", "get_attributes": True},
        before={"bin/lsattr": File("#!/bin/sh\necho 12 ----i---A------- $2\n", 0o755), "f": ""},
        environment={"PATH": "{root}/bin:/bin:/usr/bin"},
        data={
            "stat": {"version": "12", "attr_flags": "iA", "attributes": ["immutable", "noatime"]}
        },
    ),
    Case(
        "stat",
        {"path": "{root}/f"},
        after={"f": File("x", 0o600)},
        earlier=[("copy", {"content": "x", "dest": "{root}/f", "mode": "0600"})],
        data={
            "stat": {
                "mode": "0600",
                "size": 1,
                "checksum": "11f6ad8ec52a2984abaafd7c3b516503785c2072",
            }
        },
        name="of what an earlier step writes",
    ),
    Case(
        "stat",
        {"path": "{root}/f"},
        after={"f": ""},
        earlier=[("command", {"cmd": "touch {root}/f"})],
        unpredicted=True,
        again=True,
        name="of what a command touches",
    ),
]
