"""HTTP on loopback: redirects, credentials, and the pure parts of get_url and uri."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from suture.agent.modules.get_url import checksum_in, file_name
from suture.agent.modules.uri import registered, written
from suture.agent.protocol.spec import Failure
from suture.agent.world.dry import DryWorld
from suture.agent.world.http import Request, Response, looked, sent
from suture.agent.world.world import World

sys.path.insert(0, str(Path(__file__).parents[1] / "law"))
from serving import server


def answer(path: str, **given: object) -> Response:
    return looked(World(), Request(server() + path, **given))  # type: ignore[arg-type]


def test_a_look_works_in_a_dry_world_and_anything_else_does_not() -> None:
    world = DryWorld()
    assert looked(world, Request(server() + "/file")).status == 200
    assert world.take_changes() == []
    assert sent(world, Request(server() + "/echo", "POST")) is None
    assert [change.target for change in world.take_changes()] == [f"POST {server()}/echo"]
    with pytest.raises(ValueError, match="POST is no look"):
        looked(world, Request(server(), "POST"))


@pytest.mark.parametrize(
    ("code", "follow", "method", "body"),
    [(302, "all", "GET", ""), (307, "all", "POST", "x"), (308, "all", "POST", "x")],
)
def test_redirects_of_a_post(code: int, follow: str, method: str, body: str) -> None:
    request = Request(f"{server()}/moved?{code}", "POST", body=b"x", follow=follow)
    response = sent(World(), request)
    assert response is not None
    echo = json.loads(response.body)
    assert (echo["method"], echo["body"]) == (method, body)
    assert ("content-type" in echo["headers"]) == bool(body)


def test_redirects_that_are_not_followed() -> None:
    response = sent(World(), Request(f"{server()}/moved?302", "POST", body=b"x"))
    assert response is not None
    assert response.status == 302
    assert answer("/moved?301", follow="none").status == 301


def test_credentials_do_not_follow_a_redirect() -> None:
    headers = {"X-Secret": "1", "X-Open": "2"}
    url = server().replace("http://", "http://ada:secret@") + "/moved?302"
    request = Request(url, headers=headers, unredirected=["x-secret"], force_basic=True)
    response = looked(World(), request)
    echo = json.loads(response.body)["headers"]
    assert "x-open" in echo
    assert "x-secret" not in echo
    assert "authorization" not in echo
    assert "secret" not in response.url
    assert "secret" not in request.shown


def test_netrc(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    world = World()
    world.begin("a step", {"HOME": str(tmp_path)})
    assert looked(world, Request(server() + "/closed")).status == 200
    assert looked(world, Request(server() + "/closed", use_netrc=False)).status == 401


def test_a_proxy_of_the_environment() -> None:
    world = World()
    world.begin("a step", {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""})
    with pytest.raises(Failure, match=r"cannot reach http://nowhere.invalid/: Connection refused"):
        looked(world, Request("http://nowhere.invalid/"))
    with pytest.raises(Failure, match="there is no such host"):
        looked(world, Request("http://nowhere.invalid/", use_proxy=False))


def test_certificates() -> None:
    with pytest.raises(Failure, match=r"there is no file /nowhere.pem on this host"):
        looked(World(), Request("https://127.0.0.1:9", ca_path="/nowhere.pem"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("AA  f\nbb  g\n", "aa"),
        ("bb *f\n", "bb"),
        ("cc  ./f\n", "cc"),
        ("DD\n", "dd"),
        ("SHA256 (g) = aa\nSHA256 (f) = BB\n", "bb"),
        ("SHA2-256(f)= cc\naa  g\n", "cc"),
        ("aa  a f\nbb  f\n", "bb"),
        ("aa  sub/f\n", ""),
        ("", ""),
    ],
)
def test_checksum_in(text: str, wanted: str) -> None:
    assert checksum_in(text, "f") == wanted


@pytest.mark.parametrize(
    ("url", "said", "wanted"),
    [
        ("http://x/a/b%20c", "", "b c"),
        ("http://x/", "", "index.html"),
        ("http://x/a", 'attachment; filename="../../etc/passwd"', "passwd"),
        ("http://x/a", "attachment; filename*=UTF-8''d%20e", "d e"),
    ],
)
def test_file_name(url: str, said: str, wanted: str) -> None:
    headers = {"content-disposition": said} if said else {}
    assert file_name(Response(200, "OK", url, headers, b"", {})) == wanted


@pytest.mark.parametrize(
    ("body", "form", "wanted"),
    [
        (None, "raw", ("", None)),
        ("a", "raw", ("", b"a")),
        ({"a": [1]}, "json", ("application/json", b'{"a": [1]}')),
        ('{"a":1}', "json", ("application/json", b'{"a":1}')),
        ({"a": "b c"}, "form-urlencoded", ("application/x-www-form-urlencoded", b"a=b+c")),
        (
            [["a", 1], ["a", 2]],
            "form-urlencoded",
            ("application/x-www-form-urlencoded", b"a=1&a=2"),
        ),
    ],
)
def test_written(body: object, form: str, wanted: tuple[str, bytes | None]) -> None:
    assert written(body, form) == wanted


def test_told() -> None:
    headers = {"content-type": "application/problem+json; charset=utf-8", "location": "/b"}
    response = Response(200, "OK", "http://x/a", headers, b'{"a": 1}', {"k": "v", "l": "w"})
    data = registered(response, Request("http://x/a"), content=True)
    assert data["json"] == {"a": 1}
    assert data["content"] == '{"a": 1}'
    assert data["location"] == "http://x/b"
    assert data["cookies_string"] == "k=v; l=w"
    assert data["redirected"] is False


def test_a_name_with_blanks_is_found_in_a_list() -> None:
    assert checksum_in("aa  my f\nbb *my file\n", "my file") == "bb"
