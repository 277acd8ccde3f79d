from law import Case

YES = {"assertion": "1 == 1", "evaluated_to": True}
NO = {"assertion": "1 == 2", "evaluated_to": False}

CASES = [
    Case("assert", {"that": [YES]}, data={"msg": "All assertions passed"}, changed=False),
    Case("assert", {"that": [YES], "success_msg": "fine"}, data={"msg": "fine"}),
    Case("assert", {"that": []}, data={"msg": "All assertions passed"}),
    Case("assert", {"that": [YES, NO]}, failure="Assertion failed", data=NO),
    Case("assert", {"that": [NO], "fail_msg": "too small", "quiet": True}, failure="too small"),
    Case("assert", {"that": [NO], "fail_msg": ["too", "small"]}, failure="too\nsmall"),
]
