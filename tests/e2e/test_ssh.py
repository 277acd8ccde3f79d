"""SSH as OpenSSH does it: whom to trust, how to log in, and what ssh_config says, over either
transport and against real servers."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.account import existing_account
from lab.sshd import Sshd
from tests.e2e.command_line import PATH, Done, Project
from tests.e2e.conftest import Host

pytestmark = pytest.mark.e2e
PLAY = "- hosts: all\n  gather_facts: false\n  tasks:\n    - ping:\n"
SK = (
    "sk.example sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIFm1vYz0s6mV"
    "9mGQ0c4M4mJXjHk1o4h2wzv1n3i0ZyQxAAAABHNzaDo="
)


@dataclass
class Operator:
    """An operator with a home of their own, and one host."""

    project: Project
    home: Path
    host: Host
    transport: str

    def inventory(self, **variables: object) -> None:
        """The host, whose key only ~/.ssh/known_hosts vouches for."""
        self.project.inventory(**{"suture_known_hosts": None, **variables})

    def known(self, *lines: str) -> Path:
        """~/.ssh/known_hosts."""
        return self.write("known_hosts", "".join(f"{line}\n" for line in lines))

    def config(self, text: str) -> Path:
        """~/.ssh/config."""
        return self.write("config", text)

    def write(self, name: str, text: str) -> Path:
        path = self.home / ".ssh" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path

    @property
    def key(self) -> str:
        """The host's key, without the host's name."""
        return Path(self.host.login.known_hosts).read_text().split(" ", 1)[1].strip()

    @property
    def place(self) -> str:
        """The host as known_hosts files write it."""
        return f"[{self.host.login.host}]:{self.host.login.port}"

    def run(self, *words: str, play: str = PLAY, **environ: str) -> Done:
        chosen = {"SUTURE_TRANSPORT": self.transport} if self.transport else {}
        plain = {"HOME": str(self.home), "SSH_AUTH_SOCK": "", **chosen, **environ}
        return self.project.run(play, *words, **plain)


@pytest.fixture(params=["fabric", "openssh"])
def operator(
    request: pytest.FixtureRequest, project: Project, bare_droplet: Host, tmp_path: Path
) -> Operator:
    home = tmp_path / "home"
    home.mkdir()
    made = Operator(project, home, bare_droplet, request.param)
    made.inventory()
    return made


def keygen(path: Path, *words: str) -> Path:
    """A new key pair."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, *words], check=True)
    return path


def reached(done: Done) -> None:
    assert done.code == 0, done.out + done.err


def refused(done: Done, *words: str) -> None:
    """Nobody was connected to, and these words say why."""
    assert done.code == 4, done.out + done.err
    said = " ".join((done.out + done.err).split())
    for word in words:
        assert word in said


# -- whom to trust -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "{place} {key}",
        "[127.0.0.*]:{port} {key}",
        "[127.0.0.?]:*,!elsewhere {key}",
        "127.0.0.1 {key}",
    ],
)
def test_a_known_host_is_connected_to(operator: Operator, line: str) -> None:
    port = operator.host.login.port
    operator.known(line.format(place=operator.place, key=operator.key, port=port))
    reached(operator.run())


def test_a_hashed_name_is_known(operator: Operator) -> None:
    file = operator.known(f"{operator.place} {operator.key}")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert "127.0.0.1" not in file.read_text()
    reached(operator.run())


@pytest.mark.parametrize(
    "lines", [(), ("{place},!{place} {key}",), ("other {key}",), ("# {place} {key}",)]
)
def test_a_host_that_is_not_known_is_refused(operator: Operator, lines: tuple[str, ...]) -> None:
    operator.known(*(line.format(place=operator.place, key=operator.key) for line in lines))
    refused(operator.run(), "its host key is not known yet", " enroll droplet' to see")


def test_another_key_is_refused(operator: Operator, tmp_path: Path) -> None:
    other = keygen(tmp_path / "other").with_suffix(".pub").read_text()
    operator.known(f"{operator.place} {other.strip()}")
    refused(operator.run(), "the host key is not the one known; if the host was reinstalled")


def test_a_revoked_key_is_refused_whatever_else_vouches_for_it(operator: Operator) -> None:
    operator.known(f"{operator.place} {operator.key}", f"@revoked * {operator.key}")
    refused(operator.run(), "its host key was revoked")


