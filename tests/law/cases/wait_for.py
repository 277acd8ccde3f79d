from law import Case
from serving import server

PORT = int(server().rpartition(":")[2])


def case(args, **more):
    return Case("wait_for", args, **more)


CASES = [
    case({"port": PORT}, data={"state": "started", "port": PORT, "elapsed": 0}, changed=False),
    case({"port": 9, "state": "stopped"}, data={"state": "stopped"}),
    case({"port": PORT, "timeout": 0, "state": "stopped"}, failure="still answers after 0 s"),
    case({"port": 9, "timeout": 0}, failure="nothing answers at 127.0.0.1:9 after 0 s"),
    case({"port": 9, "timeout": 0, "msg": "not up"}, failure="not up"),
    case({"port": 9, "timeout": 1}, unpredicted=True, failure="nothing answers"),
    case({"path": "{root}/f"}, before={"f": ""}, data={"path": "{root}/f"}),
    case({"path": "{root}/f", "state": "absent"}, data={"state": "absent"}),
    case({"path": "{root}/f", "timeout": 0}, failure="{root}/f does not exist after 0 s"),
    case(
        {"path": "{root}/f", "search_regex": "^ready (?P<who>\\w+)$"},
        before={"f": "starting\nready ada\n"},
        data={"match_groups": ["ada"], "match_groupdict": {"who": "ada"}},
    ),
    case(
        {"path": "{root}/f", "search_regex": "ready", "timeout": 0},
        before={"f": "starting\n"},
        failure="nothing in {root}/f matches 'ready'",
    ),
    case(
        {"path": "{root}/f"},
        earlier=[("copy", {"content": "x", "dest": "{root}/f"})],
        after={"f": "x"},
        name="a predicted file is there",
    ),
    case({"port": 9, "state": "drained"}, data={"state": "drained"}),
    case({"timeout": 1}, unpredicted=True, data={"elapsed": 1}),
    case({"port": PORT, "delay": 1}, unpredicted=True, data={"elapsed": 1}),
    case({"port": 1, "path": "/x"}, refused="not both"),
    case({"path": "/x", "state": "drained"}, refused="is for a port"),
    case({"path": "/x", "search_regex": "("}, refused="no regular expression"),
]
