from law import Case
from wheels import file_name, installed, site, virtualenv, wheelhouse

HOUSE = wheelhouse(
    ("base", "1.0"),
    ("base", "2.0"),
    ("top", "1.0", ("base>=1",), {"more": ("extra-one",)}),
    ("extra-one", "0.5"),
    ("picky", "1.0", ("base<2",)),
    ("nvidia-base", "1.0"),
    ("gpu", "1.0", ("nvidia-base",)),
)
START = {**virtualenv(), **HOUSE}
HERE = "--no-index --find-links {root}/wheels"


def case(args, rows=None, **more):
    given = {"virtualenv": "{root}/venv", "extra_args": HERE, **args}
    data = {"resolution": rows, **more.pop("data", {})} if rows is not None else {}
    before = {**START, **more.pop("before", {})}
    return Case("pip", given, before=before, data=data, loose=True, **more)


def row(name, old, new, by):
    found = {"name": name, "from": old, "to": new, "requested_by": by}
    if new:
        found["size"] = len(HOUSE["wheels/" + file_name(name, new)])
    return found


CASES = [
    case(
        {"name": ["top[more]", "base<2"]},
        [
            row("base", "", "1.0", "base<2, top 1.0"),
            row("extra-one", "", "0.5", "top 1.0"),
            row("top", "", "1.0", "top[more]"),
        ],
        changed=True,
    ),
    case(
        {"name": ["base"], "version": "1.0", "forbid": ["nvidia-*"], "consistent": True},
        [row("base", "2.0", "1.0", "base==1.0")],
        before=installed("base", "2.0"),
        after={f"{site()}/base-2.0.dist-info": None, f"{site()}/base.py": "version = '1.0'\n"},
        name="another version",
    ),
    case(
        {"name": ["top[more]>=1", "base"], "forbid": ["nvidia-*"]},
        [],
        before={
            **installed("base", "2.0"),
            **installed("top", "1.0", ["base>=1", 'extra-one; extra == "more"']),
            **installed("extra-one", "0.5"),
        },
        changed=False,
        name="satisfied",
    ),
    case(
        {"requirements": "{root}/req.txt", "constraints": ["base<2"]},
        [row("base", "", "1.0", "top 1.0"), row("top", "", "1.0", "top >=1")],
        before={"req.txt": "-r sub/more.txt  # all\n", "sub/more.txt": "top \\\n>=1\n"},
        name="requirements",
    ),
    case(
        {"name": ["gpu"], "forbid": ["nvidia_*"]},
        failure="nvidia-base 1.0 would come along, which is forbidden: gpu 1.0 needs it",
        changed=False,
    ),
    case(
        {"name": ["picky", "base==2.0"]},
        failure="these requirements contradict each other",
        changed=False,
    ),
    case(
        {"name": ["base>7"], "state": "absent"},
        [row("base", "2.0", "", "")],
        before=installed("base", "2.0"),
        after={f"{site()}/base-2.0.dist-info": None, f"{site()}/base.py": None},
        name="absent",
    ),
    case({"name": ["base"], "state": "absent"}, changed=False),
    case(
        {"name": ["{root}/wheels/" + file_name("base", "2.0")], "extra_args": "--no-index"},
        [row("base", "", "2.0", "{root}/wheels/" + file_name("base", "2.0"))],
        name="a file",
    ),
    Case(
        "pip",
        {"name": ["base"], "virtualenv": "{root}/none", "virtualenv_python": "{root}/python"},
        failure="there is no Python interpreter {root}/python",
    ),
    Case("pip", {"name": ["a"], "requirements": "b"}, refused="not both"),
    Case("pip", {"state": "present"}, refused="give 'name' or 'requirements'"),
    Case("pip", {"name": ["a>1"], "version": "2"}, refused="both say which version"),
    Case("pip", {"name": ["a"], "version": "2", "state": "latest"}, refused="state latest"),
    Case("pip", {"name": ["a"], "virtualenv": "v", "executable": "pip3"}, refused="not both"),
    Case(
        "pip",
        {"requirements": "{root}/none.txt", "virtualenv": "{root}/venv"},
        before=virtualenv(),
        failure="there is no requirements file {root}/none.txt",
    ),
]
