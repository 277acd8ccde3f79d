"""service_facts: what systemctl says, as services."""

from __future__ import annotations

from suture.agent.modules.service_facts import systemd

UNITS = """
nginx.service  loaded    active   running A web server
cron.service   loaded    inactive dead    Regular jobs
● gone.service not-found inactive dead    gone.service
"""
FILES = """
nginx.service enabled enabled
gone.service  bad     -
ssh@.service  static  -
"""


def test_units_and_their_files_are_told_together() -> None:
    found = systemd(UNITS, FILES)
    told = {name: (each["state"], each["status"]) for name, each in found.items()}
    assert told == {
        "nginx.service": ("running", "enabled"),
        "cron.service": ("stopped", "unknown"),
        "gone.service": ("stopped", "not-found"),
        "ssh@.service": ("inactive", "static"),
    }
    assert {each["source"] for each in found.values()} == {"systemd"}
