"""docs/previews.md says what really happens, and we are never wrong in it.

What ansible-core says is recorded.  One playbook is put to it anew in every run of the tests, and all
of them where the tests explore.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import previewing
from tests.differential.recording import ANEW

pytestmark = [pytest.mark.differential, pytest.mark.timeout(1800)]

ASKED_ANEW = ["03-lines"]


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[previewing.Tool, previewing.Tool]]:
    """Of each playbook, what ansible-core is recorded to say and what we say now."""
    found = {}
    for name in previewing.names():
        theirs = previewing.recorded(name)
        assert theirs is not None, ANEW
        found[name] = (theirs, previewing.by_suture(name, tmp_path_factory.mktemp(name)))
    return found


@pytest.mark.parametrize("name", previewing.names())
def test_no_prediction_of_ours_is_wrong(
    name: str, results: dict[str, tuple[previewing.Tool, previewing.Tool]]
) -> None:
    assert results[name][1].complaints() == []


@pytest.mark.parametrize("name", previewing.names())
def test_both_tools_do_the_same(
    name: str, results: dict[str, tuple[previewing.Tool, previewing.Tool]]
) -> None:
    theirs, ours = (previewing.statuses(tool)[1] for tool in results[name])
    assert ours == theirs


def test_the_page_is_what_was_found(
    results: dict[str, tuple[previewing.Tool, previewing.Tool]],
) -> None:
    assert Path(previewing.DOCUMENT).read_text("utf-8") == previewing.document(results)


@pytest.mark.long
def test_what_is_recorded_is_what_ansible_does(tmp_path: Path, exploring: bool) -> None:
    for name in previewing.names() if exploring else ASKED_ANEW:
        theirs = previewing.recorded(name)
        assert theirs is not None, ANEW
        anew = previewing.by_ansible(name, tmp_path)
        assert previewing.statuses(anew) == previewing.statuses(theirs), name
