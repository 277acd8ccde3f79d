from law import Case, Link

ZONE = "/usr/share/zoneinfo/"


def case(args, before, after=None, **more):
    had = {"etc/passwd": "root:x:0:0::/:\n", **before}
    return Case("timezone", args, had, after or {}, stands_at={"etc": "/etc"}, needs="root", **more)


CASES = [
    case({"name": "Etc/UTC"}, {}, {"etc/localtime": Link(ZONE + "Etc/UTC")}),
    case({"name": "Etc/UTC"}, {"etc/localtime": Link(ZONE + "Etc/UTC")}, changed=False),
    case(
        {"name": "Etc/UTC"}, {"etc/localtime": Link("../usr/share/zoneinfo/Etc/UTC")}, changed=False
    ),
    case(
        {"name": "Etc/UTC"},
        {"etc/localtime": "data", "etc/timezone": "X\n"},
        {"etc/localtime": Link(ZONE + "Etc/UTC"), "etc/timezone": "Etc/UTC\n"},
    ),
    case({"hwclock": "local"}, {}, {"etc/adjtime": "0.0 0 0.0\n0\nLOCAL\n"}),
    case({"hwclock": "UTC"}, {}, changed=False),
    case(
        {"hwclock": "UTC"}, {"etc/adjtime": "1 2 3\n4\nLOCAL\n"}, {"etc/adjtime": "1 2 3\n4\nUTC\n"}
    ),
    case({"name": "No/Where"}, {}, failure="there is no zone No/Where on this host"),
    Case("timezone", {}, refused="give 'name'"),
    Case("timezone", {"name": "../etc/passwd"}, refused="no name of a zone"),
]
