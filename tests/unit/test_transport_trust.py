"""What a known_hosts file vouches for, read for one host only, is what Paramiko reads in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from paramiko import Ed25519Key, HostKeys

from suture.connect import transport
from suture.connect.transport import _trust

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9F3tcKrf5MYnAkVt3BPM4EcBaGZ7hJkHVmCw1vVYqA"
LINES = f"""\
# a comment
foo,[bar]:2222 {KEY}
other {OTHER}
{HostKeys.hash_host("qux")} {OTHER}
|1|broken|hash {KEY}
baz ssh-ed25519 AAAAbroken
two ssh-unheard-of AAAA
two {KEY}
a line of no sense
"""


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("foo", 22, KEY),
        ("foo", 2222, ""),
        ("bar", 2222, KEY),
        ("bar", 22, ""),
        ("qux", 22, OTHER),
        ("two", 22, KEY),
        ("baz", 22, ""),
        ("gone", 22, ""),
    ],
)
def test_a_host_is_trusted_by_its_own_lines(
    tmp_path: Path, host: str, port: int, expected: str
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(LINES)
    keys = HostKeys()
    _trust(keys, file, host, port)
    name = host if port == 22 else f"[{host}]:{port}"
    found = keys.lookup(name)
    if not expected:
        assert found is None
        return
    assert found is not None
    key = found["ssh-ed25519"]
    assert isinstance(key, Ed25519Key)
    assert key.get_base64() == expected.split()[1]


def test_connections_leave_the_config_that_they_share_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Invoke merges a config anew it is empty, and whoever reads it then finds nothing."""
    config = transport._config()
    merged: list[object] = []
    monkeypatch.setattr(type(config), "merge", merged.append)
    connection = transport._connection_type()("host", user="somebody", config=config)
    assert connection.host == "host"
    assert not merged
