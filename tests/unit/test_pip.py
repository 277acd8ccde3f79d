"""pip, with environments laid by hand and wheels made on the spot: no network, no index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suture.agent.modules import pip
from suture.agent.pip import distributions, environment
from suture.agent.pip.environment import Environment
from suture.agent.pip.installation import Installation, PipRequest
from suture.agent.pip.requirements import Lines, options_of
from suture.agent.pip.reversal import restored
from suture.agent.protocol.result import Change
from suture.agent.protocol.spec import Failure, Unpredictable
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

sys.path.insert(0, str(Path(__file__).parents[1] / "law"))
import wheels

HOUSE = (
    ("base", "1.0"),
    ("base", "2.0"),
    ("top", "1.0", ("base>=1",), {"more": ("extra-one",)}),
    ("extra-one", "0.5"),
    ("picky", "1.0", ("base<2",)),
    ("nvidia-lib", "1.0"),
    ("gpu", "1.0", ("nvidia-lib",)),
    ("gpu", "1.0+cpu"),
    ("model", "1.0", ("gpu",)),
    ("marked", "1.0", ("base; python_version < '3'",)),
)

BACKEND = '''
"""A build backend that needs nothing but the standard library."""
import pathlib, sys, zipfile
NAME, VERSION = "local", "0.1"
INFO = f"{NAME}-{VERSION}.dist-info"
METADATA = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\nRequires-Dist: base\\n"
def _built(directory, files):
    path = pathlib.Path(directory, f"{NAME}-{VERSION}-py3-none-any.whl")
    files = {**files, f"{INFO}/METADATA": METADATA, f"{INFO}/WHEEL":
        "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    files[f"{INFO}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{INFO}/RECORD"])
    pathlib.Path("egg").write_text("what a build leaves in its source tree")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path.name
def build_wheel(directory, config_settings=None, metadata_directory=None):
    return _built(directory, {"local.py": pathlib.Path("local.py").read_text()})
def build_editable(directory, config_settings=None, metadata_directory=None):
    return _built(directory, {"local.pth": str(pathlib.Path.cwd()) + "\\n"})
'''
PYPROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "local"
version = "0.1"
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with a virtual environment and a wheelhouse; pip looks nowhere else."""
    laid(tmp_path, {**wheels.virtualenv(), **wheels.wheelhouse(*HOUSE)})
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield tmp_path


def laid(root: Path, entries: dict[str, Any]) -> None:
    for path, entry in entries.items():
        here = root / path
        here.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, wheels.Link):
            here.symlink_to(entry.target)
        else:
            here.write_bytes(entry.encode() if isinstance(entry, str) else entry)


def walk(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every path below, with what a touch of it would change."""
    found = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        found[str(path)] = (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns)
    return found


def done(root: Path, world: World, **given: Any) -> tuple[dict[str, Any], list[Change]]:
    """One step's data and changes."""
    where = {} if {"python", "executable"} & set(given) else {"virtualenv": str(root / "venv")}
    world.begin("a step", {})
    return pip.apply(pip.Args(**{**where, **given}), world), world.take_changes()


def both(root: Path, **given: Any) -> dict[str, Any]:
    """The real step's data, after a dry one that touched nothing and predicted the same."""
    before = walk(root)
    predicted, wanted = done(root, DryWorld(), **given)
    assert walk(root) == before, "the dry run touched something"
    data, made = done(root, World(), **given)
    assert made == wanted
    assert data["resolution"] == predicted["resolution"]
    assert data.get("complaints") == predicted.get("complaints")
    return data


def rows(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["name"], row["from"], row["to"]) for row in data["resolution"]]


def held(root: Path, name: str) -> str:
    """The version of a distribution in the environment, or nothing."""
    found = list((root / wheels.site()).glob(f"{name.replace('-', '_')}-*.dist-info"))
    assert len(found) < 2, found
    return found[0].name.split("-")[1].removesuffix(".dist") if found else ""


# -- installing --------------------------------------------------------------------------------