def test_a_key_that_a_revocation_list_names_is_refused(operator: Operator, tmp_path: Path) -> None:
    """Paramiko reads no such list: OpenSSH is taken, or where Fabric is insisted on nothing."""
    public = tmp_path / "host.pub"
    public.write_text(f"{operator.key}\n")
    krl = tmp_path / "krl"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", krl, public], check=True, capture_output=True)
    operator.known(f"{operator.place} {operator.key}")
    reached(operator.run())
    operator.config(f"RevokedHostKeys {krl}\n")
    said = "its host key was revoked"
    if operator.transport == "fabric":
        said = "say revokedhostkeys, which Paramiko does not check"
    refused(operator.run(), said)
    refused(operator.run(SUTURE_TRANSPORT=""), "its host key was revoked")


@pytest.mark.parametrize("off", [False, "no", "false", "Off", 0])
def test_with_checking_off_the_operators_file_stays_as_it_is(
    operator: Operator, off: object
) -> None:
    operator.inventory(ansible_host_key_checking=off)
    file = operator.known("# Work laptop", SK, "@cert-authority *.corp.example ssh-ed25519 AAAA")
    before = file.read_text()
    reached(operator.run())
    assert file.read_text() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["known_hosts"]


def test_an_alias_and_files_of_ssh_config_count(operator: Operator) -> None:
    operator.write("mine", f"alias.example {operator.key}\n")
    operator.config("Host *\n  HostKeyAlias alias.example\n  UserKnownHostsFile ~/.ssh/mine\n")
    reached(operator.run())


def test_ssh_config_may_accept_new_keys_which_are_noted_in_the_project(operator: Operator) -> None:
    operator.config("Host *\n  StrictHostKeyChecking accept-new\n")
    reached(operator.run())
    noted = operator.project.root / ".suture" / "known_hosts"
    assert noted.read_text() == f"{operator.place} {operator.key}\n"
    assert not (operator.home / ".ssh" / "known_hosts").exists()


def test_a_host_is_enrolled_under_its_name_in_known_hosts(operator: Operator) -> None:
    environ = {"HOME": str(operator.home), "SUTURE_TRANSPORT": operator.transport}
    done = operator.project.suture("enroll", "droplet", "--yes", **environ)
    assert done.code == 0, done.err
    assert f"droplet ({operator.place}) offers ssh-ed25519 SHA256:" in done.out
    reached(operator.run())
    again = operator.project.suture("enroll", "droplet", "--yes", **environ)
    assert "It is known already." in again.out


# -- how to log in -----------------------------------------------------------------------------


@pytest.fixture
def locked(operator: Operator, tmp_path: Path) -> Path:
    """The operator's key, encrypted, in a file that the inventory names."""
    path = tmp_path / "locked"
    shutil.copy(operator.host.login.key, path)
    path.chmod(0o600)
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", path],
        check=True,
        capture_output=True,
    )
    operator.known(f"{operator.place} {operator.key}")
    operator.inventory(ansible_ssh_private_key_file=str(path))
    return path


@contextlib.contextmanager
def agent(*keys: str, folder: Path) -> Iterator[str]:
    """An agent that holds these keys; its socket."""
    sock = folder / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", sock], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if sock.exists():
                break
            time.sleep(0.01)
        for key in keys:
            environ = {**os.environ, "SSH_AUTH_SOCK": str(sock)}
            subprocess.run(["ssh-add", "-q", key], check=True, env=environ)
        yield str(sock)
    finally:
        process.terminate()
        process.wait()


def test_an_encrypted_key_that_the_agent_holds_is_used(
    operator: Operator, locked: Path, tmp_path: Path
) -> None:
    with agent(operator.host.login.key, folder=tmp_path) as sock:
        reached(operator.run(SSH_AUTH_SOCK=sock))


def test_an_encrypted_key_is_opened_by_an_askpass(
    operator: Operator, locked: Path, tmp_path: Path
) -> None:
    program = tmp_path / "askpass"
    program.write_text(f"#!/bin/sh\necho \"$1\" >> {tmp_path}/asked\necho 'open sesame'\n")
    program.chmod(0o755)
    reached(operator.run(SSH_ASKPASS=str(program), SSH_ASKPASS_REQUIRE="force"))
    asked = (tmp_path / "asked").read_text()
    assert asked == f"Enter passphrase for key '{locked}': \n"


