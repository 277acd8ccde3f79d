"""Events of made-up runs, as the runner would give them: fixed times, everything in them that an
output has to cope with."""

from __future__ import annotations

from typing import Any

from suture.events import (
    BaselineRecorded,
    Event,
    HostConnected,
    HostLost,
    PhaseFinished,
    PhaseStarted,
    PhaseVerified,
    PlayStarted,
    Warned,
)
from tests.unit.tape import Tape

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m \x9b31mc1\x07 \u202eevil\u202c\rover"
"""What a host might print to trick a terminal: a title, a cleared screen, colours, a bell, a
reversed direction, a line drawn over itself."""

PIP_ROWS = (
    {"name": "torch", "from": "", "to": "2.13.0+cpu", "requested_by": "sentence-transformers"},
    {"name": "sentence-transformers", "from": "", "to": "6.2.0", "requested_by": "the playbook"},
    {
        "name": "huggingface_hub",
        "from": "1.2.4",
        "to": "1.3.3",
        "requested_by": ["the playbook", "transformers"],
    },
    {"name": "oldlib", "from": "0.9", "to": "", "requested_by": ""},
)

BEFORE = '''def _get_mlflow(self):
    """Müßig: größer → kleiner."""
    try:
        import mlflow
    except ImportError:
        log.warning("mlflow is missing")
        return None
    return mlflow
'''
AFTER = BEFORE.replace(
    'except ImportError:\n        log.warning("mlflow is missing")',
    "except (ImportError, OSError) as error:\n"
    '        log.warning("mlflow is missing: %s", type(error).__name__)',
)


def names(folder: str, count: int) -> tuple[str, ...]:
    return tuple(f"{folder}/test_it.py::test_{n:02d}" for n in range(1, count + 1))


FAILING = {
    1: names("tests/unit/test_drift", 41),
    2: (),
    3: names("tests/rag", 10),
    4: names("tests/unit/test_tasks", 4),
    5: (),
    6: names("tests", 9),
}
"""What fails before each phase."""


def baseline(tape: Tape, number: int) -> None:
    """A phase's tests before anything was done, recorded before the first phase begins."""
    failing = FAILING[number]
    tape.put(PlayStarted, play=f"phase {number}: baseline", hosts=tape.hosts)
    told = dict.fromkeys(failing, "failed") | {f"tests/passing{number}.py::test": "passed"}
    with tape.running(f"baseline: tests of phase {number}", module="pytest", file="plan.yml"):
        tape.tests(told, number, "baseline")
    tape.put(
        BaselineRecorded,
        host=tape.hosts[0],
        phase=number,
        failing=failing,
        passing=names(f"tests/passing{number}", 5),
        skipped=names(f"tests/skipped{number}", 1),
    )


def opened(tape: Tape, number: int, title: str, **told: str) -> None:
    """The beginning of a phase."""
    tape.put(PhaseStarted, phase=number, title=title, hosts=tape.hosts, **told)
    tape.put(PlayStarted, play=title, hosts=tape.hosts)


def closed(tape: Tape, number: int, passing: int, **verdict: Any) -> None:
    """The end of a phase on the tape's first host: its tests, the gate's verdict."""
    tape.put(PlayStarted, play=f"phase {number}: verify", hosts=tape.hosts)
    fixed = verdict.setdefault("fixed", FAILING[number])
    bad = (*verdict.get("still_failing", ()), *verdict.get("newly_broken", ()))
    told = dict.fromkeys((*fixed, f"tests/passing{number}.py::test"), "passed")
    with tape.running(
        f"verify: tests of phase {number}", module="pytest", file="plan.yml", seconds=12.4
    ):
        tape.tests(told | dict.fromkeys(bad, "failed"), number, "verify")
    word = "failed" if bad else verdict.pop("verdict", "verified")
    tape.put(
        PhaseVerified,
        host=tape.hosts[0],
        phase=number,
        verdict=word,
        counts={"passed": passing, "failed": len(bad), "skipped": 3},
        seconds=12.5,
        **verdict,
    )
    tape.put(PhaseFinished, phase=number, status="failed" if bad else "done", seconds=34.2)


