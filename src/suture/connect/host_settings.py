"""What ssh_config, and the arguments given for ssh, say of a host; and what of that Paramiko lacks.

Files that only say what Paramiko reads as OpenSSH does are read here, without another process.
With any others, ``ssh -G`` is asked: it alone knows what holds for a host.
"""

from __future__ import annotations

import getpass
import glob
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from suture.connect.target import Target
from suture.errors import Unreachable
from suture.memo import once

USERS_FILES = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
SYSTEM_FILES = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
SYSTEM_CONFIG = "/etc/ssh/ssh_config"

_READ = """\
host hostname port user identityfile identitiesonly proxyjump proxycommand hostkeyalias
    userknownhostsfile globalknownhostsfile stricthostkeychecking forwardagent"""
READ = frozenset(_READ.split())
"""Keywords that are read here and mean what OpenSSH means by them."""

_HARMLESS = """\
addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal canonicalizehostname
    canonicalizemaxdots canonicalizepermittedcnames checkhostip clearallforwardings compression
    connectionattempts connecttimeout controlmaster controlpath controlpersist
    enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash
    forkafterauthentication forwardx11 forwardx11timeout forwardx11trusted gatewayports
    gssapidelegatecredentials gssapikeyexchange gssapikexalgorithms gssapirenewalforcesrekey
    gssapitrustdns hashknownhosts ignoreunknown ipqos localcommand loglevel logverbose
    nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming
    permitlocalcommand permitremoteopen rekeylimit remotecommand requesttty sendenv
    serveralivecountmax serveraliveinterval sessiontype stdinnull streamlocalbindmask
    streamlocalbindunlink syslogfacility tag tcpkeepalive tunneldevice updatehostkeys
    usekeychain visualhostkey xauthlocation"""
HARMLESS = frozenset(_HARMLESS.split())
"""Keywords that change nothing of how a channel to an agent is opened."""

TICKETS = ("gssapiauthentication", "gssapikeyexchange")
"""Keywords that matter to whoever has a Kerberos ticket."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How a host is reached.  ``user`` empty: whoever runs this.  ``beyond``: keywords that hold for
    the host and that Paramiko lacks.  ``config``: arguments that make ssh read the same files."""

    address: str
    port: int = 22
    user: str = ""
    keys: tuple[str, ...] = ()
    only_keys: bool = False
    jump: str = ""
    proxy: str = ""
    alias: str = ""
    users_files: tuple[str, ...] = USERS_FILES
    system_files: tuple[str, ...] = SYSTEM_FILES
    checking: str = "ask"
    forward_agent: bool = False
    beyond: tuple[str, ...] = ()

    @property
    def known_hosts(self) -> tuple[str, ...]:
        return (*self.users_files, *self.system_files)


def settings_of(target: Target, *, ask: bool = False) -> HostSettings:
    """What holds for a target; its own port, user and keys go before those of any file.  ``ask``:
    of ssh, which spares importing Paramiko."""
    said = keywords(str(Path.home()))
    odd = {word for word in said - READ - HARMLESS if word not in TICKETS or has_ticket()}
    arguments = ssh_arguments(target)
    if not arguments and not odd and not said & READ - {"host"}:
        found = HostSettings(target.address)
    elif not arguments and not odd and not ask:
        found = _plain(target)
    elif ssh_program():
        found = _asked(target, arguments)
    elif arguments:
        raise Unreachable(
            f"{target.name}: arguments for ssh are given ({shlex.join(arguments)}), and there is no"
            " ssh program on this machine: install OpenSSH's client"
        )
    else:
        found = replace(_plain(target), beyond=tuple(sorted(odd)))
    return replace(
        found,
        port=target.port or found.port,
        user=target.user or found.user,
        keys=tuple(str(Path(key).expanduser()) for key in target.keys) or found.keys,
    )


@once(1)
def ssh_program() -> str:
    """OpenSSH's client on this machine, or nothing."""
    return shutil.which("ssh") or ""


def has_ticket() -> bool:
    """Whether the operator seems to hold a Kerberos ticket."""
    named = os.environ.get("KRB5CCNAME", "").removeprefix("FILE:")
    usual = Path(f"/tmp/krb5cc_{os.getuid()}")  # noqa: S108 - where Kerberos keeps it
    return bool(named) or usual.exists()


def ssh_arguments(target: Target) -> list[str]:
    """The arguments that the operator gives for ssh, as words."""
    try:
        return [word for text in target.ssh_args for word in shlex.split(text)]
    except ValueError:
        raise Unreachable(
            f"{target.name}: a quote is never closed in the arguments for ssh:"
            f" {' '.join(target.ssh_args)}"
        ) from None


def config_arguments() -> list[str]:
    """What makes ssh read the configuration of this HOME: it looks up its user's by itself."""
    own = Path.home() / ".ssh" / "config"
    if str(Path.home()) == _passwd_home():
        return []
    return ["-F", str(own)] if own.is_file() else []


