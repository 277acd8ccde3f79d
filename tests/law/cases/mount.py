from fakes import MOUNT, program
from law import Case, Dir

FAKES = {f"bin/{name}": program(MOUNT) for name in ("mount", "umount", "mountpoint")}
DATA = "/dev/sdb1 {root}/data ext4 noatime 0 0\n"
TABLE = "# the table\n/dev/sda1 / ext4 defaults 0 1\n"
WANTED = {"src": "/dev/sdb1", "fstype": "ext4", "opts": "noatime"}


def case(args, table=TABLE, after=None, now="no", then=None, **more):
    before = {**FAKES, "fstab": table, "mounted/now": now + "\n", **more.pop("before", {})}
    later = {**({} if after is None else {"fstab": after}), **more.pop("later", {})}
    later.update({} if then is None else {"mounted/now": then + "\n"})
    given = {"path": "{root}/data", "fstab": "{root}/fstab", **args}
    return Case("mount", given, before, later, environment={"PATH": "{root}/bin"}, **more)


CASES = [
    case(
        {"state": "mounted", **WANTED},
        TABLE,
        TABLE + DATA,
        "no",
        "yes",
        later={"data": Dir()},
        data={"name": "{root}/data", "opts": "noatime"},
    ),
    case(
        {"state": "mounted", **WANTED},
        TABLE + DATA,
        now="yes",
        before={"data": Dir()},
        changed=False,
    ),
    case({"state": "mounted", **WANTED}, TABLE + DATA, None, "no", "yes", before={"data": Dir()}),
    case({"state": "present", **WANTED}, TABLE, TABLE + DATA),
    case(
        {"state": "present", **WANTED, "boot": False},
        TABLE,
        TABLE + DATA.replace("noatime", "noatime,noauto"),
    ),
    case(
        {"state": "present", **WANTED, "path": "{root}/a b"}, "", DATA.replace("/data", r"/a\040b")
    ),
    case({"state": "present", **WANTED}, "/dev/old {root}/data xfs defaults\n", DATA),
    case({"state": "present", **WANTED}, DATA.replace(" 0 0", ""), changed=False),
    case({"state": "unmounted", **WANTED}, DATA, None, "yes", "no", before={"data": Dir()}),
    case({"state": "unmounted"}, DATA, changed=False),
    case(
        {"state": "absent", **WANTED},
        TABLE + DATA,
        TABLE,
        "yes",
        "no",
        before={"data": Dir()},
        later={"data": None},
        unpredicted=True,
    ),
    case({"state": "absent"}, TABLE, changed=False),
    case({"state": "absent_from_fstab"}, TABLE + DATA, TABLE, now="yes", before={"data": Dir()}),
    case({"state": "ephemeral", **WANTED}, TABLE, None, "no", "yes", before={"data": Dir()}),
    case({"state": "remounted"}, TABLE, now="yes", before={"data": Dir()}, again=True),
    case({"state": "remounted"}, failure="is not mounted"),
    case(
        {"state": "present", "path": "none", "src": "/swap", "fstype": "swap", "opts": "sw"},
        TABLE,
        TABLE + "/swap none swap sw 0 0\n",
    ),
    Case("mount", {"path": "/x", "state": "mounted"}, refused="needs 'src' and 'fstype'"),
]
