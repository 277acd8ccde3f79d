"""HTTP with the standard library: looks (GET, HEAD) that a dry world may do, and all else."""

from __future__ import annotations

import base64
import gzip
import netrc
import os
import socket
import ssl
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple
from urllib.parse import unquote, urlsplit, urlunsplit

from ..protocol.result import Change
from ..protocol.spec import Failure
from .world import World

LOOKS = ("GET", "HEAD", "OPTIONS")
"""Methods that by their definition change nothing on the server."""


@dataclass(frozen=True)
class Request:
    """What to ask for.  ``follow`` is how redirects are taken: "safe" only for looks, "all" or
    "none"; ``unredirected`` headers and the credentials never go to where a redirect leads."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Optional[bytes] = None
    timeout: float = 10
    user: str = ""
    password: str = ""
    force_basic: bool = False
    use_netrc: bool = True
    use_proxy: bool = True
    validate_certs: bool = True
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    follow: str = "safe"
    unredirected: Sequence[str] = ()
    decompress: bool = True
    agent: str = "suture"

    @property
    def shown(self) -> str:
        """The address without credentials."""
        return _bare(self.url)[0]


@dataclass(frozen=True)
class Response:
    """A server's answer, whatever its status.  ``headers`` by lower-case name; ``url`` is where
    redirects led."""

    status: int
    reason: str
    url: str
    headers: Dict[str, str]
    body: bytes
    cookies: Dict[str, str]

    @property
    def message(self) -> str:
        """ansible-core's ``msg``: the reason with the number of bytes."""
        return f"{self.reason} ({self.headers.get('content-length', 'unknown')} bytes)"


def looked(world: World, request: Request) -> Response:
    """The answer to a GET, HEAD or OPTIONS: a look, so a dry world does it too."""
    if request.method not in LOOKS:
        raise ValueError(f"{request.method} is no look")
    key = f"http:{request.method} {request.url}"
    response: Response = world.state(key, lambda: _performed(request, world.environment))
    return response


def sent(world: World, request: Request) -> Optional[Response]:
    """The answer to any other request: a change, so a dry world does not do it and gives None."""
    answers: List[Response] = []

    def act() -> None:
        answers.append(_performed(request, world.environment))

    world.make(Change("send", f"{request.method} {request.shown}"), act)
    return answers[0] if answers else None


def _performed(request: Request, environment: Mapping[str, str]) -> Response:
    url, user, password = _bare(request.url)
    user, password = request.user or user, request.password or password
    if not user and request.use_netrc:
        user, password = _from_netrc(urlsplit(url).hostname or "", environment)
    if urlsplit(url).scheme not in ("http", "https"):
        raise Failure(f"{url} is no address of http or https")
    asked = urllib.request.Request(url, data=request.body, method=request.method)  # noqa: S310
    asked.add_header("User-Agent", request.agent)
    private = {name.lower() for name in request.unredirected}
    for name, value in request.headers.items():
        add = asked.add_unredirected_header if name.lower() in private else asked.add_header
        add(name, str(value))
    if user and request.force_basic:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        asked.add_unredirected_header("Authorization", f"Basic {token}")
    handlers = [_Redirects(request.follow), _proxies(request, url, environment)]
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_context(request)))
    if user and not request.force_basic:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, user, password)
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
        handlers.append(urllib.request.HTTPDigestAuthHandler(passwords))
    opener = urllib.request.build_opener(*handlers)
    return _answer(opener, asked, request)


