"""user: what is to hold, as far as the arguments say so."""

from __future__ import annotations

from typing import Any

import pytest

from suture.agent.modules.user import Args, fresh, goal

ADA: dict[str, Any] = {"uid": 1000, "gid": 1000, "groups": ["adm", "wheel"], "password": "x"}


@pytest.mark.parametrize(
    ("given", "found", "wanted"),
    [
        ({}, None, {}),
        ({"uid": 5, "comment": ""}, None, {"uid": 5, "comment": ""}),
        ({"groups": ["b", "a"]}, ADA, {"groups": ["a", "b"]}),
        ({"groups": ["b"], "append": True}, ADA, {"groups": ["adm", "b", "wheel"]}),
        ({"groups": [""]}, ADA, {"groups": []}),
        ({"password": "y"}, ADA, {"password": "y"}),
        ({"password": "y", "update_password": "on_create"}, ADA, {}),
        ({"password": "y", "update_password": "on_create"}, None, {"password": "y"}),
        ({"expires": 86400.0 * 3 + 5}, ADA, {"expires": 3}),
        ({"expires": -1.0}, ADA, {"expires": None}),
        ({"password_lock": False}, ADA, {"locked": False}),
    ],
)
def test_goal(given: dict[str, Any], found: dict[str, Any] | None, wanted: dict[str, Any]) -> None:
    assert goal(Args(name="ada", **given), found, None) == wanted


def test_a_fresh_user_ages_as_the_host_says() -> None:
    found = fresh(b"# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t365\nPASS_MIN_DAYS 0\nUMASK 022\n")
    assert found["password_expire_max"] == 365
    assert found["password_expire_min"] == 0
    assert "password_expire_warn" not in found
    assert fresh(None)["password"] == "!"
