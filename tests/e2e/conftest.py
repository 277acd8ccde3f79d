"""Droplets for the end-to-end tests, beside the operator's own practice droplet."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lab.droplet import Droplet, Login, default_root
from tests.e2e.command_line import Project

PLAIN = str.maketrans("[]/ ", "----")
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Host:
    """A droplet that is up, seen by a test."""

    droplet: Droplet
    login: Login

    @property
    def home(self) -> Path:
        """The home of the droplet's user; as root or as that user, tests may look into it."""
        return self.droplet.home

    @property
    def app_dir(self) -> Path:
        """The application's folder; empty on a bare droplet until a test puts something there."""
        return self.droplet.app_dir

    def ssh(self, command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """What comes of a command run over plain OpenSSH: the droplet seen from outside."""
        return subprocess.run(
            self.login.ssh(command),
            check=False,
            capture_output=True,
            text=True,
            input=given,
            timeout=300,
        )

    def reset(self) -> None:
        """The droplet is as it was at first."""
        self.droplet.reset(_silent)

    @property
    def has_sudo(self) -> bool:
        """Whether the droplet's user may become root without a password."""
        return self.ssh("sudo -n true").returncode == 0


def _silent(_line: str) -> None:
    pass


def root_beside(name: str) -> Path:
    """A place for a droplet of the tests' own, where its user can get to it."""
    root = default_root(CHECKOUT)
    return root.with_name(f"{root.name}-{name}")


LONGEST_FIRST = ("story_droplet", "droplet")
"""Whose tests take longest, and so are begun first; of each, one xdist worker has all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses a droplet with the application goes to the one xdist worker that has it."""

    def place(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        return next(
            (i for i, name in enumerate(LONGEST_FIRST) if name in names), len(LONGEST_FIRST)
        )

    for item in items:
        if (at := place(item)) < len(LONGEST_FIRST):
            item.add_marker(pytest.mark.xdist_group(LONGEST_FIRST[at]))
    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def _no_stale_droplets() -> None:
    """Bare droplets of test runs that were killed are gone."""
    for root in root_beside("bare-x").parent.glob(root_beside("bare-*").name):
        if not Path("/proc", root.name.rpartition("-")[2]).exists():
            Droplet(root).down(_silent, purge=True)


@pytest.fixture(scope="session")
def bare_droplet() -> Iterator[Host]:
    """A host without an application, up within a second or two; one for each xdist worker."""
    droplet = Droplet(root_beside(f"bare-{os.getpid()}"))
    try:
        yield Host(droplet, droplet.up(_silent))
    finally:
        droplet.down(_silent, purge=True)


@contextmanager
def with_application(name: str) -> Iterator[Host]:
    """A host with the broken application, broken afresh.

    Its files stay for the next test run, because making its environment takes minutes; one test
    run at a time has it.
    """
    root = root_beside(name)
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_name(f"{root.name}.in-use").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        droplet = Droplet(root, CHECKOUT / "lab" / "app")
        try:
            login = droplet.up(_silent)
            droplet.reset(_silent)
            yield Host(droplet, login)
        finally:
            droplet.down(_silent)


@pytest.fixture(scope="session")
def droplet() -> Iterator[Host]:
    """The host with the broken application."""
    with with_application("tests") as host:
        yield host


@pytest.fixture(scope="session")
def story_droplet() -> Iterator[Host]:
    """Another one, for the one test that goes through all phases: a worker of its own has it."""
    with with_application("story") as host:
        yield host


@pytest.fixture(scope="session")
def python_with_pytest(bare_droplet: Host) -> str:
    """An interpreter with pytest that the droplet's user may run, wherever this checkout lies."""
    venv = bare_droplet.home.parent / "venv-with-pytest"
    make = [bare_droplet.login.python, "-m", "venv", "--without-pip", str(venv)]
    subprocess.run(make, check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    for name in sorted(_needed("pytest")):
        for top in {path.parts[0] for path in distribution(name).files or ()} - {".."}:
            source = Path(str(distribution(name).locate_file(top)))
            if source.is_dir():
                shutil.copytree(source, site / top, dirs_exist_ok=True)
            else:
                shutil.copy(source, site / top)
    return str(venv / "bin" / "python")


def _needed(name: str) -> set[str]:
    """The distribution and what it requires here, and so on."""
    names = {name}
    for text in distribution(name).requires or ():
        required = Requirement(text)
        if required.marker is None or required.marker.evaluate({"extra": ""}):
            names |= _needed(required.name)
    return names


@pytest.fixture
def reset(droplet: Host) -> Host:
    """The host with the broken application, broken afresh for this very test."""
    droplet.reset()
    return droplet


@pytest.fixture
def project(bare_droplet: Host, tmp_path: Path) -> Project:
    """A project of the test's own, whose one host is a bare droplet."""
    made = Project(tmp_path, bare_droplet.login)
    made.inventory()
    return made


@pytest.fixture
def here(project: Project) -> Project:
    """A project whose one host is this machine, without a connection."""
    project.inventory(ansible_connection="local")
    return project


@pytest.fixture
def there(bare_droplet: Host, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new folder on the bare droplet, gone afterwards."""
    name = f"{bare_droplet.home}/test-{request.node.name[:40].translate(PLAIN)}"
    bare_droplet.ssh(f"mkdir -p {name}")
    yield name
    bare_droplet.ssh(f"rm -rf {name}")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user may write to."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path, "d")
        folder.mkdir()
        Path(path).chmod(0o755)
        folder.chmod(0o777)
        yield folder
