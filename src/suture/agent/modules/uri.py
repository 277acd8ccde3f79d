"""An address answers as expected; the answer can be kept in a file.

GET, HEAD and OPTIONS are looks, and change nothing unless ``dest`` keeps the answer; any other
method counts as a change, and a dry run does not send it.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional, Tuple
from urllib.parse import urlencode, urljoin, urlsplit

from ..protocol.content import Content
from ..protocol.spec import Failure, arg
from ..shared.labels import context_argument, flags_argument, in_place_argument, labelling
from ..shared.paths import expanded, path_info
from ..world.http import LOOKS, Request, Response, looked, sent
from ..world.world import World
from .get_url import file_name

EXAMPLES = """
- name: the service is healthy
  uri:
    url: http://127.0.0.1:8000/health
    return_content: true
  register: health
  until: health.status == 200
  retries: 10

- name: a deployment is announced
  uri:
    url: https://hooks.example.org/deploys
    method: POST
    body_format: json
    body: {version: "1.2"}
    status_code: [200, 201]
"""

JSON = ("json", "javascript", "x-json")
FOLLOW = {
    "all": "all",
    "yes": "all",
    "no": "none",
    "none": "none",
    "safe": "safe",
    "urllib2": "safe",
}


@dataclass(frozen=True)
class Args:
    url: str = arg("The address; http or https.")
    method: str = arg("The request's method.", "GET")
    body: Any = arg("What is sent: text, or data that body_format says how to write.", None)
    body_format: Literal["raw", "json", "form-urlencoded"] = arg("How 'body' is written.", "raw")
    src: Content | str | None = arg("A file that is sent instead of 'body'.", None, kind="file")
    remote_src: bool = arg("'src' is a path on the host.", False)
    status_code: List[int] = arg("Statuses that count as success.", [200])
    return_content: bool = arg("Return the answer's text as 'content'.", False)
    dest: str | None = arg("A file, or a directory, that keeps the answer.", None)
    mode: str | int | None = arg('Permissions of that file, such as "0644".', None)
    owner: str | None = arg("User that it belongs to.", None)
    group: str | None = arg("Group that it belongs to.", None)
    attributes: str | None = flags_argument()
    seuser: str | None = context_argument("seuser")
    serole: str | None = context_argument("serole")
    setype: str | None = context_argument("setype")
    selevel: str | None = context_argument("selevel")
    unsafe_writes: bool = in_place_argument()
    creates: str | None = arg("Nothing is sent when this path exists.", None)
    removes: str | None = arg("Nothing is sent when this path does not exist.", None)
    headers: Dict[str, Any] = arg("Further headers of the request.", {})
    unredirected_headers: List[str] = arg("Headers that are not sent on after a redirect.", [])
    follow_redirects: Literal["all", "no", "none", "safe", "urllib2", "yes"] = arg(
        "Which redirects are followed; safe: those of GET and HEAD.", "safe"
    )
    timeout: int = arg("Seconds without an answer after which to give up.", 30)
    url_username: str | None = arg("User name for the server.", None, aliases=("user",))
    url_password: str | None = arg(
        "Password for the server.", None, aliases=("password",), secret=True
    )
    force: bool = arg("Ask for an answer that no cache keeps.", False)
    force_basic_auth: bool = arg("Send the password without being asked for it.", False)
    use_netrc: bool = arg("Take credentials from ~/.netrc where none are given.", True)
    use_proxy: bool = arg("Go through the proxy that the environment names.", True)
    validate_certs: bool = arg("Insist on a certificate that holds.", True)
    ca_path: str | None = arg("Certificates to trust, a PEM file on the host.", None)
    client_cert: str | None = arg("Certificate of the host, a PEM file there.", None)
    client_key: str | None = arg("Key for it, where it is not in the same file.", None)
    decompress: bool = arg("Unpack what the server compressed for the transfer.", True)
    http_agent: str = arg("Name by which the request introduces itself.", "ansible-httpget")

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError(f"'url' must start with http:// or https://: {self.url}")
        if not re.fullmatch(r"[A-Za-z]+", self.method):
            raise ValueError("'method' must be one word, such as GET or POST")
        if self.body is not None and self.src is not None:
            raise ValueError("give either 'body' or 'src', not both")


@labelling
def apply(args: Args, world: World) -> Dict[str, Any]:
    for path, present in ((args.creates, True), (args.removes, False)):
        if path and (world.stat(expanded(path, world)) is not None) == present:
            state = "exists" if present else "does not exist"
            return {"stdout": f"skipped, since '{path}' {state}"}
    request = _request(args, world)
    began = time.monotonic()
    response = looked(world, request) if request.method in LOOKS else sent(world, request)
    if response is None:
        return {"url": request.shown}
    data = registered(response, request, args.return_content)
    data["elapsed"] = int(time.monotonic() - began)
    if response.status not in args.status_code:
        wanted = ", ".join(map(str, args.status_code))
        data.setdefault("content", _text(response))
        raise Failure(
            f"{request.shown} answered {response.status} {response.reason}, not {wanted}", **data
        )
    if args.dest is not None and response.status != 304:
        data.update(_kept(args, args.dest, response, world))
    return data


def _kept(args: Args, dest: str, response: Response, world: World) -> Dict[str, Any]:
    path = expanded(dest, world)
    node = world.stat(path)
    if node is not None and node.kind == "directory":
        path = os.path.join(path, file_name(response))
    world.write(path, response.body, mode=args.mode, owner=args.owner or "", group=args.group or "")
    return {"path": path, **path_info(path, world)}


def _request(args: Args, world: World) -> Request:
    headers = {name: str(value) for name, value in args.headers.items()}
    kind, body = written(args.body, args.body_format)
    if kind and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = kind
    if args.force:
        headers["Cache-Control"] = "no-cache"
    if isinstance(args.src, Content):
        body = args.src.bytes()
    elif args.src is not None:
        body = world.read(expanded(args.src, world))
        if body is None:
            raise Failure(f"there is no file {args.src} on this host")
    return Request(
        args.url,
        args.method.upper(),
        headers,
        body,
        args.timeout,
        args.url_username or "",
        args.url_password or "",
        force_basic=args.force_basic_auth,
        use_netrc=args.use_netrc,
        use_proxy=args.use_proxy,
        validate_certs=args.validate_certs,
        ca_path=args.ca_path or "",
        client_cert=args.client_cert or "",
        client_key=args.client_key or "",
        follow=FOLLOW[args.follow_redirects],
        unredirected=args.unredirected_headers,
        decompress=args.decompress,
        agent=args.http_agent,
    )


def written(body: Any, body_format: str) -> Tuple[str, Optional[bytes]]:
    """The body's content type (nothing: unsaid) and its bytes (None: there is no body)."""
    if body_format == "json":
        text = body if isinstance(body, str) else json.dumps(body)
        return "application/json", None if body is None else text.encode()
    if body_format == "form-urlencoded":
        pairs = body.items() if isinstance(body, dict) else body
        text = (
            body
            if isinstance(body, str)
            else urlencode([(key, value) for key, value in pairs or ()], doseq=True)
        )
        return "application/x-www-form-urlencoded", text.encode()
    if body is None:
        return "", None
    text = body if isinstance(body, str) else json.dumps(body)
    return "", text.encode()


def registered(response: Response, request: Request, content: bool) -> Dict[str, Any]:
    """The answer as ansible-core registers it: headers in lower case with underscores."""
    data: Dict[str, Any] = {
        name.replace("-", "_"): value for name, value in response.headers.items()
    }
    if "location" in data:
        data["location"] = urljoin(request.shown, data["location"])
    data.update(
        status=response.status,
        url=response.url,
        redirected=response.url != request.shown,
        msg=response.message,
        cookies=response.cookies,
        cookies_string="; ".join(f"{key}={value}" for key, value in response.cookies.items()),
    )
    if content:
        data["content"] = _text(response)
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind.rpartition("/")[2].rpartition("+")[2].lower() in JSON:
        try:
            data["json"] = json.loads(response.body)
        except ValueError:
            data["msg"] += ", which is not the JSON that it claims to be"
    return data


def _text(response: Response) -> str:
    match = re.search(r"charset=\"?([\w-]+)", response.headers.get("content-type", ""))
    try:
        return response.body.decode(match[1] if match else "utf-8", "replace")
    except LookupError:
        return response.body.decode("utf-8", "replace")
