"""A host's key: seen, and compared with what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from suture.connect.fabric_link import hop_of, jump_link, shaken, way
from suture.connect.host_key import HostKey
from suture.connect.host_settings import HostSettings, settings_of
from suture.connect.known_hosts import KeyTrust, Vouching, vouching
from suture.connect.target import Target
from suture.errors import Unreachable


def on_the_way(
    target: Target, settings: HostSettings | None = None
) -> Iterator[tuple[Target, HostSettings]]:
    """The hosts whose keys count on the way to a target: its jump hosts, and itself last."""
    found = settings or settings_of(target)
    if found.jump:
        hop, own = hop_of(target, found)
        yield from on_the_way(hop, own)
    yield target, found


def offered(target: Target, settings: HostSettings) -> HostKey:
    """The key that the host offers now; its jump hosts' have to be known already."""
    import paramiko

    where = target.where(settings.port)
    said = vouched(target, settings)
    jump = jump_link(target, settings)
    try:
        transport = shaken(way(settings, jump, target.timeout, where), said.kinds)
        transport.start_client(timeout=target.timeout)
        key = transport.get_remote_server_key()
        transport.close()
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise Unreachable(f"{where}: {error}") from None
    finally:
        if jump is not None:
            jump.close()
    return HostKey(said.name, key.get_name(), key.get_base64())


def vouched(target: Target, settings: HostSettings) -> Vouching:
    """What all files say of the host."""
    files = (*settings.known_hosts, *target.known_hosts)
    return vouching(files, settings.address, settings.port, settings.alias)


def known(target: Target, settings: HostSettings, key: HostKey) -> KeyTrust:
    """What is known of a key that the host offers."""
    return vouched(target, settings).verdict(key.kind, key.encoded)
