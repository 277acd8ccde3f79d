"""Without a good token the answer is 401. No database is needed to say no."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import User, issue_token

PAGES = [
    "/api/session/me",
    "/api/kpis",
    "/api/kpis/trx",
    "/api/kpis/market-share",
    "/api/kpis/conversion",
    "/api/kpis/adherence",
    "/api/kpis/summary",
    "/api/kpis/no-such-kpi",
    "/api/drift/thresholds",
    "/api/experiments/designs",
    "/api/search/sources",
]


def _headers(problem: str) -> dict[str, str]:
    if problem == "expired":
        return {"Authorization": f"Bearer {issue_token(User('ada'), lifetime=-1)}"}
    return {} if problem == "missing" else {"Authorization": "Basic YWRhOmFkYQ=="}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rpartition("/")[2])
@pytest.mark.parametrize("problem", ["missing", "malformed", "expired"])
def test_401_without_a_good_token(strict_client: TestClient, page: str, problem: str) -> None:
    response = strict_client.get(page, headers=_headers(problem))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
