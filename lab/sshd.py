"""The droplet's sshd: a real one, on loopback, with keys and a configuration of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab.account import PATH, SHELL, Account
from lab.errors import LabError
from lab.processes import command_line, processes

HOST = "127.0.0.1"
SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")

# Without root, sshd can only log its own user in, whose home is the operator's. The forced command
# moves each session into the droplet's home and gives everyone bash, whatever their own shell is.
SESSION = """\
#!/bin/sh
cd || exit 1
command=$SSH_ORIGINAL_COMMAND
unset SSH_ORIGINAL_COMMAND OLDPWD
[ -n "$command" ] || exec bash -l
exec bash -c "$command"
"""


@dataclass(frozen=True)
class Sshd:
    """The sshd whose files are in `folder`, logging in `account` with `home` as its home."""

    folder: Path
    account: Account
    home: Path

    @property
    def config_file(self) -> Path:
        """What sshd was told; the port stands in it."""
        return self.folder / "sshd_config"

    @property
    def host_key(self) -> Path:
        """The private host key; `.pub` beside it."""
        return self.folder / "host_key"

    @property
    def log(self) -> Path:
        """Where sshd writes what it does."""
        return self.folder / "sshd.log"

    @property
    def port(self) -> int | None:
        """The port in the configuration; None before there is one."""
        try:
            found = re.search(r"^Port (\d+)$", self.config_file.read_text(), re.MULTILINE)
        except FileNotFoundError:
            return None
        return int(found[1]) if found else None

    @property
    def pid(self) -> int | None:
        """The number of the listening process; None when it does not run."""
        try:
            number = int((self.folder / "sshd.pid").read_text())
        except (FileNotFoundError, ValueError):
            number = 0
        if number and self._is_listener(number):
            return number
        # Its files may have been removed under it: it still names its configuration.
        named = (process.pid for process in processes() if process.name == "sshd")
        return next(filter(self._is_listener, named), None)

    def _is_listener(self, pid: int) -> bool:
        title = command_line(pid)
        return "[listener]" in title and f"-f {self.config_file} " in title

    def config(self, port: int) -> str:
        """The configuration for this port."""
        lines = [
            f"Port {port}",
            f"ListenAddress {HOST}",
            f"HostKey {_quoted(self.host_key)}",
            f"PidFile {_quoted(self.folder / 'sshd.pid')}",
            f"AuthorizedKeysFile {_quoted(self.folder / 'authorized_keys').replace('%', '%%')}",
            f"AllowUsers {self.account.name}",
            "AuthenticationMethods publickey",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",  # it judges every folder up to the root; the lab may lie below /tmp
            "PermitUserRC no",
            "PermitUserEnvironment no",
            "UseDNS no",
            "PrintMotd no",
            "X11Forwarding no",
            "LogLevel VERBOSE",
            # Tests open many connections at once, and get keys wrong on purpose.
            "MaxStartups 500",
            "MaxSessions 500",
            "MaxAuthTries 20",
            f"Subsystem sftp {_sftp_server()}",
            "SetEnv " + " ".join(self._environment()),
        ]
        if not self.account.made:
            session = shlex.quote(str(self.folder / "session"))
            lines.append(f"ForceCommand /bin/sh {session}")
        return "\n".join(lines) + "\n"

    def _environment(self) -> list[str]:
        variables = {"PATH": PATH}
        if not self.account.made:
            variables |= {"HOME": str(self.home), "SHELL": SHELL}
        return [_quoted(f"{name}={value}") for name, value in variables.items()]

    def check(self) -> None:
        """Fails, with what to do about it, where sshd could not be started."""
        _program()
        self.config(0)

    def is_current(self, user_key: Path) -> bool:
        """Whether it runs, and nothing about it would be different if it were started now."""
        port = self.port
        return (
            port is not None
            and user_key.is_file()
            and self.config_file.read_text().startswith(self.config(port))
            and self.pid is not None
        )

    def prepare(self, user_key: Path) -> None:
        """Both key pairs are there, made once, and the user's is let in."""
        self.folder.mkdir(mode=0o755, exist_ok=True)
        user_key.parent.mkdir(mode=0o700, exist_ok=True)
        for key, comment in ((self.host_key, "droplet"), (user_key, "operator")):
            if not key.with_suffix(".pub").is_file() or not key.is_file():
                key.unlink(missing_ok=True)
                _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(key)])
        (self.folder / "session").write_text(SESSION)
        authorized = self.folder / "authorized_keys"
        authorized.write_text(user_key.with_suffix(".pub").read_text())
        authorized.chmod(0o644)

    def known_host(self) -> str:
        """The line of a known_hosts file that vouches for this sshd."""
        kind, key = self.host_key.with_suffix(".pub").read_text().split()[:2]
        return f"[{HOST}]:{self.port} {kind} {key}\n"

    def start(self) -> None:
        """sshd listens, on the port it had before if that is free, and outlives its starter."""
        sshd = _program()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's own demand
        for _ in range(5):
            port = _free_port(self.port)
            self.config_file.write_text(self.config(port) + _penalties(sshd))
            (self.folder / "sshd.pid").unlink(missing_ok=True)
            self.log.write_text("")
            _run([sshd, "-f", str(self.config_file), "-E", str(self.log)])
            if self._came_up():
                return
        raise LabError(f"sshd did not come up. Its log, {self.log}, ends with:\n{self.log_end()}")

    def _came_up(self) -> bool:
        """Waits until sshd has written its pid file, which it does once it listens."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if (self.folder / "sshd.pid").exists() and self.pid is not None:
                return True
            if re.search("Cannot bind|fatal:", self.log.read_text()):
                return False
            time.sleep(0.01)
        return False

    def log_end(self) -> str:
        """The last lines of sshd's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def _free_port(wish: int | None) -> int:
    """A port that nobody listens on now: the one wished for if possible."""
    for port in (wish or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LabError(f"There is no free port on {HOST}.")


def _program() -> str:
    """sshd by its full path, which it needs to start itself anew for each connection."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
    found = shutil.which("sshd", path=path)
    if found is None or shutil.which("ssh-keygen") is None:
        raise LabError(
            "The practice droplet needs sshd, which is not installed. On Debian, the owner of this"
            " machine can install it with: apt-get install openssh-server"
        )
    return found


def _penalties(sshd: str) -> str:
    """The line that keeps an OpenSSH of 9.8 or newer from locking out whoever got a key wrong."""
    line = "PerSourcePenalties no"
    option = ["-o", line.replace(" ", "="), "-f", "/dev/null", "-T"]
    done = subprocess.run([sshd, *option], check=False, capture_output=True, text=True)
    return "" if "Bad configuration option" in done.stderr else line + "\n"


def _sftp_server() -> str:
    return next(filter(os.path.exists, SFTP_SERVERS), "internal-sftp")


def _quoted(value: object) -> str:
    if '"' in str(value) or "\n" in str(value):
        raise LabError(f"sshd cannot be told of a path with a quote in it: {value}")
    return f'"{value}"'


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")
