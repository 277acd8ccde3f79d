"""Filters over text: patterns, hashes, paths, addresses, times, sizes.  Results are Ansible's."""

from __future__ import annotations

import base64
import glob
import hashlib
import os
import re
import shlex
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from suture.templating import patterns

NAMESPACE = uuid.UUID("361E6D51-FAEC-444A-9079-341386DA8E2E")
"""The one that Ansible's ``to_uuid`` counts from."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _bytes(value: Any, encoding: str = "utf-8") -> bytes:
    return value if isinstance(value, bytes) else _text(value).encode(encoding, "surrogateescape")


# -- patterns --------------------------------------------------------------------------------------


def _flags(ignorecase: bool, multiline: bool) -> re.RegexFlag:
    return (re.IGNORECASE if ignorecase else re.NOFLAG) | (re.MULTILINE if multiline else re.NOFLAG)


def regex_replace(
    value: Any = "",
    pattern: str = "",
    replacement: str = "",
    ignorecase: bool = False,
    multiline: bool = False,
    count: int = 0,
    mandatory_count: int = 0,
) -> str:
    flags = _flags(ignorecase, multiline)
    result, times = patterns.replaced(pattern, replacement, _text(value), flags, count)
    if mandatory_count and mandatory_count != times:
        raise ValueError(f"'{pattern}' matches {times} times instead of {mandatory_count}")
    return result


def regex_findall(
    value: Any, regex: str, multiline: bool = False, ignorecase: bool = False
) -> list[Any]:
    return patterns.every(regex, _text(value), _flags(ignorecase, multiline))


def regex_search(
    value: Any, regex: str, *groups: str, ignorecase: bool = False, multiline: bool = False
) -> Any:
    """The match, or a list of the groups that are asked for as ``\\\\1`` or ``\\\\g<name>``."""
    wanted = [_group(group) for group in groups]
    match = patterns.first("search", regex, _text(value), _flags(ignorecase, multiline))
    if match is None:
        return None
    return [match.group(group) for group in wanted] if wanted else match.group()


def _group(text: str) -> int | str:
    named = re.fullmatch(r"\\g<(\S+)>", text)
    if named:
        return named.group(1)
    numbered = re.match(r"\\(\d+)", text)
    if numbered:
        return int(numbered.group(1))
    raise ValueError(f"a group is written as \\1 or \\g<name>, not {text!r}")


def regex_escape(value: Any, re_type: str = "python") -> str:
    if re_type == "python":
        return re.escape(_text(value))
    if re_type == "posix_basic":
        return re.sub(r"([].[^$*\\])", r"\\\1", _text(value))
    raise ValueError(f"re_type is python or posix_basic, not '{re_type}'")


# -- hashes and encodings --------------------------------------------------------------------------


def hashed(value: Any, hashtype: str = "sha1") -> str:
    state = hashlib.new(hashtype)
    state.update(_bytes(value))
    return state.hexdigest()


def password_hash(
    password: str,
    hashtype: str = "sha512",
    salt: str | None = None,
    salt_size: int | None = None,
    rounds: int | None = None,
    ident: str | None = None,
) -> str:
    from suture.templating import password_hashes

    return password_hashes.hashed(password, hashtype, salt, salt_size, rounds, ident)


def b64encode(value: Any, encoding: str = "utf-8", urlsafe: bool = False) -> str:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(_bytes(value, encoding)).decode("ascii")


def b64decode(value: Any, encoding: str = "utf-8", urlsafe: bool = False) -> str:
    decode = base64.urlsafe_b64decode if urlsafe else base64.b64decode
    return decode(_bytes(value)).decode(encoding, "surrogateescape")


def to_uuid(value: Any, namespace: Any = NAMESPACE) -> str:
    if not isinstance(namespace, uuid.UUID):
        namespace = uuid.UUID(namespace)
    return str(uuid.uuid5(namespace, _text(value)))


def quote(value: Any) -> str:
    return shlex.quote("" if value is None else _text(value))


# -- paths -----------------------------------------------------------------------------------------


def path_join(paths: Any) -> str:
    return str(paths) if isinstance(paths, str) else os.path.join(*paths)  # noqa: PTH118


def fileglob(pattern: str) -> list[str]:
    return [path for path in glob.glob(pattern) if Path(path).is_file()]  # noqa: PTH207


# -- addresses -------------------------------------------------------------------------------------

URL_PARTS = (
    *("fragment", "hostname", "netloc", "password", "path"),
    *("port", "query", "scheme", "username"),
)


def urlsplit(value: str, query: str = "") -> Any:
    from urllib.parse import urlsplit as split

    parts = split(value)
    if not query:
        return {name: getattr(parts, name) for name in URL_PARTS}
    if query not in URL_PARTS:
        raise ValueError(f"a URL has no part '{query}', it has {', '.join(URL_PARTS)}")
    return getattr(parts, query)


def urldecode(value: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(value)


# -- times -----------------------------------------------------------------------------------------


def to_datetime(value: str, format: str = "%Y-%m-%d %H:%M:%S") -> datetime:  # noqa: A002
    return datetime.strptime(value, format)  # noqa: DTZ007 - a time without a zone, as in Ansible


def strftime(format: str, second: Any = None, utc: bool = False) -> str:  # noqa: A002
    at = None if second is None else float(second)
    return time.strftime(format, time.gmtime(at) if utc else time.localtime(at))


# -- sizes -----------------------------------------------------------------------------------------

POWERS = "BKMGTPEZY"
WORDS = ("", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta")


def human_readable(size: float, isbits: bool = False, unit: str | None = None) -> str:
    """1536 → "1.50 KB": in the unit, or in the largest that the size fills."""
    power = 0
    if unit is not None:
        power = max(POWERS.find(unit.upper()), 0)
    else:
        while power + 1 < len(POWERS) and size >= 1024 ** (power + 1):
            power += 1
    base = "bits" if isbits else "Bytes"
    name = POWERS[power] + base[0] if power else base
    return f"{size / 1024**power:.2f} {name}"


def human_to_bytes(value: Any, default_unit: str | None = None, isbits: bool = False) -> int:
    """ "1.5K" → 1536; capital B says bytes, small b bits."""
    match = re.search(r"^([0-9]*\.?[0-9]+)(?:\s*([A-Za-z]+))?\s*$", str(value))
    if match is None:
        raise ValueError(f"{value!r} is no size")
    number, unit = float(match.group(1)), match.group(2) or default_unit
    if unit is None:
        return round(number)
    power = POWERS.find(unit[0].upper())
    if power < 0:
        raise ValueError(f"{value!r}: the unit starts with one of {', '.join(POWERS)}")
    letter, word = ("b", "bit") if isbits else ("B", "byte")
    short = (POWERS[power] if power else "") + letter
    # Ansible spells it "zetabyte", so both are taken.
    long = {WORDS[power] + word, WORDS[power].replace("tt", "t") + word}
    if len(unit) > 1 and unit != short and unit.lower() not in long:
        raise ValueError(f"{value!r}: the unit is {short} or {POWERS[power]}")
    return round(number * 2.0 ** (10 * power))


# -- comments --------------------------------------------------------------------------------------

STYLES: Mapping[str, Mapping[str, Any]] = {
    "plain": {"decoration": "# "},
    "erlang": {"decoration": "% "},
    "c": {"decoration": "// "},
    "cblock": {"beginning": "/*", "decoration": " * ", "end": " */"},
    "xml": {"beginning": "<!--", "decoration": " - ", "end": "-->"},
}


def comment(text: str, style: str = "plain", **given: Any) -> str:
    """The text with every line decorated, and lines of the decoration before and after it."""
    if style not in STYLES:
        raise ValueError(f"the style is one of {', '.join(STYLES)}, not '{style}'")
    edge = given.get("decoration", STYLES[style]["decoration"]).rstrip()
    look: dict[str, Any] = {
        "newline": "\n",
        "beginning": "",
        "end": "",
        "decoration": "",
        "prefix": edge,
        "prefix_count": 1,
        "postfix": edge,
        "postfix_count": 1,
        **STYLES[style],
        **given,
    }
    newline, decoration = str(look["newline"]), str(look["decoration"])
    start: str = look["beginning"] + newline if look["beginning"] else ""
    before: str = ""
    if look["prefix"]:
        line = newline if look["prefix"] == newline else look["prefix"] + newline
        before = line * int(look["prefix_count"])
    body = (decoration + text.replace(newline, newline + decoration)).replace(
        decoration + newline, decoration.rstrip() + newline
    )
    after = newline.join(["", *[look["postfix"]] * look["postfix_count"]])
    return start + before + body + after + (newline + look["end"] if look["end"] else "")


def _of_path(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value, *rest: function(_text(value), *rest)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "regex_replace": regex_replace,
    "regex_findall": regex_findall,
    "regex_search": regex_search,
    "regex_escape": regex_escape,
    "hash": hashed,
    "checksum": hashed,
    "sha1": hashed,
    "md5": lambda value: hashed(value, "md5"),
    "password_hash": password_hash,
    "b64encode": b64encode,
    "b64decode": b64decode,
    "to_uuid": to_uuid,
    "quote": quote,
    "split": lambda value, *rest: _text(value).split(*rest),
    "basename": _of_path(os.path.basename),
    "dirname": _of_path(os.path.dirname),
    "expanduser": _of_path(os.path.expanduser),
    "expandvars": _of_path(os.path.expandvars),
    "realpath": _of_path(os.path.realpath),
    "relpath": _of_path(os.path.relpath),
    "normpath": _of_path(os.path.normpath),
    "splitext": _of_path(os.path.splitext),
    "path_join": path_join,
    "commonpath": os.path.commonpath,
    "fileglob": fileglob,
    "urlsplit": urlsplit,
    "urldecode": urldecode,
    "to_datetime": to_datetime,
    "strftime": strftime,
    "human_readable": human_readable,
    "human_to_bytes": human_to_bytes,
    "comment": comment,
}
