"""The application object."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import TEST_USER
from src.api.main import VERSION, app, create_app

PATHS = [
    "/health",
    "/ready",
    "/api/session/login",
    "/api/session/me",
    "/api/kpis",
    "/api/drift/check",
    "/api/experiments/design",
    "/api/search",
]


@pytest.mark.parametrize("path", PATHS)
def test_path_is_served(path: str) -> None:
    assert path in app.openapi()["paths"]


def test_version() -> None:
    assert app.version == VERSION


@pytest.mark.parametrize("path", ["/api/kpis", "/api/session/me", "/api/search/sources"])
def test_testing_mode_needs_no_token(path: str) -> None:
    assert TestClient(create_app(testing_mode=True)).get(path).status_code == 200


def test_testing_mode_has_its_user() -> None:
    me = TestClient(create_app(testing_mode=True)).get("/api/session/me").json()
    assert me["name"] == TEST_USER.name


@pytest.mark.parametrize("path", ["/api/kpis", "/api/session/me", "/api/search/sources"])
def test_strict_mode_needs_a_token(path: str) -> None:
    assert TestClient(create_app(testing_mode=False)).get(path).status_code == 401
