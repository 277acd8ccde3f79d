"""Lookups that read the controller's files.  Names, options and results are Ansible's."""

from __future__ import annotations

import configparser
import csv
import glob
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.agent.protocol.spec import Failure
from suture.errors import TemplateError
from suture.templating.filters import flatten, to_bool
from suture.variables.content import sought
from suture.variables.scope import Scope

Terms = list[Any]


@dataclass(frozen=True)
class LookupContext:
    """Where a lookup is asked: what variables mean there (``scope``, and ``names`` made), how a
    template file is filled in (``filled``: its path, scope, arguments, paths, further names), and
    the folder in which ``with_`` seeks the first file found."""

    scope: Scope
    names: Mapping[str, Any]
    filled: Callable[[str, Scope, Mapping[str, Any], Sequence[str], Mapping[str, Any]], Any]
    folder: str = ""

    @property
    def paths(self) -> Sequence[str]:
        found, _ = self.scope.find("ansible_search_path")
        return found if isinstance(found, list) else ["."]

    @property
    def directory(self) -> str:
        """The playbook's directory, in which commands run."""
        found, _ = self.scope.find("playbook_dir")
        return found if isinstance(found, str) else "."

    def path(self, name: Any, folder: str = "files") -> str:
        try:
            return sought(str(name), folder, self.paths)
        except Failure as error:
            raise TemplateError(str(error)) from None


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise TemplateError(f"cannot read '{path}': {error.strerror}") from None


def file(terms: Terms, place: LookupContext, lstrip: Any = False, rstrip: Any = True) -> list[str]:
    texts = []
    for term in terms:
        text = _read(place.path(term))
        text = text.lstrip() if to_bool(lstrip) else text
        texts.append(text.rstrip() if to_bool(rstrip) else text)
    return texts


def template(
    terms: Terms,
    place: LookupContext,
    template_vars: Mapping[str, Any] | None = None,
    **options: Any,
) -> list[Any]:
    for ignored in ("convert_data", "jinja2_native"):
        options.pop(ignored, None)
    found = []
    for term in terms:
        path = place.path(term, "templates")
        args = {**options, "src": term}
        found.append(place.filled(path, place.scope, args, place.paths, template_vars or {}))
    return found


def fileglob(terms: Terms, place: LookupContext) -> list[str]:
    found: list[str] = []
    for term in terms:
        folder, pattern = os.path.split(str(term))
        if folder:
            try:
                folders = [place.path(folder)]
            except TemplateError:
                folders = []
        else:
            folders = [path for base in place.paths for path in (f"{base}/files", base)]
        for each in folders:
            matches = sorted(
                path
                for path in glob.glob(f"{each}/{pattern}")  # noqa: PTH207
                if Path(path).is_file()
            )
            if matches:
                found += matches
                break
    return found


def first_found(
    terms: Terms, place: LookupContext, files: Any = (), paths: Any = (), skip: Any = False
) -> list[str]:
    candidates: list[str] = []
    for term in flatten(terms) or [{"files": files, "paths": paths, "skip": skip}]:
        if isinstance(term, Mapping):
            skip = term.get("skip", skip)
            folders = _split(term.get("paths", ()), r"[,:;]")
            names = _split(term.get("files", ()), "[,;]")
        else:
            folders, names = _split(paths, r"[,:;]"), _split(term, "[,;]")
        candidates += [str(Path(folder, name)) for folder in folders or [""] for name in names]
    for candidate in candidates:
        try:
            return [place.path(candidate, place.folder or ".")]
        except TemplateError:
            continue
    if to_bool(skip):
        return []
    raise ValueError(f"none of these files is there: {', '.join(candidates)}")


def _split(value: Any, separators: str) -> list[str]:
    values = [value] if isinstance(value, str) else list(value)
    return [part for each in values for part in re.split(separators, each) if part]


def _inline(term: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A term as older playbooks write it, 'key option=value …': what is looked for, and the options
    with those in the term."""
    if "=" not in term:
        return term, dict(options)
    words = shlex.split(term)
    key = " ".join(word for word in words if word.partition("=")[0] not in options)
    given = dict(word.partition("=")[::2] for word in words if word.partition("=")[0] in options)
    return (key, {**options, **given}) if key and given else (term, dict(options))


def csvfile(
    terms: Terms,
    place: LookupContext,
    file: str = "ansible.csv",
    delimiter: str = "TAB",
    col: Any = 1,
    keycol: Any = 0,
    default: Any = None,
    encoding: str = "utf-8",
) -> list[Any]:
    if not terms:
        raise ValueError("csvfile takes the key to look for")
    written = {
        "file": file,
        "delimiter": delimiter,
        "col": col,
        "keycol": keycol,
        "default": default,
        "encoding": encoding,
    }
    found = []
    for term in terms:
        key, options = _inline(str(term), written)
        value = _cell(key, place, **options)
        if value is not None:
            found.append(value)
    return found


def _cell(
    key: str,
    place: LookupContext,
    *,
    file: str,
    delimiter: str,
    col: Any,
    keycol: Any,
    **options: Any,
) -> Any:
    """What stands in the first row that has the key."""
    separator = "\t" if delimiter in ("TAB", "\\t") else delimiter
    with Path(place.path(file)).open(encoding=options["encoding"], newline="") as text:
        rows = csv.reader(text, delimiter=separator)
        found = (row[int(col)] for row in rows if row and row[int(keycol)] == key)
        return next(found, options["default"])


def ini(
    terms: Terms,
    place: LookupContext,
    file: str = "ansible.ini",
    section: str = "global",
    type: str = "ini",  # noqa: A002
    default: Any = "",
    re: Any = False,
    encoding: str = "utf-8",
    case_sensitive: Any = False,
    allow_no_value: Any = False,
    interpolation: Any = True,
    allow_none: Any = False,
) -> list[Any]:
    written = {
        "file": file,
        "section": section,
        "type": type,
        "default": default,
        "re": re,
        "encoding": encoding,
        "case_sensitive": case_sensitive,
        "interpolation": interpolation,
        "allow_no_value": to_bool(allow_no_value) or to_bool(allow_none),
    }
    found: list[Any] = []
    for term in terms:
        key, options = _inline(str(term), written)
        found += _setting(key, place.path(options["file"]), options)
    return found


def _setting(key: str, path: str, options: Mapping[str, Any]) -> list[Any]:
    """The values of the key, or of all keys that a regular expression fits."""
    parser = configparser.ConfigParser(
        allow_no_value=to_bool(options["allow_no_value"]),
        interpolation=configparser.BasicInterpolation()
        if to_bool(options["interpolation"])
        else None,
    )
    if to_bool(options["case_sensitive"]):
        parser.optionxform = str  # type: ignore[assignment,method-assign]
    text, section = Path(path).read_text(options["encoding"]), options["section"]
    if options["type"] == "properties":
        text, section = f"[{_PROPERTIES}]\n{text}", _PROPERTIES
    parser.read_string(text, path)
    if to_bool(options["re"]):
        return [value for name, value in parser.items(section) if re.match(key, name)]
    parser.options(section)
    value = parser.get(section, key) if parser.has_option(section, key) else options["default"]
    return [] if value is None else [value]


_PROPERTIES = "java_properties"


FILE_LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    "file": file,
    "template": template,
    "fileglob": fileglob,
    "first_found": first_found,
    "csvfile": csvfile,
    "ini": ini,
}
