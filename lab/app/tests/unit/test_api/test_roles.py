"""Roles: who may do what, whichever mode the application was imported in."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import InvalidToken, User, bearer, issue_token
from src.api.main import create_app

SAMPLES = {"baseline": {"visits": [1.0, 2.0]}, "current": {"visits": [1.0, 2.0]}}


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app(testing_mode=False))


@pytest.mark.parametrize(
    ("roles", "status"),
    [(("analyst",), 200), (("viewer", "analyst"), 200), (("viewer",), 403), ((), 403)],
)
def test_only_analysts_check_for_drift(
    client: TestClient, roles: tuple[str, ...], status: int
) -> None:
    headers = {"Authorization": f"Bearer {issue_token(User('ben', roles))}"}
    assert client.post("/api/drift/check", json=SAMPLES, headers=headers).status_code == status


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_in_any_case(scheme: str) -> None:
    assert bearer(f"{scheme} {issue_token(User('ada'))}").name == "ada"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
def test_no_bearer_token(header: str | None) -> None:
    with pytest.raises(InvalidToken, match="no bearer token"):
        bearer(header)
