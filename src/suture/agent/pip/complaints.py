"""pip's output, boiled down to one sentence for the playbook's author."""

from __future__ import annotations

import re
from typing import Callable, Iterable, List, Tuple

Sentence = Callable[["re.Match[str]", str], str]

NETWORK = (
    r"Temporary failure in name resolution|Name or service not known",
    r"Connection refused|Network is unreachable|No route to host|Connection reset",
    r"CERTIFICATE_VERIFY_FAILED|SSLError",
    r"40[37] Client Error|50\d Server Error",
    r"ProxyError",
    r"timed out|ConnectTimeoutError|ReadTimeoutError",
    r"RemoteDisconnected|NewConnectionError|ConnectionError",
)
"""How pip says that a network failed it, the most telling words first."""


def network_trouble(text: str) -> str:
    """What the network did, in pip's words; nothing where it did its part."""
    found = (re.search(pattern, text) for pattern in NETWORK)
    return next((match[0] for match in found if match), "")


def reason(stdout: str, stderr: str) -> str:
    """What went wrong, in one sentence that ends with pip's own words."""
    text = f"{stdout}\n{stderr}"
    for pattern, sentence in SENTENCES:
        match = re.search(pattern, text)
        if match:
            return sentence(match, text)
    return f"pip failed: {last_words(text)}"


def last_words(text: str) -> str:
    """pip's last ERROR line that says something, or its last line at all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line[len("ERROR:") :].strip() for line in lines if line.startswith("ERROR:")]
    telling = [line for line in errors if not line.startswith(("Exception", "See above"))]
    return (telling or errors or lines or ["it said nothing"])[-1]


def _unfound(match: re.Match[str], text: str) -> str:
    wanted = match[1]
    network = network_trouble(text)
    if network:
        host = re.search(r"host='([^']+)'", text)
        place = f" at {host[1]}" if host else ""
        return f"pip cannot reach its package index{place} ({network}), so it cannot find {wanted}"
    offered = re.search(r"\(from versions: ([^)]*)\)", text)
    if offered and offered[1] not in ("none", ""):
        versions = offered[1].split(", ")
        shown = ", ".join(versions[-5:])
        return f"no release is {wanted} for this Python and its indexes; the newest are {shown}"
    return f"there is no package for {wanted} in pip's indexes, or none that fits this Python"


def _conflict(match: re.Match[str], text: str) -> str:
    cause = re.search(r"The conflict is caused by:\n((?:    .+\n?)+)", text)
    lines = [line.strip() for line in cause[1].splitlines()] if cause else []
    details = f": {'; '.join(lines[:4])}" if lines else ""
    return f"these requirements contradict each other{details or ': ' + match[0].strip()}"


def _unbuilt(match: re.Match[str], text: str) -> str:
    named = re.search(r"Failed (?:to build|building wheel for) '?([\w.\[\]-]+)", text)
    which = named[1] if named else "a package"
    box = [line.strip(" │") for line in text.splitlines() if line.strip(" │╰─>")]
    errors = [line for line in box if re.match(r"(\w*Error|error|fatal)\b.*:", line)]
    said = errors[-1] if errors else last_words(text)
    return f"pip found no wheel of {which} and could not build it: {said}"


SENTENCES: List[Tuple[str, Sentence]] = [
    (
        r"No space left on device|Errno 28|Disk quota exceeded",
        lambda match, text: f"the disk is full: {last_words(text)}",
    ),
    (
        r"externally-managed-environment",
        lambda match, text: "this Python belongs to the operating system's package manager",
    ),
    (
        r"THESE PACKAGES DO NOT MATCH THE HASHES",
        lambda match, text: (
            f"a download does not have the hash that the requirements state: {_mismatched(text)}"
        ),
    ),
    (
        (
            r"Hashes are required in --require-hashes mode"
            r"|all requirements must have their versions pinned"
        ),
        lambda match, text: f"hashes are required, but one is missing: {last_words(text)}",
    ),
    (
        r"No module named '?pip'?",
        lambda match, text: "there is no pip in this environment",
    ),
    (r"Cannot install .+ because .+conflicting dependencies|ResolutionImpossible", _conflict),
    (
        r"Package '?([\w.-]+)'? requires a different Python: (\S+) not in '([^']+)'",
        lambda match, text: f"{match[1]} needs Python {match[3]}, and this one is {match[2]}",
    ),
    (r"No matching distribution found for (.+)", _unfound),
    (
        r"resolution-too-deep|ResolutionTooDeep",
        lambda match, text: "pip gave up: too many combinations of versions; pin more of them",
    ),
    (
        r"Invalid requirement: (.+)",
        lambda match, text: f"pip does not understand the requirement {match[1]}",
    ),
    (
        (
            r"(?:Could not install packages due to an OSError|PermissionError).*?"
            r"Permission denied: '([^']+)'"
        ),
        lambda match, text: f"not permitted to write {match[1]}",
    ),
    (
        (
            r"metadata-generation-failed|subprocess-exited-with-error|Failed building wheel"
            r"|Failed to build"
        ),
        _unbuilt,
    ),
    (
        r"does not appear to be a Python project.*|is not a valid editable requirement.*",
        lambda match, text: f"pip failed: {last_words(text)}",
    ),
    (
        "|".join(NETWORK),
        lambda match, text: f"pip cannot reach what it needs ({match[0]}): {last_words(text)}",
    ),
]


def _mismatched(text: str) -> str:
    named = re.search(r"THE HASHES.*\n\s+(\S+).*\n(?:.*\n)*?\s+Expected \S+ (\w+)", text)
    return f"{named[1]}, expected {named[2][:12]}…" if named else last_words(text)


_UNREACHED = re.compile(r"Could not fetch URL (\w+://[^/\s]+)\S*: (?!.*\b40[134]\b)")


def unreached(log: Iterable[str]) -> str:
    """A clause for the sources that pip went on without, because they could not be reached, from
    the lines of its log; nothing where all of them answered."""
    matches = (_UNREACHED.search(line) for line in log)
    hosts = dict.fromkeys(match[1] for match in matches if match)
    return f"{' and '.join(hosts)} could not be reached, and without it " if hosts else ""
