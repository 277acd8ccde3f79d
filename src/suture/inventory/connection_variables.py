"""The variables that say how a host is reached: of which type each is, and what it is when read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

YES = frozenset(("yes", "on", "true", "y", "t", "1"))
NO = frozenset(("no", "off", "false", "n", "f", "0"))
MOST_SECONDS = 7 * 24 * 3600


def port(value: Any) -> int:
    """A TCP port."""
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise ValueError("has to be a port, a number from 1 to 65535")
    if len(text) > 5 or not 1 <= int(text) <= 65535:
        raise ValueError("is no port: those go from 1 to 65535")
    return int(text)


def truth(value: Any) -> bool:
    """Whether something holds, in any of the words that Ansible has for it."""
    text = str(value).strip().lower()
    if text not in YES | NO:
        raise ValueError("has to be yes or no")
    return text in YES


def seconds(value: Any) -> float:
    """A time to wait."""
    try:
        found = float(value) if not isinstance(value, bool) else 0.0
    except (TypeError, ValueError):
        found = 0.0
    if not 0 < found <= MOST_SECONDS:
        raise ValueError("has to be a number of seconds, more than 0")
    return found


def text(value: Any) -> str:
    """Text, which a number may stand for."""
    if isinstance(value, (Mapping, list, tuple, bool)):
        raise ValueError("has to be text")
    if "\0" in str(value) or "\n" in str(value).strip("\n"):
        raise ValueError("has to be text of one line")
    return value if isinstance(value, str) else str(value)


def address(value: Any) -> str:
    """A host's name or address."""
    found = text(value).strip()
    if found.startswith("-") or any(sign.isspace() for sign in found):
        raise ValueError("has to be a host's name or address, without spaces or a '-' at its start")
    return found


def disconnecting(value: Any) -> str:
    """What an agent does while its controller is away."""
    if value not in ("hold", "finish"):
        raise ValueError("has to be hold or finish")
    return str(value)


CONNECTION: Mapping[str, Callable[[Any], Any]] = {
    "ansible_host": address,
    "ansible_ssh_host": address,
    "ansible_port": port,
    "ansible_ssh_port": port,
    "ansible_user": text,
    "ansible_ssh_user": text,
    "ansible_password": text,
    "ansible_ssh_pass": text,
    "ansible_ssh_password": text,
    "ansible_connection": text,
    "ansible_python_interpreter": text,
    "ansible_ssh_private_key_file": text,
    "ansible_private_key_file": text,
    "ansible_private_key_passphrase": text,
    "ansible_ssh_private_key_passphrase": text,
    "ansible_host_key_checking": truth,
    "ansible_ssh_host_key_checking": truth,
    "ansible_timeout": seconds,
    "ansible_ssh_timeout": seconds,
    "ansible_ssh_args": text,
    "ansible_ssh_common_args": text,
    "ansible_ssh_extra_args": text,
    "suture_idle_timeout": seconds,
    "suture_lease": seconds,
    "suture_on_disconnect": disconnecting,
    "suture_known_hosts": text,
    "suture_rehearse_in": text,
}
"""Each with what makes its value of what was written; that raises ValueError with a sentence's end."""


def converted(name: str, value: Any) -> Any:
    """The value as its variable is meant; ValueError with a sentence where it cannot be."""
    try:
        return CONNECTION[name](value)
    except ValueError as error:
        shown = "" if "pass" in name else f" '{value}'"
        raise ValueError(f"{name}{shown} {error}") from None


def complaint(name: str, value: Any) -> str:
    """What is wrong with a connection variable as it was written; nothing for all others, and for
    those that a template gives."""
    if name not in CONNECTION or value in (None, "") or "{{" in str(value):
        return ""
    try:
        converted(name, value)
    except ValueError as error:
        return str(error)
    return ""
