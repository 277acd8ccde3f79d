"""Foreign modules as content for a host: their sources, packed, each pack sent once."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.agent.protocol.content import Pack
from suture.foreign import packs_kept
from suture.foreign.places import Installed, installed
from suture.foreign.reach import concerns_files_alone
from suture.foreign.sources import Finder, Sources, kind_of, text_of, understood_arguments
from suture.memo import once
from suture.model import ForeignModule

SPECIAL_FILE_SYSTEMS = ["fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"]
REMOTE_TMP = "~/.ansible/tmp"


@dataclass(frozen=True, slots=True)
class Packed:
    """A module ready for a host: how it is run, and its packs; ``refused``: why no host of
    ours can run it; ``files_alone``: it concerns nothing but files."""

    dotted: str
    kind: str
    packs: tuple[Pack, ...]
    refused: str = ""
    files_alone: bool = False


@once(256)
def packed(module: ForeignModule, playbook_dir: str) -> Packed:
    """The module's packs, made anew or as they were kept."""
    there = installed()
    roots = [str(root) for root in there.collections(playbook_dir)]
    key = _sha(json.dumps([str(there.core), there.version, module.path, module.dotted, roots]))
    kept = packs_kept.kept(key)
    if kept is not None:
        return Packed(**{**kept.about, "packs": tuple(map(_pack_of, kept.packs))})
    read: list[str] = []
    made = _made(module, playbook_dir, read)
    names = ("dotted", "kind", "refused", "files_alone")
    about = {name: getattr(made, name) for name in names}
    beside = [*module.utils, *roots, *(str(Path(root).parent) for root in roots)]
    packs_kept.keep(key, about, [(pack.fetch(), pack.name) for pack in made.packs], read + beside)
    return made


def _made(module: ForeignModule, playbook_dir: str, read: list[str]) -> Packed:
    """The module's packs: what nearly all modules need, and what this one needs beside that.  Every
    file that they come from is added to ``read``."""
    there = installed()
    read.append(module.path)
    data = Path(module.path).read_bytes()
    kind = kind_of(data)
    if kind == "windows":
        return Packed(module.dotted, kind, (), f"{module.name} is a module for Windows hosts")
    if kind != "python":
        alone = {"texts": {}, "needs": {}, "data": base64.b64encode(data).decode("ascii")}
        return Packed(module.dotted, kind, (_pack(alone, module.name),))
    finder = Finder(there, playbook_dir, module.utils)
    whole = finder.closure(module.dotted, text_of(data))
    common = _common(there)
    read += [*whole.read, *common.read]
    shared = _texts(common)
    rest = {sha: text for sha, text in _texts(whole).items() if sha not in shared}
    needs = {name: [_sha(text), package] for name, (text, package) in whole.texts.items()}
    packs = (
        _pack({"texts": shared}, "ansible-core"),
        _pack({"texts": rest, "needs": needs}, module.name),
    )
    names = whole.texts.keys() - common.texts.keys() - {module.dotted}
    files_alone = concerns_files_alone(names, {**whole.files, module.dotted: module.path})
    return Packed(module.dotted, kind, packs, files_alone=files_alone)


@once(256)
def says_facts(path: str) -> bool:
    """Whether a module may return facts: its source says the word."""
    return b"ansible_facts" in Path(path).read_bytes()


def plain(value: Any) -> Any:
    """A value as JSON carries it: what it has no word for goes as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def standard_arguments(module: ForeignModule, *, verbosity: int, secret: bool) -> dict[str, Any]:
    """What ansible-core tells a module beside its arguments, as far as this one's listens.  It is
    always asked for differences: they are what is recorded of its changes."""
    there = installed()
    every = {
        "check_mode": False,
        "no_log": secret,
        "debug": False,
        "diff": not secret,
        "verbosity": verbosity,
        "version": there.version,
        "module_name": module.name,
        "syslog_facility": "LOG_USER",
        "selinux_special_fs": SPECIAL_FILE_SYSTEMS,
        "string_conversion_action": "warn",
        "shell_executable": "/bin/sh",
        "keep_remote_files": False,
        "tmpdir": None,
        "remote_tmp": REMOTE_TMP,
        "socket": None,
        "ignore_unknown_opts": False,
        "target_log_info": None,
        "tracebacks_for": [],
    }
    names = understood_arguments(there)
    return {f"_ansible_{name}": value for name, value in every.items() if name in names}


@once(4)
def _common(there: Installed) -> Sources:
    return Finder(there, "", ()).closure("ansible.modules.nothing", "", [])


def _texts(sources: Sources) -> Mapping[str, str]:
    return {_sha(text): text for text, _ in sources.texts.values()}


def _pack(said: Mapping[str, Any], name: str) -> Pack:
    return _pack_of((zlib.compress(json.dumps(said, sort_keys=True).encode(), 6), name))


def _pack_of(held: tuple[bytes, str]) -> Pack:
    data, name = held
    return Pack(hashlib.sha256(data).hexdigest(), len(data), lambda: data, name)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
