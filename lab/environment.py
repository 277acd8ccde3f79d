"""The droplet's virtual environment, made as its own user would make it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.account import Account, session_environment
from lab.errors import LabError

REQUIREMENTS = "requirements.txt"
CONFLICT = "conflict.txt"
LEFTOVERS = "leftovers.txt"
MAKER = "maker.txt"
FILES = (REQUIREMENTS, CONFLICT, LEFTOVERS, MAKER)
PIP_STAGES = ("Collecting", "Building", "Downloading", "Installing", "Successfully")

Say = Callable[[str], None]

# The application's pins are for these; torch's CPU build is likeliest to be at hand for the first.
VERSIONS = ((3, 11), (3, 12), (3, 13))
PLACES = ("/usr/bin", "/usr/local/bin")


@dataclass(frozen=True)
class Pins:
    """The files that say what is in the environment: the packages, those that are then forced in
    beside them, the folders that stay behind as if a package had been removed badly, and the tool
    that makes it, which puts no pip into it."""

    folder: Path

    def copied(self, folder: Path) -> Pins:
        """The same pins where the droplet's user can read them, as it may not the checkout."""
        folder.mkdir(mode=0o755, exist_ok=True)
        for name in FILES:
            (folder / name).write_text(self._text(name))
        return Pins(folder)

    def _text(self, name: str) -> str:
        """One of the files; empty when it is not there."""
        path = self.folder / name
        return path.read_text() if path.is_file() else ""

    @property
    def requirements(self) -> str:
        """What pip installs first."""
        return self._text(REQUIREMENTS)

    @property
    def conflict(self) -> str:
        """What is then forced in, dependencies unheeded."""
        return self._text(CONFLICT)

    @property
    def leftovers(self) -> tuple[str, ...]:
        """Folders below site-packages with nothing in them."""
        return _entries(self._text(LEFTOVERS))

    @property
    def maker(self) -> tuple[str, ...]:
        """The packages with the tool that makes the environment; none: Python's own venv does."""
        return _entries(self._text(MAKER))

    @property
    def stamp(self) -> list[tuple[str, ...]]:
        """All of it but the comments, for telling whether something changed."""
        return [_entries(text) for text in map(self._text, FILES)]


def _entries(text: str) -> tuple[str, ...]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(filter(None, lines))


def droplet_python(account: Account) -> Path:
    """The Python that the droplet's user can run and that fits the application's pins."""
    named = [f"{place}/python{major}.{minor}" for major, minor in VERSIONS for place in PLACES]
    operators = getattr(sys, "_base_executable", sys.executable)
    for candidate in (*named, *(f"{place}/python3" for place in PLACES), operators):
        if _fits(candidate, account):
            return Path(candidate)
    raise LabError(
        f"The droplet's user ({account.name}) finds no Python 3.11, 3.12 or 3.13 with venv."
        " On Debian: apt-get install python3 python3-venv"
    )


def _fits(python: str, account: Account) -> bool:
    test = "import sys, ensurepip, venv; ensurepip.version(); "
    test += f"sys.exit(sys.version_info[:2] not in {VERSIONS})"
    command = [python, "-I", "-c", test]
    try:
        done = subprocess.run(command, check=False, capture_output=True, cwd="/", **account.switch)
    except OSError:
        return False
    return done.returncode == 0


@dataclass(frozen=True)
class Environment:
    """A virtual environment at `place` for `account`, whose home has its pip.conf; `tools` is
    where what makes it is kept meanwhile."""

    place: Path
    account: Account
    home: Path
    tools: Path

    def build(self, python: Path, pins: Pins, say: Say) -> None:
        """The environment is there with everything that the pins say; it takes some minutes."""
        executable = str(self.place / "bin" / "python")
        if pins.maker:
            pip = self._made_without_pip(python, pins, say)
        else:
            self._output([str(python), "-m", "venv", str(self.place)])
            pip = [executable, "-m", "pip"]
        install = [*pip, "install", "--progress-bar", "off"]
        if pins.requirements.strip():
            self._show([*install, "-r", str(pins.folder / REQUIREMENTS)], say)
        if pins.conflict.strip():
            self._show([*install, "--no-deps", "-r", str(pins.folder / CONFLICT)], say)
        if pins.leftovers:
            code = "import sysconfig; print(sysconfig.get_path('purelib'))"
            packages = Path(self._output([executable, "-c", code]).strip())
            self._output(["mkdir", "-p", "--", *(str(packages / name) for name in pins.leftovers)])

    def _made_without_pip(self, python: Path, pins: Pins, say: Say) -> list[str]:
        """Make the environment with uv, as many do; the pip from outside that installs into it."""
        self._output([str(python), "-m", "venv", str(self.tools)])
        pip = [str(self.tools / "bin" / "python"), "-m", "pip"]
        self._show([*pip, "install", "--progress-bar", "off", "-r", str(pins.folder / MAKER)], say)
        uv = [str(self.tools / "bin" / "uv"), "venv", "--offline", "--no-config", "--no-project"]
        self._output([*uv, "--no-cache", "--python", str(python), str(self.place)])
        return [*pip, "--python", str(self.place / "bin" / "python")]

    def _output(self, command: list[str]) -> str:
        """What the command prints, run as the droplet's user with a session's environment."""
        with self._started(command) as process:
            output, _ = process.communicate()
        if process.returncode != 0:
            raise LabError(f"{' '.join(command)} failed:\n{output}".rstrip())
        return output

    def _show(self, command: list[str], say: Say) -> None:
        """Runs pip and says what it is at, every other second."""
        last = deque[str](maxlen=15)
        said = time.monotonic()
        with self._started(command) as process:
            for line in process.stdout or ():
                last.append(line.rstrip())
                if line.startswith(PIP_STAGES) and time.monotonic() - said > 2:
                    said = time.monotonic()
                    say("  " + textwrap.shorten(line, 90, placeholder=" …"))
        if process.returncode != 0:
            raise LabError("pip could not install the application's packages:\n" + "\n".join(last))

    def _started(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=session_environment(self.account, self.home),
            cwd=self.home,
            **self.account.switch,
        )
