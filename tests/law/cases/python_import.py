from __future__ import annotations

import sys

from law import Case

HERE = {"python": sys.executable, "chdir": "{root}"}
WHERE = sys.executable

CASES = [
    Case(
        "python_import",
        {**HERE, "names": ["json", "mine:Thing", "mine.sub", "os:path.join"]},
        before={"mine/__init__.py": "class Thing: pass\n", "mine/sub.py": "print('\\xe9')\n"},
        data={"python": WHERE},
        changed=False,
        name="present",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["nothing_of_this_name"]},
        failure=f"{WHERE} lacks what is asked for: nothing_of_this_name: ModuleNotFoundError: No",
        name="missing",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine:Other", "bad", "leaves", "dies"]},
        before={
            "mine.py": "",
            "bad.py": "import no_such_name\n",
            "leaves.py": "import sys; sys.exit('bye')\n",
            "dies.py": "import os; os._exit(7)\n",
        },
        failure="bad: ModuleNotFoundError: No module named 'no_such_name'; leaves: SystemExit: bye;"
        " dies: the import ended Python with exit code 7",
        name="broken",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["hollow"]},
        before={"hollow/settings.yml": "", "hollow/plugins/a.py": ""},
        failure="ImportError: hollow is a namespace package without content ({root}/hollow)",
        name="a directory only",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["hollow"], "namespace": True},
        before={"hollow/settings.yml": ""},
        name="a directory will do",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["space"]},
        before={"space/inner/__init__.py": ""},
        name="a namespace package with content",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine"], "version": ">=1.3,<2"},
        before={"mine.py": "__version__ = '1.3.3'\n"},
        name="version",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine"], "version": ">=1.3,<2"},
        before={
            "mine.py": "__version__ = '1.5'\n",
            "mine-1.2.4.dist-info/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1.2.4\n",
        },
        failure="mine: its version is 1.2.4, not >=1.3,<2",
        name="other version",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine"], "version": ">=1"},
        before={"mine.py": ""},
        failure="mine: its version cannot be told, and >=1 is asked for",
        name="no version",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine"], "state": "absent"},
        before={"mine.py": "__version__ = '1'\n"},
        failure=f"{WHERE} can import mine 1, which must be absent",
        name="not absent",
    ),
    Case("python_import", {**HERE, "names": ["nothing_at_all"], "state": "absent"}, name="absent"),
    Case("python_import", {**HERE, "names": ["nothing_at_all"], "state": "any"}, name="any"),
    Case(
        "python_import",
        {**HERE, "names": ["slow"], "timeout": 2},
        before={"slow.py": "import time; time.sleep(60)\n"},
        failure="slow: the import took longer than 2 s",
        name="slow",
    ),
    Case(
        "python_import",
        {**HERE, "names": ["mine"], "env": {"MINE": "1"}},
        before={"mine.py": "import os; os.environ['MINE']\n"},
        name="environment",
    ),
    Case(
        "python_import",
        {"names": ["json"], "chdir": "{root}"},
        before={"venv/bin/other": ""},
        name="the machine's own",
    ),
    Case(
        "python_import",
        {"names": ["json"], "venv": "{root}/gone"},
        failure="the virtual environment {root}/gone does not exist",
        name="missing venv",
    ),
    Case(
        "python_import",
        {"names": ["json"], "python": "python-of-no-machine"},
        failure="there is no python-of-no-machine on this host's PATH",
        name="missing python",
    ),
    Case("python_import", {"names": []}, refused="names must name something to import"),
    Case("python_import", {"names": ["a b"]}, refused="'a b' is neither a module nor module:attr"),
    Case("python_import", {"names": ["a"], "version": "1.3"}, refused="'1.3' is no version spec"),
    Case("python_import", {"names": ["a", "b"], "version": ">1"}, refused="is for one name"),
]
