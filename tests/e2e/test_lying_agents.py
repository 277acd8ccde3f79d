"""Hosts that lie, through the real command line: nothing that they say steers this machine."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.droplet import Login
from tests.e2e.command_line import Done, Project
from tests.lying import FINE, liar

pytestmark = pytest.mark.e2e

EVIL = b"ssh-ed25519 AAAA evil"


@pytest.fixture
def operator(tmp_path: Path) -> Project:
    """A project, and beside it a home directory that is nobody else's business."""
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return Project(
        root, Login("127.0.0.1", 1, "u", "", "", "python3", ""), {"HOME": str(root.parent / "home")}
    )


def hosts(project: Project, **interpreters: str) -> None:
    told = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": path}
        for name, path in interpreters.items()
    }
    project.write("inventory.yml", yaml.safe_dump({"all": {"hosts": told}}))


def files(folder: Path) -> set[str]:
    """Every file below a folder, but for the project's own records."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    return {path for path in found if ".suture" not in path and not path.startswith("project/play")}


def answer(content: bytes = EVIL, **told: Any) -> dict[str, Any]:
    data = {
        "content": base64.b64encode(content).decode(),
        "checksum": hashlib.sha1(content).hexdigest(),
        **told,
    }
    return {"event": "result", "id": "$id", "status": "ok", "data": data}


def fetching(project: Project, lie: Any, src: str = "/etc/motd", **args: Any) -> Done:
    hosts(project, db3=liar(project.root.parent, lie))
    task = {"fetch": {"src": src, "dest": "got/", **args}, "name": "take it"}
    return project.run(
        yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]), "--json"
    )


def test_what_the_host_says_of_dest_and_flat_counts_for_nothing(operator: Project) -> None:
    home = operator.root.parent / "home"
    before = files(operator.root.parent)
    keys = home / ".ssh" / "authorized_keys"
    done = fetching(operator, answer(dest=str(keys), flat=True, src="/etc/motd"))
    assert done.code == 0, done.err
    new = files(operator.root.parent) - before - {"liar", "liar.json"}
    assert new == {"project/inventory.yml", "project/got/db3/etc/motd"}
    (step,) = done.steps()
    assert step["data"]["dest"] == "got/db3/etc/motd"


@pytest.mark.parametrize(
    "said",
    [
        "/../../../../home/.ssh/authorized_keys",
        "../home/.ssh/authorized_keys",
        "/a/\0b",
        "/a/b\nc",
        "",
        7,
    ],
)
def test_a_path_that_only_the_host_knows_stays_inside_too(operator: Project, said: Any) -> None:
    before = files(operator.root.parent)
    done = fetching(operator, answer(src=said), src="~/motd")
    new = files(operator.root.parent) - before - {"liar", "liar.json", "project/inventory.yml"}
    assert not new
    assert done.code in (1, 4)
    assert len(done.finished["message"] or done.steps()[0]["message"] or done.err) > 0


def test_a_home_that_only_the_host_knows_is_a_folder_of_the_destination(operator: Project) -> None:
    done = fetching(operator, answer(src="/home/ada/motd"), src="~/motd")
    assert done.code == 0
    assert (operator.root / "got/db3/home/ada/motd").read_bytes() == EVIL


@pytest.mark.parametrize("kind", ["link", "folder link", "device"])
def test_nothing_but_a_regular_file_is_replaced_and_no_link_followed(
    operator: Project, kind: str
) -> None:
    victim = operator.root.parent / "home" / "precious"
    victim.write_text("mine")
    etc = operator.root / "got" / "db3" / "etc"
    if kind == "folder link":
        etc.parent.mkdir(parents=True)
        etc.symlink_to(victim.parent)
        victim.rename(victim.with_name("motd"))
        victim = victim.with_name("motd")
    else:
        etc.mkdir(parents=True)
        if kind == "link":
            (etc / "motd").symlink_to(victim)
        else:
            os.mkfifo(etc / "motd")
    done = fetching(operator, answer())
    assert done.code == 1
    assert "is not written" in done.steps("failed")[0]["message"]
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("lie", [answer(checksum="00"), answer(content_="x"), answer()])
def test_content_that_is_not_what_was_read_is_not_kept(operator: Project, lie: Any) -> None:
    if lie["data"].get("content_"):
        lie["data"]["content"] = "not base64!"
    elif lie["data"]["checksum"] != "00":
        lie["data"]["content"] = {"a": 1}
    done = fetching(operator, lie)
    assert done.code == 1
    assert done.steps("failed")[0]["message"]
    assert not (operator.root / "got").exists()


def test_a_flat_name_is_the_tasks_own(operator: Project) -> None:
    done = fetching(
        operator, answer(src="/x/authorized_keys", flat=False), flat=True, src="/etc/motd"
    )
    assert done.code == 0
    assert (operator.root / "got" / "motd").read_bytes() == EVIL
    refused = fetching(operator, answer(), flat=True, src="/etc/..")
    assert refused.code == 1
    assert "would not stay" in refused.steps("failed")[0]["message"]


def test_a_dry_run_writes_nothing(operator: Project) -> None:
    hosts(operator, db3=liar(operator.root.parent, answer()))
    task = {"fetch": {"src": "/etc/motd", "dest": "got/"}}
    play = yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}])
    done = operator.run(play, "--json", "--dry-run")
    assert done.code == 2, done.out + done.err
    assert not (operator.root / "got").exists()


FACTS = {
    "ansible_distribution": "Debian",
    "ansible_become": True,
    "ansible_become_method": "su",
    "ansible_connection": "ssh",
    "secret": "told by the host",
}


def test_facts_steer_nobody(operator: Project) -> None:
    lie = {"event": "result", "id": "$id", "status": "ok", "data": {"ansible_facts": FACTS}}
    hosts(operator, db3=liar(operator.root.parent, lie))
    tasks = [
        {"setup": {}},
        {"debug": {"msg": "{{ ansible_distribution }} {{ secret | default('none') }}"}},
        {"debug": {"msg": "{{ hostvars.db3.secret | default('none') }}"}},
        {"name": "not become", "ping": {}},
    ]
    done = operator.run(yaml.safe_dump([{"hosts": "all", "tasks": tasks}]), "--json")
    assert done.code == 0, done.out
    told = [step["data"].get("msg") for step in done.steps() if step["module"] == "debug"]
    assert told == ["Debian none", "none"]
    assert len([event for event in done.events if event["event"] == "host_connected"]) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"event": "result", "id": 99, "status": "ok"},
        {"event": "result", "id": "$id", "status": "splendid"},
        {"event": "output", "id": "$id"},
        {"event": "report", "id": "$id", "kind": "test", "data": {}},
        {"event": "want", "sha256": ["0" * 64]},
        {"event": "answer", "foresight": {}},
        {"event": "upper"},
        {"event": "gone", "reason": "x"},
        {"raw": "\xff\xff\xff\xff"},
        {"raw": "\x00\x00\x00\x02[]"},
        {"raw": "\x00\x00\x00\x02{"},
    ],
)
def test_a_host_that_says_what_no_agent_says_is_out_and_the_others_finish(
    operator: Project, lie: Any
) -> None:
    folder = operator.root.parent
    lied = liar(folder, lie, {"end": 0} if "raw" in lie else FINE)
    hosts(operator, web1=liar(folder, FINE, name="fine"), db3=lied)
    play = yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [{"ping": {}}] * 3}])
    done = operator.run(play, "--json")
    assert done.code == 4, done.out + done.err
    assert "Traceback" not in done.err
    (lost,) = [event for event in done.events if event["event"] == "host_lost"]
    assert lost["host"] == "db3"
    expected = "the connection was lost" if lie.get("raw", "").endswith("{") else "no agent says"
    assert expected in lost["reason"]
    fine = [step for step in done.steps() if step["host"] == "web1"]
    assert [step["status"] for step in fine] == ["ok"] * 3
