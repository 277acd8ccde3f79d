"""What a signed-in user does, without the signing in: the testing mode stands for it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.main import app

SAMPLES = {
    "baseline": {"visits": [1.0, 2.0, 3.0, 4.0, 5.0], "age": [30.0, 40.0, 50.0, 60.0, 70.0]},
    "current": {"visits": [1.0, 2.0, 3.0, 4.0, 5.0], "age": [70.0, 75.0, 80.0, 85.0, 90.0]},
}


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


class TestPages:
    """Every page answers."""

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("/api/session/me", id="me"),
            pytest.param("/api/kpis", id="kpis"),
            pytest.param("/api/kpis/trx", id="one-kpi"),
            pytest.param("/api/kpis/summary", id="summary"),
            pytest.param("/api/kpis/summary?brand=Fabhalta", id="summary-of-brand"),
            pytest.param("/api/drift/thresholds", id="thresholds"),
            pytest.param("/api/experiments/designs", id="designs"),
            pytest.param("/api/search/sources", id="sources"),
        ],
    )
    def test_page_answers(self, client: TestClient, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 200, response.text


class TestJourneys:
    """What users come for."""

    def test_user_is_known(self, client: TestClient) -> None:
        response = client.get("/api/session/me")
        assert response.status_code == 200, response.text
        assert "admin" in response.json()["roles"]

    def test_every_kpi_can_be_opened(self, client: TestClient) -> None:
        names = client.get("/api/kpis")
        assert names.status_code == 200, names.text
        for name in names.json():
            assert client.get(f"/api/kpis/{name}").json()["name"] == name

    def test_summary_agrees_with_the_kpis(self, client: TestClient) -> None:
        summary = client.get("/api/kpis/summary", params={"brand": "Kisqali"})
        assert summary.status_code == 200, summary.text
        for name, value in summary.json()["values"].items():
            assert client.get(f"/api/kpis/{name}").json()["values"]["Kisqali"] == value

    def test_drift_is_found(self, client: TestClient) -> None:
        response = client.post("/api/drift/check", json=SAMPLES)
        assert response.status_code == 200, response.text
        assert response.json()["features_with_drift"] == ["age"]

    def test_same_samples_have_no_drift(self, client: TestClient) -> None:
        same = {"baseline": SAMPLES["baseline"], "current": SAMPLES["baseline"]}
        response = client.post("/api/drift/check", json=same)
        assert response.status_code == 200, response.text
        assert response.json()["drift_level"] == "none"

    def test_experiment_is_designed(self, client: TestClient) -> None:
        question = {"question": "Do more visits raise engagement?", "effect_size": 0.3}
        response = client.post("/api/experiments/design", json=question)
        assert response.status_code == 200, response.text
        assert response.json()["design_type"] == "rct"

    def test_cluster_experiment_is_designed(self, client: TestClient) -> None:
        question = {"question": "Does training help?", "effect_size": 0.3, "clusters": 20}
        response = client.post("/api/experiments/design", json=question)
        assert response.status_code == 200, response.text
        assert response.json()["design_type"] == "cluster_rct"

    def test_search_finds_the_brand(self, client: TestClient) -> None:
        response = client.post("/api/search", json={"text": "Fabhalta market share"})
        assert response.status_code == 200, response.text
        assert response.json()[0]["id"] == "met_001"
