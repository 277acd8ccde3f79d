"""The variables that say how a host is reached are converted and checked, wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suture.connect.target import target_of
from suture.errors import Invalid, SutureError
from suture.inventory.reader import inventory


def refused(path: Path) -> list[str]:
    with pytest.raises(Invalid) as caught:
        inventory([str(path)])
    return [str(problem).replace(str(path.parent) + "/", "") for problem in caught.value.problems]


def test_a_wrong_value_is_told_with_its_place_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "inv.yml"
    file.write_text(
        "all:\n  vars:\n    ansible_timeout: soon\n  hosts:\n    x:\n"
        "      ansible_port: 22x\n      ansible_host_key_checking: perhaps\n"
        "    y: {ansible_port: 70000, ansible_user: [a]}\n    z: {ansible_port: '{{ p }}'}\n"
        "    ok: {ansible_port: '2222', ansible_host_key_checking: 'no', ansible_timeout: 2.5}\n"
    )
    assert refused(file) == [
        "inv.yml:3:22: ansible_timeout 'soon' has to be a number of seconds, more than 0",
        "inv.yml:6:21: ansible_port '22x' has to be a port, a number from 1 to 65535",
        "inv.yml:7:34: ansible_host_key_checking 'perhaps' has to be yes or no",
        "inv.yml:8:23: ansible_port '70000' is no port: those go from 1 to 65535",
        "inv.yml:8:44: ansible_user '['a']' has to be text",
    ]


def test_a_wrong_value_is_told_with_its_place_in_ini(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("[web]\nx ansible_port=22x\n[web:vars]\nansible_host=-oProxyCommand=id\n")
    assert refused(file) == [
        "hosts:2:1: ansible_port '22x' has to be a port, a number from 1 to 65535",
        (
            "hosts:4:1: ansible_host '-oProxyCommand=id' has to be a host's name or address,"
            " without spaces or a '-' at its start"
        ),
    ]


def test_a_wrong_value_is_told_with_its_place_in_host_vars(tmp_path: Path) -> None:
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "x.yml").write_text("---\nansible_port: true\n")
    file = tmp_path / "inv.yml"
    file.write_text("all: {hosts: {x: }}\n")
    assert [said.rpartition("/")[2] for said in refused(file)] == [
        "x.yml:2:15: ansible_port 'True' has to be a port, a number from 1 to 65535"
    ]


@pytest.mark.parametrize(
    ("variables", "field", "expected"),
    [
        ({"ansible_port": "2222"}, "port", 2222),
        ({"ansible_ssh_port": 2222}, "port", 2222),
        ({"ansible_port": ""}, "port", None),
        ({"ansible_host_key_checking": "false"}, "strict", False),
        ({"ansible_host_key_checking": "no"}, "strict", False),
        ({"ansible_ssh_host_key_checking": "Off"}, "strict", False),
        ({"ansible_host_key_checking": "yes"}, "strict", True),
        ({"ansible_timeout": "3"}, "timeout", 3.0),
        ({"ansible_password": 1234}, "password", "1234"),
        ({"ansible_connection": "ssh"}, "transport", "openssh"),
        ({"ansible_connection": "paramiko"}, "transport", "fabric"),
        ({"ansible_connection": "smart"}, "transport", ""),
        (
            {"ansible_ssh_args": "-C", "ansible_ssh_extra_args": "-4"},
            "ssh_args",
            ("-C", "-4"),
        ),
    ],
)
def test_a_value_is_converted(variables: dict[str, Any], field: str, expected: Any) -> None:
    target = target_of("x", variables, strict=True, known="")
    assert getattr(target, field) == expected


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ansible_port": "22x"}, "host x: ansible_port '22x' has to be a port"),
        ({"ansible_timeout": "-1"}, "host x: ansible_timeout '-1' has to be a number of seconds"),
        ({"ansible_password": ["a"]}, "host x: ansible_password has to be text"),
    ],
)
def test_a_wrong_value_from_elsewhere_names_host_and_variable(
    variables: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SutureError) as caught:
        target_of("x", variables, strict=True, known="")
    assert str(caught.value).startswith(sentence)
