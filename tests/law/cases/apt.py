from fakes import APT_GET, DPKG_QUERY, program
from law import Case, Dir

START = {
    "bin/apt-get": program(APT_GET),
    "bin/dpkg-query": program(DPKG_QUERY),
    "packages/app": "2.0\n",
    "packages/app.needs": "lib\n",
    "packages/lib": "1.5\n",
    "packages/old": "2.0\n",
    "installed/old": "1.0\n",
}


def case(args, rows=None, **more):
    data = {} if rows is None else {"resolution": rows}
    return Case(
        "apt",
        args,
        before={**START, **({"sbin": Dir()} if "policy_rc_d" in args else {})},
        environment={"PATH": "{root}/bin:/usr/bin:/bin" if "policy_rc_d" in args else "{root}/bin"},
        stands_at={"sbin": "/usr/sbin"} if "policy_rc_d" in args else {},
        needs="root",
        data=data,
        **more,
    )


def behind(module, args, after=None, **more):
    """A step behind one that installs a package, which brings /etc/app/app.conf."""
    brought = {"installed/app": "2.0\n", "installed/lib": "1.5\n", "etc/app/app.conf": "set\n"}
    return Case(
        module,
        args,
        before={
            **START,
            "packages/app.brings": "/etc/app/app.conf",
            "etc/passwd": "root:x:0:0::/:\n",
        },
        after={**brought, **(after or {})},
        environment={"PATH": "{root}/bin:/usr/bin:/bin"},
        earlier=[("apt", {"name": ["app"]})],
        stands_at={"etc": "/etc"},
        needs="root",
        name=f"{module} behind an installation",
        **more,
    )


def row(name, old, new, by=""):
    return {"name": name, "from": old, "to": new, "requested_by": by}


CASES = [
    case(
        {"name": ["app"]},
        [row("app", "", "2.0", "app"), row("lib", "", "1.5")],
        after={"installed/app": "2.0\n", "installed/lib": "1.5\n"},
    ),
    case({"name": ["old"]}, [], changed=False),
    case({"name": ["old=1.*"]}, [], changed=False),
    case(
        {"name": ["old=2.0"]}, [row("old", "1.0", "2.0", "old")], after={"installed/old": "2.0\n"}
    ),
    case(
        {"name": ["old"], "state": "latest"},
        [row("old", "1.0", "2.0", "old")],
        after={"installed/old": "2.0\n"},
    ),
    case(
        {"name": ["old", "app"], "state": "absent"},
        [row("old", "1.0", "", "old")],
        after={"installed/old": "gone\n"},
    ),
    case({"name": ["app"], "state": "absent"}, [], changed=False),
    case({"name": ["old"], "only_upgrade": True}, changed=False),
    case({"name": ["app"], "only_upgrade": True}, changed=False),
    case(
        {"name": ["lib"]},
        earlier=[("apt", {"name": ["app"]})],
        after={"installed/app": "2.0\n", "installed/lib": "1.5\n"},
        name="carries forward",
    ),
    case({"update_cache": True}, after={"updated": "now\n"}, unpredicted=True, again=True),
    case({"name": ["old"], "update_cache": True}, [], changed=False),
    case(
        {"name": ["lib"], "update_cache": True},
        after={"updated": "now\n", "installed/lib": "1.5\n"},
        unpredicted=True,
        name="a dry run does not fetch the lists",
    ),
    case({"name": ["none"]}, failure="there is no package none in the package lists"),
    case({"name": ["old=3"]}, failure="there is no version 3 of old"),
    behind("file", {"path": "/etc/app", "state": "directory"}, unpredicted=True),
    behind(
        "file",
        {"path": "/etc/app/app.conf", "state": "absent"},
        {"etc/app/app.conf": None},
        unpredicted=True,
    ),
    behind(
        "copy", {"dest": "/etc/app/other", "content": "x"}, {"etc/app/other": "x"}, unpredicted=True
    ),
    behind(
        "lineinfile",
        {"path": "/etc/app/app.conf", "line": "x"},
        {"etc/app/app.conf": "set\nx\n"},
        unpredicted=True,
    ),
    behind("stat", {"path": "/etc/app/app.conf"}, unpredicted=True),
    behind("command", {"cmd": "true", "creates": "/etc/app/app.conf"}, unpredicted=True),
    behind("command", {"cmd": "no-such"}, failure="no-such: no such program", unpredicted=True),
    behind("user", {"name": "app", "state": "absent"}, unpredicted=True),
    behind("group", {"name": "other", "state": "absent"}),
    behind("file", {"path": "/etc/other", "state": "directory"}, {"etc/other": Dir()}),
    behind("copy", {"dest": "/etc/other", "content": "x"}, {"etc/other": "x"}),
    behind("copy", {"dest": "/etc/appetite", "content": "x"}, {"etc/appetite": "x"}),
    behind(
        "copy",
        {"dest": "{root}/no/x", "content": "x"},
        failure="the directory {root}/no does not exist",
    ),
    Case("apt", {"name": ["a"]}, environment={"PATH": "{root}"}, failure="has no apt-get"),
    Case("apt", {"state": "present"}, refused="give 'name'"),
    Case("apt", {"name": ["a"], "deb": "/b"}, refused="give one of"),
    case(
        {"name": ["app"], "force": True, "policy_rc_d": 101, "fail_on_autoremove": True},
        [row("app", "", "2.0", "app"), row("lib", "", "1.5")],
        after={"installed/app": "2.0\n", "installed/lib": "1.5\n"},
    ),
    case({"state": "fixed"}, [], changed=False),
    case({"clean": True}, [], changed=False),
]
