"""Causes that are known by what they say: what each is called, where it comes from, what helps.
Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suture.phases.causes import Failure

MISSING_MODULE = "missing module"
OWN_MODULE = "wrong directory"
PERMISSION = "permission denied"
ENVIRONMENT = "missing environment variable"
UNAUTHORIZED = "not authorized"
EVENT_LOOP = "event loop"
LACKING = "module lacks a name"
TEXTS = "texts differ"
REFUSED = "service refused"
COMPANY = "only beside others"
WORKERS = "only with workers"
COLD = "slow when cold"

OUTSIDE = (REFUSED, "disk full", "port in use", COLD)
"""Kinds whose cause is not in the application: no change of its code mends them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A cause that is known.  ``subject`` tells two of a kind apart: a module's name, a path."""

    kind: str
    subject: str
    title: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Sign:
    """How a kind is recognised: by the exception's name and by what was said."""

    kind: str
    exceptions: str
    said: str
    title: str
    cause: str
    remedy: str
    fits: Callable[[re.Match[str]], bool] = lambda match: True


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def _close(match: re.Match[str]) -> bool:
    """Whether two different numbers agree but for rounding; the first may be a sum or the like."""
    one, sign, more, other = match.groups()
    left, right = float(one), float(other)
    if sign:
        left = OPERATORS[sign](left, float(more))
    return left != right and abs(left - right) <= 1e-6 * max(abs(left), abs(right), 1e-9)


_NUMBER = r"-?\d+\.\d+(?:e-?\d+)?"
SIGNS: Sequence[Sign] = (
    Sign(
        MISSING_MODULE,
        r"ModuleNotFoundError|ImportError",
        r"No module named '([\w]+)",
        "Missing module: {0}",
        "{0} is not installed",
        "install what provides {0}",
    ),
    Sign(
        "changed interface",
        r"ImportError",
        r"cannot import name '([\w]+)' from '([\w.]+)'",
        "Changed interface: {1}.{0}",
        "the installed {1} has no {0}: it is another version than the code was written for",
        "pin the version of {1} that has {0}, or use what took its place",
    ),
    Sign(
        "syntax error",
        r"SyntaxError|IndentationError|TabError",
        r"^([^:\n]+:\d+): (?:Syntax|Indentation|Tab)Error",
        "Not Python: {0}",
        "{0} cannot be read by this Python",
        "correct the line, or run the tests with the Python that it was written for",
    ),
    Sign(
        "same name twice",
        r"",
        r"import file mismatch: imported module '([\w.]+)'",
        "Two test files of one name: {0}",
        "two files are imported as {0}, because their folders are no packages",
        "put an __init__.py into each folder, or set --import-mode=importlib",
    ),
    Sign(
        "missing fixture",
        r"",
        r"fixture '([^']+)' not found",
        "Missing fixture: {0}",
        "no conftest or plugin gives a fixture named {0}",
        "install the plugin that provides it, or define {0} in a conftest",
    ),
    Sign(
        PERMISSION,
        r"PermissionError|OSError",
        r"Permission denied: '([^']+)'",
        "Permission denied: {0}",
        "the user that runs the tests may not write {0}, and nothing in the code expects that",
        "let the user have {0}, or do without it where it cannot be had",
    ),
    Sign(
        "disk full",
        r"OSError",
        r"\[Errno (?:28|122)\] ([^:'\n]+)",
        "Disk full",
        "there is no room left on the host ({0})",
        "make room: nothing in the application mends this",
    ),
    Sign(
        "port in use",
        r"OSError|PermissionError",
        r"\[Errno 98\]|(?i:address already in use)",
        "Port in use",
        "another process has the port that the tests want",
        "let tests ask for port 0, or end the process that has it",
    ),
    Sign(
        REFUSED,
        r"ConnectionRefusedError|OperationalError|ConnectionError|ConnectError|OSError",
        r"(?i:connection refused|could not connect to|errno 111)",
        "Service refused",
        "a service that the tests want, a database say, is not there",
        "start the service, or skip with a reason what needs it",
    ),
    Sign(
        "timeout",
        r"Failed|TimeoutError|Timeout|CancelledError|TimeoutExpired",
        r"(?i:timeout (?:\(?>|of|after)|timed out|TimeoutError|pytest-timeout)",
        "Timeout",
        "the test took longer than it may",
        "find what it waits for; raise its time limit only where the work takes that long",
    ),
    Sign(
        "deprecation as error",
        r"(?:Pending)?DeprecationWarning|FutureWarning|RemovedIn\w+Warning|PytestDeprecationWarning",
        r"",
        "Deprecation turned error",
        "warnings are errors here, and something used is deprecated",
        "use what took its place, or let filterwarnings ignore this one",
    ),
    Sign(
        EVENT_LOOP,
        r"RuntimeError",
        r"(?i:event loop is closed|no (?:current|running) event loop"
        r"|event loop is already running|from a running event loop|different (?:event )?loop)",
        "Event loop",
        "code closes or replaces the event loop that others in this thread go on using",
        "reuse the thread's loop, and never close it",
    ),
    Sign(
        ENVIRONMENT,
        r"KeyError|ValidationError|RuntimeError|ValueError|ImproperlyConfigured",
        r"^(?:(?:setup: )?<frozen os>[^\n]*KeyError: |KeyError: )?'?([A-Z][A-Z0-9]*_[A-Z0-9_]+)'?"
        r"(?=$|\n| (?:is|must be|not|environment))",
        "Missing environment variable: {0}",
        "{0} is not set where the tests run",
        "set {0} before anything imports the application, a stand-in will do",
    ),
    Sign(
        "timezone",
        r"",
        r"(?i:offset-naive and offset-aware|ZoneInfoNotFound|No time zone found"
        r"|[+-]\d\d:\d\d\D+\d\d:\d\d.*==|tzinfo|UTC.*==|== .*UTC)",
        "Timezone",
        "times are compared that are not of one timezone, or the host's is not the one meant",
        "compare aware times in UTC; set TZ for the tests",
    ),
    Sign(
        "locale",
        r"",
        r"(?i:unsupported locale setting|'ascii' codec can't|\blocale\.Error\b|LC_ALL|strcoll)",
        "Locale",
        "the host's locale is not the one that the code counts on",
        "name the encoding or the locale in the code, or generate it on the host",
    ),
    Sign(
        "floating point",
        r"AssertionError",
        rf"assert \(?({_NUMBER})(?: ([-+*]) ({_NUMBER})\))? == \(?({_NUMBER})",
        "Floating point",
        "two numbers are compared exactly that differ by rounding",
        "compare with pytest.approx",
        _close,
    ),
    Sign(
        OWN_MODULE,
        r"FileNotFoundError",
        r"No such file or directory: '((?![/~])[^']+)'",
        "Wrong directory: {0}",
        "{0} is looked for from the working directory, which is another one here",
        "start from the file's own place (Path(__file__)), or run the tests where it is",
    ),
    Sign(
        LACKING,
        r"AttributeError",
        r"module '([\w.]+)' has no attribute '(\w+)'",
        "{0} lacks {1}",
        "the installed {0} has no {1}: it is another version, or an empty folder of that name",
        "install the {0} that is meant; an empty package must not count as installed",
    ),
    Sign(
        "changed interface",
        r"TypeError|AttributeError",
        r"(\w[\w.]*)\(\) (?:got an unexpected keyword argument|missing \d+ required|takes \d+ pos)"
        r"|'(\w+)' object has no attribute",
        "Changed interface: {0}",
        "{0} is called as it is no longer (or not yet) defined",
        "call it as the installed version wants, or pin the version that was meant",
    ),
    Sign(
        UNAUTHORIZED,
        r"",
        r"\b(401|403)\b",
        "Not authorized: {0}",
        "requests are answered {0}: authentication is on where the tests count on its being off",
        "switch it off before anything imports the application",
    ),
    Sign(
        TEXTS,
        r"AssertionError",
        r"assert (['\"].*?['\"]) (?:==|in) (['\"].*['\"])",
        "Texts differ",
        "the text is {0}, and {1} was expected",
        "read both side by side: either the code or the test is right",
    ),
)


