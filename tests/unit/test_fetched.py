"""Where a fetched file may stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from suture.run.fetched import FetchDestination, Unfit, _check_spelling, place_of


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"src": "/etc/x", "dest": "d"}, "d/h/etc/x"),
        ({"src": "etc//./x", "dest": "d/"}, "d/h/etc/x"),
        ({"src": "/etc/x", "dest": "d/", "flat": True}, "d/x"),
        ({"src": "/etc/x", "dest": "/d/y", "flat": True}, "/d/y"),
        ({"src": "$HOME/x", "dest": "d"}, "d/h/root/x"),
    ],
)
def test_the_place_follows_from_the_arguments(asked: dict[str, object], expected: str) -> None:
    assert place_of(asked, "/root/x", "h").path == Path(expected)


@pytest.mark.parametrize(
    ("src", "host"),
    [("/etc/../../x", "h"), ("/etc/x", ".."), ("/etc/x", "a/b"), ("/etc/a\nb", "h")],
)
def test_no_name_leads_out_of_the_folder(src: str, host: str) -> None:
    with pytest.raises(Unfit, match="would not stay"):
        place_of({"src": src, "dest": "d"}, src, host)


def test_a_name_that_the_file_system_takes_for_another_is_refused() -> None:
    place = FetchDestination(Path("d"), ("h", "Motd"))
    with pytest.raises(Unfit, match="only in case"):
        _check_spelling("Motd", ["motd"], lambda: True, place)
    _check_spelling("Motd", ["motd"], lambda: False, place)
    _check_spelling("motd", ["motd"], lambda: True, place)
