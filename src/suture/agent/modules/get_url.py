"""A file of the host has the content that an address serves.

An existing file is fetched again only with ``force``, or when its checksum is not the one given;
without a checksum the server is asked whether its copy is newer.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import unquote, urlsplit

from ..protocol.content import content_of, digest
from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, path_info
from ..shared.text_files import Saving, saved
from ..world.http import Request, Response, looked
from ..world.node import Node
from ..world.world import World

EXAMPLES = """
- name: a wheel, with its checksum
  get_url:
    url: https://downloads.example.org/app-1.2-py3-none-any.whl
    dest: /srv/wheels/
    checksum: sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c
    mode: "0644"
"""


@dataclass(frozen=True)
class Args:
    url: str = arg("The address; http or https.")
    dest: str = arg("The file, or a directory to put it in under the name that the address has.")
    checksum: str = arg(
        "Algorithm and hash, 'sha256:…'; or algorithm and the address of a list of hashes.", ""
    )
    force: bool = arg("Fetch it again although the file is there.", False)
    backup: bool = arg("Keep a copy of the file that is replaced.", False)
    mode: str | int | None = arg('Permissions, such as "0644".', None)
    owner: str | None = arg("User that it belongs to.", None)
    group: str | None = arg("Group that it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    headers: Dict[str, str] = arg("Further headers of the request.", {})
    unredirected_headers: List[str] = arg("Headers that are not sent on after a redirect.", [])
    timeout: int = arg("Seconds without an answer after which to give up.", 10)
    url_username: str | None = arg("User name for the server.", None, aliases=("username",))
    url_password: str | None = arg(
        "Password for the server.", None, aliases=("password",), secret=True
    )
    force_basic_auth: bool = arg("Send the password without being asked for it.", False)
    use_netrc: bool = arg("Take credentials from ~/.netrc where none are given.", True)
    use_proxy: bool = arg("Go through the proxy that the environment names.", True)
    validate_certs: bool = arg("Insist on a certificate that holds.", True)
    client_cert: str | None = arg("Certificate of the host, a PEM file there.", None)
    client_key: str | None = arg("Key for it, where it is not in the same file.", None)
    decompress: bool = arg("Unpack what the server compressed for the transfer.", True)
    tmp_dest: str | None = arg("Without a meaning here: the file is made beside its place.", None)
    http_agent: str = arg("Name by which the request introduces itself.", "ansible-httpget")

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError(f"'url' must start with http:// or https://: {self.url}")
        algorithm, colon, wanted = self.checksum.partition(":")
        if self.checksum and (not colon or not re.fullmatch(r"\w+", algorithm)):
            raise ValueError("'checksum' must be <algorithm>:<hash>, such as sha256:b5bb9d…")
        plain = "://" not in wanted
        if self.checksum and plain and not re.fullmatch(r"[0-9a-fA-F]+", wanted.strip()):
            raise ValueError("'checksum' must be hexadecimal after the colon")


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    dest = expanded(args.dest, world)
    found = {"url": args.url, "dest": dest, "elapsed": 0}
    algorithm, wanted = _checksum(args, world)
    node = world.stat(dest)
    directory = dest.endswith("/") or (node is not None and node.kind == "directory")
    comparable = node is not None and not directory and not args.force
    if comparable and wanted and world.digest(dest, algorithm) == wanted:
        world.attributes(dest, mode=args.mode, owner=args.owner or "", group=args.group or "")
        return {**found, "msg": "file already exists", **path_info(dest, world)}
    began = time.monotonic()
    response = looked(world, _request(args, args.url, _since(args, node, directory, wanted)))
    found.update(
        elapsed=int(time.monotonic() - began), status_code=response.status, msg=response.message
    )
    if response.status == 304:
        world.attributes(dest, mode=args.mode, owner=args.owner or "", group=args.group or "")
        return {**found, **path_info(dest, world)}
    if response.status != 200:
        raise Failure(
            f"{response.url} answered {response.status} {response.reason}",
            **{**found, "response": response.reason},
        )
    _check(args, response, algorithm, wanted, found)
    if directory:
        dest = os.path.join(dest, file_name(response))
    how = Saving(args.mode, args.owner, args.group, args.backup)
    backup = saved(dest, content_of(response.body), how, world)
    found.update(dest=dest, **path_info(dest, world))
    found.update(
        checksum_src=digest(iter([response.body]), "sha1"),
        checksum_dest=world.digest(dest, "sha1"),
    )
    return {**found, "backup_file": backup} if backup else found


def _request(args: Args, url: str, headers: Dict[str, str]) -> Request:
    return Request(
        url,
        headers={**args.headers, **headers},
        unredirected=args.unredirected_headers,
        timeout=args.timeout,
        user=args.url_username or "",
        password=args.url_password or "",
        force_basic=args.force_basic_auth,
        use_netrc=args.use_netrc,
        use_proxy=args.use_proxy,
        validate_certs=args.validate_certs,
        client_cert=args.client_cert or "",
        client_key=args.client_key or "",
        follow="all",
        decompress=args.decompress,
        agent=args.http_agent,
    )


def _since(args: Args, node: Optional[Node], directory: bool, wanted: str) -> Dict[str, str]:
    """Headers that ask for the content only if it is newer than what is there."""
    if args.force:
        return {"Cache-Control": "no-cache"}
    if node is None or directory or wanted or node.mtime is None:
        return {}
    return {"If-Modified-Since": formatdate(node.mtime, usegmt=True)}


def _checksum(args: Args, world: World) -> Tuple[str, str]:
    """The algorithm and hash that the file must have; two empty strings for any."""
    algorithm, _, wanted = args.checksum.partition(":")
    if "://" not in wanted:
        return algorithm, wanted.strip().lower()
    response = looked(world, _request(args, wanted, {}))
    if response.status != 200:
        raise Failure(f"the list of checksums {wanted} answered {response.status}")
    name = os.path.basename(unquote(urlsplit(args.url).path)) or "index.html"
    listed = checksum_in(response.body.decode("utf-8", "replace"), name)
    if not listed:
        raise Failure(f"the list of checksums {wanted} does not name the file {name}")
    return algorithm, listed


def checksum_in(text: str, name: str) -> str:
    """A file's hash in a list such as sha256sum writes, with --tag or without, or the only hash there
    is; or nothing."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) == 1:
        return lines[0].lower()
    for line in lines:
        tagged = re.fullmatch(r"[\w/-]+ ?\((.+)\) ?= ?([0-9a-fA-F]+)", line)
        plain = re.fullmatch(r"([0-9a-fA-F]+)\s+\*?(.+)", line)
        named, listed = (tagged[1], tagged[2]) if tagged else ("", "")
        if plain:
            listed, named = plain[1], plain[2]
        if listed and re.sub(r"^\*?(\./)?", "", named) == name:
            return listed.lower()
    return ""


def _check(
    args: Args, response: Response, algorithm: str, wanted: str, found: Dict[str, Any]
) -> None:
    if not wanted:
        return
    try:
        actual = digest(iter([response.body]), algorithm)
    except ValueError:
        raise Failure(f"there is no checksum algorithm '{algorithm}' on this host") from None
    if actual != wanted:
        raise Failure(
            f"{args.url} has the {algorithm} checksum {actual}, not the expected {wanted}", **found
        )


def file_name(response: Response) -> str:
    """The name that the server gives the content, or that its address ends with."""
    said = response.headers.get("content-disposition", "")
    match = re.search(r"filename\*=[^']*''([^;]+)", said) or re.search(
        r'filename="?([^";]+)"?', said
    )
    name = unquote(match[1]) if match else unquote(urlsplit(response.url).path)
    return os.path.basename(name.strip().rstrip("/")) or "index.html"
