"""The same inventories read by ansible-inventory and by us: hosts, groups and merged variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.errors import SutureError
from suture.inventory.patterns import matching
from suture.inventory.reader import inventory
from suture.model import Inventory

pytestmark = pytest.mark.differential

# Each case: files by path, the sources, and (after "|") the playbook's directory.
CASES: dict[str, tuple[dict[str, str], str]] = {
    "ini-plain": (
        {
            "hosts": """
# a comment
lonely
; another
[web]   # trailing
web1 a=1 b="two words" c='x y' d=[1,2] e={'k':'v'} f=True g=None h=1.5 i=0x10 j=007 k= l=a=b
web2:2222 name=o\\'brien port=80#comment
web[3:5].example.com n=3
web[07:13:3]-x[a:c]
[db]
db1
web1 a=2
[db:vars]
engine = postgres
list=[1, 'two', (3, 4)]
spaced =   a b   c
hash=a # not a comment
quoted="in quotes"
empty=
dict={"a": 1, 'b': [True]}
[prod:children]
web
db
[prod:vars]
engine=mysql
level=prod
[all:vars]
everywhere=yes
level=all
"""
        },
        "hosts",
    ),
    "ini-addresses": (
        {
            "h.ini": """
10.0.0.[1:3]
10.0.1.1:2200 ansible_user=root
[2001:db8::1]:2222
2001:db8::2
::1
host_with_underscore:24
bad_host_:25
a|b
UPPER.case
ünïcode
192.168.0.[250:252]:99
x[A:C]y
n[:2]
s[1:9:4]
localhost ansible_connection=local
"""
        },
        "h.ini",
    ),
    "ini-children-order": (
        {
            "h.ini": """
[top:children]
middle
[middle:children]
bottom
[bottom]
b1
b2
[other]
b1
[other:vars]
v=other
[bottom:vars]
v=bottom
ansible_group_priority=10
[middle:vars]
v=middle
m=middle
[top:vars]
v=top
m=top
t=top
[another]
b1
[another:vars]
p=another
[aaa]
b1
[aaa:vars]
p=aaa
ansible_group_priority=5
"""
        },
        "h.ini",
    ),
    "yaml-plain": (
        {
            "hosts.yml": """
all:
  vars: {top: all, list: [1, {a: b}], octal: 0644, truth: yes, none: ~, "text": "yes", f: 1e3}
  hosts:
    direct: {x: 1}
    both[1:2]: {r: 1}
  children:
    web:
      hosts:
        w1:
        w2:2222: {name: two}
        both1: {r: web}
      vars: {top: web}
    db:
      hosts: onlyhost
      children:
        inner:
          hosts: {deep: {z: 9}, w1: {later: true}}
          vars: {top: inner}
    empty:
ungrouped:
  hosts: {loner: }
extra:
  hosts: {w1: {from: extra}}
  vars: {top: extra}
"""
        },
        "hosts.yml",
    ),
    "yaml-anchors": (
        {
            "i.yaml": """
all:
  children:
    a:
      hosts:
        h1: &common {p: 1, q: 2}
        h2: {<<: *common, q: 3}
      vars: &v {s: [1, 2]}
    b:
      hosts: {h2: {}, h3: {<<: [{p: 9}, *common], r: !unsafe "{{ x }}"}}
      vars: *v
