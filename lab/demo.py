"""The whole story on the practice droplet, told by the commands that an operator would type."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scene:
    """A command, what it shows, and the exit codes that are part of the story."""

    words: str
    command: tuple[str, ...]
    good: tuple[int, ...] = (0,)


SCENES = (
    Scene("A droplet of our own: a real sshd on loopback, with a broken application.", ("lab.up",)),
    Scene("Broken the way it was at first.", ("lab.reset",)),
    Scene("Which tests fail now? Recorded, so that a fix can be proven.", ("baseline",)),
    Scene(
        "What would be done? Nothing is touched (exit 2: there is something to do).",
        ("remediate", "--phase", "all", "--dry-run"),
        (2,),
    ),
    Scene(
        "Each phase applied, verified, recorded. Phase 3 installs torch: a minute or two.",
        ("remediate", "--phase", "all"),
    ),
    Scene("Again: nothing is left to change.", ("remediate", "--phase", "all")),
    Scene("Every phase and the whole suite, before and after.", ("verify-all",)),
    Scene("The plan's progress.", ("status",)),
)


def told(root: Path, *, keep: bool) -> int:
    """Play every scene in order; the first that goes wrong ends the story with its exit code."""
    began = time.monotonic()
    for number, scene in enumerate(SCENES, 1):
        print(f"\n── {number}/{len(SCENES)}  {scene.words}", flush=True)
        print(f"$ ./inv {' '.join(scene.command)}", flush=True)
        code = _ran(root, scene.command)
        if code not in scene.good:
            print(f"\nThe demo ends here: that command ended with {code}.", file=sys.stderr)
            return code or 1
    if not keep:
        _ran(root, ("lab.down",))
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    print(f"\nThat was the demo, in {minutes} min {seconds} s.", end=" ")
    print(
        "Look around with ./inv lab.ssh, ./inv history, ./inv report; end it with ./inv lab.down."
    )
    return 0


def _ran(root: Path, command: tuple[str, ...]) -> int:
    """The exit code of one of the project's tasks, always on the practice droplet."""
    real = ("DROPLET_HOST", "DROPLET_PORT", "DROPLET_USER", "DROPLET_KEY", "APP_DIR")
    environ = {name: value for name, value in os.environ.items() if name not in real}
    environ.pop("SUTURE_INVENTORY", None)
    words = [sys.executable, "-P", "-m", "invoke", "--search-root", str(root), *command]
    return subprocess.run(words, env=environ, check=False).returncode
