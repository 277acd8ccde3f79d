"""A playbook as a run takes it: loaded, with a word on what may fail, and the operator asked for
what it wants to be told."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from suture.commands.inputs import Inputs
from suture.errors import SutureError
from suture.load.playbook import playbook
from suture.load.problem_lines import lines_by_cause
from suture.model import Mark, Play, Playbook, Problem, Prompt, Variables
from suture.run.tags import selected
from suture.secrets import Unsafe

WARNINGS = 10
"""Causes of possible failures that are told before a run; ``lint`` tells all of them."""


def loaded(file: str, inputs: Inputs, tell: Callable[[str], None]) -> Playbook:
    """The playbook, with nothing left to ask; ``tell`` is told what fails if the run gets there."""
    settings = inputs.settings

    def wanted(tags: frozenset[str]) -> bool:
        return selected(tags, settings.tags or ("all",), settings.skip_tags)

    found = playbook(
        file,
        roles_path=[str(path) for path in inputs.project.roles_path],
        vault=inputs.vault,
        check_template=_checked,
        rendered=_named,
        extra_vars=settings.extra_vars,
        selected=wanted,
    )
    warnings = lines_by_cause(found.possible)
    for sentence in warnings[:WARNINGS]:
        tell(sentence)
    if len(warnings) > WARNINGS:
        tell(
            f"{len(warnings) - WARNINGS:,} more may fail where they are reached: see 'lint {file}'"
        )
    plays = prompted(found.plays, settings.extra_vars, inputs.redactor.add)
    return replace(found, plays=plays)


def _checked(text: str, mark: Mark) -> Iterable[Problem]:
    from suture.templating.static_checks import calls_unknown, check

    return check(text, mark) if calls_unknown(text) else ()


def _named(text: str, known: Sequence[Variables]) -> Any:
    from suture.templating.rendering import static_value

    return static_value(text, known)


# -- what a play asks for --------------------------------------------------------------------------


def prompted(
    plays: Sequence[Play], given: Variables, hide: Callable[[str], None]
) -> tuple[Play, ...]:
    """The plays with the answers to their ``vars_prompt`` among their variables; ``given`` ones are
    not asked for, and ``hide`` is told each answer that nobody may see."""
    found = []
    for play in plays:
        answers: dict[str, Any] = {}
        for prompt in play.prompts:
            if prompt.name not in given:
                answers[prompt.name] = answer = _answer(prompt)
                if prompt.private and answer:
                    hide(str(answer))
        found.append(replace(play, vars={**play.vars, **answers}) if answers else play)
    return tuple(found)


def _answer(prompt: Prompt) -> Any:
    if not sys.stdin.isatty():
        if prompt.default is not None:
            return prompt.default
        raise SutureError(
            f"{prompt.mark}: the play asks for '{prompt.name}', and there is no terminal:"
            f" give it with --extra-vars {prompt.name}=…"
        )
    default = "" if prompt.default is None or prompt.private else f" [{prompt.default}]"
    text = f"{prompt.text}{default}: "
    while True:
        value = _line(prompt, text)
        if not prompt.confirm or value == _line(prompt, f"confirm {text}"):
            break
        print("the two answers differ: once more", file=sys.stderr)
    if not value and prompt.default is not None:
        return prompt.default
    return Unsafe(_encrypted(prompt, value) if prompt.encrypt else value)


def _line(prompt: Prompt, text: str) -> str:
    if prompt.private:
        return getpass.getpass(text)
    sys.stderr.write(text)
    sys.stderr.flush()
    return sys.stdin.readline().rstrip("\n")


def _encrypted(prompt: Prompt, value: str) -> str:
    from suture.templating.rendering import static_value

    how = {"scheme": prompt.encrypt, "salt": prompt.salt or None, "size": prompt.salt_size or None}
    text = "{{ value | password_hash(scheme, salt, salt_size=size) }}"
    try:
        return str(static_value(text, [{"value": Unsafe(value), **how}]))
    except ValueError as error:
        raise SutureError(f"{prompt.mark}: {error}") from None
