"""Whatever a file looks like, python_edit changes what is meant and nothing else.

Files are made at random, with all that makes real ones hard: tabs, form feeds, strings over many
lines, continued lines, comments at any column, one-line blocks, decorators, every line end.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from suture.agent.modules.python_edit import edited, edits_of
from suture.agent.python_source.source import SourceText
from suture.agent.python_source.syntax import shape

RAW = "\0"
"""Marks a line that begins within a string: it is not indented."""

TEXTS = (
    'x = """a\n{raw}  b\n{raw}\n{raw}c"""',
    "y = f'''{{\n{raw}x}} and\n{raw}\t{{x!r:>{{w}}}}\n{raw}'''",
    "z = 'a\\\n{raw}   b'; q = 1",
    "call({n}, [\n        1,\n  2,  # two\n\n      ], **kw)",
    "total = 1 + \\\n      {n}",
    "é_ü = 'größe {n}'; call({n})  # ünïcode",
    "x = {{'a': [\n    {n}],\n}}",
    "if x: call({n})",
    "while x: call({n}); break",
    "lambda: (yield_, {n})",
    "'''doc {n}\n{raw}  more\n{raw}'''",
    "del x, y",
    "pass",
)
COMMENTS = ("", "", "", "  # why", '  # {{ }} """ \'')


@dataclass(frozen=True)
class Style:
    unit: str
    newline: str
    ended: bool
    feeds: dict[int, str]
    """What stands before the indentation of some lines, by their index."""


