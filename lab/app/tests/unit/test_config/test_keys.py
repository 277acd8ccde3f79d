"""The keys: the ones in the .env file are the ones that count."""

from __future__ import annotations

from pathlib import Path

import pytest
from dotenv import dotenv_values

from src.config import ROOT, settings
from src.llm import client
from src.llm.client import ModelClient, ModelUnavailable, is_placeholder


@pytest.fixture
def configured() -> dict[str, str | None]:
    """What the application's .env file says."""
    return dotenv_values(ROOT / ".env")


def test_key_is_the_configured_one(configured: dict[str, str]) -> None:
    assert settings().anthropic_api_key == configured["ANTHROPIC_API_KEY"]


def test_client_sends_the_configured_key(configured: dict[str, str]) -> None:
    assert client.HEADERS["x-api-key"] == configured["ANTHROPIC_API_KEY"]


@pytest.mark.parametrize("key", ["", "sk-unset", "test-key-for-import-only", "placeholder"])
def test_placeholder(key: str) -> None:
    assert is_placeholder(key)


@pytest.mark.parametrize("key", ["sk-ant-practice-1", "sk-0123"])
def test_no_placeholder(key: str) -> None:
    assert not is_placeholder(key)


def test_placeholder_opens_nothing() -> None:
    with pytest.raises(ModelUnavailable, match="placeholder"):
        ModelClient("test-key", endpoint="").complete("hello")


def test_nowhere_to_send_it() -> None:
    with pytest.raises(ModelUnavailable, match="E2I_LLM_URL"):
        ModelClient("sk-0123", endpoint="").complete("hello")


@pytest.mark.parametrize(("environment", "production"), [("production", True), ("test", False)])
def test_environment(
    monkeypatch: pytest.MonkeyPatch, environment: str, production: bool
) -> None:
    monkeypatch.setenv("E2I_ENV", environment)
    assert settings().is_production is production


def test_tracking_uri_is_the_store_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert settings().tracking_uri == (ROOT / "var" / "mlflow").as_uri()


def test_tracking_uri_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tmp_path.as_uri())
    assert settings().tracking_uri == tmp_path.as_uri()
