"""What pip would do in a Python environment: its own resolution, as the rows of a table.

Runs inside the environment's own Python, beside _distributions and _locations, and answers one
question a call.  Nothing is written but in a private temporary directory: no cache, no download
kept, and a source tree is copied before pip may build its metadata.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, Dict, List, Sequence, Tuple
from urllib.parse import unquote, urlsplit

from .distributions import Closure, Entry, Installed, complaints, facts, forbidden, normal, pip
from .dry_pip import ran, settings
from .locations import Ask, ask_of, asks_of, found, made_from
from .seed import seed

SMALL = 1 << 20
"""Bytes above which a file of a source tree is linked instead of copied."""


def answer(question: Dict[str, Any]) -> Dict[str, Any]:
    """What the agent asked: {"op": "look" | "resolve" | "seed", …}."""
    if question["op"] == "seed":
        return seed(question)
    known = question.get("installed")
    installed = Installed.on_path(sys.path) if known is None else Installed.given(known)
    if known is None and not pip()[0]:
        return {"facts": facts()}
    if question["op"] == "look":
        told = look(question, installed)
        settled = not told["unmet"] and not question.get("facts")
        return told if settled or known is not None else {**told, "facts": facts()}
    import tempfile

    with tempfile.TemporaryDirectory(prefix="suture-pip-") as directory:
        return resolve(question, installed, directory)


# -- looking -----------------------------------------------------------------------------------


def look(question: Dict[str, Any], installed: Installed) -> Dict[str, Any]:
    """Whether what is asked holds: unmet, forbidden, versions; with "all" every distribution."""
    asks = asks_of(question["asks"])
    closure = _closure(question, asks, installed)
    held = [found(ask, installed) for ask in asks]
    told: Dict[str, Any] = {
        "unmet": closure.unmet,
        "forbidden": forbidden(closure, question["forbid"]),
        "versions": {},
    }
    held += [installed.get(name) for name in question.get("names", ())]
    for entry in held:
        if entry is not None:
            version = {"name": entry["name"], "version": entry["version"], "inside": _inside(entry)}
            told["versions"][normal(entry["name"])] = version
    if question.get("all"):
        gone = set(question.get("without", ()))
        left = [entry for entry in installed.all() if normal(entry["name"]) not in gone]
        told["installed"] = installed.all()
        told["complaints"] = [complaints(installed), complaints(Installed.given(left))]
    return told


def _inside(entry: Entry) -> bool:
    """Whether a distribution is this environment's own, not one of the system below it."""
    prefix = os.path.realpath(sys.prefix) + os.sep
    return not entry["path"] or os.path.realpath(entry["path"]).startswith(prefix)


def _closure(question: Dict[str, Any], asks: Sequence[Ask], installed: Installed) -> Closure:
    """All that the asks reach in an environment."""
    closure = Closure(installed, question["constraints"], question.get("dependencies", True))
    for ask in asks:
        entry = found(ask, installed)
        if entry is None and ask.url:
            closure.unmet.append(f"{ask.text} is not installed, or has changed since")
        else:
            name = ask.name if entry is None else entry["name"]
            closure.add(name, ask.extras, ask.specifier, ask.text)
    return closure


# -- resolving ---------------------------------------------------------------------------------


def resolve(question: Dict[str, Any], installed: Installed, directory: str) -> Dict[str, Any]:
    """pip's resolution: rc and output; the rows, forbidden, complaints, and what is there after.

    "held" is what is there now of the rows' distributions.  "again" tells what pip would pass over,
    because that version is there, though from elsewhere (a wheel built anew, another revision): its
    texts, and rows of their own.
    """
    if question.get("installed") is not None:
        sys.path.insert(0, _pretended(installed, os.path.join(directory, "installed")))
        os.environ.update(settings(question["prefix"]))
    copies: Dict[str, str] = {}
    arguments = list(question["options"])
    for name, lines in (("requirements", question["lines"]), ("constraints", question["limits"])):
        path = os.path.join(directory, name + ".txt")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(_aside(line, copies, directory) + "\n" for line in lines)
        if lines:
            arguments += ["-r" if name == "requirements" else "-c", path]
    for ask in question["names"]:
        copied = _aside(ask["text"], copies, directory)
        editable = ask.get("editable") and copied == ask["text"]
        arguments += ["-e", copied] if editable else [copied]
    told, items = _dry_run(arguments, directory)
    after = Installed.given(_after(installed, items, copies, question))
    asks = asks_of(question["asks"])
    done = {normal(item["metadata"]["name"]) for item in items}
    elsewhere = [ask.text for ask in asks if ask.url and found(ask, after) is None]
    more: List[Dict[str, Any]] = []
    if elsewhere and not told["rc"]:
        options = [*question["options"], "--force-reinstall", "--no-deps"]
        told, more = _dry_run([*options, *elsewhere], directory)
        more = [item for item in more if normal(item["metadata"]["name"]) not in done]
        after = Installed.given(_after(installed, [*items, *more], copies, question))
    if told["rc"]:
        return told
    closure = _closure(question, asks, after)
    again = _rows(more, installed, closure, after)
    held = (installed.get(item["metadata"]["name"]) for item in [*items, *more])
    return {
        **told,
        "held": [entry for entry in held if entry is not None],
        "rows": _rows(items, installed, closure, after),
        "again": {"texts": elsewhere, "rows": again},
        "forbidden": forbidden(closure, question["forbid"]),
        "complaints": [complaints(installed), complaints(after)],
        "installed": after.all(),
    }


