"""``--rehearse``: everything really runs, and nothing of it is left."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import shlex
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.processes import command_line, processes
from suture.agent.rehearsal.scratch_storage import PREFIX
from tests.e2e.command_line import Done, Project
from tests.e2e.conftest import CHECKOUT, Host

pytestmark = pytest.mark.e2e

NAP = 100_000 + os.getpid()
"""Seconds that nothing else sleeps for on this machine, so that who does is known by them."""

Walk = dict[str, tuple[Any, ...]]


def walk(*roots: Path) -> Walk:
    """Everything below these folders: kind, mode, owner, times, and what files and links hold."""
    found: Walk = {}
    for root in roots:
        for folder, names, files in os.walk(root):
            for path in [Path(folder), *(Path(folder, name) for name in (*names, *files))]:
                state = path.lstat()
                held: object = ""
                if stat.S_ISREG(state.st_mode):
                    held = hashlib.sha256(path.read_bytes()).hexdigest()
                elif stat.S_ISLNK(state.st_mode):
                    held = str(path.readlink())
                owner = (state.st_uid, state.st_gid)
                found[str(path)] = (state.st_mode, *owner, state.st_mtime_ns, held)
    return found


def uid_of(droplet: Host) -> int:
    return pwd.getpwnam(droplet.login.user).pw_uid


def leftovers(droplet: Host) -> set[str]:
    """Directories that rehearsals of the droplet's user have on the disk right now, without those
    of a rehearsal that is under way on another droplet."""
    found: set[str] = set()
    for path in Path("/var/tmp").glob(PREFIX + "*"):
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_uid == uid_of(droplet):
                found.add(str(path))
    mine = agents(droplet)
    for process in processes() if found else ():
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is none of ours
            opened = {str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
            found -= set() if process.pid in mine else opened
    return found


def report(done: Done) -> dict[str, Any]:
    (event,) = (event for event in done.events if event["event"] == "rehearsal_report")
    return event


PROBE = """
place=$(mktemp -d) && mount -t tmpfs none $place && cd $place && mkdir lower upper work all &&
mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work all && mount -t proc none /proc
"""
"""What a rehearsal needs of the kernel, asked without Suture."""


def allowed(done: subprocess.CompletedProcess[str], doctor: Done) -> None:
    """Skips the test, with the reason that Suture gives, where the kernel refused the probe."""
    if done.returncode:
        (line,) = (line for line in doctor.out.splitlines() if " rehearsal " in f" {line} ")
        reason = line.partition("not possible: ")[2]
        assert reason, f"the kernel refuses ({done.stderr.strip()}), but Suture says: {line}"
        pytest.skip(f"no rehearsal here: {reason}")


@pytest.fixture
def rehearsing(bare_droplet: Host, project: Project) -> None:
    """The droplet's user may rehearse."""
    done = bare_droplet.ssh(f"unshare -Urmpf sh -c {shlex.quote(PROBE)}")
    allowed(done, project.suture("doctor"))


@pytest.fixture
def root_rehearsing(project: Project) -> None:
    """Root may rehearse, on this very machine."""
    if os.geteuid():
        pytest.skip("needs root")
    local = project.write("here.yml", "all: {hosts: {here: {ansible_connection: local}}}\n")
    done = subprocess.run(
        ["unshare", "-mpf", "sh", "-c", PROBE], check=False, capture_output=True, text=True
    )
    allowed(done, project.suture("doctor", "-i", str(local)))


@pytest.fixture
def unharmed(bare_droplet: Host, there: str, rehearsing: None) -> Iterator[None]:
    """The droplet, a few files included, is afterwards exactly as it was before.  Agents of other
    tests that wait there for a controller to come back are ended."""
    for pid in agents(bare_droplet):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    made = bare_droplet.ssh(
        f"cd {there} && mkdir -p old/deep gone && echo one >old/deep/a && echo two >gone/b"
        f" && echo three >kept && ln -s kept link && echo x >same && chmod 640 same"
    )
    assert made.returncode == 0, made.stderr
    roots = (bare_droplet.home, bare_droplet.app_dir)
    before, others, places = walk(*roots), set(Path("/tmp").iterdir()), leftovers(bare_droplet)
    yield
    assert walk(*roots) == before
    assert leftovers(bare_droplet) <= places
    assert not [name for name in set(Path("/tmp").iterdir()) - others if "rehearsed" in name.name]


