from law import Case

CASES = [
    Case(
        "add_host",
        {"name": "web1:2222", "groups": ["web"], "variables": {"a": 1}},
        changed=False,
        data={"add_host": {"host_name": "web1:2222", "groups": ["web"], "host_vars": {"a": 1}}},
    ),
    Case("add_host", {"name": "a b"}, refused="no name for a host"),
]
