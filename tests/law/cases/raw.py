from law import Case


def case(args, **more):
    return Case("raw", args, again=True, unpredicted=True, **more)


CASES = [
    case({"cmd": "echo a; echo b >&2"}, data={"rc": 0, "stdout": "a\n", "stderr": "b\n"}),
    case({"cmd": "echo x > {root}/f"}, after={"f": "x\n"}),
    case({"cmd": "exit 3"}, failure="non-zero return code", data={"rc": 3}),
    case({"cmd": "echo $0", "executable": "/bin/bash"}, data={"stdout": "/bin/bash\n"}),
    Case("raw", {"cmd": " "}, refused="the command is empty"),
]
