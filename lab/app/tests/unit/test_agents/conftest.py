"""Reading back what the agents' trackers have written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import pytest


@pytest.fixture
def stored_run() -> Callable:
    """Fetches a run from a store: stored_run(uri, run_id)."""

    def fetch(uri: str, run_id: str):
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri).get_run(run_id)

    return fetch


@pytest.fixture
def stored_files(stored_run: Callable) -> Callable[[str, str], dict[str, str]]:
    """The artifacts of a run, path → text: stored_files(uri, run_id)."""

    def fetch(uri: str, run_id: str) -> dict[str, str]:
        folder = Path(urlparse(stored_run(uri, run_id).info.artifact_uri).path)
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_text() for path in files}

    return fetch
