from fakes import program
from law import Case

DPKG = "#!/bin/sh\nprintf 'ii \\tapp\\t1.0\\tall\\tweb\\nrc \\told\\t1\\tall\\tx\\n'\n"
RPM = "#!/bin/sh\nprintf 'app\\t1.0\\t2\\t(none)\\tnoarch\\n'\n"


def case(args, **more):
    before = {"bin/dpkg-query": program(DPKG), "bin/rpm": program(RPM)}
    environment = {"PATH": "{root}/bin"}
    return Case("package_facts", args, before, environment=environment, changed=False, **more)


APP = {"name": "app", "version": "1.0", "arch": "all", "category": "web", "source": "apt"}
RED = {
    "name": "app",
    "version": "1.0",
    "release": "2",
    "epoch": None,
    "arch": "noarch",
    "source": "rpm",
}

CASES = [
    case({}, data={"ansible_facts": {"packages": {"app": [APP]}}}),
    case({"manager": ["rpm"]}, data={"ansible_facts": {"packages": {"app": [RED]}}}),
    case(
        {"manager": ["auto"], "strategy": "all"},
        data={"ansible_facts": {"packages": {"app": [RED]}}},
    ),
    Case("package_facts", {}, environment={"PATH": "{root}"}, failure="none of dpkg-query and rpm"),
]
