from law import Case, Dir, File

ARGS = {
    "name": "My Vendor",
    "uris": ["https://a.example.org"],
    "suites": ["bookworm"],
    "components": ["main"],
}
TEXT = """\
Components: main
X-Repolib-Name: My Vendor
Suites: bookworm
Types: deb
URIs: https://a.example.org
"""
FILE = "etc/apt/sources.list.d/my-vendor.sources"


def case(args, before=None, after=None, **more):
    had = {"etc/passwd": "root:x:0:0::/:\n", "etc/apt/sources.list.d": Dir(), **(before or {})}
    return Case(
        "deb822_repository", args, had, after or {}, stands_at={"etc": "/etc"}, needs="root", **more
    )


CASES = [
    case(ARGS, None, {FILE: File(TEXT, 0o644)}, data={"dest": "/" + FILE, "repo": TEXT}),
    case(ARGS, {FILE: File(TEXT, 0o644)}, changed=False),
    case(
        {**ARGS, "enabled": False, "by_hash": True, "types": ["deb", "deb-src"]},
        None,
        {
            FILE: "By-Hash: yes\nComponents: main\nEnabled: no\n"
            + TEXT.replace("Components: main\n", "").replace("deb\n", "deb deb-src\n")
        },
    ),
    case(
        {**ARGS, "signed_by": "-----BEGIN\n\nx\n"},
        None,
        {FILE: TEXT.replace("Suites", "Signed-By: \n -----BEGIN\n .\n x\nSuites")},
    ),
    case({"name": "My Vendor", "state": "absent"}, {FILE: TEXT}, {FILE: None}),
    case({"name": "My Vendor", "state": "absent"}, changed=False),
    Case("deb822_repository", {"name": "x"}, refused="needs 'uris' and 'suites'"),
    Case("deb822_repository", {"name": "-", "state": "absent"}, refused="no name for a file"),
]