def test_an_encrypted_key_is_opened_by_a_variable_that_nobody_sees(
    operator: Operator, locked: Path
) -> None:
    operator.inventory(
        ansible_ssh_private_key_file=str(locked), ansible_private_key_passphrase="open sesame"
    )
    done = operator.run("-v")
    reached(done)
    assert "open sesame" not in done.out + done.err


def test_an_encrypted_key_that_nobody_opens_is_told(operator: Operator, locked: Path) -> None:
    refused(operator.run(), f"the key {locked} is encrypted and nobody gave its passphrase")


def test_a_public_key_names_which_of_the_agents_keys_is_offered(
    operator: Operator, tmp_path: Path
) -> None:
    operator.known(f"{operator.place} {operator.key}")
    operator.inventory(ansible_ssh_private_key_file=None)
    public = tmp_path / "mine.pub"
    public.write_text(Path(f"{operator.host.login.key}.pub").read_text())
    others = [str(keygen(tmp_path / f"other-{number}")) for number in range(3)]
    operator.config(f"Host *\n  IdentityFile {public}\n  IdentitiesOnly yes\n")
    with agent(*others, operator.host.login.key, folder=tmp_path) as sock:
        reached(operator.run(SSH_AUTH_SOCK=sock))
        public.write_text(Path(f"{others[0]}.pub").read_text())
        refused(operator.run(SSH_AUTH_SOCK=sock), "was not let in")


