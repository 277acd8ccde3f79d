from __future__ import annotations

from law import Case, File, Link

TRACKER = '''\
class Tracker:
    def _get(self):
        try:
            import mlflow
        except ImportError:  # optional
            return None

    async def _log(self, run):
        with scratch() as path:
            text = """
one
"""
            run.log(path,
              text)
'''
MENDED = '''\
class Tracker:
    def _get(self):
        try:
            import mlflow
        except (ImportError, OSError) as e:  # optional
            log(e)
            return None

    async def _log(self, run):
        try:
            with scratch() as path:
                text = """
one
"""
                run.log(path,
                  text)
        except OSError as e:
            log(e)
'''
EDITS = [
    {
        "catch": {
            "function": "Tracker._get",
            "clause": "ImportError",
            "types": ["ImportError", "OSError"],
            "as": "e",
            "body": "log(e)\nreturn None",
        }
    },
    {
        "wrap": {
            "function": "_log",
            "statement": {"with": "scratch"},
            "except": ["OSError"],
            "as": "e",
            "body": "log(e)",
        }
    },
]
FUNCTION = {"replace_body": {"function": "f", "source": "return 2"}}
BODY = [FUNCTION]
FIRST = [
    {
        "ensure_before_imports": {
            "statements": "os.environ['MODE'] = '1'",
            "needs": "import os",
            "of": ["src"],
        }
    }
]
FIXTURE = [
    {
        "decorator": {
            "function": "env",
            "decorator": "pytest.fixture",
            "set": {"scope": "'module'"},
            "drop": ["autouse"],
        }
    }
]

CASES = [
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": EDITS},
        before={"a.py": File(TRACKER, 0o640)},
        after={"a.py": File(MENDED, 0o640)},
        name="catch and wrap",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": EDITS},
        before={"a.py": MENDED},
        changed=False,
        name="done already",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": EDITS},
        before={"a.py": TRACKER.replace("\n", "\r\n").replace("    ", "\t")},
        after={"a.py": MENDED.replace("\n", "\r\n").replace("    ", "\t")},
        name="tabs and other line ends",
    ),
    Case(
        "python_edit",
        {"paths": ["{root}/a.py", "{root}/b/c.py"], "edits": BODY},
        before={"a.py": "def f(): return 1", "b/c.py": "def f():\n  return 1\n"},
        after={"a.py": "def f():\n    return 2", "b/c.py": "def f():\n  return 2\n"},
        name="two files",
    ),
    Case(
        "python_edit",
        {"paths": ["{root}/a.py", "{root}/b.py"], "edits": BODY},
        before={"a.py": "def f(): return 1\n", "b.py": "def g(): return 1\n"},
        failure="{root}/b.py: edit 1 (replace_body): there is no function 'f'",
        changed=False,
        name="all or nothing",
    ),
    Case(
        "python_edit",
        {"path": "{root}/b.py", "edits": [{**FUNCTION, "optional": True}]},
        before={"b.py": "def g(): return 1\n"},
        changed=False,
        name="optional",
    ),
    Case(
        "python_edit",
        {"path": "{root}/link.py", "edits": BODY},
        before={"real/a.py": "def f():\n    return 1\n", "link.py": Link("real/a.py")},
        after={"real/a.py": "def f():\n    return 2\n"},
        name="a link",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": BODY},
        before={"a.py": "# coding: latin-1\nx = '\xe9'\ndef f(): pass\n".encode("latin-1")},
        after={"a.py": "# coding: latin-1\nx = '\xe9'\ndef f():\n    return 2\n".encode("latin-1")},
        name="another encoding",
    ),
    Case(
        "python_edit",
        {"path": "{root}/conftest.py", "edits": FIRST},
        before={"conftest.py": '"""Doc."""\nimport os\nimport pytest\nfrom src import app\n'},
        after={
            "conftest.py": '"""Doc."""\nimport os\n\n'
            "os.environ['MODE'] = '1'\n\nimport pytest\nfrom src import app\n"
        },
        name="before imports",
    ),
    Case(
        "python_edit",
        {"path": "{root}/conftest.py", "edits": FIXTURE},
        before={
            "conftest.py": "import pytest\n@pytest.fixture(\n    scope='session',\n"
            "    autouse=True,\n)\ndef env(): pass\n"
        },
        after={
            "conftest.py": "import pytest\n@pytest.fixture(\n    scope='module',\n)\n"
            "def env(): pass\n"
        },
        name="decorator",
    ),
    Case(
        "python_edit",
        {
            "path": "{root}/a.py",
            "edits": [
                {"ensure_import": {"import": "import os"}},
                {"ensure_assignment": {"target": "LIMIT", "value": 5}},
                {"ensure_statement": {"source": "def g():\n  return 1"}},
                {"ensure_decorator": {"function": "f", "source": "cache"}},
                {"replace_statement": {"statement": {"assigns": "X"}, "source": "X = 2"}},
                {"remove": {"statement": {"calls": "sleep"}}},
                {"replace_function": {"function": "h", "source": "def h(a): return a"}},
            ],
        },
        before={"a.py": "X = 1\ntime.sleep(1)\ndef f(): pass\ndef h(): pass\n"},
        after={
            "a.py": "import os\n\n\ndef g():\n    return 1\n\n\nLIMIT = 5\n\nX = 2\n"
            "@cache\ndef f(): pass\ndef h(a): return a\n"
        },
        name="the other verbs",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": BODY},
        failure="{root}/a.py does not exist",
        name="missing",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": BODY},
        before={"a.py": "def f(:\n"},
        failure="cannot read it: ",
        name="no Python",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": BODY},
        before={"a.py": "class A:\n    def f(self): pass\nclass B:\n    def f(self): pass\n"},
        failure="'f' names 2 functions: A.f at line 2, B.f at line 4",
        name="twice",
    ),
    Case(
        "python_edit",
        {"path": "{root}/a.py", "edits": [{"ensure_statement": {"source": "return 1"}}]},
        before={"a.py": "x = 1\n"},
        failure="the result would be no valid Python: 'return' outside function",
        name="the result is checked",
    ),
    Case(
        "python_edit",
        {"path": "{root}/new.py", "edits": BODY},
        earlier=[
            ("copy", {"dest": "{root}/new.py", "content": "def f(): return 1\n", "force": False})
        ],
        after={"new.py": "def f():\n    return 2\n"},
        name="a file that a dry run only predicts",
    ),
    Case("python_edit", {"path": "a", "edits": []}, refused="edits must hold at least one edit"),
    Case("python_edit", {"edits": BODY}, refused="say either 'path' or 'paths'"),
    Case(
        "python_edit",
        {"path": "a", "edits": [*BODY, {"catch": {"clauze": "E"}}]},
        refused="edit 2 (catch): there is no key 'clauze'; did you mean 'clause'?",
    ),
]
