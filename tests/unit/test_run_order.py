"""The execution core on scripted hosts: order between hosts, batches, failures, what runs once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.agent.protocol.result import Result, Status
from suture.errors import Exit
from suture.run.batch import Batch, PlayStopped
from tests.unit.scripted import CHANGED, FAILED, OK, Played, Scripted, played


def failing(*places: tuple[str, str]) -> Scripted:
    """Every step changes something, but those of these hosts and tasks fail."""

    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        return FAILED if (host, task) in places else CHANGED

    return Scripted(answer)


def slow(**seconds: float) -> Scripted:
    """``h1_a=0.3``: host h1 takes 0.3 seconds for task a."""
    found = {tuple(place.split("_")): took for place, took in seconds.items()}
    return Scripted(delays={(host, task): took for (host, task), took in found.items()})


SHELLS = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: a, shell: start}
    - {name: b, shell: look}
"""


# -- linear ----------------------------------------------------------------------------------------


def test_a_step_that_looks_around_waits_for_what_other_hosts_show(tmp_path: Path) -> None:
    log = played(tmp_path, SHELLS, 3, slow(h2_a=0.4)).log
    ended = max(log.at("ended", host, "a") for host in ("h1", "h2", "h3"))
    assert all(log.at("begun", host, "b") > ended for host in ("h1", "h2", "h3"))


def test_steps_that_no_other_host_notices_overtake_each_other(tmp_path: Path) -> None:
    book = SHELLS.replace("shell: start", "file: {path: /x, state: touch}")
    log = played(tmp_path, book, 2, slow(h2_a=0.4)).log
    assert log.at("ended", "h1", "b") < log.at("ended", "h2", "a")


def test_a_step_that_only_shows_waits_for_nobody(tmp_path: Path) -> None:
    book = SHELLS.replace("shell: look", "apt: {name: x}")
    log = played(tmp_path, book, 2, slow(h2_a=0.4)).log
    assert log.at("ended", "h1", "b") < log.at("ended", "h2", "a")


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_free_hosts_do_not_wait(tmp_path: Path, strategy: str) -> None:
    book = SHELLS.replace("  tasks:", f"  strategy: {strategy}\n  tasks:")
    log = played(tmp_path, book, 2, slow(h2_a=0.4)).log
    assert log.at("ended", "h1", "b") < log.at("ended", "h2", "a")


def test_a_dry_run_shows_nothing_so_nobody_waits(tmp_path: Path) -> None:
    log = played(tmp_path, SHELLS, 2, slow(h2_a=0.4), dry=True).log
    assert log.at("ended", "h1", "b") < log.at("ended", "h2", "a")


def test_order_holds_inside_blocks_and_through_includes(tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("- {name: a, shell: start}\n- {name: b, shell: look}\n")
    book = """
- hosts: all
  gather_facts: false
  tasks:
    - block:
        - include_tasks: more.yml
          when: inventory_hostname != 'h3'
      always:
        - {name: c, shell: look}
"""
    log = played(tmp_path, book, 3, slow(h2_a=0.3, h1_b=0.3)).log
    assert log.at("begun", "h1", "b") > log.at("ended", "h2", "a")
    assert log.at("begun", "h3", "c") > log.at("ended", "h1", "b")


def test_a_result_of_another_host_is_waited_for_where_it_is_read(tmp_path: Path) -> None:
    book = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: a, stat: {path: /x}, register: found}
    - name: b
      file: {path: "/{{ hostvars['h2'].found.msg }}", state: touch}
