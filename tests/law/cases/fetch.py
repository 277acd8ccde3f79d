from law import Case

CASES = [
    Case(
        "fetch",
        {"src": "{root}/f", "dest": "here/"},
        before={"f": b"\xff"},
        changed=False,
        data={
            "content": "/w==",
            "src": "{root}/f",
            "dest": "here/",
            "flat": False,
            "checksum": "85e53271e14006f0265921d02d4d736cdc580b0b",
        },
    ),
    Case(
        "fetch",
        {"src": "{root}/f", "dest": "x", "flat": True},
        before={"f": ""},
        data={"flat": True, "content": ""},
    ),
    Case(
        "fetch",
        {"src": "{root}/f", "dest": "x"},
        failure="{root}/f does not exist",
        data={"file": "{root}/f"},
    ),
    Case(
        "fetch",
        {"src": "{root}/f", "dest": "x", "fail_on_missing": False},
        data={"msg": "{root}/f does not exist, not transferring, ignored", "file": "{root}/f"},
    ),
    Case("fetch", {"src": "{root}", "dest": "x"}, failure="{root} is a directory"),
    Case(
        "fetch", {"src": "{root}", "dest": "x", "fail_on_missing": False}, data={"file": "{root}"}
    ),
]
