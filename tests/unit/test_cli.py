"""The console script's own start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("said", ["", "1"], ids=["by default", "where Python is told not to"])
def test_what_was_compiled_once_is_kept(tmp_path: Path, said: str) -> None:
    """Invoke has Python forget it, and every run would compile all of Suture again."""
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": said}
    command = [sys.executable, "-P", "-c", "from suture.cli import main; main()", "modules", "ping"]
    subprocess.run(command, check=True, env=environ, capture_output=True)
    kept = {path.name.partition(".")[0] for path in tmp_path.rglob("suture/load/*.pyc")}
    assert ("specs" in kept) == (said == "")