styles = st.builds(
    Style,
    st.sampled_from(["    ", "  ", "\t", "        "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.dictionaries(st.integers(0, 40), st.sampled_from(["\f", "  \f", "\t\f\f"]), max_size=4),
)


@st.composite
def block(draw: Any, depth: int) -> list[str]:
    """The lines of a block, with tabs for indentation."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(
            st.sampled_from(
                [[], [], [""], ["# a comment"], ["\t\t# far right"], [RAW + "# far left"], [" "]]
            )
        )
        lines += draw(statement(depth))
    return lines


@st.composite
def statement(draw: Any, depth: int) -> list[str]:
    kind = draw(
        st.sampled_from(["text", "text", "text", "with", "try", "if", "for", "def", "class"])
    )
    number = draw(st.integers(0, 999))
    if kind == "text" or depth > 2:
        said = draw(st.sampled_from(TEXTS)).format(n=number, raw=RAW)
        lines = said.split("\n")
        return [*lines[:-1], lines[-1] + draw(st.sampled_from(COMMENTS)).format()]
    inner = [line if line.startswith(RAW) else "\t" + line for line in draw(block(depth + 1))]
    if kind == "with":
        return [f"with open_({number}) as f:", *inner]
    if kind == "try":
        head = draw(
            st.sampled_from(["except KeyError:", "except (KeyError, OSError) as error:", "except:"])
        )
        return ["try:", *inner, head, "\tpass  # never mind"]
    if kind == "if":
        return [
            "if x:",
            *inner,
            *draw(st.sampled_from([[], ["else: pass"], ["elif y:", "\tcall()"]])),
        ]
    if kind == "for":
        return ["for x in y:  # each", *inner]
    if kind == "def":
        head = draw(st.sampled_from(["def", "async def"]))
        return [
            *draw(st.sampled_from([[], ["@deco", "# between"]])),
            f"{head} inner_{number}(a, b=(1,",
            "\t\t2)):",
            *inner,
        ]
    return [f"class C_{number}(object):", *inner]


@dataclass(frozen=True)
class Case:
    """A file with one function ``target`` that holds ``with wanted()`` and ``except Wanted``."""

    data: bytes
    style: Style


@st.composite
def cases(draw: Any) -> Case:
    style = draw(styles)
    wanted = ["with wanted(1) as w:  # the one", *indented(draw(block(2)))]
    clause = ["try:", *indented(draw(block(2))), "except Wanted :  # this", "\tcall('wanted')"]
    for _ in range(draw(st.integers(0, 2))):
        wanted = ["if deep:", *indented([*draw(block(2)), *wanted, *draw(block(2))])]
    body = [*draw(block(1)), *wanted, *draw(block(1)), *clause]
    if draw(st.booleans()):
        body += draw(block(1))
    function = ["def target(self):", *indented(body)]
    if draw(st.booleans()):
        function = ["class Holder:", *indented([*draw(block(1)), *function])]
    head = draw(st.sampled_from(["", '"""Doc."""', '"""Doc\n' + RAW + '  string"""', "# a header"]))
    lines = [*head.split("\n"), "import re", *draw(block(0)), *function]
    if draw(st.booleans()):
        lines += draw(block(0))
    text = style.newline.join(rendered(line, style, at) for at, line in enumerate(lines))
    return Case((text + (style.newline if style.ended else "")).encode(), style)


def indented(lines: list[str]) -> list[str]:
    return [line if line.startswith(RAW) else "\t" + line for line in lines]


def rendered(line: str, style: Style, index: int) -> str:
    """The line in the file's own indentation; a form feed here and there."""
    if line.startswith(RAW):
        return line[1:]
    bare = line.lstrip("\t")
    feeds = style.feeds.get(index, "")
    return feeds + style.unit * (len(line) - len(bare)) + bare if bare else feeds


def applied(data: bytes, edit: dict[str, Any]) -> bytes:
    """The edited file, which the same edit finds to be right."""
    new, _ = edited(data, edits_of([edit]))
    again, reports = edited(new, edits_of([edit]))
    assert again == new
    assert not reports[0]["changed"]
    return new


def tree(data: bytes) -> ast.Module:
    return SourceText.read(data).tree


def lines_of(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", data)


def found(data: bytes, kind: type, test: Any) -> Any:
    (node,) = [each for each in ast.walk(tree(data)) if isinstance(each, kind) and test(each)]
    return node


def is_wanted(node: Any) -> bool:
    call = node.items[0].context_expr
    return (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "wanted"
    )


def check_outside(before: bytes, after: bytes, first: int, last: int) -> None:
    """All lines above the first and below the last are what they were."""
    old, new = lines_of(before), lines_of(after)
    assert new[: first - 1] == old[: first - 1]
    below = len(old) - last
    if below:
        assert new[-below:] == old[-below:]


@settings(deadline=None, max_examples=40)
@given(cases())
def test_wrap(case: Case) -> None:
    held = found(case.data, ast.With, is_wanted)
    edit = {
        "function": "target",
        "statement": {"with": "wanted"},
        "except": ["Unheard", "OSError"],
        "as": "problem",
        "body": "if problem:\n    log('''a\nb''')",
    }
    new = applied(case.data, {"wrap": edit})

    class Unwrapped(ast.NodeTransformer):
        def visit_Try(self, node: ast.Try) -> Any:
            self.generic_visit(node)
            return node.body[0] if node.handlers[0].name == "problem" else node

    assert shape(Unwrapped().visit(tree(new))) == shape(tree(case.data))
    source = SourceText.read(case.data)
    check_outside(case.data, new, held.lineno, source.line(source.block_end(held) - 1))
    assert new.endswith((b"\n", b"\r")) == case.data.endswith((b"\n", b"\r"))
    kept = [line.strip() for line in lines_of(case.data)]
    gone = list(kept)
    for line in [line.strip() for line in lines_of(new)]:
        if line in gone:
            gone.remove(line)
    assert gone == []


@settings(deadline=None, max_examples=40)
@given(cases(), st.booleans())
def test_catch(case: Case, renewed: bool) -> None:
    handler = found(
        case.data, ast.ExceptHandler, lambda node: getattr(node.type, "id", "") == "Wanted"
    )
    edit: dict[str, Any] = {
        "function": "target",
        "clause": "Wanted",
        "types": ["Wanted", "OSError"],
    }
    if renewed:
        edit.update({"as": "problem", "body": "log(problem)\nreturn None"})
    new = applied(case.data, {"catch": edit})
    caught = found(new, ast.ExceptHandler, lambda node: node.lineno == handler.lineno)
    assert [each.id for each in caught.type.elts] == ["Wanted", "OSError"]
    caught.type, caught.name = handler.type, handler.name
    if renewed:
        assert len(caught.body) == 2
        caught.body = handler.body
    whole = SourceText.read(new).tree
    for node in ast.walk(whole):
        if isinstance(node, ast.ExceptHandler) and node.lineno == handler.lineno:
            node.type, node.name, node.body = handler.type, handler.name, caught.body
    assert shape(whole) == shape(tree(case.data))
    source = SourceText.read(case.data)
    last = source.line(source.block_end(handler) - 1) if renewed else handler.lineno
    check_outside(case.data, new, handler.lineno, last)


@settings(deadline=None, max_examples=40)
@given(cases())
def test_remove(case: Case) -> None:
    held = found(case.data, ast.With, is_wanted)
    new = applied(case.data, {"remove": {"function": "target", "statement": {"with": "wanted"}}})
    check_outside(case.data, new, held.lineno, held.end_lineno)

    class Without(ast.NodeTransformer):
        def visit_With(self, node: ast.With) -> Any:
            return None if is_wanted(node) else self.generic_visit(node)

        def visit_If(self, node: ast.If) -> Any:
            self.generic_visit(node)
            node.body = node.body or [ast.Pass()]
            return node

    assert shape(Without().visit(tree(case.data))) == shape(tree(new))


@settings(deadline=None, max_examples=40)
@given(cases(), st.sampled_from(["return 1", "'''Doc.\n\nMore.\n'''\nif x:\n  return '''\n a'''"]))
def test_replace_body(case: Case, source: str) -> None:
    held = found(case.data, ast.FunctionDef, lambda node: node.name == "target")
    new = applied(case.data, {"replace_body": {"function": "target", "source": source}})
    whole = tree(new)
    for node in ast.walk(whole):
        if isinstance(node, ast.FunctionDef) and node.name == "target":
            node.body = held.body
    assert shape(whole) == shape(tree(case.data))
    old = SourceText.read(case.data)
    check_outside(case.data, new, held.lineno + 1, old.line(old.block_end(held) - 1))


@settings(deadline=None, max_examples=40)
@given(cases(), st.booleans())
def test_insertions(case: Case, needed: bool) -> None:
    statement = "zzz.here['X'] = '''a\n b'''"
    module = "import zzz" if needed else "import re"
    wanted = [
        {
            "ensure_before_imports": {
                "statements": statement,
                "needs": module,
                "of": ["re" if needed else "os"],
            }
        },
        {"ensure_statement": {"source": "def new():\n    return 1"}},
        {"ensure_import": {"import": "from q import r, s"}},
        {"ensure_statement": {"function": "target", "source": "new()\nnew(2)"}},
        {"ensure_decorator": {"function": "target", "source": "deco(a=1)"}},
    ]
    old = lines_of(case.data)
    for edit in wanted:
        new = lines_of(applied(case.data, edit))
        rest = iter([line.rstrip(b"\r\n") for line in new])
        assert all(line.rstrip(b"\r\n") in rest for line in old)  # the old lines, in their order
    held = {
        "decorator": {"function": "target", "decorator": "deco", "set": {"a": 2, "b": "f(1, 2)"}}
    }
    decorated = applied(case.data, wanted[-1])
    assert b"@deco(a=2, b=f(1, 2))" in applied(decorated, held)
    dropped = {"decorator": {"function": "target", "decorator": "deco", "drop": ["a", "b"]}}
    assert (
        applied(applied(decorated, held), dropped).replace(b"@deco()", b"@deco(a=1)") == decorated
    )
