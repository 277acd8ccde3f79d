import time

from law import Case, Dir, File, Link

FIRST = time.mktime((1970, 1, 1, 0, 0, 0, 0, 1, -1))

CHATTR = r"""#!/bin/sh
# A mock of chattr: the flags are the letters in ../flags.
file=${0%/*}/../flags
read -r now < "$file"
now=$(echo "$now" | tr -d -)
case $1 in
+*) new=$now${1#+};;
-*) new=$(echo "$now" | tr -d "${1#-}");;
esac
new=$(echo "$new" | fold -w1 | sort -u | tr -d '\n')
case $new in
"") echo ---- > "$file";;
a) echo -a-- > "$file";;
d) echo ---d > "$file";;
*) echo "-$new-" > "$file";;
esac
"""
FLAGS = {
    "f": "",
    "flags": "----\n",
    "bin/lsattr": File('#!/bin/sh\nread -r flags < "${0%/*}/../flags"; echo "$flags $2"\n', 0o755),
    "bin/chattr": File(CHATTR, 0o755),
}

CASES = [
    # directory
    Case(
        "file",
        {"path": "{root}/a/b", "state": "directory", "mode": "0750"},
        after={"a": Dir(0o750), "a/b": Dir(0o750)},
    ),
    Case(
        "file",
        {"path": "{root}/a/", "state": "directory"},
        before={"a": Dir(0o700)},
        after={"a": Dir(0o700)},
        changed=False,
    ),
    Case(
        "file",
        {"path": "{root}/a", "state": "directory", "mode": "u=rwX,g=rX,o="},
        before={"a": Dir(0o777)},
        after={"a": Dir(0o750)},
        data={"path": "{root}/a", "mode": "0750", "state": "directory"},
    ),
    Case(
        "file",
        {"path": "{root}/a", "state": "directory"},
        before={"a": ""},
        failure="{root}/a is there already, as a file",
    ),
    Case(
        "file",
        {"path": "{root}/a/b", "state": "directory"},
        before={"a": ""},
        failure="{root}/a is a file",
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "directory", "mode": "0700"},
        before={"d": Dir(0o755), "l": Link("d")},
        after={"d": Dir(0o700)},
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "directory"},
        before={"l": Link("d/e")},
        after={"d": Dir(), "d/e": Dir()},
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "directory", "follow": False},
        before={"d": Dir(), "l": Link("d")},
        failure="as a link",
    ),
    Case(
        "file",
        {"path": "{root}/a", "state": "directory", "mode": "u=rwX,go=rX", "recurse": True},
        before={
            "a": Dir(0o700),
            "a/f": File("", 0o600),
            "a/x": File("", 0o700),
            "a/d": Dir(0o700),
            "a/l": Link("../t"),
            "t": File("", 0o600),
            "a/loop": Link("."),
        },
        after={
            "a": Dir(0o755),
            "a/f": File("", 0o644),
            "a/x": File("", 0o755),
            "a/d": Dir(0o755),
            "t": File("", 0o600),
        },
        name="recurse follows no link out",
    ),
    Case(
        "file",
        {
            "path": "{root}/a",
            "state": "directory",
            "mode": "0700",
            "recurse": True,
            "follow": False,
        },
        before={"a/f": File("", 0o600), "a/l": Link("../t"), "t": File("", 0o644)},
        after={"a": Dir(0o700), "a/f": File("", 0o700), "t": File("", 0o644)},
    ),
    Case("file", {"path": "{root}/a", "recurse": True, "mode": "0700"}, after={"a": Dir(0o700)}),
    Case(
        "file", {"path": "/a", "state": "file", "recurse": True}, refused="needs state: directory"
    ),
    Case(
        "file",
        {
            "path": "{root}/a",
            "state": "directory",
            "owner": "nobody",
            "group": "nogroup",
            "recurse": True,
        },
        before={"a/f": "", "a/l": Link("f")},
        after={},
        changed=True,
        needs="root",
    ),
    # file
    Case(
        "file",
        {"path": "{root}/f", "mode": "0600"},
        before={"f": File("x", 0o644)},
        after={"f": File("x", 0o600)},
    ),
    Case(
        "file", {"path": "{root}/f", "mode": 0o600}, before={"f": File("x", 0o600)}, changed=False
    ),
    Case("file", {"path": "{root}/f"}, failure="{root}/f is absent", data={"state": "absent"}),
    Case(
        "file",
        {"path": "{root}/d", "state": "file"},
        before={"d": Dir()},
        failure="{root}/d is a directory",
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "file", "mode": "0600"},
        before={"f": File("x", 0o644), "l": Link("f")},
        after={"f": File("x", 0o600)},
        data={"path": "{root}/f"},
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "file", "follow": False},
        before={"f": "x", "l": Link("f")},
        failure="{root}/l is a link",
    ),
    Case(
        "file",
        {"path": "{root}/l", "mode": "0600"},
        before={"f": File("x", 0o644), "l": Link("f")},
        after={"f": File("x", 0o600)},
    ),
    Case("file", {"path": "{root}/f", "mode": "rwx"}, before={"f": ""}, failure="neither octal"),
    Case(
        "file",
        {"path": "{root}/f", "owner": "no-such"},
        before={"f": ""},
        failure="no user 'no-such'",
    ),
    Case(
        "file",
        {"path": "{root}/f", "owner": "0"},
        before={"f": ""},
        failure="Operation not permitted",
        unprivileged=True,
    ),
    # times
    Case(
        "file",
        {"path": "{root}/f", "modification_time": "197001020000.00"},
        before={"f": File("x", mtime=5)},
        after={"f": File("x", mtime=FIRST + 86400)},
        changed=True,
    ),
    Case(
        "file",
        {"path": "{root}/f", "modification_time": "preserve", "access_time": "preserve"},
        before={"f": File("x", mtime=5)},
        after={"f": File("x", mtime=5)},
        changed=False,
    ),
    Case(
        "file",
        {
            "path": "{root}/f",
            "modification_time": "1.1.1970",
            "modification_time_format": "%d.%m.%Y",
        },
        before={"f": File("x", mtime=5)},
        after={"f": File("x", mtime=FIRST)},
        changed=True,
    ),
    Case("file", {"path": "/f", "modification_time": "soon"}, refused="does not have the format"),
    # touch
    Case(
        "file",
        {"path": "{root}/f", "state": "touch", "mode": "0600"},
        after={"f": File("", 0o600)},
        again=True,
        data={"dest": "{root}/f"},
    ),
    Case(
        "file",
        {"path": "{root}/f", "state": "touch"},
        before={"f": File("x", mtime=5)},
        after={"f": "x"},
        changed=True,
        again=True,
    ),
    Case(
        "file",
        {
            "path": "{root}/f",
            "state": "touch",
            "modification_time": "preserve",
            "access_time": "preserve",
        },
        after={"f": ""},
        name="touch that makes the file only",
    ),
    Case(
        "file",
        {"path": "{root}/no/f", "state": "touch"},
        failure="the directory {root}/no does not exist",
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "touch"},
        before={"l": Link("gone")},
        failure="does not exist",
    ),
    # absent
    Case(
        "file",
        {"path": "{root}/f", "state": "absent"},
        before={"f": "x"},
        after={"f": None},
        data={"state": "absent", "path": "{root}/f"},
    ),
    Case(
        "file",
        {"path": "{root}/d/", "state": "absent"},
        before={"d/e/f": "x", "d/l": Link("../kept"), "kept": "x"},
        after={"d": None},
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "absent"},
        before={"d/f": "x", "l": Link("d")},
        after={"l": None},
    ),
    Case("file", {"path": "{root}/gone", "state": "absent"}, changed=False),
    Case(
        "file",
        {"path": "{root}/d/f", "state": "absent"},
        before={"d": Dir(0o500), "d/f": ""},
        failure="cannot remove {root}/d/f: Permission denied",
        unprivileged=True,
    ),
    # link
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link"},
        before={"f": "x"},
        after={"l": Link("f")},
        data={"dest": "{root}/l", "src": "f"},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "{root}/g", "state": "link"},
        before={"g": "", "l": Link("f")},
        after={"l": Link("{root}/g")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link"},
        before={"f": "", "l": Link("f")},
        changed=False,
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "gone", "state": "link"},
        failure="{root}/gone does not exist",
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "gone", "state": "link", "force": True, "mode": "0600"},
        after={"l": Link("gone")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link"},
        before={"f": "", "l": "x"},
        failure="a file is at {root}/l",
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link", "force": True},
        before={"f": "", "l": "x"},
        after={"l": Link("f")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "../f", "state": "link", "force": True},
        before={"f": "", "l": Dir()},
        after={"l": Link("../f")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link", "force": True},
        before={"f": "", "l/x": ""},
        failure="not empty",
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link", "mode": "0600"},
        before={"f": File("", 0o644)},
        after={"f": File("", 0o600), "l": Link("f")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "src": "f", "state": "link", "mode": "0600", "follow": False},
        before={"f": File("", 0o644)},
        after={"f": File("", 0o644), "l": Link("f")},
    ),
    Case(
        "file",
        {"path": "{root}/l", "state": "link"},
        before={"f": "", "l": Link("f")},
        changed=False,
    ),
    Case(
        "file", {"path": "{root}/l", "state": "link"}, before={"l": ""}, failure="'src' says what"
    ),
    Case(
        "file", {"path": "/l", "src": "f", "state": "directory"}, refused="'src' needs state: link"
    ),
    # a dry run carries on
    Case(
        "file",
        {"path": "{root}/d/l", "src": "f", "state": "link"},
        after={"d": Dir(), "d/f": "x", "d/l": Link("f")},
        earlier=[
            ("file", {"path": "{root}/d", "state": "directory"}),
            ("copy", {"content": "x", "dest": "{root}/d/f"}),
        ],
    ),
    Case(
        "file",
        {"path": "{root}/d", "state": "absent"},
        before={"d/f": "x"},
        after={"d": None},
        earlier=[("copy", {"content": "y", "dest": "{root}/d/f"})],
    ),
    Case(
        "file",
        {"path": "{root}/h", "src": "{root}/f", "state": "hard"},
        before={"f": "x"},
        after={"h": "x"},
        data={"state": "hard", "dest": "{root}/h", "src": "{root}/f"},
    ),
    Case(
        "file",
        {"path": "{root}/h", "src": "{root}/f", "state": "hard"},
        before={"f": "x", "h": "y"},
        failure="a file is at {root}/h: state: absent removes it",
    ),
    Case("file", {"path": "{root}/h", "src": "{root}/no", "state": "hard"}, failure="not exist"),
    Case("file", {"path": "{root}/h", "state": "hard"}, failure="another name"),
    Case("file", {"path": "{root}/h", "src": "f", "state": "file"}, refused="'src' needs state"),
    Case(
        "file",
        {"path": "{root}/l", "src": "g", "force": True},
        before={"l": Link("f")},
        after={"l": Link("g")},
        name="src alone where a link is",
    ),
    Case(
        "file",
        {"path": "{root}/f", "src": "g"},
        before={"f": ""},
        failure="src option requires state to be 'link' or 'hard'",
    ),
    Case(
        "file",
        {"path": "{root}/f", "attributes": "+ia"},
        before=FLAGS,
        after={"flags": "-ai-\n"},
        environment={"PATH": "{root}/bin:/usr/bin:/bin"},
    ),
    Case(
        "file",
        {"path": "{root}/f", "attributes": "=d", "setype": "etc_t"},
        before={**FLAGS, "flags": "-a--\n"},
        after={"flags": "---d\n"},
        environment={"PATH": "{root}/bin:/usr/bin:/bin"},
    ),
    Case(
        "lineinfile",
        {"path": "{root}/f", "line": "x", "attributes": "a", "unsafe_writes": True},
        before={**FLAGS, "flags": "-a--\n", "f": "x\n"},
        changed=False,
        environment={"PATH": "{root}/bin:/usr/bin:/bin"},
    ),
]
