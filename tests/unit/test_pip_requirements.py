"""Requirements as authors write them, and pip's output as a sentence."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from suture.agent.pip.complaints import SENTENCES, reason
from suture.agent.pip.requirements import (
    flattened,
    logical_lines,
    option_of,
    options_of,
    rejoined,
    versioned,
)
from suture.agent.protocol.spec import Failure

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=6)
VERSIONS = st.integers(0, 20).map(str)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    """A requirement such as "a[x,y]>=1,<2"."""
    extras = draw(st.lists(NAMES, max_size=3, unique=True))
    clauses = draw(st.lists(st.sampled_from(["==", ">=", "<", "!=", "~="]), max_size=3))
    return (
        draw(NAMES)
        + (f"[{','.join(extras)}]" if extras else "")
        + ",".join(f"{clause}{draw(VERSIONS)}.0" for clause in clauses)
    )


@given(st.lists(requirements(), min_size=1, max_size=5))
def test_requirements_split_at_their_commas_are_put_together(wanted: list[str]) -> None:
    text = ",".join(wanted)
    assert rejoined(text.split(",")) == wanted
    assert rejoined([text]) == wanted
    assert rejoined(wanted) == wanted
    for one in rejoined([text]):
        Requirement(one)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a>=1", "<2", "b"], ["a>=1,<2", "b"]),
        (["a[x", "y]>1", " <3"], ["a[x,y]>1,<3"]),
        (["git+https://x/y@1,2"], ["git+https://x/y@1,2"]),
        (["/srv/a,b", "c"], ["/srv/a,b", "c"]),
        (["", " "], []),
    ],
)
def test_rejoined(names: list[str], wanted: list[str]) -> None:
    assert rejoined(names) == wanted


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("1.2", "a==1.2"), (">=1.2", "a>=1.2"), (" ~=1.2 ", "a~=1.2"), ("2.0+cpu", "a==2.0+cpu")],
)
def test_versioned(version: str, wanted: str) -> None:
    assert versioned("a", version) == wanted


@given(st.lists(requirements(), max_size=6))
def test_every_way_to_write_a_file_says_the_same(wanted: list[str]) -> None:
    plain = "\n".join(wanted)
    commented = "# top\n" + "".join(f"  {one}  # why {one}\n\n" for one in wanted)
    continued = "".join(f"{one[:1]}\\\n{one[1:]}\r\n" for one in wanted)
    for text in (plain, commented, continued, "\ufeff" + plain):
        found = flattened(["/r"], {"/r": text.encode("utf-8")}.get)
        assert [ask["text"] for ask in found.asks] == wanted
        assert found.lines == wanted


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for line in logical_lines(text):
        assert line == line.strip()
        assert line
        option, value = option_of(line)
        assert option or not value


def test_files_within_files() -> None:
    files = {
        "/a/r.txt": b"-r b/s.txt\n-c=limits.txt\n--find-links wheels\n-e ./src\n"
        b"x==1 --hash=sha256:0\n",
        "/a/b/s.txt": b"--requirement ../t.txt\ny[z] ; python_version > '3'\n",
        "/a/b/../t.txt": b"t\n",
        "/a/limits.txt": b"x<2\n--constraint more.txt\n",
        "/a/more.txt": b"y<3\n",
    }
    found = flattened(["/a/r.txt"], files.get)
    assert found.asks == [
        {"text": "t", "editable": False},
        {"text": "y[z] ; python_version > '3'", "editable": False},
        {"text": "./src", "editable": True},
        {"text": "x==1", "editable": False},
    ]
    assert found.constraints == ["x<2", "y<3"]
    assert found.lines[2:] == ["--find-links /a/wheels", "-e ./src", "x==1 --hash=sha256:0"]
    assert not found.opaque
    assert flattened(["https://x/r.txt"], files.get).opaque


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "there is no requirements file /r"),
        ({"/r": b"-r gone.txt\n"}, "there is no requirements file /gone.txt, which /r names"),
        ({"/r": b"-r r\n"}, "names itself"),
    ],
)
def test_files_that_cannot_be_read(files: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(Failure, match=sentence):
        flattened(["/r"], files.get)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("-r x.txt", ("-r", "x.txt")),
        ("-rx.txt", ("-r", "x.txt")),
        ("--requirement=x", ("--requirement", "x")),
        ("--pre", ("--pre", "")),
        ("-e .[dev]", ("-e", ".[dev]")),
        ("name-with-dash", ("", "")),
    ],
)
def test_option_of(line: str, wanted: tuple[str, str]) -> None:
    assert option_of(line) == wanted


def test_options_of() -> None:
    found = options_of(["--pre -c limits.txt --requirement=r.txt -e --no-deps --upgrade"])
    assert found.rest == ["--pre", "--no-deps", "--upgrade"]
    assert (found.constraints, found.requirements) == (["limits.txt"], ["r.txt"])
    assert (found.editable, found.dependencies, found.forced) == (True, False, True)
    assert options_of(["--index-url", "http://x/a b"]).rest == ["--index-url", "http://x/a b"]
    with pytest.raises(Failure, match="-r needs a file"):
        options_of(["-r"])


CONFLICT = """ERROR: Cannot install a and b==1 because these package versions \
have conflicting dependencies.

The conflict is caused by:
    The user requested b==1
    a 1 depends on b>=2

To fix this you could try to:
ERROR: ResolutionImpossible: for help visit https://pip
"""
HASHES = """ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you
    base==1.0 from file:///x (from -r r.txt (line 1)):
        Expected sha256 1111111111112222
             Got        3333
"""
BUILD = """  error: subprocess-exited-with-error
  \u2570\u2500> [2 lines of output]
      gcc: not found
      error: command 'gcc' failed: No such file or directory
ERROR: Failed building wheel for fast-thing
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (CONFLICT, "these requirements contradict each other: The user requested b==1; a 1"),
        (HASHES, "base==1.0, expected 111111111111"),
        (BUILD, "pip found no wheel of fast-thing and could not build it: error: command 'gcc'"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
         "the disk is full: Could not install"),
        ("error: externally-managed-environment", "belongs to the operating system's package"),
        ("/x/python: No module named pip", "there is no pip in this environment"),
        ("ERROR: Package 'a' requires a different Python: 3.8.1 not in '>=3.9'",
         "a needs Python >=3.9, and this one is 3.8.1"),
        ("Temporary failure in name resolution\nERROR: No matching distribution found for a",
         "cannot reach its package index (Temporary failure in name resolution)"),
        ("PermissionError: [Errno 13] Permission denied: '/usr/lib/x'", "to write /usr/lib/x"),
        ("ERROR: odd\nSee above", "pip failed: odd"),
        ("", "pip failed: it said nothing"),
    ],
)  # fmt: skip
def test_reason(output: str, sentence: str) -> None:
    assert sentence in reason("", output)
    assert "\n" not in reason(output, "")


@given(st.text(), st.sampled_from([pattern for pattern, _ in SENTENCES]))
def test_any_output_has_a_reason(text: str, pattern: str) -> None:
    assert reason(text, text[::-1])
    assert reason(f"ERROR: {pattern}", text)