@pytest.mark.usefixtures("unharmed")
def test_everything_that_changes_is_told_and_nothing_stays(project: Project, there: str) -> None:
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - copy: {{content: new, dest: {there}/fresh, mode: "0600"}}
    - copy: {{content: "three-changed", dest: {there}/kept}}
    - file: {{path: {there}/gone, state: absent}}
    - file: {{src: old, dest: {there}/link, state: link}}
    - name: a command changes what no module knows of
      shell: |
        rm -r old && mkdir old && echo five >old/new
        chmod 600 same; touch -d 2001-01-01 old/new
        mkdir -p /tmp/rehearsed && echo x >/tmp/rehearsed/x
      args: {{chdir: {there}}}
    - shell: cat fresh kept link/new gone/b
      args: {{chdir: {there}}}
      register: seen
      failed_when: false
    - assert: {{that: seen.stdout == "newthree-changedfive"}}
""",
        "--rehearse",
        "--json",
    )
    assert done.code == 0, done.out + done.err
    assert done.events[0]["mode"] == "rehearse"
    assert done.finished["message"] == "the rehearsal passed; nothing of it is left on the host"
    told = report(done)
    assert set(told["added"]) == {
        f"{there}/fresh",
        f"{there}/old/new",
        "/tmp/rehearsed/",
        "/tmp/rehearsed/x",
    }
    assert set(told["removed"]) == {
        f"{there}/gone/",
        f"{there}/gone/b",
        f"{there}/old/deep/",
        f"{there}/old/deep/a",
    }
    assert set(told["changed"]) == {f"{there}/kept", f"{there}/link", f"{there}/same"}
    assert told["touched"] == [] and told["not_rehearsed"] == []
    assert sum(row["added"] for row in told["top"]) == 4
    assert told["bytes"] > 0 and told["space"] > 0 and told["seconds"] > 0


@pytest.mark.usefixtures("unharmed")
def test_a_step_that_fails_fails_the_rehearsal(project: Project, there: str) -> None:
    play = f"""
- hosts: droplets
  tasks:
    - copy: {{content: new, dest: {there}/fresh}}
    - name: too much
      command: grep x {there}/fresh
"""
    done = project.run(play, "--rehearse", "--json")
    assert (done.code, done.statuses()["too much"]) == (1, "failed")
    assert report(done)["added"] == [f"{there}/fresh"]
    shown = project.run(play, "--rehearse")
    assert "rehearsal: it really runs, in a copy that is thrown away" in shown.out
    assert "1 added, 0 changed, 0 removed, 3 bytes written" in shown.out
    assert "the rehearsal failed; nothing of it is left on the host" in shown.out


@pytest.mark.usefixtures("unharmed")
def test_a_wheel_is_installed_and_runs(project: Project, there: str) -> None:
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(project.root / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", 'word = "hello"\n')
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - copy: {{src: tiny-1.0-py3-none-any.whl, dest: {there}/}}
    - pip:
        name: {there}/tiny-1.0-py3-none-any.whl
        virtualenv: {there}/venv
        virtualenv_command: python3 -m venv
      exception: it is a test
    - command: {there}/venv/bin/python -c 'import tiny; print(tiny.word)'
      register: said
    - assert: {{that: said.stdout == "hello"}}
""",
        "--rehearse",
        "--json",
    )
    assert done.code == 0, done.out + done.err
    assert f"{there}/venv/" in report(done)["added"]


@pytest.mark.usefixtures("unharmed")
def test_other_processes_are_out_of_reach_and_its_own_end_with_it(
    project: Project, there: str
) -> None:
    foreign = subprocess.Popen(["sleep", f"{NAP}.5"])
    try:
        done = project.run(
            f"""
- hosts: droplets
  tasks:
    - command: ps -eo args
      register: seen
    - assert: {{that: "'sleep {NAP}.5' not in seen.stdout"}}
    - name: outside
      shell: kill -9 {foreign.pid}
      failed_when: false
    - name: in the background
      shell: nohup setsid sleep {NAP}.25 >/dev/null 2>&1 & echo $!
      register: left
    - command: kill -0 {{{{ left.stdout }}}}
""",
            "--rehearse",
            "--json",
        )
        assert done.code == 0, done.out + done.err
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()
    assert not running(f"sleep {NAP}.25")


