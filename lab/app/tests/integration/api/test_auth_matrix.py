"""Who may do what: every role against every endpoint, with the grants in the database."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import User, issue_token

QUESTION = {"question": "Do more visits raise engagement?", "effect_size": 0.3}
SAMPLES = {"baseline": {"visits": [1.0, 2.0]}, "current": {"visits": [1.0, 2.0]}}

# name → (method, path, body, roles that may)
EVERYBODY = ("admin", "analyst", "viewer", "auditor", "guest")
ENDPOINTS: dict[str, tuple[str, str, object, tuple[str, ...]]] = {
    "me": ("get", "/api/session/me", None, EVERYBODY),
    "kpis": ("get", "/api/kpis", None, EVERYBODY),
    "trx": ("get", "/api/kpis/trx", None, EVERYBODY),
    "adherence": ("get", "/api/kpis/adherence", None, EVERYBODY),
    "conversion": ("get", "/api/kpis/conversion", None, EVERYBODY),
    "summary": ("get", "/api/kpis/summary", None, EVERYBODY),
    "thresholds": ("get", "/api/drift/thresholds", None, EVERYBODY),
    "check": ("post", "/api/drift/check", SAMPLES, ("analyst",)),
    "designs": ("get", "/api/experiments/designs", None, EVERYBODY),
    "design": ("post", "/api/experiments/design", QUESTION, ("analyst",)),
    "sources": ("get", "/api/search/sources", None, EVERYBODY),
    "search": ("post", "/api/search", {"text": "visits"}, EVERYBODY),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("role", EVERYBODY)
def test_auth_follows_the_grants(live_client: TestClient, role: str, endpoint: str) -> None:
    method, path, body, allowed = ENDPOINTS[endpoint]
    headers = {"Authorization": f"Bearer {issue_token(User(role, (role,)))}"}
    response = live_client.request(method, path, json=body, headers=headers)
    assert response.status_code == (200 if role in allowed else 403)
