"""What all tests share.

Most of the suite needs nothing but Python. What needs more says so with a fixture,
and is skipped with a reason where it isn't there:

1. A database.  `ensure_environment` (tests/integration/api) skips without one.
2. A package.   The modules that need one skip the tests that do.

Authentication. The application reads E2I_TESTING_MODE when it is imported, so this

    os.environ["E2I_TESTING_MODE"] = "1"

has to run before `from src.api.main import app` does, wherever that stands. Tests
that are about authentication build their own application instead:

    application = create_app(testing_mode=False)

Parallel runs. `pytest -n 2` is safe: the tests of one group stay on one worker,

    pytestmark = pytest.mark.xdist_group("a name")

and everything else writes below tmp_path.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# `import os` above is used for more than one thing: keep it there.
ROOT = Path(__file__).resolve().parent.parent

# ---------------------------------------------------------------------------
# Defaults, so that the suite can be collected on a machine without a .env file
# ---------------------------------------------------------------------------
os.environ.setdefault("ANTHROPIC_API_KEY", "sk-ant-unset")
os.environ.setdefault("E2I_ENV", "test")  # never "production"


def pytest_report_header(config: pytest.Config) -> str:
    """One line about what this machine has."""
    found = [name for name in ("redis-server", "psql") if shutil.which(name)]
    return f"services on this machine: {', '.join(found) or 'none'}"


@pytest.fixture
def tracking_store(tmp_path: Path) -> str:
    """The URI of a private copy of this machine's tracking store.

    The experiments in it are the ones the server made, artifact roots included;
    what a test logs goes into the copy and is gone with it.
    """
    store = tmp_path / "tracking"
    shutil.copytree(ROOT / "var" / "mlflow", store)
    return store.as_uri()


@pytest.fixture
def empty_store(tmp_path: Path) -> str:
    """The URI of a tracking store with nothing in it, artifacts beside the runs."""
    store = tmp_path / "empty"
    store.mkdir()
    return store.as_uri()
