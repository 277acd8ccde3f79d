# mypy: ignore-errors
# (Executed, not imported: it reads a name that its caller has bound.)
# Run on the host instead of a new agent, with ``stream`` open, when a controller comes back after its
# connection was lost: hands this connection to the agent that waits, and stays while it is used.
import array
import json
import os
import socket
import struct
import sys


def connected(name):
    """A connection to the agent of that name, if there is one and it is this very user's."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect("\0suture-agent-" + name)
    peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    if struct.unpack("3i", peer)[1] != os.geteuid():
        raise OSError("somebody else's")
    return client


def boot():
    """What is different after each start of the machine; empty where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


asked = json.loads(stream.readline())  # noqa: F821  (bound by the bootstrap command)
try:
    agent = connected(asked["name"])
except OSError:
    said = json.dumps({"event": "nobody", "boot": boot()}).encode()
    sys.stdout.buffer.write(b"\0suture-agent-1\0\n" + struct.pack(">I", len(said)) + said)
    sys.stdout.flush()
    os._exit(0)
handed = array.array("i", [stream.fileno(), 1, 2])  # noqa: F821
agent.sendmsg([json.dumps(asked).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])
null = os.open(os.devnull, os.O_RDWR)
for descriptor in (stream.fileno(), 0, 1, 2):  # noqa: F821
    os.dup2(null, descriptor)
agent.recv(1)
os._exit(0)
