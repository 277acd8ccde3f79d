from law import Case
from throwaway import OTHER_GROUP as NAME

GETENT = "getent"


def case(args, **more):
    return Case("getent", args, needs="getent", changed=False, **more)


CASES = [
    case(
        {"database": "passwd", "key": "root"},
        data={
            "ansible_facts": {
                "getent_passwd": {"root": ["x", "0", "0", "root", "/root", "/bin/bash"]}
            }
        },
    ),
    case({"database": "group"}, data={"ansible_facts": {"getent_group": {"root": ["x", "0", ""]}}}),
    case({"database": "passwd", "key": "no-such"}, failure="supplied key could not be found"),
    case({"database": "nonsense"}, failure="database unknown"),
    case(
        {"database": "passwd", "key": "no-such", "fail_key": False},
        data={"ansible_facts": {"getent_passwd": {"no-such": None}}},
    ),
    case(
        {"database": "passwd", "key": "root", "split": "/"},
        data={"ansible_facts": {"getent_passwd": {"root:x:0:0:root:": ["root:", "bin", "bash"]}}},
    ),
    Case(
        "getent",
        {"database": "group", "key": NAME, "fail_key": False},
        earlier=[("group", {"name": NAME}), ("group", {"name": NAME, "state": "absent"})],
        needs="root getent groupadd",
        again=True,
        unpredicted=True,
        name="an earlier step has to do with it",
    ),
    Case("getent", {"database": "x"}, environment={"PATH": "{root}"}, failure="has no getent"),
]
