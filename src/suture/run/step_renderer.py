"""Tasks made concrete for one host, under its owner's policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from suture.connect.target import Becoming
from suture.load import specs
from suture.model import Become, Task
from suture.redaction import leaves, named_secrets
from suture.run.arguments import Arguments
from suture.run.keywords import environment_of, flag, keyword, numeric
from suture.run.policy import Policy, allowed
from suture.run.reach import OF_HOST, OF_OTHERS, Reach, Said, keywords_of, said
from suture.run.step import ReadyStep, words_of
from suture.templating.rendering import render
from suture.variables.scope import Scope

JOBS = "ansible_async_dir"
"""The variable that says where a host's jobs have their notes."""


class StepRenderer:
    """``become_password`` is the operator's, for hosts that have none of their own; ``become`` is
    what holds where neither task nor variable says anything, and ``otherwise`` the same of how the
    host is reached.  ``learn`` is given the secrets that stand in a step."""

    def __init__(
        self,
        host: str,
        arguments: Arguments,
        policies: Sequence[Policy],
        become_password: str | None,
        become: Become,
        otherwise: Said = (),
        learn: Callable[[str], None] = lambda secret: None,
    ) -> None:
        self._otherwise = otherwise
        self._learn = learn
        self._become = become
        self._host = host
        self.arguments = arguments
        self._policies = policies
        self._become_password = become_password

    def prepared(self, task: Task, scope: Scope) -> ReadyStep:
        """The step.  Refused where a policy forbids it; TemplateError, UnknownValue as render."""
        args = self.arguments.of(task, scope)
        why = str(render(task.exception, scope, task.mark) or "")
        exception = allowed(self._policies, task, args, self._host, why)
        environment = environment_of(task.environment, scope, task.mark)
        if (task.job or task.module == "async_status") and JOBS in scope:
            environment.setdefault("ANSIBLE_ASYNC_DIR", str(render("{{ " + JOBS + " }}", scope)))
        for secret in (*named_secrets(environment), *_arguments(task.module, args)):
            self._learn(secret)
        checked = keyword(task.check_mode, scope, task.mark)
        dry = None if checked is None else flag(checked, scope, task.mark, "check_mode")
        host = str(keyword(task.delegate_to, scope, task.mark) or self._host)
        timeout = numeric(task.timeout, scope, task.mark, "timeout")
        undo_with = render(list(task.undo_with), scope, task.mark) if task.undo_with else ()
        return ReadyStep(
            args,
            environment,
            self._becoming(task, scope),
            host,
            dry,
            timeout or None,
            exception,
            _job(task, scope),
            [words_of(command) for command in undo_with],
            Reach(
                said(scope, OF_HOST if host == self._host else OF_OTHERS),
                keywords_of(task, scope, self._otherwise),
            ),
        )

    def _becoming(self, task: Task, scope: Scope) -> Becoming:
        def spoken(value: Any, variable: str, default: str = "") -> str:
            if variable in scope:
                value = scope.find(variable)[0]
            return str(keyword(value, scope, task.mark) or default)

        wanted = keyword(task.become.wanted, scope, task.mark)
        if "ansible_become" in scope:
            wanted = render("{{ ansible_become }}", scope, task.mark)
        elif wanted is None:
            wanted = self._become.wanted
        if not flag(wanted, scope, task.mark, "become"):
            return Becoming()
        password = spoken(None, "ansible_become_password") or spoken(None, "ansible_become_pass")
        return Becoming(
            spoken(task.become.user, "ansible_become_user", self._become.user or "root"),
            spoken(task.become.method, "ansible_become_method", self._become.method or "sudo"),
            spoken(task.become.flags, "ansible_become_flags", self._become.flags or ""),
            password or self._become_password,
            spoken(task.become.exe, "ansible_become_exe", self._become.exe or ""),
        )


def _job(task: Task, scope: Scope) -> dict[str, Any] | None:
    """What ``async`` and ``poll`` come to, where the step is to go on by itself."""
    seconds = numeric(task.job, scope, task.mark, "async")
    if not seconds:
        return None
    poll = numeric(task.poll, scope, task.mark, "poll")
    return {"seconds": seconds, "waits": poll is None or poll > 0}


def _arguments(module: str, args: Mapping[str, Any]) -> Iterator[str]:
    """The values of arguments that their module declares as secret."""
    for name in _secret_names(module):
        yield from leaves(args.get(name))


@cache
def _secret_names(module: str) -> tuple[str, ...]:
    try:
        parameters = specs.spec(module).parameters
    except KeyError:  # a module that is not ours
        return ()
    return tuple(name for name, parameter in parameters.items() if parameter.secret)
