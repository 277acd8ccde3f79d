"""The password lookup makes a password once, keeps it, and writes nothing in a dry run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suture.errors import UnknownValue
from suture.secrets import Secret
from suture.templating.rendering import render
from suture.variables.scope import Precedence, Scope


def looked_up(folder: Path, term: str, dry: bool = False, **options: Any) -> Any:
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    names = {"playbook_dir": str(folder), "ansible_check_mode": dry}
    return render(
        f"{{{{ lookup('password', {term!r}{given}) }}}}",
        Scope().with_layer(Precedence.MAGIC, names),
    )


def test_a_password_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    made = looked_up(tmp_path, "a/b c length=12 chars=ascii_lowercase,-")
    assert len(made) == 12
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz-")
    assert isinstance(made, Secret)
    assert (tmp_path / "a" / "b c").read_text() == f"{made}\n"
    assert (tmp_path / "a" / "b c").stat().st_mode & 0o777 == 0o600
    assert looked_up(tmp_path, "a/b c", length=30) == made


def test_what_is_hashed_keeps_its_salt(tmp_path: Path) -> None:
    first = looked_up(tmp_path, "p", encrypt="sha512_crypt")
    text = (tmp_path / "p").read_text()
    password, salt = text.rstrip("\n").split(" salt=")
    assert first.startswith("$6$")
    assert f"${salt}$" in first
    assert looked_up(tmp_path, "p encrypt=sha512_crypt") == first
    assert looked_up(tmp_path, "p") == password
    assert (tmp_path / "p").read_text() == text


def test_a_dry_run_writes_nothing_and_does_not_guess(tmp_path: Path) -> None:
    with pytest.raises(UnknownValue):
        looked_up(tmp_path, "p", dry=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "p").write_text("there\n")
    assert looked_up(tmp_path, "p", dry=True) == "there"
    with pytest.raises(UnknownValue):
        looked_up(tmp_path, "p", dry=True, encrypt="sha512_crypt")
    assert (tmp_path / "p").read_text() == "there\n"
