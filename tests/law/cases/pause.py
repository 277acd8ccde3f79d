from law import Case

CASES = [
    Case(
        "pause",
        {"seconds": 0.1},
        data={"stdout": "Paused for 1 seconds", "delta": 1, "rc": 0},
        changed=False,
    ),
    Case("pause", {}, refused="either 'seconds' or 'minutes'"),
    Case("pause", {"seconds": 1, "minutes": 1}, refused="either 'seconds' or 'minutes'"),
]
