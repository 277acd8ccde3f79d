from law import Case

CASES = [
    Case(
        "group_by",
        {"key": "os Debian", "parents": ["a b"]},
        changed=False,
        data={"add_group": "os-Debian", "parent_groups": ["a-b"]},
    ),
    Case("group_by", {"key": " "}, refused="no name for a group"),
]
