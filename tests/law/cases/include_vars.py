from law import Case

CASES = [
    Case(
        "include_vars",
        {"file": "a.yml", "loaded": {"x": 1}, "files": ["/p/vars/a.yml"]},
        data={"ansible_facts": {"x": 1}, "ansible_included_var_files": ["/p/vars/a.yml"]},
        changed=False,
    ),
    Case(
        "include_vars",
        {"dir": "d", "name": "all", "loaded": {"x": 1}},
        data={"ansible_facts": {"all": {"x": 1}}},
    ),
    Case("include_vars", {}, refused="either 'file' or 'dir'"),
    Case("include_vars", {"file": "a", "dir": "d"}, refused="either 'file' or 'dir'"),
]
