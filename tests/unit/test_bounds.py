"""Output and time have bounds: a line, what is shown and kept of a step, what a step takes."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from suture.agent import main as agent
from suture.agent.protocol.store import Store
from suture.agent.protocol.time_limit import OutOfTime, limited
from suture.agent.world.process import KEPT, finished
from suture.agent.world.world import World
from suture.run.narrator import _shown


def step(module: str, args: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """All that an agent says while it performs one step."""
    said: list[dict[str, Any]] = []
    steps = agent.Steps(said.append, Store(said.append), dry=False)
    message = {"op": "step", "id": 1, "task": "t", "module": module, "epochs": [], "args": args}
    steps.take({**message, **more})
    return said


def test_much_output_is_shown_in_part_and_kept_in_part() -> None:
    lines = 400_000
    script = f"import sys; [sys.stdout.write('%099d\\n' % n) for n in range({lines})]"
    *shown, result = step("command", {"argv": [sys.executable, "-c", script]})
    assert sum(len(event["text"]) for event in shown) < 3 * agent.SHOWN
    assert shown[-1]["text"].endswith("more lines were not shown)")
    out = result["data"]["stdout"]
    assert KEPT - 200_000 < len(out) < KEPT + 200_000
    assert out.startswith("0" * 99 + "\n")
    assert out.endswith(f"{lines - 1:099d}")
    assert "bytes of output are left out here" in out


def test_what_a_module_asks_for_itself_is_whole() -> None:
    done = World().query(sys.executable, "-c", f"print('x' * {KEPT + 9})")
    assert len(done.stdout) == KEPT + 10


def test_a_long_line_is_cut() -> None:
    lines: list[str] = []
    finished([sys.executable, "-c", "print('x' * 1_000_000)"], on_line=lines.append)
    assert max(map(len, lines)) <= 2 * 64 * 1024 + 1
    assert "".join(lines) == "x" * 1_000_000


def test_the_record_has_the_beginning_and_the_end_of_a_long_text() -> None:
    found = _shown(
        "command", {"stdout": "a" * 300_000 + "b" * 300_000, "results": [{"stdout": "c" * 300_000}]}
    )
    assert found["stdout"].startswith("aaa")
    assert found["stdout"].endswith("bbb")
    assert len(found["stdout"]) < 263_000
    assert "37856 characters are left out" in found["results"][0]["stdout"]


def test_a_steps_time_binds_whatever_it_does(tmp_path: Path) -> None:
    began = time.monotonic()
    (result,) = step("wait_for", {"path": str(tmp_path / "never"), "timeout": 60}, timeout=1)
    assert time.monotonic() - began < 10
    assert result["status"] == "failed"
    assert "the step's timeout of 1 s" in result["message"]
    with pytest.raises(OutOfTime, match=r"longer than its timeout of 0\.1 s"), limited(0.1):
        os.mkfifo(tmp_path / "pipe")
        with (tmp_path / "pipe").open():
            pass
    (after,) = step("ping", {}, timeout=1)
    assert after["status"] == "ok"


def test_only_the_main_thread_is_limited() -> None:
    ended: list[bool] = []

    def other() -> None:
        with limited(0.01):
            time.sleep(0.05)
            ended.append(True)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert ended


@pytest.mark.parametrize("module", ["slurp", "fetch", "copy"])
def test_a_pipe_and_a_device_are_no_files(tmp_path: Path, module: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    more = {"slurp": {}, "fetch": {"dest": "x"}, "copy": {"dest": "x", "remote_src": True}}[module]
    for path in (str(tmp_path / "pipe"), "/dev/zero"):
        (result,) = step(module, {"src": path, **more})
        assert result["status"] == "failed"
        assert "no" in result["message"]
        assert "file" in result["message"]
