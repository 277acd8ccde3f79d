"""The real command line as a test uses it: a subprocess, with its exit code and its events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lab.droplet import Login

PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
"""Where a root's own shell would look, for plays on this very machine."""

COMMAND = (sys.executable, "-P", "-c", "from suture.cli import main; main()")


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a command that was given --json."""
        return [json.loads(line) for line in self.out.splitlines()]

    def steps(self, status: str = "") -> list[dict[str, Any]]:
        """The steps that finished, all of them or those with a status."""
        found = [event for event in self.events if event["event"] == "step_finished"]
        return [step for step in found if not status or step["status"] == status]

    def statuses(self) -> dict[str, str]:
        """How each task ended, by its name."""
        return {step["task"]: step["status"] for step in self.steps()}

    @property
    def finished(self) -> dict[str, Any]:
        (event,) = (event for event in self.events if event["event"] == "run_finished")
        return event


@dataclass(frozen=True)
class Project:
    """A folder with playbooks and an inventory whose one host is a droplet."""

    root: Path
    login: Login
    environ: Mapping[str, str] = field(default_factory=dict)
    patience: float = 300
    """Seconds that a command may take."""

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def inventory(self, **variables: Any) -> Path:
        """The inventory: the host ``droplet`` in the group ``droplets``, with these variables."""
        login = self.login
        host = {
            "ansible_host": login.host,
            "ansible_port": login.port,
            "ansible_user": login.user,
            "ansible_ssh_private_key_file": login.key,
            "suture_known_hosts": login.known_hosts,
            # An ordinary user's droplets share a home, and tests run side by side.
            **({} if os.geteuid() == 0 else {"suture_lock": False}),
            **variables,
        }
        whole = {"all": {"children": {"droplets": {"hosts": {"droplet": host}}}}}
        return self.write("inventory.yml", yaml.safe_dump(whole))

    def suture(self, *words: str, given: str = "", **environ: str) -> Done:
        """Run the console script in the project's folder."""
        done = subprocess.run(
            [*COMMAND, *words],
            check=False,
            cwd=self.root,
            env=self._environ(environ),
            input=given,
            capture_output=True,
            text=True,
            timeout=self.patience,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def started(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """The console script under way in the project's folder, for whoever wants to disturb it."""
        return subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.root,
            env=self._environ(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", "PATH": PATH, **self.environ, **more}

    def run(self, playbook: str, *words: str, **environ: str) -> Done:
        """Run a playbook given as text."""
        self.write("play.yml", playbook)
        return self.suture("run", "play.yml", *words, **environ)
