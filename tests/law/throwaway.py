"""Names for users and groups that exist for a moment only, on a host that others use too."""

from __future__ import annotations

import atexit
import os
import re
import subprocess
from pathlib import Path

USER = f"suture-test-u{os.getpid()}"
GROUP = f"suture-test-g{os.getpid()}"
OTHER_GROUP = f"suture-test-v{os.getpid()}"
NUMBER = 200000 + os.getpid() % 90000 * 10
"""The first of ten numbers for users and groups that no other process uses."""


def cleared() -> None:
    """No throw-away user or group is left: neither this process's nor one of a process killed."""
    if os.geteuid() != 0:
        return
    for database, tool in (("passwd", "userdel"), ("group", "groupdel")):
        listing = subprocess.run(["getent", database], stdout=subprocess.PIPE, check=False).stdout
        for line in listing.decode().splitlines():
            name = line.partition(":")[0]
            found = re.fullmatch(r"suture-test-[a-z](\d+)", name)
            if found and (int(found[1]) == os.getpid() or not Path("/proc", found[1]).exists()):
                subprocess.call([tool, name], stderr=subprocess.DEVNULL)


cleared()
atexit.register(cleared)
