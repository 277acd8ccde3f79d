"""A symbolic mode means what it means to ansible-core."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.agent.world.node import mode_from

basic = pytest.importorskip("ansible.module_utils.basic")
pytestmark = pytest.mark.differential

who = some.one_of(some.text("ugo", max_size=3), some.just("a"))
permissions = some.text("rwxXstugo", max_size=4)
actions = some.builds(
    lambda operator, letters: operator + letters, some.sampled_from("+-="), permissions
)
clauses = some.builds(
    lambda users, acts: users + "".join(acts), who, some.lists(actions, min_size=1, max_size=2)
)
modes = some.lists(clauses, min_size=1, max_size=3).map(",".join)


@given(modes, some.integers(0, 0o7777), some.booleans(), some.sampled_from([0o022, 0o077, 0]))
def test_symbolic_modes(mode: str, current: int, directory: bool, umask: int) -> None:
    kind = stat.S_IFDIR if directory else stat.S_IFREG
    before = os.umask(umask)
    try:
        theirs = basic.AnsibleModule._symbolic_mode_to_octal(
            SimpleNamespace(st_mode=kind | current), mode
        )
        assert oct(mode_from(mode, current, directory)) == oct(theirs)
    finally:
        os.umask(before)


@given(some.integers(0, 0o7777))
def test_octal_modes(mode: int) -> None:
    for written in (f"{mode:o}", f"0{mode:o}", f"0o{mode:o}", mode):
        assert mode_from(written, 0o644, False) == mode
