from law import Case

OLD = {"etc/hostname": "old\n"}


def case(args, before, **more):
    """Where the name that the case starts with is no other step's, doing it again changes it back."""
    earlier = [("hostname", {"name": "old"})]
    return Case(
        "hostname", args, before, stands_at={"etc": "/etc"}, needs="root hostname",
        earlier=earlier, **more,
    )  # fmt: skip


CASES = [
    case({"name": "old"}, OLD, data={"name": "old"}),
    case({"name": "new"}, OLD, after={"etc/hostname": "new\n"}, again=True),
    case(
        {"name": "new.example.org"},
        {"etc/hostname": "# a comment\nother\n"},
        after={"etc/hostname": "new.example.org\n"},
        again=True,
        data={"ansible_facts": {"ansible_hostname": "new", "ansible_domain": "example.org"}},
    ),
    Case("hostname", {"name": "a b"}, refused="'a b' is no name for a host"),
    Case("hostname", {"name": "a" * 65}, refused="no more than 64 letters"),
    Case(
        "hostname",
        {"name": "new"},
        OLD,
        stands_at={"etc": "/etc"},
        environment={"PATH": "{root}"},
        after={"etc/hostname": "new\n"},
        failure="this host has no program 'hostname'",
    ),
]
