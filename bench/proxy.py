"""A TCP proxy that holds everything back for a while in each direction, as a long cable does.

    python -m bench.proxy ADDRESS TARGET_ADDRESS TARGET_PORT SECONDS

prints the port that it listens on, and then a line for each connection: when its first byte came
from the client, on the monotonic clock that all processes of the machine share.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

CHUNK = 256 * 1024


async def _carried(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, told: bool
) -> None:
    """Everything from one end, each piece when its time has come at the other."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=1024)

    async def taken() -> None:
        first = told
        while True:
            data = await reader.read(CHUNK)
            if first and data:
                first = False
                print(f"{time.monotonic():.6f}", flush=True)
            await pieces.put((loop.time() + delay, data))
            if not data:
                return

    async def given() -> None:
        while True:
            due, data = await pieces.get()
            if (left := due - loop.time()) > 0:
                await asyncio.sleep(left)
            if not data:
                writer.close()
                return
            writer.write(data)
            await writer.drain()

    async with asyncio.TaskGroup() as both:
        both.create_task(taken())
        both.create_task(given())


async def _served(address: str, target: str, port: int, delay: float) -> None:
    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await asyncio.open_connection(target, port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_carried(reader, away, delay, told=True))
                both.create_task(_carried(there, writer, delay, told=False))
        except* ConnectionError:
            pass  # either end may go away at any time
        finally:
            writer.close()
            away.close()

    server = await asyncio.start_server(met, address, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@dataclass(frozen=True)
class Cable:
    """A running proxy: where it listens, and when each connection's first byte came."""

    port: int
    told: queue.SimpleQueue[float]

    def first_byte(self, after: float, patience: float = 5.0) -> float:
        """When the first byte came of the first connection after this time; OSError where there
        was none."""
        while True:
            try:
                came = self.told.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError("there was no connection") from None
            if came > after:
                return came


@contextmanager
def cable(address: str, port: int, delay: float) -> Iterator[Cable]:
    """A proxy to this address and port, as a process of its own while the block runs."""
    command = [sys.executable, "-m", "bench.proxy", address, address, str(port), str(delay)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
        start_new_session=True,  # a Ctrl-C is the benchmark's, which ends it
    ) as process:
        assert process.stdout is not None
        try:
            listens = int(process.stdout.readline())
            told: queue.SimpleQueue[float] = queue.SimpleQueue()
            threading.Thread(target=_heard, args=(process.stdout, told), daemon=True).start()
            yield Cable(listens, told)
        finally:
            process.kill()


def _heard(lines: IO[str], told: queue.SimpleQueue[float]) -> None:
    for line in lines:
        told.put(float(line))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_served(sys.argv[1], sys.argv[2], int(sys.argv[3]), delay=float(sys.argv[4])))
