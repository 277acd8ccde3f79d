"""What holds for all tests: what property tests draw, and what is not in the quick part.

``pytest -m "quick or not e2e"`` is the quick part (``./inv test --quick``): of the tests with an sshd,
those few that are marked as quick.  Tests that run programs which are slow by nature (pip, pytest,
ansible-core, other Pythons) on this machine are end-to-end tests too, without an sshd.

A property test draws the same values in every run, on every machine, and first those that failed
here before (``.hypothesis`` remembers them).  ``pytest -m hypothesis --hypothesis-profile explore``
(``./inv test --explore``) draws others each time, and ten times as many.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

EXPLORE = "explore"
TIMES = 10

# How long a value takes to be drawn and tested says how busy the machine is, and nothing of Suture.
settings.register_profile(
    "fixed", deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    EXPLORE, settings.get_profile("fixed"), max_examples=100 * TIMES, print_blob=True
)
settings.register_profile("quick", settings.get_profile("fixed"), max_examples=25)
settings.load_profile("fixed")

SLOW_BY_NATURE = (
    "/e2e/",
    "unit/test_pip.py",
    "unit/test_pytest_module.py",
    "unit/test_python_edit_stdlib.py",
    "unit/test_journal.py",
    "unit/test_apt.py::test_the_real_apt_get",
    "unit/test_bundle.py::test_every_module_starts",
    "unit/test_cli.py::test_what_was_compiled",
    "unit/test_corpus.py",
    "unit/test_foreign_plugins.py",
    "law/test_worlds.py::test_dry_world",
    *(
        f"{test}[{module}-"
        for test in ("test_law", "test_undone")
        for module in ("pip", "pytest", "git", "python_import")
    ),
)

REHEARSALS = ("unit/test_namespaces.py", "e2e/test_rehearsal.py")
"""They look at what rehearsals leave behind on this machine: one worker runs them all, and not the
one that is busy with the application on the droplet."""


ASKED = frozenset({"theirs", "results"})
"""Fixtures for which ansible-core works for long: one worker has all the tests of such a file."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Differential tests and those that are slow by nature are e2e."""
    exploring = config.getoption("hypothesis_profile", None) == EXPLORE
    functions = {getattr(item, "obj", None) for item in items}
    for property_test in filter(is_hypothesis_test, functions):
        (_explored if exploring else _fixed)(property_test)
    for item in items:
        apart = "droplet" not in getattr(item, "fixturenames", ())
        if apart and any(part in item.nodeid for part in REHEARSALS):
            item.add_marker(pytest.mark.xdist_group("rehearsals"))
        asks = not ASKED.isdisjoint(getattr(item, "fixturenames", ()))
        if asks and item.get_closest_marker("differential"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        slow = any(part in item.nodeid for part in SLOW_BY_NATURE)
        if slow or item.get_closest_marker("differential"):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def exploring(pytestconfig: pytest.Config) -> bool:
    """Whether this run is to find what is new, and may take long."""
    return bool(pytestconfig.getoption("hypothesis_profile", None) == EXPLORE)


def _fixed(property_test: Any) -> None:
    """What ``@seed(0)`` says, but that it would also forget the values that failed before."""
    property_test._hypothesis_internal_use_seed = 0


def _explored(property_test: Any) -> None:
    """A test that says how many values it draws draws more of them as well."""
    own = property_test._hypothesis_internal_use_settings
    if own is not None and own.max_examples != settings.default.max_examples:
        more = settings(own, max_examples=own.max_examples * TIMES)
        property_test._hypothesis_internal_use_settings = more
