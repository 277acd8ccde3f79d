"""Signing in, and what needs no signing in: the same in either mode."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from src.api.dependencies.auth import InvalidToken, User, issue_token, read_token
from src.api.main import app


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


class TestLogin:
    @pytest.mark.parametrize(
        ("name", "password"),
        [("ada", "wrong"), ("ben", ""), ("nobody", "correct horse"), ("ADA", "correct horse")],
    )
    def test_wrong_credentials_are_401(
        self, client: TestClient, name: str, password: str
    ) -> None:
        response = client.post("/api/session/login", json={"name": name, "password": password})
        assert response.status_code == 401

    @pytest.mark.parametrize(
        ("name", "password", "roles"),
        [
            ("ada", "correct horse", ("admin", "analyst", "viewer")),
            ("ben", "battery staple", ("analyst", "viewer")),
            ("cleo", "look only", ("viewer",)),
        ],
    )
    def test_token_says_who_and_what(
        self, client: TestClient, name: str, password: str, roles: tuple[str, ...]
    ) -> None:
        response = client.post("/api/session/login", json={"name": name, "password": password})
        assert read_token(response.json()["token"]) == User(name, roles)


class TestTokens:
    def test_forged_signature(self) -> None:
        body = issue_token(User("ada")).rpartition(".")[0]
        with pytest.raises(InvalidToken, match="signature"):
            read_token(f"{body}.{'A' * 43}")

    def test_expired(self) -> None:
        with pytest.raises(InvalidToken, match="expired"):
            read_token(issue_token(User("ada"), lifetime=-1))

    def test_somebody_elses_claims(self) -> None:
        ada, ben = issue_token(User("ada", ("admin",))), issue_token(User("ben"))
        with pytest.raises(InvalidToken, match="signature"):
            read_token(".".join([*ada.split(".")[:2], ben.split(".")[2]]))


class TestPublic:
    @pytest.mark.parametrize("path", ["/health", "/ready"])
    def test_needs_no_token(self, client: TestClient, path: str) -> None:
        assert client.get(path).status_code == 200

    def test_unknown_page_is_404_before_401(self, client: TestClient) -> None:
        assert client.get("/api/nothing/here").status_code == 404
