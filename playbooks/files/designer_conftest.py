import os as _os
import sys as _sys
from collections.abc import Iterator as _Iterator

import pytest as _pytest

# The designer's program wants a key when it is imported; this one opens nothing.
_PLACEHOLDER = "test-key-placeholder"
_os.environ.setdefault("OPENAI_API_KEY", _PLACEHOLDER)


@_pytest.fixture(autouse=True)
def _no_real_model_without_a_key(request: _pytest.FixtureRequest) -> None:
    """A test that is named for calling a real model is skipped where there is no real key."""
    if "real_model" in request.node.name and _os.environ["OPENAI_API_KEY"] == _PLACEHOLDER:
        _pytest.skip("calls a real model, and OPENAI_API_KEY is a placeholder")


@_pytest.fixture(autouse=True)
def _no_mlflow_run_left_active() -> _Iterator[None]:
    """A run that another test has left active is not this test's."""
    _end_mlflow_runs()
    yield
    _end_mlflow_runs()


def _end_mlflow_runs() -> None:
    mlflow = _sys.modules.get("mlflow")
    while mlflow is not None and mlflow.active_run() is not None:
        mlflow.end_run()
