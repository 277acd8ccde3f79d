"""A program's end, output and lines, whatever the program does."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.world import process
from suture.agent.world.process import finished


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_exit_code_and_outputs() -> None:
    done = finished(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.rc, done.out, done.err, done.ran) == (3, "out\n", "err\n", True)


def test_a_signal_ends_it() -> None:
    assert finished(["sh", "-c", "kill -TERM $$"]).rc == 128 + signal.SIGTERM


def test_environment_is_added_to_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "a")
    assert finished(["sh", "-c", "echo $OURS$ADDED"], env={"ADDED": "b"}).out == "ab\n"


def test_program_is_sought_on_the_given_path(tmp_path: Path) -> None:
    program = tmp_path / "greet"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    assert finished(["greet"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}).out == "hello\n"


def test_much_output_on_both_pipes() -> None:
    code = (
        "import sys\n"
        "for i in range(60):\n"
        "    sys.stdout.write('o' * 50000 + '\\n'); sys.stderr.write('e' * 50000 + '\\n')\n"
    )
    lines: list[str] = []
    done = finished([sys.executable, "-c", code], on_line=lines.append)
    assert len(done.stdout) == len(done.stderr) == 60 * 50001
    assert sorted({line[0] for line in lines}) == ["e", "o"]
    assert len(lines) == 120


def test_a_line_without_an_end_is_handed_on() -> None:
    lines: list[str] = []
    size = 5 * process.LINE
    done = finished(["head", "-c", str(size), "/dev/zero"], on_line=lines.append)
    assert len(done.stdout) == size == sum(map(len, lines))
    assert len(lines) >= 3


def test_lines_come_while_it_runs() -> None:
    times: dict[str, float] = {}
    finished(
        ["sh", "-c", "echo a; sleep 0.5; printf b"],
        on_line=lambda line: times.update({line: time.monotonic()}),
    )
    assert list(times) == ["a", "b"]
    assert times["b"] - times["a"] > 0.3


def test_output_that_is_not_text() -> None:
    lines: list[str] = []
    done = finished(["printf", r"\377\376\nfine\n"], on_line=lines.append)
    assert done.stdout == b"\xff\xfe\nfine\n"
    assert lines == ["\ufffd\ufffd", "fine"]
    assert done.out == "\ufffd\ufffd\nfine\n"


def test_stdin_is_fed_while_output_is_read() -> None:
    data = os.urandom(3_000_000)
    assert finished(["cat"], stdin=data).stdout == data


def test_stdin_that_nobody_reads() -> None:
    assert finished(["true"], stdin=b"x" * 1_000_000).rc == 0


def test_without_stdin_there_is_none() -> None:
    assert finished(["cat"]).stdout == b""


def test_too_long_kills_the_whole_session(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    began = time.monotonic()
    with pytest.raises(Failure, match=r"sh took longer than 0\.5 s") as caught:
        finished(["sh", "-c", f"echo early; sleep 60 & echo $! > {note}; wait"], timeout=0.5)
    assert time.monotonic() - began < 5
    assert caught.value.data == {"rc": 124, "stdout": "early\n", "stderr": ""}
    child = int(note.read_text())
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(child)


def test_too_long_also_for_one_that_closed_its_outputs() -> None:
    with pytest.raises(Failure, match="took longer"):
        finished(["sh", "-c", "exec >&- 2>&-; sleep 60"], timeout=0.5)


def test_a_daemon_that_holds_the_pipes_does_not_hold_us() -> None:
    began = time.monotonic()
    done = finished(["sh", "-c", "sleep 20 & echo $!"])
    assert time.monotonic() - began < 5
    daemon = int(done.out)
    assert alive(daemon)
    os.kill(daemon, signal.SIGKILL)


def test_an_interrupted_reader_leaves_nothing_running() -> None:
    pids: list[int] = []

    def stop(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finished(["sh", "-c", "echo $$; sleep 60"], on_line=stop)
    assert not alive(pids[0])


def test_no_descriptor_is_left_open() -> None:
    before = set(Path("/proc/self/fd").iterdir())
    finished(["cat"], stdin=b"x")
    with pytest.raises(Failure):
        finished(["sleep", "9"], timeout=0.1)
    assert set(Path("/proc/self/fd").iterdir()) == before


@pytest.mark.parametrize(
    ("argv", "message", "rc"),
    [
        (["no-such-program"], "no-such-program: no such program", 127),
        (["{}/plain"], "not permitted to run it", 126),
        (["{}/orphan"], "its interpreter does not exist", 127),
        (["{}/garbage"], "Exec format error", 126),
        (["echo", "a\0b"], "NUL", 126),
    ],
)
def test_what_cannot_run_says_why(tmp_path: Path, argv: list[str], message: str, rc: int) -> None:
    for name, text, mode in [
        ("plain", "x", 0o644),
        ("orphan", "#!/no/such/interpreter\n", 0o755),
        ("garbage", "\x7fELFgarbage", 0o755),
    ]:
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    with pytest.raises(Failure, match=message) as caught:
        finished([word.replace("{}", str(tmp_path)) for word in argv])
    assert caught.value.data["rc"] == rc


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="the directory /no/such does not exist"):
        finished(["true"], cwd="/no/such")