def test_installs_what_is_missing_and_then_nothing(root: Path) -> None:
    data = both(root, name=["top[more]"])
    assert rows(data) == [("base", "", "2.0"), ("extra-one", "", "0.5"), ("top", "", "1.0")]
    asked = {row["name"]: row["requested_by"] for row in data["resolution"]}
    assert asked == {"base": "top 1.0", "extra-one": "top 1.0", "top": "top[more]"}
    assert data["cmd"][:4] == [str(root / "venv/bin/python"), "-m", "pip", "install"]
    assert "Successfully installed" in data["stdout"]
    again, changes = done(root, World(), name=["top[more]"])
    assert (rows(again), changes) == ([], [])
    assert "cmd" not in again, "pip ran though all was there"


def test_a_satisfied_step_does_not_start_pip(root: Path) -> None:
    laid(root, wheels.installed("base", "1.0"))

    class Counting(World):
        def _finished(self, argv: Any, how: Any, on_line: Any = None) -> Any:
            assert "pip" not in argv
            runs.append(argv)
            return super()._finished(argv, how, on_line)

    runs: list[Any] = []
    done(root, Counting(), name=["base"])
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("asked", "installed"),
    [
        (["BASE>=1,<2"], True),
        (["base==1.0", "top"], False),
        (["base>1"], False),
        (["base; python_version < '3'", "base"], True),
        (["top[more]"], False),
        (["marked"], True),
    ],
)
def test_satisfied_is_what_pip_would_say(root: Path, asked: list[str], installed: bool) -> None:
    laid(root, wheels.installed("base", "1.0"))
    laid(root, wheels.installed("marked", "1.0", ["base>5; python_version < '3'"]))
    data, changes = done(root, World(), name=asked)
    assert bool(changes) != installed, rows(data)


def test_a_dependency_that_is_missing_is_brought(root: Path) -> None:
    laid(root, wheels.installed("top", "1.0", ["base>=1"]))
    assert rows(both(root, name=["top"])) == [("base", "", "2.0")]


def test_latest_upgrades_and_then_rests(root: Path) -> None:
    laid(root, wheels.installed("base", "1.0"))
    assert rows(both(root, name=["base"], state="present")) == []
    assert rows(both(root, name=["base"], state="latest")) == [("base", "1.0", "2.0")]
    assert rows(both(root, name=["base"], state="latest")) == []


def test_forcereinstall_always_installs(root: Path) -> None:
    laid(root, wheels.installed("base", "2.0"))
    for _ in range(2):
        assert rows(both(root, name=["base"], state="forcereinstall")) == [("base", "2.0", "2.0")]


def test_constraints_hold_for_what_is_there_too(root: Path) -> None:
    laid(root, wheels.installed("base", "2.0"))
    data = both(root, name=["top"], constraints=["base<2"])
    assert rows(data) == [("base", "2.0", "1.0"), ("top", "", "1.0")]


def test_requirements_files_with_all_they_name(root: Path) -> None:
    (root / "sub").mkdir()
    (root / "req.txt").write_text("# all\n-r sub/more.txt\n-c limits.txt\n--find-links wheels\n")
    (root / "sub/more.txt").write_text("top[more] >= \\\n 1.0  # the top\n")
    (root / "limits.txt").write_text("base == 1.0\n")
    data = both(root, requirements=str(root / "req.txt"))
    assert rows(data) == [("base", "", "1.0"), ("extra-one", "", "0.5"), ("top", "", "1.0")]
    assert rows(both(root, requirements=str(root / "req.txt"))) == []
    (root / "limits.txt").write_text("base == 2.0\n")
    assert rows(both(root, requirements=str(root / "req.txt"))) == [("base", "1.0", "2.0")]


def test_a_requirements_file_that_a_dry_run_predicts(root: Path) -> None:
    world = DryWorld()
    world.write(str(root / "req.txt"), b"base<2\n")
    data, _ = done(root, world, requirements=str(root / "req.txt"))
    assert rows(data) == [("base", "", "1.0")]


def test_hashes_are_checked(root: Path) -> None:
    good = (
        "sha256:"
        + __import__("hashlib")
        .sha256((root / "wheels" / wheels.file_name("base", "1.0")).read_bytes())
        .hexdigest()
    )
    (root / "req.txt").write_text(f"base==1.0 --hash={good}\n")
    assert rows(both(root, requirements=str(root / "req.txt"))) == [("base", "", "1.0")]
    (root / "req.txt").write_text(f"base==2.0 --hash={good}\n")
    with pytest.raises(Failure, match="does not have the hash that the requirements state"):
        done(root, World(), requirements=str(root / "req.txt"))