def recognised(failure: Failure) -> Known | None:
    """What is known of the failure's cause, or nothing."""
    text = failure.message.strip()
    for sign in SIGNS:
        if sign.exceptions and not re.fullmatch(sign.exceptions, failure.type):
            continue
        for said in dict.fromkeys((failure.said, text)):
            match = re.search(sign.said, said, re.MULTILINE)
            if match and sign.fits(match):
                return _known(sign, failure, match)
    return None


def _known(sign: Sign, failure: Failure, match: re.Match[str]) -> Known:
    found = [group for group in match.groups() if group is not None] or [failure.said[:60]]
    words = [*found, *[""] * 2]
    subject = " ".join(found[:1]) if "{0}" in sign.title else ""
    if sign.kind in (MISSING_MODULE, OWN_MODULE) and _is_own(found[0], failure):
        return Known(
            OWN_MODULE,
            found[0],
            f"Wrong directory: {found[0]}",
            f"{found[0]} is the application's own, and it is not looked for where the tests run",
            "run the tests in the application's directory, or set pythonpath in pytest's settings",
        )
    if sign.kind == TEXTS:
        subject = failure.said.split("\n")[0][:200]
    return Known(
        sign.kind,
        subject,
        sign.title.format(*words),
        sign.cause.format(*words),
        sign.remedy.format(*words),
    )


def _is_own(name: str, failure: Failure) -> bool:
    """Whether a module that is missing is the application's own: a folder that its files are in."""
    tops = {failure.id.partition("/")[0], failure.where.partition("/")[0], "src"}
    return name in tops
