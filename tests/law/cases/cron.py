from fakes import CRONTAB, program
from law import Case, Dir

START = {"bin/crontab": program(CRONTAB), "cron": Dir()}


def case(args, table=None, after=None, **more):
    before = {**START, **({} if table is None else {"cron/own": table})}
    after = {} if after is None else {"cron/own": after}
    return Case(
        "cron", args, before=before, after=after, environment={"PATH": "{root}/bin"}, **more
    )


def file(args, before=None, after=None, **more):
    given = {"name": "n", "job": "j", "user": "root", "cron_file": "{root}/f", **args}
    had = {} if before is None else {"f": before}
    return Case("cron", given, before=had, after={"f": after}, **more)


JOB = {"name": "nightly", "job": "run it", "minute": "5", "hour": "2"}
LINE = "#Ansible: nightly\n5 2 * * * run it\n"

CASES = [
    case(JOB, None, LINE, data={"jobs": ["nightly"], "envs": []}),
    case(JOB, "A=1\n" + LINE, changed=False, data={"envs": ["A"]}),
    case(JOB, "0 0 * * * x\n", "0 0 * * * x\n" + LINE),
    case({**JOB, "hour": "3"}, LINE + "z\n", "#Ansible: nightly\n5 3 * * * run it\nz\n"),
    case({**JOB, "disabled": True}, LINE, "#Ansible: nightly\n#5 2 * * * run it\n"),
    case(
        {"name": "n", "job": "j", "special_time": "daily"},
        None,
        "#Ansible: n\n@daily j\n",
    ),
    case(JOB, "5 2 * * * run it\n", LINE, name="a job written by hand"),
    case({"name": "nightly", "state": "absent"}, LINE + "z\n", "z\n"),
    case({"name": "nightly", "state": "absent"}, "z\n", changed=False),
    case({"name": "nightly", "state": "absent"}, changed=False),
    case({"name": "A", "env": True, "job": "1"}, "z\n", 'A="1"\nz\n', data={"envs": ["A"]}),
    case({"name": "A", "env": True, "job": "1"}, "A=2\nz\n", 'A="1"\nz\n'),
    case({"name": "A", "env": True, "state": "absent"}, "A=2\nz\n", "z\n"),
    case({"name": "B", "env": True, "job": "1", "insertafter": "A"}, "A=2\n", 'A=2\nB="1"\n'),
    case({"name": "B", "env": True, "job": "1", "insertbefore": "A"}, "A=2\n", 'B="1"\nA=2\n'),
    case({"name": "B", "env": True, "job": "1", "insertafter": "C"}, failure="no variable C"),
    case(
        {"name": "second", "job": "x"},
        None,
        LINE + "#Ansible: second\n* * * * * x\n",
        earlier=[("cron", JOB)],
        name="carries forward",
    ),
    file({}, None, "#Ansible: n\n* * * * * root j\n"),
    file({}, "#Ansible: n\n* * * * * root j\n", "#Ansible: n\n* * * * * root j\n", changed=False),
    file({"special_time": "reboot"}, "x\n", "x\n#Ansible: n\n@reboot root j\n"),
    file({"state": "absent"}, "#Ansible: n\n* * * * * root j\n", None),
    file({"state": "absent"}, "x\n#Ansible: n\n* * * * * root j\n", "x\n"),
    Case("cron", JOB, environment={"PATH": "{root}"}, failure="this host has no crontab program"),
    Case("cron", {"name": "n"}, refused="'job' is needed"),
    Case("cron", {"name": "n", "job": "a\nb"}, refused="may have a break"),
    Case("cron", {"name": "n", "job": "j", "cron_file": "f"}, refused="needs 'user'"),
    Case(
        "cron",
        {"name": "n", "job": "j", "special_time": "daily", "hour": "1"},
        refused="stands instead of",
    ),
]
