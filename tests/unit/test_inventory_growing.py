"""Hosts and groups that join an inventory while a run is under way."""

from __future__ import annotations

from pathlib import Path

from suture.inventory.reader import inventory
from suture.model import Inventory, Joining

TEXT = """
all:
  vars: {everywhere: 1}
  hosts: {one: {}, two: {}, three: {}}
  children:
    web: {vars: {shape: round}}
"""


def read(tmp_path: Path) -> Inventory:
    path = tmp_path / "hosts.yml"
    path.write_text(TEXT)
    return inventory([path])


def grown(found: Inventory, *joining: Joining) -> Inventory:
    for each in joining:
        assert found.grown is not None
        found = found.grown(each)
    return found


def test_a_host_joins_with_the_variables_of_its_groups(tmp_path: Path) -> None:
    before = read(tmp_path)
    after = grown(before, Joining("new:2222", ("web",), (), {"colour": "red"}))
    assert "new" not in before.hosts and "web" in before.groups
    values = {name: value for layer in after.hosts["new"].layers for name, value in layer.items()}
    assert values["shape"] == "round" and values["everywhere"] == 1
    assert values["colour"] == "red" and values["ansible_port"] == 2222
    assert after.groups["web"] == ("new",) and after.groups["all"] == (*before.groups["all"], "new")


def test_a_host_without_a_group_is_ungrouped(tmp_path: Path) -> None:
    after = grown(read(tmp_path), Joining("new"))
    assert "new" in after.groups["ungrouped"]


def test_groups_keep_the_order_of_the_inventory_whoever_joins_first(tmp_path: Path) -> None:
    joining = [Joining(name, ("like_x",), ("likes",)) for name in ("three", "one", "two")]
    after = grown(read(tmp_path), *joining)
    assert after.groups["like_x"] == after.groups["likes"] == ("one", "two", "three")
    assert after.hosts["one"].groups == ("like_x", "likes")


def test_joining_again_changes_nothing(tmp_path: Path) -> None:
    joining = Joining("new", ("web",), (), {"a": 1})
    once = grown(read(tmp_path), joining)
    assert grown(once, joining) == once
    assert grown(once, Joining("new", (), (), {"a": 2})) != once
