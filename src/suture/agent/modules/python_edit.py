"""Python source says what the edits ask for; every byte that they do not mean stays as it is.

Each edit has one verb.  Functions are named as `name`, `Class.name` or `outer.inner`; a name with
`*` means every function that it matches, and one without must mean exactly one.  What an edit does
not find, or finds twice, is a failure that names it, and then nothing is written to any file; with
`optional: true` beside the verb, what it does not find is passed over.  What holds already, in this
or an equivalent form, is left alone.

A statement is told by a mapping in which all must hold: `with` (what a with statement calls),
`calls`, `imports`, `assigns`, `defines`, `kind` (with, try, if, for, while, return, raise, assert,
delete, expression, assignment, import, function, class), `source` (the statement itself, however it
is formatted); or by its source alone.  It is looked for in the function, or, where none is named,
in the module outside of functions and classes.

    catch: {function, clause, types, as, body, within, only}
    wrap: {function, statement, except, as, body}
    replace_body: {function, source}
    replace_function: {function, source}
    replace_statement: {function, statement, source}
    remove: {function, statement}
    ensure_import: {import, before, after}
    ensure_before_imports: {statements, of, needs}
    ensure_statement: {source, function, class, at, before, after, replace}
    ensure_assignment: {target, value, includes, function, class}
    decorator: {function, class, decorator, set, drop}
    ensure_decorator: {function, class, source}
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from ..protocol.spec import Failure, arg
from ..python_source.edit_spec import OrderedEdit, edits_of
from ..python_source.source import SourceText, Unparsable, compiles
from ..python_source.syntax import NotFound
from ..world.world import World

EXAMPLES = """
- name: a tracker degrades when its store cannot be had, whatever the reason
  python_edit:
    path: /opt/app/src/tracker.py
    edits:
      - catch:
          function: Tracker._get_mlflow
          clause: ImportError
          types: [ImportError, OSError, PermissionError]
          as: e
          body: |
            logger.warning("MLflow is not available: %s: %s", type(e).__name__, e)
            return None
      - wrap:
          function: Tracker._log_artifacts
          statement: {with: tempfile.TemporaryDirectory}
          except: [OSError, PermissionError]
          as: e
          body: |
            logger.warning("artifacts were not logged: %s", e)

- name: authentication is off before the application is imported
  python_edit:
    path: /opt/app/tests/conftest.py
    edits:
      - ensure_before_imports:
          statements: os.environ["APP_TESTING"] = "1"
          needs: import os
          of: [src, fastapi]

- name: one helper for three files
  python_edit:
    paths: [/opt/app/src/a.py, /opt/app/src/b.py, /opt/app/src/c.py]
    edits:
      - replace_body: {function: run_async, source: return loop().run_until_complete(coro)}
      - ensure_import: {import: from app.loops import loop}

- name: the fixture serves those who ask for it
  python_edit:
    path: /opt/app/tests/conftest.py
    edits:
      - decorator:
          function: ensure_environment
          decorator: pytest.fixture
          set: {scope: '"module"'}
          drop: [autouse]
      - ensure_assignment: {target: pytestmark, includes: pytest.mark.xdist_group("db")}
      - replace_statement: {statement: {assigns: LIMIT}, source: LIMIT = 5}
      - remove: {function: setup, statement: {calls: time.sleep}}
      - ensure_statement: {source: app.setup(), after: {assigns: app}}
        optional: true
"""


@dataclass(frozen=True)
class Args:
    edits: list[dict[str, Any]] = arg("The edits, in this order; one verb each.")
    path: str | None = arg("The file to edit.", None, aliases=("dest",))
    paths: list[str] = arg("Several files; all edits hold in each of them.", [])

    def __post_init__(self) -> None:
        if bool(self.path) == bool(self.paths):
            raise ValueError("say either 'path' or 'paths'")
        if not self.edits:
            raise ValueError("edits must hold at least one edit")
        edits_of(self.edits)


def apply(args: Args, world: World) -> Dict[str, Any]:
    """Edit every file in memory, then write those that differ."""
    wanted = edits_of(args.edits)
    reports: List[Dict[str, Any]] = []
    written: Dict[str, bytes] = {}
    for path in args.paths or [args.path or ""]:
        real = world.real(os.path.expanduser(path))
        data = world.read(real)
        if data is None:
            raise Failure(f"{path} does not exist")
        try:
            data, report = edited(written.get(real, data), wanted)
        except Failure as failure:
            raise Failure(f"{path}: {failure}", path=path) from None
        written[real] = data
        reports += [{"path": path, **each} for each in report]
    for real, data in written.items():
        world.write(real, data)
    return {"edits": reports}


def edited(data: bytes, wanted: Sequence[OrderedEdit]) -> Tuple[bytes, List[Dict[str, Any]]]:
    """The file's bytes with all the edits in them, and what became of each edit."""
    try:
        source = SourceText.read(data)
    except Unparsable as error:
        version = platform.python_version()
        raise Failure(
            f"Python {version}, which edits here, cannot read it: {error};"
            " if the file is right, name a newer Python as ansible_python_interpreter"
        ) from None
    reports = []
    for each in wanted:
        try:
            source, report = _performed(source, each)
        except Failure as failure:
            raise Failure(f"edit {each.number} ({each.verb}): {failure}") from None
        except RecursionError:
            raise Failure(f"edit {each.number} ({each.verb}): it is nested too deeply") from None
        reports.append(report)
    return source.data(), reports


def _performed(source: SourceText, wanted: OrderedEdit) -> Tuple[SourceText, Dict[str, Any]]:
    """The file after one edit: valid Python, in which the same edit finds nothing to do."""
    report: Dict[str, Any] = {"edit": wanted.number, "verb": wanted.verb, "changed": False}
    try:
        outcome = wanted.edit.applied(source)
    except NotFound as missing:
        if wanted.optional:
            return source, {**report, "note": f"passed over: {missing}"}
        raise
    except Unparsable as error:
        raise Failure(f"the result would be no valid Python: {error}") from None
    after = outcome.source
    if after.text == source.text:
        return source, {**report, "line": outcome.line, "note": outcome.note}
    wrong = "" if compiles(source.text) else compiles(after.text)
    if wrong:
        raise Failure(f"the result would be no valid Python: {wrong}")
    if wanted.edit.applied(after).source.text != after.text:
        raise Failure("it does not hold in its own result")
    return after, {**report, "changed": True, "line": outcome.line}
