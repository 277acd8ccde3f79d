"""What everybody may see."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.main import VERSION, app


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


def test_health_is_ok(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_is_ready(client: TestClient) -> None:
    assert client.get("/ready").json() == {"ready": True}


def test_documentation_is_served(client: TestClient) -> None:
    assert "swagger" in client.get("/docs").text.lower()


def test_schema_has_the_version(client: TestClient) -> None:
    assert client.get("/openapi.json").json()["info"]["version"] == VERSION


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_health_is_read_only(client: TestClient, method: str) -> None:
    assert client.request(method, "/health").status_code == 405
