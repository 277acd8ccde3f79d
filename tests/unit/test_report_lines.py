"""Lines, tables, diffs and changes: the pure parts of what is shown."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.report.text.changes import attributes, headline, packages, shown, tree_counts
from suture.report.text.diffs import Diff, diff
from suture.report.text.lines import (
    Span,
    columns,
    duration,
    last_state,
    line,
    listed,
    plural,
    safe,
    size,
    tail,
)
from suture.report.text.tables import Table
from tests.unit.streams import HOSTILE, PIP_ROWS


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x3000) | st.sampled_from("\x1b[]m;")))
def test_nothing_that_steers_a_terminal_survives(text: str) -> None:
    for character in safe(text):
        assert unicodedata.category(character) not in ("Cc", "Cs")
        assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


def test_a_hostile_line_is_readable_and_harmless() -> None:
    said = safe(HOSTILE)
    assert "owned" not in said
    assert said == r"red c1\x07 \u202eevil\u202c\rover"


def test_harmless_text_stays_as_it_is() -> None:
    assert safe("größer → 日本 ✓") == "größer → 日本 ✓"
    assert safe("a\tb") == "a   b"


def test_a_progress_bar_is_shown_in_its_last_state() -> None:
    assert last_state("10%\r50%\r100%\r") == "100%"
    assert last_state("plain") == "plain"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (0.72, "0.7 s"), (12.3, "12 s"), (59.7, "1 min 00 s"), (3725, "1 h 02 min")],
)
def test_durations_read_like_speech(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_counts_and_sizes_read_like_speech() -> None:
    assert [size(0), size(1), size(999), size(45_300)] == [
        "0 bytes",
        "1 byte",
        "999 bytes",
        "45.3 kB",
    ]
    assert [size(999_999), size(3.2e9)] == ["1.0 MB", "3.2 GB"]
    assert [plural(1, "step"), plural(2, "entry"), plural(1200, "step")] == [
        "1 step",
        "2 entries",
        "1,200 steps",
    ]
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c … and 2 more"
    assert tail("1\n2\n3\n", 2) == ["… 1 line before this", "2", "3"]


texts = st.lists(st.sampled_from(["a", "b", "", "c\r", "d"]), max_size=30).map("\n".join)


@given(texts, texts)
def test_a_diff_turns_the_one_text_into_the_other(before: str, after: str) -> None:
    """Applied by its own line numbers, as ``patch`` would."""
    found = diff(before, after)
    new = _lines(after)
    rebuilt = list(new)
    for each in found.body:
        if each.sign in "+ " and each.sign != "@":
            assert new[each.number - 1] == each.text + ("" if each.bare else "\n")
    added = [each.number for each in found.body if each.sign == "+"]
    for number in reversed(added):
        del rebuilt[number - 1]
    old = _lines(before)
    for number in reversed([each.number for each in found.body if each.sign == "-"]):
        del old[number - 1]
    assert rebuilt == old


@given(texts, texts)
def test_a_diff_is_empty_exactly_where_nothing_differs(before: str, after: str) -> None:
    found = diff(before, after)
    assert bool(found.body) == (before != after)
    assert found.added - found.removed == len(_lines(after)) - len(_lines(before))


def _lines(text: str) -> list[str]:
    *whole, rest = text.split("\n")
    return [each + "\n" for each in whole] + ([rest] if rest else [])


def test_a_diff_of_one_edit_in_a_long_file() -> None:
    before = "".join(f"{n}\n" for n in range(50_000))
    found = diff(before, before.replace("\n4711\n", "\nnew\n"))
    assert [each.text for each in found.lines(None)] == [
        "@@ -4709,7 +4709,7 @@",
        " 4708",
        " 4709",
        " 4710",
        "-4711",
        "+new",
        " 4712",
        " 4713",
        " 4714",
    ]


def test_a_newline_that_is_missing_at_the_end_is_said() -> None:
    found = [each.text for each in diff("a", "a\n").lines(None)]
    assert found == ["@@ -1 +1 @@", "-a", "\\ no newline at the end", "+a"]


def test_a_long_diff_is_cut_and_says_so() -> None:
    found = diff("", "".join(f"{n}\n" for n in range(500)), most=10).lines(None)
    assert len(found) == 11
    assert found[-1].text == "… 491 more lines of this diff (-v shows all of it)"


def test_two_long_texts_without_likeness_do_not_take_minutes() -> None:
    found = diff("".join(f"a{n}\n" for n in range(9000)), "".join(f"b{n}\n" for n in range(9000)))
    assert (found.added, found.removed) == (9000, 9000)


@pytest.mark.parametrize(
    ("action", "target", "rest", "said"),
    [
        ("write", "/f", {"after": "a\nb\n", "detail": {"new": True}}, "/f  new, 2 lines"),
        ("write", "/f", {"before": "a\n", "after": "b\n"}, "/f  +1 -1"),
        ("write", "/f", {"detail": {"size": [0, 1200], "new": True}}, "/f  1.2 kB"),
        ("write", "/f", {"detail": {"size": [10, 20]}}, "/f  10 bytes → 20 bytes"),
        ("attributes", "/f", {"detail": {"mode": ["0644", "0600"]}}, "/f  mode 0644 → 0600"),
        ("mkdir", "/d", {"detail": {"mode": ["", "0755"]}}, "/d"),
        ("link", "/l", {"before": "a", "after": "b"}, "/l → b (was a)"),
        ("remove", "/d", {"detail": {"kind": "directory"}}, "/d (directory)"),
        ("start", "nginx", {"before": "off", "after": "on"}, "nginx  off → on"),
        ("run", "make all", {}, "make all"),
    ],
)
def test_a_change_in_one_line(action: str, target: str, rest: dict[str, Any], said: str) -> None:
    assert headline({"action": action, "target": target, **rest}).text == f"{action} {said}"


def test_attributes_name_what_they_were() -> None:
    detail = {"mode": ["0644", "0600"], "owner": ["root", "app"], "new": True}
    assert attributes(detail) == "mode 0644 → 0600, owner root → app"


def test_packages_are_a_table_and_a_list_when_narrow() -> None:
    (table,) = packages(PIP_ROWS)
    assert isinstance(table, Table)
    wide = [each.text for each in table.lines(80)]
    assert wide[0].split() == ["package", "from", "to", "because", "of"]
    assert wide[3].split() == [
        "huggingface_hub",
        "1.2.4",
        "1.3.3",
        "the",
        "playbook,",
        "transformers",
    ]
    narrow = [each.text for each in table.lines(40)]
    assert "    to 2.13.0+cpu" in narrow


def test_many_packages_are_cut_short_unless_asked_for() -> None:
    rows = [{"name": f"p{n}", "from": "1", "to": "2", "requested_by": ""} for n in range(40)]
    table, more = packages(rows, everything=False)
    assert isinstance(table, Table)
    assert len(table.rows) == 12
    assert more.lines(None)[0].text == "  … and p12, p13, p14, p15, p16 … and 23 more"
    assert len(packages(rows)) == 1


def test_many_files_are_summed_up_as_a_tree() -> None:
    changes = [
        {"action": "write", "target": f"/t/{n}", "after": "x\n", "detail": {"new": True}}
        for n in range(9)
    ]
    changes.append({"action": "link", "target": "/t/l", "after": "0"})
    changes.append({"action": "write", "target": "/t/b", "detail": {"size": [10, 2000]}})
    changes.append({"action": "remove", "target": "/t/old"})
    assert tree_counts(changes) == {
        "added": 10,
        "changed": 1,
        "removed": 1,
        "attributes": 0,
        "bytes": 2018,
    }
    first, second = [element.lines(None)[0].text for element in shown(changes, diffs=False)]
    assert first == "tree 10 added, 1 changed, 1 removed  2.0 kB written"
    assert second == "  /t/0, /t/1, /t/2 … and 9 more"
    with_diffs = shown(changes, diffs=True)
    assert sum(isinstance(element, Diff) for element in with_diffs) == 9


def test_columns_of_wide_and_combining_characters() -> None:
    assert [columns("abc"), columns("日本"), columns("e\u0301")] == [3, 4, 1]


cells = st.text(st.characters(blacklist_characters="|"), max_size=8)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_a_table_is_aligned_whatever_its_cells_hold(rows: list[tuple[str, str]]) -> None:
    spans = [(Span(first), Span("|" + second)) for first, second in rows]
    found = Table(("one", "|two"), spans).lines(None)
    assert len({columns(each.text.split("|")[0]) for each in found}) == 1


def test_a_line_drops_empty_pieces_and_keeps_its_indent() -> None:
    assert line("a", ("", "bad"), ("b", "good"), indent=2).text == "  ab"
    assert len(line("a", ("", "bad")).spans) == 1
