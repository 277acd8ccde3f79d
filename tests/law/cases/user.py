from law import Case
from throwaway import NUMBER as UID
from throwaway import OTHER_GROUP as GROUP
from throwaway import USER as NAME

HASH = "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy"
PLAIN = {"name": NAME, "uid": UID, "home": "{root}/home", "shell": "/bin/sh", "comment": "A test"}
GONE = ("user", {"name": NAME, "state": "absent", "remove": True})
THERE = ("user", {**PLAIN, "create_home": False})
NO_GROUP = ("group", {"name": GROUP, "state": "absent"})


def case(args, *earlier, **more):
    """Where a user would be made, the number of its own group is left to useradd."""
    needs = "root useradd getent chage chpasswd"
    more = {"unpredicted": any("shell" in args for module, args in earlier), **more}
    given = {"name": NAME, **args}
    return Case("user", given, needs=needs, loose=True, earlier=[*earlier], **more)


def changed(args, **more):
    """The user, newly made, is changed to this."""
    return case(args, GONE, THERE, again=True, **more)


CASES = [
    case(
        PLAIN,
        GONE,
        again=True,
        unpredicted=True,
        data={"uid": UID, "home": "{root}/home", "comment": "A test"},
    ),
    case({"shell": "/bin/sh"}, GONE, THERE, again=True, data={"uid": UID}, name="satisfied"),
    case(
        {"groups": [GROUP], "create_home": False, "system": True},
        GONE,
        ("group", {"name": GROUP}),
        again=True,
        unpredicted=True,
        data={"groups": GROUP},
        name="a group made in the same run",
    ),
    case(
        {"group": GROUP, "create_home": False},
        GONE,
        NO_GROUP,
        ("group", {"name": GROUP, "gid": UID + 1}),
        again=True,
        unpredicted=True,
        data={"group": UID + 1},
        name="a primary group",
    ),
    changed({"shell": "/bin/false", "comment": "Ada"}, data={"uid": UID, "comment": "Ada"}),
    changed({"groups": [], "append": True}),
    changed({"password": HASH}, data={"password": "NOT_LOGGING_PASSWORD"}),
    changed({"password": HASH, "password_lock": True}),
    changed({"password": "x", "update_password": "on_create"}),
    changed({"password_lock": True}),
    changed({"password_expire_max": 90, "expires": 1893456000.0}),
    case(
        {"expires": -1.0},
        GONE,
        ("user", {**THERE[1], "expires": 1893456000.0}),
        again=True,
        name="never expires",
    ),
    case({"state": "absent", "remove": True}, GONE, ("user", PLAIN), again=True),
    case({"state": "absent"}, GONE, changed=None),
    case({"groups": ["suture-none"]}, failure="there is no group suture-none on this host"),
    case({"group": "suture-none"}, failure="there is no group suture-none on this host"),
    case(
        {},
        unprivileged=True,
        failure="only root may change a user: run this step with become: true",
    ),
    case({"name": "root"}, changed=False, data={"uid": 0}),
    Case("user", {"name": "x", "password": "a:b"}, refused="the hash that crypt makes"),
]