def test_extra_args_are_taken_apart(root: Path) -> None:
    (root / "limits.txt").write_text("base<2\n")
    data = both(root, name=["top"], extra_args=f"--no-deps -c {root}/limits.txt")
    assert rows(data) == [("top", "", "1.0")]
    assert rows(both(root, name=["top"], extra_args=["--no-deps"])) == []
    with pytest.raises(Failure, match="--target installs outside the environment"):
        done(root, World(), name=["top"], extra_args="--target /tmp/x")


def test_the_interpreter_that_a_pip_program_names(root: Path) -> None:
    program = root / "venv/bin/pip"
    program.write_text(f"#!{root}/venv/bin/python\n")
    program.chmod(0o755)
    data, _ = done(root, World(), name=["base"], executable=str(program))
    assert data["python"] == f"{root}/venv/bin/python"
    assert held(root, "base") == "2.0"
    assert rows(done(root, World(), name=["base"], python=f"{root}/venv/bin/python")[0]) == []


def test_umask(root: Path) -> None:
    done(root, World(), name=["base"], umask="0077")
    assert (root / wheels.site() / "base.py").stat().st_mode & 0o777 == 0o600


# -- what may not come, and from where ---------------------------------------------------------


def test_forbidden_is_refused_before_anything_is_installed(root: Path) -> None:
    before = walk(root)
    for world in (DryWorld(), World()):
        with pytest.raises(Failure) as caught:
            done(root, world, name=["model"], constraints=["gpu===1.0"], forbid=["NVIDIA_*"])
        assert str(caught.value) == (
            "nvidia-lib 1.0 would come along, which is forbidden:"
            " model 1.0 needs gpu 1.0, which needs it"
        )
        assert [row["name"] for row in caught.value.data["resolution"]] == [
            "gpu",
            "model",
            "nvidia-lib",
        ]
        assert world.take_changes() == []
    assert walk(root) == before


def test_what_is_forbidden_and_there_already(root: Path) -> None:
    laid(root, wheels.installed("gpu", "1.0", ["nvidia-lib"]))
    laid(root, wheels.installed("nvidia-lib", "1.0"))
    with pytest.raises(Failure, match=r"nvidia-lib 1.0 is installed already.*gpu 1.0 needs it"):
        done(root, World(), name=["gpu==1.0"], forbid=["nvidia-*"])
    assert rows(both(root, name=["base"], forbid=["nvidia-*"])) == [("base", "", "2.0")]


def test_the_first_source_that_will_do(root: Path) -> None:
    cuda, cpu = root / "cuda", root / "cpu"
    laid(root, wheels.wheelhouse(("gpu", "1.0", ("nvidia-lib",)), ("nvidia-lib", "1.0"), at="cuda"))
    laid(root, wheels.wheelhouse(("gpu", "1.0+cpu"), at="cpu"))
    for file in (root / "wheels").glob("gpu*"):
        file.unlink()
    sources = [[], ["--find-links", str(cuda)], f"--find-links {cpu}"]
    data = both(root, name=["gpu"], sources=sources, forbid=["nvidia-*"])
    assert rows(data) == [("gpu", "", "1.0+cpu")]
    assert data["source"] == ["--find-links", str(cpu)]
    shutil.rmtree(cpu)
    laid(root, {"venv/x": ""})
    done(root, World(), name=["gpu"], state="absent")
    with pytest.raises(
        Failure, match=r"no source will do: with no further options: .*; with --find"
    ):
        done(root, World(), name=["gpu"], sources=sources, forbid=["nvidia-*"])


