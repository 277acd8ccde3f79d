"""The floor: import Fabric, connect to every host at once, run one empty Python on each.

Run by an environment that has Fabric and nothing else of ours: python floor.py HOSTS.json
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fabric import Connection


def reached(host: dict[str, Any]) -> None:
    """One connection, one command."""
    options = {"key_filename": host["key"], "look_for_keys": False, "allow_agent": False}
    with Connection(
        host["host"], user=host["user"], port=host["port"], connect_kwargs=options
    ) as connection:
        connection.run("python3 -c ''", in_stream=False)


hosts = json.loads(Path(sys.argv[1]).read_text())
if len(hosts) == 1:
    reached(hosts[0])
else:
    with ThreadPoolExecutor(len(hosts)) as threads:
        list(threads.map(reached, hosts))
