"""The file modules leave the same tree, and say the same, as ansible-core's of the same name.

What ansible-core does is recorded.  A few calls of each module are put to it anew in every run of the
tests, and all of them where the tests explore: what is recorded is still what it does.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from suture.agent.protocol.spec import Failure
from suture.agent.world.world import World
from suture.variables.content import Contents
from tests.differential.file_calls import (
    ANSIBLE,
    CALLS,
    RECORDING,
    Call,
    filled,
    grown,
    sources,
    told,
    tree,
    under_ansible,
)
from tests.differential.recording import ANEW

pytestmark = [
    pytest.mark.differential,
    pytest.mark.skipif(not ANSIBLE.exists(), reason="ansible-core is not installed"),
    pytest.mark.timeout(600),
]

ONE_IN = 20
"""Of how many calls one is put to ansible-core in each run."""


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def ours(call: Call, args: Mapping[str, Any], files: Path) -> dict[str, Any]:
    """What our module returns, in the shape of a registered result."""
    given = dict(args)
    if call.module == "copy" and "src" in given and not given.get("remote_src"):
        path = files / given["src"]
        slash = "/" if given["src"].endswith("/") else ""
        contents = Contents()
        given["src"] = (
            contents.tree(f"{path}{slash}", follow=True) if path.is_dir() else contents.file(path)
        )
    module = importlib.import_module(f"suture.agent.modules.{call.module}")
    world = World()
    world.begin("a task", {})
    try:
        data = module.apply(module.Args(**given), world) or {}
    except Failure as error:
        return {"failed": True, "changed": False, **error.data}
    return {"failed": False, "changed": bool(world.take_changes()), **data}


@pytest.mark.parametrize("index", range(len(CALLS)), ids=lambda index: f"{index}-{CALLS[index]}")
def test_same_as_ansible(index: int, tmp_path: Path) -> None:
    call, root = CALLS[index], tmp_path / "root"
    expected = RECORDING.answers().get(call.hash)
    assert expected is not None, ANEW
    sources(tmp_path / "files")
    grown(root, call)
    result = told(call, ours(call, filled(dict(call.args), root), tmp_path / "files"), root)
    found = tree(root, call)
    differing = {
        f"tree: {name}": (found.get(name), expected["tree"].get(name))
        for name in {*found, *expected["tree"]}
        if found.get(name) != expected["tree"].get(name)
    }
    for key, wanted in expected["result"].items():
        if result.get(key) != wanted:
            differing[key] = (result.get(key), wanted)
    if call.differs:
        assert differing, f"no difference any more: {call.differs}"
    else:
        assert not differing


@pytest.mark.long
def test_what_is_recorded_is_what_ansible_does(tmp_path: Path, exploring: bool) -> None:
    calls = CALLS if exploring else CALLS[::ONE_IN]
    recorded = RECORDING.answers()
    for call, answer in zip(calls, under_ansible(calls, tmp_path), strict=True):
        assert answer == recorded.get(call.hash), str(call)


def test_nothing_is_recorded_that_no_call_asks_for() -> None:
    assert set(RECORDING.answers()) == {call.hash for call in CALLS}
