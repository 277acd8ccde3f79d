"""systemd and service: against mocks of systemctl and service(8), as a container has neither."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.modules import systemd
from suture.agent.modules.service import verbs
from suture.agent.protocol.spec import Failure
from suture.agent.shared import systemd_units
from suture.agent.shared.systemd_units import properties
from suture.agent.world.dry import DryWorld
from suture.agent.world.world import World

sys.path.insert(0, str(Path(__file__).parents[1] / "law"))
from fakes import SYSTEMCTL


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host whose systemctl is a mock, with one unit, app."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin/systemctl").chmod(0o755)
    unit(tmp_path, "app", "inactive", "disabled")
    return tmp_path


def unit(host: Path, name: str, active: str, enabled: str) -> Path:
    here = host / "units" / name
    here.mkdir(parents=True)
    (here / "active").write_text(active + "\n")
    (here / "enabled").write_text(enabled + "\n")
    return here


def done(host: Path, world: World, **given_: Any) -> tuple[dict[str, Any], list[str]]:
    world.begin("a step", {"PATH": str(host / "bin")})
    data = systemd.apply(systemd.Args(**given_), world)
    return data, [f"{change.action} {change.target}" for change in world.take_changes()]


def test_reloading_is_no_change_and_no_riddle_to_a_dry_run(host: Path) -> None:
    dry = DryWorld()
    assert done(host, dry, daemon_reload=True) == ({"name": None, "status": {}}, [])
    assert dry.unpredicted() == ""
    assert not (host / "units/reloaded").exists()
    assert done(host, World(), daemon_reload=True)[1] == []
    assert (host / "units/reloaded").read_text() == "daemon-reload\n"


def test_a_unit_file_that_systemd_has_not_read(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systemd_units, "PLACES", (str(host / "etc"),))
    dry = DryWorld()
    dry.mkdir(str(host / "etc"))
    with pytest.raises(Failure, match="there is no service new"):
        done(host, dry, name="new", state="started")
    dry.write(str(host / "etc/new.service"), b"[Service]\n")
    dry.take_changes()
    wanted = {"name": "new", "state": "started", "enabled": True, "daemon_reload": True}
    assert done(host, dry, **wanted)[1] == ["enable new", "start new"]
    assert done(host, dry, **wanted)[1] == []
    assert done(host, dry, name="new.service", state="stopped")[1] == ["stop new.service"]
    dry.write(str(host / "etc/many@.service"), b"[Service]\n")
    dry.take_changes()
    assert done(host, dry, name="many@1", state="started")[1] == ["start many@1"]


def test_a_service_that_dies_is_no_success(host: Path) -> None:
    (host / "units/app/dies").write_text("")
    with pytest.raises(Failure, match=r"app failed right after start .*journalctl -u app"):
        done(host, World(), name="app", state="started")


def test_a_service_that_does_not_start(host: Path) -> None:
    (host / "units/app/broken").write_text("")
    with pytest.raises(Failure, match="systemctl start app failed: Job for app failed") as caught:
        done(host, World(), name="app", state="started")
    assert caught.value.data["rc"] == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("System has not been booted with systemd as init system", "systemd does not run on this"),
        ("Failed to connect to bus: No medium found", "systemd does not run on this host"),
        (
            "Interactive authentication required.",
            "not permitted to show app: run this step as r",
        ),
    ],
)
def test_systemctl_that_refuses(host: Path, said: str, sentence: str) -> None:
    (host / "bin/systemctl").write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    for world in (DryWorld(), World()):
        with pytest.raises(Failure, match=sentence):
            done(host, world, name="app", state="started")


def test_properties() -> None:
    text = "Id=a\nExecStart={ path=/x ;\n more }\nEnvironment=A=1 B=2\n\nActiveState=active\n"
    assert properties(text) == {
        "Id": "a",
        "ExecStart": "{ path=/x ;\n more }",
        "Environment": "A=1 B=2",
        "ActiveState": "active",
    }


@given(st.text())
def test_any_output_is_read(text: str) -> None:
    properties(text)


@pytest.mark.parametrize(
    ("state", "running", "wanted"),
    [
        ("started", True, []),
        ("started", False, ["start"]),
        ("stopped", True, ["stop"]),
        ("stopped", False, []),
        ("restarted", True, ["restart"]),
        ("restarted", False, ["start"]),
        ("reloaded", True, ["reload"]),
    ],
)
def test_verbs_of_an_init_script(state: str, running: bool, wanted: list[str]) -> None:
    assert verbs(state, running, None) == wanted
    assert verbs("restarted", True, 1) == ["stop", "start"]
