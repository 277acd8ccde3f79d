"""What holds for all tests: Hypothesis without deadlines, and what is not in the quick part.

``pytest -m "not e2e"`` is the quick part.  Tests that run programs which are slow by nature (pip,
pytest, ansible-core, other Pythons) on this machine are end-to-end tests too, without an sshd.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

SLOW_BY_NATURE = (
    "unit/test_pip.py",
    "unit/test_pytest_module.py",
    "unit/test_python_edit_stdlib.py",
    "unit/test_journal.py",
    "test_law[pip-",
    "test_law[pytest-",
    "test_law[git-",
    "test_law[python_import-",
)


ONE_AT_A_TIME = ("unit/test_jail.py", "e2e/test_rehearsal.py")
"""They look at what rehearsals leave behind on this machine, so no other one may be under way."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Differential tests and those that are slow by nature are e2e."""
    for item in items:
        if any(part in item.nodeid for part in ONE_AT_A_TIME):
            item.add_marker(pytest.mark.xdist_group("droplet"))
        slow = any(part in item.nodeid for part in SLOW_BY_NATURE)
        if slow or item.get_closest_marker("differential"):
            item.add_marker(pytest.mark.e2e)
