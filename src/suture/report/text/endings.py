"""How a run ended, in words: the one table of them, by exit code."""

from __future__ import annotations

from suture.errors import Exit

ENDINGS = {
    Exit.DONE: ("done", "done", "good"),
    Exit.FAILED: ("failed", "failed", "bad"),
    Exit.PENDING: ("changes pending", "there is something to change", "warn"),
    Exit.REFUSED: ("refused", "refused", "bad"),
    Exit.UNREACHABLE: ("host lost", "a host could not be reached, or was lost", "bad"),
    Exit.INTERRUPTED: (
        "interrupted",
        "interrupted: what had run is recorded; run it again, or undo it",
        "warn",
    ),
}
"""In a word, in a sentence, and in which tone."""


def ending(code: int | None) -> tuple[str, str]:
    """In a word how a run ended, and the tone; None: it never came to its end."""
    if code is None:
        return "cut", "bad"
    word, _, tone = ENDINGS[Exit(code)] if code in ENDINGS else ENDINGS[Exit.FAILED]
    return word, tone


def ending_sentence(code: int) -> tuple[str, str]:
    """In a sentence how a run ended, and the tone."""
    if code not in ENDINGS:
        return f"ended with {code}", "bad"
    _, sentence, tone = ENDINGS[Exit(code)]
    return sentence, tone
