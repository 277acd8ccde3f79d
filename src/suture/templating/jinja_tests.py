"""Jinja2 tests: what stands behind ``is``.  Names and results are Ansible's."""

from __future__ import annotations

import math
import operator
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from suture.secrets import Secret
from suture.templating import patterns

# -- results of tasks ------------------------------------------------------------------------------


def _result(value: Any, asked: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"'is {asked}' is asked of a task's result, and this is {value!r}")
    return value


def _flag(name: str) -> Callable[[Any], bool]:
    return lambda value: bool(_result(value, name).get(name))


def succeeded(value: Any) -> bool:
    return not _result(value, "succeeded").get("failed")


def reachable(value: Any) -> bool:
    return not _result(value, "reachable").get("unreachable")


def changed(value: Any) -> bool:
    """A loop's result changed when one of its rounds did."""
    result = _result(value, "changed")
    if "changed" in result:
        return bool(result["changed"])
    rounds = result.get("results")
    if not isinstance(rounds, list):
        return False
    return any(isinstance(each, Mapping) and each.get("changed") for each in rounds)


def timedout(value: Any) -> bool:
    found = _result(value, "timedout").get("timedout")
    return bool(found and found.get("period"))


def _background(name: str) -> Callable[[Any], bool]:
    return lambda value: bool(_result(value, name).get(name, True))


# -- text ------------------------------------------------------------------------------------------


def regex(
    value: Any = "",
    pattern: str = "",
    ignorecase: bool = False,
    multiline: bool = False,
    match_type: str = "search",
) -> bool:
    flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
    if match_type not in {"search", "match", "fullmatch"}:
        raise ValueError(f"match_type is search, match or fullmatch, not '{match_type}'")
    return patterns.first(match_type, pattern, str(value), flags) is not None


def match(value: Any, pattern: str = "", ignorecase: bool = False, multiline: bool = False) -> bool:
    return regex(value, pattern, ignorecase, multiline, "match")


def search(
    value: Any, pattern: str = "", ignorecase: bool = False, multiline: bool = False
) -> bool:
    return regex(value, pattern, ignorecase, multiline, "search")


