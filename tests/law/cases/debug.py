from law import Case

CASES = [
    Case("debug", {}, data={"msg": "Hello world!"}, changed=False),
    Case("debug", {"msg": ["a", {"b": 1}]}, data={"msg": ["a", {"b": 1}]}),
    Case("debug", {"var": {"expression": "x.y", "value": None}}, data={"x.y": None}),
    Case("debug", {"msg": "a", "var": "b"}, refused="either 'msg' or 'var'"),
]