"""
        },
        "i.yaml",
    ),
    "group-vars": (
        {
            "inv/hosts": "[web]\nw1 hv=file\nw2\n[prod:children]\nweb\n[web:vars]\ngv=file\nonly=file\n"
            "[all:vars]\nav=file\nany=file\n[zeta]\nw1\n[zeta:vars]\nz=1\n",
            "inv/group_vars/all.yml": "av: invall\nany: invall\ngv: invall\norder: a\n",
            "inv/group_vars/web.yml": "gv: invweb\norder: w\n",
            "inv/group_vars/web.yaml": "gv: notread\n",
            "inv/group_vars/prod/one.yml": "prod: one\norder: p\n",
            "inv/group_vars/prod/two.yaml": "prod: two\n",
            "inv/group_vars/prod/three": "three: 3\n",
            "inv/group_vars/prod/sub/four.json": '{"four": 4}',
            "inv/group_vars/prod/.hidden.yml": "hidden: 1\n",
            "inv/group_vars/prod/old.yml~": "old: 1\n",
            "inv/group_vars/prod/skip.txt": "skip: 1\n",
            "inv/group_vars/zeta": "zeta: plain\n",
            "inv/host_vars/w1.yml": "hv: invhost\nh: 1\n",
            "inv/host_vars/w2/a.yml": "d: 1\n",
            "play/group_vars/all": "av: playall\nplay: all\n",
            "play/group_vars/web.json": '{"gv": "playweb"}',
            "play/host_vars/w1": "h: play\n",
            "play/group_vars/ungrouped.yml": "u: 1\n",
        },
        "inv/hosts|play",
    ),
    "two-sources": (
        {
            "a/hosts": "[web]\nw1 x=a y=a\n[web:vars]\ng=a\n",
            "a/group_vars/web.yml": "f: a\nk: a\n",
            "b/hosts.yml": "web: {hosts: {w1: {x: b}, w9: }, vars: {g: b}}\nall: {vars: {t: b}}\n",
            "b/group_vars/web.yml": "f: b\n",
            "b/host_vars/w9.yml": "n: 9\n",
        },
        "a/hosts b/hosts.yml",
    ),
    "directory": (
        {
            "d/01-first": "[web]\nw1 x=1\n[grp:children]\nweb\n",
            "d/02.yml": "web: {hosts: {w2: {x: 2}}}\nnew: {hosts: {w1: }}\n",
            "d/ignored.ini": "[no]\nno1\n",
            "d/readme.md": "hello",
            "d/sub/hosts": "[sub]\ns1\n",
            "d/group_vars/all.yml": "gv: dir\n",
            "d/group_vars/web/x.yml": "w: dir\n",
            "d/host_vars/s1.yml": "s: 1\n",
        },
        "d",
    ),
    "host-list": ({}, "h1,h2:2222,10.0.0.1,"),
    "one-host": ({}, "only,"),
    "localhost-file": ({"hosts": "localhost\n"}, "hosts"),
    "json": (
        {"i.json": '{"g": {"hosts": {"a": {"v": [1, null, true]}}, "vars": {"x": "y"}}}'},
        "i.json",
    ),
    "all-in-ini": ({"h": "[all]\na\nb\n[g]\nb\n[all:vars]\nx=1\n[ungrouped:vars]\ny=2\n"}, "h"),
    "diamond": (
        {
            "h.yml": """
all:
  children:
    left: {children: {bottom: {hosts: {h: }}}, vars: {v: left, l: 1}}
    right: {children: {bottom: }, vars: {v: right, r: 1}}
    long: {children: {mid: {children: {bottom: }, vars: {v: mid}}}}
    bottom: {vars: {b: 1}}
"""
        },
        "h.yml",
    ),
    "strange-names": (
        {
            "h": "[web-1.x]\nh1\n[123]\nh2\n[web-1.x:vars]\na=1\n",
            "group_vars/web-1.x.yml": "b: 2\n",
        },
        "h",
    ),
    "dict-values-replace": (
        {
            "h.yml": "all: {vars: {d: {a: 1, b: 2}}, children: {g: {hosts: {h: {d: {b: 3}}}}}}",
            "group_vars/g.yml": "d: {c: 4}\n",
        },
        "h.yml",
    ),
}

DRIVER = """
import json, os, sys
from ansible.cli.inventory import InventoryCLI
for name, (sources, playbook) in json.load(open("cases.json")).items():
    child = os.fork()  # ansible's command line can be set up once in a process
    if child:
        assert os.waitpid(child, 0)[1] == 0, name
        continue
    os.chdir(os.path.join(sys.argv[1], name))
    argv = ["ansible-inventory", "--list", "--output", sys.argv[1] + "/" + name + ".json"]
    for source in sources:
        argv += ["-i", source]
    InventoryCLI(argv + (["--playbook-dir", playbook] if playbook else [])).run()
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """What ansible-inventory says of every case: one process for all of them."""
    root = tmp_path_factory.mktemp("inventories")
    work = {}
    for name, (files, line) in CASES.items():
        for path, text in files.items():
            (root / name / path).parent.mkdir(parents=True, exist_ok=True)
            (root / name / path).write_text(text, encoding="utf-8")
        (root / name).mkdir(exist_ok=True)
        sources, _, playbook = line.partition("|")
        work[name] = (sources.split(" "), playbook)
    (root / "cases.json").write_text(json.dumps(work))
    (root / "ansible.cfg").write_text("")
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
        "HOME": str(root),
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(root)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root, {name: json.loads((root / f"{name}.json").read_text()) for name in CASES}


