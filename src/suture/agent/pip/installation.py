"""What the pip module does in one environment: look, resolve, judge, act, look again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..protocol.spec import Failure
from ..world.done import Done
from ..world.world import World
from .complaints import reason, unreached
from .distributions import normal
from .environment import Environment, pip_command
from .requirements import Lines, Options
from .reversal import Commands, restored

REPORTS = (22, 2)
"""The first pip that tells beforehand what it would install."""

ALWAYS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
FLAGS: Dict[str, List[str]] = {
    "present": [],
    "latest": ["--upgrade"],
    "forcereinstall": ["--upgrade", "--force-reinstall"],
}
SHOWN = 3
"""Chains, complaints or names that an error's sentence lists at most."""


@dataclass(frozen=True)
class PipRequest:
    """What pip is to bring or take: ``names`` as its command line has them, ``files`` and
    ``limits`` (requirements and constraints files) drawn together."""

    state: str
    names: List[Dict[str, Any]]
    files: Lines
    limits: Lines
    options: Options
    requirements: List[str] = field(default_factory=list)
    constraints: List[str] = field(default_factory=list)
    forbid: List[str] = field(default_factory=list)
    sources: List[List[str]] = field(default_factory=list)
    consistent: bool = False
    binary: bool = False
    system: bool = False
    umask: str = ""
    chdir: str = ""

    def question(self, op: str, **more: Any) -> Dict[str, Any]:
        """A question to the probe about all of this."""
        return {
            "op": op,
            "asks": [*self.names, *self.files.asks],
            "constraints": [*self.files.constraints, *self.limits.constraints, *self.constraints],
            "forbid": self.forbid,
            "dependencies": self.options.dependencies,
            **more,
        }

    def flags(self, source: Sequence[str]) -> List[str]:
        """pip's options, without the files and names."""
        binary = ["--only-binary", ":all:"] if self.binary else []
        return [*ALWAYS, *FLAGS[self.state], *binary, *self.options.rest, *source]


@dataclass(frozen=True)
class Resolution:
    """What pip would do with one of the sources."""

    source: List[str]
    rows: List[Dict[str, Any]]
    again: Dict[str, Any]
    installed: List[Dict[str, Any]]
    held: List[Dict[str, Any]]
    before: Dict[str, str]
    after: Dict[str, str]

    @property
    def all_rows(self) -> List[Dict[str, Any]]:
        return [*self.rows, *self.again["rows"]]

    @property
    def complaints(self) -> List[str]:
        """What would be wrong afterwards that is not wrong now."""
        return [text for key, text in sorted(self.after.items()) if key not in self.before]