def six_phases(run: str = "r1") -> list[Event]:
    """The plan on one host: two phases verified, one flaky, one proving nothing, a failed one."""
    tape = Tape()
    tape.begin(run)
    tape.put(HostConnected, host="droplet", user="deploy", python="3.11.7", seconds=0.4)
    tape.put(Warned, message="'no' is read as false here", where="playbooks/phase-1.yml:9:12")
    for number in FAILING:
        baseline(tape, number)

    opened(tape, 1, "MLflow permissions", cause="/mlflow may not be created", priority="high")
    for n in range(6):
        tape.step(f"Look at file {n}", line=10 + n, module="stat")
    tape.step("Skipped here", "skipped", line=16, reason="when: false", module="debug")
    change = {
        "action": "write",
        "target": "/opt/app/src/mlflow_tracker.py",
        "before": BEFORE,
        "after": AFTER,
        "detail": {"mode": ["0644", "0600"]},
    }
    tape.step(
        "Trackers degrade on every error",
        "changed",
        "python_edit",
        20,
        changes=(change,),
        seconds=0.7,
        role="trackers",
    )
    attributes = {
        "action": "attributes",
        "target": "/opt/app/run",
        "detail": {"mode": ["0644", "0600"], "owner": ["root", "deploy"]},
    }
    binary = {
        "action": "write",
        "target": "/opt/app/logo.png",
        "detail": {"size": [1200, 45_300], "sha256": "ab" * 32},
    }
    tape.step("Attributes hold", "changed", "file", 25, changes=(attributes, binary))
    tape.step("Say it", "ok", "debug", 30, data={"msg": "hello\nwörld ✓"})
    closed(
        tape,
        1,
        656,
        flaky=("tests/unit/test_drift/test_latency.py::test_fast",),
    )

    opened(tape, 2, "E2E auth", cause="E2I_TESTING_MODE is set too late", priority="high")
    tape.step(
        "The variable is set first",
        "changed",
        "python_edit",
        5,
        handler=True,
        changes=(
            {
                "action": "write",
                "target": "/opt/app/tests/conftest.py",
                "before": "import os\n",
                "after": 'import os\nos.environ["A"] = "1"\n',
            },
        ),
    )
    closed(tape, 2, 29, verdict="proves nothing")

    opened(
        tape,
        3,
        "Missing module",
        cause="sentence_transformers is not installed",
        priority="medium",
    )
    tape.step(
        "Reranker packages are installed",
        "changed",
        "pip",
        12,
        output=("Collecting torch==2.13.0", f"{HOSTILE}", "10%\r50%\r100% torch.whl"),
        changes=(
            {"action": "install", "target": "/opt/app/.venv", "detail": {"rows": list(PIP_ROWS)}},
        ),
        seconds=125.0,
        exception="the reranker is essential to retrieval",
    )
    tree = [
        {
            "action": "write",
            "target": f"/opt/app/tests/c{n}.py",
            "after": "x = 1\n",
            "detail": {"new": True},
        }
        for n in range(8)
    ]
    tree += [
        {
            "action": "write",
            "target": "/opt/app/tests/conftest.py",
            "before": "a\n",
            "after": "b\n",
        },
        {"action": "remove", "target": "/opt/app/tests/old.py", "before": "gone\n"},
    ]
    tape.step("conftest files are the operator's", "changed", "sync", 18, changes=tuple(tree))
    closed(
        tape,
        3,
        17,
    )

    opened(tape, 4, "Event loop", cause="run_async() closes the loop", priority="high")
    tape.step(
        "run_async keeps the loop",
        "changed",
        "python_edit",
        7,
        items=(
            {
                "item": "drift_monitoring_tasks.py",
                "status": "changed",
                "changes": (
                    {"action": "write", "target": "/opt/app/a.py", "before": "a\n", "after": "b\n"},
                ),
            },
            {"item": "ab_testing_tasks.py", "status": "ok"},
            {
                "item": "feedback_loop_tasks.py",
                "status": "failed",
                "message": "no function 'run_async'",
            },
        ),
    )
    failing = FAILING[4]
    excused = {failing[3]: "needs a real key"}
    closed(
        tape,
        4,
        76,
        fixed=failing[:2],
        still_failing=(failing[2],),
        newly_broken=("tests/unit/test_tasks/test_it.py::test_new",),
        excused=excused,
    )

    opened(tape, 5, "Data quality", cause="assertions of the validator", priority="medium")
    tape.step("GE_AVAILABLE is looked at", module="command", line=4)
    tape.step(
        "It says what it found", "ok", "pytest", line=5, message="flag is true, 44 tests pass"
    )
    closed(
        tape,
        5,
        44,
        verdict="proves nothing",
        message="nothing failed here before",
    )

    opened(tape, 6, "Misc", cause="string assertions, environment", priority="low")
    tape.step("Keys come first", "ignored", line=6, message="not there\nbut never mind")
    tape.step("What hangs on it", "unknown", line=7, reason="it hangs on 'Keys come first'")
    tape.step(
        "Migrations are applied",
        "failed",
        "shell",
        9,
        message=f"alembic exited with 1: {HOSTILE}",
        data={"rc": 1, "stdout": "", "stderr": "\n".join(f"stderr line {n}" for n in range(1, 31))},
        seconds=3.2,
        output=(HOSTILE,),
        role="database",
    )
    tape.put(PhaseFinished, phase=6, status="failed", seconds=5.0)
    return tape.finish(run, 1, seconds=251.3)


