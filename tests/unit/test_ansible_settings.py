"""ansible.cfg and the ANSIBLE_ variables: found where Ansible finds them, meant as it means them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from suture.commands.ansible_settings import ansible_settings
from suture.errors import Invalid

CFG = """\
[defaults]
inventory = hosts, more/hosts.yml
roles_path = roles:~/r:/abs
remote_user: deploy
private_key_file = keys/id ; mine
host_key_checking = no
forks = 7
timeout = 3
interpreter_python = auto_silent
vault_identity_list = dev@.pass , prod@prompt
stdout_callback = yaml
gathering = smart
nocows = 1

[privilege_escalation]
become = True
become_user = app

[ssh_connection]
ssh_args = -C -o ControlPersist=60s
pipelining = True
retries = 3
"""


def folder(tmp_path: Path, text: str = CFG) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    made.chmod(0o755)
    (made / "ansible.cfg").write_text(text)
    return made


def environ(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(tmp_path), **more}


def test_a_file_is_read_with_its_paths_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    here = folder(tmp_path)
    found = ansible_settings(environ(tmp_path), here)
    assert found.file == str(here / "ansible.cfg")
    assert {name: each.value for name, each in found.settings.items()} == {
        "inventory": (f"{here}/hosts", f"{here}/more/hosts.yml"),
        "roles_path": (f"{here}/roles", f"{tmp_path}/r", "/abs"),
        "remote_user": "deploy",
        "private_key_file": f"{here}/keys/id",
        "host_key_checking": False,
        "forks": 7,
        "timeout": 3.0,
        "interpreter_python": "auto_silent",
        "vault_identity_list": ("dev@.pass", "prod@prompt"),
        "become": True,
        "become_user": "app",
        "ssh_args": "-C -o ControlPersist=60s",
    }
    assert found.settings["forks"].origin == f"{here}/ansible.cfg:7"
    assert found.notes == (
        f"{here}/ansible.cfg: no meaning here have stdout_callback (line 11), retries (line 22)",
    )
    assert (found.become.wanted, found.become.user) == (True, "app")
    assert found.connection["ansible_user"] == "deploy"


def test_a_variable_goes_before_the_file(tmp_path: Path) -> None:
    given = environ(
        tmp_path, ANSIBLE_FORKS="9", ANSIBLE_INVENTORY="a,b,", ANSIBLE_STDOUT_CALLBACK="yaml"
    )
    found = ansible_settings(given, folder(tmp_path))
    assert (found.value("forks"), found.settings["forks"].origin) == (9, "ANSIBLE_FORKS")
    assert found.value("inventory") == ("a,b,",)
    assert "no meaning here have the variables ANSIBLE_STDOUT_CALLBACK" in found.notes
    assert "forks is 9 (ANSIBLE_FORKS)" in list(found.lines)


def test_a_folder_that_everybody_may_write_to_does_not_count(tmp_path: Path) -> None:
    here = folder(tmp_path)
    here.chmod(0o777)
    found = ansible_settings(environ(tmp_path), here)
    assert not found.settings
    assert found.notes == (f"{here}/ansible.cfg is not read: everybody may write to its folder",)
    named = environ(tmp_path, ANSIBLE_CONFIG=str(here / "ansible.cfg"))
    assert ansible_settings(named, tmp_path).value("forks") == 7


def test_the_home_is_looked_into_after_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".ansible.cfg").write_text("[defaults]\nforks = 3\n")
    here = folder(tmp_path)
    assert ansible_settings(environ(tmp_path), here).value("forks") == 7
    assert ansible_settings(environ(tmp_path), tmp_path / "project" / "..").value("forks") == 3
    lost = ansible_settings(environ(tmp_path, ANSIBLE_CONFIG="/no/cfg"), tmp_path)
    assert lost.value("forks") == 3
    assert lost.notes == ("ANSIBLE_CONFIG names /no/cfg, which is not there",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[defaults]\nforks = many\n", ":2:1: forks 'many' has to be a whole number from 1 on"),
        ("[defaults]\n\ntimeout = -1\n", ":3:1: timeout '-1' has to be a number of seconds"),
        ("[defaults]\nremote_port = 22x\n", ":2:1: remote_port '22x' has to be a port"),
        ("forks = 3\n", ":1:1: ansible.cfg has sections"),
        ("[defaults]\nhost_key_checking = perhaps\n", ":2:1: host_key_checking 'perhaps' has to"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    here = folder(tmp_path, text)
    with pytest.raises(Invalid) as caught:
        ansible_settings(environ(tmp_path), here)
    assert f"{here}/ansible.cfg{sentence}" in str(caught.value)


def test_ansible_reads_the_same(tmp_path: Path) -> None:
    """ansible-core is asked what it makes of the file."""
    here = folder(tmp_path, CFG.replace("timeout = 3", "timeout = 30"))
    ask = (
        "from ansible import constants as C;"
        "print([C.DEFAULT_HOST_LIST, C.DEFAULT_ROLES_PATH, C.DEFAULT_REMOTE_USER,"
        " C.DEFAULT_PRIVATE_KEY_FILE, C.HOST_KEY_CHECKING, C.DEFAULT_FORKS, C.DEFAULT_BECOME,"
        " C.DEFAULT_BECOME_USER])"
    )
    given = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environ(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=here, env=given, capture_output=True, text=True, check=True
    )
    settings = ansible_settings(given, here)
    names = ("inventory", "roles_path", "remote_user", "private_key_file", "host_key_checking")
    ours = [settings.value(name) for name in (*names, "forks", "become", "become_user")]
    ours[:2] = [list(each) for each in ours[:2]]
    ours[1][1] = f"{tmp_path}/r"
    assert done.stdout.strip() == str(ours)
