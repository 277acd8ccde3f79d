from fakes import APT_GET, DPKG_QUERY, program
from law import Case

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
        before={**START, **more.pop("before", {})},
        environment={"PATH": "{root}/bin"},
        needs="root",
        data=data,
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
    Case("apt", {"name": ["a"]}, environment={"PATH": "{root}"}, failure="has no apt-get"),
    Case("apt", {"state": "present"}, refused="give 'name'"),
    Case("apt", {"name": ["a"], "deb": "/b"}, refused="give one of"),
    Case("apt", {"deb": "http://x/y.deb"}, refused="get_url"),
]
