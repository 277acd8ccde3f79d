from law import Case

CASES = [
    Case("ping", data={"ping": "pong"}, changed=False),
    Case("ping", {"data": "hello"}, data={"ping": "hello"}),
    Case("ping", {"data": "crash"}, failure="boom"),
]