def running(words: str) -> list[int]:
    return [each.pid for each in processes() if words in command_line(each.pid)]


@pytest.mark.usefixtures("unharmed")
def test_what_needs_a_service_manager_is_not_rehearsed(project: Project, there: str) -> None:
    done = project.run(
        f"""
- hosts: droplets
  tasks:
    - name: the service runs
      service: {{name: app, state: started}}
      register: started
    - name: what hangs on it
      debug: {{msg: "{{{{ started.state }}}}"}}
    - copy: {{src: /bin/true, dest: {there}/systemctl, remote_src: true, mode: "0755"}}
    - name: by hand
      command: {there}/systemctl restart app
    - name: in a shell
      shell: echo "System has not been booted with systemd as init system" >&2; exit 1
    - name: somebody else's
      file: {{path: {there}/same, owner: root}}
    - name: as somebody else
      command: su -c true
    - name: goes on
      copy: {{content: a, dest: {there}/fresh}}
""",
        "--rehearse",
        "--json",
    )
    assert done.code == 0, done.out + done.err
    missed = ["the service runs", "by hand", "in a shell", "somebody else's", "as somebody else"]
    assert report(done)["not_rehearsed"] == missed
    statuses = done.statuses()
    assert {statuses[name] for name in [*missed, "what hangs on it"]} == {"unknown"}
    assert statuses["goes on"] == "changed"
    reasons = [step["reason"] for step in done.steps("unknown")]
    assert reasons[0].startswith("not rehearsed: it needs the service manager")


@pytest.mark.usefixtures("unharmed")
def test_the_network_can_be_closed(project: Project, bare_droplet: Host) -> None:
    play = f"""
- hosts: droplets
  gather_facts: false
  tasks:
    - name: out
      shell: |
        exec 3<>/dev/tcp/{bare_droplet.login.host}/{bare_droplet.login.port} && head -c 3 <&3
      args: {{executable: /bin/bash}}
    - name: its own
      command: >-
        python3 -c "import socket; a = socket.create_server(('127.0.0.1', 0));
        socket.create_connection(a.getsockname())"
"""
    assert project.run(play, "--rehearse").code == 0
    done = project.run(
        play.replace("- name: out", "- ignore_errors: true\n      name: out"),
        "--rehearse",
        "--no-network",
        "--json",
    )
    assert done.code == 0, done.out
    assert done.statuses() == {"out": "ignored", "its own": "changed"}


@pytest.mark.usefixtures("rehearsing")
def test_the_doctor_says_whether_it_is_possible(project: Project) -> None:
    lines = project.suture("doctor").out.splitlines()
    (line,) = (line for line in lines if " rehearsal " in f" {line} ")
    assert line.split()[-1] == "possible"


def test_options_that_do_not_go_together(project: Project) -> None:
    play = "- hosts: droplets\n  tasks: [{ping: }]\n"
    done = project.run(play, "--rehearse", "--dry-run")
    assert done.code == 1 and "give one of them" in done.err
    done = project.run(play, "--no-network")
    assert done.code == 1 and "give --rehearse as well" in done.err


# -- as root, and as several users -----------------------------------------------------------------

needs_root = pytest.mark.usefixtures("root_rehearsing")


