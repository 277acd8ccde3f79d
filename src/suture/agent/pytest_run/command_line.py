"""pytest's command lines: of the whole run, and of what is run again.  Pure."""

from __future__ import annotations

import base64
import os
import re
import zlib
from typing import Any, Dict, List, Sequence


def arguments(args: Any) -> List[str]:
    """pytest's command line.  One file that cannot be collected does not keep the others back."""
    given = ["-q", "--color=no", "--tb=short", "--continue-on-collection-errors"]
    given += _workers(args)
    if args.maxfail:
        given.append(f"--maxfail={args.maxfail}")
    return [*given, *_common(args), *args.paths]


def _workers(args: Any) -> List[str]:
    given = [] if args.n is None else [f"--numprocesses={args.n}"]
    if args.dist and args.n != 0:
        given.append(f"--dist={args.dist}")
    return given


def _common(args: Any) -> List[str]:
    """What holds for the whole run and for a test that is run again."""
    given = [] if args.timeout is None else [f"--timeout={args.timeout:g}"]
    for option, value in (("-k", args.k), ("-m", args.m)):
        if value:
            given += [option, value]
    return [*given, *args.extra_args]


def _again(about: Dict[str, Any]) -> List[str]:
    """The options of every run after the first, under the settings of the first."""
    given = ["-q", "--color=no", "--tb=short", f"--rootdir={about.get('rootdir') or '.'}"]
    return [*given, *(["-c", about["inifile"]] if about.get("inifile") else [])]


def alone(tests: Sequence[str], about: Dict[str, Any], args: Any) -> List[str]:
    """The command line that runs tests of one file by themselves, without workers."""
    root = about.get("rootdir") or "."
    given = _again(about)
    if about.get("xdist"):
        given.append("--numprocesses=0")
    return [*given, *_common(args), *(os.path.join(root, test) for test in tests)]


def in_company(tests: Sequence[str], about: Dict[str, Any], args: Any) -> List[str]:
    """The command line that runs tests among all of their class or module, which stays together on
    one worker: spread over several, each would be as cold as alone."""
    root = about.get("rootdir") or "."
    scopes = dict.fromkeys(scope_of(test) for test in tests)
    inner = [
        scope for scope in scopes if scope.partition("::")[0] not in scopes or "::" not in scope
    ]
    given = [*_again(about), *_workers(args)]
    if about.get("xdist") and args.n != 0:
        given.append("--dist=loadscope")
    return [*given, *_common(args), *(os.path.join(root, scope) for scope in inner)]


def scope_of(test: str) -> str:
    """The class that a test is in, else its module."""
    return test.partition("[")[0].rpartition("::")[0] or test


def by_file(tests: Sequence[Dict[str, Any]]) -> List[List[Dict[str, Any]]]:
    found: Dict[str, List[Dict[str, Any]]] = {}
    for test in tests:
        found.setdefault(test["id"].partition("::")[0], []).append(test)
    return list(found.values())


def ids_of(tests: Sequence[Dict[str, Any]]) -> List[str]:
    return [test["id"] for test in tests]


def packed(source: bytes) -> str:
    """A program for ``python -c`` that is this source's, with the arguments that follow it."""
    text = base64.b64encode(zlib.compress(source, 9)).decode()
    return (
        "import base64, zlib; exec(compile(zlib.decompress(base64.b64decode("
        f"'{text}')), '<suture>', 'exec'), {{'__name__': '__main__'}})"
    )


OPTIONS = {
    "numprocesses": re.compile(r"(?:^|\s)(-n\s*\S+|--numprocesses[= ]\S+)"),
    "dist": re.compile(r"(?:^|\s)(--dist[= ]\S+)"),
    "timeout": re.compile(r"(?:^|\s)(--timeout[= ]\S+)"),
}


def differing(settings: Dict[str, str], args: Any) -> str:
    """What the project's own addopts say of workers and timeout, where this run says otherwise, or
    says nothing and they hold."""
    own = settings.get("addopts", "")
    said = {"numprocesses": args.n, "dist": args.dist or None, "timeout": args.timeout}
    if args.n == 0:
        said["dist"] = "no"
    overruled, kept = [], []
    for name, pattern in OPTIONS.items():
        match = pattern.search(own)
        if match is None:
            continue
        given, word = said[name], match[1].strip()
        value = re.split(r"[= ]+|^-n", word, maxsplit=1)[-1].strip()
        if given is None:
            kept.append(word)
        elif _plain(given) != value:
            overruled.append(word)
    sentences = []
    if overruled:
        runs = f"-n {args.n}" if args.n is not None else ""
        runs += f" --dist={args.dist}" if args.dist and args.n != 0 else ""
        runs += f" --timeout={args.timeout:g}" if args.timeout is not None else ""
        sentences.append(
            f"the project's addopts say {' '.join(overruled)}; this run has {runs.strip()}"
        )
    if kept:
        sentences.append(f"{' '.join(kept)} comes from the project's addopts")
    return "; ".join(sentences)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