def _answer(
    opener: urllib.request.OpenerDirector, asked: urllib.request.Request, request: Request
) -> Response:
    """What came back; a Failure only where nothing did."""
    try:
        try:
            response: Any = opener.open(asked, timeout=request.timeout)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            body = b"" if request.method == "HEAD" else response.read()
            return _response(response, body, request)
    except urllib.error.URLError as error:
        why = error.reason
        raise Failure(
            f"cannot reach {request.shown}: {_said(why, request)}", url=request.shown, status=-1
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Failure(
            f"cannot read {request.shown}: what the server compressed was cut short or is spoiled",
            url=request.shown,
            status=-1,
        ) from None
    except (OSError, HTTPException) as error:
        raise Failure(
            f"cannot read {request.shown}: {_said(error, request)}", url=request.shown, status=-1
        ) from None
    except ValueError as error:
        raise Failure(f"cannot ask for {request.shown}: {error}", url=request.shown) from None


def _response(response: Any, body: bytes, request: Request) -> Response:
    headers: Dict[str, str] = {}
    cookies: Dict[str, str] = {}
    for name, value in (response.headers or HTTPMessage()).items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
        if key == "set-cookie":
            cookie, _, content = value.partition(";")[0].partition("=")
            cookies[cookie.strip()] = content.strip()
    if request.decompress and headers.get("content-encoding", "").lower() == "gzip" and body:
        body = gzip.decompress(body)
    status = int(response.getcode() or 200)
    reason = str(getattr(response, "reason", "") or "OK")
    return Response(status, reason, _bare(response.geturl())[0], headers, body, cookies)


def _said(why: Any, request: Request) -> str:
    """An error of the network in words that tell what to do."""
    if isinstance(why, ssl.SSLCertVerificationError):
        return f"its certificate does not hold ({why.verify_message})"
    if isinstance(why, socket.timeout):
        return f"no answer within {request.timeout:g} s"
    if isinstance(why, socket.gaierror):
        return f"there is no such host ({why.strerror})"
    return str(getattr(why, "strerror", "") or why)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects as the request's ``follow`` allows; 307 and 308 keep method and body."""

    def __init__(self, follow: str) -> None:
        self._follow = follow

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Optional[urllib.request.Request]:
        method = req.get_method()
        if self._follow == "none" or (self._follow == "safe" and method not in LOOKS):
            return None
        kept = code in (307, 308) or method == "HEAD"
        dropped = () if kept else ("content-length", "content-type")
        return urllib.request.Request(  # noqa: S310 (urllib has refused other schemes)
            newurl.replace(" ", "%20"),
            data=req.data if kept else None,
            headers={
                key: value for key, value in req.headers.items() if key.lower() not in dropped
            },
            origin_req_host=req.origin_req_host,
            unverifiable=True,
            method=method if kept else "GET",
        )

    def http_error_308(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return self.http_error_302(req, fp, code, msg, headers)


def _proxies(
    request: Request, url: str, environment: Mapping[str, str]
) -> urllib.request.ProxyHandler:
    """The proxies that the step's environment names, unless it excepts this host."""
    if not request.use_proxy:
        return urllib.request.ProxyHandler({})
    environ = {**os.environ, **environment}
    named = {key.lower(): value for key, value in environ.items() if key.lower().endswith("_proxy")}
    found = {key[: -len("_proxy")]: value for key, value in named.items() if value}
    host = urlsplit(url).netloc.rpartition("@")[2]
    bypass = urllib.request.proxy_bypass_environment(host, found)  # type: ignore[attr-defined]
    return urllib.request.ProxyHandler({} if bypass else found)


def _context(request: Request) -> ssl.SSLContext:
    for path in (request.ca_path, request.client_cert, request.client_key):
        if path and not os.path.exists(path):
            raise Failure(f"there is no file {path} on this host")
    directory = os.path.isdir(request.ca_path)
    context = ssl.create_default_context(
        cafile=None if directory else request.ca_path or None,
        capath=request.ca_path if directory else None,
    )
    if not request.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if request.client_cert:
        context.load_cert_chain(request.client_cert, request.client_key or None)
    return context


def _bare(url: str) -> Tuple[str, str, str]:
    """The address without the user and password that it may hold, and those."""
    parts = urlsplit(url)
    credentials, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, "", ""
    user, _, password = credentials.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    return bare, unquote(user), unquote(password)


def _from_netrc(host: str, environment: Mapping[str, str]) -> Tuple[str, str]:
    """The credentials that the user's .netrc has for a host."""
    environ = {**os.environ, **environment}
    path = environ.get("NETRC") or os.path.join(environ.get("HOME", ""), ".netrc")
    try:
        found = netrc.netrc(path).authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return "", ""
    return (found[0], found[2] or "") if found else ("", "")
