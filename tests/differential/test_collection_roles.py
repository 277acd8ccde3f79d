"""Roles of collections end alike under both tools, and leave the same behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.differential import collection_roles as roles

pytestmark = [pytest.mark.differential, pytest.mark.timeout(600)]

FETCH = "python -m tests.differential.collection_roles"


@pytest.mark.parametrize("role", roles.VARIABLES)
def test_a_role_of_a_collection_does_the_same_under_both(role: str, tmp_path: Path) -> None:
    if not (roles.COLLECTIONS / "ansible_collections").is_dir():
        pytest.skip(f"the collections are not here: {FETCH}")
    probe = ["unshare", "-mpfn", "sh", "-c", "mount -t tmpfs none /mnt && mount -t proc none /proc"]
    if os.geteuid() or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("a copy of this machine takes root and its namespaces")
    place = roles.project(role, tmp_path / "project")
    theirs, ours = roles.ansible(place), roles.suture(place)
    assert theirs.tasks, theirs.output
    assert ours.tasks == theirs.tasks, ours.output
    assert ours.left == theirs.left