"""
    seen: list[str] = []

    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        if task == "b":
            seen.append(str(args["path"]))
        return Result(Status.OK, message=f"of-{host}")

    script = Scripted(answer, {("h2", "a"): 0.3})
    assert played(tmp_path, book, 3, script).result.good
    assert seen == ["/of-h2"] * 3


def test_more_hosts_than_forks_all_get_through_a_barrier(tmp_path: Path) -> None:
    run = played(tmp_path, SHELLS, 7, slow(h2_a=0.1), forks=2)
    assert run.result.ends[0].through == tuple(f"h{number}" for number in range(1, 8))


def test_no_more_hosts_work_at_a_time_than_there_are_forks(tmp_path: Path) -> None:
    now: set[str] = set()
    most: list[int] = []
    lock = threading.Lock()

    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        with lock:
            now.add(host)
            most.append(len(now))
        threading.Event().wait(0.02)
        with lock:
            now.discard(host)
        return OK

    book = "- hosts: all\n  gather_facts: false\n  strategy: free\n  tasks: [{name: a, shell: x}]\n"
    played(tmp_path, book, 8, Scripted(answer), forks=3)
    assert max(most) <= 3


# -- batches ---------------------------------------------------------------------------------------


def test_serial_takes_one_batch_after_the_other(tmp_path: Path) -> None:
    book = SHELLS.replace("  tasks:", "  serial: [1, 2]\n  tasks:")
    log = played(tmp_path, book, 5, Scripted()).log
    first = [host for what, host, task in log.lines if (what, task) == ("begun", "a")]
    assert first[0] == "h1" and set(first[1:3]) == {"h2", "h3"} and set(first[3:]) == {"h4", "h5"}
    assert log.at("ended", "h1", "b") < log.at("begun", "h2", "a")
    assert max(log.at("ended", h, "b") for h in ("h2", "h3")) < log.at("begun", "h4", "a")


def test_a_batch_that_failed_whole_ends_the_run(tmp_path: Path) -> None:
    book = SHELLS.replace("  tasks:", "  serial: 1\n  tasks:") + SHELLS
    run = played(tmp_path, book, 3, failing(("h1", "a")))
    assert run.log.tasks("h2") == [] and len(run.result.ends) == 1
    assert run.result.exit is Exit.FAILED


# -- failures --------------------------------------------------------------------------------------


TWO = SHELLS + SHELLS.replace("name: a", "name: c").replace("name: b", "name: d")


def test_a_host_that_failed_takes_no_part_in_later_plays(tmp_path: Path) -> None:
    run = played(tmp_path, TWO, 3, failing(("h2", "a")))
    assert run.log.tasks("h2") == ["a"]
    assert run.log.tasks("h1") == ["a", "b", "c", "d"]
    assert [end.failed for end in run.result.ends] == [("h2",), ()]
    assert run.result.exit is Exit.FAILED


def test_any_errors_fatal_ends_the_play_for_all_and_the_run(tmp_path: Path) -> None:
    book = TWO.replace("  tasks:", "  any_errors_fatal: true\n  tasks:", 1)
    run = played(tmp_path, book, 3, failing(("h2", "a")))
    assert [run.log.tasks(host) for host in ("h1", "h2", "h3")] == [["a"], ["a"], ["a"]]
    assert len(run.result.ends) == 1 and run.result.ends[0].failed == ("h2",)
    assert run.result.exit is Exit.FAILED


def test_any_errors_fatal_of_one_task_is_that_tasks(tmp_path: Path) -> None:
    book = TWO.replace("shell: look}", "shell: look, any_errors_fatal: true}", 1)
    assert len(played(tmp_path, book, 2, failing(("h2", "a"))).result.ends) == 2
    run = played(tmp_path, book, 2, failing(("h2", "b")))
    assert len(run.result.ends) == 1 and run.result.ends[0].stops


@pytest.mark.parametrize(("percent", "goes_on"), [(49, False), (50, True), (74, True)])
def test_so_many_hosts_may_fail(tmp_path: Path, percent: int, goes_on: bool) -> None:
    book = TWO.replace("  tasks:", f"  max_fail_percentage: {percent}\n  tasks:", 1)
    run = played(tmp_path, book, 4, failing(("h1", "a"), ("h2", "a")))
    assert run.log.tasks("h4") == (["a", "b", "c", "d"] if goes_on else ["a"])
    assert run.result.exit is Exit.FAILED


def test_a_rescued_host_goes_on(tmp_path: Path) -> None:
    book = """
- hosts: all
  gather_facts: false
  tasks:
    - block: [{name: a, shell: x}]
      rescue: [{name: r, shell: x}]
- hosts: all
  gather_facts: false
  tasks: [{name: z, shell: x}]
"""
    run = played(tmp_path, book, 2, failing(("h1", "a")))
    assert run.log.tasks("h1") == ["a", "r", "z"] and run.log.tasks("h2") == ["a", "z"]
    assert run.result.exit is Exit.DONE


def test_cleared_errors_let_hosts_take_part_again(tmp_path: Path) -> None:
    book = SHELLS + "    - meta: clear_host_errors\n" + SHELLS.replace("name: a", "name: c")
    run = played(tmp_path, book, 2, failing(("h2", "a")))
    assert "c" in run.log.tasks("h2") and run.result.exit is Exit.DONE


# -- what few do for all, and handlers -------------------------------------------------------------


ONCE = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: a, shell: x, run_once: true, register: one}
    - {name: b, file: {path: "/{{ one.msg }}", state: touch}}
"""


def told(host: str, task: str, args: Mapping[str, Any]) -> Result:
    return Result(Status.OK, message=f"{host}{args.get('path', '')}")


def test_the_first_host_does_it_once_for_all(tmp_path: Path) -> None:
    run = played(tmp_path, ONCE, 3, Scripted(told, {("h1", "a"): 0.2}))
    assert [run.log.tasks(host) for host in ("h1", "h2", "h3")] == [["a", "b"], ["b"], ["b"]]


