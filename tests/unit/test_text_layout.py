"""Text edits know how a file's lines end and what it begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.agent.modules import blockinfile, cron, lineinfile
from suture.agent.shared.text_files import Layout, lines_of
from suture.agent.world.world import World

BOM = b"\xef\xbb\xbf"


def test_a_block_in_a_windows_file_stays_one_block(tmp_path: Path) -> None:
    path = tmp_path / "g.ini"
    path.write_bytes(b"a=1\r\nb=2\r\n")
    for value in ("x=0", "x=1"):
        blockinfile.apply(blockinfile.Args(path=str(path), block=value), World())
    text = path.read_bytes()
    assert text.count(b"BEGIN") == 1
    assert b"x=1\r\n" in text
    assert b"x=0" not in text
    assert text.count(b"\n") == text.count(b"\r\n")


@pytest.mark.parametrize("mark", [b"", BOM])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_is_found_behind_the_mark_and_ends_like_the_others(
    tmp_path: Path, mark: bytes, end: bytes
) -> None:
    path = tmp_path / "f.ini"
    path.write_bytes(mark + b"name=a" + end + b"x=1" + end)
    args = lineinfile.Args(path=str(path), regexp="^name=", line="name=b")
    lineinfile.apply(args, World())
    lineinfile.apply(lineinfile.Args(path=str(path), line="y=2"), World())
    assert path.read_bytes() == mark + end.join([b"name=b", b"x=1", b"y=2", b""])


def test_mixed_ends_stay_as_they_are() -> None:
    mixed = b"a\r\nb\nc\r"
    assert Layout.of(mixed).laid_out(Layout.of(mixed).plain(mixed)) == mixed


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    text = "a\x0cb\u2028c\x1dd\re\n\nf"
    assert lines_of(text) == ["a\x0cb\u2028c\x1dd\re", "", "f"]
    assert lines_of("") == []
    path = tmp_path / "f"
    path.write_bytes(b"one\rstill one\n")
    blockinfile.apply(blockinfile.Args(path=str(path), block="x", insertbefore="BOF"), World())
    assert path.read_bytes().endswith(b"END ANSIBLE MANAGED BLOCK\none\rstill one\n")


def test_strangers_cron_jobs_stay_whole(tmp_path: Path) -> None:
    theirs = "0 1 * * * root echo a\x0cb\u2028c\r\n"
    path = tmp_path / "jobs"
    path.write_text(theirs, newline="")
    args = cron.Args(name="mine", job="true", user="root", cron_file=str(path), minute="5")
    cron.apply(args, World())
    with path.open(newline="") as file:
        assert file.read() == theirs + "#Ansible: mine\n5 * * * * root true\n"
