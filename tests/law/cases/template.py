from law import Case, Dir, File, Link, content

FILLED = content("port = 8080\n", "settings.toml.j2", 0o640)

CASES = [
    Case(
        "template", {"src": FILLED, "dest": "{root}/f"}, after={"f": File("port = 8080\n", 0o644)}
    ),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/f", "mode": "preserve"},
        before={"f": "port = 1\n"},
        after={"f": File("port = 8080\n", 0o640)},
        data={"dest": "{root}/f", "mode": "0640", "size": 12},
    ),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/f"},
        before={"f": "port = 8080\n"},
        changed=False,
    ),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/d"},
        before={"d": Dir()},
        after={"d/settings.toml.j2": "port = 8080\n"},
    ),
    Case(
        "template",
        {"src": content("x"), "dest": "{root}/d"},
        before={"d": Dir()},
        failure="name the file in it",
    ),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/f", "validate": "false %s"},
        failure="failed to validate",
    ),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/f", "validate": "sh -c 'grep -q 8080 \"%s\" && exit 3'"},
        failure="rc:3",
    ),
    Case("template", {"src": FILLED, "dest": "/f", "validate": "visudo -c"}, refused="%s"),
    Case(
        "template",
        {"src": FILLED, "dest": "{root}/l", "follow": True, "backup": True},
        before={"f": "old\n", "l": Link("f")},
        after={"f": "port = 8080\n", "f.01d09d19c213~": "old\n"},
        data={"backup_file": "{root}/f.01d09d19c213~"},
    ),
]
