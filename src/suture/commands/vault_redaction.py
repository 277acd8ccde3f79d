"""A vault that tells what it opens, so that no output shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from suture.load.source import Opener
from suture.model import Inventory

PASSWORDS = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_private_key_passphrase",
    "ansible_ssh_private_key_passphrase",
    "ansible_become_password",
    "ansible_become_pass",
)
"""Variables that hold a secret, however they are written."""


class Telling:
    """Opens with ``vault``; ``tell`` is given every secret: a value, or each value of a file."""

    def __init__(self, vault: Opener, tell: Callable[[str], None]) -> None:
        self._vault = vault
        self._tell = tell

    def opened(self, text: str) -> str:
        """The plain text; ValueError with a sentence where it cannot be had."""
        plain = self._vault.opened(text)
        for secret in secrets_of(plain):
            self._tell(secret)
        return plain


def secrets_of(plain: str) -> Iterator[str]:
    """An opened text itself; of a file of variables each value in it."""
    yield plain
    try:
        data = yaml.safe_load(plain)
    except yaml.YAMLError:
        return
    if isinstance(data, (Mapping, list)):
        yield from _scalars(data)


def _scalars(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _scalars(value)
    elif isinstance(data, list):
        for value in data:
            yield from _scalars(value)
    elif data is not None and not isinstance(data, bool):
        yield str(data)


def passwords_in(inventory: Inventory) -> Iterator[str]:
    """The passwords that an inventory holds as plain text."""
    for host in inventory.hosts.values():
        for layer in host.layers:
            for name in PASSWORDS:
                value = layer.get(name)
                if isinstance(value, (str, int)) and "{{" not in str(value):
                    yield str(value)
