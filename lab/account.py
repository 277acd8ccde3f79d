"""The droplet's user: the operator's own account, or one made for it when root brings it up."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.tree import remove

PATH = "/usr/local/bin:/usr/bin:/bin:/usr/games"  # what Debian's sshd gives an ordinary user
SHELL = "/bin/bash"


@dataclass(frozen=True)
class Account:
    """Whom the droplet is logged in as; `made` when the lab made the account and may remove it."""

    name: str
    uid: int
    gid: int
    made: bool

    @property
    def switch(self) -> Mapping[str, Any]:
        """Arguments for subprocess that run a command as this account."""
        if not self.made:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_name(root: Path) -> str:
    """The account of the droplet at `root`, when root brings it up: one for each droplet."""
    return "suture-lab-" + hashlib.sha256(os.fsencode(root)).hexdigest()[:8]


def existing_account(root: Path) -> Account | None:
    """The droplet's account if there is one."""
    if os.geteuid() != 0:
        try:
            entry = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise LabError(
                f"User number {os.geteuid()} has no entry in /etc/passwd, so sshd cannot log it in."
            ) from None
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, made=False)
    try:
        entry = pwd.getpwnam(account_name(root))
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, made=True)


def wanted_account(root: Path, home: Path) -> Account:
    """The droplet's account, made if root brings the lab up for the first time."""
    if found := existing_account(root):
        return found
    # The password '*' fits no password; useradd's own '!' would lock the account for keys as well.
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(home)]
    command += ["--shell", SHELL, "--password", "*", "--comment", "Suture practice droplet"]
    _changed_accounts([*command, account_name(root)])
    made = existing_account(root)
    if made is None:
        raise LabError(
            f"useradd said that it made {account_name(root)}, but there is no such user."
        )
    return made


def remove_account(account: Account) -> None:
    """The account is gone, with what it left where every user may write; others are left alone."""
    if not account.made:
        return
    for shared in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - looked through, not written to
        for path in Path(shared).glob("*"):
            with suppress(FileNotFoundError):  # others remove theirs meanwhile
                if path.lstat().st_uid == account.uid:
                    remove(path)
    _changed_accounts(["userdel", account.name])
    try:
        grp.getgrnam(account.name)
    except KeyError:
        return
    _changed_accounts(["groupdel", account.name])


def session_environment(account: Account, home: Path) -> dict[str, str]:
    """What a command finds in its environment over SSH: nothing of the operator's."""
    return {
        "HOME": str(home),
        "USER": account.name,
        "LOGNAME": account.name,
        "SHELL": SHELL,
        "PATH": PATH,
    }


def can_read(account: Account, path: Path) -> bool:
    """Whether the account may read the file, or list the directory, at `path`."""
    if not account.made:
        return os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))
    test = 'test -r "$0" && { test ! -d "$0" || test -x "$0"; }'
    command = ["/bin/sh", "-c", test, str(path)]
    return subprocess.run(command, check=False, cwd="/", **account.switch).returncode == 0


def _changed_accounts(command: list[str]) -> None:
    """Runs useradd or one of its kin; waits where another one holds the lock of /etc/passwd."""
    tool = shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if tool is None:
        raise LabError(
            f"There is no {command[0]} here, so root cannot give the droplet its own user."
        )
    deadline = time.monotonic() + 10
    while True:
        done = subprocess.run([tool, *command[1:]], check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return
        if "lock" not in done.stderr or time.monotonic() > deadline:
            raise LabError(f"{command[0]} failed: {done.stderr.strip()}")
        time.sleep(0.2)
