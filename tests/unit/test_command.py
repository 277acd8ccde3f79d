"""What a command is taken to touch, and what runs a script."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.agent.modules.command import Args, words
from suture.agent.modules.script import runner
from suture.agent.shared.commands import named, named_in_shell
from suture.agent.world.world import World


@pytest.mark.parametrize(
    ("given_", "chdir", "paths"),
    [
        (["-x", "--all"], "", []),
        (["/etc/a", "b/c", "-v"], "", ["/etc/a"]),
        (["--prefix=/opt/x", "DESTDIR=/tmp/y", "-o/z"], "", ["/opt/x", "/tmp/y"]),
        (["f", "../g", "-v", "--to=h"], "/srv/d", ["/srv/d/f", "/srv/g", "/srv/d/h"]),
        (["/", "/dev/null", "/dev/sda1", "/a/../b"], "", ["/dev/sda1", "/b"]),
        (["/a", "/a"], "", ["/a"]),
    ],
)
def test_named(given_: list[str], chdir: str, paths: list[str]) -> None:
    assert named(given_, chdir) == paths


@pytest.mark.parametrize(
    ("line", "chdir", "paths"),
    [
        ("cat /a > /b", "", ["/a", "/b"]),
        ("/usr/bin/tool /a; /bin/other '/c d'", "", ["/a", "/c"]),
        ("echo x >>/log 2>/dev/null && rm /x", "", ["/log", "/x"]),
        (">/made", "", ["/made"]),
        ("cp $HOME/a ~/b", "", ["/h/a", "/h/b"]),
        ("x=$(cat /in) make install", "/d", ["/in", "/d/make", "/d/install"]),
        ("gzip < a > b.gz", "/d", ["/d/a", "/d/b.gz"]),
        ("", "/d", []),
    ],
)
def test_named_in_shell(line: str, chdir: str, paths: list[str]) -> None:
    world = World()
    world.begin("step", {"HOME": "/h"})
    assert set(paths) <= set(named_in_shell(line, chdir, world))


def test_programs_are_not_taken_for_files() -> None:
    found = named_in_shell("/usr/bin/tool /a; /bin/other /b | /bin/third", "", World())
    assert found == ["/a", "/b"]


@given(some.lists(some.text(min_size=1, max_size=5), min_size=1, max_size=4))
def test_a_quoted_command_has_the_words_of_argv(argv: list[str]) -> None:
    assert words(Args(cmd=" ".join(map(shlex.quote, argv)))) == words(Args(argv=argv)) == argv


@pytest.mark.parametrize(
    ("script", "executable", "expected"),
    [
        (b"#!/bin/bash\necho", None, ["/bin/bash"]),
        (b"#!/usr/bin/env python3 -u\n", None, ["/usr/bin/env", "'python3 -u'"]),
        (b"#! /bin/sh", None, ["/bin/sh"]),
        (b"echo", None, ["/bin/sh"]),
        (b"", None, ["/bin/sh"]),
        (b"\x7fELF\0", None, []),
        (b"#!/bin/bash\n", "python3 -B", ["python3 -B"]),
    ],
)
def test_runner(script: bytes, executable: str | None, expected: list[str]) -> None:
    assert runner(script, executable) == expected
