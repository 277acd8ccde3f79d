from fakes import APT_GET, DPKG_QUERY, program
from law import Case, Dir, File

LINE = "deb https://apt.example.org/debian bookworm main"
LIST = "etc/apt/sources.list.d/apt_example_org_debian.list"
MAIN = "etc/apt/sources.list"
UPDATED = {"updated": "now\n"}

CREDENTIALS = "deb [arch=amd64 signed-by=/k] https://u:p@a.example.org/x y/"
START = {
    "etc/passwd": "root:x:0:0::/:\n",
    "bin/apt-get": program(APT_GET),
    "etc/apt/sources.list.d": Dir(),
    "installed": Dir(),
}


def case(args, before=None, after=None, **more):
    had = {**START, **(before or {})}
    return Case(
        "apt_repository",
        {"repo": LINE, **args},
        had,
        after or {},
        environment={"PATH": "{root}/bin"},
        stands_at={"etc": "/etc"},
        needs="root",
        **more,
    )


CASES = [
    case(
        {}, None, {LIST: File(LINE + "\n", 0o644), **UPDATED}, data={"sources_added": ["/" + LIST]}
    ),
    case({"update_cache": False}, None, {LIST: LINE + "\n"}),
    case(
        {"filename": "vendor", "mode": "0600"},
        None,
        {"etc/apt/sources.list.d/vendor.list": File(LINE + "\n", 0o600), **UPDATED},
    ),
    case({}, {MAIN: f"# x\n{LINE} # ours\n"}, changed=False),
    case({"repo": LINE.replace(" ", "  ")}, {MAIN: LINE}, changed=False),
    case({}, {MAIN: f"# {LINE}\n"}, {MAIN: LINE + "\n", **UPDATED}),
    case({}, {LIST: "deb http://x y z"}, {LIST: f"deb http://x y z\n{LINE}\n", **UPDATED}),
    case(
        {"state": "absent"},
        {LIST: LINE + "\n", MAIN: f"{LINE}\ndeb a b\n"},
        {LIST: None, MAIN: "deb a b\n", **UPDATED},
        data={"sources_removed": ["/" + LIST]},
    ),
    case({"state": "absent"}, {MAIN: "deb a b\n"}, changed=False),
    case(
        {"repo": CREDENTIALS},
        None,
        {
            "etc/apt/sources.list.d/a_example_org_x.list": CREDENTIALS + "\n",
            **UPDATED,
        },
    ),
    Case(
        "apt",
        {"name": ["app"]},
        {**START, "packages/app": "2.0\n", "bin/dpkg-query": program(DPKG_QUERY)},
        {LIST: LINE + "\n", **UPDATED, "installed/app": "2.0\n"},
        environment={"PATH": "{root}/bin"},
        stands_at={"etc": "/etc"},
        needs="root",
        earlier=[("apt_repository", {"repo": LINE})],
        unpredicted=True,
        name="nobody knows what the new lists have",
    ),
    Case("apt_repository", {"repo": LINE}, environment={"PATH": "{root}"}, failure="no apt-get"),
    Case("apt_repository", {"repo": "ppa:a/b"}, refused="only Launchpad knows"),
    Case("apt_repository", {"repo": "https://x"}, refused="is no line of apt's sources"),
    Case("apt_repository", {"repo": "# deb a b"}, refused="is no line of apt's sources"),
]