def _passwd_home() -> str:
    """The folder that ssh takes for ~, whatever HOME says."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container's user without an entry
        return str(Path.home())


# -- read here ---------------------------------------------------------------------------------


@once(4)
def keywords(home: str) -> frozenset[str]:
    """The keywords that the operator's and the system's configuration use, in small letters."""
    return frozenset(
        word
        for path in (f"{home}/.ssh/config", SYSTEM_CONFIG)
        for word in _words(path, str(Path(path).parent), 0)
    )


def _words(path: str, base: str, depth: int) -> Iterator[str]:
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return
    for line in lines:
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if not word or word.startswith("#"):
            continue
        if word.lower() != "include":
            yield word.lower()
            continue
        for pattern in rest.split():
            full = str(Path(base, Path(pattern.strip('"')).expanduser()))
            # A pattern with folders in it, which may be absolute: Path.glob takes no such one.
            for inner in sorted(glob.glob(full)) if depth < 8 else ():  # noqa: PTH207 - see above
                if any(_words(inner, base, depth + 1)):
                    yield "include"


def _plain(target: Target) -> HostSettings:
    """The settings as Paramiko reads them."""
    found: Mapping[str, Any] = _config(
        str(Path.home()), target.port or 0, target.user or ""
    ).lookup(target.address)
    given = {key: value if isinstance(value, list) else [value] for key, value in found.items()}
    return _settings(target, {key: [str(each) for each in given[key]] for key in given})


@once(64)
def _config(home: str, port: int, user: str) -> Any:
    """The configuration that Paramiko reads: a port and user that are given before the operator's,
    and that before the system's."""
    from paramiko import SSHConfig

    given = (f"  Port {port}\n" if port else "") + (f"  User {user}\n" if user else "")
    made = SSHConfig.from_text(f"Host *\n{given}")
    for path in (Path(home, ".ssh", "config"), Path(SYSTEM_CONFIG)):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                made.parse(file)
    return made


# -- asked of ssh ------------------------------------------------------------------------------


def _asked(target: Target, arguments: list[str]) -> HostSettings:
    """The settings as ``ssh -G`` tells them, and which of them Paramiko lacks."""
    own = ["-p", str(target.port)] if target.port else []
    own += ["-l", target.user] if target.user else []
    told = _effective_settings((*config_arguments(), *arguments, *own, target.address))
    if isinstance(told, str):
        raise Unreachable(f"{target.name}: ssh does not take its settings: {told}")
    usual = _effective_settings(("-F", "none", "host.invalid"))
    assert not isinstance(usual, str), usual
    different = {key for key, values in told.items() if usual.get(key) != values}
    beyond = different - READ - HARMLESS - {"host"}
    if not has_ticket():
        beyond -= set(TICKETS)
    else:
        beyond |= {key for key in TICKETS if told.get(key) == ["yes"]}
    kept = {key: values for key, values in told.items() if usual.get(key) != values}
    made = _settings(target, kept | {"hostname": told["hostname"]})
    return replace(made, beyond=tuple(sorted(beyond)))


@once(2048)
def _effective_settings(arguments: tuple[str, ...]) -> dict[str, list[str]] | str:
    """What ``ssh -G`` prints: values by keyword; or its complaint."""
    done = subprocess.run(
        [ssh_program(), "-G", *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        return (done.stderr.strip().split("\n") or ["it failed"])[-1]
    found: dict[str, list[str]] = {}
    for line in done.stdout.split("\n"):
        key, _, value = line.partition(" ")
        if key:
            found.setdefault(key.lower(), []).append(value)
    return found


def _settings(target: Target, told: Mapping[str, list[str]]) -> HostSettings:
    """Settings from values by keyword: only what is not the default need be among them."""

    def one(key: str, otherwise: str = "") -> str:
        value = told.get(key, [otherwise])[0]
        return "" if value == "none" else value

    def files(key: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        value = told.get(key)
        if value is None:
            return otherwise
        named = [_filled(each, tokens) for text in value for each in _names(text)]
        home = f"{_passwd_home()}/"
        return tuple(
            f"~/{each.removeprefix(home)}" if each.startswith(home) else each for each in named
        )

    address = one("hostname", target.address)
    port = target.port or int(one("port", "22"))
    user = target.user or one("user")
    tokens = {
        "%": "%",
        "h": address,
        "n": target.address,
        "p": str(port),
        "r": user or getpass.getuser(),
        "u": getpass.getuser(),
        "d": str(Path.home()),
        "i": str(os.getuid()),
        "k": one("hostkeyalias") or target.address,
    }
    return HostSettings(
        address,
        port,
        user,
        tuple(
            str(Path(_filled(key.strip('"'), tokens)).expanduser())
            for key in told.get("identityfile", ())
        ),
        one("identitiesonly") == "yes",
        one("proxyjump"),
        _filled(one("proxycommand"), tokens),
        _filled(one("hostkeyalias"), tokens),
        files("userknownhostsfile", USERS_FILES),
        files("globalknownhostsfile", SYSTEM_FILES),
        {"true": "yes", "false": "no", "off": "no"}.get(
            one("stricthostkeychecking", "ask"), one("stricthostkeychecking", "ask")
        ),
        one("forwardagent") not in ("", "no"),
    )


def _names(text: str) -> list[str]:
    """Files in one value.  What ssh -G prints has lost its quotes: a space in a name is one that no
    other path begins after."""
    return shlex.split(text) if '"' in text else re.split(r"\s+(?=[~/%])", text.strip())


def _filled(text: str, tokens: Mapping[str, str]) -> str:
    """The text with OpenSSH's %-tokens filled in."""
    parts = text.split("%")
    made, rest = parts[0], parts[1:]
    while rest:
        part = rest.pop(0)
        if not part and rest:
            made += "%" + rest.pop(0)
        else:
            made += tokens.get(part[:1], "%" + part[:1]) + part[1:]
    return made
