from fakes import APT_GET, DPKG_QUERY, program
from law import Case

START = {
    "bin/apt-get": program(APT_GET),
    "bin/dpkg-query": program(DPKG_QUERY),
    "packages/app": "2.0\n",
    "packages/old": "2.0\n",
    "installed/old": "1.0\n",
}


def case(args, **more):
    environment = {"PATH": "{root}/bin"}
    return Case("package", args, before=START, environment=environment, needs="root", **more)


CASES = [
    case({"name": ["app"]}, after={"installed/app": "2.0\n"}),
    case(
        {"name": ["app"], "state": "installed", "use": "ansible.builtin.apt"},
        after={"installed/app": "2.0\n"},
    ),
    case({"name": ["old"]}, changed=False),
    case({"name": ["old"], "state": "removed"}, after={"installed/old": "gone\n"}),
    case({"name": ["old"], "state": "absent"}, after={"installed/old": "gone\n"}),
    case({"name": ["app"], "use": "dnf"}, failure="the package manager dnf is not known here"),
    Case(
        "package",
        {"name": ["app"]},
        before={"bin/apk": program("#!/bin/sh\n")},
        environment={"PATH": "{root}/bin"},
        failure="it has apk, which is not known here",
    ),
]
