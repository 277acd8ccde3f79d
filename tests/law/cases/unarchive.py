import io
import tarfile
import zipfile

from law import Case, Dir, File, Link, content, tree


def tarred(compression="gz", **more):
    """An archive with a directory, files and a link; ``more``: further members by path."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}") as archive:
        for path, entry in {**MEMBERS, **more}.items():
            info = tarfile.TarInfo(path)
            info.mtime = 1600000000
            if entry is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o750
            elif isinstance(entry, Link):
                info.type, info.linkname = tarfile.SYMTYPE, entry.target
            else:
                info.size, info.mode = len(entry), 0o755 if path.endswith(".sh") else 0o644
            archive.addfile(info, io.BytesIO(entry) if isinstance(entry, bytes) else None)
    return out.getvalue()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("app/a", (2020, 9, 13, 12, 0, 0))
        info.external_attr = 0o100640 << 16
        archive.writestr(info, "one\n")
        archive.writestr(zipfile.ZipInfo("app/d/", (2020, 9, 13, 12, 0, 0)), "")
    return out.getvalue()


MEMBERS = {
    "app": None,
    "app/a": b"one\n",
    "app/run.sh": b"#!/bin/sh\n",
    "app/sub": None,
    "app/sub/b": b"\0two",
    "app/l": Link("a"),
}
PLACED = {
    "d/app": Dir(0o750),
    "d/app/a": File("one\n", 0o644, 1600000000),
    "d/app/run.sh": File("#!/bin/sh\n", 0o755, 1600000000),
    "d/app/sub": Dir(0o750),
    "d/app/sub/b": File(b"\0two", None, 1600000000),
    "d/app/l": Link("a"),
}


def case(args, after=None, before=None, data=None, **more):
    given = {"src": content(data or tarred(), "app.tgz"), "dest": "{root}/d", **args}
    had = {"d": Dir(), **(before or {})}
    return Case("unarchive", given, had, PLACED if after is None else after, **more)


def there(kind, data, **more):
    given = {"src": "{root}/app", "dest": "{root}/d", "remote_src": True}
    before = {"d": Dir(), "app": File(data)}
    return Case("unarchive", given, before, PLACED, data={"handler": kind}, **more)


CASES = [
    case({}, None, {}),
    Case(
        "unarchive",
        {"src": content(tarred(), "app.tgz"), "dest": "{root}/d", "list_files": True},
        {"d": Dir()},
        PLACED,
        data={"handler": "TgzArchive", "files": list(MEMBERS), "src": "app.tgz"},
    ),
    case({}, {"d/app/a": File("one\n", 0o644, 1600000000)}, {**PLACED, "d/app/a": "other\n"}),
    case({}, {}, PLACED, changed=False),
    case({}, None, {}, unprivileged=True),
    case(
        {"mode": "0700"},
        {
            **PLACED,
            "d/app": Dir(0o700),
            "d/app/a": File("one\n", 0o700),
            "d/app/sub/b": File(b"\0two", 0o700),
            "d/app/sub": Dir(0o700),
            "d/app/run.sh": File("#!/bin/sh\n", 0o700),
        },
    ),
    case(
        {"exclude": ["app/sub", "*.sh"]},
        {path: entry for path, entry in PLACED.items() if "sub" not in path and "run" not in path},
    ),
    case({"include": ["app/a"]}, {"d/app/a": "one\n"}),
    case({"include": ["app/a"], "extra_opts": ["--strip-components=1"]}, {"d/a": "one\n"}),
    case({"keep_newer": True}, {**PLACED, "d/app/a": "newer\n"}, {"d/app/a": "newer\n"}),
    case({"creates": "{root}/d/x"}, {}, {"d/x": ""}, changed=False),
    there("TarArchive", tarred("xz")),
    there("TarArchive", tarred("bz2")),
    there("TarArchive", tarred("")),
    Case(
        "unarchive",
        {"src": "{root}/app.zip", "dest": "{root}/d", "copy": False},
        {"d": Dir(), "app.zip": File(zipped())},
        {"d/app/a": File("one\n", 0o640), "d/app/d": Dir()},
        data={"handler": "ZipArchive"},
    ),
    case(
        {},
        {"d/app": Dir()},
        data=tarred(**{"app/../../x": b"evil"}),
        loose=True,
        failure="leads out of it",
    ),
    case(
        {},
        {"o/kept": "x"},
        {"o/kept": "x", "d/app/out": Link("{root}/o")},
        data=tarred(**{"app/out/kept": b"evil"}),
        loose=True,
        failure="leads out of {root}/d through a link",
    ),
    case({"dest": "{root}/no"}, {}, failure="dest '{root}/no' must be an existing dir"),
    case({}, {}, data=b"no archive at all", failure="no archive, or a broken one"),
    case({}, {}, data=tarred()[:100], failure="no archive, or a broken one", loose=True),
    case({"src": "{root}/no", "remote_src": True}, {}, failure="Source '{root}/no' does not exist"),
    case({"src": tree("t", {"a": ""})}, refused="is a directory, no archive: t"),
    case({"include": ["a"], "exclude": ["b"]}, refused="either 'include' or 'exclude'"),
    case({"extra_opts": ["--transform", "s/a/b/"]}, refused="not --transform"),
]
