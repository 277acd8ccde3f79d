from law import Case


def case(spec, given, wrong="", **more):
    args = {"argument_spec": spec, "provided_arguments": given}
    return Case("validate_argument_spec", args, failure=wrong, changed=False, **more)


SUB = {"type": "dict", "options": {"a": {"required": True}, "b": {"type": "int"}}}
CASES = [
    case({"port": {"type": "int", "required": True}}, {"port": "80"}),
    case({"port": {"required": True}}, {}, "missing required arguments: port"),
    case({"port": {"type": "int"}}, {"port": "x"}, "\"'x'\" cannot be converted to an int"),
    case({"share": {"type": "float"}}, {"share": "1.5"}),
    case({"on": {"type": "bool"}}, {"on": "maybe"}, "unable to convert to bool"),
    case(
        {"mode": {"choices": ["fast", "safe"]}}, {"mode": "slow"}, "one of: fast, safe, got: slow"
    ),
    case({"many": {"type": "list", "elements": "int"}}, {"many": [1, "b"]}, "option 'many' is of"),
    case({"many": {"type": "list"}}, {"many": {}}, "cannot be converted to a list"),
    case({"sub": SUB}, {"sub": {"a": 1, "b": 2}}),
    case({"sub": SUB}, {"sub": {"b": 2}}, "missing required arguments: a found in sub"),
    case({"sub": SUB}, {"sub": {"a": 1, "z": 2}}, "sub.z. Supported parameters include: a, b."),
    case({"old": {"aliases": ["older"], "required": True}}, {"older": 1}),
    case({"size": {"type": "bytes"}}, {"size": "10M"}),
    case({"left": {"type": "int"}}, {"left": None}),
    case(
        {"sub": {"type": "dict", "options": {"a": {}, "b": {}}, "required_together": [["a", "b"]]}},
        {"sub": {"a": 1}},
        "parameters are required together: a, b found in sub",
    ),
]
