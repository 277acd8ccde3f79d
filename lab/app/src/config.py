"""Settings of the application, read from the environment when somebody asks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """What the environment says now."""

    environment: str
    anthropic_api_key: str
    jwt_secret: str
    tracking_uri: str

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


def settings() -> Settings:
    """The settings in force; never cached, so a changed environment is seen."""
    return Settings(
        environment=os.environ.get("E2I_ENV", "development"),
        anthropic_api_key=os.environ.get("ANTHROPIC_API_KEY", ""),
        jwt_secret=os.environ.get("E2I_JWT_SECRET", "development-only"),
        tracking_uri=os.environ.get("MLFLOW_TRACKING_URI", (ROOT / "var" / "mlflow").as_uri()),
    )
