"""Invoke's task with the field's short flags and with words that may be left out."""

from __future__ import annotations

import sys
from typing import Any

from invoke import Argument, Task

from suture.commands.options import SHORT


class Command(Task):  # type: ignore[type-arg]
    """An Invoke task whose short flags are the field's, not the first letter that is free, and
    whose positional words may be left out, or be many.

    Invoke itself knows required positional words only: one that has a default never takes a word.
    So the words that stand behind the task's name are counted beforehand.
    """

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        options = super().arg_opts(name, default, taken_names)
        names = [options["names"][0]]
        if name in SHORT:
            names.append(SHORT[name])
        return {**options, "names": names}

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        arguments = super().get_arguments(ignore_unknown_help)
        words = words_behind(str(self.name), sys.argv)
        expected = [argument for argument in arguments if argument.positional]
        if {"-h", "--help"} & set(sys.argv):
            for argument in expected:  # else the first required word would be "--help"
                argument.default = argument.default or ""
            return arguments
        for argument in expected[:words]:
            argument.default = None
        if expected and expected[-1].kind is list and words:
            name, at = str(expected[-1].name), arguments.index(expected[-1])
            arguments[at : at + 1] = [
                Argument(
                    names=(name if number == 1 else f"{name}-{number}",), positional=True, kind=str
                )
                for number in range(1, words + 1)
            ]
        return arguments


def words_behind(task: str, argv: list[str]) -> int:
    """How many words, up to the first flag, stand behind a task's name on the command line."""
    if task not in argv[1:]:
        return 0
    behind = argv[argv.index(task, 1) + 1 :]
    flags = [index for index, word in enumerate(behind) if word.startswith("-")]
    return min(flags, default=len(behind))