def test_a_password_logs_in_and_is_not_seen(
    operator: Operator, beyond: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", PATH)  # chpasswd and usermod are root's
    if not beyond.account.made:
        pytest.skip("only root gives the account a password")
    name, password = operator.host.login.user, "ver7 s3cret:"
    subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
    text = beyond.config_file.read_text()
    text = text.replace("AuthenticationMethods publickey\n", "PubkeyAuthentication no\n")
    beyond.config_file.write_text(
        text.replace("PasswordAuthentication no", "PasswordAuthentication yes")
    )
    told(beyond, "# and a password")
    operator.known(beyond.known_host().strip())
    operator.inventory(
        ansible_port=beyond.port, ansible_password=password, ansible_ssh_private_key_file=None
    )
    done = operator.run("-v")
    reached(done)
    assert password not in done.out + done.err
    operator.inventory(
        ansible_port=beyond.port, ansible_password="wrong", ansible_ssh_private_key_file=None
    )
    refused(operator.run(), f"{name} was not let in")
    subprocess.run(["usermod", "-p", "*", name], check=True)


# -- ways through other hosts ------------------------------------------------------------------


@pytest.fixture
def beyond(bare_droplet: Host) -> Iterator[Sshd]:
    """Another server for the same account, with a host key of its own, to jump over."""
    root = bare_droplet.droplet.root
    account = existing_account(root)
    assert account is not None
    sshd = Sshd(root / "beyond", account, bare_droplet.home)
    sshd.prepare(Path(bare_droplet.login.key))
    sshd.start()
    try:
        yield sshd
    finally:
        if sshd.pid:
            os.kill(sshd.pid, signal.SIGTERM)


def jumping(operator: Operator, beyond: Sshd) -> None:
    login = operator.host.login
    operator.config(
        f"Host bastion\n  HostName {login.host}\n  Port {beyond.port}\n  User {login.user}\n"
        f"  IdentityFile {login.key}\n\nHost 127.0.0.1\n  ProxyJump bastion\n"
    )


def test_a_jump_hosts_key_is_checked_as_strictly(operator: Operator, beyond: Sshd) -> None:
    jumping(operator, beyond)
    operator.known(f"{operator.place} {operator.key}")
    refused(operator.run(), "its host key is not known yet", " enroll droplet' to see")
    operator.known(f"{operator.place} {operator.key}", beyond.known_host().strip())
    reached(operator.run())
    line = beyond.known_host().strip()
    operator.known(f"{operator.place} {operator.key}", line, f"@revoked {line}")
    refused(operator.run(), "its host key was revoked")


def test_a_proxy_command_is_the_only_way(operator: Operator) -> None:
    login = operator.host.login
    ahead = ["ssh", "-i", login.key, "-o", f"UserKnownHostsFile={login.known_hosts}"]
    ahead += ["-p", str(login.port), "-W", "127.0.0.1:%p", f"{login.user}@{login.host}"]
    command = shlex.join(ahead)
    operator.config(f"Host elsewhere\n  HostName 192.0.2.77\n  ProxyCommand {command}\n")
    operator.inventory(ansible_host="elsewhere")
    operator.known(f"[192.0.2.77]:{login.port} {operator.key}")
    reached(operator.run())


# -- what only OpenSSH does ---------------------------------------------------------------------

either = pytest.mark.parametrize("operator", [""], indirect=True)
"""With neither transport asked for."""


def warned(done: Done) -> str:
    """The warnings of a run."""
    return " ".join(
        line for line in done.out.split("\n") if "OpenSSH" in line or "Paramiko" in line
    )


@either
def test_fabric_is_the_default_and_reads_what_an_include_says(operator: Operator) -> None:
    login = operator.host.login
    operator.write(
        "inner.conf",
        f"Host inc\n  HostName {login.host}\n  Port {login.port}\n  User {login.user}\n"
        f"  IdentityFile {login.key}\n",
    )
    operator.config(f"Include {operator.home}/.ssh/in*.conf\n")
    operator.known(f"{operator.place} {operator.key}")
    operator.project.write("inventory.yml", "all: {hosts: {inc: }}\n")
    done = operator.run()
    reached(done)
    assert not warned(done)
    doctor = operator.project.suture("doctor", HOME=str(operator.home))
    assert "ok, over Fabric (it is the default)" in doctor.out


@either
def test_arguments_for_ssh_count(operator: Operator) -> None:
    login = operator.host.login
    ahead = ["ssh", "-i", login.key, "-o", f"UserKnownHostsFile={login.known_hosts}"]
    ahead += ["-p", str(login.port), "-W", f"127.0.0.1:{login.port}", f"{login.user}@{login.host}"]
    operator.inventory(
        ansible_host="192.0.2.77",
        ansible_host_key_checking=False,
        ansible_ssh_common_args=f'-o ProxyCommand="{shlex.join(ahead)}"',
    )
    reached(operator.run())
    operator.inventory(ansible_ssh_extra_args="-o NoSuchThing=1")
    refused(operator.run(), "ssh does not take its settings", "nosuchthing")
    operator.inventory(ansible_ssh_args="-o 'Nothing")
    refused(operator.run(), "a quote is never closed in the arguments for ssh")


def signed(authority: Path, public: Path, *words: str) -> Path:
    """The certificate that an authority gives a public key, beside it."""
    made = ["ssh-keygen", "-q", "-s", authority, "-I", "test", *words, public]
    subprocess.run(made, check=True, capture_output=True)
    return public.with_name(f"{public.stem}-cert.pub")


def told(sshd: Sshd, line: str) -> None:
    """The server holds to this line from now on."""
    before = sshd.log.read_text().count("Server listening")
    with sshd.config_file.open("a") as config:
        config.write(f"{line}\n")
    assert sshd.pid
    os.kill(sshd.pid, signal.SIGHUP)
    for _ in range(500):
        if sshd.log.read_text().count("Server listening") > before:
            return
        time.sleep(0.02)


@either
def test_what_paramiko_lacks_takes_openssh_and_says_so(
    operator: Operator, beyond: Sshd, tmp_path: Path
) -> None:
    """A certificate authority vouches for the host."""
    authority = keygen(tmp_path / "authority")
    certificate = signed(authority, beyond.host_key.with_suffix(".pub"), "-h", "-n", "127.0.0.1")
    told(beyond, f"HostCertificate {certificate}")
    operator.inventory(ansible_port=beyond.port)
    ca = " ".join(authority.with_suffix(".pub").read_text().split()[:2])
    operator.known(f"@cert-authority [127.*]:* {ca}")
    done = operator.run()
    reached(done)
    assert "connecting with OpenSSH, because settings want what Paramiko lacks: @cert-auth" in (
        warned(done)
    )
    operator.known(f"@cert-authority elsewhere {ca}")
    refused(operator.run(), "its host key is not known yet")


def test_a_certificate_beside_the_key_is_shown(
    operator: Operator, beyond: Sshd, tmp_path: Path
) -> None:
    authority = keygen(tmp_path / "authority")
    public = beyond.folder / "authority.pub"
    shutil.copy(authority.with_suffix(".pub"), public)
    public.chmod(0o644)
    told(beyond, f"TrustedUserCAKeys {public}")
    key = keygen(tmp_path / "mine")
    operator.known(beyond.known_host().strip())
    operator.inventory(ansible_port=beyond.port, ansible_ssh_private_key_file=str(key))
    refused(operator.run(), "was not let in")
    signed(authority, key.with_suffix(".pub"), "-n", operator.host.login.user)
    reached(operator.run())


@either
def test_openssh_is_taken_for_settings_and_connects(operator: Operator) -> None:
    operator.known(f"{operator.place} {operator.key}")
    operator.config('Match host 127.0.0.1\n  SetEnv "A=B"\n')
    done = operator.run()
    reached(done)
    assert "Paramiko lacks: setenv" in warned(done)
    environ = {"HOME": str(operator.home)}
    doctor = " ".join(operator.project.suture("doctor", **environ).out.split())
    assert "over OpenSSH (its settings want what Paramiko lacks: setenv)" in doctor
    stays = operator.run(SUTURE_TRANSPORT="fabric")
    reached(stays)
    assert "Paramiko does without what the settings for ssh say: setenv" in warned(stays)


@either
def test_connections_are_shared_where_that_is_asked_for(operator: Operator, tmp_path: Path) -> None:
    """A second run finds the first one's connection; nobody waits for its end."""
    operator.known(f"{operator.place} {operator.key}")
    control = Path(tempfile.mkdtemp(dir="/tmp"))
    shared = f"-o ControlMaster=auto -o ControlPath={control}/%C -o ControlPersist=300"
    operator.inventory(ansible_connection="ssh", ansible_ssh_args=shared)
    reached(operator.run())
    (socket,) = control.iterdir()
    log = operator.host.droplet.root / "sshd" / "sshd.log"
    before = log.read_text().count("Accepted publickey")
    reached(operator.run())
    assert log.read_text().count("Accepted publickey") == before
    end = ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "127.0.0.1"]
    subprocess.run(end, check=True, capture_output=True)
    shutil.rmtree(control, ignore_errors=True)


