"""A web server on loopback for the cases that need one; it ends with the process."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import http.server
import json
import threading

FILE = b"what the server holds\n"
SUM = hashlib.sha256(FILE).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers that differ by path; /echo tells what was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        since = self.headers.get("If-Modified-Since")
        if path == "/file" and since and "2035" in since:
            self._answer(304)
        elif path in ("/file", "/dir/file.txt"):
            self._answer(200, FILE, {"Last-Modified": "Wed, 01 Jan 2020 00:00:00 GMT"})
        elif path == "/named":
            self._answer(200, FILE, {"Content-Disposition": 'attachment; filename="real.txt"'})
        elif path == "/packed":
            self._answer(200, gzip.compress(FILE), {"Content-Encoding": "gzip"})
        elif path == "/cut":
            self._answer(200, gzip.compress(FILE)[:20], {"Content-Encoding": "gzip"})
        elif path == "/spoiled":
            self._answer(200, b"no gzip at all", {"Content-Encoding": "gzip"})
        elif path == "/sums":
            self._answer(200, b"00  other.txt\n" + SUM.encode() + b"  ./file.txt\n")
        elif path == "/moved":
            self._answer(int(query or 302), b"", {"Location": "/echo"})
        elif path == "/closed":
            self._closed(sent)
        elif path == "/echo":
            self._answer(200, self._echo(sent), {"Content-Type": "application/json", "X-Is": "it"})
        else:
            self._answer(404, b"there is nothing here")

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def _closed(self, sent: bytes) -> None:
        token = base64.b64encode(b"ada:secret").decode()
        if self.headers.get("Authorization") == f"Basic {token}":
            self._answer(200, b"welcome", {"Set-Cookie": "session=1; Path=/"})
        else:
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="here"'})

    def _echo(self, sent: bytes) -> bytes:
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = {"method": self.command, "body": sent.decode(), "headers": headers}
        return json.dumps(told).encode()

    def _answer(self, status: int, body: bytes = b"", headers: dict | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Nobody reads it."""


@functools.lru_cache(maxsize=None)  # noqa: UP033 (Python 3.8)
def server() -> str:
    """The server's address, without a slash at the end; it is started when first asked for."""
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{serving.server_address[1]}"