def two_hosts(faster: str = "web1") -> list[Event]:
    """The same playbook on two hosts, whichever of them is faster; one takes a branch of its own,
    and fails."""
    hosts = ("web1", "web2")
    slower = next(host for host in hosts if host != faster)
    tape = Tape(hosts)
    tape.begin("r2", playbook="site.yml", command="run site.yml")
    tape.put(PlayStarted, play="Web servers", hosts=hosts)
    for host in (faster, slower):
        change = {"action": "write", "target": "/etc/motd", "before": "a\n", "after": "b\n"}
        for n in range(5):
            tape.step(f"Look {n}", host=host, line=n + 1)
        tape.step("Motd", "changed", "copy", 10, host=host, changes=(change,))
        if host == "web2":
            tape.step("Only here", "changed", "shell", 11, host=host)
        own = {"action": "write", "target": "/etc/name", "before": "", "after": f"{host}\n"}
        tape.step("Name", "changed", "template", 12, host=host, changes=(own,))
        if host == "web2":
            tape.step("Restart", "failed", "service", 14, host=host, message="no such unit")
        else:
            tape.step("Restart", "ok", "service", 14, host=host)
            tape.step("After", "ok", "stat", 15, host=host)
    return tape.finish("r2", 1, seconds=2.0)


def fleet(size: int = 50) -> list[Event]:
    """Many hosts that do the same; one is lost on the way, one differs."""
    hosts = tuple(f"web{n:02d}" for n in range(1, size + 1))
    tape = Tape(hosts)
    tape.begin("r3", playbook="site.yml", command="run site.yml")
    tape.put(PlayStarted, play="Fleet", hosts=hosts)
    for host in hosts:
        tape.put(HostConnected, host=host, user="root", python="3.8.2", seconds=0.1)
        tape.step("Installed", "ok" if host == "web07" else "changed", "apt", 3, host=host)
        if host == "web09":
            tape.put(HostLost, host=host, reason="the connection was closed by the host")
            continue
        tape.step("Started", "ok", "service", 5, host=host)
    return tape.finish("r3", 4)


def dry_run() -> list[Event]:
    """A prediction: one change, one step that hangs on it."""
    tape = Tape()
    tape.begin("r4", "dry-run", command="remediate --phase 1 --dry-run")
    tape.put(PhaseStarted, phase=1, title="MLflow permissions", hosts=("droplet",))
    tape.put(PlayStarted, play="Mend", hosts=("droplet",))
    change = {"action": "write", "target": "/opt/app/a.py", "before": BEFORE, "after": AFTER}
    tape.step("Mend it", "changed", "python_edit", 3, changes=(change,))
    tape.step("Build", "unknown", "command", 5, reason="it hangs on what 'Mend it' prints")
    tape.put(PhaseFinished, phase=1, status="previewed")
    return tape.finish("r4", 2)
