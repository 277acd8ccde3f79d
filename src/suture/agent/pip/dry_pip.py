"""pip's own dry run, inside the environment's own Python, without the downloads.

Runs beside _resolution.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Sequence, Tuple

from .distributions import normal

BIG = 1 << 20
"""Bytes above which a remote wheel is not downloaded for its metadata: that part is asked for."""


def ran(arguments: Sequence[str], directory: str) -> Tuple[int, str, str]:
    """pip's exit code and both outputs, its build processes' included."""
    paths = [os.path.join(directory, name) for name in ("stdout", "stderr")]
    kept = [os.dup(1), os.dup(2)]
    try:
        for number, path in enumerate(paths, 1):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, number)
            os.close(handle)
        rc = _pip(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for number, handle in enumerate(kept, 1):
            os.dup2(handle, number)
            os.close(handle)
    texts = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            texts.append(file.read())
    return rc, texts[0], texts[1]


def _pip(arguments: Sequence[str]) -> int:
    from pip._internal.cli.main import main

    _without_downloads()
    _unadorned()
    try:
        return int(main(list(arguments)) or 0)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1


def _unadorned() -> None:
    """Have pip name itself plainly to indexes: what it adds comes from running programs (rustc,
    which may be a rustup that sets itself up in the user's home)."""
    try:
        from pip import __version__
        from pip._internal.network import session
    except ImportError:
        return
    if hasattr(session, "user_agent"):
        setattr(session, "user_agent", lambda: f"pip/{__version__}")  # noqa: B010 (not ours)


def _without_downloads() -> None:
    """Have pip stop at the metadata, and read a big wheel's without downloading it.

    pip before 25.3 downloads every wheel of a resolution even in a dry run, and any pip does where
    the index gives no metadata: gigabytes for a CUDA build that is about to be refused.  Where
    pip's inside is not as expected here, it just downloads, as it always did.
    """
    try:
        from pip._internal.operations.prepare import RequirementPreparer as Preparer
        from pip._internal.utils.direct_url_helpers import direct_url_from_link

        fetch = getattr(Preparer, "_fetch_metadata_only")  # noqa: B009 (private, and not ours)
    except (ImportError, AttributeError):
        return
    more: Any = getattr(Preparer, "prepare_linked_requirements_more", None)

    def fetched(self: Any, requirement: Any) -> Any:
        distribution = fetch(self, requirement) or _peeked(self, requirement)
        if distribution is not None:
            requirement.get_dist = lambda: distribution
            if requirement.download_info is None:
                requirement.download_info = direct_url_from_link(requirement.link)
        return distribution

    def completed(self: Any, requirements: Any, *rest: Any, **named: Any) -> None:
        waiting = [each for each in requirements if "get_dist" not in vars(each)]
        more(self, waiting, *rest, **named)

    setattr(Preparer, fetch.__name__, fetched)
    if more is not None:
        setattr(Preparer, more.__name__, completed)


def _peeked(preparer: Any, requirement: Any) -> Any:
    """A big remote wheel's metadata, by asking for the bytes that hold it; None: not this way."""
    from zipfile import BadZipFile

    link = requirement.link
    if preparer.require_hashes or not link.is_wheel or link.scheme not in ("http", "https"):
        return None
    try:
        from pip._internal.network import lazy_wheel
    except ImportError:
        return None
    try:
        session, url = getattr(preparer, "_session"), link.url_without_fragment  # noqa: B009
        head = session.head(url, headers={"Accept-Encoding": "identity"}, allow_redirects=True)
        if not head.ok or int(head.headers.get("Content-Length", 0)) < BIG:
            return None
        name = normal(link.filename.split("-")[0])
        return lazy_wheel.dist_from_wheel_url(name, url, session)
    except lazy_wheel.HTTPRangeRequestUnsupported:
        return None
    except (AttributeError, OSError, ValueError, BadZipFile):
        return None


def settings(prefix: str) -> Dict[str, str]:
    """What the virtual environment's own pip.conf says, as the variables that say it to pip."""
    import configparser

    read = configparser.RawConfigParser()
    read.read(os.path.join(prefix, "pip.conf") if prefix else [])
    found: Dict[str, str] = {}
    for section in ("global", "install"):
        for key, value in read.items(section) if read.has_section(section) else []:
            found["PIP_" + key.upper().replace("-", "_")] = " ".join(value.split())
    return {key: value for key, value in found.items() if key not in os.environ}
