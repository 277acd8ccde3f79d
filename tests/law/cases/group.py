from law import Case
from throwaway import GROUP as NAME
from throwaway import NUMBER as GID

GONE = ("group", {"name": NAME, "state": "absent"})


def case(args, *earlier, **more):
    needs = "root groupadd getent"
    return Case("group", {"name": NAME, **args}, needs=needs, earlier=[*earlier], **more)


CASES = [
    case({"state": "absent"}, ("group", {"name": NAME, "gid": GID}), again=True),
    case(
        {"gid": GID + 1},
        GONE,
        ("group", {"name": NAME, "gid": GID}),
        again=True,
        data={"gid": GID + 1, "state": "present"},
        name="renumbered",
    ),
    case(
        {"state": "absent"},
        GONE,
        ("group", {"name": NAME, "system": True}),
        again=True,
        unpredicted=True,
        name="its number is left to groupadd",
    ),
    case({"state": "absent"}, changed=False),
    case({"name": "root", "gid": 0}, changed=False, data={"gid": 0}),
    case(
        {},
        unprivileged=True,
        failure="only root may change a group: run this step with become: true",
    ),
    Case("group", {"name": "x", "non_unique": True}, refused="'non_unique' needs 'gid'"),
]
