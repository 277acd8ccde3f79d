"""Failing tests out of a JUnit XML file, as pytest and others write them.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from suture.errors import SutureError
from suture.phases.causes import KEPT, Failure

_FRAME = re.compile(r"^([^\s<>:][^:\n]*\.py):(\d+): ", re.MULTILINE)
_EXCEPTION = re.compile(r"^(?:\w+: )?([A-Za-z_][\w.]*(?:Error|Exception|Warning|Failed|Timeout))\b")
_FOREIGN = re.compile(r"(^|/)(site-packages|dist-packages|\.?venv|lib/python)(/|$)|^/|^\.\.")


def failures_in(text: str, name: str) -> list[Failure]:
    """The failing tests of a file named ``name``; SutureError where it is no JUnit XML."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SutureError(f"{name} declares entities, which no JUnit file needs: it is not read")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - nothing is declared in it: see above
    except ElementTree.ParseError as error:
        line, column = error.position
        raise SutureError(f"{name}:{line}:{column + 1}: no XML: {error}") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise SutureError(f"{name}:1:1: <{root.tag}> is no JUnit file: it begins with <testsuites>")
    return list(_failures(root))


def _failures(root: ElementTree.Element) -> Iterator[Failure]:
    for case in root.iter("testcase"):
        for found in (*case.findall("failure"), *case.findall("error")):
            yield _failure(case, found)
            break


def _failure(case: ElementTree.Element, found: ElementTree.Element) -> Failure:
    text = found.text or ""
    said = found.get("message") or text.strip().split("\n")[-1]
    said = re.sub(r"^(failed on (setup|teardown) with )\"?(.*?)\"?$", r"\3", said, flags=re.DOTALL)
    own = [place for place in _FRAME.findall(text) if not _FOREIGN.search(place[0])]
    where = ":".join(own[-1]) if own else ""
    match = _EXCEPTION.match(said)
    exception = match[1] if match else "AssertionError" if said.startswith("assert ") else ""
    seconds = case.get("time") or "0"
    return Failure(
        _id(case),
        exception,
        said[:KEPT],
        where,
        "",
        float(seconds) if re.fullmatch(r"[\d.]+", seconds) else 0.0,
    )


def _id(case: ElementTree.Element) -> str:
    """The test's id: pytest writes the file as a dotted name, and classes behind it."""
    dotted, name = case.get("classname") or "", case.get("name") or ""
    file = case.get("file")
    if file:
        return f"{file}::{name}"
    parts = dotted.split(".") if dotted else []
    classes: list[str] = []
    while parts and parts[-1][:1].isupper():
        classes.insert(0, parts.pop())
    if not parts:
        return "/".join(name.split(".")) + ".py"
    return "::".join(["/".join(parts) + ".py", *classes, name])
