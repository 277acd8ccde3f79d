"""The practice droplet: a host like any other, nothing of the operator's in it, gone at will."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.account import Account, existing_account
from lab.droplet import Droplet, Login, default_root
from lab.errors import LabError
from lab.pip_settings import handed, settings_listed
from lab.processes import processes
from lab.tree import Kept, Signatures, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Host

CHECKOUT = Path(__file__).resolve().parents[2]
NOBODY_ELSE = Account("me", os.geteuid(), os.getegid(), made=False)


def silent(_line: str) -> None:
    """Says nothing."""


def content(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Mode, owner and digest of everything below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        if path.is_symlink():
            data = str(path.readlink()).encode()
        else:
            data = path.read_bytes() if path.is_file() else b""
        digest = hashlib.sha256(data).hexdigest()
        found[str(path.relative_to(folder))] = (state.st_mode, state.st_uid, digest)
    return found


def listens(port: int) -> bool:
    """Whether something on loopback accepts connections at the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# What needs no host


def test_where_a_droplet_lies_is_the_checkouts_own(tmp_path: Path) -> None:
    first, second = (default_root(tmp_path / name, {}) for name in ("a", "b"))
    assert first != second
    assert first == default_root(tmp_path / "a", {})
    assert default_root(tmp_path, {"SUTURE_LAB_DIR": "/some/where"}) == Path("/some/where")


def test_pip_settings_rank_as_they_do_in_pip() -> None:
    listing = """\
:env:.default-timeout='7'
:env:.user='1'
global.find-links='/a'
global.index-url='https://one.invalid/simple'
global.timeout='60'
install.find-links='/b\\n/c'
freeze.timeout='9'
"""
    assert settings_listed(listing) == {
        "find-links": "/b\n/c",
        "index-url": "https://one.invalid/simple",
        "timeout": "7",
    }


def test_pip_settings_are_handed_over_in_a_form_that_works_there(tmp_path: Path) -> None:
    certificate = tmp_path / "own" / "ca.pem"
    certificate.parent.mkdir()
    certificate.write_text("certificate")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    settings = {
        "find-links": f"{wheels} https://wheels.invalid/",
        "cert": str(certificate),
        "trusted-host": "one.invalid two.invalid",
    }
    lab = tmp_path / "lab"
    result = handed(settings, NOBODY_ELSE, Path("/cache"), lab, readable=lambda *_: False)
    assert result.text == (
        "# Made by lab.up from the pip settings of this machine.\n"
        "[global]\n"
        f"find-links = {wheels}\n    https://wheels.invalid/\n"
        "trusted-host = one.invalid\n    two.invalid\n"
        f"cert = {lab}/ca.pem\n"
        "cache-dir = /cache\n"
    )
    assert (lab / "ca.pem").read_text() == "certificate"
    assert [str(wheels) in warning for warning in result.warnings] == [True]


def test_differences_are_what_must_go_and_what_must_come() -> None:
    wanted: Signatures = {
        "a": ("dir", 0o755),
        "a/b": ("file", 1),
        "c": ("link", "x"),
        "d": ("file", 2),
    }
    found: Signatures = {
        "a": ("dir", 0o700),
        "a/b": ("file", 9),
        "c": ("dir", 0o755),
        "c/e": ("file", 3),
    }
    change = differences(wanted, found)
    assert change.extra == ("a/b", "c", "c/e")
    assert change.lost == ("a", "a/b", "c", "d")


def test_a_folder_is_put_back_whatever_was_done_to_it(tmp_path: Path) -> None:
    template, live = tmp_path / "template", tmp_path / "live"
    (template / "deep" / "er").mkdir(parents=True)
    for name in ("same", "edited", "removed", "deep/er/file", "becomes-link", "closed"):
        (template / name).write_text(name)
    (template / "link").symlink_to("same")
    kept = Kept(template, live, tmp_path / "record.json", leave=("others",))
    kept.lay()
    (live / "others").mkdir()
    untouched = (live / "same").stat()

    before = (live / "edited").stat()
    (live / "edited").write_text("EDITED")
    os.utime(live / "edited", ns=(before.st_atime_ns, before.st_mtime_ns))
    (live / "removed").unlink()
    (live / "becomes-link").unlink()
    (live / "becomes-link").symlink_to("/etc")
    (live / "link").unlink()
    (live / "link").mkdir()
    (live / "new").mkdir()
    (live / "new" / "file").touch()
    (live / "deep").chmod(0o000)

    assert kept.restore() == 7
    (live / "others").rmdir()
    assert content(live) == content(template)
    assert (live / "same").stat() == untouched
    assert kept.restore() == 0


