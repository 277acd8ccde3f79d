"""Calls of the file modules, and what ansible-core's of the same name make of them.

All calls go through one ansible playbook; each has a directory of its own.  What came of them is
recorded in ``file_calls.json``.  A file whose lines end in CRLF is not compared: ours keeps those
ends, and ansible-core mixes them (tests/law has the right values).
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.differential.recording import Recording, hash_of

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
RECORDING = Recording(Path(__file__).with_name("file_calls.json"))

TOLD = {
    "lineinfile": ("msg", "found"),
    "blockinfile": ("msg",),
    "replace": ("msg", "rc"),
    "file": ("path", "dest", "src", "state", "mode", "size", "uid"),
    "copy": ("dest", "checksum", "state", "mode", "size", "gid"),
    "assemble": ("dest", "checksum", "state", "mode", "size", "msg"),
    "unarchive": ("dest", "src", "handler", "state", "mode", "uid", "skipped"),
}
"""What each returns that has to be the same wherever ansible-core returns it."""


@dataclass(frozen=True)
class Call:
    """``before``: text, bytes, (text, mode), an Archive, None for a directory, "-> target" for a link.
    ``differs`` says why we end otherwise on purpose; then something has to differ."""

    module: str
    args: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    differs: str = ""

    @property
    def hash(self) -> str:
        """Of what ansible-core is given."""
        return hash_of(self.module, self.args, self.before)

    def __str__(self) -> str:
        words = [
            f"{key}={value}" for key, value in self.args.items() if key not in ("path", "dest")
        ]
        return f"{self.module}-{','.join(words)[:60]}"


SSHD = "Port 22\n#PermitRootLogin yes\nUsePAM yes\n"
BEGIN, END = "# BEGIN ANSIBLE MANAGED BLOCK\n", "# END ANSIBLE MANAGED BLOCK\n"
INI = "[a]\nn = 1\n[b]\nn = 1\n[c]\nn = 1\n"


def line(args: Mapping[str, Any], before: Any, differs: str = "") -> Call:
    return Call("lineinfile", {"path": "{root}/f", **args}, {"f": before}, differs)


def block(args: Mapping[str, Any], before: Any, differs: str = "") -> Call:
    return Call("blockinfile", {"path": "{root}/f", **args}, {"f": before}, differs)


def swap(args: Mapping[str, Any], before: Any) -> Call:
    return Call("replace", {"path": "{root}/f", **args}, {"f": before})


def file(args: Mapping[str, Any], before: Mapping[str, Any], differs: str = "") -> Call:
    return Call("file", {"path": "{root}/f", **args}, before, differs)


def copied(args: Mapping[str, Any], before: Mapping[str, Any], differs: str = "") -> Call:
    return Call("copy", {"dest": "{root}/f", **args}, before, differs)


@dataclass(frozen=True)
class Archive:
    """An archive as a file: zip, or tar in one of its compressions; ``more`` is in it besides."""

    kind: str
    more: tuple[tuple[str, str], ...] = ()

    @property
    def entries(self) -> dict[str, str]:
        return {
            "a/": "",
            "a/one": "1\n",
            "a/b/": "",
            "a/b/run.sh": "#!/bin/sh\n",
            **dict(self.more),
        }

    def packed(self) -> bytes:
        """The archive's bytes, the same in each run on the same Python."""
        if self.kind == "zip":
            return self._zipped()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:") as archive:
            for name, text in self.entries.items():
                info = tarfile.TarInfo(name)
                info.mode, info.mtime, info.size = 0o640, 1577934246, len(text)
                if name.endswith("/"):
                    info.type, info.mode = tarfile.DIRTYPE, 0o750
                if text.startswith("-> "):
                    info.type, info.linkname, info.size = tarfile.SYMTYPE, text[3:], 0
                archive.addfile(info, io.BytesIO(text.encode()))
        if self.kind == "gz":
            return gzip.compress(out.getvalue(), mtime=0)
        if self.kind == "bz2":
            return bz2.compress(out.getvalue())
        return lzma.compress(out.getvalue()) if self.kind == "xz" else out.getvalue()

    def _zipped(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as zipped:
            for name, text in self.entries.items():
                info = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
                info.external_attr = (0o40755 if name.endswith("/") else 0o100640) << 16
                zipped.writestr(info, text)
        return out.getvalue()


def packed(kind: str, **more: str) -> Archive:
    return Archive(kind, tuple(more.items()))


def unpacked(args: Mapping[str, Any], before: Mapping[str, Any], differs: str = "") -> Call:
    given = {"src": "{root}/f", "dest": "{root}/d", "remote_src": True, **args}
    return Call("unarchive", given, {"d": None, **before}, differs)


def assembled(args: Mapping[str, Any], before: Mapping[str, Any]) -> Call:
    parts = {"d/2": "two\n", "d/1": "one", "d/.x": "hidden", "d/sub/y": "no"}
    return Call("assemble", {"src": "{root}/d", "dest": "{root}/f", **args}, {**parts, **before})


CALLS = [
    unpacked({}, {"f": packed("gz")}),
    unpacked({}, {"f": packed("bz2", l="-> a/one")}),
    unpacked({}, {"f": packed("xz")}),
    unpacked({}, {"f": packed("")}),
    unpacked({}, {"f": packed("zip")}),
    unpacked({"mode": "0700"}, {"f": packed("gz")}),
    unpacked({"exclude": ["a/b"]}, {"f": packed("gz")}),
    unpacked({"include": ["a/one"]}, {"f": packed("gz")}),
    unpacked({"extra_opts": ["--strip-components=1"]}, {"f": packed("gz")}),
    unpacked({}, {"f": packed("gz"), "d/a/one": "old", "d/a/kept": "x"}),
    unpacked({"creates": "{root}/d/x"}, {"f": packed("gz"), "d/x": ""}),
    unpacked({}, {}),
    unpacked({}, {"f": "no archive"}),
    unpacked({"dest": "{root}/no"}, {"f": packed("gz")}),
    assembled({}, {}),
    assembled({"ignore_hidden": True, "delimiter": "---", "mode": "0600"}, {}),
    assembled({"regexp": "^[12]$", "delimiter": "\\n--\\n"}, {"f": "old"}),
    assembled({"regexp": "^[12]$"}, {"f": "one\ntwo\n"}),
    assembled({"src": "{root}/no"}, {}),
    assembled({"validate": "grep -q zz %s"}, {}),
    line({"regexp": "^#?PermitRootLogin", "line": "PermitRootLogin no"}, SSHD),
    line({"line": "UsePAM yes"}, SSHD.rstrip()),
    line({"line": "X", "insertafter": "^Port"}, SSHD),
    line({"line": "X", "insertafter": "yes", "firstmatch": True}, SSHD),
    line({"line": "X", "insertbefore": "yes"}, SSHD),
    line({"line": "X", "insertbefore": "BOF"}, ""),
    line({"line": "X", "insertafter": "nothing"}, "a"),
    line({"line": "X", "insertafter": "^b"}, "a\nb\n"),
    line({"line": "X", "insertafter": "^b"}, "a\nb", differs="ansible-core joins the two lines"),
    line({"line": "X"}, "a\r", differs="ansible-core takes a carriage return for a line's end"),
    line({"line": "b", "insertafter": "^a", "firstmatch": True}, "a\nx\nb\n"),
    line({"line": "b", "insertafter": "^a", "firstmatch": True}, "a\nb\n"),
    line({"regexp": "^a", "line": "x", "firstmatch": True}, "a1\na2\n"),
    line({"regexp": "^nothing", "line": "b"}, "a\nb\n"),
    line({"regexp": r"^(\w+) *= *(.*)$", "line": r"\2 = \g<1>", "backrefs": True}, "a = 1\nb=2\n"),
    line({"regexp": "^no", "line": r"\1", "backrefs": True}, "a\n"),
    line({"search_string": "a.c", "line": "x"}, "abc\na.c\n"),
    line({"line": "é", "insertafter": "ü$"}, "ü\n\xff\n".encode("latin-1") + "ü\n".encode()),
    line({"regexp": "^a|c", "state": "absent"}, "ab\nb\nxc"),
    line({"line": "a", "state": "absent"}, "a\r\nb\na\n"),
    line({"line": "a", "state": "absent"}, "b\n"),
    line({"line": "b", "mode": "u=rw,go="}, ("a\n", 0o644)),
    line({"line": "b", "backup": True}, ("a\n", 0o640)),
    line({"line": "b", "validate": "grep -q zz %s"}, "a\n"),
    Call("lineinfile", {"path": "{root}/d/e", "line": "x", "create": True}),
    Call("lineinfile", {"path": "{root}/no", "line": "x"}),
    Call("lineinfile", {"path": "{root}/no", "line": "x", "state": "absent"}),
    Call("lineinfile", {"path": "{root}/l", "line": "x"}, {"d/f": "a\n", "l": "-> d/f"}),
    block({"block": "x\ny"}, "a"),
    block({"block": "x\n\n"}, f"a\n{BEGIN}old\n{END}b\n"),
    block({"block": "x"}, f"{END}old\n{BEGIN}"),
    block({"block": "x"}, f"{BEGIN}1\n{END}a\n{BEGIN}2\n{END}"),
    block({"block": "x"}, f"{BEGIN}1\n"),
    block({"block": "x", "insertbefore": "^b"}, "a\nb\nb\n"),
    block({"block": "x", "insertafter": "(?m)^a\nb$"}, "a\nb\nc\n"),
    block({"block": "x", "prepend_newline": True, "append_newline": True}, "a\nb"),
    block({"block": "x", "marker": "<!-- {mark} -->", "marker_begin": "o", "marker_end": "c"}, ""),
    block({"state": "absent"}, f"a\n{BEGIN}x\n{END}b"),
    block({"state": "absent"}, "a"),
    block({"block": ""}, f"{BEGIN}x\n{END}"),
    block({"block": "x"}, f"{BEGIN}x\n{END}"),
    Call("blockinfile", {"path": "{root}/no", "block": "x", "create": True, "mode": "0600"}),
    Call("blockinfile", {"path": "{root}/no", "block": "x"}),
    Call("blockinfile", {"path": "{root}/no", "state": "absent", "create": True}),
    swap({"regexp": r"^n = (\d)$", "replace": r"n = \g<1>0"}, INI),
    swap({"regexp": "1", "replace": "2", "after": r"\[a\]", "before": r"\[c\]"}, INI),
    swap({"regexp": "1", "replace": "2", "before": r"\[c\]"}, INI),
    swap({"regexp": "1", "replace": "2", "after": r"\[b\]"}, INI),
    swap({"regexp": "1", "replace": "2", "after": "nothing"}, INI),
    swap({"regexp": "a", "replace": "é"}, b"a\xe9\r\n"),
    swap({"regexp": "a", "replace": r"\2"}, "a"),
    swap({"regexp": "zz", "mode": "0600"}, ("a", 0o644)),
    Call("replace", {"path": "{root}/no", "regexp": "a"}),
    file({"state": "directory", "mode": "0750"}, {}),
    file({"path": "{root}/a/b/c", "state": "directory", "mode": "u=rwx,g=x,o="}, {"a": None}),
    file(
        {"state": "directory", "mode": "a=rX", "recurse": True},
        {"f/x": ("", 0o600), "f/d/y": ("", 0o711)},
    ),
    file({"state": "directory", "mode": "0711"}, {"d": None, "f": "-> d"}),
    file({"state": "directory"}, {"f": "x"}),
    file({"state": "directory", "follow": False}, {"d": None, "f": "-> d"}),
    file({"mode": "g+w,o-r"}, {"f": ("x", 0o644)}),
    file({"mode": "g=u"}, {"f": ("x", 0o764)}),
    file({"mode": "u+s,+x"}, {"f": ("x", 0o644)}),
    file({"mode": "0644"}, {"f": ("x", 0o644)}),
    file({}, {}),
    file({"state": "file"}, {"f": None}),
    file({"mode": "0600"}, {"t": ("x", 0o644), "f": "-> t"}),
    file({"state": "absent"}, {"f/a/b": "x", "f/l": "-> ../kept", "kept": "x"}),
    file({"state": "absent"}, {}),
    file({"state": "absent"}, {"d/x": "", "f": "-> d"}),
    file({"state": "touch", "mode": "0600"}, {}),
    file({"state": "touch"}, {"f": "x"}),
    file(
        {"state": "touch", "access_time": "preserve", "modification_time": "preserve"}, {"f": "x"}
    ),
    file({"state": "link", "src": "t"}, {"t": "x"}),
    file({"state": "link", "src": "t"}, {"t": "x", "f": "-> t"}),
    file({"state": "link", "src": "t"}, {"t": "x", "f": "-> u"}),
    file({"state": "link", "src": "no"}, {}),
    file({"state": "link", "src": "no", "force": True}, {}),
    file({"state": "link", "src": "t"}, {"t": "x", "f": "x"}),
    file({"state": "link", "src": "t", "force": True}, {"t": "x", "f": "x"}),
    file({"state": "link", "src": "../t", "force": True}, {"t": "x", "f": None}),
    file({"state": "link", "src": "t", "force": True}, {"t": "x", "f/x": ""}),
    file({"state": "link", "src": "t", "mode": "0600"}, {"t": ("x", 0o644)}),
    copied({"content": "x\n"}, {}),
    copied({"content": {"b": ["é"], "a": None}}, {"f": ("old", 0o600)}),
    copied({"content": ""}, {"f": "old"}),
    copied({"content": "x", "mode": "0600"}, {"f": ("x", 0o644)}),
    copied({"content": "x", "force": False}, {"f": "old"}),
    copied({"content": "x"}, {"t": "old", "f": "-> t"}),
    copied({"content": "x", "follow": True}, {"t": "old", "f": "-> t"}),
    copied({"content": "x"}, {"f": "-> gone"}),
    copied({"content": "x"}, {"f": None}),
    copied({"content": "x", "dest": "{root}/no/f"}, {}),
    copied({"content": "x", "backup": True}, {"f": "old"}),
    copied({"content": "x", "validate": "grep y %s"}, {"f": "old"}),
    copied({"src": "run.sh", "mode": "preserve"}, {}),
    copied({"src": "run.sh"}, {"f": None}),
    copied({"src": "run.sh", "dest": "{root}/a/b/", "directory_mode": "0700"}, {}),
    copied({"src": "site"}, {"f/site/a.txt": ("old", 0o600), "f/site/kept": "x"}),
    copied({"src": "site/", "mode": "preserve", "directory_mode": "0750"}, {}),
    copied({"src": "site/", "dest": "{root}/f/"}, {"f/sub": None}),
    copied({"src": "{root}/s", "remote_src": True}, {"s": ("x", 0o750), "f": ("old", 0o600)}),
    copied({"src": "{root}/s", "remote_src": True}, {"s/a": ("x", 0o750), "s/b/c": ""}),
    copied({"src": "{root}/s/", "remote_src": True}, {"s/a": "x", "f/a": "old", "f/z": ""}),
    copied({"src": "{root}/gone", "remote_src": True}, {}),
]


def sources(directory: Path) -> None:
    """The controller's files that copy takes."""
    for name, text, mode in [
        ("run.sh", "#!/bin/sh\n", 0o755),
        ("site/a.txt", "a\n", 0o644),
        ("site/sub/b.sh", "b\n", 0o755),
        ("site/sub/deep/c", "c\n", 0o600),
    ]:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    (directory / "site" / "link").symlink_to("a.txt")


def grown(root: Path, call: Call) -> None:
    root.mkdir(parents=True)
    for name, entry in call.before.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text, mode = entry if isinstance(entry, tuple) else (entry, None)
        if text is None:
            path.mkdir()
        elif isinstance(text, str) and text.startswith("-> "):
            path.symlink_to(text[3:])
        elif isinstance(text, Archive):
            path.write_bytes(text.packed())
        else:
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        if mode is not None:
            path.chmod(mode)


def tree(root: Path, call: Call) -> dict[str, list[str]]:
    """Everything below the directory; a backup's name counts only up to what is random in it."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.endswith("~"):
            name = re.sub(r"(\.[0-9a-f]{12}|\.\d+\.[-\d@:]+)~$", ".backup~", name)
        if path.is_symlink():
            found[name] = ["link", str(path.readlink()).replace(str(root), "{root}")]
            continue
        mode = f"{path.stat().st_mode & 0o7777:04o}"
        if path.is_dir():
            found[name] = ["directory", mode]
            continue
        data, archive = path.read_bytes(), call.before.get(name)
        as_before = isinstance(archive, Archive) and data == archive.packed()
        found[name] = ["file", mode, str(archive) if as_before else data.decode("latin-1")]
    return found


def told(call: Call, result: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """What counts of a result: not the path of the directory, who runs the tests, and how large a
    file system makes a directory."""
    failed = bool(result.get("failed", False))
    names = ["changed", *([] if failed else TOLD[call.module])]
    kept = {name: result[name] for name in names if name in result}
    if kept.get("state") == "directory":
        kept.pop("size", None)
    for name, own in (("uid", os.geteuid()), ("gid", os.getegid())):
        if kept.get(name) == own:
            kept[name] = "own"
    text = json.dumps({"failed": failed, **kept}).replace(str(root), "{root}")
    return dict(json.loads(text))


def filled(value: Any, root: Path) -> Any:
    if isinstance(value, str):
        return value.replace("{root}", str(root))
    if isinstance(value, dict):
        return {key: filled(item, root) for key, item in value.items()}
    return value


def under_ansible(calls: Sequence[Call], place: Path) -> list[dict[str, Any]]:
    """What ansible-core's modules return for these calls, and the trees that they leave."""
    sources(place / "files")
    tasks: list[dict[str, Any]] = []
    roots = [place / "roots" / str(index) for index in range(len(calls))]
    for index, (call, root) in enumerate(zip(calls, roots, strict=True)):
        grown(root, call)
        tasks.append(
            {
                f"ansible.builtin.{call.module}": filled(dict(call.args), root),
                "register": f"r{index}",
                "ignore_errors": True,
            }
        )
    results = "{{ [" + ", ".join(f"r{index}" for index in range(len(calls))) + "] | to_json }}"
    tasks.append({"ansible.builtin.copy": {"content": results, "dest": str(place / "results")}})
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (place / "play.yml").write_text(json.dumps([play]))
    (place / "ansible.cfg").write_text("[defaults]\n")
    done = subprocess.run(
        [ANSIBLE, "-i", "localhost,", "-c", "local", "play.yml"],
        cwd=place,
        env={
            **os.environ,
            "HOME": str(place),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(place / "ansible.cfg"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        },
        umask=0o022,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    registered = json.loads((place / "results").read_text())
    return [
        {"result": told(call, result, root), "tree": tree(root, call)}
        for call, result, root in zip(calls, registered, roots, strict=True)
    ]


def record() -> None:
    """Record what ansible-core makes of every call."""
    with tempfile.TemporaryDirectory() as place:
        answers = under_ansible(CALLS, Path(place))
    RECORDING.keep({call.hash: answer for call, answer in zip(CALLS, answers, strict=True)})
