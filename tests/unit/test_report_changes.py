"""What one step changed, as a person reads it: trees, binary files, secrets."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from suture.agent.protocol.content import content_of
from suture.agent.world.changes import content_change
from suture.agent.world.dry import DryWorld
from suture.agent.world.node import Node
from suture.agent.world.world import World
from suture.redaction import MASK, Redactor
from suture.report.text.changes import MANY, difference_of, headline, shown
from suture.report.text.diffs import Diff
from suture.report.text.lines import Line

OLD = Node("file", 0o644, 0, 0, size=4)
BINARY = b"\0\1\2\3\4\5"


def texts(elements: list[Any]) -> list[str]:
    return [each.text for each in elements if isinstance(each, Line)]


def tree(count: int) -> list[dict[str, Any]]:
    """What a sync of this many files brings: half of them new."""
    return [
        {
            "action": "write",
            "target": f"/srv/app/{number}",
            "before": "" if number % 2 else "old\n",
            "after": "new\n",
            "detail": {"new": True} if number % 2 else {},
        }
        for number in range(count)
    ]


def test_a_tree_is_summed_up_and_each_file_shown_only_with_diffs() -> None:
    changes = [*tree(20), {"action": "remove", "target": "/srv/app/gone"}]
    summary = shown(changes, diffs=False)
    assert texts(summary)[0] == "tree 10 added, 10 changed, 1 removed  80 bytes written"
    assert not any(isinstance(each, Diff) for each in summary)
    full = shown(changes, diffs=True)
    assert sum(isinstance(each, Diff) for each in full) == 20
    assert all(any(f"/srv/app/{number}" in text for text in texts(full)) for number in range(20))


def test_a_few_files_are_named_one_by_one() -> None:
    assert len(texts(shown(tree(MANY), diffs=False))) == MANY


def test_a_binary_file_is_sizes_and_hashes_whoever_made_it() -> None:
    digest = hashlib.sha256(BINARY).hexdigest()
    for content in (BINARY, content_of(BINARY)):
        change = content_change("/f", b"text", content, OLD, digest=lambda: "0" * 64).to_wire()
        hashes = f"sha256 000000000000… → {digest[:12]}…"
        assert headline(change).text == f"write /f  4 bytes → 6 bytes  {hashes}"
        assert difference_of(change) is None
        new = content_change("/f", None, content, None).to_wire()
        assert headline(new).text == f"write /f  6 bytes  sha256 {digest[:12]}…"


def test_a_binary_file_that_is_changed_or_removed_shows_what_it_held(tmp_path: Path) -> None:
    path = tmp_path / "f"
    first, second = (hashlib.sha256(each).hexdigest() for each in (BINARY, BINARY * 2))
    path.write_bytes(BINARY)
    for world in (DryWorld(), World()):
        world.write(str(path), BINARY * 2)
        world.remove(str(path))
        written, gone = world.take_changes()
        assert written.detail == {"size": [6, 12], "sha256": [first, second]}
        assert gone.detail == {"size": [12, 0], "sha256": [second, ""]}
    assert headline(gone.to_wire()).text == f"remove {path}  12 bytes  sha256 {second[:12]}…"


def test_a_file_that_becomes_text_is_not_shown_as_if_it_had_been_empty() -> None:
    change = content_change("/f", BINARY, b"text\n", OLD).to_wire()
    assert "before" not in change and "after" not in change
    assert difference_of(change) is None


def test_hidden_content_has_neither_text_nor_hash() -> None:
    for content in (b"password", BINARY):
        change = content_change("/f", b"old", content, OLD, hidden=True).to_wire()
        assert set(change["detail"]) == {"size"}
        assert "sha256" not in headline(change).text
        assert difference_of(change) is None


def test_a_secret_is_masked_in_a_diff() -> None:
    change = content_change("/f", b"a\nhunter22\n", b"a\nswordfish\n", OLD).to_wire()
    found = difference_of(Redactor(["hunter22", "swordfish"]).data(change))
    assert found is None or [line.text for line in found.body if line.sign in "+-"] == [MASK, MASK]
    one = difference_of(Redactor(["swordfish"]).data(change))
    assert one is not None
    assert [(line.sign, line.text) for line in one.body][-2:] == [("-", "hunter22"), ("+", MASK)]


def test_what_no_world_vouches_for_is_marked() -> None:
    change = {"action": "change", "target": "/x", "detail": {"own_word": True, "final": True}}
    assert headline(change).text == "change /x  (its own word, cannot be undone)"
    assert headline({**change, "detail": {"own_word": True}}).text == "change /x  (its own word)"