def test_a_refusal_says_which_source_could_not_be_reached(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid(root, wheels.wheelhouse(("gpu", "1.0", ("nvidia-lib",)), ("nvidia-lib", "1.0"), at="cuda"))
    (root / "wheels" / "gpu-1.0+cpu-py3-none-any.whl").unlink()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    sources = [
        f"--extra-index-url http://127.0.0.1:9/cpu --find-links {root / 'cuda'}",
        f"--no-index --find-links {root / 'cuda'}",
    ]
    brings = "nvidia-lib 1.0 would come along, which is forbidden: gpu 1.0 needs it"
    with pytest.raises(Failure) as refused:
        done(root, World(), name=["gpu"], sources=sources, forbid=["nvidia-*"])
    first, second = str(refused.value).split("; with ")
    assert first.endswith(f" could not be reached, and without it {brings}")
    assert "http://127.0.0.1:9" in first
    assert second == f"{sources[1]}: {brings}"


# -- what would break --------------------------------------------------------------------------


def test_a_new_complaint_is_refused_and_an_old_one_is_not(root: Path) -> None:
    laid(root, wheels.installed("picky", "1.0", ["base<2", "gone"]))
    laid(root, wheels.installed("base", "1.0"))
    with pytest.raises(
        Failure, match=r"nothing was installed: afterwards picky 1.0 requires base<2"
    ):
        both(root, name=["base==2.0"], consistent=True)
    assert held(root, "base") == "1.0"
    assert rows(both(root, name=["top"], consistent=True)) == [("top", "", "1.0")]
    data = both(root, name=["base==2.0"])
    assert data["complaints"] == ["picky 1.0 requires base<2, but base is 2.0"]
    again = both(root, name=["extra-one"], consistent=True)
    assert again["complaints"] == [], "a complaint that was there before is no news"


def test_what_is_needed_is_not_removed(root: Path) -> None:
    laid(root, wheels.installed("picky", "1.0", ["base<2"]))
    laid(root, wheels.installed("base", "1.0"))
    with pytest.raises(Failure, match=r"nothing was removed: afterwards picky 1.0 requires base"):
        both(root, name=["base"], state="absent", consistent=True)
    data = both(root, name=["base", "never-there"], state="absent")
    assert data["complaints"] == ["picky 1.0 requires base, which is not installed"]
    assert (rows(data), held(root, "base")) == ([("base", "1.0", "")], "")


# -- places ------------------------------------------------------------------------------------


@pytest.fixture
def source(root: Path) -> Path:
    """A source tree that builds without help; its build leaves a file behind."""
    directory = root / "src"
    directory.mkdir()
    (directory / "backend.py").write_text(BACKEND)
    (directory / "pyproject.toml").write_text(PYPROJECT)
    (directory / "local.py").write_text("number = 1\n")
    laid(root, wheels.installed("base", "1.0"))
    return directory


def test_a_source_tree_is_installed_again_when_it_changes(root: Path, source: Path) -> None:
    assert rows(both(root, name=[str(source)])) == [("local", "", "0.1")]
    (source / "egg").unlink()
    os.utime(root / wheels.site() / "local-0.1.dist-info/RECORD")
    assert rows(both(root, name=[str(source)])) == []
    (source / "local.py").write_text("number = 2\n")
    assert rows(both(root, name=[str(source)])) == [("local", "0.1", "0.1")]
    assert "2" in (root / wheels.site() / "local.py").read_text()


def test_an_editable_source_tree(root: Path, source: Path) -> None:
    assert rows(both(root, name=["."], editable=True, chdir=str(source))) == [("local", "", "0.1")]
    assert (root / wheels.site() / "local.pth").read_text().strip() == str(source)
    (source / "local.py").write_text("number = 2\n")
    assert rows(both(root, name=[str(source)], editable=True)) == []


def test_an_editable_source_tree_is_carried_forward(root: Path, source: Path) -> None:
    world = DryWorld()
    assert rows(done(root, world, name=[str(source)], editable=True)[0]) == [("local", "", "0.1")]
    assert rows(done(root, world, name=[str(source)], editable=True)[0]) == []


def test_a_wheel_built_anew_with_the_same_version(root: Path) -> None:
    path = root / wheels.file_name("fresh", "1.0")
    path.write_bytes(wheels.wheel("fresh", "1.0", code="number = 1\n"))
    requirement = f"fresh @ file://{path}#sha256={sha256(path)}"
    assert rows(both(root, name=[requirement])) == [("fresh", "", "1.0")]
    assert rows(both(root, name=[requirement])) == []
    path.write_bytes(wheels.wheel("fresh", "1.0", code="number = 2\n"))
    data = both(root, name=[f"fresh @ file://{path}#sha256={sha256(path)}"])
    assert rows(data) == [("fresh", "1.0", "1.0")]
    assert "2" in (root / wheels.site() / "fresh.py").read_text()


def sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git: apt-get install git")
def test_another_revision_of_a_repository(root: Path, source: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=source, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "one")
    (source / "local.py").write_text("number = 2\n")
    git("commit", "-qam", "two")
    git("tag", "two")
    world = World()
    for tag in ("one", "two"):
        data, _ = done(root, world, name=[f"git+file://{source}@{tag}#egg=local"])
        assert [row["to"] for row in data["resolution"]] == ["0.1"]
        assert rows(done(root, world, name=[f"git+file://{source}@{tag}#egg=local"])[0]) == []
    assert "2" in (root / wheels.site() / "local.py").read_text()


# -- environments ------------------------------------------------------------------------------


def test_a_new_environment_is_predicted_and_made(root: Path) -> None:
    new = str(root / "deep/er/new")
    before = walk(root)
    dry = DryWorld()
    predicted = [done(root, dry, name=["top"], virtualenv=new) for _ in range(2)]
    later = done(root, dry, name=["base<2"], virtualenv=new)
    gone = done(root, dry, name=["base"], virtualenv=new, state="absent")
    assert walk(root) == before
    assert rows(predicted[0][0]) == [("base", "", "2.0"), ("top", "", "1.0")]
    assert (rows(predicted[1][0]), predicted[1][1]) == ([], [])
    assert rows(later[0]) == [("base", "2.0", "1.0")]
    assert rows(gone[0]) == [("base", "1.0", "")]
    world = World()
    _, made = done(root, world, name=["top"], virtualenv=new)
    assert made == predicted[0][1]
    assert [change.action for change in made] == ["mkdir", "mkdir", "mkdir", "run", "install"]
    assert (Path(new) / "bin/python").exists()
    assert rows(done(root, world, name=["base<2"], virtualenv=new)[0]) == rows(later[0])
    with pytest.raises(Unpredictable, match=r"pyvenv\.cfg"):
        dry.read(f"{new}/pyvenv.cfg")
    with pytest.raises(Unpredictable):
        dry.query(f"{new}/bin/python", "-c", "")


def test_an_environment_whose_python_is_gone(root: Path) -> None:
    python = root / "venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    with pytest.raises(Failure, match=r"points to /nowhere/python3, which is gone"):
        done(root, World(), name=["base"])


def test_an_environment_without_pip(root: Path) -> None:
    """As uv makes them: its Python lends the pip for new environments, and none is left there."""
    for path in (root / wheels.site()).glob("pip*"):
        path.unlink()
    dry = DryWorld()
    predicted = rows(done(root, dry, name=["base<2"])[0]), rows(done(root, dry, name=["top"])[0])
    world = World()
    assert rows(done(root, world, name=["base<2"])[0]) == predicted[0] == [("base", "", "1.0")]
    assert rows(done(root, world, name=["top"])[0]) == predicted[1]
    assert not [*(root / wheels.site()).glob("pip*")]
    assert done(root, world, name=["base", "top"])[1] == []
    gone = done(root, world, name=["top"], state="absent")
    assert rows(gone[0]) == [("top", "1.0", "")]
    assert not [*(root / wheels.site()).glob("top*")]


def test_undoing_takes_caches_away_and_keeps_what_is_not_pips(root: Path) -> None:
    """A .pyc that is compiled later keeps no empty folder, which would import as a package."""
    site = root / wheels.site()
    done(root, World(), name=["top"])
    (site / "top").mkdir(exist_ok=True)
    for name in ("top", "base"):
        package = site / name
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / "__init__.cpython-311-pytest-9.pyc").write_bytes(b"")
        (package / "__pycache__" / "gone.cpython-311.opt-1.pyc").write_bytes(b"")
        (info,) = site.glob(f"{name}-*.dist-info")
        with (info / "RECORD").open("a") as record:
            record.write(f"{name}/__init__.py,,\n")
    (site / "base" / "mine.txt").write_text("kept")
    held = [{"name": "top", "from": "", "to": "1.0"}, {"name": "base", "from": "", "to": "2.0"}]
    (command,) = restored([str(root / "venv/bin/python"), "-m", "pip"], held, [], [])
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert not (site / "top").exists()
    assert [*(site / "base").rglob("*")] == [site / "base" / "mine.txt"]
    assert f"kept, because it is not pip's: {site}/base/mine.txt" in told.stdout


