import json

from law import Case

NOTE = {"ansible_job_id": "j1.2", "started": 1, "finished": 1, "child_pid": 0}
ENVIRONMENT = {"ANSIBLE_ASYNC_DIR": "{root}/jobs"}
CHANGE = {"action": "run", "target": "make"}


def case(note, jid="j1.2", **more):
    before = {"jobs/j1.2": note if isinstance(note, str) else json.dumps({**NOTE, **note})}
    args = {"jid": jid, **more.pop("args", {})}
    return Case(
        "async_status",
        args,
        before,
        environment=ENVIRONMENT,
        again=bool(more.get("changed")),
        **more,
    )


def result(**said):
    return {"suture": {"status": "ok", **said}}


CASES = [
    case(
        result(status="changed", data={"rc": 0, "stdout": "x"}, changes=[CHANGE]),
        data={"rc": 0, "stdout": "x", "started": True, "finished": True, "ansible_job_id": "j1.2"},
        changed=True,
    ),
    case(result(data={"size": 3}), data={"size": 3, "finished": True}, changed=False),
    case(
        result(status="failed", message="non-zero return code", data={"rc": 3}),
        failure="non-zero return code",
        data={"rc": 3, "finished": True},
    ),
    case({"finished": 0, "child_pid": None}, data={"finished": False, "started": True}),
    case({"finished": 0, "child_pid": 2**22 + 1}, failure="ended without a result"),
    case({"changed": True, "rc": 0}, data={"rc": 0}, changed=True, name="one of Ansible's own"),
    case({"failed": True, "msg": "no"}, failure="no", name="a failed one of Ansible's own"),
    case("{", failure="Could not parse job output"),
    case({}, "j9.9", failure="could not find job", data={"finished": True, "started": True}),
    Case("async_status", {"jid": "../j1.2"}, refused="no path"),
]
