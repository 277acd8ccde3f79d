"""The practice droplet's tasks: what is typed as `./inv lab.up` and the like."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke import Collection, Context, Exit, task

from lab.droplet import Droplet, Login, default_root
from lab.errors import LabError

LAB = Path(__file__).resolve().parent


def practice_droplet() -> Droplet:
    """The droplet of this checkout."""
    return Droplet(default_root(LAB.parent), LAB / "app")


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in the lab is told in its own words, with exit code 1."""
    try:
        yield
    except LabError as error:
        raise Exit(f"lab: {error}", code=1) from None
    except OSError as error:
        raise Exit(f"lab: {error}", code=1) from None


def _announce(login: Login) -> None:
    """Where the project's inventory looks for the practice droplet."""
    place = LAB.parent / ".suture" / "lab.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(login.as_json() + "\n")


def _say(line: str) -> None:
    print(line, flush=True)


@task
def up(_context: Context) -> None:
    """Bring up the practice droplet: a host of your own with the broken application on it."""
    with _told():
        login = practice_droplet().up(_say)
        _announce(login)
    _say(f"The practice droplet is up: {login.user}@{login.host}, port {login.port}.")
    _say(f"The application is in {login.app_dir}. Log in with: ./inv lab.ssh")


@task(help={"purge": "remove its files too, and the account that root made for it"})
def down(_context: Context, purge: bool = False) -> None:
    """End the practice droplet; nothing of it keeps running."""
    with _told():
        practice_droplet().down(_say, purge=purge)
    _say("The practice droplet is removed." if purge else "The practice droplet is down.")


@task
def reset(_context: Context) -> None:
    """Break the practice droplet again, the way it was at first."""
    with _told():
        differed = practice_droplet().reset(_say)
    _say(f"The practice droplet is as it was at first; {differed} files and folders were put back.")


@task(help={"command": "run this there instead of opening a shell"})
def ssh(_context: Context, command: str = "") -> None:
    """Open a shell on the practice droplet, or run a command there."""
    with _told():
        login = practice_droplet().login()
        arguments = login.ssh(*([command] if command else []))
        sys.stdout.flush()
        os.execvp(arguments[0], arguments)


@task(help={"json": "one line of JSON, for scripts"})
def info(_context: Context, json: bool = False) -> None:
    """How to reach the practice droplet, and where things are on it."""
    with _told():
        login = practice_droplet().login()
    if json:
        _say(login.as_json())
        return
    for name, value in login.as_pairs():
        _say(f"{name:12} {value}")


ns = Collection("lab", up, down, reset, ssh, info)
