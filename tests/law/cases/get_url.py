from law import Case, Dir, File
from serving import FILE, SUM, server

HERE = server()
TEXT = FILE.decode()
NEVER = "http://127.0.0.1:9/none"


def case(args, **more):
    return Case("get_url", {"url": f"{HERE}/file", "dest": "{root}/f", **args}, **more)


CASES = [
    case({}, after={"f": File(TEXT, 0o644)}, data={"status_code": 200, "size": len(FILE)}),
    case({"mode": "0600"}, before={"f": "old\n"}, after={"f": File(TEXT, 0o600)}),
    case({}, before={"f": TEXT}, changed=False),
    case(
        {},
        before={"f": File("newer\n", mtime=2051222400)},
        changed=False,
        data={"status_code": 304},
        name="not modified since",
    ),
    case({"force": True}, before={"f": File("x", mtime=2051222400)}, after={"f": TEXT}),
    case(
        {"checksum": "sha256:" + SUM, "url": NEVER, "mode": "0640"},
        before={"f": TEXT},
        after={"f": File(TEXT, 0o640)},
        name="the right one is there: the server is not asked",
    ),
    case({"checksum": "sha256:" + SUM}, before={"f": "old\n"}, after={"f": TEXT}),
    case({"checksum": "sha256:00"}, failure="not the expected 00", before={"f": "old\n"}),
    case(
        {"checksum": f"sha256:{HERE}/sums", "url": f"{HERE}/dir/file.txt"},
        after={"f": TEXT},
        name="a list of checksums",
    ),
    case({"checksum": f"sha256:{HERE}/sums"}, failure="does not name the file file"),
    case({"dest": "{root}/d"}, before={"d": Dir()}, after={"d/file": TEXT}),
    case(
        {"dest": "{root}/d", "url": f"{HERE}/named"},
        before={"d": Dir()},
        after={"d/real.txt": TEXT},
    ),
    case({"url": f"{HERE}/packed"}, after={"f": TEXT}, name="unpacked"),
    case({"url": f"{HERE}/cut"}, failure="cut short or is spoiled"),
    case({"url": f"{HERE}/spoiled"}, failure="cut short or is spoiled"),
    case({"backup": True}, before={"f": "old\n"}, after={"f": TEXT}, loose=True),
    case({"url": f"{HERE}/none"}, failure="answered 404", data={"status_code": 404}),
    case({"url": NEVER}, failure="cannot reach http://127.0.0.1:9/none: Connection refused"),
    case({"dest": "{root}/no/f"}, failure="{root}/no"),
    case({"dest": "{root}/d/f"}, before={"d": Dir(0o555)}, failure="{root}/d", unprivileged=True),
    case({"url": "ftp://example.org/x"}, refused="http:// or https://"),
    case({"checksum": "00"}, refused="<algorithm>:<hash>"),
]
