"""Inventories: what is wrong with them, addresses and ranges, patterns."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suture.errors import Invalid, SutureError
from suture.inventory.addresses import address, expanded, is_address
from suture.inventory.formats import literal
from suture.inventory.patterns import LOCAL, hosts, matching, pieces, unmatched
from suture.inventory.reader import inventory, read
from suture.load.vault import Password, Vault, sealed
from suture.model import Host, Inventory
from suture.secrets import secrets_in


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(files: Mapping[str, str]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)


def merged(host: Host) -> dict[str, object]:
    found: dict[str, object] = {}
    for layer in host.layers:
        found.update(layer)
    return found


# -- what is in an inventory (held against ansible-inventory in tests/differential) -----------------


def test_layers_are_weakest_first() -> None:
    written(
        {
            "hosts.yml": """
all:
  vars: {v: all}
  children:
    parent:
      vars: {v: parent}
      children:
        child: {vars: {v: child}, hosts: {h: {v: host}}}
""",
            "group_vars/all.yml": "v: file all\n",
            "group_vars/child.yml": "v: file child\n",
            "host_vars/h.yml": "v: file host\n",
            "play/group_vars/all.yml": "v: play all\n",
            "play/host_vars/h.yml": "v: play host\n",
        }
    )
    host = inventory(["hosts.yml"], playbook_dirs=["play"]).hosts["h"]
    values = [layer["v"] for layer in host.layers if "v" in layer]
    assert values == [
        *("all", "parent", "child", "file all", "play all", "file child"),
        *("host", "file host", "play host"),
    ]
    assert host.groups == ("child", "parent")
    assert merged(host)["inventory_dir"] == str(Path.cwd())


def test_the_controller_is_there_without_being_counted() -> None:
    written({"h": "web1\n[all:vars]\na=1\n"})
    found = inventory(["h"])
    assert list(found.hosts) == ["web1"] and "localhost" not in found.hosts
    assert merged(found.hosts["localhost"]) == {"a": 1, "ansible_connection": "local"}
    assert matching(found, "localhost") == ["localhost"] and matching(found, "all") == ["web1"]
    with pytest.raises(KeyError):
        found.hosts["web2"]
    assert pickle.loads(pickle.dumps(found)).hosts["localhost"] == found.hosts["localhost"]


def test_a_host_called_localhost_is_the_one_that_is_meant() -> None:
    written({"h": "localhost a=1\n"})
    assert merged(inventory(["h"]).hosts["localhost"])["a"] == 1


def test_encrypted_variables() -> None:
    password = Password(b"pw")
    written({"h": "web\n", "group_vars/all.yml": sealed("token: abc\n", password)})
    found = inventory(["h"], vault=Vault([password]))
    assert list(secrets_in(merged(found.hosts["web"]))) == ["abc"]
    with pytest.raises(Invalid, match=r"group_vars/all\.yml:1:1: this file is encrypted"):
        inventory(["h"])


CASES: dict[str, tuple[str, list[str]]] = {
    "ini": (
        """[web:hosts]