# What needs sshd


@pytest.mark.e2e
def test_a_session_has_nothing_of_the_operators(bare_droplet: Host) -> None:
    assert bare_droplet.ssh("pwd").stdout.strip() == str(bare_droplet.home)
    variables = dict(
        line.partition("=")[::2] for line in bare_droplet.ssh("env").stdout.splitlines()
    )
    usual = {"USER", "LOGNAME", "HOME", "PATH", "SHELL", "PWD", "SHLVL", "MAIL", "LANG", "_"}
    assert set(variables) - usual == {"SSH_CLIENT", "SSH_CONNECTION"}
    assert variables["HOME"] == str(bare_droplet.home)
    assert variables["PATH"] == "/usr/local/bin:/usr/bin:/bin:/usr/games"


@pytest.mark.e2e
def test_the_droplets_user_is_an_ordinary_one(bare_droplet: Host) -> None:
    assert bare_droplet.ssh("id -un").stdout.strip() == bare_droplet.login.user
    assert bare_droplet.ssh("id -u").stdout.strip() != "0"
    assert bare_droplet.ssh("mkdir /mlflow").returncode != 0
    assert bare_droplet.ssh("cat ../sshd/host_key").returncode != 0 or os.geteuid() != 0


@pytest.mark.e2e
def test_exit_codes_and_standard_streams_pass_through(bare_droplet: Host) -> None:
    done = bare_droplet.ssh("cat; echo 'with \"quotes\" and $HOME' >&2; exit 7", given="given")
    assert (done.returncode, done.stdout) == (7, "given")
    assert done.stderr == 'with "quotes" and $HOME\n'