def ours(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Our reading in the shape of ``ansible-inventory --list``'s."""
    monkeypatch.chdir(root / name)
    sources, _, playbook = CASES[name][1].partition("|")
    found = inventory(sources.split(" "), playbook_dirs=[playbook] if playbook else [])
    hostvars = {}
    for host in found.hosts.values():
        merged: dict[str, Any] = {}
        for layer in host.layers:
            merged.update(layer)
        hostvars[host.name] = {
            k: v for k, v in merged.items() if k not in ("inventory_file", "inventory_dir")
        }
    return {
        "groups": {name: sorted(hosts) for name, hosts in found.groups.items()},
        "vars": hostvars,
    }


def members(listing: dict[str, Any], group: str) -> set[str]:
    entry = listing.get(group, {})
    return set(entry.get("hosts", ())).union(
        *(members(listing, child) for child in entry.get("children", ()))
    )


@pytest.mark.parametrize("name", CASES)
def test_the_same_hosts_groups_and_variables(
    name: str, theirs: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, listings = theirs
    listing = listings[name]
    mine = ours(root, name, monkeypatch)
    groups = {group: sorted(members(listing, group)) for group in listing if group != "_meta"}
    assert {group: hosts for group, hosts in mine["groups"].items() if hosts} == {
        group: hosts for group, hosts in groups.items() if hosts
    }
    hostvars = {host: listing["_meta"]["hostvars"].get(host, {}) for host in mine["groups"]["all"]}
    assert json.loads(json.dumps(mine["vars"])) == {
        host: {k: plain(v) for k, v in values.items()} for host, values in hostvars.items()
    }


def plain(value: Any) -> Any:
    return (
        value["__ansible_unsafe"]
        if isinstance(value, dict) and "__ansible_unsafe" in value
        else value
    )


# -- patterns ----------------------------------------------------------------------------------------

PATTERNED = """
lone
10.0.0.1
[web]
web1
web2
web3
[db]
db1
db2
[prod:children]
stage
[stage]
web1
db1
"""
PIECES = st.sampled_from(
    [
        *("web", "db", "prod", "all", "web1", "db2", "lone", "w*", "*1", "?b1", "~web[12]", "~.*b"),
        *("nobody", "web[0]", "web[-1]", "web[0:1]", "db[1:]", "web[1-2]", "prod[0]", "10.0.0.1"),
        *("10.*", "*[0]", "localhost", "ungrouped", "[dw]b1"),
    ]
)
SIGNS = st.sampled_from(["", "", "", "!", "&"])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Inventory, Any]:
    """The same inventory, read by us and by ansible."""
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader

    path = tmp_path_factory.mktemp("patterns") / "hosts"
    path.write_text(PATTERNED)
    return inventory([path]), InventoryManager(DataLoader(), [str(path)])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(SIGNS, PIECES).map("".join), min_size=1, max_size=4),
    st.sampled_from([",", ":", ", "]),
)
def test_a_pattern_means_the_same_hosts(
    both: tuple[Inventory, Any], parts: list[str], separator: str
) -> None:
    mine, theirs = both
    pattern = separator.join(parts)
    try:
        expected = [host.name for host in theirs.get_hosts(pattern)]
    except Exception:  # noqa: BLE001 - whatever theirs refuses, ours has to refuse in its own way
        with pytest.raises(SutureError):
            matching(mine, pattern)
        return
    found = matching(mine, pattern)
    assert sorted(found) == sorted(expected)
    if not any(sign in pattern for sign in ("all", "*", "prod", "~", "[")):
        assert found == expected, "in their order, where theirs has one"
