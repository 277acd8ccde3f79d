"""
Conftest for the API's integration tests.

The tests talk to the application as a whole. Some of them need the database
behind it; the connection comes from a .env file or from the environment.
"""

import os

os.environ["E2I_TESTING_MODE"] = "1"

from pathlib import Path

import pytest


def _load_dotenv_if_available() -> bool:
    """Load the .env file of the application, if there is one to load."""
    try:
        from dotenv import load_dotenv
    except ImportError:
        return False
    env_path = Path(__file__).resolve().parents[3] / ".env"
    return load_dotenv(env_path) if env_path.exists() else False


# At import: the tests below this folder read their settings while they are collected
_dotenv_loaded = _load_dotenv_if_available()

# No tokens in here, unless a test is about tokens
os.environ.setdefault("E2I_TESTING_MODE", "1")


@pytest.fixture(scope="module")
def ensure_environment():
    """Skip where there is no database to talk to."""
    missing = [name for name in ("SUPABASE_URL", "SUPABASE_ANON_KEY") if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no database is configured: {' and '.join(missing)} not set")


@pytest.fixture
def strict_client():
    """A client of an application that checks tokens."""
    from fastapi.testclient import TestClient

    from src.api.main import create_app

    return TestClient(create_app(testing_mode=False))


@pytest.fixture
def live_client(ensure_environment, strict_client):
    """A client whose users and grants are in the database."""
    return strict_client
