"""apt: apt-get's simulation as rows, dpkg's listing, and one real simulated run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.modules import apt
from suture.agent.protocol.spec import Failure
from suture.agent.shared.apt_output import installed, moves, parts
from suture.agent.world.dry import DryWorld

SIMULATION = """Reading package lists...
Remv old [1.0]
Inst lib [1.4] (1.5 Debian:12.5/stable [amd64]) []
Inst app (2.0-1+b1 Debian:12.5/stable [amd64])
Conf lib (1.5 Debian:12.5/stable [amd64])
Purg gone [3]
"""


def test_moves() -> None:
    found = [tuple(row.values()) for row in moves(SIMULATION, ["app=2.*"])]
    assert found == [
        ("app", "", "2.0-1+b1", "app"),
        ("gone", "3", "", ""),
        ("lib", "1.4", "1.5", ""),
        ("old", "1.0", "", ""),
    ]


@given(st.text())
def test_any_output_is_read(text: str) -> None:
    moves(text, [])
    installed(text)


def test_installed() -> None:
    listing = "a\tii \t1.0\nb:i386\tii \t2\nc\trc \t1\nd\tun \t\ne\thi \t5\n"
    assert installed(listing) == {"a": "1.0", "b:i386": "2", "c": "", "e": "5"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("a", ("a", "")),
        ("a=1.*", ("a", "1.*")),
        ("a:i386=2", ("a:i386", "2")),
        ("a/sid", ("a", "")),
    ],
)
def test_parts(spec: str, wanted: tuple[str, str]) -> None:
    assert parts(spec) == wanted


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt-get")
def test_the_real_apt_get_simulates() -> None:
    """Nothing is installed: the dry world only asks apt-get and dpkg what they would do."""

    class Asking(DryWorld):
        def query(self, *argv: str, **how: Any) -> Any:
            asked.append(argv)
            return super().query(*argv, **how)

    asked: list[Any] = []
    world = Asking()
    listing = subprocess.run(["dpkg-query", "-W"], capture_output=True, text=True, check=True)
    data = apt.apply(apt.Args(name=["dpkg", "base-files"]), world)
    assert data["resolution"] == []
    assert all("dpkg-query" in argv[0] for argv in asked), "what is there needs no simulation"
    try:
        apt.apply(apt.Args(name=["base-files"], state="latest"), world)
    except Failure as error:
        assert os.geteuid() and "only root may change packages" in str(error)
    assert any("--simulate" in argv for argv in asked)
    now = subprocess.run(["dpkg-query", "-W"], capture_output=True, text=True, check=True)
    assert now.stdout == listing.stdout
