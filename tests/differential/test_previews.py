"""docs/previews.md says what really happens, and we are never wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import previews

pytestmark = [pytest.mark.differential, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[previews.Tool, previews.Tool]]:
    return {
        name: previews.compared(name, tmp_path_factory.mktemp(name)) for name in previews.names()
    }


@pytest.mark.parametrize("name", previews.names())
def test_no_prediction_of_ours_is_wrong(
    name: str, results: dict[str, tuple[previews.Tool, previews.Tool]]
) -> None:
    assert results[name][1].complaints() == []


@pytest.mark.parametrize("name", previews.names())
def test_both_tools_do_the_same(
    name: str, results: dict[str, tuple[previews.Tool, previews.Tool]]
) -> None:
    theirs, ours = (
        {task: end.status for task, end in tool.happened.items()} for tool in results[name]
    )
    assert ours == theirs


def test_the_page_is_what_was_found(
    results: dict[str, tuple[previews.Tool, previews.Tool]],
) -> None:
    assert Path(previews.DOCUMENT).read_text("utf-8") == previews.document(results)
