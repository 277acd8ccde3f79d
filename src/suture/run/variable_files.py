"""The variables that ``include_vars`` means, read from the controller's files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from suture.agent.protocol.spec import Failure
from suture.load.source import Opener, variables
from suture.variables.content import sought


def filled_in(
    args: Mapping[str, Any],
    paths: Sequence[str],
    vault: Opener | None,
    known: Callable[[str], Any] = lambda name: None,
) -> dict[str, Any]:
    """The arguments with the variables in ``loaded`` and the files that hold them in ``files``.

    ``paths``: where relative names are sought; ``known``: what a variable holds by now, into
    which mappings are merged where that is asked for.  Failure where there is nothing of the name.
    """
    if args.get("file"):
        files = [Path(sought(str(args["file"]), "vars", paths))]
    elif args.get("dir"):
        files = list(_in_directory(Path(sought(str(args["dir"]), "vars", paths)), args))
    else:
        return dict(args)
    loaded: dict[str, Any] = {}
    merges = args.get("hash_behaviour") == "merge"
    for file in files:
        found = variables(file, vault)
        loaded = merged(loaded, found) if merges else {**loaded, **found}
    if merges and args.get("name"):
        loaded = merged(known(str(args["name"])), loaded)
    elif merges:
        loaded = {name: merged(known(name), value) for name, value in loaded.items()}
    return {**args, "loaded": loaded, "files": [str(file) for file in files]}


def merged(under: Any, over: Any) -> Any:
    """The two mappings as one, level by level; anything else is replaced."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    both = {name: merged(under.get(name), value) for name, value in over.items()}
    return {**under, **both}


def _in_directory(directory: Path, args: Mapping[str, Any]) -> Iterator[Path]:
    """The directory's files of variables by name, a level's files before what is below it."""
    extensions = args.get("extensions") or ["yaml", "yml", "json"]
    extensions = extensions.split(",") if isinstance(extensions, str) else extensions
    left_out = args.get("ignore_files") or []
    matching = re.compile(str(args.get("files_matching") or ""))
    depth = int(args.get("depth") or 0)
    for path in sorted(directory.rglob("*"), key=lambda path: (len(path.parts), path)):
        level = len(path.relative_to(directory).parts)
        if not path.is_file() or path.name in left_out or not matching.search(path.name):
            continue
        if depth and level > depth:
            continue
        if path.suffix.lstrip(".") in extensions:
            yield path
        elif not args.get("ignore_unknown_extensions") and not args.get("files_matching"):
            raise Failure(
                f"{path} does not end with {', '.join(extensions)};"
                " name it in 'ignore_files', or give 'ignore_unknown_extensions: true'"
            )
