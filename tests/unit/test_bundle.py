"""The agent as it is shipped: on every Python, from source and as code, with classes made leanly."""

from __future__ import annotations

import dataclasses
import io
import pkgutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import suture.agent.modules
from suture.agent import lean_dataclasses
from suture.agent.protocol import wire
from suture.connect import bundle

MODULES = sorted(
    found.name
    for found in pkgutil.iter_modules(suture.agent.modules.__path__)
    if not found.name.startswith("_")
)


def pythons() -> list[str]:
    """This Python, and pyenv's others from 3.8 on, one of each version."""
    found = {sys.version_info[:2]: sys.executable}
    for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"):
        version = tuple(map(int, path.parents[1].name.split(".")[:2]))
        if version >= (3, 8):
            found.setdefault(version, str(path))
    return [found[version] for version in sorted(found)]


def answers(python: str, preamble: bytes, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What an agent says to these messages, until it has said good-bye."""
    given = b"".join(wire.frame(message) for message in (*messages, {"op": "bye"}))
    done = subprocess.run(
        [python, *bundle.FLAGS.split(), "-c", bundle.COMMAND],
        input=preamble + given,
        capture_output=True,
        check=True,
    )
    assert not done.stderr, done.stderr.decode()
    stream = io.BytesIO(done.stdout.partition(wire.MARK)[2])
    found = list(iter(lambda: wire.read_frame(stream), None))
    return [frame for frame in found if isinstance(frame, dict)]


def step(number: int, module: str, **args: Any) -> dict[str, Any]:
    return {"op": "step", "id": number, "module": module, "args": args, "task": "t", "epochs": []}


@pytest.mark.parametrize("compiled", [False, True], ids=["source", "code"])
@pytest.mark.parametrize("python", pythons(), ids=lambda path: Path(path).parents[1].name)
def test_every_module_starts_on_every_python(python: str, compiled: bool) -> None:
    names = bundle.modules(MODULES, dry=True)
    steps = [step(number, name, not_an_argument=1) for number, name in enumerate(MODULES)]
    hello = {"op": "hello", "dry": True}
    ready, *results = answers(python, bundle.preamble(names, compiled), hello, *steps)
    assert ready["event"] == "ready"
    assert [result["status"] for result in results] == ["failed"] * len(MODULES)
    for name, result in zip(MODULES, results, strict=True):
        assert "TypeError" in result["message"] and "not_an_argument" in result["message"], name


def test_code_for_another_python_is_left_alone(tmp_path: Path) -> None:
    names = bundle.modules(["stat"])
    packed = bundle.preamble(names, True)
    strange = packed.replace(MAGIC_NUMBER, b"\0\0\r\n")
    assert strange != packed
    hello = {"op": "hello", "dry": False}
    _, result = answers(sys.executable, strange, hello, step(1, "stat", path=str(tmp_path)))
    assert result["status"] == "ok" and result["data"]["stat"]["isdir"]


def test_a_traceback_shows_the_source(tmp_path: Path) -> None:
    for compiled in (False, True):
        preamble = bundle.preamble(bundle.modules(["stat"]), compiled)
        hello = {"op": "hello", "dry": False}
        _, result = answers(sys.executable, preamble, hello, step(1, "stat", wrong=1))
        assert "code.apply(code.Args(**args), world)" in result["trace"]


def test_only_dry_steps_bring_what_pretends() -> None:
    plain = bundle.modules(["copy"])
    assert "agent.world.world" in plain and not plain & bundle.PRETENDING
    assert bundle.modules(["copy"], dry=True) >= plain | bundle.PRETENDING


# -- classes made leanly -----------------------------------------------------------------------------


def both(frozen: bool) -> list[Any]:
    """One class, made by the standard library and by ours."""
    made = []
    for library in (dataclasses, lean_dataclasses):

        class Base:
            first: int
            second: str = "two"

        Base.__annotations__ = {"first": "int", "second": "str"}
        base = library.dataclass(frozen=frozen)(Base)

        class Thing(base):  # type: ignore[misc, valid-type]
            third: list[int] = library.field(default_factory=list)
            hidden: int = library.field(default=0, repr=False, compare=False)
            counted: int = library.field(init=False, default=7)

            def __post_init__(self) -> None:
                if self.first == 13:
                    raise ValueError("unlucky")

        Thing.__annotations__ = dict.fromkeys(("third", "hidden", "counted"), "int")
        Thing.__qualname__ = "Thing"
        made.append(library.dataclass(frozen=frozen)(Thing))
    return made


ARGUMENTS = st.tuples(
    st.lists(st.integers(12, 14), max_size=4),
    st.dictionaries(
        st.sampled_from(["first", "second", "third", "hidden", "counted", "strange"]),
        st.integers(12, 14),
        max_size=4,
    ),
)


def made(kind: Any, arguments: Any) -> Any:
    """The instance, or the kind of error that making it ends in."""
    try:
        return kind(*arguments[0], **arguments[1])
    except (TypeError, ValueError) as error:
        return type(error)


def told(one: Any) -> list[Any]:
    return [getattr(one, name) for name in ("first", "second", "third", "hidden", "counted")]


@given(ARGUMENTS, ARGUMENTS, st.booleans())
def test_lean_classes_are_like_the_standard_ones(left: Any, right: Any, frozen: bool) -> None:
    standard, lean = both(frozen)
    theirs = [made(standard, left), made(standard, right)]
    ours = [made(lean, left), made(lean, right)]
    for one, other in zip(theirs, ours, strict=True):
        if isinstance(one, type):
            assert one is other
            return
        assert repr(one) == repr(other).replace("both.<locals>.", "")
        assert told(one) == told(other)
    assert (theirs[0] == theirs[1]) == (ours[0] == ours[1])
    changed = [library.replace(one, second="x") for library, one in _pairs(theirs[0], ours[0])]
    assert told(changed[0]) == told(changed[1])
    if frozen:
        with pytest.raises(AttributeError, match="cannot assign to field 'first'"):
            ours[0].first = 1


def _pairs(theirs: Any, ours: Any) -> list[tuple[Any, Any]]:
    return [(dataclasses, theirs), (lean_dataclasses, ours)]


def test_lean_classes_are_hashed_like_the_standard_ones() -> None:
    for frozen in (False, True):
        standard, lean = both(frozen)
        assert (standard.__hash__ is None) == (lean.__hash__ is None)
    assert len({lean(1, third=()), lean(1, third=(), hidden=4), lean(2, third=())}) == 2


def test_what_is_shipped_says_the_lean_module_and_the_host_keeps_its_own() -> None:
    for name, text in bundle.sources(bundle.modules(MODULES, dry=True, rehearse=True)).items():
        assert "\nfrom dataclasses " not in text and "\nimport dataclasses\n" not in text, name
    boot = (bundle.AGENT / "boot.py").read_bytes()
    asked = b"import dataclasses\nassert dataclasses.dataclass(order=True)\n"
    more = boot.replace(b"os._exit(0)", asked)
    preamble = bundle.preamble(bundle.modules(["stat"]), True)
    preamble = preamble.replace(b"%d\n%b" % (len(boot), boot), b"%d\n%b" % (len(more), more))
    assert asked in preamble
    answers(sys.executable, preamble, {"op": "hello", "dry": False})