def test_an_environment_that_nobody_lends_a_pip(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (root / wheels.site()).glob("pip*"):
        path.unlink()
    told = environment._source

    def without_lenders(module: Any) -> str:
        text = told(module)
        return text + ("\ndef lenders():\n    return iter(())\n" if module is distributions else "")

    monkeypatch.setattr(environment, "_source", without_lenders)
    with pytest.raises(
        Failure, match=r"there is no pip in .*venv, and its Python has none to lend"
    ):
        done(root, World(), name=["base"])


def test_a_python_that_is_not_there(root: Path) -> None:
    with pytest.raises(Failure, match="there is no Python interpreter /nowhere/python"):
        done(root, World(), name=["base"], python="/nowhere/python")
    with pytest.raises(Failure, match="there is no program pip9"):
        done(root, World(), name=["base"], executable="pip9")


class Told(Environment):
    """An environment that answers as a test says."""

    def answer(self, world: World, question: dict[str, Any], **how: Any) -> dict[str, Any]:
        facts = {"pip": "23.0", "prefix": "/usr", "managed": False, "virtual": False, "closed": []}
        return {"facts": {**facts, **FACTS}, "unmet": ["base is not installed"], "versions": {}}


FACTS: dict[str, Any] = {}


def told(monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any], **facts: Any) -> None:
    for name, value in facts.items():
        monkeypatch.setitem(FACTS, name, value)
    given: dict[str, Any] = {"state": "present", "names": [{"text": "base", "editable": False}]}
    given.update(files=Lines(), limits=Lines(), options=options_of([]), chdir="/")
    Installation(
        PipRequest(**{**given, **wanted}), Told("/usr/bin/python3", "pip:/usr"), World()
    ).installed()