def uri(value: Any, schemes: Any = None) -> bool:
    try:
        parts = urlparse(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return not schemes or parts.scheme in schemes


def url(value: Any, schemes: Any = None) -> bool:
    return uri(value, schemes) and bool(urlparse(value).netloc or urlparse(value).scheme == "file")


# -- versions --------------------------------------------------------------------------------------


def _loose(text: str) -> list[int | str]:
    parts = [part for part in re.split(r"(\d+|[a-z]+|\.)", text) if part and part != "."]
    return [int(part) if part.isdigit() else part for part in parts]


def _strict(text: str) -> tuple[Any, ...]:
    found = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?", text, re.ASCII)
    if found is None:
        raise ValueError(f"'{text}' is no version of the form 1.2.3")
    major, minor, patch, stage, number = found.groups()
    # a final release comes after its alphas and betas
    return (int(major), int(minor), int(patch or 0)), (stage or "c", int(number or 0))


def _identifier(text: str) -> tuple[int, int, str]:
    """A part of a semantic version's pre-release: numbers come before words."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def _semantic(text: str) -> tuple[Any, ...]:
    found = re.fullmatch(
        r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", text, re.ASCII
    )
    if found is None:
        raise ValueError(f"'{text}' is no semantic version of the form 1.2.3-rc.1")
    *numbers, pre = found.groups()
    return (*map(int, numbers), not pre, [_identifier(part) for part in (pre or "").split(".")])


def _pep440(text: str) -> Any:
    from packaging.version import Version

    return Version(text)


VERSIONS: Mapping[str, Callable[[str], Any]] = {
    "loose": _loose,
    "strict": _strict,
    "semver": _semantic,
    "semantic": _semantic,
    "pep440": _pep440,
}
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("==", "=", "eq"), operator.eq),
    **dict.fromkeys(("!=", "<>", "ne"), operator.ne),
    **dict.fromkeys(("<", "lt"), operator.lt),
    **dict.fromkeys(("<=", "le"), operator.le),
    **dict.fromkeys((">", "gt"), operator.gt),
    **dict.fromkeys((">=", "ge"), operator.ge),
}


def version(
    value: Any,
    version: Any,
    operator: str = "eq",
    strict: bool | None = None,
    version_type: str | None = None,
) -> bool:
    if strict is not None and version_type is not None:
        raise ValueError("give 'strict' or 'version_type', not both")
    if not value or not version:
        raise ValueError("an empty text is no version")
    kind = version_type or ("strict" if strict else "loose")
    if kind not in VERSIONS:
        raise ValueError(f"version_type is one of {', '.join(VERSIONS)}, not '{kind}'")
    if operator not in OPERATORS:
        raise ValueError(f"versions are compared with one of {', '.join(OPERATORS)}")
    made = VERSIONS[kind]
    try:
        return OPERATORS[operator](made(str(value)), made(str(version)))
    except TypeError:
        raise ValueError(f"'{value}' and '{version}' cannot be compared") from None


# -- truth, sets, numbers --------------------------------------------------------------------------


def truthy(value: Any, convert_bool: bool = False) -> bool:
    if convert_bool and isinstance(value, (str, int)):
        word = str(value).lower()
        if word in {"y", "yes", "on", "1", "true", "t", "1.0"}:
            return True
        if word in {"n", "no", "off", "0", "false", "f", "0.0"}:
            return False
    return bool(value)


def nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def vault_encrypted(value: Any) -> bool:
    return isinstance(value, Secret) or str(value).startswith("$ANSIBLE_VAULT;")


def vaulted_file(path: str) -> bool:
    with Path(path).open("rb") as file:
        return file.read(15) == b"$ANSIBLE_VAULT;"


def _named(function: Callable[..., Any], *names: str) -> dict[str, Callable[..., Any]]:
    return dict.fromkeys(names, function)


CHECKS: Mapping[str, Callable[..., Any]] = {
    **_named(_flag("failed"), "failed", "failure"),
    **_named(succeeded, "succeeded", "success", "successful"),
    **_named(_flag("unreachable"), "unreachable"),
    **_named(reachable, "reachable"),
    **_named(changed, "changed", "change"),
    **_named(_flag("skipped"), "skipped", "skip"),
    **_named(_background("finished"), "finished"),
    **_named(_background("started"), "started"),
    **_named(timedout, "timedout"),
    **_named(match, "match"),
    **_named(search, "search"),
    **_named(regex, "regex"),
    **_named(version, "version", "version_compare"),
    **_named(any, "any"),
    **_named(all, "all"),
    **_named(truthy, "truthy"),
    **_named(lambda value, convert_bool=False: not truthy(value, convert_bool), "falsy"),
    **_named(lambda a, b: set(a) <= set(b), "subset", "issubset"),
    **_named(lambda a, b: set(a) >= set(b), "superset", "issuperset"),
    **_named(lambda items, value: value in items, "contains"),
    **_named(nan, "nan", "isnan"),
    **_named(vault_encrypted, "vault_encrypted"),
    **_named(vaulted_file, "vaulted_file"),
    **_named(uri, "uri"),
    **_named(url, "url"),
    **_named(lambda value: uri(value, ["urn"]), "urn"),
    **_named(os.path.isdir, "directory", "is_dir"),
    **_named(os.path.isfile, "file", "is_file"),
    **_named(os.path.islink, "link", "is_link"),
    **_named(os.path.exists, "exists"),
    **_named(os.path.lexists, "link_exists"),
    **_named(os.path.isabs, "abs", "is_abs"),
    **_named(os.path.samefile, "same_file", "is_same_file"),
    **_named(os.path.ismount, "mount", "is_mount"),
}
"""Tests by name; those of Jinja2 itself are added in ``plugins``."""
