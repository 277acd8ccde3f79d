from law import Case, File

KEY = "git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq"
OTHER = "other.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMx\n"
HIDDEN = "|1|rrv+HY7Il6yk+SHZoiYRcmyAmM8=|V0nMmT48Lm7MuSZ/rOjFu0LE6SU= " + KEY.split(" ", 1)[1]


def case(args, before, after=None, **more):
    had = {} if before is None else {"f": before}
    given = {"name": "git.example.org", "path": "{root}/f", **args}
    return Case("known_hosts", given, had, {} if after is None else {"f": after}, **more)


CASES = [
    case({"key": KEY}, None, File(KEY + "\n", 0o600), data={"state": "present"}),
    case({"key": KEY}, OTHER.strip(), OTHER + KEY + "\n"),
    case({"key": KEY}, KEY + " a comment\n", changed=False),
    case({"key": KEY}, KEY + "old\n" + OTHER, OTHER + KEY + "\n"),
    case(
        {"key": KEY},
        KEY.replace("ssh-ed25519", "ssh-rsa") + "\n",
        KEY.replace("ssh-ed25519", "ssh-rsa") + f"\n{KEY}\n",
    ),
    case(
        {"key": f"@cert-authority *.example.org {KEY.split(' ', 1)[1]}"},
        KEY + "\n",
        f"{KEY}\n@cert-authority *.example.org {KEY.split(' ', 1)[1]}\n",
    ),
    case({"key": KEY, "hash_host": True}, "", HIDDEN + "\n"),
    case({"key": KEY}, HIDDEN + "\n", changed=False),
    case({"state": "absent"}, f"# c\n{KEY}\n{OTHER}", f"# c\n{OTHER}"),
    case({"state": "absent", "key": KEY + "x"}, f"{KEY}\n", changed=False),
    case({"state": "absent"}, None, changed=False),
    case({}, None, refused="'key' is needed"),
    case({"key": "git.example.org ssh-rsa"}, None, refused="is a line of known_hosts"),
    case({"key": OTHER}, None, refused="not a line about git.example.org"),
]
