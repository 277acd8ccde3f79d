"""What known_hosts files say of a host is what OpenSSH reads in them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from paramiko import HostKeys

from suture.connect import fabric_link
from suture.connect.host_key import HostKey, accepted, noted
from suture.connect.known_hosts import KeyTrust, host_name, vouching

A = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
B = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9F3tcKrf5MYnAkVt3BPM4EcBaGZ7hJkHVmCw1vVYqA"
SK = (
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIFm1vYz0s6mV9mGQ0c4M4"
    "mJXjHk1o4h2wzv1n3i0ZyQxAAAABHNzaDo="
)
LINES = f"""\
# a comment
foo,[bar]:2222 {A}
other {B} with a comment
{HostKeys.hash_host("qux")} {B}
{HostKeys.hash_host("[hidden]:2222")} {A}
|1|broken|hash {A}
baz ssh-ed25519 AAAAbroken
mixed ssh-rsa {A.split()[1]}
two ssh-unheard-of AAAA
two {A}
a line of no sense
*.corp.example,!bad.corp.example {A}
!bad.*,ba?.example {B}
[10.0.0.*]:2222 {A}
Capital {A}
\ttabs\t{A}
sk.example {SK}
odd[12].example {A}
@cert-authority *.ca.example {B}
@revoked * {B}
@unheard-of marked {A}
"""
_NAMES = """
foo [foo]:2222 [bar]:2222 bar other qux [hidden]:2222 hidden two gone a
web.corp.example bad.corp.example WEB.Corp.Example corp.example bar.example bad.example ba.example
[10.0.0.7]:2222 [10.0.0.7]:2223 10.0.0.7 capital CAPITAL tabs sk.example odd1.example odd[12].example
x.ca.example marked
"""
NAMES = _NAMES.split()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "known_hosts"
    made.write_text(LINES)
    return made


def split(name: str) -> tuple[str, int]:
    """The address and port that a name in known_hosts stands for."""
    host, bracket, port = name.removeprefix("[").rpartition("]:")
    return (host, int(port)) if bracket else (name, 22)


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen says what is right")
@pytest.mark.parametrize("name", NAMES)
def test_the_lines_that_name_a_host_are_those_that_ssh_keygen_finds(file: Path, name: str) -> None:
    told = subprocess.run(
        ["ssh-keygen", "-F", name.lower(), "-f", file], check=False, capture_output=True, text=True
    )
    lines = {
        int(line.split()[5])
        for line in told.stdout.split("\n")
        if line.startswith("# Host ") and " found: line " in line
    }
    address, port = split(name)
    assert host_name(address, port) == name.lower()
    found = vouching([str(file)], address, port)
    said = (*found.known, *found.revoked, *found.authorities)
    assert {line.number for line in said if line not in found.elsewhere} == lines


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("foo", A, KeyTrust.KNOWN),
        ("[foo]:2222", A, KeyTrust.KNOWN),  # OpenSSH: "found matching key w/out port"
        ("[bar]:2222", A, KeyTrust.KNOWN),
        ("bar", A, KeyTrust.UNKNOWN),
        ("other", B, KeyTrust.REVOKED),
        ("foo", B, KeyTrust.REVOKED),
        ("gone", B, KeyTrust.REVOKED),
        ("gone", A, KeyTrust.UNKNOWN),
        ("foo", A[:-2] + "Jm", KeyTrust.CHANGED),
        ("[foo]:2222", A[:-2] + "Jm", KeyTrust.UNKNOWN),
        ("baz", A, KeyTrust.UNKNOWN),
        ("mixed", A, KeyTrust.UNKNOWN),
        ("sk.example", A, KeyTrust.UNKNOWN),
        ("sk.example", SK, KeyTrust.KNOWN),
        ("x.ca.example", A, KeyTrust.UNKNOWN),
    ],
)
def test_a_key_is_judged(file: Path, name: str, key: str, expected: KeyTrust) -> None:
    found = vouching([str(file), "/nowhere/known_hosts"], *split(name))
    assert found.verdict(*key.split()[:2]) is expected


def test_an_alias_stands_for_the_host_and_its_port(file: Path) -> None:
    assert vouching([str(file)], "192.0.2.1", 2222, "Foo").verdict(*A.split()) is KeyTrust.KNOWN
    assert vouching([str(file)], "foo", 22, "192.0.2.1").verdict(*A.split()) is KeyTrust.UNKNOWN


def test_a_file_is_read_again_when_it_has_changed(file: Path) -> None:
    assert not vouching([str(file)], "later", 22).known
    with file.open("a") as more:
        more.write(f"later {A}\n")
    assert vouching([str(file)], "later", 22).known


def test_an_accepted_key_replaces_the_hosts_own_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"
    kind, old = B.split()
    noted(HostKey("web", kind, old), file)
    noted(HostKey("db", kind, old), file)
    with file.open("a") as more:
        more.write("# mine\n@revoked web ssh-ed25519 AAAA\nweb,app ssh-ed25519 AAAA\n")
    accepted(HostKey("web", *A.split()), file)
    assert file.read_text() == (
        f"db {B}\n# mine\n@revoked web ssh-ed25519 AAAA\nweb,app ssh-ed25519 AAAA\nweb {A}\n"
    )
    assert file.stat().st_mode & 0o777 == 0o600


def test_connections_leave_the_config_that_they_share_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While Invoke merges a config anew it is empty, and whoever reads it then finds nothing."""
    config = fabric_link._config()
    merged: list[object] = []
    monkeypatch.setattr(type(config), "merge", merged.append)
    connection = fabric_link._connection_type()("host", user="somebody", config=config)
    assert connection.host == "host"
    assert not merged