@dataclass(frozen=True)
class Installation:
    """One task's work in one environment."""

    wanted: PipRequest
    env: Environment
    world: World

    # -- bringing ------------------------------------------------------------------------------

    def installed(self) -> Dict[str, Any]:
        """What is asked for is there; the data to return."""
        wanted = self.wanted
        asked = wanted.state == "present" and not wanted.options.forced and not wanted.files.opaque
        told = self._asked(wanted.question("look", facts=not asked))
        if asked and "unmet" in told and not told["unmet"]:
            if told["forbidden"]:
                raise Failure(_refusal(told["forbidden"], "is installed already"))
            return {}
        facts = self._facts(told)
        self._check_permitted(facts)
        if _numbers(facts["pip"]) < REPORTS:
            return self._unforeseen(facts)
        resolution = self._resolution()
        if not resolution.all_rows:
            return {"source": resolution.source}
        if wanted.consistent and resolution.complaints:
            raise Failure(
                f"nothing was installed: afterwards {_few(resolution.complaints, '; ')}",
                complaints=resolution.complaints,
                resolution=resolution.all_rows,
            )
        return self._performed(resolution, facts)

    def _resolution(self) -> Resolution:
        """pip's resolution with the first source that gives one with nothing forbidden."""
        wanted, refusals = self.wanted, []
        sources = wanted.sources or [[]]
        self.world.say("pip resolves what is missing")
        for source in sources:
            told = self._asked(
                wanted.question(
                    "resolve",
                    options=wanted.flags(source),
                    names=wanted.names,
                    lines=wanted.files.lines,
                    limits=[
                        *wanted.files.limits,
                        *wanted.limits.limits,
                        *wanted.constraints,
                    ],
                )
            )
            if told["rc"]:
                refusals.append((reason(told["stdout"], told["stderr"]), told))
            elif told["forbidden"]:
                brought = _refusal(told["forbidden"], "would come along")
                refusals.append((f"{unreached(told['unfetched'])}{brought}", told))
            else:
                before, after = told["complaints"]
                rows, again = told["rows"], told["again"]
                installed, held = told["installed"], told["held"]
                return Resolution(source, rows, again, installed, held, before, after)
        if len(refusals) == 1:
            raise _failure(*refusals[0])
        tried = [
            f"with {' '.join(source) or 'no further options'}: {text}"
            for source, (text, _) in zip(sources, refusals)
        ]
        raise _failure(f"no source will do: {'; '.join(tried)}", refusals[-1][1])

    def _performed(self, resolution: Resolution, facts: Dict[str, Any]) -> Dict[str, Any]:
        """Install exactly what was resolved, and look whether that is what is there now."""
        wanted = self.wanted
        known = {"facts": facts, "installed": resolution.installed}
        pins = [f"{row['name']}=={row['to']}" for row in resolution.rows]
        limits = "".join(f"{line}\n" for line in [*wanted.constraints, *pins])
        commands = [(self._command(resolution.source, facts), resolution.rows)]
        texts = resolution.again["texts"]
        force = [*wanted.flags(resolution.source), "--force-reinstall", "--no-deps", *texts]
        commands.append((self._pip(facts, "install", *force), resolution.again["rows"]))
        commands = [(command, rows) for command, rows in commands if rows]
        done = Done(("pip",), ran=False)
        with self.world.scratch(limits.encode(), "constraints.txt", 0o600) as path:
            for command, rows in commands:
                last = [*command, "-c", path]
                flags = [*ALWAYS, *wanted.options.rest, *resolution.source]
                undo = restored(self._pip(facts), rows, resolution.held, flags)
                done = self._run(last, facts, "install", rows, known, undo)
                if done.rc:
                    break
        data = {
            "cmd": commands[0][0],
            "stdout": done.out,
            "stderr": done.err,
            "resolution": resolution.all_rows,
            "source": resolution.source,
            "complaints": resolution.complaints,
        }
        return {**data, **self._proof(done, resolution, data)} if done.ran else data

    def _proof(self, done: Done, resolution: Resolution, data: Dict[str, Any]) -> Dict[str, Any]:
        """pip's exit code proves nothing: look again."""
        names = [row["name"] for row in resolution.all_rows]
        told = self._asked(self.wanted.question("look", names=names, all=True))
        wrong = [] if self.wanted.state == "forcereinstall" else list(told["unmet"])
        for row in resolution.all_rows:
            version = told["versions"].get(normal(row["name"]), {}).get("version", "missing")
            if version != row["to"]:
                wrong.append(f"{row['name']} is {version}, not {row['to']}")
        data = {**data, "rc": done.rc}
        if wrong and done.rc:
            raise Failure(reason(done.out, done.err), **data)
        if wrong:
            raise Failure(f"pip said that it was done, but {_few(wrong, '; ')}", **data)
        if told["forbidden"]:
            raise Failure(_refusal(told["forbidden"], "has come along all the same"), **data)
        now = told["complaints"][0]
        complaints = [text for key, text in sorted(now.items()) if key not in resolution.before]
        if complaints and self.wanted.consistent:
            raise Failure(f"now {_few(complaints, '; ')}", **{**data, "complaints": complaints})
        return {"complaints": complaints}

    def _pip(self, facts: Dict[str, Any], *arguments: str) -> List[str]:
        return [*pip_command(self.env.python, facts), *arguments]

    def _command(self, source: Sequence[str], facts: Dict[str, Any]) -> List[str]:
        wanted = self.wanted
        command = self._pip(facts, "install", *wanted.flags(source))
        for option, files in (("-c", wanted.options.constraints), ("-r", wanted.requirements)):
            for path in files:
                command += [option, path]
        for ask in wanted.names:
            command += ["-e", ask["text"]] if ask["editable"] else [ask["text"]]
        return command

    def _unforeseen(self, facts: Dict[str, Any]) -> Dict[str, Any]:
        """With a pip too old to tell what it would do: do it, promise nothing, look again."""
        wanted = self.wanted
        asked = [name for name in ("forbid", "sources", "consistent") if getattr(wanted, name)]
        if asked:
            raise Failure(
                f"pip {facts['pip']} in {facts['prefix']} cannot tell beforehand what it would"
                f" install, which '{asked[0]}' needs; bring 'pip>=22.2' there first"
            )
        command = self._command([], facts)
        limits = "".join(f"{line}\n" for line in wanted.constraints)
        with self.world.scratch(limits.encode(), "constraints.txt", 0o600) as path:
            done = self._run([*command, "-c", path], facts, "install", [], None, None)
        data = {"cmd": command, "stdout": done.out, "stderr": done.err}
        if done.ran:
            again = self._asked(wanted.question("look"))
            if done.rc and (again["unmet"] or wanted.state != "present"):
                raise Failure(reason(done.out, done.err), rc=done.rc, **data)
            if again["unmet"]:
                raise Failure(
                    f"pip said that it was done, but {_few(again['unmet'], '; ')}", **data
                )
        return data

    # -- taking away -----------------------------------------------------------------------------

    def removed(self) -> Dict[str, Any]:
        """What is named is not there; the data to return."""
        told = self._asked(self.wanted.question("look", facts=True))
        facts = self._facts(told)
        held = [held for held in told["versions"].values() if held["inside"]]
        if not held:
            return {}
        self._check_permitted(facts)
        gone = {normal(each["name"]) for each in held}
        whole = self._asked(self.wanted.question("look", all=True, without=sorted(gone)))
        before, after = whole["complaints"]
        complaints = [text for key, text in sorted(after.items()) if key not in before]
        if self.wanted.consistent and complaints:
            raise Failure(
                f"nothing was removed: afterwards {_few(complaints, '; ')}", complaints=complaints
            )
        rows = [
            {"name": each["name"], "from": each["version"], "to": "", "requested_by": ""}
            for each in sorted(held, key=lambda each: normal(each["name"]))
        ]
        left = [each for each in whole["installed"] if normal(each["name"]) not in gone]
        names = [row["name"] for row in rows]
        command = self._pip(facts, "uninstall", "--yes", *ALWAYS[:2], *names)
        known = {"facts": facts, "installed": left}
        flags = [*ALWAYS, *self.wanted.options.rest]
        undo = restored(self._pip(facts), rows, whole["installed"], flags)
        done = self._run(command, facts, "uninstall", rows, known, undo)
        data = {
            "cmd": command,
            "stdout": done.out,
            "stderr": done.err,
            "resolution": rows,
            "complaints": complaints,
        }
        if done.ran:
            # an environment whose pip was removed too cannot be asked any more
            again = self._asked(self.wanted.question("look")).get("versions", {})
            still = [each["name"] for each in again.values() if each["inside"]]
            if still and done.rc:
                raise Failure(reason(done.out, done.err), rc=done.rc, **data)
            if still:
                raise Failure(
                    f"pip said that it was done, but {', '.join(still)} is still there", **data
                )
        return data

    # -- bringing and taking -----------------------------------------------------------------

    def _asked(self, question: Dict[str, Any]) -> Dict[str, Any]:
        how: Dict[str, Any] = {"cwd": self.wanted.chdir, "env": self._environ()}
        return self.env.answer(self.world, question, **how)

    def _environ(self) -> Dict[str, str]:
        """Tools that a build needs are found in the environment first, as if it were activated."""
        here = os.path.dirname(self.env.python)
        path = self.world.environment.get("PATH") or os.environ.get("PATH", os.defpath)
        environ = {"PATH": path if here in path.split(":") else f"{here}:{path}"}
        if self.wanted.system:
            environ["PIP_BREAK_SYSTEM_PACKAGES"] = "1"
        return environ

    def _facts(self, told: Dict[str, Any]) -> Dict[str, Any]:
        facts: Dict[str, Any] = told["facts"]
        if not facts["pip"]:
            raise Failure(
                f"there is no pip in {facts['prefix']}, and its Python has none to lend: install the"
                " system's package for it (python3-venv or python3-pip), or where uv made the"
                f" environment run 'uv pip install --python {self.env.python} pip'"
            )
        return facts

    def _check_permitted(self, facts: Dict[str, Any]) -> None:
        """Whether this user may install here, and whether anybody but the system should."""
        options = self.wanted.options.rest
        if facts["managed"] and not self.wanted.system and "--break-system-packages" not in options:
            raise Failure(
                f"{self.env.python} belongs to the operating system's package manager, which may"
                " break when pip installs here; name a 'virtualenv', or set"
                " break_system_packages: true if you mean it"
            )
        if facts["virtual"] and facts["closed"]:
            raise Failure(
                f"not permitted to write {facts['closed'][0]}; run this step as the environment's"
                " owner (become_user)"
            )

    def _run(
        self,
        command: Sequence[str],
        facts: Dict[str, Any],
        action: str,
        rows: List[Dict[str, Any]],
        known: Optional[Dict[str, Any]],
        undo: Optional[Commands],
    ) -> Done:
        """pip at work; without ``known`` nobody can say what is there afterwards."""
        if self.wanted.umask:
            mask = f'umask {self.wanted.umask}; exec "$@"'
            command = ["/bin/sh", "-c", mask, "sh", *command]
        for path in facts["spoils"]:
            self.world.keep(path)
        return self.world.run(
            *command,
            check=False,
            shown=facts["prefix"],
            action=action,
            detail={"rows": rows} if rows else {},
            spoils=facts["spoils"],
            expects=None if known is None else {self.env.key: known},
            undo=undo,
            cwd=self.wanted.chdir,
            env=self._environ(),
        )


def _failure(text: str, told: Dict[str, Any]) -> Failure:
    """A resolution that cannot be used, with pip's whole output as data."""
    kept = ("rc", "stdout", "stderr")
    data = {key: told[key] for key in kept if key in told}
    return Failure(text, resolution=told.get("rows", []), **data)


def _refusal(chains: Sequence[Sequence[str]], verb: str) -> str:
    """The sentence for what is forbidden: who brings it, from what the author asked for on."""
    *above, last = chains[0]
    by = ", which ".join(f"needs {name}" for name in [*above[1:], "it"])
    by = f"{above[0]} {by}" if above else "the step itself asks for it"
    names = _few([chain[-1] for chain in chains[1:]], ", ")
    others = f"; so do {names}" if names else ""
    return f"{last} {verb}, which is forbidden: {by}{others}"


def _few(texts: Sequence[str], between: str) -> str:
    rest = len(texts) - SHOWN
    return between.join(texts[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _numbers(version: str) -> Tuple[int, ...]:
    numbers = []
    for part in version.split(".")[:2]:
        digits = "".join(filter(str.isdigit, part))
        numbers.append(int(digits or 0))
    return tuple(numbers)
