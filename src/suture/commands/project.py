"""Where things are: the project's folder, its inventory, its plan, its ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suture.commands.ansible_settings import AnsibleSettings, ansible_settings
from suture.errors import SutureError

MARKS = ("playbooks", "inventory.yml")
"""What a folder holds that is a project."""

USUAL_ROLES = ("~/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles")
"""Where ansible-galaxy puts roles that no setting has a place for."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with playbooks; ``environ`` is the operator's environment, ``ansible`` what
    they have set for Ansible.  Variables of Suture's own go before that."""

    root: Path
    environ: Mapping[str, str]
    ansible: AnsibleSettings = field(default_factory=AnsibleSettings)

    @property
    def plan(self) -> Path:
        given = self.environ.get("SUTURE_PLAN")
        return Path(given) if given else self.root / "playbooks" / "plan.yml"

    @property
    def state(self) -> Path:
        return self.root / ".suture"

    @property
    def ledger(self) -> Path:
        given = self.environ.get("SUTURE_LEDGER")
        return Path(given) if given else self.state / "ledger.db"

    @property
    def known_hosts(self) -> Path:
        return self.state / "known_hosts"

    @property
    def roles_path(self) -> tuple[Path, ...]:
        given = self.environ.get("SUTURE_ROLES_PATH", "")
        theirs = self.ansible.value("roles_path") or USUAL_ROLES
        return (
            *(Path(each) for each in given.split(":") if each),
            self.root / "roles",
            *(Path(each).expanduser() for each in theirs),
        )

    @property
    def strict(self) -> bool:
        """Whether a host whose key is not known is refused."""
        given = self.environ.get("SUTURE_HOST_KEY_CHECKING", "").lower()
        if not given:
            return bool(self.ansible.value("host_key_checking", True))
        return given not in ("0", "false", "no", "off")

    @property
    def transport(self) -> str:
        """Which program connects to hosts: "fabric", "openssh", or empty for either."""
        given = self.environ.get("SUTURE_TRANSPORT", "")
        if given not in ("", "fabric", "openssh"):
            raise SutureError(f"SUTURE_TRANSPORT is '{given}': it has to be fabric or openssh")
        return given

    def inventories(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """The inventory sources: as given, or by SUTURE_INVENTORY, or as set for Ansible, or the
        project's own; none at all where there is none, and localhost is the only host."""
        if given:
            return given
        if self.environ.get("SUTURE_INVENTORY"):
            return (self.environ["SUTURE_INVENTORY"],)
        theirs: tuple[str, ...] = self.ansible.value("inventory", ())
        if theirs:
            return theirs
        own = self.root / "inventory.yml"
        return (str(own),) if own.is_file() else ()


def project_of(fallback: Path | None = None) -> Project:
    """The project that the working directory is in, else ``fallback``, else the directory itself."""
    here = Path.cwd()
    ansible = ansible_settings(os.environ, here)
    from suture.load.foreign_calls import sought_in  # which --help does not need

    sought_in(ansible.value("collections_path"), ansible.value("library"))
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in MARKS):
            return Project(folder, os.environ, ansible)
    given = os.environ.get("SUTURE_PROJECT")
    return Project(Path(given) if given else fallback or here, os.environ, ansible)
