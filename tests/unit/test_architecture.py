"""The layers, as a test: a file imports from lower layers and its own, never upward."""

from __future__ import annotations

import ast
import functools
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "src" / "suture"
LAYERS = (
    frozenset({"agent"}),
    frozenset({"model", "errors", "events", "secrets", "redaction", "memo", "suggestions"}),
    frozenset({"foreign"}),
    frozenset({"load"}),
    frozenset({"inventory"}),
    frozenset({"variables"}),
    frozenset({"templating"}),
    frozenset({"connect"}),
    frozenset({"run", "report"}),
    frozenset({"phases"}),
    frozenset({"commands"}),
)
"""From the bottom up; ``cli`` is the top: it may know everything."""

REPORT_SEES = LAYERS[0] | LAYERS[1] | {"report"}
ELSEWHERE = {
    "pytest_run/reporter.py": {"pytest"},
    "shared/import_probe.py": set(),
    "pip/clearing.py": set(),
    "pip/distributions.py": {"pip"},
    "pip/dry_pip.py": {"pip"},
    "pip/locations.py": {"pip"},
    "pip/resolution.py": {"pip"},
}
"""Sources that run inside another Python of the host, where there is no world: what they may
import from there."""

LONGEST = 400
FILES = sorted(ROOT.rglob("*.py"))
AGENT = sorted((ROOT / "agent").rglob("*.py"))
MODULES = sorted((ROOT / "agent" / "modules").glob("*.py"))
MODULES = [path for path in MODULES if path.name != "__init__.py"]
SUBJECTS = (
    "accounts",
    "facts",
    "modules",
    "pip",
    "pytest_run",
    "python_source",
    "shared",
    "undoing",
)
"""Folders of the agent whose code is what modules are made of."""
OF_MODULES = [path for path in AGENT if path.relative_to(ROOT).parts[1] in SUBJECTS]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def in_agent(path: Path) -> str:
    return str(path.relative_to(ROOT / "agent"))


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def level(name: str) -> int:
    """The layer of a part of the package, counted from 0."""
    return next((at for at, names in enumerate(LAYERS) if name in names), len(LAYERS))


def imported(path: Path) -> set[str]:
    """Every absolute module that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    others = {name.split(".")[1] for name in imported(path) if name.startswith("suture.")}
    upward = {other for other in others - {own} if level(other) > level(own)}
    assert not upward, f"{name_of(path)} imports {', '.join(sorted(upward))}"
    if own == "report":
        assert others <= REPORT_SEES
    if own == "run":
        assert "report" not in others


@pytest.mark.parametrize("path", AGENT, ids=name_of)
def test_the_agent_is_stdlib_only_and_runs_on_python_3_8(path: Path) -> None:
    names = {name.split(".")[0] for name in imported(path)} - ELSEWHERE.get(in_agent(path), set())
    assert names <= sys.stdlib_module_names
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", OF_MODULES, ids=name_of)
def test_modules_touch_the_machine_through_the_world_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    acting = {"open", "os.remove", "os.unlink", "os.rename", "os.replace", "os.mkdir", "os.chmod"}
    acting |= {"os.makedirs", "os.chown", "os.symlink", "os.system", "shutil.rmtree", "os.kill"}
    if in_agent(path) not in ELSEWHERE:
        assert not called & acting
    assert "subprocess" not in imported(path) | called
    assert "DryWorld" not in path.read_text(encoding="utf-8").replace("a DryWorld", "")


DOORS = {"templating": {"rendering", "static_checks"}}
"""The files of a room by which the others come in."""


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_is_entered_by_its_doors(path: Path) -> None:
    for room, doors in DOORS.items():
        inside = {
            name.split(".")[2]
            for name in imported(path)
            if name.count(".") > 1 and name.split(".")[1] == room
        }
        assert part(path) == room or inside <= doors, f"{name_of(path)} imports {inside - doors}"


def module(path: Path) -> str:
    return ".".join(("suture", *path.relative_to(ROOT).with_suffix("").parts))


@functools.cache
def graph() -> dict[str, set[str]]:
    """Every file of the package, and the files that it imports, inside functions too.  What is
    imported for annotations only ties nothing."""
    files = {module(path): path for path in FILES if path.name != "__init__.py"}
    return {name: needed(path, name) & files.keys() for name, path in files.items()}


def needed(path: Path, own: str) -> set[str]:
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = own.split(".")[: -node.level] if node.level else []
            base = ".".join([*home, *filter(None, [node.module])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        waiting += ast.iter_child_nodes(node)
    return names


def test_no_files_import_each_other_in_a_circle() -> None:
    left = dict(graph())
    while free := {name for name, needs in left.items() if not needs & left.keys()}:
        left = {name: needs for name, needs in left.items() if name not in free}
    assert left == {}, "these import each other, or hang on some that do"


def arrows(within: str = "suture") -> set[tuple[str, str]]:
    """Which part of a folder imports from which other part of it."""
    depth = within.count(".") + 1

    def room(name: str) -> str:
        return name.split(".")[depth]

    inside = {name: needs for name, needs in graph().items() if name.startswith(within + ".")}
    pairs = {
        (room(name), room(each)) for name, needs in inside.items() for each in needs & inside.keys()
    }
    return {(one, other) for one, other in pairs if one != other}


@pytest.mark.parametrize(("within", "most"), [("suture", 75), ("suture.agent", 40)])
def test_the_rooms_stay_few_and_loosely_tied(within: str, most: int) -> None:
    assert len(arrows(within)) <= most, f"{numbers(within)}: does the new arrow have to be?"


def numbers(within: str) -> str:
    tied = arrows(within)
    rooms = {name for pair in tied for name in pair}
    return f"{within}: {len(rooms)} rooms, {len(tied)} arrows between them"


def test_no_file_is_long() -> None:
    long = {
        name_of(path): lines
        for path in FILES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_packages_hold_no_code() -> None:
    assert [name_of(path) for path in ROOT.rglob("__init__.py") if path.read_text().strip()] == []


def test_modules_are_documented_and_show_how_they_are_used() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert ast.get_docstring(tree), path.name
        assert "EXAMPLES" in names, path.name


if __name__ == "__main__":  # python tests/unit/test_architecture.py
    for folder in ("suture", "suture.agent"):
        print(numbers(folder))