[web:vrs]
[we b]
[web]
a x
b y=1 "
---
c:
d[1:]
e[3:1
[nogroup:vars]
x
[parent:children]
missing
bad name
ansible
[ansible:children]
parent
[parent:vars]
ansible_group_priority=high
""",
        [
            "2:1: there is no kind of section 'vrs'; did you mean 'vars'?",
            "3:1: '[we b]' is no section: write [group], [group:vars] or [group:children]",
            "5:1: 'x' has to be name=value: one host a line",
            '6:1: a quote is never closed in: b y=1 "',
            "7:1: '---' is no host; if this is YAML, call the file NAME.yml",
            "8:1: 'c:' is no host; if this is YAML, call the file NAME.yml",
            "9:1: the range in 'd[1:]' has to be [first:last] or [first:last:step]",
            "10:1: 'e[3:1' has a '[' without its ']'",
            "11:1: there is no group 'nogroup' for these variables: add [nogroup]",
            "12:1: 'x' has to be name=value, in a section of variables",
            "14:1: there is no group 'missing' to be below 'parent': add [missing]",
            "15:1: 'bad name' is no name of a group",
            "18:1: 'parent' is below 'ansible' and above it: break the circle",
            "20:1: 'ansible_group_priority' has to be a number",
        ],
    ),
    "a.yml": (
        """all:
  hots: {a: }
  hosts: [a, b]
  vars: text
  children:
    web: {hosts: {"w[2:1]": , "w[a:3]": , x: text}, vars: {ansible_group_priority: high}}
    loop: {children: {loop: }}
    text: hello
plain: {hosts: {p: }, hosts: {q: }}
""",
        [
            "2:3: the group 'all' has no 'hots'; did you mean 'hosts'?",
            "3:10: 'hosts' has to be a mapping: write 'name:' without a '- '",
            "4:9: 'vars' has to be a mapping: write 'name:' without a '- '",
            "6:31: the range in 'w[a:3]' has to go from number to number or letter to letter",
            "6:46: the host 'x' has a mapping of variables, 'name: value' by line",
            "6:60: 'ansible_group_priority' has to be a number",
            "7:23: 'loop' is below 'loop' and above it: break the circle",
            "8:11: the group 'text' holds 'hosts', 'children' and 'vars', no value",
            "9:23: warning: 'hosts' is given twice, and the last one counts: keep one of them",
        ],
    ),
    "b.yml": ("- a\n", ["1:1: an inventory is a mapping of groups: begin it with 'all:'"]),
    "c.yml": ("", ["1:1: this inventory is empty: name a group"]),
    "d.yml": (
        "plugin: aws_ec2\n",
        ["1:1: dynamic inventories are not supported: save what it lists, and use that"],
    ),
    "e.toml": ("[a]\n", ["1:1: inventories in TOML are not supported: write it as YAML"]),
    "f.yml": ("all:\n\thosts:\n", ["2:1: a tab is used to indent: YAML allows spaces only"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_said_at_its_place(name: str) -> None:
    text, expected = CASES[name]
    written({name: text})
    _, found = read([name])
    assert [str(problem).removeprefix(f"{name}:") for problem in found] == expected


def test_other_things_that_are_wrong() -> None:
    written({"h": "web1\n", "group_vars/wbe.yml": "a: 1\n", "host_vars/web1.yml": "- a\n"})
    written({"script": "#!/bin/sh\n", "group_vars/all.yml": "a: {{ b }}\n"})
    Path("script").chmod(0o755)
    said = [str(problem) for problem in read(["h", "script", "nowhere"])[1]]
    assert said == [
        "group_vars/all.yml:1:4: a value that begins with '{{' has to be quoted: \"{{ … }}\"",
        "group_vars/wbe.yml:1:1: warning: there is no group 'wbe' for these variables",
        "host_vars/web1.yml:1:1: a file of variables holds a mapping, 'name: value' by line",
        "nowhere:1:1: there is no such inventory; a list of hosts ends with a comma: 'host,'",
        "script:1:1: dynamic inventories are not supported: save what it lists, and use that",
    ]


INI = st.lists(
    st.sampled_from(
        [
            "[",
            "]",
            ":",
            "web",
            "vars",
            "children",
            "=",
            "1",
            "\n",
            " ",
            "#",
            "'",
            '"',
            "\\",
            "[1:3]",
        ]
    )
    | st.sampled_from(
        ["all", "ungrouped", "[a:c:2]", "::1", "x=1", "---", "{", "\t", "é", "a", "b", ",", "|"]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(INI | st.text(max_size=60))
@example("[a]\n[a:children]\na\n")
@example("[all:children]\nall\n")
@example("[x:children]\nall\n")
def test_no_ini_ends_in_anything_but_hosts_or_problems(text: str) -> None:
    Path("h.ini").write_text(text, encoding="utf-8", errors="surrogateescape")
    found, problems = read(["h.ini"])
    assert all(problem.message for problem in problems)
    assert set(found.groups["all"]) == set(found.hosts)
    for name, members in found.groups.items():
        for member in members:
            assert name == "all" or name in found.hosts[member].groups


NAMES = st.sampled_from(
    ["all", "web", "hosts", "children", "vars", "h[1:2]", "h", "ungrouped", "x", "[", "1"]
)
TREES = st.recursive(
    st.none() | st.integers() | st.booleans() | NAMES,
    lambda inner: (
        st.dictionaries(NAMES | st.integers(), inner, max_size=4) | st.lists(inner, max_size=2)
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(TREES)
@example({"all": {"children": {"web": {"children": {"all": None}}}}})
def test_no_yaml_ends_in_anything_but_hosts_or_problems(tree: object) -> None:
    import yaml

    Path("h.yml").write_text(yaml.safe_dump(tree))
    found, problems = read(["h.yml"])
    assert all(problem.message for problem in problems)
    assert set(found.groups["all"]) == set(found.hosts)


@given(st.text(max_size=20))
@example("[" * 300)
@example("9" * 5000)
@example("{[]: 1}")
@example("1+2j")
@example("{1, 2}")
@example("b'x'")
@example("(1, ...)")
def test_a_value_is_a_literal_or_text(text: str) -> None:
    value = literal(text)
    assert isinstance(value, (str, int, float, bool, list, dict, type(None)))


# -- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("web", "web", None),
        ("web:22", "web", 22),
        ("web[1:3].x:22", "web[1:3].x", 22),
        ("[::1]:22", "::1", 22),
        ("::1", "::1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("10.0.0.1:80", "10.0.0.1", 80),
        ("bad_:22", "bad_:22", None),
        ("a b:22", "a b:22", None),
        ("web:", "web:", None),
    ],
)
def test_addresses(text: str, host: str, port: int | None) -> None:
    assert address(text) == (host, port)


@given(st.ip_addresses())
def test_every_ip_address_is_one(value: object) -> None:
    assert is_address(str(value))
    assert ip_address(address(f"[{value}]:22")[0]) == value and address(f"[{value}]:22")[1] == 22


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web", ["web"]),
        ("web[1:3]", ["web1", "web2", "web3"]),
        ("web[:2]", ["web0", "web1", "web2"]),
        ("web[01:10:4]-x", ["web01-x", "web05-x", "web09-x"]),
        ("[a:c]", ["a", "b", "c"]),
        ("x[y:B]", ["xy", "xz", "xA", "xB"]),
        ("a[1:2]b[x:y]", ["a1bx", "a1by", "a2bx", "a2by"]),
        ("a[3:1]", []),
    ],
)
def test_ranges(text: str, names: list[str]) -> None:
    assert expanded(text) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a[1]", r"\[first:last\]"),
        ("a[1:2:0]", "positive number"),
        ("a[1:2:x]", "positive number"),
        ("a[c:a]", "ends before it begins"),
        ("a[01:100]", "of one length"),
        ("a[1:x]", "number to number"),
        ("a[1:2", "without its"),
        ("a[1:999999]", "more than 100000"),
        ("a[1:999][1:999]", "more than 100000"),
    ],
)
def test_ranges_that_make_no_sense(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        expanded(text)


@given(st.integers(0, 300), st.integers(0, 60), st.integers(1, 7), st.text("ab-", max_size=3))
def test_a_range_is_what_range_is(first: int, more: int, step: int, tail: str) -> None:
    names = expanded(f"h[{first}:{first + more}:{step}]{tail}")
    assert names == [f"h{n}{tail}" for n in range(first, first + more + 1, step)]


@given(st.text(alphabet="ab[]:019", max_size=14))
def test_no_range_ends_in_anything_but_names_or_a_sentence(text: str) -> None:
    try:
        assert all(isinstance(name, str) for name in expanded(text))
    except ValueError as error:
        assert "'" in str(error)


# -- patterns --------------------------------------------------------------------------------------

HOSTS = ("web1", "web2", "web3", "db1", "db2", "lone", "10.0.0.1")
GROUPS = {
    "all": HOSTS,
    "ungrouped": ("lone", "10.0.0.1"),
    "web": ("web1", "web2", "web3"),
    "db": ("db1", "db2"),
    "prod": ("web1", "db1"),
    "empty": (),
}
KNOWN = Inventory({name: Host(name) for name in HOSTS}, GROUPS)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("all", HOSTS),
        ("*", HOSTS),
        ("web", "web1 web2 web3"),
        ("web:db", "web1 web2 web3 db1 db2"),
        ("db,web1", "db1 db2 web1"),
        (["db", "web1, lone"], "db1 db2 web1 lone"),
        ("web:&prod", "web1"),
        ("&prod:web", "web1"),
        ("all:!web", "db1 db2 lone 10.0.0.1"),
        ("!web", "db1 db2 lone 10.0.0.1"),
        ("web:db:&prod:!db1", "web1"),
        ("web[0]", "web1"),
        ("web[-1]", "web3"),
        ("web[0:1]", "web1 web2"),
        ("web[1:]", "web2 web3"),
        ("web[1-2]", "web2 web3"),
        ("web?", "web1 web2 web3"),
        ("*1", "web1 db1 10.0.0.1"),
        ("~(web|db)1", "web1 db1"),
        ("~.*b$", "web1 web2 web3 db1 db2"),
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1:lone", "10.0.0.1 lone"),
        ("nobody", ""),
        ("empty", ""),
        ("localhost", "localhost"),
        ("ungrouped", "lone 10.0.0.1"),
        ("", HOSTS),
    ],
)
def test_patterns(pattern: object, names: object) -> None:
    expected = names.split() if isinstance(names, str) else list(names)  # type: ignore[call-overload]
    assert matching(KNOWN, pattern) == expected


def test_a_limit_and_a_file_of_hosts() -> None:
    Path("only").write_text("web1\n\n db1 \n")
    assert [host.name for host in hosts("web:db", KNOWN, "@only")] == ["web1", "db1"]
    assert hosts("web", KNOWN, "db") == () and len(hosts("web", KNOWN)) == 3
    assert matching(KNOWN, "@only") == ["web1", "db1"]
    assert matching(KNOWN, "db,@only,!web1") == ["db1", "db2"]
    with pytest.raises(SutureError, match="cannot be read from nowhere"):
        matching(KNOWN, "@nowhere")


@pytest.mark.parametrize(
    ("pattern", "said"), [("web[7]", "there are only 3 hosts"), ("~(", "no regular")]
)
def test_patterns_that_make_no_sense(pattern: str, said: str) -> None:
    with pytest.raises(SutureError, match=said):
        matching(KNOWN, pattern)


def test_pieces_and_what_they_do_not_match() -> None:
    assert pieces("a:&b:!c[1:2]") == ["a", "&b", "!c[1:2]"]
    assert pieces("2001:db8::1") == ["2001:db8::1"]
    assert unmatched("web:db,lone", KNOWN) == ("web:db",), "with a comma, colons are part of a name"
    assert unmatched("web:&nobody:!none:empty", KNOWN) == ("nobody", "none")


@given(st.text(alphabet="webd12:,!&~*?[]()\\.-@ \n", max_size=16))
def test_no_pattern_ends_in_anything_but_hosts_or_a_sentence(pattern: str) -> None:
    try:
        names = matching(KNOWN, pattern)
    except SutureError as error:
        assert str(error)
    else:
        assert set(names) <= {*HOSTS, *LOCAL} and len(names) == len(set(names))
