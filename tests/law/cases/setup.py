import os

from law import Case, File

FACTS = {
    "facts/plain.fact": '{"role": "db"}',
    "facts/ini.fact": "[app]\nport = 80\n",
    "facts/run.fact": File("#!/bin/sh\necho '[1, 2]'\n", 0o755),
    "facts/bad.fact": "{",
    "facts/other.txt": "x",
}

CASES = [
    Case("setup", changed=False, data={"ansible_facts": {"ansible_nodename": os.uname().nodename}}),
    Case(
        "setup",
        {"gather_subset": ["!all", "!min", "local"], "fact_path": "{root}/facts"},
        before=FACTS,
        data={
            "ansible_facts": {
                "ansible_local": {
                    "plain": {"role": "db"},
                    "ini": {"app": {"port": "80"}},
                    "run": [1, 2],
                    "bad": "error loading facts as JSON or ini - please check content:"
                    " {root}/facts/bad.fact",
                }
            }
        },
    ),
    Case(
        "setup",
        {"gather_subset": ["!all", "!min", "user"], "filter": ["user_uid", "*_user_id"]},
        data={"ansible_facts": {"ansible_user_uid": os.getuid()}},
    ),
    Case("setup", {"gather_subset": ["nothing"]}, refused="no subset of facts 'nothing'"),
]