def test_a_python_of_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match=r"operating system's package manager.*'virtualenv', or set"):
        told(monkeypatch, {}, managed=True)


def test_an_environment_of_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match=r"not permitted to write /venv/lib.*become_user"):
        told(monkeypatch, {}, virtual=True, closed=["/venv/lib"])


def test_a_pip_too_old_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match=r"pip 20\.0\.2 in /usr cannot tell beforehand"):
        told(monkeypatch, {"forbid": ["x"]}, pip="20.0.2")


# -- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ["nowhere"]}, "there is no package for nowhere in pip's indexes"),
        ({"name": ["base==9"]}, "no release is base==9 for this Python.*the newest are 1.0, 2.0"),
        ({"name": ["picky", "base==2.0"]}, "these requirements contradict each other: .*base"),
        ({"name": ["base!!"]}, "pip does not understand the requirement 'base!!'"),
    ],
)
def test_failures_are_sentences(root: Path, given: dict[str, Any], sentence: str) -> None:
    for world in (DryWorld(), World()):
        with pytest.raises(Failure, match=sentence) as caught:
            done(root, world, **given)
        assert caught.value.data["rc"] == 1
        assert world.take_changes() == []


def test_an_index_that_cannot_be_reached(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    with pytest.raises(Failure, match=r"cannot reach its package index .Connection refused."):
        done(root, World(), name=["nowhere"], extra_args="-i http://127.0.0.1:9/ --retries 1")


def test_rc_is_no_proof(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip that fails though all is in place is told, and pip that lies is found out."""

    class Odd(World):
        def run(self, *argv: str, **how: Any) -> Any:
            finished = super().run(*argv, **how)
            return type(finished)(finished.argv, 1, finished.stdout, b"ERROR: odd")

    data, _ = done(root, Odd(), name=["base"])
    assert data["stderr"] == "ERROR: odd"

    class Lying(World):
        def run(self, *argv: str, **how: Any) -> Any:
            return super().run("true", **how)

    with pytest.raises(Failure, match="pip said that it was done, but top is not installed"):
        done(root, Lying(), name=["top"])
