"""Roles of collections, run by ansible-core and by Suture on equal hosts.

    python -m tests.differential.collection_roles        fetches the collections, once

The collections come out of the package that Ansible's makers put them into.  A host is a throw-away
copy of this machine, without a network: an overlay over its root, which both tools change alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from platformdirs import user_cache_path

from tests.differential.previewing import CALLBACK

PACKAGE = "ansible==12.3.0"
"""The collections that belong to the ansible-core of the tests."""

COLLECTIONS = Path(
    os.environ.get("SUTURE_TEST_COLLECTIONS") or user_cache_path("suture-tests") / PACKAGE
)
CLOSED = "http://127.0.0.1:9"
"""Where nobody answers."""

VARIABLES: Mapping[str, Mapping[str, object]] = {
    "community.grafana.grafana": {
        "grafana_url": CLOSED,
        "grafana_username": "operator",
        "grafana_password": "correct horse",
        "grafana_organizations": [{"name": "one"}],
    },
    "cyberark.conjur.conjur_host_identity": {
        "conjur_appliance_url": CLOSED.replace("http:", "https:"),
        "conjur_host_factory_token": "a token",
        "conjur_host_name": "here",
        "conjur_account": "account",
        "conjur_ssl_certificate": "a certificate",
        "conjur_validate_certs": True,
    },
    "grafana.grafana.opentelemetry_collector": {
        "otel_collector_version": "0.90.0",
        "otel_collector_binary_url": "http://127.0.0.1:8000/collector.tgz",
    },
    "netapp_eseries.santricity.nar_santricity_common": {
        "eseries_proxy_api_url": CLOSED,
        "eseries_proxy_api_password": "correct horse",
        "eseries_system_username": "operator",
        "eseries_system_password": "correct horse",
        "eseries_system_api_url": CLOSED,
        "eseries_ssid": 1,
    },
    "theforeman.foreman.settings": {
        "foreman_username": "operator",
        "foreman_password": "correct horse",
        "foreman_server_url": CLOSED,
        "foreman_settings": [{"name": "one", "value": 1}],
    },
}

HOST = """
set -e
copy=$(mktemp -d); mount -t tmpfs none "$copy"; cd "$copy"; mkdir upper work all
mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work all
mount -t proc none all/proc; mount --rbind /dev all/dev; mount -t tmpfs none all/run
mkdir -p "all$1"; mount --bind "$1" "all$1"; rm -f all/etc/*.lock; ip link set lo up
set +e; chroot all sh -c "cd $1 && ($PYTHON -m http.server -b 127.0.0.1 8000 >web.log 2>&1 &) && $2"
code=$?
mkdir -p "$3"
for name in etc opt srv usr; do test ! -d upper/$name || cp -a upper/$name "$3"; done
exit $code
"""
"""A host: $1 the project, $2 what is run in it, $3 where goes what changed below these folders."""

WITHOUT = "--skip-tags service"
"""Nothing on such a host manages services."""

COLLECTOR = "#!/bin/sh\necho otelcol-contrib version 0.90.0\n"
NOT_OURS = ("group", "gshadow", "passwd", "shadow")
"""Files that others on this machine may change at any moment."""


@dataclass(frozen=True)
class Ended:
    """What a tool said of each task, and what it left: paths with their modes and content."""

    tasks: list[tuple[str, str]]
    left: dict[str, tuple[int, bytes]]
    output: str


def project(role: str, place: Path) -> Path:
    """A folder with a playbook that applies the role."""
    place.mkdir(parents=True)
    (place / "callbacks").mkdir()
    (place / "callbacks" / "told.py").write_text(CALLBACK)
    play = {"hosts": "all", "roles": [role]}
    (place / "play.yml").write_text(yaml.safe_dump([play]))
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_become_method": "su",
        **VARIABLES[role],
    }
    (place / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    (place / "otelcol-contrib").write_text(COLLECTOR)
    (place / "otelcol-contrib").chmod(0o755)
    subprocess.run(["tar", "czf", "collector.tgz", "otelcol-contrib"], cwd=place, check=True)
    return place


def ansible(place: Path) -> Ended:
    """The role applied by ansible-core."""
    playbook = Path(sys.executable).with_name("ansible-playbook")
    output = _on_a_host(place, f"{playbook} -i hosts.yml play.yml {WITHOUT}", "ansible")
    lines = (place / "told.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    tasks = [(each["task"].rpartition(" : ")[2], each["status"]) for each in told]
    tasks = [each for each in tasks if each[0] != "Gathering Facts"]
    return Ended(tasks, _left(place / "ansible"), output)


def suture(place: Path) -> Ended:
    """The role applied by Suture."""
    program = f"{sys.executable} -P -c 'from suture.cli import main; main()'"
    output = _on_a_host(place, f"{program} run play.yml -i hosts.yml --json {WITHOUT}", "suture")
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    steps = [event for event in events if event["event"] == "step_finished"]
    tasks = [(step["task"], step["status"]) for step in steps]
    return Ended(tasks, _left(place / "suture"), output)


def _on_a_host(place: Path, command: str, name: str) -> str:
    environ = {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": str(place / "callbacks"),
        "ANSIBLE_STDOUT_CALLBACK": "told",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "PYTHON": sys.executable,
        "TOLD": str(place / "told.jsonl"),
        "SUTURE_LEDGER": str(place / "ledger.db"),
    }
    words = ["unshare", "-mpfn", "sh", "-c", HOST, "host", str(place), command, str(place / name)]
    done = subprocess.run(words, check=False, env=environ, capture_output=True, text=True)
    return done.stdout + done.stderr


def _left(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        ours = path.is_file() and not path.is_symlink() and "__pycache__" not in name
        if ours and not path.name.rstrip("-").removesuffix(".lock").endswith(NOT_OURS):
            found[name] = (path.stat().st_mode & 0o7777, path.read_bytes())
    return found


def main() -> None:
    wanted = {"/".join(role.split(".")[:2]) for role in VARIABLES}
    starts = tuple(f"ansible_collections/{each}/" for each in sorted(wanted))
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", place, PACKAGE]
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            names = [name for name in wheel.namelist() if name.startswith(starts)]
            wheel.extractall(COLLECTIONS, names)


if __name__ == "__main__":
    main()
