"""A module that was written for Ansible has been run, as the operator has it installed."""

from __future__ import annotations

import functools
import json
import os
import sys
import zlib
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..protocol.content import Content
from ..protocol.spec import arg
from ..world.beyond import Answer, marked
from ..world.world import World
from . import answers
from .warm import WarmProcesses


@dataclass(frozen=True)
class Args:
    name: str = arg("The module's dotted name, as Python would import it.")
    kind: str = arg("How it is run: python, or json, jsonargs, binary and old for a program.")
    packs: List[Content] = arg("The sources, packed; the last one says what the module needs.")
    args: Dict[str, Any] = arg("What the task gives it.")
    told: Dict[str, Any] = arg("What Ansible tells a module beside that.")
    checks: bool = arg("Whether it can be asked without anything being changed.")
    overlay: str = arg(
        "Whether it is run in a copy of the host's files, so that it can be undone: files, if it"
        " concerns nothing else, always, or not at all.",
        "",
    )
    undone: bool = arg("Whether the task says how it is undone.", False)


def apply(args: Args, world: World) -> Dict[str, Any]:
    def ask(pretend: bool) -> Answer:
        request = _request(args, world, pretend)
        if pretend or not world.is_noted:
            return _read(args, _processes(os.getpid()).answer(request, _sources(args)))
        answer = _overlaid(args, request, world) if args.overlay else None
        if answer is not None:
            return answer
        answer = _read(args, _processes(os.getpid()).answer(request, _sources(args)))
        final = not args.undone
        return replace(answer, changes=[marked(each, final=final) for each in answer.changes])

    def final() -> bool:
        return not args.undone and bool(_refusal(args))

    short = args.name.rpartition(".")[2]
    return world.beyond(short, args.args, ask, checks=args.checks, final=final)


def _refusal(args: Args) -> str:
    """Why what it does cannot be seen, and so not be undone; empty where it can."""
    if not args.overlay:
        return "it reaches for more than files"
    try:
        from .overlaid import refusal
    except ImportError as error:
        return f"this Python is not whole ({error})"
    return refusal()


def _read(args: Args, said: Mapping[str, Any]) -> Answer:
    return answers.answer(args.name, said, args.args)


def _overlaid(args: Args, request: Mapping[str, Any], world: World) -> Optional[Answer]:
    """What came of the call in a copy; None where it has to be made for real."""
    try:
        from .overlaid import overlaid
    except ImportError:  # this Python is not whole
        return None

    def read(said: Mapping[str, Any]) -> Answer:
        return _read(args, said)

    return overlaid(_processes(os.getpid()), request, _sources(args), read, world, args.overlay)


@functools.lru_cache(maxsize=1)
def _processes(_pid: int) -> WarmProcesses:
    """One set for the agent, and one for a job of its own: they end when it does."""
    return WarmProcesses()


def _request(args: Args, world: World, pretend: bool) -> Dict[str, Any]:
    told = dict(args.told)
    if "_ansible_check_mode" in told:
        told["_ansible_check_mode"] = pretend
    request: Dict[str, Any] = {
        "name": args.name,
        "kind": args.kind,
        "args": {**args.args, **told},
        "environment": dict(world.environment),
        "seconds": world.seconds_left(),
    }
    if args.kind != "python":
        manifest = _unpacked(args.packs[-1])
        request["data"] = manifest["data"]
        request["interpreter"] = sys.executable
    return request


def _sources(args: Args) -> Mapping[str, Tuple[str, str, bool]]:
    """What the module needs, by dotted name: text, hash, and whether a package."""
    return _needed(tuple(args.packs))


@functools.lru_cache(maxsize=256)
def _needed(packs: Sequence[Content]) -> Mapping[str, Tuple[str, str, bool]]:
    texts: Dict[str, str] = {}
    for pack in packs:
        texts.update(_unpacked(pack)["texts"])
    needs = _unpacked(packs[-1])["needs"]
    return {name: (texts[sha], sha, package) for name, (sha, package) in needs.items()}


@functools.lru_cache(maxsize=256)
def _unpacked(pack: Content) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(zlib.decompress(pack.bytes()))
    return found
