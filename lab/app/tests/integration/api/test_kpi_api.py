"""Key figures over HTTP. They come from a table in the code, not from the database."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import User, issue_token
from src.api.routes.kpis import BRANDS, KPIS


@pytest.fixture
def headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(User('cleo', ('viewer',)))}"}


@pytest.mark.parametrize("name", KPIS)
def test_every_brand_has_a_value(
    strict_client: TestClient, headers: dict[str, str], name: str
) -> None:
    assert set(strict_client.get(f"/api/kpis/{name}", headers=headers).json()["values"]) == set(BRANDS)


@pytest.mark.parametrize("brand", BRANDS)
def test_summary_has_every_figure(
    strict_client: TestClient, headers: dict[str, str], brand: str
) -> None:
    response = strict_client.get("/api/kpis/summary", params={"brand": brand}, headers=headers)
    assert set(response.json()["values"]) == set(KPIS)


def test_names_are_sorted(strict_client: TestClient, headers: dict[str, str]) -> None:
    names = strict_client.get("/api/kpis", headers=headers).json()
    assert names == sorted(names)


def test_unknown_brand(strict_client: TestClient, headers: dict[str, str]) -> None:
    response = strict_client.get("/api/kpis/summary", params={"brand": "X"}, headers=headers)
    assert response.status_code == 404


def test_unknown_figure(strict_client: TestClient, headers: dict[str, str]) -> None:
    assert strict_client.get("/api/kpis/nothing", headers=headers).status_code == 404
