"""The names of others' plugins, read from their files: nothing of theirs runs.

``lint`` and ``corpus`` look at what strangers wrote.  Whether a name stands for a plugin is therefore
decided by the files' names and by the text constants of their source; what a plugin does is known only
to a run that uses it (``plugins.py``).
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from suture.foreign import plugins
from suture.foreign.places import installed
from suture.foreign.routing import routing

REDIRECTS = 10
"""How often a name may lead to another one."""


def is_named(kind: plugins.Kind, name: str) -> bool:
    """Whether a file of plugins may define this filter, test or lookup."""
    name = leads_to(kind, name)
    short = name.rpartition(".")[2]
    return any(short in names_of(file, kind) for file in _files(kind, name))


def leads_to(kind: plugins.Kind, name: str) -> str:
    """The name that this one stands for by now, as ansible-core and its collections say where each of
    their plugins has moved."""
    for _ in range(REDIRECTS):
        short = name.rpartition(".")[2]
        said = (routing(file).route(kind, short).redirect for file in _runtimes(name))
        redirect = next(filter(None, said), "")
        if not redirect:
            break
        name = redirect
    return name


def _runtimes(name: str) -> Iterator[Path]:
    """The files that may say where a name leads."""
    core = installed().core
    if name.count(".") < 2 or name.startswith(("ansible.builtin.", "ansible.legacy.")):
        if core is not None:
            yield core / "ansible" / "config" / "ansible_builtin_runtime.yml"
        return
    for home in plugins.homes() or (".",):
        for root in installed().collections(home):
            yield root.joinpath(*name.split(".")[:2], "meta", "runtime.yml")


def _files(kind: plugins.Kind, name: str) -> Iterator[Path]:
    homes = list(plugins.homes())
    name = name.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.")
    if name.count(".") < 2:
        for home in homes:
            yield from sorted(Path(home, plugins.FOLDERS[kind][0]).glob("*.py"))
        core = installed().core
        folders = [core / "ansible" / "plugins" / kind] if core else []
    else:
        collection = name.split(".")[:2]
        roots = [root for home in homes or ["."] for root in installed().collections(home)]
        folders = [root.joinpath(*collection, "plugins", kind) for root in roots]
    for folder in folders:
        yield from sorted([*folder.rglob("*.py"), *folder.rglob("*.yml")])


@functools.cache
def names_of(file: Path, kind: plugins.Kind) -> frozenset[str]:
    """What this file of plugins may define.  A filter's or test's name is a text somewhere in its
    source, or the name of the file that documents it; a lookup's is its file's name."""
    if kind == "lookup" or file.suffix != ".py":
        return frozenset([file.stem])
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
    return frozenset(texts | words)
