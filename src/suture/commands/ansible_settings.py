"""The settings that an operator has for Ansible: ansible.cfg, sought where Ansible seeks it, and the
ANSIBLE_ variables, which go before it.

What is set and has no meaning here is told, once in a run; nothing is ignored in silence.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suture.errors import Invalid
from suture.inventory.connection_variables import port, seconds, text, truth
from suture.model import Become, Mark, Problem

SYSTEM = "/etc/ansible/ansible.cfg"


def whole(value: Any) -> int:
    """A number from 1 on."""
    found = str(value).strip()
    if not (found.isascii() and found.isdigit()) or not 0 < int(found) < 100_000:
        raise ValueError("has to be a whole number from 1 on")
    return int(found)


@dataclass(frozen=True, slots=True)
class Known:
    """A setting that has a meaning here: its place in ansible.cfg, its variables, the first of them
    strongest, and what makes its value of what was written.  ``list_by`` separates several paths."""

    name: str
    section: str
    keys: tuple[str, ...]
    variables: tuple[str, ...]
    made: Callable[[Any], Any] = text
    list_by: str = ""
    path: bool = False


def _known() -> Iterator[Known]:
    def one(name: str, made: Callable[[Any], Any] = text, **more: Any) -> Known:
        return Known(name, "defaults", (name,), (f"ANSIBLE_{name.upper()}",), made, **more)

    yield one("inventory", list_by=",", path=True)
    yield one("roles_path", list_by=":", path=True)
    paths = ("collections_path", "collections_paths")
    variables = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_PATHS")
    yield Known("collections_path", "defaults", paths, variables, list_by=":", path=True)
    yield one("remote_user")
    yield one("remote_port", port)
    yield one("private_key_file", path=True)
    yield one("vault_password_file", path=True)
    yield one("vault_identity_list", list_by=",")
    yield one("host_key_checking", truth)
    yield one("forks", whole)
    yield one("timeout", seconds)
    yield Known("library", "defaults", ("library",), ("ANSIBLE_LIBRARY",), list_by=":", path=True)
    python = ("ANSIBLE_PYTHON_INTERPRETER",)
    yield Known("interpreter_python", "defaults", ("interpreter_python",), python)
    for name, made in (
        ("become", truth),
        ("become_user", text),
        ("become_method", text),
        ("become_flags", text),
        ("become_exe", text),
        ("become_ask_pass", truth),
    ):
        yield Known(name, "privilege_escalation", (name,), (f"ANSIBLE_{name.upper()}",), made)
    for name in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
        yield Known(name, "ssh_connection", (name,), (f"ANSIBLE_{name.upper()}",))


KNOWN = tuple(_known())

SAME_HERE: Mapping[str, tuple[str, ...]] = {
    "gathering": ("implicit", "smart"),
    "error_on_undefined_vars": ("true", "yes", "on", "1"),
    "retry_files_enabled": ("false", "no", "off", "0"),
    "pipelining": ("true", "false", "yes", "no", "on", "off", "1", "0"),
    "deprecation_warnings": ("true", "false", "yes", "no"),
    "nocows": ("true", "false", "yes", "no", "0", "1"),
}
"""Settings of Ansible's that say what is so here anyway, or change nothing that can be seen: with
these values there is nothing to tell."""

NOT_SETTINGS = ("ANSIBLE_CONFIG", "ANSIBLE_HOME", "ANSIBLE_VAULT_PASSWORD")
"""Variables that say where files are, or that others have made up."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it was set."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class AnsibleSettings:
    """What was read.  ``file`` is empty where there is no ansible.cfg; ``notes`` are sentences for
    the operator, each to be told once."""

    file: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def value(self, name: str, otherwise: Any = None) -> Any:
        """The setting's value, where it is set."""
        found = self.settings.get(name)
        return otherwise if found is None else found.value

    @property
    def connection(self) -> dict[str, Any]:
        """Connection variables for hosts that say nothing themselves."""
        names = {
            "remote_user": "ansible_user",
            "remote_port": "ansible_port",
            "private_key_file": "ansible_private_key_file",
            "timeout": "ansible_timeout",
            "interpreter_python": "ansible_python_interpreter",
            "ssh_args": "ansible_ssh_args",
            "ssh_common_args": "ansible_ssh_common_args",
            "ssh_extra_args": "ansible_ssh_extra_args",
        }
        return {
            variable: self.settings[name].value
            for name, variable in names.items()
            if name in self.settings
        }

    @property
    def become(self) -> Become:
        """Whether and as whom to act where neither playbook nor inventory says so."""
        return Become(
            *(
                self.value(f"become{suffix}")
                for suffix in ("", "_user", "_method", "_flags", "_exe")
            )
        )

    @property
    def lines(self) -> Iterator[str]:
        """What was read and from where, a line each."""
        if self.file:
            yield f"settings are read from {self.file}"
        for name, setting in self.settings.items():
            shown = setting.value
            if isinstance(shown, tuple):
                shown = ", ".join(shown)
            yield f"{name} is {shown} ({setting.origin})"


