from law import Case

CASES = [
    Case(
        "set_fact",
        {"facts": {"a": [1], "b_2": None}},
        data={"ansible_facts": {"a": [1], "b_2": None}},
        changed=False,
    ),
    Case("set_fact", {}, refused="at least one"),
    Case("set_fact", {"facts": {"a": 1}, "cacheable": True}),
    Case("set_fact", {"facts": {"a-b": 1}}, refused="'a-b' cannot name a variable"),
    Case("set_fact", {"facts": {"class": 1}}, refused="'class' cannot name a variable"),
    Case("set_fact", {"facts": {"é": 1}}, refused="cannot name a variable"),
]
