"""The machine's pip settings, handed to the droplet the way its owner would have written them."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lab.account import Account, can_read

# Where packages come from and how they are reached. Everything else is the operator's own taste.
HANDED_OVER = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "retries",
    "disable-pip-version-check",
)
LISTS = ("extra-index-url", "find-links", "trusted-host")
SYNONYMS = {"default-timeout": "timeout", "pypi-url": "index-url"}
# What pip itself falls back to for certificates and proxies, first come first served.
FALLBACKS = {
    "cert": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    "proxy": ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
}


@dataclass(frozen=True)
class Handed:
    """The droplet's pip.conf, and a sentence for each setting that cannot work there."""

    text: str
    warnings: tuple[str, ...]


def operator_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """pip's settings on this machine by option name, from its files and the environment."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    settings = settings_listed(done.stdout)
    for option, names in FALLBACKS.items():
        for value in filter(None, map(environment.get, names)):
            settings.setdefault(option, value)
    return settings


def settings_listed(listing: str) -> dict[str, str]:
    """What `pip config list` prints; `install` outranks `global`, and the environment both."""
    ranked: list[tuple[int, str, str]] = []
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        section, _, option = name.rpartition(".")
        rank = {"global": 0, "install": 1, ":env:": 2}.get(section)
        option = SYNONYMS.get(option, option)
        if separator and rank is not None and option in HANDED_OVER:
            ranked.append((rank, option, str(ast.literal_eval(value))))
    return {option: value for _, option, value in sorted(ranked, key=lambda item: item[0])}


def pip_conf(settings: Mapping[str, str], cache: Path) -> str:
    """The text of a pip.conf with these settings; downloads are kept in `cache`."""
    lines = ["# Made by lab.up from the pip settings of this machine.", "[global]"]
    for option in HANDED_OVER:
        if option not in settings:
            continue
        values = settings[option].split() if option in LISTS else [settings[option].strip()]
        lines.append(f"{option} = " + "\n    ".join(values))
    lines.append(f"cache-dir = {cache}")
    return "\n".join(lines) + "\n"


def handed(
    settings: Mapping[str, str],
    account: Account,
    cache: Path,
    certificates: Path,
    readable: Callable[[Account, Path], bool] = can_read,
) -> Handed:
    """The droplet's pip.conf; a certificate that its user may not read is copied into the lab."""
    wanted = dict(settings)
    warnings = []
    for option in ("find-links", "extra-index-url", "index-url"):
        absolute = [_absolute(value) for value in wanted.get(option, "").split()]
        if absolute:
            wanted[option] = " ".join(absolute)
        for value in absolute:
            path = local_path(value)
            if path is not None and path.exists() and not readable(account, path):
                warnings.append(
                    f"pip's {option} names {path}, which the droplet's user ({account.name}) may"
                    " not read: packages from there will be missing on the droplet."
                )
    for option in ("cert", "client-cert"):
        if option not in wanted:
            continue
        path = Path(wanted[option]).expanduser().absolute()
        wanted[option] = str(path)
        if not path.is_file() or readable(account, path):
            continue
        if option == "client-cert":
            warnings.append(
                f"pip's client certificate {path} is not the droplet's to read and stays with you."
            )
            del wanted[option]
        else:
            wanted[option] = str(_copied(path, certificates))
    return Handed(pip_conf(wanted, cache), tuple(warnings))


def local_path(place: str) -> Path | None:
    """The path that a find-links or index entry means; None when it is on the network."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme else Path(place)


def _absolute(place: str) -> str:
    return place if urlsplit(place).scheme else str(Path(place).expanduser().absolute())


def _copied(path: Path, folder: Path) -> Path:
    folder.mkdir(mode=0o755, exist_ok=True)
    copy = folder / path.name
    shutil.copyfile(path, copy)
    copy.chmod(0o644)
    return copy
