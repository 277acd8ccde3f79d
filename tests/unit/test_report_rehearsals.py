"""What a rehearsal would have changed, as a person reads it."""

from __future__ import annotations

import io
from dataclasses import replace

from suture.events import STATUSES, RehearsalReport, RunFinished, RunStarted, from_json, to_json
from suture.report.pages.html import page
from suture.report.terminal.terminal import terminal

REPORT = RehearsalReport(
    host="droplet",
    user="ada",
    changes={"added": 1200, "changed": 2, "removed": 0, "touched": 3},
    added=tuple(f"/srv/app/.venv/lib/{n}" for n in range(1200)),
    changed=("/srv/app/a", "/srv/app/b"),
    touched=("/srv/app/c", "/srv/app/d", "/srv/app/e"),
    caches=(
        {"path": "/home/ada/.cache/", "files": 5, "bytes": 1000},
        {"path": "/srv/app/__pycache__/", "files": 7, "bytes": 3_000_000},
    ),
    top=(
        {"path": "/srv/app/.venv/lib/", "added": 1200, "changed": 0, "removed": 0, "bytes": 9**9},
        {"path": "/srv/app/…", "added": 0, "changed": 5, "removed": 0, "bytes": 0},
    ),
    not_rehearsed=("restart app", "\x1b[31mevil"),
    bytes=9**9,
    space=5 * 10**8,
    seconds=83.4,
    where="memory",
)
COUNTS = {**dict.fromkeys(STATUSES, 0), "changed": 1}
EVENTS = (
    RunStarted(run="r", mode="rehearse", playbook="p.yml", hosts=("droplet",)),
    REPORT,
    RunFinished(
        run="r", exit_code=0, hosts={"droplet": COUNTS}, seconds=90, message="the rehearsal passed"
    ),
)


SHOWN = """\
What would have changed on disk
  1,200 added, 2 changed, 0 removed, 3 with new times only, 387.4 MB written\
  (1 min 23 s, took 500.0 MB of memory)
    path                 added  changed  removed   written
    /srv/app/.venv/lib/  1,200                    387.4 MB
    /srv/app/…                        5
    besides, in caches: 12 files, 3.0 MB (/home/ada/.cache/, /srv/app/__pycache__/)
    not rehearsed: restart app, evil

"""


def test_the_event_survives_json() -> None:
    assert from_json(to_json(REPORT)) == REPORT


def test_on_the_terminal() -> None:
    out = io.StringIO()
    shown = terminal(out, {})
    for event in EVENTS:
        shown(event)
    text = out.getvalue()
    assert text[text.index("What would") : text.index("Hosts")] == SHOWN
    assert "the rehearsal passed  (1 step would change something, 1 min 30 s)" in text


def test_nothing_changed_and_several_users() -> None:
    out = io.StringIO()
    shown = terminal(out, {})
    for user, where in (("ada", ""), ("root", "elsewhere"), ("root", "")):
        shown(RehearsalReport(host="droplet", user=user, delegate=where, where="disk"))
    shown(RunFinished(run="r", exit_code=0, hosts={}))
    text = out.getvalue()
    assert (
        "  droplet, as ada: nothing would be changed on disk  (0.0 s, took 0 bytes on disk)" in text
    )
    assert "  droplet, as root on elsewhere: nothing would be" in text
    assert text.count("in a copy of its own") == 2
    assert "in a copy of its own, without what the steps of root changed" in text
    assert "in a copy of its own, without what the steps of ada changed" in text


def test_paths_that_are_only_counted_are_told() -> None:
    out = io.StringIO()
    shown = terminal(out, {})
    shown(replace(REPORT, added=REPORT.added[:500]))
    shown(RunFinished(run="r", exit_code=0, hosts={}))
    assert "    of these, 700 paths are counted, not recorded by name\n" in out.getvalue()


def test_on_the_page() -> None:
    text = page(EVENTS)
    assert "What would have changed on disk" in text and "/srv/app/.venv/lib/" in text
    assert "\x1b" not in text
