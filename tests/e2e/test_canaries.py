"""Secrets planted where they come from, and then looked for in everything that a run leaves."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from lab.droplet import Login
from tests.e2e.command_line import Project

pytestmark = pytest.mark.e2e

CANARIES = {
    "extra": 'Kanari"1/extra+xq',
    "environ": "Kanari-2/environ-xq",
    "task environment": "Kanari-3/taskenv-xq",
    "no_log result": "Kanari4nologxq",
    "url": "Kanari5urlxq",
    "argument": "Kanari6argumentxq",
}


def written(secret: str) -> set[str]:
    """The ways in which it might stand somewhere."""
    raw = secret.encode()
    return {
        secret,
        secret[::-1],
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode(),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
    }


def everything(folder: Path) -> bytes:
    """Every byte of every file below a folder, SQLite's pages included."""
    found = []
    for path in folder.rglob("*"):
        if path.name in ("play.yml", "home.txt") or not path.is_file():
            continue
        found.append(path.read_bytes())
        if path.suffix in (".db", ".sqlite", ".sqlite3"):
            with sqlite3.connect(path) as sql:
                found += [line.encode() for line in sql.iterdump()]
    return b"\n".join(found)


@pytest.mark.parametrize("more", [("--json",), ("-vvv",), ("--dry-run", "-v")])
def test_no_canary_gets_out(tmp_path: Path, more: tuple[str, ...]) -> None:
    project = Project(tmp_path, Login("127.0.0.1", 1, "u", "", "", "python3", ""))
    known = {"ansible_connection": "local"}
    project.write("inventory.yml", yaml.safe_dump({"all": {"hosts": {"here": known}}}))
    hidden = CANARIES["no_log result"]
    tasks = [
        {"debug": {"msg": "{{ db_password }} {{ lookup('env', 'APP_TOKEN') }}"}},
        {"debug": {"msg": "{{ db_password[::-1] }} {{ db_password | b64encode }}"}},
        {
            "shell": "echo $API_SECRET; printf %s \"$API_SECRET\" | od -An -tx1 | tr -d ' \\n'",
            "environment": {"API_SECRET": CANARIES["task environment"]},
            "check_mode": False,
        },
        {"command": f"echo {hidden}", "no_log": True, "register": "kept", "check_mode": False},
        {"debug": {"msg": "later: {{ kept.stdout }}"}},
        {
            "uri": {
                "url": f"http://ada:{CANARIES['url']}@127.0.0.1:9/x",
                "url_password": CANARIES["argument"],
            },
            "ignore_errors": True,
        },
        {"command": f"ls /nonexistent/{CANARIES['argument']}", "ignore_errors": True},
    ]
    play = yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}])
    secret = json.dumps({"db_password": CANARIES["extra"]})
    done = project.run(play, "-e", secret, *more, APP_TOKEN=CANARIES["environ"])
    assert done.code in (0, 2), done.out + done.err
    for other in (("history",), ("show", "last"), ("report",)):
        said = project.suture(*other, APP_TOKEN="none-at-all")
        left = said.out + said.err
        for name, canary in CANARIES.items():
            assert not any(form in left for form in written(canary)), (other, name)
    left = done.out + done.err
    assert "later: " in left
    kept = everything(tmp_path)
    for name, canary in CANARIES.items():
        for form in written(canary):
            assert form not in left, (name, form)
            assert form.encode() not in kept, (name, form)
