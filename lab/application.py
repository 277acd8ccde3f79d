"""The broken application on the droplet, and the pristine copy that it is restored from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.account import Account
from lab.environment import Environment, Pins, Say, droplet_python
from lab.processes import end, processes, sessions_leftovers
from lab.tree import Kept, remove

VENV = ".venv"
LITTER = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.pyc")


@dataclass(frozen=True)
class Application:
    """The application of `source`, to be had at `place`; `pristine` keeps the copies and what they
    were made from; `home` is the droplet user's, whose pip.conf pip goes by."""

    source: Path
    place: Path
    pristine: Path
    account: Account
    home: Path

    @property
    def _code(self) -> Kept:
        return Kept(self.pristine / "app", self.place, self.pristine / "app.json", leave=(VENV,))

    @property
    def _venv(self) -> Kept:
        return Kept(self.pristine / "venv", self.place / VENV, self.pristine / "venv.json")

    @property
    def _pins(self) -> Pins:
        return Pins(self.source.parent)

    def bring(self, say: Say) -> int:
        """The application is there; broken afresh if its files or pins changed since it was made.

        Says how many paths differed then; what was done on the droplet stays otherwise.
        """
        self.pristine.mkdir(mode=0o700, exist_ok=True)
        wanted = self._stamps()
        stale = [what for what, stamp in wanted.items() if self._stamped(what) != stamp]
        if not stale and self._code.record.exists() and self._venv.record.exists():
            return 0
        # What an interrupted call left at work, pip say, would write into what is made now.
        end(lambda: sessions_leftovers(self.account, self.home, processes()))
        if "venv" in stale:
            self._make_venv(say)
        if "app" in stale:
            say("Laying out the application.")
            self._make_code()
        differed = self.restore()
        for what in stale:
            self._stamp_file(what).write_text(wanted[what])
        return differed

    def restore(self) -> int:
        """Application and environment are as the pristine copies; how many paths differed."""
        return self._code.restore() + self._venv.restore()

    def _make_venv(self, say: Say) -> None:
        """Made at the place where it is used, because its scripts name their own Python."""
        python = droplet_python(self.account)
        say(f"Making the application's environment with {python} (once, some minutes).")
        for path in (
            self._stamp_file("venv"),
            self._venv.record,
            self._venv.template,
            self._venv.live,
        ):
            remove(path)
        pins = self._pins.copied(self.pristine.parent / "pins")
        with TemporaryDirectory(prefix="suture-lab-tools-", dir=self.place.parent) as tools:
            os.chown(tools, self.account.uid, self.account.gid)
            made = Environment(self._venv.live, self.account, self.home, Path(tools, "venv"))
            made.build(python, pins, say)
        copy = ["cp", "-a", "--reflink=auto", str(self._venv.live), str(self._venv.template)]
        subprocess.run(copy, check=True)
        self._venv.remember()

    def _make_code(self) -> None:
        for path in (self._stamp_file("app"), self._code.record, self._code.template):
            remove(path)
        shutil.copytree(self.source, self._code.template, symlinks=True, ignore=LITTER)
        for place, folders, files in os.walk(self._code.template):
            for name in (".", *folders, *files):
                path = Path(place, name)
                os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _stamps(self) -> dict[str, str]:
        """What each pristine copy has to be made from."""
        venv = json.dumps([self._pins.stamp, self.account.uid, str(self.place)])
        return {"venv": venv, "app": self._code_digest()}

    def _code_digest(self) -> str:
        """A digest of the application's files: names, permissions, content."""
        digest = hashlib.sha256(f"{self.account.uid}".encode())
        for place, folders, files in os.walk(self.source):
            litter = LITTER(place, [*folders, *files])
            folders[:] = sorted(set(folders) - litter)
            for name in sorted(set(files) - litter):
                path = Path(place, name)
                digest.update(f"{path.relative_to(self.source)} {path.lstat().st_mode}\n".encode())
                link = path.is_symlink()
                digest.update(str(path.readlink()).encode() if link else path.read_bytes())
        return digest.hexdigest()

    def _stamp_file(self, what: str) -> Path:
        return self.pristine / f"{what}.stamp"

    def _stamped(self, what: str) -> str:
        path = self._stamp_file(what)
        return path.read_text() if path.is_file() else ""
