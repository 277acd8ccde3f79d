from fakes import SYSCTL, program
from law import Case, File

NAME = "net.ipv4.ip_forward"


def case(args, before, after=None, kernel=None, **more):
    had = {"bin/sysctl": program(SYSCTL), f"kernel/{NAME}": "0\n"}
    had.update({} if before is None else {"f": before})
    later = {} if after is None else {"f": after}
    later.update({} if kernel is None else {f"kernel/{NAME}": kernel})
    given = {"name": NAME, "sysctl_file": "{root}/f", **args}
    return Case("sysctl", given, had, later, environment={"PATH": "{root}/bin"}, **more)


CASES = [
    case({"value": "1"}, None, File(f"{NAME}=1\n", 0o644), "1\n"),
    case({"value": "1"}, "# x\n#a=b", f"# x\n#a=b\n{NAME}=1\n", "1\n"),
    case({"value": "1", "ignoreerrors": True}, "a=b", f"a=b\n{NAME}=1\n", "1\n"),
    case({"value": "1"}, f"{NAME} = 1\n", changed=False),
    case({"value": "yes"}, f"{NAME}=0\n{NAME}=0\n", f"{NAME}=1\n", "1\n"),
    case({"value": "1", "reload": False}, "", f"{NAME}=1\n"),
    case({"value": "1", "sysctl_set": True}, f"{NAME}=1\n", None, "1\n"),
    case({"value": "0", "sysctl_set": True}, f"{NAME}=0\n", changed=False),
    case({"value": "1", "sysctl_set": True, "reload": False}, "", f"{NAME}=1\n", "1\n"),
    case({"state": "absent"}, f"#{NAME}=1\n{NAME}=0\n", f"#{NAME}=1\n"),
    case({"state": "absent"}, "a=b\n", changed=False),
    case(
        {"name": "no.such", "value": "1", "sysctl_set": True, "reload": False},
        "",
        "no.such=1\n",
        failure="has no parameter no.such",
    ),
    Case(
        "sysctl",
        {"name": "a", "value": "1"},
        environment={"PATH": "{root}"},
        failure="this host has no sysctl",
    ),
    Case("sysctl", {"name": "a"}, refused="needs 'value'"),
    Case("sysctl", {"name": "a b", "value": "1"}, refused="no name of a parameter"),
]