@needs_root
def test_root_rehearses_what_only_root_may_do(project: Project) -> None:
    project.write("inventory.yml", "all: {hosts: {here: {ansible_connection: local}}}\n")
    users = Path("/etc/passwd").read_bytes()
    done = project.run(
        """
- hosts: here
  tasks:
    - command: useradd --no-create-home rehearsed
    - copy: {content: x, dest: /etc/rehearsed, owner: rehearsed, mode: "0640"}
    - file: {path: /etc/hostname, state: absent}
    - {name: a device, command: mknod /root/disk b 254 0}
    - {name: reading it, command: head -c 1 /root/disk, ignore_errors: true}
    - {name: a kernel setting, shell: echo 1 >/proc/sys/kernel/panic, ignore_errors: true}
    - {name: a mount, command: mount -t tmpfs none /mnt, ignore_errors: true}
    - {name: the host's name, command: hostname rehearsed, ignore_errors: true}
    - {name: a service, systemd: {name: cron, state: restarted}}
""",
        "--rehearse",
        "--json",
    )
    assert done.code == 0, done.out + done.err
    statuses = done.statuses()
    tried = ("reading it", "a kernel setting", "a mount", "the host's name")
    assert {statuses[name] for name in tried} == {"ignored"}
    told = report(done)
    assert {"/etc/rehearsed", "/root/disk"} <= set(told["added"])
    assert "/etc/passwd" in told["changed"] and "/etc/hostname" in told["removed"]
    assert told["not_rehearsed"] == ["a service"]
    assert Path("/etc/passwd").read_bytes() == users
    assert Path("/etc/hostname").exists() and not Path("/etc/rehearsed").exists()


@needs_root
@pytest.mark.usefixtures("rehearsing")
def test_each_user_has_a_copy_of_its_own(project: Project, bare_droplet: Host, there: str) -> None:
    project.write("inventory.yml", "all: {hosts: {here: {ansible_connection: local}}}\n")
    done = project.run(
        f"""
- hosts: here
  tasks:
    - copy: {{content: a, dest: {there}/roots}}
    - {{name: another's, stat: {{path: {there}/roots}}, register: seen, become: true}}
    - copy: {{content: a, dest: {there}/users}}
      become: true
    - assert: {{that: not seen.stat.exists}}
  vars: {{ansible_become_method: runuser, ansible_become_user: {bare_droplet.login.user}}}
""",
        "--rehearse",
        "--json",
    )
    assert done.code == 0, done.out + done.err
    warned = [event["message"] for event in done.events if event["event"] == "warned"]
    assert sum("in a copy of their own" in each for each in warned) == 1, warned
    added = {
        event["user"]: event["added"]
        for event in done.events
        if event["event"] == "rehearsal_report"
    }
    assert added == {
        "root": [f"{there}/roots"],
        bare_droplet.login.user: [f"{there}/users"],
    }
    assert not Path(there, "roots").exists() and not Path(there, "users").exists()


# -- where the kernel refuses ----------------------------------------------------------------------


