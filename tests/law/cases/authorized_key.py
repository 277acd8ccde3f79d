from law import Case, Dir, File

ADA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIm1"
BOB = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDx"
KEYS = f'# who\n{ADA} ada@home\nfrom="10.0.0.1,*.x y",no-pty {BOB} bob\n'


def case(args, before=KEYS, after=None, mode=0o600, **more):
    had = {} if before is None else {"h/k": File(before, 0o600), "h": Dir(0o700)}
    after = {} if after is None else {"h/k": File(after, mode), "h": Dir(0o700)}
    args = {"user": "root", "path": "{root}/h/k", **args}
    return Case("authorized_key", args, had, after, needs="root getent", **more)


CASES = [
    case({"key": f"{ADA} ada@home"}, None, f"{ADA} ada@home\n", data={"keyfile": "{root}/h/k"}),
    case({"key": f"{ADA} ada@home"}, changed=False),
    case({"key": f"{ADA}2 eve"}, after=f"{KEYS}{ADA}2 eve\n"),
    case(
        {"key": f"{ADA} ada@work"},
        after=KEYS.replace(f"{ADA} ada@home\n", "") + f"{ADA} ada@work\n",
    ),
    case({"key": f"{ADA} x", "comment": "ada@home"}, changed=False),
    case(
        {"key": f"{BOB} bob", "key_options": 'from="10.0.0.1,*.x y",no-pty'},
        changed=False,
    ),
    case(
        {"key": f"{BOB} bob"},
        after=f"# who\n{ADA} ada@home\n{BOB} bob\n",
    ),
    case({"key": ADA, "state": "absent"}, after=KEYS.replace(f"{ADA} ada@home\n", "")),
    case({"key": f"{ADA}9", "state": "absent"}, changed=False),
    case({"key": ADA, "state": "absent"}, None, changed=False),
    case({"key": f"{ADA} ada@home\n# x\n{BOB} b\n", "exclusive": True},
         after=f"{ADA} ada@home\n{BOB} b\n"),
    case({"key": f"{ADA} ada@home\n"}, KEYS.rstrip("\n"), changed=False),
    Case(
        "authorized_key",
        {"user": "no-such", "key": ADA},
        needs="getent",
        failure="there is no user no-such on this host",
    ),
    Case(
        "authorized_key",
        {"user": "root", "key": ADA, "path": "{root}/no/k", "manage_dir": False},
        needs="root getent",
        failure="the directory {root}/no does not exist",
    ),
    Case("authorized_key", {"user": "u", "key": "ssh-rsa"}, refused="no public key: ssh-rsa"),
    Case("authorized_key", {"user": "u", "key": "AAAA me"}, refused="no public key: AAAA me"),
]  # fmt: skip
