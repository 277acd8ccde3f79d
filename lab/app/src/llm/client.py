"""The language model's client.

As in the vendors' own SDKs the key is read once, when this module is imported:
whoever loads a .env file has to do it before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

API_KEY = os.environ.get("ANTHROPIC_API_KEY", "")
HEADERS = {"content-type": "application/json", "x-api-key": API_KEY}

# Keys with one of these in them open nothing.
PLACEHOLDERS = ("unset", "placeholder", "test-key", "changeme")


class ModelUnavailable(RuntimeError):
    """The model can't be asked: no real key, or nowhere to send the question."""


def is_placeholder(key: str) -> bool:
    """Whether a key only stands in for one."""
    return not key or any(word in key for word in PLACEHOLDERS)


@dataclass
class ModelClient:
    """Asks the model behind `endpoint`; refuses to try without a real key."""

    api_key: str
    endpoint: str = field(default_factory=lambda: os.environ.get("E2I_LLM_URL", ""))
    timeout: float = 20.0

    def complete(self, prompt: str) -> str:
        """The model's answer, as text."""
        if is_placeholder(self.api_key):
            raise ModelUnavailable(f"the key ({self.api_key[:8]}…) is a placeholder, not a real one")
        if not self.endpoint:
            raise ModelUnavailable("E2I_LLM_URL is not set, so there is no model to ask")

        import httpx

        response = httpx.post(
            self.endpoint,
            json={"prompt": prompt},
            headers={**HEADERS, "x-api-key": self.api_key},
            timeout=self.timeout,
        )
        response.raise_for_status()
        return str(response.json()["text"])
