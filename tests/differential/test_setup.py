"""The facts that playbooks commonly read are ansible-core's, on this very machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from suture.agent.modules import setup
from suture.agent.world.world import World

pytestmark = pytest.mark.differential

SAME = [
    "all_ipv4_addresses",
    "all_ipv6_addresses",
    "apparmor",
    "architecture",
    "bios_vendor",
    "cmdline",
    "default_ipv4",
    "default_ipv6",
    "distribution",
    "distribution_major_version",
    "distribution_release",
    "distribution_version",
    "dns",
    "effective_group_id",
    "effective_user_id",
    "fips",
    "fqdn",
    "domain",
    "hostname",
    "kernel",
    "kernel_version",
    "machine",
    "machine_id",
    "memtotal_mb",
    "nodename",
    "os_family",
    "pkg_mgr",
    "proc_cmdline",
    "processor",
    "processor_cores",
    "processor_count",
    "processor_nproc",
    "processor_threads_per_core",
    "processor_vcpus",
    "product_name",
    "python_version",
    "real_group_id",
    "real_user_id",
    "service_mgr",
    "swaptotal_mb",
    "system",
    "user_dir",
    "user_gecos",
    "user_gid",
    "user_id",
    "user_shell",
    "user_uid",
    "userspace_architecture",
    "userspace_bits",
]
MOVING = ("block_available", "block_used", "inode_available", "inode_used", "size_available")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", "setup"]
    command += [
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        f"ansible_python_interpreter={Path(sys.executable).resolve()}",  # no space is in that
    ]
    env = {**os.environ, "ANSIBLE_HOME": str(home), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])["ansible_facts"]
    return facts


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    facts: dict[str, Any] = setup.apply(setup.Args(), World())["ansible_facts"]
    return facts


@pytest.mark.parametrize("name", SAME)
def test_same_fact(ours: dict[str, Any], theirs: dict[str, Any], name: str) -> None:
    if f"ansible_{name}" not in theirs:
        pytest.skip("ansible-core does not have it here")
    assert ours[f"ansible_{name}"] == theirs[f"ansible_{name}"]


@pytest.mark.skipif(
    shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None,
    reason="ansible-core needs ip: apt-get install iproute2",
)
def test_same_interfaces(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert sorted(ours["ansible_interfaces"]) == sorted(theirs["ansible_interfaces"])
    for name in theirs["ansible_interfaces"]:
        fact = "ansible_" + name.replace("-", "_").replace(".", "_")
        for key in ("device", "active", "type", "mtu", "macaddress", "promisc", "ipv4", "ipv6"):
            assert ours[fact].get(key) == theirs[fact].get(key), f"{name}: {key}"


def test_same_mounts(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """But for the word "bind": ansible-core asks findmnt, which does not see all of them in a chroot
    or a container."""

    def steady(facts: dict[str, Any]) -> list[dict[str, Any]]:
        kept = [
            {k: v for k, v in each.items() if k not in MOVING} for each in facts["ansible_mounts"]
        ]
        for mount in kept:
            mount["options"] = mount["options"].removesuffix(",bind")
        return sorted(kept, key=lambda mount: str(mount["mount"]))

    assert [m["mount"] for m in steady(ours)] == [m["mount"] for m in steady(theirs)]
    for mine, its in zip(steady(ours), steady(theirs), strict=True):
        assert {key: mine.get(key) for key in its} == its


def test_same_python_and_memory(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours["ansible_python"]["version"] == theirs["ansible_python"]["version"]
    assert ours["ansible_python"]["version_info"] == theirs["ansible_python"]["version_info"]
    assert abs(ours["ansible_memfree_mb"] - theirs["ansible_memfree_mb"]) < 4096
    mine, its = ours["ansible_memory_mb"], theirs["ansible_memory_mb"]
    assert {key: set(mine[key]) for key in mine} == {key: set(its[key]) for key in its}


def test_same_virtualization(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name in ("role", "type", "tech_guest"):
        mine, its = ours[f"ansible_virtualization_{name}"], theirs[f"ansible_virtualization_{name}"]
        assert (sorted(mine), name) == (sorted(its), name)


def test_same_shape_of_the_date(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    mine, its = ours["ansible_date_time"], theirs["ansible_date_time"]
    assert set(its) <= set(mine)
    for name in ("year", "tz", "tz_dst", "tz_offset"):
        assert mine[name] == its[name]
    assert {name: len(mine[name]) for name in its} == {name: len(its[name]) for name in its} or (
        mine["weekday"] != its["weekday"]
    )


def test_same_environment(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name in ("PATH", "HOME"):
        assert ours["ansible_env"].get(name) == theirs["ansible_env"].get(name)
