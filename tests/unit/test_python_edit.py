"""python_edit, verb by verb: what comes out, what is left alone, what is refused."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from suture.agent.modules.python_edit import Args, edited, edits_of
from suture.agent.protocol.spec import Failure


def text(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


def after(source: str, *edits: Any) -> str:
    """The source with the edits in it, which hold in it then."""
    data, _ = edited(source.encode(), edits_of(edits))
    again, reports = edited(data, edits_of(edits))
    assert again == data
    assert not any(report["changed"] for report in reports)
    return data.decode()


def notes(source: str, *edits: Any) -> list[str]:
    """Why the edits left the source alone."""
    data, reports = edited(source.encode(), edits_of(edits))
    assert data == source.encode()
    return [report["note"] for report in reports]


def refusal(source: str, *edits: Any) -> str:
    with pytest.raises(Failure) as caught:
        edited(source.encode(), edits_of(edits))
    return str(caught.value)


# -- catch ---------------------------------------------------------------------------------------


def clause(head: str, body: str = "pass") -> str:
    return f"def f():\n    try:\n        g()\n    {head}\n        {body}\n"


def catch(**more: Any) -> dict[str, Any]:
    wanted = {"function": "f", "clause": "ImportError", "types": ["ImportError", "OSError"]}
    return {"catch": {**wanted, **more}}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("except ImportError:", "except (ImportError, OSError):"),
        ("except ImportError as e:", "except (ImportError, OSError) as e:"),
        ("except (ImportError):", "except (ImportError, OSError):"),
        ("except ( ImportError ) :", "except ( ImportError, OSError ) :"),
        ("except (ImportError,):", "except (ImportError, OSError,):"),
        ("except (KeyError, ImportError) as e:", "except (KeyError, ImportError, OSError) as e:"),
        ("except builtins.ImportError:", "except (builtins.ImportError, OSError):"),
        ("except ImportError:  # why", "except (ImportError, OSError):  # why"),
        ("except \\\n  ImportError:", "except \\\n  (ImportError, OSError):"),
        (
            "except (\n        KeyError,\n        ImportError,  # why\n    ):",
            "except (\n        KeyError,\n        ImportError,  # why\n        OSError,\n    ):",
        ),
        (
            "except (\n        KeyError,\n        ImportError  # why\n    ):",
            "except (\n        KeyError,\n        ImportError,  # why\n        OSError\n    ):",
        ),
        (
            "except (KeyError,\n            ImportError):",
            "except (KeyError,\n            ImportError, OSError):",
        ),
    ],
)
def test_catch_adds_the_types_that_are_missing(before: str, expected: str) -> None:
    assert after(clause(before), catch()) == clause(expected)


@pytest.mark.parametrize(
    "head",
    [
        "except (OSError, ImportError):",
        "except (ImportError, EnvironmentError, KeyError):",
        "except (ImportError, IOError) as error:",
        "except Exception:",
        "except BaseException as e:",
        "except:",
        "except (ValueError, Exception):",
    ],
)
def test_catch_is_content_with_another_form(head: str) -> None:
    (note,) = notes(clause(head), catch())
    assert note.startswith("already caught as ")


def test_catch_takes_a_clause_by_its_base_class() -> None:
    edit = catch(clause="ModuleNotFoundError")
    wanted = clause("except (ImportError, OSError):")
    assert after(clause("except ImportError:"), edit) == wanted


def test_catch_does_not_count_a_broad_clause_that_raises() -> None:
    source = clause("except Exception:", "raise")
    assert "no except clause for ImportError in f (it catches Exception at line 4)" in refusal(
        source, catch()
    )


def test_catch_tells_namesakes_of_builtins_apart() -> None:
    source = "from requests import ConnectionError\n" + clause("except ConnectionError:")
    edit = catch(clause="ConnectionError", types=["ConnectionError", "TimeoutError"])
    assert "except (ConnectionError, TimeoutError):" in after(source, edit)
    edit = catch(clause="requests.ConnectionError", types=["OSError"])
    assert "except (ConnectionError, OSError):" in after(source, edit)


def test_catch_knows_types_by_the_end_of_their_names() -> None:
    source = "import mlflow.exceptions as me\n" + clause("except me.MlflowException:")
    edit = catch(clause="MlflowException", types=["MlflowException", "OSError"])
    assert "except (me.MlflowException, OSError):" in after(source, edit)


def test_catch_replaces_the_body_and_names_the_exception() -> None:
    edit = catch(**{"as": "e", "body": "# said\nlog(e)\nreturn None"})
    expected = clause(
        "except (ImportError, OSError) as e:", "# said\n        log(e)\n        return None"
    )
    assert after(clause("except ImportError:"), edit) == expected
    assert after(clause("except ImportError as error:"), edit) == expected
    one_line = "def f():\n    try: g()\n    except ImportError: return 1  # once\n"
    assert after(one_line, edit) == (
        "def f():\n    try: g()\n    except (ImportError, OSError) as e:\n"
        "        # said\n        log(e)\n        return None\n"
    )


def test_catch_reads_another_variable_as_the_same_body() -> None:
    source = clause("except (OSError, ImportError) as exc:", "log(f'{exc!r}')")
    assert notes(source, catch(**{"as": "e", "body": "log(f'{e!r}')"}))


def test_catch_only_drops_the_other_types() -> None:
    source = clause("except (KeyError, ImportError, OSError):")
    assert after(source, catch(only=True)) == clause("except (ImportError, OSError):")
    assert after(source, catch(only=True, types="ImportError")) == clause("except ImportError:")


def test_catch_refuses_a_name_that_the_function_uses() -> None:
    source = "def f(e):\n    try:\n        g(e)\n    except ImportError:\n        pass\n"
    assert "the name 'e' is used in f already" in refusal(source, catch(**{"as": "e"}))
    for tried in ("g(e for e in x)", "e = g()", "for e in x: g(e)"):
        source = clause("except ImportError:").replace("g()", tried)
        assert "as e:" in after(source, catch(**{"as": "e"}))
        source = f"def f(x):\n    with a():\n        {tried}\n    return x\n"
        assert "as e:" in after(source, wrap({"with": "a"}))
    source = "def f(x):\n    with a():\n        e = 1\n    return e\n"
    assert "the name 'e' is used in f already" in refusal(source, wrap({"with": "a"}))


def test_catch_refuses_what_an_earlier_clause_would_keep_from_it() -> None:
    source = clause("except OSError:\n        pass\n    except ImportError:")
    assert "OSError is caught by the clause at line 4 before" in refusal(source, catch())


TWICE = text(
    """
    def f():
        try:
            import mlflow
            try:
                import boto
            except ImportError:
                boto = None
        except ImportError:
            return None
        finally:
            done()
    """
)


def test_catch_needs_within_where_two_clauses_fit() -> None:
    assert "more than one except clause for ImportError in f: lines 6, 8" in refusal(TWICE, catch())
    outer = after(TWICE, catch(within={"imports": "mlflow"}))
    assert outer == TWICE.replace(
        "    except ImportError:\n        return",
        "    except (ImportError, OSError):\n        return",
    )
    inner = after(TWICE, catch(within={"imports": "boto"}))
    assert inner == TWICE.replace(
        "except ImportError:\n            boto", "except (ImportError, OSError):\n            boto"
    )
    assert "no except clause for ImportError in f, within what was asked for" in refusal(
        TWICE, catch(within={"calls": "done"})
    )


def test_catch_works_in_the_module_itself() -> None:
    source = "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n" + clause(
        "except ImportError:"
    )
    edit = {"catch": {"clause": "ImportError", "types": ["OSError"]}}
    assert after(source, edit) == source.replace(
        "except ImportError:\n    y", "except (ImportError, OSError):\n    y"
    )


# -- wrap ----------------------------------------------------------------------------------------


def wrap(statement: Any, **more: Any) -> dict[str, Any]:
    wanted = {"function": "f", "statement": statement, "except": ["OSError", "PermissionError"]}
    return {"wrap": {**wanted, "as": "e", "body": "log(e)", **more}}


def test_wrap_keeps_strings_and_moves_comments() -> None:
    source = text(
        '''
        async def f(x):
            # about it
            async with \\
                    open_(x) as y:  # why
                y.put("""a
            b
        """, [
                    1,
          2,
                ])
                s = f"""{x
                }
            """; t = 'a\\
            b'

                # last
            # not its own
            return s
        '''
    )
    expected = text(
        '''
        async def f(x):
            # about it
            try:
                async with \\
                        open_(x) as y:  # why
                    y.put("""a
            b
        """, [
                        1,
              2,
                    ])
                    s = f"""{x
                }
            """; t = 'a\\
            b'

                    # last
            except (OSError, PermissionError) as e:
                log(e)
            # not its own
            return s
        '''
    )
    assert after(source, wrap({"with": "open_"})) == expected


@pytest.mark.parametrize(
    "around",
    [
        "try:\n        {}\n    except OSError:\n        pass\n",
        "try:\n        {}\n    except (PermissionError, OSError) as error:\n        log(error)\n",
        "try:\n        if x:\n            {}\n    except Exception:\n        pass\n",
        "try:\n        try: {}\n        except PermissionError: pass\n    except: pass\n",
        "try:\n        {}\n    except ValueError: raise\n    except EnvironmentError: pass\n",
    ],
)
def test_wrap_is_content_with_another_try(around: str) -> None:
    source = "def f(x):\n    " + around.format("g(x)")
    (note,) = notes(source, wrap({"calls": "g"}))
    assert note.startswith("already caught at line ")


@pytest.mark.parametrize(
    "around",
    [
        "try:\n        pass\n    except OSError:\n        {}\n",
        "try:\n        {}\n    except ValueError:\n        pass\n",
        "try:\n        {}\n    except OSError:\n        raise\n",
        "try:\n        pass\n    except OSError:\n        pass\n    else:\n        {}\n",
        "try:\n        {}\n    except PermissionError:\n        pass\n",
    ],
)
def test_wrap_is_not_content_with_less(around: str) -> None:
    source = "def f(x):\n    " + around.format("g(x)")
    wrapped = after(source, wrap({"calls": "g"}))
    inner = "try:\n{0}    g(x)\n{0}except (OSError, PermissionError) as e:\n{0}    log(e)"
    assert wrapped == "def f(x):\n    " + around.format(inner.format("        "))


def test_wrap_that_raises_stands_once() -> None:
    edit = wrap("g(x)", body="raise Broken(str(e)) from e")
    assert after("def f(x):\n    g(x)\n", edit).count("try:") == 1


def test_wrap_uses_the_files_own_indentation_and_line_ends() -> None:
    source = "class A:\r\n\tdef f(self):\r\n\t\twith a():\r\n\t\t\tb()"
    edit = wrap({"with": "a"}, body="if e:\n    log(e)")
    assert after(source, edit) == (
        "class A:\r\n\tdef f(self):\r\n\t\ttry:\r\n\t\t\twith a():\r\n\t\t\t\tb()\r\n"
        "\t\texcept (OSError, PermissionError) as e:\r\n\t\t\tif e:\r\n\t\t\t\tlog(e)"
    )


def test_wrap_respects_form_feeds() -> None:
    source = "def f():\n    with a():\n\x0c        b()\n        c()\n"
    wrapped = after(source, wrap({"with": "a"}))
    assert "\n\x0c            b()\n            c()\n" in wrapped


def test_wrap_tells_statements_apart() -> None:
    source = text(
        """
        def f(x):
            with open(x) as a:
                one(a)
            with open(x) as b:
                two(b)
                with closing(b):
                    three(b)
        """
    )
    assert "more than one with statement that calls open in f: lines 2, 4" in refusal(
        source, wrap({"with": "open"})
    )
    wrapped = after(source, wrap({"with": "open", "calls": "two"}))
    assert "    try:\n        with open(x) as b:\n" in wrapped
    wrapped = after(source, wrap({"calls": "three"}))
    assert "            try:\n                three(b)\n" in wrapped
    wrapped = after(source, wrap({"kind": "with", "calls": "closing", "with": "closing"}))
    assert "        try:\n            with closing(b):\n" in wrapped
    assert "no with statement that calls gzip.open in f" in refusal(
        source, wrap({"with": "gzip.open"})
    )


@pytest.mark.parametrize(
    ("header", "spelled"),
    [
        ("import tempfile", "tempfile.TemporaryDirectory"),
        ("import tempfile as tf", "tf.TemporaryDirectory"),
        ("from tempfile import TemporaryDirectory", "TemporaryDirectory"),
        ("from tempfile import TemporaryDirectory as Scratch", "Scratch"),
    ],
)
def test_calls_are_known_by_way_of_imports(header: str, spelled: str) -> None:
    source = f"{header}\ndef f():\n    with {spelled}() as d:\n        g(d)\n"
    assert "try:" in after(source, wrap({"with": "tempfile.TemporaryDirectory"}))


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    a(); g(x)\n",
        "def f(x):\n    g(x); a()\n",
        "def f(x): g(x)\n",
        "def f(x):\n    if x: g(x)\n",
    ],
)
def test_wrap_refuses_a_statement_that_shares_its_line(source: str) -> None:
    assert "holds more than the statement to be wrapped" in refusal(source, wrap({"calls": "g"}))


# -- functions -----------------------------------------------------------------------------------

CLASSES = text(
    """
    def run(x):
        return x


    class A:
        @property
        def run(self): return 1

        def deep(self):
            def inner():
                return 2
            return inner


    class B:
        def only(self):
            '''Doc.'''
            return 3
            # the end
    # outside
    """
)


def body(function: str, source: str = "return 0") -> dict[str, Any]:
    return {"replace_body": {"function": function, "source": source}}


def test_functions_are_named_in_full_or_by_their_end() -> None:
    assert after(CLASSES, body("run")) == CLASSES.replace("return x", "return 0")
    assert after(CLASSES, body("A.run")) == CLASSES.replace(": return 1", ":\n        return 0")
    assert after(CLASSES, body("inner")) == CLASSES.replace("return 2", "return 0")
    assert after(CLASSES, body("deep.<locals>.inner")) == CLASSES.replace("return 2", "return 0")
    assert after(CLASSES, body("A.*")) != CLASSES
    assert "there is no function 'A.rum'; did you mean 'A.run'?" in refusal(CLASSES, body("A.rum"))
    assert "no function whose name matches 'C.*'" in refusal(CLASSES, body("C.*"))
    twice = "if x:\n    def f(): pass\nelse:\n    def f(): pass\n"
    assert "'f' names 2 functions: f at line 2, f at line 4" in refusal(twice, body("f"))


def test_stubs_of_overloads_do_not_count() -> None:
    source = (
        "@overload\ndef f(x: int): ...\n@typing.overload\ndef f(x: str): ...\ndef f(x): return x\n"
    )
    assert after(source, body("f")) == source.replace(": return x", ":\n    return 0")


def test_replace_body_keeps_the_docstring_and_what_is_outside() -> None:
    assert after(CLASSES, body("only", "# why\nreturn 4")) == CLASSES.replace(
        "        return 3\n        # the end\n", "        # why\n        return 4\n"
    )
    renewed = after(CLASSES, body("only", '"""New.\n\nMore.\n"""\nreturn 4'))
    assert (
        '    def only(self):\n        """New.\n\n        More.\n        """\n'
        "        return 4\n# outside" in renewed
    )
    assert notes(renewed, body("only", '"""New.\n\nMore.\n"""\nreturn 4'))


def test_replace_body_of_a_function_that_is_only_a_docstring() -> None:
    assert (
        after('def f():\n    """Doc."""\n', body("f")) == 'def f():\n    """Doc."""\n    return 0\n'
    )
    assert "docstring that cannot be kept" in refusal('def f(): """Doc."""\n', body("f"))


def test_replace_function_replaces_all_of_it() -> None:
    source = "@cached\nasync def run(self, x=1):\n  '''Doc.\n\n  More.\n  '''\n  return x"
    edit = {"replace_function": {"function": "A.run", "source": source}}
    expected = text(
        """
            @cached
            async def run(self, x=1):
                '''Doc.

                More.
                '''
                return x
        """
    )
    assert after(CLASSES, edit) == CLASSES.replace(
        "    @property\n    def run(self): return 1\n", textwrap.indent(expected, "    ")
    )


# -- statements ----------------------------------------------------------------------------------


def replace(statement: Any, source: str, **more: Any) -> dict[str, Any]:
    return {"replace_statement": {"statement": statement, "source": source, **more}}


def test_replace_statement_goes_by_what_it_says_not_how() -> None:
    source = "A = [1,\n     2]  # two\nB = 1\n\n\ndef f():\n    assert  'a' in  x\n"
    assert after(source, replace("A = [1, 2]", "A = [3]")) == source.replace(
        "[1,\n     2]  # two", "[3]"
    )
    assert after(source, replace({"assigns": "B"}, "B = 2\nC = 3")) == source.replace(
        "B = 1", "B = 2\nC = 3"
    )
    edit = replace('assert "a" in x', "if x:\n  assert 'a' in x.lower()", function="f")
    assert after(source, edit) == source.replace(
        "assert  'a' in  x", "if x:\n        assert 'a' in x.lower()"
    )
    nested = replace({"calls": "g"}, "if x:\n    g()", function="f")
    assert after("def f(x):\n    g()\n", nested) == "def f(x):\n    if x:\n        g()\n"


def test_remove_leaves_a_valid_block() -> None:
    remove = {"remove": {"function": "f", "statement": {"calls": "sleep"}}}
    source = "def f():\n    a()\n    time.sleep(\n        1)  # wait\n    b()\n"
    assert after(source, remove) == "def f():\n    a()\n    b()\n"
    assert (
        after("def f():\n    if x:\n        sleep(1)\n", remove)
        == "def f():\n    if x:\n        pass\n"
    )
    assert notes("def f():\n    pass\n", remove) == ["it is not there"]
    assert "more than one statement that calls sleep" in refusal(
        "def f():\n    sleep(1)\n    sleep(2)\n", remove
    )
    whole = {"remove": {"statement": {"defines": "f"}}}
    assert after("import x\n@x\ndef f():\n    pass\ny = 1", whole) == "import x\ny = 1"


def ensure(source: str, **more: Any) -> dict[str, Any]:
    return {"ensure_statement": {"source": source, **more}}


def test_ensure_statement_finds_its_place() -> None:
    source = text(
        '''
        """Doc."""
        import a

        x = 1
        import b


        class A:
            """Doc."""
            y = 1


        def f():
            """Doc."""
            return x
        '''
    )
    new = "z = 1"
    assert after(source, ensure(new)) == source.replace("import b\n", "import b\n\nz = 1\n")
    assert after(source, ensure(new, at="start")) == source.replace(
        '"""Doc."""\nimport a', '"""Doc."""\n\nz = 1\n\nimport a'
    )
    assert after(source, ensure(new, at="end")) == source + "\nz = 1\n"
    assert after(source, ensure(new, after={"assigns": "x"})) == source.replace(
        "x = 1\n", "x = 1\n\nz = 1\n\n"
    )
    assert after(source, ensure(new, before={"assigns": "x"})) == source.replace(
        "\nx = 1\n", "\nz = 1\n\nx = 1\n"
    )
    in_class = {"class": "A"}
    assert after(source, ensure(new, **in_class)) == source.replace(
        "    y = 1\n", "    y = 1\n    z = 1\n"
    )
    assert after(source, ensure(new, function="f")) == source.replace(
        '    """Doc."""\n    return', '    """Doc."""\n    z = 1\n    return'
    )
    assert after(source, ensure("def g():\n  return 1")) == source.replace(
        "import b\n", "import b\n\n\ndef g():\n    return 1\n"
    )
    assert after("", ensure(new)) == "z = 1\n"
    assert after("# only a comment", ensure(new)) == "# only a comment\n\nz = 1"
    one_line = "def f(): pass\n"
    assert "line 1 holds several statements" in refusal(one_line, ensure(new, function="f"))
    in_f = ensure(new, function="f", at="end")
    assert "the body of f shares line 1 with its head" in refusal(one_line, in_f)


def test_ensure_statement_adds_only_what_is_missing() -> None:
    source = "import a\nx = 1\n"
    assert (
        after(source, ensure("x  =  1\n# about y\ny = 2"))
        == "import a\n\n# about y\ny = 2\n\nx = 1\n"
    )
    assert notes(source, ensure("x=1")) == ["it is there already"]
    assert after(source, ensure("x = 1", before={"imports": "a"})) == "x = 1\n\nimport a\nx = 1\n"


def test_ensure_statement_replaces_a_definition_only_when_told() -> None:
    source = "def f():\n    return 1\n\n\nx = 1\n"
    edit = ensure("def f():\n    return 2")
    assert "the module has another 'f' at line 1" in refusal(source, edit)
    edit["ensure_statement"]["replace"] = True
    assert after(source, edit) == source.replace("return 1", "return 2")


def assign(target: str, **more: Any) -> dict[str, Any]:
    return {"ensure_assignment": {"target": target, **more}}


@pytest.mark.parametrize(
    ("before", "edit", "expected"),
    [
        ("", assign("x", value=1), "x = 1\n"),
        (
            "import pytest\n",
            assign("m", includes="pytest.mark.a"),
            "import pytest\n\nm = pytest.mark.a\n",
        ),
        ("m = a.b  # why\n", assign("m", includes="c('d')"), "m = [a.b, c('d')]  # why\n"),
        ("m = [a]\n", assign("m", includes="b"), "m = [a, b]\n"),
        ("m = []\n", assign("m", includes="b"), "m = [b]\n"),
        ("m = (\n  a,\n)\n", assign("m", includes="b"), "m = (\n  a,\n  b,\n)\n"),
        ("m = a, b\n", assign("m", includes="b"), "m = a, b\n"),
        ("X: int = (\n    1\n)\n", assign("X", value=2), "X: int = (\n    2\n)\n"),
        (
            'os.environ["A"]="0"\n',
            assign("os.environ['A']", value="'1'"),
            "os.environ[\"A\"]='1'\n",
        ),
        (
            "class A:\n    x = 1\n",
            {"ensure_assignment": {"target": "x", "value": 2, "class": "A"}},
            "class A:\n    x = 2\n",
        ),
    ],
)
def test_ensure_assignment(before: str, edit: dict[str, Any], expected: str) -> None:
    assert after(before, edit) == expected


# -- imports -------------------------------------------------------------------------------------


def needs(source: str, **more: Any) -> dict[str, Any]:
    return {"ensure_import": {"import": source, **more}}


@pytest.mark.parametrize(
    ("before", "wanted", "expected"),
    [
        ("import os\n", "import os", "import os\n"),
        ("import os, sys\n", "import sys", "import os, sys\n"),
        ("from a import (\n  b,\n  c,\n)\n", "from a import c", "from a import (\n  b,\n  c,\n)\n"),
        ("from a import b\n", "from a import b, c as d", "from a import b\nfrom a import c as d\n"),
        ("import numpy\n", "import numpy as np", "import numpy\nimport numpy as np\n"),
        ("try:\n    import x\nexcept ImportError:\n    x = None\n", "import x", None),
        (
            "if TYPE_CHECKING:\n    import x\n",
            "import x",
            "import x\n\nif TYPE_CHECKING:\n    import x\n",
        ),
        ("def f():\n    import x\n", "import x", "import x\n\ndef f():\n    import x\n"),
        ('"""Doc."""\n\nx = 1\n', "import y", '"""Doc."""\n\nimport y\n\nx = 1\n'),
        (
            "import a\n\nimport b  # last\nx = 1\nimport c\n",
            "import y",
            "import a\n\nimport b  # last\nimport y\nx = 1\nimport c\n",
        ),
        (
            '"""Doc."""\nimport a\n',
            "from __future__ import annotations",
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport a\n',
        ),
        (
            "#!/bin/python\n# -*- coding: utf-8 -*-\nx = 1\n",
            "import y",
            "#!/bin/python\n# -*- coding: utf-8 -*-\n\nimport y\n\nx = 1\n",
        ),
        ("from .a import b\n", "from ..a import b", "from .a import b\nfrom ..a import b\n"),
        ("", "import y", "import y\n"),
        ('"""Doc."""', "import y", '"""Doc."""\n\nimport y'),
    ],
)
def test_ensure_import(before: str, wanted: str, expected: str | None) -> None:
    assert after(before, needs(wanted)) == (before if expected is None else expected)


def test_ensure_import_before_a_statement() -> None:
    source = "import a\nx = 1\nimport os\n"
    assert (
        after(source, needs("import os", before={"assigns": "x"}))
        == "import a\nimport os\nx = 1\nimport os\n"
    )
    assert after(source, needs("import b", after={"imports": "os"})) == source + "import b\n"


MODE = 'os.environ["M"] = "1"'


def first(of: Any, **more: Any) -> dict[str, Any]:
    return {"ensure_before_imports": {"statements": MODE, "needs": "import os", "of": of, **more}}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("import os\nimport src\n", f"import os\n\n{MODE}\n\nimport src\n"),
        ("import src\nimport os\n", f"import os\n\n{MODE}\n\nimport src\nimport os\n"),
        ("import os; import src\n", f"import os\n\n{MODE}\n\nimport os; import src\n"),
        ("import os, src\n", f"import os\n\n{MODE}\n\nimport os, src\n"),
        (
            f"import os\nfrom src import app\n{MODE}\n",
            f"import os\n\n{MODE}\n\nfrom src import app\n{MODE}\n",
        ),
        (
            f'import os\n{MODE}\nos.environ["M"] = "0"\nimport src\n',
            f'import os\n{MODE}\nos.environ["M"] = "0"\n\n{MODE}\n\nimport src\n',
        ),
        (
            "'''Doc.'''\nfrom __future__ import division\nimport sys\n",
            f"'''Doc.'''\nfrom __future__ import division\n\nimport os\n\n{MODE}\n\nimport sys\n",
        ),
        (
            "import a\n\n# the system\nimport os  # here\n# more\nimport src\n",
            f"import a\n\n# the system\nimport os  # here\n\n{MODE}\n\n# more\nimport src\n",
        ),
        (
            "if x:\n    from src.api import app\nimport os\n",
            f"import os\n\n{MODE}\n\nif x:\n    from src.api import app\nimport os\n",
        ),
        ("", f"import os\n\n{MODE}\n"),
    ],
)
def test_ensure_before_imports(before: str, expected: str) -> None:
    assert after(before, first("src")) == expected


@pytest.mark.parametrize(
    "held",
    [
        "import src",
        "from src.api import main",
        "class A:\n    import src",
        "try:\n    pass\nexcept E:\n    import src.x",
        "with x:\n    from src import y",
        'app = importlib.import_module("src.api.main")',
        'app = pytest.importorskip("src.api")',
        "@d(__import__('src'))\ndef f(): pass",
    ],
)
def test_what_counts_as_an_import_when_a_module_is_imported(held: str) -> None:
    late = f"import importlib, pytest\nimport os\n{held}\n{MODE}\n"
    assert after(late, first("src")).count(MODE) == 2


@pytest.mark.parametrize(
    "held",
    [
        "def f():\n    import src",
        "if TYPE_CHECKING:\n    import src",
        "if typing.TYPE_CHECKING:\n    from src import x",
        'if __name__ == "__main__":\n    import src',
        "import srcs",
        "x = lambda: __import__(name)",
        "from .src import x",
    ],
)
def test_what_does_not_count(held: str) -> None:
    late = f"import os\n{held}\n{MODE}\n"
    assert notes(late, first("src")) == ["they come first already"]


def test_relative_imports_count_when_asked_for() -> None:
    late = f"import os\nfrom . import app\n{MODE}\n"
    assert after(late, first(["."])).count(MODE) == 2


# -- decorators ----------------------------------------------------------------------------------


def fixture(head: str) -> str:
    return f"import pytest\n\n\n{head}\ndef env():\n    pass\n"


def scope(**more: Any) -> dict[str, Any]:
    wanted = {"function": "env", "decorator": "pytest.fixture", "set": {"scope": '"module"'}}
    return {"decorator": {**wanted, "drop": ["autouse"], **more}}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("@pytest.fixture", '@pytest.fixture(scope="module")'),
        ("@pytest.fixture()", '@pytest.fixture(scope="module")'),
        ("@pytest.fixture(autouse=True)", '@pytest.fixture(scope="module")'),
        ('@pytest.fixture(scope="session", autouse=True)', '@pytest.fixture(scope="module")'),
        (
            "@pytest.fixture(autouse=True, scope='session')  # s",
            '@pytest.fixture(scope="module")  # s',
        ),
        (
            "@pytest.fixture(name='x', autouse=True,)",
            "@pytest.fixture(name='x', scope=\"module\",)",
        ),
        (
            "@ pytest . fixture ( params=[1, 2], )",
            '@ pytest . fixture ( params=[1, 2], scope="module", )',
        ),
        (
            "@pytest.fixture(\n    autouse=True,  # all\n    name='x',  # why\n)",
            "@pytest.fixture(\n    name='x',  # why\n    scope=\"module\",\n)",
        ),
        (
            "@pytest.fixture(\n    name=('x'),\n    autouse=True\n)",
            "@pytest.fixture(\n    name=('x'),\n    scope=\"module\",\n)",
        ),
        ("@pytest.fixture(scope='module')", "@pytest.fixture(scope='module')"),
        (
            "@other\n@pytest.fixture(f(a=1), autouse=x(1, 2))\n@more",
            '@other\n@pytest.fixture(f(a=1), scope="module")\n@more',
        ),
    ],
)
def test_decorator_arguments(before: str, expected: str) -> None:
    assert after(fixture(before), scope()) == fixture(expected)


def test_decorator_known_by_way_of_an_import() -> None:
    source = "from pytest import fixture as fix\n@fix(autouse=True)\nasync def env(): pass\n"
    assert '@fix(scope="module")\n' in after(source, scope())
    assert "there is no decorator pytest.fixture in env" in refusal("def env(): pass\n", scope())


def test_decorator_values_may_be_plain() -> None:
    source = fixture("@pytest.fixture(a=1)")
    assert after(source, scope(set={"a": None, "b": False}, drop=[])) == fixture(
        "@pytest.fixture(a=None, b=False)"
    )


def test_ensure_decorator() -> None:
    edit = {"ensure_decorator": {"class": "A", "source": "mark.skipif(not X, reason='no X')"}}
    source = "class B: pass\n\n\n@other\nclass A:\n    pass\n"
    assert after(source, edit) == source.replace(
        "@other", "@mark.skipif(not X, reason='no X')\n@other"
    )
    assert notes("@mark.skipif(\n  not X, reason='no X',\n)\nclass A: pass\n", edit)


# -- the file as a whole -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "# coding: latin-1\nx = 'é'\ndef f():\n    return 'ü', x  # ß\n".encode("latin-1"),
        b"\xef\xbb\xbfx = '\xc3\xa9'\r\ndef f():\r\n    return x\r\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\ndef f():\n    return '\x80'\n",
        "def f():\n    é = 'ü'; return é\n".encode(),
        b"def f():\n\treturn 1\r\nx = 1\rdef g(): pass\n\x0cy = 2",
        "def f():\n    return '\u2028\x0b\x1c', '\x85'\nx = 1\n".encode(),
    ],
)
def test_every_other_byte_is_kept(data: bytes) -> None:
    new, _ = edited(data, edits_of([body("f", "return 'b'")]))
    start = data.index(b"def f():") + len(b"def f():")
    rest = (
        max(data.find(end, start) for end in (b"\nx = 1", b"\rx = 1"))
        if b"x = 1" in data
        else len(data)
    )
    assert new[:start] == data[:start]
    assert b"return 'b'" in new
    assert new.endswith(data[rest + 1 :].lstrip(b"\r\n"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"def f(:\n", "cannot read it: "),
        (b"x = '\xe9'\n", "it is not valid utf-8 at byte 5"),
        (b"# coding: nonsense\n", "unknown encoding"),
        (b"x = 1\0\n", "null byte"),
        (b"  x = 1\n", "unexpected indent"),
    ],
)
def test_what_is_no_python_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(
        Failure, match=r"Python 3\.\d+\.\d+, which edits here, cannot read it"
    ) as caught:
        edited(data, edits_of([body("f")]))
    assert said in str(caught.value)


def test_what_would_be_no_python_is_not_written() -> None:
    source = "def f():\n    yield 1\n"
    edit = {"ensure_statement": {"source": "return 1"}}
    assert (
        "edit 1 (ensure_statement): the result would be no valid Python: 'return' outside"
        in refusal(source, edit)
    )
    assert "has no '€'" in refusal("# coding: latin-1\ndef f(): pass\n", body("f", "return '€'"))


def test_an_optional_edit_passes_over_what_is_not_there() -> None:
    edits = [{**body("gone"), "optional": True}, body("f")]
    data, reports = edited(b"def f(): pass\n", edits_of(edits))
    assert data == b"def f():\n    return 0\n"
    assert reports[0]["note"] == "passed over: there is no function 'gone'"
    assert [report["changed"] for report in reports] == [False, True]
    twice = b"if x:\n    def f(): pass\nelse:\n    def f(): pass\n"
    with pytest.raises(Failure, match="names 2 functions"):
        edited(twice, edits_of([{**body("f"), "optional": True}]))


# -- the language --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("x", "edit 1 must be a mapping with one verb"),
        ({}, "edit 1 must have exactly one verb, it has 0"),
        ({"catch": {}, "wrap": {}}, "exactly one verb, it has 2 (catch, wrap)"),
        ({"cacth": {}}, "edit 1: there is no edit 'cacth'; did you mean 'catch'?"),
        ({"catch": []}, "edit 1 (catch) must be a mapping"),
        ({"catch": {"clause": "E"}}, "edit 1 (catch) needs 'types': "),
        (catch(clauze="E"), "there is no key 'clauze'; did you mean 'clause'?"),
        (catch(clause="E rror"), "clause: must be a name, not 'E rror'"),
        (catch(types=[]), "types: must be a list of names"),
        (catch(types="A, B C"), "types: must be a name, not 'B C'"),
        (catch(**{"as": "1e"}), "as: must be a name, not '1e'"),
        (catch(body="return ("), "edit 1 (catch): body: '(' was never closed (line 1)"),
        (catch(body="# nothing"), "body: it holds no statement"),
        (catch(only="yes"), "only: must be true or false, not 'yes'"),
        (catch(within={"call": "x"}), "within: there is no key 'call'; did you mean 'calls'?"),
        (catch(within={}), "within: must tell a statement by with, calls"),
        (catch(within={"kind": "when"}), "within: there is no kind 'when'; did you mean 'while'?"),
        (wrap("a(); b()"), "statement: source must be one statement, it is 2"),
        (wrap({"assigns": "f()"}), "'f()' cannot be assigned to"),
        (
            {"replace_function": {"function": "f", "source": "x = 1"}},
            "source: must be the definition of one function",
        ),
        (
            {"replace_function": {"function": "f", "source": "def g(): pass"}},
            "defines 'g' in place of 'f'",
        ),
        (needs("x = 1"), "import: must be import statements"),
        (scope(set={"a": "b c"}), "edit 1 (decorator): set: a: invalid syntax"),
        (scope(set={"autouse": 1}), "both sets and drops 'autouse'"),
        (scope(**{"class": "A"}), "needs either 'function' or 'class'"),
        (scope(set={}, drop=[]), "needs 'set' or 'drop'"),
        (assign("x"), "needs either 'value' or 'includes'"),
        (assign("1", value=1), "'1' cannot be assigned to"),
        (ensure("x", at="top"), "at: must be start or end, not 'top'"),
        (ensure("x", at="end", after="y"), "takes either 'at' or 'before' and 'after'"),
        ({**catch(), "optional": "no"}, "optional must be true or false"),
    ],
)
def test_edits_are_checked_before_they_are_sent(edit: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"^edit 1") as caught:
        Args(path="x", edits=[edit])
    assert said in str(caught.value)


def test_files_are_named_once() -> None:
    with pytest.raises(ValueError, match="either 'path' or 'paths'"):
        Args(edits=[catch()])
    with pytest.raises(ValueError, match="either 'path' or 'paths'"):
        Args(path="a", paths=["b"], edits=[catch()])
    with pytest.raises(ValueError, match="at least one edit"):
        Args(path="a", edits=[])


FED = '''"""Doc."""
import os
from re import (
    match,
)

DEBUG = [
    1,
]


@deco(a=1)
def f(x):
    """Why."""
    with open_(x) as a:
        if a:
            b()
    # below the statement
    try:
        c()
    except KeyError:
        d()


class K:
    def g(self):
      "Two deeper."
      return 1
'''
"""A file with something for every edit."""

EVERY_EDIT: list[dict[str, Any]] = [
    {"catch": {"function": "f", "clause": "KeyError", "types": ["KeyError", "OSError"]}},
    {"catch": {"function": "f", "clause": "KeyError", "types": ["KeyError"], "body": "e()\nh()"}},
    {"wrap": {"function": "f", "statement": {"with": "open_"}, "except": ["E"], "body": "e()"}},
    {"wrap": {"function": "f", "statement": {"calls": "c"}, "except": ["E"], "body": "e()\nh()"}},
    {"remove": {"function": "f", "statement": {"with": "open_"}}},
    {"remove": {"function": "f", "statement": {"calls": "b"}}},
    {"replace_statement": {"function": "f", "statement": {"calls": "b"}, "source": "e()\nh()"}},
    {"replace_body": {"function": "f", "source": "if x:\n  e()\nh()"}},
    {"replace_body": {"function": "f", "source": "'''New.'''\nh()"}},
    {"replace_body": {"function": "g", "source": "if x:\n  e()\nh()"}},
    {"replace_function": {"function": "g", "source": "def g(self):\n  e()\n  h()"}},
    {"replace_function": {"function": "f", "source": "def f(self):\n  e()\n  h()"}},
    {"ensure_statement": {"source": "def new():\n    return 1"}},
    {"ensure_statement": {"function": "f", "source": "e()\nh()"}},
    {"ensure_statement": {"function": "f", "source": "e()\nh()", "at": "start"}},
    {"ensure_statement": {"function": "f", "source": "e()\nh()", "at": "end"}},
    {"ensure_statement": {"class": "K", "source": "def new(self):\n    return 1"}},
    {"ensure_assignment": {"target": "DEBUG", "includes": "2"}},
    {"ensure_assignment": {"target": "LEVEL", "value": "2"}},
    {"ensure_import": {"import": "from re import sub"}},
    {"ensure_import": {"import": "import json"}},
    {"ensure_before_imports": {"statements": "DEBUG = 2", "of": ["re"]}},
    {"ensure_decorator": {"function": "g", "source": "deco"}},
    {"decorator": {"function": "f", "decorator": "deco", "set": {"b": 2}}},
]


@pytest.mark.parametrize("feed", ["\f", "    \f", "\t\f \f"])
@pytest.mark.parametrize("edit", EVERY_EDIT, ids=lambda edit: next(iter(edit)))
def test_a_form_feed_before_any_line_changes_nothing_of_an_edit(edit: Any, feed: str) -> None:
    plain = after(FED, edit)
    lines = FED.splitlines(keepends=True)
    for at in range(len(lines)):
        with_feed = "".join([*lines[:at], feed, *lines[at:]])
        assert after(with_feed, edit).replace(feed, "") == plain, f"before line {at + 1}"


def test_a_form_feed_in_what_is_put_in_stays_before_the_indentation() -> None:
    new = "if x:\n    a()\n\f    b()\n \fc()"
    assert after("class A:\n  def f(self):\n    pass\n", body("f", new)) == (
        "class A:\n  def f(self):\n    if x:\n      a()\n\f      b()\n \f    c()\n"
    )
    indented = "  \f    a()\n    b()"
    assert after("def f():\n  pass\n", body("f", indented)) == "def f():\n  \f  a()\n  b()\n"