def _dry_run(
    arguments: Sequence[str], directory: str
) -> Tuple[Dict[str, Any], List[Dict[str, Any]]]:
    """pip's rc, output and the addresses it could not fetch, and the distributions that it would
    install."""
    report, log = os.path.join(directory, "report.json"), os.path.join(directory, "pip.log")
    command = ["install", "--dry-run", "--report", report, "--log", log, "--no-cache-dir"]
    rc, out, err = ran([*command, *arguments], directory)
    items: List[Dict[str, Any]] = []
    if rc == 0:
        with open(report, encoding="utf-8") as file:
            items = json.load(file)["install"]
    return {"rc": rc, "stdout": out, "stderr": err, "unfetched": _unfetched(log)}, items


def _unfetched(log: str) -> List[str]:
    """The lines of pip's log that name an address it went on without; it tells nobody else."""
    if not os.path.exists(log):
        return []
    with open(log, encoding="utf-8", errors="replace") as file:
        return [line.strip() for line in file if "Could not fetch URL" in line]


def _rows(
    items: Sequence[Dict[str, Any]], installed: Installed, closure: Closure, after: Installed
) -> List[Dict[str, Any]]:
    """The table, sorted by name."""
    rows = [_row(item, installed, closure, after) for item in items]
    return sorted(rows, key=lambda row: normal(row["name"]))


def _row(
    item: Dict[str, Any], installed: Installed, closure: Closure, after: Installed
) -> Dict[str, Any]:
    """One line of the table: name, from, to, requested_by, and size where it can be known."""
    metadata = item["metadata"]
    requirers = closure.requirers.get(normal(metadata["name"]), [])
    askers = [asker for asker in requirers if not asker.startswith(" ")]
    for entry in (after.get(asker.strip()) for asker in requirers if asker.startswith(" ")):
        askers += [] if entry is None else [f"{entry['name']} {entry['version']}"]
    row = {
        "name": metadata["name"],
        "from": installed.version(metadata["name"]),
        "to": metadata["version"],
        "requested_by": ", ".join(askers),
    }
    parts = urlsplit(item["download_info"]["url"])
    path = unquote(parts.path)
    if parts.scheme == "file" and os.path.isfile(path):
        row["size"] = os.path.getsize(path)
    return row


def _after(
    installed: Installed,
    items: Sequence[Dict[str, Any]],
    copies: Dict[str, str],
    question: Dict[str, Any],
) -> List[Entry]:
    """Every distribution that is there once pip has done this."""
    editable = {ask["text"] for ask in question["asks"] if ask.get("editable")}
    after = {normal(entry["name"]): entry for entry in installed.all()}
    originals = {"file://" + copy: text for text, copy in copies.items()}
    for item in items:
        metadata = item["metadata"]
        direct = item["download_info"] if item["is_direct"] else None
        if direct is not None and direct["url"] in originals:
            text = originals[direct["url"]]
            ask = ask_of(text)
            info = {"editable": True} if text in editable else {}
            direct = {"url": ask.url if ask else "", "dir_info": info}
        after[normal(metadata["name"])] = {
            "name": metadata["name"],
            "version": metadata["version"],
            "requires": metadata.get("requires_dist", []),
            "extras": metadata.get("provides_extra", []),
            "direct": direct,
            "path": "",
        }
    return [after[name] for name in sorted(after)]


def _pretended(installed: Installed, directory: str) -> str:
    """A directory in which pip finds these distributions installed, and nothing else of them."""
    for entry in installed.all():
        name = re.sub(r"[^\w.]+", "_", entry["name"])
        path = os.path.join(directory, f"{name}-{entry['version']}.dist-info")
        os.makedirs(path)
        lines = [f"Name: {entry['name']}", f"Version: {entry['version']}"]
        lines += [f"Requires-Dist: {text}" for text in entry["requires"]]
        lines += [f"Provides-Extra: {text}" for text in entry["extras"]]
        files = {"METADATA": "\n".join(["Metadata-Version: 2.1", *lines, ""]), "INSTALLER": "pip\n"}
        if entry["direct"]:
            files["direct_url.json"] = json.dumps(entry["direct"])
        for file_name, text in files.items():
            with open(os.path.join(path, file_name), "w", encoding="utf-8") as file:
                file.write(text)
    return directory


def _aside(line: str, copies: Dict[str, str], directory: str) -> str:
    """The line with a source tree that it names replaced by a copy that pip may build in."""
    editable = re.match(r"(-e|--editable)[= ]\s*", line)
    text = line[editable.end() :] if editable else line
    if not text or text.startswith("-"):
        return line
    ask = ask_of(re.split(r"\s+--?\w", text)[0])
    if ask is None or ask.vcs or not ask.path or not os.path.isdir(ask.path):
        return line
    if ask.text not in copies:
        import shutil

        copies[ask.text] = os.path.join(directory, f"source-{len(copies)}")
        shutil.copytree(
            ask.path,
            copies[ask.text],
            symlinks=True,
            ignore=made_from,
            copy_function=_copied,
        )
    extras = f"[{','.join(ask.extras)}]" if ask.extras else ""
    return copies[ask.text] + extras


def _copied(source: str, target: str) -> None:
    import shutil

    if os.path.getsize(source) <= SMALL:
        shutil.copy2(source, target)
    else:
        os.symlink(source, target)
