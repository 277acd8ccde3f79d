"""YAML read with marks: data, what YAML does to it, and every way in which it can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suture.errors import Invalid
from suture.load import source
from suture.load.vault import Password, Vault, sealed
from suture.secrets import Secret, Unsafe, secrets_in
from suture.templating.rendering import static_value

LOADERS = [source.LOADER, yaml.SafeLoader]


def data(text: str, **how: object) -> object:
    read = source.parsed("f.yml", text, **how)  # type: ignore[arg-type]
    value = read.data(read.root) if read.root else None
    assert read.problems == []
    return value


def complaints(text: str) -> list[str]:
    read = source.parsed("f.yml", text)
    if read.root is not None:
        read.data(read.root)
    return [str(problem) for problem in read.problems]


def test_data_is_what_ansible_would_see() -> None:
    text = """
    text: plain
    quoted: "007"
    octal: 0644
    hex: 0x1F
    under: 1_000
    time: 22:22
    exponent: 1e3
    float: 1.5e+3
    truth: [yes, No, on, "off"]
    nothing: [~, null, ]
    day: 2024-01-31
    equals: =
    "true": 1
    5: five
    """
    assert data(text) == {
        "text": "plain",
        "quoted": "007",
        "octal": 420,
        "hex": 31,
        "under": 1000,
        "time": 1342,
        "exponent": "1e3",
        "float": 1500.0,
        "truth": [True, False, True, "off"],
        "nothing": [None, None],
        "day": "2024-01-31",
        "equals": "=",
        "true": 1,
        5: "five",
    }


def test_merge_keys_give_way_to_what_is_written() -> None:
    text = "base: &b {a: 1, b: 2}\nmore: &m {b: 3, c: 4}\nx: {<<: [*b, *m], a: 9}\n"
    assert data(text) == {
        "base": {"a": 1, "b": 2},
        "more": {"b": 3, "c": 4},
        "x": {"a": 9, "b": 2, "c": 4},
    }


def test_unsafe_text_stays_what_it_is() -> None:
    value = data("!unsafe '{{ not a template }}'")
    assert type(value) is Unsafe and value == "{{ not a template }}"


def test_encrypted_values_become_secrets() -> None:
    password = Password(b"open sesame")
    inline = "".join(f"  {line}\n" for line in sealed("hidden", password).splitlines())
    value = data(f"plain: 1\nkey: !vault |\n{inline}", vault=Vault([password]))
    assert value == {"plain": 1, "key": "hidden"}
    assert list(secrets_in(value)) == ["hidden"] and type(next(secrets_in(value))) is Secret


def test_in_an_encrypted_file_every_text_is_secret() -> None:
    password = Password(b"pw")
    value = data(sealed("a: one\nb: [two, 3]\n", password), vault=Vault([password]))
    assert value == {"a": "one", "b": ["two", 3]}
    assert sorted(secrets_in(value)) == ["one", "two"]


def test_an_encrypted_value_without_its_password_is_a_problem() -> None:
    text = "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n"
    assert complaints(text) == [
        (
            "f.yml:1:4: warning: fails if reached: this value is encrypted: give the password,"
            " --vault-password-file"
        )
    ]


QUOTE = "a value that begins with '{{' has to be quoted: \"{{ … }}\""
SYNTAX = {
    "a: {{ x }}\n": f"1:4: {QUOTE}",
    "a: {{ x }}/foo\nb: 1\n": f"1:4: {QUOTE}",
    "- debug:\n    msg: {{ x }} and more\n": f"2:10: {QUOTE}",
    "x: [a, {{ b }}]\n": f"1:8: {QUOTE}",
    "{{ x }}: 1\n": "1:1: a key that begins with '{{' has to be quoted",
    "- a\n\t- b\n": "2:1: a tab is used to indent: YAML allows spaces only",
    "a: b: c\n": "1:5: a value that contains ': ' has to be quoted",
    "a: 'x\nb: 2\n": "1:4: the quote that is opened here is never closed",
    "a: [1, 2\nb: 3\n": "1:4: the list that is opened here with '[' lacks a ',' or its ']'",
    "a: {b: 1\nc: 2\n": "1:4: the mapping that is opened here with '{' lacks a ',' or its '}'",
    "a:\n  b: 1\n c: 2\n": "3:2: this line does not fit the lines above it: mend its indentation",
    "- a\nb: c\n": (
        "2:1: this line does not fit the list around it: align it with the '-' above, or begin it so"
    ),
    "a: @x\n": "1:4: a value cannot begin with '@': quote it",
    "a: *x\n": "1:4: no anchor above is called '*x': write '&name' where the value stands",
    "a: 1\n---\nb: 2\n": "2:1: a second document begins here with '---': keep one document to a file",
    "a: - b\n": "1:4: a list begins on a line of its own, indented below its key",
    "- x: 1\n   y: 2\n": (
        "2:5: this line is indented differently from the lines it belongs to, or needs quotes"
    ),
    "a: !foo b\n": "1:4: the tag !foo is not supported: write the value without it",
    "a: !!python/name:os.system\n": (
        "1:4: the tag !!python/name:os.system is not supported: write the value without it"
    ),
    "a: !!set {x, y}\n": "1:4: the tag !!set is not supported: use a plain mapping",
    "a: 1\nb: 2\na: 3\n": "3:1: warning: 'a' is given twice, and the last one counts: keep one of them",
    "x: {a: 1, a: 2}\n": "1:11: warning: 'a' is given twice, and the last one counts: keep one of them",
    "a: &x [*x]\n": "1:4: this value contains itself, or is far too large: write it out",
    "a: 1\n<<: 3\n": "2:5: '<<' merges mappings: give it *NAME of one, or a list",
    "? [a]\n: c\n": "1:3: a key has to be plain text",
    "[" * 500: "1:1: this file is nested more than 200 levels deep: make it flatter",
    "- " * 500: "1:1: this file is nested more than 200 levels deep: make it flatter",
}


@pytest.mark.parametrize("loader", LOADERS, ids=["c", "pure"])
@pytest.mark.parametrize("text", SYNTAX)
def test_what_is_wrong_is_said_in_a_sentence(
    text: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "LOADER", loader)
    assert complaints(text) == [f"f.yml:{SYNTAX[text]}"]


def test_an_escape_that_is_none() -> None:
    (said,) = complaints('a: "\\d"\n')
    assert said.endswith(
        "a backslash begins an escape in double quotes: use single quotes, or double it"
    )


def test_a_forbidden_character_and_bad_encoding(tmp_path: Path) -> None:
    (said,) = complaints("a: 1\nb: \x07\n")
    assert "U+0007 is not allowed in YAML" in said
    (tmp_path / "latin.yml").write_bytes("a: 1\nb: é\n".encode("latin-1"))
    read = source.read(tmp_path / "latin.yml", shown="latin.yml")
    assert [str(p) for p in read.problems] == [
        "latin.yml:2:1: this is not UTF-8 text: save the file as UTF-8"
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    read = source.read(tmp_path / "no.yml", shown="no.yml")
    assert [str(p) for p in read.problems] == [
        "no.yml:1:1: cannot be read: no such file or directory"
    ]


def test_aliases_do_not_explode() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    (said,) = complaints("l0: &l0 [x, x, x]\n" + levels)[:1]
    assert "far too large" in said


def test_a_mapping_that_merges_itself() -> None:
    read = source.parsed("f.yml", "a: &a {<<: {<<: *a}, b: 1}\n")
    assert read.root is not None
    ((_, inner),) = read.root.value
    assert [entry.key for entry in read.entries(inner)] == ["b"]
    assert complaints("a: &a {<<: {<<: *a}, b: 1}\n")


def test_marks_and_entries() -> None:
    read = source.parsed("f.yml", "a: 1\nb:\n  - x\n  - {c: d}\n")
    assert read.root is not None
    first, second = read.entries(read.root)  # type: ignore[arg-type]
    assert (str(first.mark), str(second.mark)) == ("f.yml:1:1", "f.yml:2:1")
    assert str(read.mark(second.node.value[1])) == "f.yml:4:5"


def test_a_file_of_variables(tmp_path: Path) -> None:
    path = tmp_path / "v.yml"
    path.write_text("a: 1\n")
    assert source.variables(path) == {"a": 1}
    path.write_text("# nothing\n")
    assert source.variables(path) == {}
    path.write_text("- a\n")
    with pytest.raises(Invalid, match="a file of variables holds a mapping"):
        source.variables(path)


PIECES = "a|: |- |\n|  |[|]|{|}|{{|}}|'|\"|&x |*x|<<: |!|#|? |, |\t|~|%|é|\\|1_|0x"
YAMLISH = st.lists(
    st.sampled_from(PIECES.split("|"))
    | st.sampled_from(["|", "0644", "22:22", "!!set ", "!vault ", "---\n"]),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(YAMLISH | st.text(max_size=60))
@example("<<: &x\n  <<: *x\n")
@example("- &x {a: *x, <<: *x}\n")
def test_no_text_ends_in_anything_but_data_or_problems(text: str) -> None:
    for loader in LOADERS:
        source_loader = source.LOADER
        try:
            source.LOADER = loader
            read = source.parsed("f.yml", text)
            value = read.data(read.root) if read.root is not None else None
        finally:
            source.LOADER = source_loader
        plain = (str, int, float, bool, list, dict, type(None))
        assert isinstance(value, plain)
        assert all(problem.message and problem.mark.line >= 1 for problem in read.problems)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_was_dumped_is_read_back(value: object) -> None:
    text = yaml.safe_dump(value, allow_unicode=False, default_flow_style=None)
    assert data(text) == value


def test_tags_make_of_a_value_what_ansible_makes_of_it() -> None:
    made = source.parsed("f.yml", "a: !unsafe [x, {b: '{{ y }}', c: 1}]\nd: !!binary aGVsbG8=\n")
    assert made.root is not None
    found = made.data(made.root)
    assert found == {"a": ["x", {"b": "{{ y }}", "c": 1}], "d": "hello"} and not made.problems
    assert type(found["a"][0]) is type(found["a"][1]["b"]) is Unsafe


def test_an_encrypted_value_without_its_password_is_told_to_whoever_reads_it() -> None:
    made = source.parsed("f.yml", "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n")
    assert made.root is not None
    with pytest.raises(ValueError, match="this value is encrypted: give the password"):
        static_value("{{ a }}", [made.data(made.root)])
