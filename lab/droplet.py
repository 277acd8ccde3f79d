"""The practice droplet: a host to mend, on loopback, with nothing of the operator's in it.

<root>/opt/e2i_causal_analytics   the application, its environment in .venv; the droplet user's
<root>/home                       the droplet user's home, with a pip.conf
<root>/cache                      pip's downloads, kept when the droplet is reset
<root>/sshd                       sshd's configuration, host key and log
<root>/key                        the operator's key and known_hosts
<root>/pristine                   copies of the broken application and its environment
<root>/.suture-droplet            says that all this is a droplet's, and may be removed with it
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from lab.account import (
    Account,
    can_read,
    existing_account,
    remove_account,
    session_environment,
    wanted_account,
)
from lab.application import VENV, Application
from lab.environment import Say
from lab.errors import LabError
from lab.pip_settings import handed, operator_settings
from lab.processes import Process, end, processes, sessions_leftovers, with_descendants
from lab.sshd import HOST, Sshd
from lab.tree import remove

APP = "e2i_causal_analytics"
ROOTS_PLACE = Path("/var/lib/suture-lab")  # root's own home is closed to the droplet's user


@dataclass(frozen=True)
class Login:
    """How to reach a droplet, and where its application and Python are."""

    host: str
    port: int
    user: str
    key: str
    app_dir: str
    python: str
    known_hosts: str

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def as_pairs(self) -> list[tuple[str, str]]:
        """Each fact by name."""
        return [(name, str(value)) for name, value in asdict(self).items()]

    def ssh(self, *arguments: str) -> list[str]:
        """The ssh command that logs in, with nothing of the operator's own configuration."""
        options = {
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": f'"{self.known_hosts}"',
            "LogLevel": "ERROR",
        }
        command = ["ssh", "-F", "/dev/null", "-i", self.key, "-p", str(self.port)]
        for name, value in options.items():
            command += ["-o", f"{name}={value}"]
        return [*command, f"{self.user}@{self.host}", *arguments]


def default_root(checkout: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the droplet of a checkout lies: SUTURE_LAB_DIR, or a folder in the user's state."""
    if given := environment.get("SUTURE_LAB_DIR"):
        return Path(given).expanduser().absolute()
    name = hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:10]
    if os.geteuid() == 0:
        return ROOTS_PLACE / name
    return platformdirs.user_state_path("suture") / "lab" / name