@pytest.mark.e2e
def test_only_the_operators_key_opens_the_door(bare_droplet: Host, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    right = bare_droplet.login
    wrong = Login(**{**json.loads(right.as_json()), "key": str(other)})
    done = subprocess.run(wrong.ssh("true"), check=False, capture_output=True, text=True)
    assert "Permission denied (publickey)" in done.stderr


@pytest.mark.e2e
def test_many_connections_at_once_are_greeted(bare_droplet: Host) -> None:
    address = (bare_droplet.login.host, bare_droplet.login.port)
    connections = [socket.create_connection(address, timeout=20) for _ in range(100)]
    banners = [connection.recv(8) for connection in connections]
    for connection in connections:
        connection.close()
    assert banners == [b"SSH-2.0-"] * 100


@pytest.mark.e2e
def test_up_changes_nothing_on_a_droplet_that_is_up(bare_droplet: Host) -> None:
    assert bare_droplet.ssh("echo mine > kept; rm -rf .config .local").returncode == 0
    pids = (bare_droplet.home.parent / "sshd" / "sshd.pid").read_text()
    assert bare_droplet.droplet.up(silent) == bare_droplet.login
    assert (bare_droplet.home.parent / "sshd" / "sshd.pid").read_text() == pids
    assert bare_droplet.ssh("cat kept; ls -a").stdout.split() == ["mine", ".", "..", "kept"]
    bare_droplet.reset()


@pytest.mark.e2e
def test_pip_on_the_droplet_has_the_machines_settings(
    bare_droplet: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_droplet.droplet.up(silent)
    before = bare_droplet.ssh("cat .config/pip/pip.conf").stdout
    monkeypatch.setenv("PIP_FIND_LINKS", "/usr/share /usr/lib")
    monkeypatch.setenv("PIP_TIMEOUT", "77")
    bare_droplet.droplet.up(silent)
    listing = bare_droplet.ssh("cat .config/pip/pip.conf").stdout
    assert "find-links = /usr/share\n    /usr/lib\n" in listing
    assert "timeout = 77\n" in listing
    monkeypatch.undo()
    bare_droplet.droplet.up(silent)
    assert bare_droplet.ssh("cat .config/pip/pip.conf").stdout == before


@pytest.mark.e2e
def test_reset_ends_what_was_left_running_and_empties_the_home(bare_droplet: Host) -> None:
    bare_droplet.ssh("setsid sleep 4711 >/dev/null 2>&1 & touch here; mkdir -p .suture/x")
    bare_droplet.ssh(f"touch {bare_droplet.app_dir}/there")
    started = time.monotonic()
    bare_droplet.reset()
    assert time.monotonic() - started < 2
    assert bare_droplet.ssh("find . -type f").stdout.split() == ["./.config/pip/pip.conf"]
    assert list(bare_droplet.app_dir.iterdir()) == []
    assert not running("sleep 4711")


def running(words: str) -> list[int]:
    """The processes whose command line has these words."""
    found = []
    for process in processes():
        path = Path(f"/proc/{process.pid}/cmdline")
        if path.exists() and words in path.read_bytes().replace(b"\0", b" ").decode():
            found.append(process.pid)
    return found


@pytest.fixture
def own_root() -> Iterator[Callable[[], Path]]:
    """Places for droplets that a test brings up itself; nothing of them is left after it."""
    taken: list[Path] = []

    def place() -> Path:
        root = default_root(CHECKOUT)
        taken.append(root.with_name(f"{root.name}-bare-{len(taken)}-{os.getpid()}"))
        return taken[-1]

    yield place
    for root in taken:
        Droplet(root).down(silent, purge=True)


@pytest.mark.e2e
def test_down_leaves_nothing_running_and_purge_nothing_at_all(
    own_root: Callable[[], Path],
) -> None:
    droplet = Droplet(own_root())
    login = droplet.up(silent)
    with subprocess.Popen(login.ssh("setsid sleep 4712 & sleep 4713")):
        while not (running("sleep 4712") and running("sleep 4713")):
            time.sleep(0.05)
        droplet.down(silent)
    assert not running("sleep 4712")
    assert not running("sleep 4713")
    assert not running(str(droplet.root))
    assert not listens(login.port)
    with pytest.raises(LabError, match=r"lab\.up"):
        droplet.login()

    assert droplet.up(silent) == login, "the same port and host key again"
    droplet.down(silent, purge=True)
    assert not droplet.root.exists()
    account = existing_account(droplet.root)
    assert account is None or not account.made


@pytest.mark.parametrize("down", [True, False], ids=["down", "up"])
def test_a_folder_that_is_no_droplet_is_left_alone(tmp_path: Path, down: bool) -> None:
    work = tmp_path / "work" / "thesis.txt"
    work.parent.mkdir()
    work.write_text("years of it\n")
    droplet = Droplet(work.parent)
    with pytest.raises(LabError, match="is no practice droplet, and it is not empty"):
        droplet.down(silent, purge=True) if down else droplet.up(silent)
    assert [*tmp_path.rglob("*")] == [work.parent, work]
    assert work.read_text() == "years of it\n"


@pytest.mark.e2e
def test_two_calls_of_up_at_once_bring_up_one_droplet(own_root: Callable[[], Path]) -> None:
    droplet = Droplet(own_root())
    logins: list[Login] = []
    callers = [threading.Thread(target=lambda: logins.append(droplet.up(silent))) for _ in "ab"]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert logins[0] == logins[1]
    assert len(running(f"{droplet.root}/sshd/sshd_config")) == 1


@pytest.mark.e2e
def test_sshd_outlives_its_files_only_until_the_next_up(own_root: Callable[[], Path]) -> None:
    droplet = Droplet(own_root())
    droplet.up(silent)
    (droplet.root / "sshd" / "sshd.pid").unlink()
    (droplet.root / "sshd" / "sshd_config").unlink()
    login = droplet.up(silent)
    assert subprocess.run(login.ssh("true"), check=False).returncode == 0
    assert len(running(f"{droplet.root}/sshd/sshd_config")) == 1


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A stand-in for the application, with an environment of nothing but pip."""
    source = tmp_path / "app"
    (source / "src").mkdir(parents=True)
    (source / "src" / "main.py").write_text("ANSWER = 41\n")
    (tmp_path / "leftovers.txt").write_text("# a bad removal\ngone/core\n")
    return source


@pytest.mark.e2e
def test_the_application_is_restored_exactly(
    own_root: Callable[[], Path], application: Path
) -> None:
    droplet = Droplet(own_root(), application)
    login = droplet.up(silent)

    def ssh(command: str) -> str:
        done = subprocess.run(login.ssh(command), check=False, capture_output=True, text=True)
        return done.stdout.strip()

    first = content(droplet.app_dir)
    packages = ssh(f"cd {login.app_dir}/.venv/lib/python3*/site-packages && pwd")
    assert Path(packages, "gone", "core").is_dir()
    assert ssh(f"{login.python} -c 'import sys; print(sys.prefix)'") == f"{droplet.app_dir}/.venv"
    assert ssh(f"stat -c %U {login.app_dir}/src/main.py") == login.user

    ssh(f"cd {login.app_dir} && echo 'ANSWER = 42' > src/main.py && touch -d @1 src/main.py")
    ssh(f"rm -rf {packages}/pip {packages}/gone && touch {packages}/extra.py")
    ssh(f"cd {login.app_dir} && mkdir tests && ln -s /etc tests/etc && chmod 700 src")
    droplet.up(silent)
    assert ssh(f"cat {login.app_dir}/src/main.py") == "ANSWER = 42", "up keeps what was done"

    started = time.monotonic()
    assert droplet.reset(silent) > 3
    assert time.monotonic() - started < 3
    assert content(droplet.app_dir) == first

    said: list[str] = []
    (application / "src" / "other.py").touch()
    droplet.up(said.append)
    assert ssh(f"ls {login.app_dir}/src").split() == ["main.py", "other.py"]
    assert said == ["Laying out the application."], "the environment is not made anew"


@pytest.mark.e2e
@pytest.mark.timeout(900)  # the first run on a machine installs the application's environment
def test_the_real_application_is_restored_exactly(droplet: Host) -> None:
    first = content(droplet.app_dir)
    python = droplet.login.python
    assert droplet.ssh(f"{python} -m pip --version").returncode != 0, "uv has made it"
    assert "uv = " in (droplet.app_dir / ".venv" / "pyvenv.cfg").read_text()
    assert (
        droplet.ssh(f"rm -r {droplet.app_dir}/.venv/lib/python3*/site-packages/fastapi").returncode
        == 0
    )
    assert droplet.ssh(f"{python} -c 'import fastapi'").returncode != 0
    assert droplet.ssh(f"cd {droplet.app_dir} && rm -r tests/conftest.py src/api").returncode == 0
    droplet.reset()
    assert content(droplet.app_dir) == first
    assert droplet.ssh(f"{python} -c 'import fastapi'").returncode == 0


@pytest.mark.e2e
def test_a_killed_up_is_made_good_by_the_next(
    own_root: Callable[[], Path], application: Path
) -> None:
    root = own_root()
    code = "import sys; from pathlib import Path; from lab.droplet import Droplet\n"
    code += "Droplet(*map(Path, sys.argv[1:])).up()"
    command = [sys.executable, "-c", code, str(root), str(application)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT, text=True) as first:
        assert first.stdout is not None
        assert "environment" in first.stdout.readline()
        while not (root / "opt").exists() or not list(root.glob("opt/*/.venv/bin")):
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGKILL)
    login = Droplet(root, application).up(silent)
    done = subprocess.run(
        login.ssh(f"{login.python} -m pip --version"), check=False, capture_output=True, text=True
    )
    assert done.stdout.startswith("pip ")


@pytest.mark.e2e
def test_info_tells_scripts_how_to_log_in(bare_droplet: Host) -> None:
    lab = {"SUTURE_LAB_DIR": str(bare_droplet.droplet.root), "PYTHONPATH": str(CHECKOUT)}
    invoke = [sys.executable, "-m", "invoke", "--search-root", str(CHECKOUT / "lab")]
    done = subprocess.run(
        [*invoke, "info", "--json"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **lab},
    )
    told = json.loads(done.stdout)
    assert list(told) == ["host", "port", "user", "key", "app_dir", "python", "known_hosts"]
    assert told["python"] == f"{bare_droplet.app_dir}/.venv/bin/python"
    assert (told["host"], told["port"]) == ("127.0.0.1", bare_droplet.login.port)
    assert Path(told["key"]).is_file()


@pytest.mark.e2e
def test_info_says_what_to_do_when_there_is_no_droplet(tmp_path: Path) -> None:
    lab = {"SUTURE_LAB_DIR": str(tmp_path / "none"), "PYTHONPATH": str(CHECKOUT)}
    invoke = [sys.executable, "-m", "invoke", "--search-root", str(CHECKOUT / "lab")]
    done = subprocess.run(
        [*invoke, "info"], check=False, capture_output=True, text=True, env={**os.environ, **lab}
    )
    assert done.returncode == 1
    assert "./inv lab.up" in done.stderr
