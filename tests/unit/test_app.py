"""What a dry run comes to."""

from __future__ import annotations

import pytest

from suture.commands.app import predicted


@pytest.mark.parametrize(
    ("changed", "unknown", "code", "message"),
    [
        ({}, {}, 0, "nothing to change"),
        ({"copy": 1}, {}, 2, "there is something to change"),
        ({"copy": 1}, {"pytest": 1}, 2, "there is something to change"),
        ({}, {"command": 1}, 2, "there is something to change"),
        ({}, {"pytest": 2, "lineinfile": 1}, 2, "there is something to change"),
        (
            {},
            {"pytest": 1},
            0,
            "nothing to change; what 1 step that only looks would find is unknown",
        ),
        (
            {},
            {"pytest": 2, "debug": 2},
            0,
            "nothing to change; what 4 steps that only look would find is unknown",
        ),
    ],
)
def test_what_a_dry_run_comes_to(
    changed: dict[str, int], unknown: dict[str, int], code: int, message: str
) -> None:
    assert predicted(changed, unknown) == (code, message)
