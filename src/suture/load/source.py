"""YAML text to plain data, knowing where each piece was written.

What is kept is YAML's own tree of nodes, each with its place; data and marks are made of it where
they are asked for, so a file of a thousand tasks costs little more than parsing it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from suture.errors import Invalid
from suture.load.syntax import explained, unquoted_braces
from suture.model import Mark, Problem, Value
from suture.secrets import Secret, Unsafe

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 200
"""Levels of nesting beyond which a file is refused: nobody writes that, and parsers crash on it."""

TWICE = "'{}' is given twice, and the last one counts: keep one of them"
LARGEST = 5_000_000
"""Values that a file may hold with its aliases written out."""

_TAG = "tag:yaml.org,2002:"
_NUMBERS = SafeConstructor()
_COMPACT = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}")
_BRACKET = re.compile(r"[\[\]{}]")
_TEXT = frozenset({_TAG + "str", _TAG + "timestamp", _TAG + "value", "!"})
_TRUE = frozenset({"yes", "true", "on"})


class Opener(Protocol):
    """What turns an encrypted text back: see ``load.vault``."""

    def opened(self, text: str) -> str:
        """The plain text; ValueError with a sentence where it cannot be had."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value's node."""

    key: str
    mark: Mark
    node: Node


@dataclass(slots=True)
class Source:
    """One file as parsed.  ``root`` is None for an empty file and for one that is not YAML; what
    is found wrong, now and while data is made, goes to ``problems``."""

    file: str
    root: Node | None
    problems: list[Problem]
    vault: Opener | None = None
    secret: bool = False
    path: str = ""
    text: str = ""
    early: list[Problem] = field(default_factory=list)
    _made: dict[int, tuple[Value, int]] = field(default_factory=dict)

    def mark(self, node: Node) -> Mark:
        start = node.start_mark
        return Mark(self.file, start.line + 1, start.column + 1)

    @property
    def start(self) -> Mark:
        return Mark(self.file, 1, 1)

    def problem(self, node: Node, message: str) -> None:
        self.problems.append(Problem(self.mark(node), message))

    def warning(self, node: Node, message: str) -> None:
        self.problems.append(Problem(self.mark(node), message, "warning"))

    # -- mappings, key by key --------------------------------------------------------------------

    def entries(self, node: MappingNode, within: frozenset[int] = frozenset()) -> list[Entry]:
        """The mapping's keys in order, ``<<`` merged; a key given twice is a problem, and the last
        one counts."""
        found: dict[str, Entry] = {}
        for key, mark, value in self._pairs(node):
            if not isinstance(key, str):
                key = str(key)
            if key in found:
                self.problems.append(Problem(mark, TWICE.format(key), "warning"))
            found[key] = Entry(key, mark, value)
        within |= {id(node)}
        for merged in self._merged(node):
            if id(merged) not in within:
                for entry in self.entries(merged, within):
                    found.setdefault(entry.key, entry)
        return list(found.values())

    def _pairs(self, node: MappingNode) -> Iterator[tuple[Any, Mark, Node]]:
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                continue
            if not isinstance(key, ScalarNode):
                self.problem(key, unquoted_braces(node) or _bad_key(key))
                continue
            text = key.value if key.tag in _TEXT else self.data(key)
            yield text, self.mark(key), value

    def _merged(self, node: MappingNode) -> Iterator[MappingNode]:
        for key, value in node.value:
            if key.tag != _TAG + "merge":
                continue
            for each in value.value if isinstance(value, SequenceNode) else [value]:
                if isinstance(each, MappingNode) and each is not node:
                    yield each
                else:
                    self.problem(value, "'<<' merges mappings: give it *NAME of one, or a list")

    # -- data ------------------------------------------------------------------------------------

    def data(self, node: Node) -> Value:
        """The node as ordinary data: str, int, float, bool, None, list and dict."""
        return self._value(node, 0)[0]

    def _value(self, node: Node, depth: int) -> tuple[Value, int]:
        """The data, and how many values it counts with everything in it."""
        if isinstance(node, ScalarNode):
            return self._scalar(node), 1
        made = self._made.get(id(node))
        if made is None:
            if depth > DEEPEST:
                self.problem(node, _too_deep("this value"))
                return None, 1
            self._made[id(node)] = (
                None,
                LARGEST + 1,
            )  # until it is made: met again, it is a circle
            made = self._container(node, depth)
            self._made[id(node)] = made
        elif made[1] > LARGEST:
            self.problem(node, "this value contains itself, or is far too large: write it out")
            made = (None, 1)
        return made

    def _container(self, node: Node, depth: int) -> tuple[Value, int]:
        count = 1
        if isinstance(node, SequenceNode):
            if node.tag == "!unsafe":
                return final(self._plain(node, depth)), 1
            if node.tag != _TAG + "seq":
                self.problem(node, f"the tag {_shown(node.tag)} is not supported: use a plain list")
            items = []
            for child in node.value:
                item, size = self._value(child, depth + 1)
                items.append(item)
                count += size
            return items, count
        assert isinstance(node, MappingNode)
        if node.tag == "!unsafe":
            return final(self._plain(node, depth)), 1
        if node.tag != _TAG + "map":
            self.problem(node, f"the tag {_shown(node.tag)} is not supported: use a plain mapping")
        braces = unquoted_braces(node)
        if braces:
            self.problem(node, braces)
            return None, 1
        found: dict[Any, Value] = {}
        for key, mark, value in self._pairs(node):
            if key in found:
                key = _distinct(key, found)
            if key in found:
                self.problems.append(Problem(mark, TWICE.format(key), "warning"))
            found[key], size = self._value(value, depth + 1)
            count += size
        for merged in self._merged(node):
            inner, size = self._value(merged, depth + 1)
            found = {**(inner or {}), **found}
            count += size
        return found, count

    def _plain(self, node: SequenceNode | MappingNode, depth: int) -> Value:
        """The container's data as if it had no tag."""
        kind = "seq" if isinstance(node, SequenceNode) else "map"
        same = type(node)(_TAG + kind, node.value, node.start_mark, node.end_mark, node.flow_style)
        return self._container(same, depth)[0]

    def _scalar(self, node: ScalarNode) -> Value:
        tag, text = node.tag, node.value
        if tag in _TEXT:
            return Secret(text) if self.secret else text
        if tag == _TAG + "null":
            return None
        if tag == _TAG + "bool":
            return text.lower() in _TRUE
        try:
            if tag == _TAG + "int":
                return _NUMBERS.construct_yaml_int(node)
            if tag == _TAG + "float":
                return _NUMBERS.construct_yaml_float(node)
        except (ValueError, IndexError):
            return text
        if tag == "!unsafe":
            return Unsafe(text)
        if tag in ("!vault", "!vault-encrypted"):
            return self._opened(node, text)
        if tag == _TAG + "binary":
            try:
                return base64.b64decode(text, validate=False).decode("utf-8")
            except ValueError:
                why = "these bytes are no text: put them in a file"
                self.problems.append(Problem(self.mark(node), why, "possible"))
                return _unreadable(why)
        self.problem(node, f"the tag {_shown(tag)} is not supported: write the value without it")
        return text

    def _opened(self, node: Node, text: str) -> Value:
        try:
            if self.vault is None:
                raise ValueError(
                    "this value is encrypted: give the password, --vault-password-file"
                )
            return Secret(self.vault.opened(text))
        except ValueError as error:
            self.problems.append(Problem(self.mark(node), str(error), "possible"))
            return _unreadable(str(error))