@either
def test_a_transport_that_is_none_is_refused(operator: Operator) -> None:
    done = operator.run(SUTURE_TRANSPORT="telnet")
    assert done.code == 1
    assert "SUTURE_TRANSPORT is 'telnet': it has to be fabric or openssh" in done.err


# -- what cannot be reached ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ansible_port": 9}, "Connection refused"),
        ({"ansible_user": "nobody-there"}, "nobody-there was not let in"),
        ({"ansible_ssh_private_key_file": "/no/key"}, "the key /no/key cannot be read"),
        ({"ansible_host": "no-such-host.invalid"}, "Name or service not known"),
        ({"ansible_python_interpreter": "/no/python"}, "no Python was found"),
    ],
)
def test_both_transports_say_the_same(
    operator: Operator, variables: dict[str, object], sentence: str
) -> None:
    operator.known(f"{operator.place} {operator.key}")
    operator.inventory(**variables)
    refused(operator.run(), sentence)


# -- the operator's own settings ----------------------------------------------------------------


@either
def test_ansible_cfg_and_its_variables_count(operator: Operator) -> None:
    """Inventory, user, key, checking and ssh's arguments come from the operator's own settings."""
    login = operator.host.login
    operator.project.write("fleet.yml", f"all: {{hosts: {{x: {{ansible_host: {login.host}}}}}}}\n")
    (operator.project.root / "inventory.yml").unlink()
    operator.project.write(
        "ansible.cfg",
        f"[defaults]\ninventory = fleet.yml\nremote_user = {login.user}\nhost_key_checking = False\n"
        f"private_key_file = {login.key}\nstdout_callback = yaml\n"
        f"[ssh_connection]\nssh_extra_args = -o Port={login.port}\n",
    )
    done = operator.run("-v")
    reached(done)
    assert "no meaning here have stdout_callback (line 6)" in " ".join(done.out.split())
    cfg = operator.project.root / "ansible.cfg"
    assert f"suture: settings are read from {cfg}" in done.err
    assert f"suture: remote_user is {login.user} ({cfg}:3)" in done.err
    doctor = operator.project.suture("doctor", HOME=str(operator.home))
    assert f"settings are read from {cfg}" in doctor.out
    refused(operator.run(ANSIBLE_REMOTE_USER="nobody-there"), "nobody-there was not let in")
    refused(operator.run(SUTURE_HOST_KEY_CHECKING="yes"), "its host key is not known yet")
    wrong = operator.run(ANSIBLE_FORKS="many")
    assert wrong.code == 1
    assert "ANSIBLE_FORKS:1:1: forks 'many' has to be a whole number" in wrong.err
    operator.project.root.chmod(0o777)
    ignored = operator.run("-i", "fleet.yml")
    assert "everybody may write to its folder" in " ".join(ignored.out.split())