@dataclass(frozen=True)
class Droplet:
    """The droplet whose files are below `root`; bare if there is no application to put on it."""

    root: Path
    app_source: Path | None = None

    @property
    def home(self) -> Path:
        """The home of the droplet's user."""
        return self.root / "home"

    @property
    def app_dir(self) -> Path:
        """Where the application is on the droplet; an empty folder on a bare one."""
        return self.root / "opt" / APP

    @property
    def key(self) -> Path:
        """The operator's private key."""
        return self.root / "key" / "id_ed25519"

    def up(self, say: Say = print) -> Login:
        """The droplet can be logged in to; what was done there stays unless its inputs changed."""
        with self._locked(say):
            account = wanted_account(self.root, self.home)
            self._sshd(account).check()
            self._prepare_places(account)
            self._hand_pip_settings(account, say)
            application = self._application(account)
            if application is not None:
                application.bring(say)
            return self._started(account)

    def down(self, say: Say = print, *, purge: bool = False) -> None:
        """Nothing of the droplet runs; with `purge`, none of its files is left either."""
        if not self.root.is_dir():
            return
        with self._locked(say):
            account = existing_account(self.root)
            if account is not None:
                self._end_everything(account)
            if purge:
                for path in {*self.root.iterdir()} - {self._mark, self._lock}:
                    remove(path)
                if account is not None:
                    remove_account(account)
                self._mark.unlink()
                self._lock.unlink()
                with suppress(OSError):  # another `up` may have begun a new droplet here
                    self.root.rmdir()

    def reset(self, say: Say = print) -> int:
        """The droplet is broken as it was at first; how many paths of the application differed."""
        account = existing_account(self.root)
        if account is None or not self._handed_over.is_file():
            raise LabError("There is no practice droplet to reset; make one with: ./inv lab.up")
        with self._locked(say):
            end(lambda: sessions_leftovers(account, self.home, processes()))
            for path in self.home.iterdir():
                remove(path)
            self._write_pip_conf(account, self._handed_over.read_text())
            application = self._application(account)
            if application is not None:
                return application.bring(say) or application.restore()
            for path in self.app_dir.iterdir():
                remove(path)
            return 0

    def login(self) -> Login:
        """How to reach the droplet while it is up."""
        self._check_owner()
        account = existing_account(self.root)
        if account is None or self._sshd(account).pid is None:
            raise LabError("The practice droplet is not up; bring it up with: ./inv lab.up")
        return self._login(account)

    def _login(self, account: Account) -> Login:
        port = self._sshd(account).port
        assert port is not None, "a running sshd has a configuration"
        python = (
            "/usr/bin/python3" if self.app_source is None else f"{self.app_dir}/{VENV}/bin/python"
        )
        known_hosts = self.key.with_name("known_hosts")
        return Login(
            host=HOST,
            port=port,
            user=account.name,
            key=str(self.key),
            app_dir=str(self.app_dir),
            python=python,
            known_hosts=str(known_hosts),
        )

    def _sshd(self, account: Account) -> Sshd:
        return Sshd(self.root / "sshd", account, self.home)

    def _application(self, account: Account) -> Application | None:
        if self.app_source is None:
            return None
        pristine = self.root / "pristine"
        return Application(self.app_source, self.app_dir, pristine, account, self.home)

    @property
    def _handed_over(self) -> Path:
        """The pip.conf that the droplet was last given."""
        return self.root / "pip.conf"

    @property
    def _mark(self) -> Path:
        """There as long as the folder is a droplet's: made first, removed when all else is."""
        return self.root / ".suture-droplet"

    @property
    def _lock(self) -> Path:
        return self.root / "lock"

    @contextmanager
    def _locked(self, say: Say) -> Iterator[None]:
        """One up, down or reset at a time; the lock goes with the process that holds it."""
        self._check_owner()
        path = self._lock
        while True:
            self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._check_nobody_elses()
            with path.open("w") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    say("Another lab task is at work on this droplet; waiting for it.")
                    fcntl.flock(file, fcntl.LOCK_EX)
                # A purge that was waited for has removed the file, and with it this lock's meaning.
                if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                    self._mark.touch()
                    yield
                    return

    def _check_owner(self) -> None:
        if self.root.is_dir() and self.root.stat().st_uid != os.geteuid():
            raise LabError(
                f"The droplet in {self.root} is another user's, and only that user may use it."
            )

    def _check_nobody_elses(self) -> None:
        """A folder with anything in it that no droplet was made in is never written or emptied."""
        if {*self.root.iterdir()} <= {self._lock} or self._mark.is_file():
            return
        raise LabError(
            f"{self.root} is no practice droplet, and it is not empty: nothing in it was touched."
            " Name a new folder in SUTURE_LAB_DIR."
        )

    def _prepare_places(self, account: Account) -> None:
        self.app_dir.parent.mkdir(mode=0o755, exist_ok=True)
        for path, mode in ((self.home, 0o700), (self.root / "cache", 0o755), (self.app_dir, 0o755)):
            if not path.is_dir():
                path.mkdir(mode=mode)
            os.chown(path, account.uid, account.gid)
        if not can_read(account, self.app_dir):
            raise LabError(
                f"The droplet's user ({account.name}) cannot get to {self.root}: a folder above it"
                " is closed. Name another place in SUTURE_LAB_DIR."
            )

    def _hand_pip_settings(self, account: Account, say: Say) -> None:
        """The droplet has the machine's pip settings.

        What was changed there since stays changed until the machine's settings change too.
        """
        settings = operator_settings(os.environ)
        result = handed(settings, account, self.root / "cache" / "pip", self.root / "certificates")
        for warning in result.warnings:
            say(warning)
        if not self._handed_over.is_file() or self._handed_over.read_text() != result.text:
            self._write_pip_conf(account, result.text)
            self._handed_over.touch(mode=0o600)
            self._handed_over.write_text(result.text)

    def _write_pip_conf(self, account: Account, text: str) -> None:
        """Written by the droplet's user, so that no link in its home leads root astray."""
        script = 'umask 077 && mkdir -p "$HOME/.config/pip" && cat >"$HOME/.config/pip/pip.conf"'
        subprocess.run(
            ["/bin/sh", "-c", script],
            check=True,
            input=text,
            text=True,
            cwd="/",
            env=session_environment(account, self.home),
            **account.switch,
        )

    def _started(self, account: Account) -> Login:
        """sshd runs as it is wanted to, and a login through it has been seen to work."""
        sshd = self._sshd(account)
        if sshd.is_current(self.key):
            return self._login(account)
        if (pid := sshd.pid) is not None:
            end(lambda: {process for process in processes() if process.pid == pid})
        sshd.prepare(self.key)
        sshd.start()
        login = self._login(account)
        Path(login.known_hosts).write_text(sshd.known_host())
        done = subprocess.run(
            login.ssh('printf %s "$HOME"'), check=False, capture_output=True, text=True, timeout=30
        )
        if done.stdout != str(self.home):
            raise LabError(
                f"sshd runs, but logging in as {account.name} failed: {done.stderr.strip()}\n"
                f"Its log, {sshd.log}, ends with:\n{sshd.log_end()}"
            )
        return login

    def _end_everything(self, account: Account) -> None:
        sshd = self._sshd(account)
        known: set[Process] = set()

        def alive() -> set[Process]:
            now = processes()
            roots = {process.pid for process in known.intersection(now)}
            known.update(with_descendants({*roots, sshd.pid or 0} - {0}, now))
            known.update(sessions_leftovers(account, self.home, now))
            return known.intersection(now)

        end(alive)
