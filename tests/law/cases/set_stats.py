from law import Case

CASES = [
    Case(
        "set_stats",
        {"data": {"n": 1}},
        changed=False,
        data={"ansible_stats": {"data": {"n": 1}, "per_host": False, "aggregate": True}},
    ),
    Case("set_stats", {"data": {"a-b": 1}}, refused="cannot name a figure"),
]
