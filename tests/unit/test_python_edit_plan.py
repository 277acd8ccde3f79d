"""The plan's edits on files as messy as real ones: what comes out, and that it behaves.

``messy/NAME.txt`` is a file as it is, ``messy/NAME.after.txt`` the same file mended by the edits in
``messy/*.yml``, which are arguments of python_edit as a playbook has them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from suture.agent.modules.python_edit import edited, edits_of

MESSY = Path(__file__).parent / "messy"
PAIRS = {
    "drift_tracker": "drift_tracker",
    "api_conftest": "api_conftest",
    "root_conftest": "root_conftest",
    "drift_tasks": "tasks",
    "ab_tasks": "tasks",
    "feedback_tasks": "tasks",
    "data_quality": "data_quality",
    "test_data_quality": "test_data_quality",
}


def mended(name: str, edits: str) -> bytes:
    args = yaml.safe_load((MESSY / f"{edits}.yml").read_text(encoding="utf-8"))
    return edited((MESSY / f"{name}.txt").read_bytes(), edits_of(args["edits"]))[0]


@pytest.mark.parametrize(("name", "edits"), PAIRS.items())
def test_comes_out_as_a_person_would_have_written_it(name: str, edits: str) -> None:
    assert mended(name, edits) == (MESSY / f"{name}.after.txt").read_bytes()


@pytest.mark.parametrize(("name", "edits"), PAIRS.items())
def test_mending_again_changes_nothing(name: str, edits: str) -> None:
    args = yaml.safe_load((MESSY / f"{edits}.yml").read_text(encoding="utf-8"))
    once, reports = edited((MESSY / f"{name}.after.txt").read_bytes(), edits_of(args["edits"]))
    assert once == (MESSY / f"{name}.after.txt").read_bytes()
    assert not any(report["changed"] for report in reports)


def test_line_ends_and_the_end_of_the_file_are_kept() -> None:
    assert mended("drift_tasks", "tasks").count(b"\n") == mended("drift_tasks", "tasks").count(
        b"\r\n"
    )
    assert not mended("feedback_tasks", "tasks").endswith(b"\n")


# -- phase 1: the tracker degrades ---------------------------------------------------------------


class Store:
    """Stands in for the mlflow module; ``broken`` is raised by what it is told to."""

    def __init__(self, broken: dict[str, Exception]) -> None:
        self.broken = broken
        self.logged: dict[str, str] = {}

    def set_tracking_uri(self, uri: str) -> None:
        if "set_tracking_uri" in self.broken:
            raise self.broken["set_tracking_uri"]

    def active_run(self) -> bool:
        return True

    def log_artifact(self, path: str, folder: str = "") -> None:
        if "log_artifact" in self.broken:
            raise self.broken["log_artifact"]
        self.logged[Path(path).name] = Path(path).read_text(encoding="utf-8")

    def log_dict(self, held: object, name: str) -> None:
        self.logged[name] = repr(held)


def tracker(data: bytes, monkeypatch: pytest.MonkeyPatch, store: Store | None) -> Any:
    monkeypatch.setitem(sys.modules, "mlflow", store)
    held = ModuleType("tracker")
    exec(compile(data, "tracker.py", "exec"), held.__dict__)
    return held.DriftMonitorTracker("http://nowhere")


@pytest.mark.parametrize("error", [OSError("full"), PermissionError(13, "/mlflow")])
def test_a_store_that_may_not_be_had_is_warned_of(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store({"set_tracking_uri": error})
    with pytest.raises(type(error)):
        tracker((MESSY / "drift_tracker.txt").read_bytes(), monkeypatch, store)._get_mlflow()
    after = tracker(mended("drift_tracker", "drift_tracker"), monkeypatch, store)
    assert after._get_mlflow() is None
    assert f"{type(error).__name__}: {error}" in caplog.text


def test_a_store_that_is_not_installed_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    after = tracker(mended("drift_tracker", "drift_tracker"), monkeypatch, None)
    assert after._get_mlflow() is None
    assert "ModuleNotFoundError: " in caplog.text


class Output(SimpleNamespace):
    def __getitem__(self, key: str) -> None:
        raise KeyError(key)


def test_artifacts_are_logged_as_before_and_an_error_is_swallowed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [SimpleNamespace(feature="age", psi=0.12345), SimpleNamespace(feature="sex", psi=None)]
    output = Output(results=rows, score=0.5, alerts=["age"])
    logged = []
    for data in (
        (MESSY / "drift_tracker.txt").read_bytes(),
        mended("drift_tracker", "drift_tracker"),
    ):
        store = Store({})
        asyncio.run(tracker(data, monkeypatch, store)._log_artifacts(output, store))
        logged.append(store.logged)
    assert logged[0] == logged[1]
    assert len(logged[0]) == 3
    store = Store({"log_artifact": PermissionError(13, "/mlflow")})
    asyncio.run(tracker(data, monkeypatch, store)._log_artifacts(output, store))
    assert "PermissionError: [Errno 13] /mlflow" in caplog.text


# -- phases 2 and 3: the conftests ---------------------------------------------------------------


def imported(data: bytes, directory: Path) -> list[str]:
    """What the application found of the test mode when importing the conftest brought it in."""
    for path, text in {
        "src/__init__.py": "",
        "src/api/__init__.py": "",
        "src/config.py": "import src.api.main\nsettings = {}\n",
        "src/api/main.py": "import os\nprint('MODE', os.getenv('E2I_TESTING_MODE'))\napp = 1\n",
        "tests/__init__.py": "",
        "tests/helpers.py": "from src.api.main import app\ndef build_app(): return app\n",
        "dotenv.py": "def load_dotenv(override): print('KEYS', override)\n",
    }.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    conftest = directory / "tests" / "integration" / "api" / "conftest.py"
    conftest.parent.mkdir(parents=True)
    conftest.write_bytes(data)
    code = f"import runpy, sys; sys.path.insert(0, '.'); runpy.run_path({str(conftest)!r})"
    environment = {key: value for key, value in os.environ.items() if key != "E2I_TESTING_MODE"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_the_application_finds_the_test_mode_when_it_is_imported(tmp_path: Path) -> None:
    before = (MESSY / "api_conftest.txt").read_bytes()
    assert imported(before, tmp_path / "before") == ["MODE None"]
    after = mended("api_conftest", "api_conftest")
    assert imported(after, tmp_path / "after") == ["MODE 1"]
    before = (MESSY / "root_conftest.txt").read_bytes()
    assert imported(before, tmp_path / "root before") == ["MODE None"]
    after = mended("root_conftest", "root_conftest")
    assert imported(after, tmp_path / "root after") == ["KEYS True", "MODE 1"]


# -- phase 4: the event loop ---------------------------------------------------------------------


@pytest.fixture(params=["drift_tasks", "ab_tasks", "feedback_tasks"])
def run_async(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    celery = ModuleType("celery")
    celery.shared_task = lambda **options: lambda function: function  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "celery", celery)
    held = ModuleType("tasks")
    exec(compile(mended(request.param, "tasks"), "tasks.py", "exec"), held.__dict__)
    yield held.run_async
    asyncio.set_event_loop(None)


async def loop_in_use() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_the_threads_loop_is_reused_and_stays_open(run_async: Any) -> None:
    loop = run_async(loop_in_use())
    assert not loop.is_closed()
    assert run_async(loop_in_use()) is loop
    assert asyncio.get_event_loop_policy().get_event_loop() is loop


def test_a_loop_that_was_closed_or_taken_away_is_made_anew(run_async: Any) -> None:
    run_async(loop_in_use()).close()
    assert not run_async(loop_in_use()).is_closed()
    asyncio.run(loop_in_use())  # leaves the thread without a loop
    assert not run_async(loop_in_use()).is_closed()


def test_inside_a_running_loop_that_loop_is_used(
    run_async: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nest = ModuleType("nest_asyncio")
    nested: list[Any] = []

    def apply(loop: asyncio.AbstractEventLoop) -> None:
        nested.append(loop)
        monkeypatch.setattr(loop, "run_until_complete", lambda coro: coro.close() or "nested")

    nest.apply = apply  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nest_asyncio", nest)

    async def outer() -> tuple[str, Any]:
        return run_async(loop_in_use()), asyncio.get_running_loop()

    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    said, running = run(outer())
    assert said == "nested"
    assert nested == [running]
    monkeypatch.undo()
    loop.close()