def _unreadable(why: str) -> str:
    """What stands for a value that cannot be had: whoever reads it is told why."""
    why = why.replace("\\", " ").replace("'", " ")
    return f"{{{{ undef(hint='{why}') }}}}"


def final(value: Value) -> Value:
    """The value with no text in it a template."""
    if isinstance(value, dict):
        return {key: final(each) for key, each in value.items()}
    if isinstance(value, list):
        return [final(each) for each in value]
    return Unsafe(value) if type(value) is str else value


def _distinct(key: Any, found: dict[Any, Value]) -> Any:
    """The key; as it is written where it only counts as another one's equal: 1 and true."""
    same = next(each for each in found if each == key)
    return key if type(same) is type(key) else json.dumps(key)


def is_null(node: Node) -> bool:
    """Whether nothing is written there, as in a file with '---' alone."""
    return isinstance(node, ScalarNode) and node.tag == _TAG + "null"


def _bad_key(key: Node) -> str:
    if isinstance(key, MappingNode) and key.flow_style:
        return "a key that begins with '{{' has to be quoted"
    return "a key has to be plain text"


def _shown(tag: str) -> str:
    return tag.replace(_TAG, "!!")


def _too_deep(what: str) -> str:
    return f"{what} is nested more than {DEEPEST} levels deep: make it flatter"


def parsed(file: str, text: str, vault: Opener | None = None) -> Source:
    """The text's nodes; what is wrong with its syntax is one problem with its place."""
    problems: list[Problem] = []
    secret = text.startswith("$ANSIBLE_VAULT")
    if secret:
        mark = Mark(file, 1, 1)
        if vault is None:
            message = "this file is encrypted: give the password, --vault-password-file"
            return Source(file, None, [Problem(mark, message)])
        try:
            text = vault.opened(text)
        except ValueError as error:
            return Source(file, None, [Problem(mark, str(error))])
    root = None
    if _too_nested(text):
        problems.append(Problem(Mark(file, 1, 1), _too_deep("this file")))
    else:
        try:
            root = yaml.compose(text, Loader=LOADER)
        except yaml.YAMLError as error:
            problems.append(explained(error, text, file))
        except (RecursionError, ValueError, OverflowError):
            problems.append(Problem(Mark(file, 1, 1), _too_deep("this file")))
    return Source(file, root, problems, vault, secret, text=text)


def _too_nested(text: str) -> bool:
    """Whether a parser might run out of stack (libyaml's crashes); brackets in text count."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        if depth > 2 * DEEPEST:
            return True
    return _COMPACT.search(text) is not None


def read(path: Path, vault: Opener | None = None, shown: str = "") -> Source:
    """The file as parsed; ``shown`` is how it is called in marks."""
    file = shown or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem(Mark(file, line, 1), "this is not UTF-8 text: save the file as UTF-8")
        return Source(file, None, [problem])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Source(file, None, [Problem(Mark(file, 1, 1), f"cannot be read: {reason}")])
    return parsed(file, text, vault)


def variables(path: Path, vault: Opener | None = None, shown: str = "") -> dict[str, Value]:
    """What a file of variables holds (vars_files, include_vars, ``-e @file``); else Invalid."""
    source = read(path, vault, shown)
    found = mapping_of(source)
    errors = [problem for problem in source.problems if problem.level == "error"]
    if errors:
        raise Invalid(errors)
    return found


def mapping_of(source: Source) -> dict[str, Value]:
    """A file of variables as a dict; an empty file has none."""
    if source.root is None:
        return {}
    data = source.data(source.root)
    if data is None:
        return {}
    if not isinstance(data, dict):
        source.problem(source.root, "a file of variables holds a mapping, 'name: value' by line")
        return {}
    return {str(key): value for key, value in data.items()}