def test_where_the_first_host_is_out_the_next_one_does_it(tmp_path: Path) -> None:
    book = ONCE.replace("tasks:\n", "tasks:\n    - {name: f, shell: x}\n")

    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        return FAILED if (host, task) == ("h1", "f") else told(host, task, args)

    run = played(tmp_path, book, 3, Scripted(answer))
    assert run.log.tasks("h1") == ["f"] and run.log.tasks("h2") == ["f", "a", "b"]
    assert run.log.tasks("h3") == ["f", "b"]


def test_what_failed_once_has_failed_for_all(tmp_path: Path) -> None:
    run = played(tmp_path, ONCE, 3, failing(("h1", "a")))
    assert [run.log.tasks(host) for host in ("h1", "h2", "h3")] == [["a"], [], []]
    assert run.result.ends[0].through == ()


def test_throttle_lets_so_many_at_a_time(tmp_path: Path) -> None:
    now: set[str] = set()
    most: list[int] = []
    lock = threading.Lock()

    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        with lock:
            now.add(host)
            most.append(len(now))
        threading.Event().wait(0.05)
        with lock:
            now.discard(host)
        return OK

    book = "- hosts: all\n  gather_facts: false\n  tasks: [{name: a, shell: x, throttle: 2}]\n"
    run = played(tmp_path, book, 6, Scripted(answer))
    assert max(most) == 2 and len(run.result.ends[0].through) == 6


HANDLED = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: a, file: {path: /x, state: touch}, notify: h}
    - {name: b, shell: x}
  handlers:
    - {name: h, shell: restart}
"""


def test_handlers_run_where_something_changed_after_all_tasks(tmp_path: Path) -> None:
    def answer(host: str, task: str, args: Mapping[str, Any]) -> Result:
        return CHANGED if host == "h1" or task == "h" else OK

    run = played(tmp_path, HANDLED, 2, Scripted(answer))
    assert run.log.tasks("h1") == ["a", "b", "h"] and run.log.tasks("h2") == ["a", "b"]


def test_a_failed_hosts_handlers_run_only_when_forced(tmp_path: Path) -> None:
    assert played(tmp_path, HANDLED, 1, failing(("h1", "b"))).log.tasks("h1") == ["a", "b"]
    forced = HANDLED.replace("  tasks:", "  force_handlers: true\n  tasks:")
    assert played(tmp_path, forced, 1, failing(("h1", "b"))).log.tasks("h1") == ["a", "b", "h"]


# -- any play, any failure: never a deadlock, never out of order ------------------------------------


@st.composite
def plays(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]], int]:
    """A playbook of steps of all kinds, which of them fail, and how many forks there are."""
    kinds = ("shell: x", "file: {path: /x, state: touch}", "apt: {name: x}", "wait_for: {path: /x}")
    tasks = []
    for number in range(draw(st.integers(1, 6))):
        extra = draw(st.sampled_from(["", ", run_once: true", ", throttle: 1"]))
        only = draw(st.sampled_from(["", ", when: inventory_hostname != 'h2'"]))
        kind = draw(st.sampled_from(kinds))
        tasks.append(f"    - {{name: t{number}, {kind}{extra}{only}}}")
    heads = ["serial: 2", "any_errors_fatal: true", "max_fail_percentage: 40", "strategy: free"]
    head = draw(st.sampled_from(["", *heads]))
    text = f"- hosts: all\n  gather_facts: false\n  {head}\n  tasks:\n" + "\n".join(tasks)
    places = st.tuples(st.sampled_from(["h1", "h2", "h3"]), st.sampled_from(["t0", "t1", "t2"]))
    return text, draw(st.lists(places, max_size=2)), draw(st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(plays())
def test_every_play_ends_and_each_host_keeps_its_own_order(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[str, list[tuple[str, str]], int]
) -> None:
    text, failures, forks = drawn
    run = finished(
        lambda: played(tmp_path_factory.mktemp("p"), text, 3, failing(*failures), forks=forks)
    )
    for host in ("h1", "h2", "h3"):
        assert run.log.tasks(host) == sorted(run.log.tasks(host))
    assert (run.result.exit is Exit.DONE) == all(not end.failed for end in run.result.ends)


def finished(work: Any) -> Played:
    """The work's result; a deadlock is a failure, not a hanging test."""
    found: list[Played] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "the hosts wait for each other for ever"
    return found[0]


def test_who_waits_is_told_when_failures_end_the_play() -> None:
    batch = Batch(["a", "b"], strict=True, verdict=lambda failed: failed == 0)
    with batch.working():
        threading.Timer(0.05, lambda: batch.leave("b", failed=True)).start()
        batch.reached("a", (0, 1))
        with pytest.raises(PlayStopped):
            batch.wait_for_others("a", (0, 1))
