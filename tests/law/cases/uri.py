from law import Case, Dir, File, content
from serving import FILE, server

HERE = server()


def case(path, args=None, **more):
    return Case("uri", {"url": HERE + path, **(args or {})}, **more)


CASES = [
    case("/file", data={"status": 200, "redirected": False}, changed=False),
    case("/file", {"return_content": True}, data={"content": FILE.decode()}),
    case("/echo", data={"json": {"method": "GET"}, "x_is": "it"}),
    case("/echo", {"method": "HEAD"}, data={"status": 200}),
    case("/none", failure="answered 404 Not Found, not 200", data={"status": 404}),
    case("/none", {"status_code": [200, 404]}, data={"status": 404}),
    case("/moved", data={"redirected": True, "json": {"method": "GET"}}),
    case("/moved", {"follow_redirects": "none", "status_code": [302]}, data={"status": 302}),
    case("/closed", failure="answered 401"),
    case(
        "/closed",
        {"url_username": "ada", "url_password": "secret", "return_content": True},
        data={"content": "welcome", "cookies": {"session": "1"}},
    ),
    case(
        "/closed",
        {"url_username": "ada", "url_password": "secret", "force_basic_auth": True},
        data={"status": 200},
    ),
    case("/file", {"dest": "{root}/f", "mode": "0600"}, after={"f": File(FILE, 0o600)}),
    case("/file", {"dest": "{root}/d"}, before={"d": Dir()}, after={"d/file": FILE}),
    case("/file", {"creates": "{root}/f"}, before={"f": ""}, changed=False),
    case(
        "/file",
        {"removes": "{root}/f"},
        data={"stdout": "skipped, since '{root}/f' does not exist"},
    ),
    case(
        "/echo",
        {"method": "POST", "body": {"a": 1}, "body_format": "json"},
        data={"json": {"method": "POST", "body": '{"a": 1}'}},
        unpredicted=True,
        again=True,
    ),
    case(
        "/echo",
        {"method": "PUT", "src": content("from a file")},
        data={"json": {"method": "PUT", "body": "from a file"}},
        unpredicted=True,
        again=True,
    ),
    case(
        "/echo",
        {"method": "post", "src": "{root}/f", "remote_src": True},
        before={"f": "on the host"},
        data={"json": {"body": "on the host"}},
        unpredicted=True,
        again=True,
    ),
    Case("uri", {"url": "http://127.0.0.1:9/"}, failure="Connection refused", data={"status": -1}),
    Case("uri", {"url": "file:///etc/passwd"}, refused="http:// or https://"),
    Case("uri", {"url": HERE, "body": "a", "src": "b"}, refused="not both"),
]