def ansible_settings(environ: Mapping[str, str], here: Path) -> AnsibleSettings:
    """The settings that hold in a folder; Invalid, with file:line:column, for values that are none."""
    notes: list[str] = []
    problems: list[Problem] = []
    file = config_file(environ, here, notes)
    written = _read(file, problems) if file else {}
    found: dict[str, Setting] = {}
    for known in KNOWN:
        said = next((name for name in known.variables if environ.get(name)), "")
        places = [(known.section, key) for key in known.keys]
        place = next((each for each in places if written.get(each, ("", 0))[0]), None)
        if said:
            setting = _setting(known, environ[said], here, said, Mark(said, 1), problems)
        elif place is not None and file is not None:
            value, line = written[place]
            mark = Mark(str(file), line)
            setting = _setting(known, value, file.parent, f"{file}:{line}", mark, problems)
        else:
            continue
        if setting is not None:
            found[known.name] = setting
    if problems:
        raise Invalid(problems)
    notes += _without_meaning(file, written, environ)
    return AnsibleSettings(str(file or ""), found, tuple(notes))


def config_file(environ: Mapping[str, str], here: Path, notes: list[str]) -> Path | None:
    """The ansible.cfg that counts: ANSIBLE_CONFIG's, the folder's, the home's or the system's.

    One in a folder that everybody may write to does not count, unless ANSIBLE_CONFIG names it.
    """
    given = environ.get("ANSIBLE_CONFIG")
    if given:
        path = Path(given).expanduser()
        path = path / "ansible.cfg" if path.is_dir() else path
        if path.is_file():
            return path.absolute()
        notes.append(f"ANSIBLE_CONFIG names {given}, which is not there")
    own = here / "ansible.cfg"
    if own.is_file():
        if not here.stat().st_mode & stat.S_IWOTH:
            return own.absolute()
        notes.append(f"{own} is not read: everybody may write to its folder")
    for path in (Path(environ.get("HOME") or "~").expanduser() / ".ansible.cfg", Path(SYSTEM)):
        if path.is_file() and os.access(path, os.R_OK):
            return path
    return None


Written = dict[tuple[str, str], tuple[str, int]]


def _read(file: Path, problems: list[Problem]) -> Written:
    """Each value in the file by section and key, with its line."""
    import configparser

    parser = configparser.ConfigParser(
        inline_comment_prefixes=(";",), interpolation=None, strict=False, allow_no_value=True
    )
    try:
        content = file.read_text(encoding="utf-8")
        parser.read_string(content, source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(Mark(str(file), 1), f"this file cannot be read: {error}"))
        return {}
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or (getattr(error, "errors", None) or [(1, "")])[0][0]
        problems.append(
            Problem(
                Mark(str(file), line), "ansible.cfg has sections, [defaults], and 'key = value'"
            )
        )
        return {}
    lines = _lines(content)
    return {
        (section, key): (value or "", lines.get((section, key), 1))
        for section in parser.sections()
        for key, value in parser.items(section)
    }


def _lines(content: str) -> dict[tuple[str, str], int]:
    """On which line each key of each section stands."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(content.split("\n"), 1):
        if line.startswith("["):
            section = line[1:].partition("]")[0]
        elif line and not line[0].isspace():
            key = line.replace(":", "=", 1).partition("=")[0].strip().lower()
            found[(section, key)] = number
    return found


def _setting(
    known: Known, written: str, folder: Path, origin: str, mark: Mark, problems: list[Problem]
) -> Setting | None:
    """The value as it is meant: paths begin in the folder of the file that names them."""

    def placed(each: str) -> str:
        filled = os.path.expandvars(each.replace("{{CWD}}", str(Path.cwd())).strip())
        return str(folder / Path(filled).expanduser()) if known.path else filled

    try:
        value = known.made(written.strip())
    except ValueError as error:
        problems.append(Problem(mark, f"{known.name} '{written}' {error}"))
        return None
    if known.name == "inventory" and value.endswith(","):
        return Setting((value,), origin)  # a list of hosts, not of files
    if known.list_by:
        parts = [part for part in value.split(known.list_by) if part.strip()]
        return Setting(tuple(map(placed, parts)), origin)
    if known.path:
        return Setting(placed(value), origin)
    return Setting(value, origin)


def _without_meaning(
    file: Path | None, written: Written, environ: Mapping[str, str]
) -> Iterator[str]:
    """A sentence on all that is set and has no meaning here."""
    taken = {(known.section, key) for known in KNOWN for key in known.keys}
    lost = [
        f"{key} (line {line})"
        for (section, key), (value, line) in written.items()
        if (section, key) not in taken and value.strip().lower() not in SAME_HERE.get(key, ())
    ]
    if lost:
        yield f"{file}: no meaning here have {', '.join(lost)}"
    variables = {name for known in KNOWN for name in known.variables}
    stray = sorted(
        name
        for name, value in environ.items()
        if name.startswith("ANSIBLE_")
        and name not in variables
        and name not in NOT_SETTINGS
        and value.strip().lower() not in SAME_HERE.get(name.removeprefix("ANSIBLE_").lower(), ())
    )
    if stray:
        yield f"no meaning here have the variables {', '.join(stray)}"
