"""The vault: what is sealed is opened, by Ansible's own too, and by no other password."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.errors import SutureError
from suture.load.vault import Password, Vault, password_file, sealed, vault_of

SALT = bytes(range(32))


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=40), st.binary(min_size=1, max_size=20))
def test_what_is_sealed_is_opened(text: str, secret: bytes) -> None:
    password = Password(secret)
    assert Vault([password]).opened(sealed(text, password)) == text


def test_ansible_opens_ours_and_we_open_its() -> None:
    from ansible.parsing.vault import VaultLib, VaultSecret

    theirs = VaultLib([("dev", VaultSecret(b"pw"))])
    password = Password(b"pw", "dev")
    assert theirs.decrypt(sealed("grüße\n", password)) == "grüße\n".encode()
    text = theirs.encrypt("theirs\n", VaultSecret(b"pw"), "dev").decode()
    assert Vault([Password(b"other"), password]).opened(text) == "theirs\n"


def test_formats_and_shape() -> None:
    plain = sealed("x", Password(b"pw"), SALT)
    assert plain.startswith("$ANSIBLE_VAULT;1.1;AES256\n") and plain.endswith("\n")
    assert max(map(len, plain.splitlines())) == 80
    assert sealed("x", Password(b"pw", "me"), SALT).startswith("$ANSIBLE_VAULT;1.2;AES256;me\n")
    assert sealed("x", Password(b"pw"), SALT) == plain, "the same salt, the same text"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "no vault text"),
        ("$ANSIBLE_VAULT;1.0;AES\n00", "no vault text"),
        ("$ANSIBLE_VAULT;1.1;ROT13\n00", "the cipher ROT13 is not supported"),
        ("$ANSIBLE_VAULT;1.1;AES256\n00zz", "damaged"),
        ("$ANSIBLE_VAULT;1.1;AES256\n0a0a", "no password opens this value"),
        ("$ANSIBLE_VAULT;1.1;AES256\n", "damaged"),
        (sealed("x", Password(b"other", "prod"), SALT), "no password of 'prod' opens this value"),
    ],
)
def test_what_cannot_be_opened_says_why(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Vault([Password(b"pw")]).opened(text)


def test_a_changed_text_is_refused() -> None:
    text = sealed("secret", Password(b"pw"), SALT)
    flipped = text[:-2] + ("0" if text[-2] != "0" else "1") + "\n"
    with pytest.raises(ValueError, match=r"no password|damaged"):
        Vault([Password(b"pw")]).opened(flipped)


def test_the_password_comes_from_a_file_or_a_program(tmp_path: Path) -> None:
    file = tmp_path / "pw"
    file.write_text("sesame\n")
    assert password_file(file).secret == b"sesame"
    program = tmp_path / "ask"
    program.write_text("#!/bin/sh\necho from program\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert password_file(program, "x") == Password(b"from program", "x")
    assert "sesame" not in repr(password_file(file))


def test_no_password_file_no_vault(tmp_path: Path) -> None:
    assert vault_of("", {}) is None
    (tmp_path / "pw").write_text("x")
    found = vault_of("", {"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "pw")})
    assert found is not None and found.passwords[0].secret == b"x"


def test_a_password_file_that_is_of_no_use(tmp_path: Path) -> None:
    with pytest.raises(SutureError, match="cannot be read: no such file"):
        password_file(tmp_path / "no")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SutureError, match="is empty"):
        password_file(tmp_path / "empty")
    (tmp_path / "bad").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    (tmp_path / "bad").chmod(0o700)
    with pytest.raises(SutureError, match="failed: broken"):
        password_file(tmp_path / "bad")