@pytest.mark.skipif(
    subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False).returncode != 0,
    reason="no user namespaces here: as root, sysctl -w user.max_user_namespaces=15000, and outside"
    " of a container",
)
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_refusal_says_which_setting_would_allow_it(project: Project) -> None:
    """In a user namespace of its own the count of further ones can be set to none."""
    project.write("inventory.yml", "all: {hosts: {here: {ansible_connection: local}}}\n")
    project.write("play.yml", "- hosts: here\n  tasks: [{command: 'true'}]\n")
    program = "from suture.cli import main; main()"
    words = [sys.executable, "-P", "-c", program, "run", "play.yml", "--rehearse"]
    # Without the capability to mount, root has to go the way of everybody else.
    script = (
        'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-sys_admin "$@"'
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", *words],
        check=False,
        cwd=project.root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the kernel setting user.max_user_namespaces is 0" in done.stdout
    assert "--dry-run needs none of that" in done.stdout


# -- cut short -------------------------------------------------------------------------------------

SLOW = """
- hosts: droplets
  tasks:
    - copy: {{content: new, dest: {there}/fresh}}
    - shell: nohup setsid sleep {nap} >/dev/null 2>&1 & sleep {nap}
"""


def agents(droplet: Host) -> list[int]:
    """The processes of the droplet's agents: the one that was started, the one that will clean up
    (if there is a directory), the first one inside, and the one that does the steps.

    The same user may have agents on other droplets: these came over another port.
    """
    connection = f" {droplet.login.port}\0".encode()
    found: set[int] = set()
    for pid in sorted(running("python3 -I -S -c")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            told = Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0]
            ours = int(told) in found
            with contextlib.suppress(PermissionError):  # of one in a namespace of its own
                ours = ours or connection in Path(f"/proc/{pid}/environ").read_bytes()
            if ours:
                found.add(pid)
    return sorted(found)


@contextlib.contextmanager
def under_way(project: Project, there: str) -> Iterator[subprocess.Popen[bytes]]:
    """A rehearsal in the middle of a step, with something in the background."""
    project.write("play.yml", SLOW.format(there=there, nap=NAP))
    program = "from suture.cli import main; main()"
    words = [sys.executable, "-P", "-c", program, "run", "play.yml", "--rehearse", "--json"]
    with subprocess.Popen(words, cwd=project.root, stdout=subprocess.PIPE) as suture:
        try:
            until(lambda: len(running(f"sleep {NAP}")) >= 2 or suture.poll() is not None, 60)
            assert suture.poll() is None, suture.communicate()
            yield suture
        finally:
            suture.kill()


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("place", ["memory", "disk"])
@pytest.mark.parametrize("cut", ["controller", "ctrl-c", "outer", "first inside", "agent"])
def test_cut_short_it_leaves_nothing(
    project: Project, bare_droplet: Host, there: str, cut: str, place: str
) -> None:
    project.inventory(suture_rehearse_in=place)
    places = leftovers(bare_droplet)
    with under_way(project, there) as suture:
        assert len(leftovers(bare_droplet) - places) == (place == "disk")
        if cut in ("controller", "ctrl-c"):
            suture.send_signal(signal.SIGKILL if cut == "controller" else signal.SIGINT)
        else:
            which = {"outer": 0, "first inside": -2, "agent": -1}[cut]
            os.kill(agents(bare_droplet)[which], signal.SIGKILL)
        suture.communicate(timeout=30)
    until(lambda: not running(f"sleep {NAP}") and not agents(bare_droplet))
    until(lambda: leftovers(bare_droplet) <= places)
    assert PREFIX not in Path("/proc/mounts").read_text()


@pytest.mark.usefixtures("unharmed")
def test_what_even_the_cleaner_could_not_remove_goes_with_the_next_rehearsal(
    project: Project, bare_droplet: Host, there: str
) -> None:
    project.inventory(suture_rehearse_in="disk")
    places = leftovers(bare_droplet)
    with under_way(project, there):
        outer, cleaner, *_ = agents(bare_droplet)
        os.kill(cleaner, signal.SIGKILL)
        os.kill(outer, signal.SIGKILL)
        until(lambda: not agents(bare_droplet))
    assert len(leftovers(bare_droplet) - places) == 1
    done = project.run("- hosts: droplets\n  tasks: [{command: 'true'}]\n", "--rehearse")
    assert done.code == 0
    assert leftovers(bare_droplet) <= places


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to hold"
        time.sleep(0.05)


# -- the practice droplet's third phase ------------------------------------------------------------


@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("rehearsing")
@pytest.mark.timeout(1800)  # torch is installed; a busy machine takes its time
def test_the_third_phase_is_rehearsed_whole(reset: Host, tmp_path: Path) -> None:
    """torch is really installed and the tests really run, and the droplet is as broken as before."""
    inventory = Project(tmp_path, reset.login).inventory(
        app_dir=str(reset.app_dir), app_python=reset.login.python
    )
    environ = {"SUTURE_LEDGER": str(tmp_path / "ledger.db")}
    project = Project(CHECKOUT, reset.login, environ, patience=1500)
    roots = (reset.home, reset.app_dir)
    before, places = walk(*roots), leftovers(reset)
    words = ("remediate", "--phase", "3", "--rehearse", "--json")
    done = project.suture(*words, "-i", str(inventory))
    assert done.code == 0, done.out[-4000:] + done.err
    (verified,) = (event for event in done.events if event["event"] == "phase_verified")
    assert (verified["verdict"], len(verified["fixed"])) == ("verified", 10)
    (finished,) = (event for event in done.events if event["event"] == "phase_finished")
    assert finished["status"] == "rehearsed"
    told = report(done)
    packages = f"{reset.app_dir}/.venv/lib/"
    assert any(path.startswith(packages) for path in told["added"])
    assert len(told["added"]) == 500 and told["changes"]["added"] > 1000
    assert len(json.dumps(told)) < 400_000
    assert f"{reset.app_dir}/tests/integration/api/conftest.py" in told["changed"]
    assert any(row["path"].startswith(packages) and row["added"] > 1000 for row in told["top"])
    assert told["space"] > 500e6
    assert walk(*roots) == before
    assert leftovers(reset) <= places
    assert "verified" not in project.suture("status").out
