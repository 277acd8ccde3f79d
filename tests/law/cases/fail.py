from law import Case

CASES = [
    Case("fail", {}, failure="Failed as requested from task"),
    Case("fail", {"msg": "no"}, failure="no"),
]
