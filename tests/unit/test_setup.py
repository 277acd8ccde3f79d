"""setup: what is read of the kernel's files, and how long it takes."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.agent.facts import hardware
from suture.agent.facts.network import addresses, default_route, ipv4
from suture.agent.facts.system import local_fact, named, os_release
from suture.agent.modules import setup
from suture.agent.world.world import World


def test_facts_take_no_time() -> None:
    """The processor's time: how long it takes besides says how busy the machine is."""
    setup.apply(setup.Args(), World())
    seconds = []
    for _ in range(5):
        began = time.process_time()
        setup.apply(setup.Args(), World())
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.05


def test_a_file_system_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = threading.Event()

    def hung(path: str) -> None:
        freed.wait(20)
        raise OSError(path)

    monkeypatch.setattr(hardware.os, "statvfs", hung)
    monkeypatch.setattr(hardware, "text", lambda path, world: "srv:/x /mnt nfs rw 0 0")
    began = time.monotonic()
    facts = hardware.mount_facts(World(), 0.2)
    freed.set()
    assert time.monotonic() - began < 5
    assert facts["mounts"][0]["note"].startswith("Timed out")
    assert facts["mounts"][0]["fstype"] == "nfs"


@pytest.mark.parametrize(
    ("subsets", "inside", "outside"),
    [
        (["all"], {"platform", "network", "mounts", "local"}, set()),
        (["min"], {"platform", "user"}, {"network", "mounts"}),
        (["!all"], {"platform"}, {"network", "memory"}),
        (["!all", "!min", "network"], {"network"}, {"platform", "user"}),
        (["network"], {"network", "platform"}, {"mounts"}),
        (["!hardware"], {"network", "platform"}, {"mounts", "memory"}),
        (["all", "!network"], {"mounts"}, {"network"}),
        (["!all", "!min", "distribution"], {"distribution"}, {"platform"}),
    ],
)
def test_collectors(subsets: list[str], inside: set[str], outside: set[str]) -> None:
    found = setup.collectors(subsets)
    assert inside <= found
    assert not outside & found


def test_filter() -> None:
    args = setup.Args(gather_subset=["min"], filter=["ansible_user_*", "kernel"])
    facts = setup.apply(args, World())["ansible_facts"]
    names = {name for name in facts if name.startswith("ansible_")}
    assert "ansible_kernel" in names
    assert all(name.startswith(("ansible_user_", "ansible_kernel")) for name in names)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ('ID=debian\nNAME="Debian GNU/Linux"\n', ("Debian", "Debian")),
        ("ID=ubuntu\n", ("Ubuntu", "Debian")),
        ('ID="rhel"\n', ("RedHat", "RedHat")),
        ('ID=new\nNAME="New OS"\nID_LIKE="odd fedora"\n', ("New OS", "RedHat")),
        ("", ("Linux", "Linux")),
    ],
)
def test_distributions(content: str, wanted: tuple[str, str]) -> None:
    assert named(os_release(content)) == wanted


@given(st.text())
def test_any_file_is_read(text: str) -> None:
    os_release(text)
    hardware.cpuinfo(text)
    hardware.mounted(text)
    local_fact(text, "/x.fact")


def test_mounted() -> None:
    table = r"""proc /proc proc rw 0 0
/dev/vda1 / ext4 rw,relatime 0 1
srv:/export /mnt/with\040blank nfs4 rw 0 0
"""
    assert [entry[:3] for entry in hardware.mounted(table)] == [
        ("/dev/vda1", "/", "ext4"),
        ("srv:/export", "/mnt/with blank", "nfs4"),
    ]


def test_cpuinfo_of_another_machine() -> None:
    blocks = hardware.cpuinfo("processor : 0\nBogoMIPS : 1\n\nprocessor\t: 1\n\nHardware : X\n")
    assert [block["processor"] for block in blocks] == ["0", "1"]


def test_default_route() -> None:
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    rows = "eth1 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
    rows += "eth0 00000000 FE0200C0 0003 0 0 50 00000000 0 0 0\n"
    rows += "eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
    assert default_route(head + rows) == ("eth0", "192.0.2.254")
    assert default_route(head) is None


def test_addresses_of_this_machine() -> None:
    assert ("127.0.0.1", 8, "host") in [(found[1], found[2], found[3]) for found in addresses()]
    assert ipv4("192.0.2.9", 24, "")["network"] == "192.0.2.0"
