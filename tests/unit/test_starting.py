"""A playbook from one of its tasks on."""

from __future__ import annotations

import pytest

from suture.commands.starting import starting_at
from suture.errors import SutureError
from suture.model import Block, Mark, Node, Play, Role, Task

MARK = Mark("p.yml", 1)


def task(name: str, role: Role | None = None) -> Task:
    return Task(name, "debug", {}, MARK, role=role)


def play(*nodes: Node) -> Play:
    return Play("play", "all", ((task("before"),), nodes, ()), (), MARK)


def test_what_comes_before_is_left_out_and_all_after_is_kept() -> None:
    third = task("third")
    plays = starting_at(
        [play(task("first"), task("second"), third), play()], "sec*", lambda _: True
    )
    assert plays == (
        Play("play", "all", ((), (task("second"), third), ()), (), MARK),
        play(),
    )


def test_a_block_is_entered_with_its_rescue_and_an_always_without_its_tasks() -> None:
    block = Block((task("a"), task("b")), (task("r"),), (task("c"), task("d")), MARK)
    inside = starting_at([play(block)], "b", lambda _: True)[0].sections[1]
    assert inside == (Block((task("b"),), (task("r"),), (task("c"), task("d")), MARK),)
    late = starting_at([play(block)], "d", lambda _: True)[0].sections[1]
    assert late == (Block((), (), (task("d"),), MARK),)
    with pytest.raises(SutureError, match="no task is called 'r'"):
        starting_at([play(block)], "r", lambda _: True)


def test_a_roles_task_has_two_names_and_unselected_tasks_have_none() -> None:
    of_role = task("install", Role("web", "/roles/web"))
    assert starting_at([play(of_role)], "web : install", lambda _: True)[0].sections[1] == (
        of_role,
    )
    with pytest.raises(SutureError, match="nothing to start at"):
        starting_at([play(of_role)], "install", lambda _: False)
