from fakes import program
from law import Case

APT_KEY = r"""#!/bin/sh
# A mock of apt-key: the trusted keys are the files in ../keys, by their number.
keys=${0%/*}/../keys
[ "$1" = --keyring ] && shift 2
case $1 in
add) read -r number; [ "$number" != bad ] || { echo "no valid OpenPGP data" >&2; exit 2; }
    echo yes > "$keys/$number";;
del) for key in "$keys"/*"$2"; do echo no > "$key"; done;;
adv) case " $* " in
    *" --recv "*) echo yes > "$keys/0123456789ABCDEF";;
    *) for key in "$keys"/*; do
        read -r there < "$key"; [ "$there" = no ] || echo "pub:-:4096:1:${key##*/}:::::::"
    done;;
    esac;;
esac
"""
GPG = '#!/bin/sh\nread -r number; [ "$number" = bad ] || echo "pub:-:4096:1:$number:1:::"\n'
NUMBER = "0123456789ABCDEF"


def case(args, there="no", then=None, **more):
    before = {
        "bin/apt-key": program(APT_KEY),
        "bin/gpg": program(GPG),
        f"keys/{NUMBER}": f"{there}\n",
    }
    after = {} if then is None else {f"keys/{NUMBER}": f"{then}\n"}
    return Case("apt_key", args, before, after, environment={"PATH": "{root}/bin"}, **more)


CASES = [
    case({"data": NUMBER + "\n"}, "no", "yes", data={"key_id": NUMBER, "short_id": "89ABCDEF"}),
    case({"data": NUMBER + "\n", "id": "0x89abcdef"}, "no", "yes"),
    case({"data": NUMBER + "\n"}, "yes", changed=False),
    case({"id": "89ABCDEF", "keyserver": "keys.example.org"}, "no", "yes"),
    case({"id": NUMBER, "state": "absent"}, "yes", "no"),
    case({"id": NUMBER, "state": "absent"}, "no", changed=False),
    case({"file": "{root}/none"}, failure="there is no key {root}/none"),
    case({"data": "bad\n"}, failure="no public key"),
    Case("apt_key", {"data": "x"}, environment={"PATH": "{root}"}, failure="no apt-key any more"),
    Case("apt_key", {"state": "absent"}, refused="give 'id'"),
    Case("apt_key", {}, refused="give 'url'"),
    Case("apt_key", {"url": "a", "data": "b"}, refused="give one of"),
    Case("apt_key", {"id": "xyz"}, refused="hexadecimal number"),
]
