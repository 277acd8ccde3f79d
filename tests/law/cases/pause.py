from law import Case

CASES = [
    Case(
        "pause",
        {"seconds": 0.1},
        data={"stdout": "Paused for 1 seconds", "delta": 1, "rc": 0},
        changed=False,
    ),
    Case("pause", {}, data={"user_input": "", "delta": 0}, changed=False, name="no terminal"),
    Case("pause", {"prompt": "who", "echo": False}, data={"echo": False}, changed=False),
    Case("pause", {"seconds": 1, "minutes": 1}, refused="either 'seconds' or 'minutes'"),
]
