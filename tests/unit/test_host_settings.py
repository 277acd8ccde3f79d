"""What ssh_config says of a host, read here or asked of ssh, and what of it Paramiko lacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from suture.connect import host_settings
from suture.connect.host_settings import HostSettings, keywords, settings_of
from suture.connect.target import Target
from suture.errors import Unreachable

needs_ssh = pytest.mark.skipif(not shutil.which("ssh"), reason="ssh says what holds")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(host_settings, "SYSTEM_CONFIG", str(tmp_path / "no_system_config"))
    monkeypatch.delenv("KRB5CCNAME", raising=False)
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def config(home: Path, text: str) -> None:
    path = home / ".ssh" / "config"
    path.write_text(text)
    path.chmod(0o600)


PLAIN = """\
# mine
Host web w*
  HostName 192.0.2.7
  Port=2222
  User deploy
  IdentityFile ~/.ssh/%h_key
  IdentitiesOnly yes
  HostKeyAlias web-alias
  UserKnownHostsFile ~/.ssh/a "~/.ssh/b c"
  StrictHostKeyChecking no
  ServerAliveInterval 5
Host jumped
  ProxyJump me@bastion:2200
Host through
  ProxyCommand nc -x proxy:%p %h %p
"""


def test_without_any_file_the_defaults_hold(home: Path) -> None:
    assert settings_of(Target("x", "x.example")) == HostSettings("x.example")
    known = Target("x", "x.example", port=2, user="me", keys=("~/k",))
    assert settings_of(known) == HostSettings("x.example", 2, "me", (str(home / "k"),))


@needs_ssh
@pytest.mark.parametrize("name", ["web", "jumped", "through", "other"])
@pytest.mark.parametrize("given", [{}, {"port": 24, "user": "root"}])
def test_what_is_read_here_is_what_ssh_says(
    home: Path, name: str, given: dict[str, object]
) -> None:
    config(home, PLAIN)
    target = Target("inventory-name", name, **given)  # type: ignore[arg-type]
    read, asked = settings_of(target), settings_of(target, ask=True)
    assert read == asked
    assert read.beyond == ()
    if name == "web" and not given:
        assert read == HostSettings(
            "192.0.2.7",
            2222,
            "deploy",
            (f"{home}/.ssh/192.0.2.7_key",),
            only_keys=True,
            alias="web-alias",
            users_files=("~/.ssh/a", "~/.ssh/b c"),
            checking="no",
        )
    if name == "through":
        port = given.get("port", 22)
        assert read.proxy == f"nc -x proxy:{port} through {port}"


@needs_ssh
@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("Match host x.example\n  User m\n", ()),
        ("Match exec true\n  BindAddress 127.0.0.1\n", ("bindaddress",)),
        ("CertificateFile ~/.ssh/c\n", ("certificatefile",)),
        ("Ciphers aes256-ctr\n", ("ciphers",)),
        ("RevokedHostKeys ~/.ssh/krl\n", ("revokedhostkeys",)),
        ("PKCS11Provider /lib/x.so\n", ("pkcs11provider",)),
        ("ControlMaster auto\nCompression yes\nSendEnv LANG\n", ()),
        ("GSSAPIAuthentication yes\n", ()),
        ("Host other\n  Ciphers aes256-ctr\n", ()),
    ],
)
def test_what_paramiko_lacks_is_named(home: Path, text: str, beyond: tuple[str, ...]) -> None:
    config(home, text)
    assert settings_of(Target("x", "x.example")).beyond == beyond


def test_without_ssh_what_is_not_read_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_settings, "ssh_program", lambda: "")
    config(home, "Match all\n  Ciphers aes256-ctr\nHost x.example\n  Port 3\n")
    assert settings_of(Target("x", "x.example", keys=("/k",))).beyond == ("ciphers", "match")
    with pytest.raises(Unreachable, match="no ssh program on this machine"):
        settings_of(Target("x", "x.example", ssh_args=("-o Port=4",)))


def test_an_include_counts_where_it_brings_something(tmp_path: Path) -> None:
    def said(name: str, text: str, inner: str = "") -> bool:
        folder = tmp_path / name / ".ssh" / "conf.d"
        folder.mkdir(parents=True)
        (folder.parent / "config").write_text(text)
        if inner:
            (folder / "a").write_text(inner)
        return "include" in keywords(str(tmp_path / name))

    assert not said("empty", "Include conf.d/*\n")
    assert not said("comments", "Include conf.d/*\n", "# nothing\n")
    assert said("full", "Include conf.d/*\n", "Host a\n  Port 3\n")
    assert said("quoted", 'include="conf.d/a"\n', "Port 3\n")
    assert not said("circle", "Include config\n")
